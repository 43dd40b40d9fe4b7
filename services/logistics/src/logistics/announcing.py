"""What logistics says: from our own state to the events of the contracts."""

from contracts import Event
from contracts.logistics import PickListIssued, RepublicationRequested
from logistics.cycle import Cycle
from logistics.manifest import Completeness
from logistics.pick_list import PickList

ANNOUNCES: tuple[type[Event], ...] = (PickListIssued, RepublicationRequested)


def pick_list_issued(pick_list: PickList, path: str) -> PickListIssued:
    """A list is issued once and never changes: its version is always 1."""
    said = {name: getattr(pick_list, name) for name in PickList.model_fields if name in PickListIssued.model_fields}
    return PickListIssued(**said, version=1, path=path)


def republication_requested(cycle: Cycle, held: Completeness) -> RepublicationRequested:
    return RepublicationRequested(
        id=cycle.id, version=cycle.requests + 1, orders_expected=held.expected, orders_held=held.held
    )
