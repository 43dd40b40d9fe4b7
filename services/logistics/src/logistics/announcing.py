"""What logistics says: from our own state to the events of the contracts."""

from contracts import Event
from contracts.logistics import (
    DeliveryRecorded,
    LotRecalled,
    LotRecallUndone,
    NonconformityOpened,
    PickListAnswered,
    PickListIssued,
    ProbeFellSilent,
    RepublicationRequested,
    TransportCostsShared,
)
from contracts.network import NetworkDescribed
from contracts.schedule import ScheduleChanged, SchedulePublished
from logistics.answer import Answer
from logistics.cycle import Cycle
from logistics.manifest import Completeness
from logistics.pick_list import PickList

ANNOUNCES: tuple[type[Event], ...] = (
    LotRecalled,
    LotRecallUndone,
    NonconformityOpened,
    PickListIssued,
    PickListAnswered,
    DeliveryRecorded,
    SchedulePublished,
    ScheduleChanged,
    ProbeFellSilent,
    RepublicationRequested,
    NetworkDescribed,
    TransportCostsShared,
)


def pick_list_issued(pick_list: PickList, version: int, path: str) -> PickListIssued:
    said = {name: getattr(pick_list, name) for name in PickList.model_fields if name in PickListIssued.model_fields}
    return PickListIssued(**said, version=version, path=path)


def pick_list_answered(pick_list: PickList, answer: Answer) -> PickListAnswered:
    return PickListAnswered(
        id=answer.list_id,
        version=answer.version,
        cycle_id=pick_list.cycle_id,
        producer_id=pick_list.producer_id,
        producer_name=pick_list.producer_name,
        revision=answer.revision,
        answered_at=answer.answered_at,
        answered_by=answer.answered_by,
        by_phone=answer.by_phone,
        lines=answer.lines,
    )


def republication_requested(cycle: Cycle, held: Completeness) -> RepublicationRequested:
    return RepublicationRequested(
        id=cycle.id, version=cycle.requests + 1, orders_expected=held.expected, orders_held=held.held
    )
