"""What ordering tells the other services: from the state of an aggregate to the event that carries it.

Noun files call these functions in the transaction of the change: `await writer.announce(announcing.group(...))`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping

from contracts import Place, ordering

if TYPE_CHECKING:
    from ordering.cycle import Cycle
    from ordering.offer import Offer
    from ordering.order import Line, Order

ANNOUNCES = (
    # people
    ordering.GroupRegistered,
    ordering.GroupChanged,
    ordering.HouseholdRegistered,
    ordering.HouseholdChanged,
    ordering.SignInRequested,
    ordering.CoordinatorsChanged,
    ordering.DriversChanged,
    ordering.ReferentsChanged,
    # cycles and orders
    ordering.CycleOpened,
    ordering.CycleChanged,
    ordering.CycleClosed,
    ordering.CycleRevised,
    ordering.OrderPlaced,
    ordering.OrderAllocated,
    ordering.OrderWithdrawn,
)
"""Every event this service publishes; its AsyncAPI document lists them."""

# people


def group_registered(row: RowMapping) -> ordering.GroupRegistered:
    return ordering.GroupRegistered(**_group(row))


def group_changed(row: RowMapping) -> ordering.GroupChanged:
    return ordering.GroupChanged(**_group(row))


def _group(row: RowMapping) -> dict[str, Any]:
    """`row` of the table `group`."""
    return {
        "id": row["id"],
        "version": row["version"],
        "name": row["name"],
        "pickup_place": place_of(row),
        "pickup_address": row["address"],
        "pickup_weekday": row["weekday"],
        "pickup_from": row["pickup_from"],
        "pickup_until": row["pickup_until"],
        "bags": row["bags"],
        "active": row["active"],
    }


def place_of(row: RowMapping) -> Place:
    """Where a group collects. `row` of the table `group`."""
    return Place(
        name=row["place"],
        postcode=row["postcode"],
        insee=row["insee"],
        latitude=row["latitude"],
        longitude=row["longitude"],
    )


def household_registered(row: RowMapping, people: Sequence[RowMapping]) -> ordering.HouseholdRegistered:
    return ordering.HouseholdRegistered(**_household(row, people))


def household_changed(row: RowMapping, people: Sequence[RowMapping]) -> ordering.HouseholdChanged:
    return ordering.HouseholdChanged(**_household(row, people))


def coordinators_changed(version: int, people: Sequence[RowMapping]) -> ordering.CoordinatorsChanged:
    """`people` of the table `person`."""
    return ordering.CoordinatorsChanged(id="coordinators", version=version, people=_people(people))


def drivers_changed(version: int, people: Sequence[RowMapping]) -> ordering.DriversChanged:
    """`people` of the table `person`."""
    named = tuple(ordering.Driver(person_id=row["id"], name=row["name"]) for row in people)
    return ordering.DriversChanged(id="drivers", version=version, people=named)


def referents_changed(version: int, people: Mapping[str, Sequence[RowMapping]]) -> ordering.ReferentsChanged:
    """`people` of the table `person`, by group."""
    groups = tuple(
        ordering.GroupReferents(group_id=group_id, people=_people(theirs)) for group_id, theirs in people.items()
    )
    return ordering.ReferentsChanged(id="referents", version=version, groups=groups)


def _household(row: RowMapping, people: Sequence[RowMapping]) -> dict[str, Any]:
    """`row` of the table `household`, `people` of the table `person`."""
    return {
        "id": row["id"],
        "version": row["version"],
        "group_id": row["group_id"],
        "name": row["name"],
        "people": _people(people, phones=True),
        "active": row["active"],
    }


def _people(people: Sequence[RowMapping], *, phones: bool = False) -> tuple[ordering.HouseholdPerson, ...]:
    """Phone numbers of households leave for logistics, which calls when food is not safe; others stay here."""
    return tuple(
        ordering.HouseholdPerson(
            person_id=p["id"],
            name=p["name"],
            email=p["email"],
            language=p["language"],
            phone=p["phone"] if phones else "",
        )
        for p in people
    )


def sign_in_requested(link_id: str, row: RowMapping, path: str, expires_at: datetime) -> ordering.SignInRequested:
    """`row` of the table `person`."""
    return ordering.SignInRequested(
        id=link_id,
        version=1,
        person_id=row["id"],
        name=row["name"],
        email=row["email"],
        language=row["language"],
        path=path,
        expires_at=expires_at,
    )


# cycles and orders


def cycle_opened(cycle: "Cycle", offers: "Sequence[Offer]") -> ordering.CycleOpened:
    return ordering.CycleOpened(**_cycle(cycle), offers=_offers(offers))


def cycle_changed(cycle: "Cycle", offers: "Sequence[Offer]") -> ordering.CycleChanged:
    phase = ordering.CyclePhase(cycle.state.value)
    until = cycle.complete_until or cycle.decide_by
    return ordering.CycleChanged(**_cycle(cycle), offers=_offers(offers), phase=phase, phase_until=until)


def cycle_closed(cycle: "Cycle") -> ordering.CycleClosed:
    assert cycle.closed_at is not None, "the cycle is not closed"
    assert cycle.manifest is not None, "the cycle was not counted"
    return ordering.CycleClosed(**_cycle(cycle), closed_at=cycle.closed_at, manifest=cycle.manifest)


def cycle_revised(cycle: "Cycle") -> ordering.CycleRevised:
    assert cycle.closed_at is not None, "the cycle is not closed"
    assert cycle.manifest is not None, "the cycle was not counted"
    assert cycle.revised_at is not None, "the cycle was not revised"
    assert cycle.because is not None, "nobody knows why"
    return ordering.CycleRevised(
        **_cycle(cycle),
        closed_at=cycle.closed_at,
        revised_at=cycle.revised_at,
        revision=cycle.revision,
        because=cycle.because,
        manifest=cycle.manifest,
    )


def cycle_ended(cycle: "Cycle") -> ordering.CycleClosed | ordering.CycleRevised:
    """What was said last of a cycle that is closed."""
    return cycle_closed(cycle) if cycle.revision == 1 else cycle_revised(cycle)


def _cycle(cycle: "Cycle") -> dict[str, Any]:
    return {
        "id": cycle.id,
        "version": cycle.version,
        "name": cycle.name,
        "opens_at": cycle.opens_at,
        "closes_at": cycle.closes_at,
        "delivers_on": cycle.delivers_on,
        "pickups": cycle.pickups,
    }


def _offers(offers: "Sequence[Offer]") -> tuple[ordering.CycleOffer, ...]:
    return tuple(
        ordering.CycleOffer(
            product_id=offer.product_id,
            producer_id=offer.producer_id,
            available_thousandths=offer.available_thousandths,
            name=offer.article.name,
            unit=offer.article.unit,
            pack_label=offer.article.pack_label,
        )
        for offer in offers
    )


def order(
    order: "Order", cycle_name: str, closes_at: datetime
) -> ordering.OrderPlaced | ordering.OrderAllocated | ordering.OrderWithdrawn:
    """An order as it stands: with its lines, with what is given of them, or withdrawn when it has none."""
    said: dict[str, Any] = {
        "id": order.id,
        "version": order.version,
        "cycle_id": order.cycle_id,
        "cycle_name": cycle_name,
        "household_id": order.household_id,
        "household_name": order.household_name,
        "group_id": order.group_id,
        "group_name": order.group_name,
    }
    if not order.lines:
        # Of the hub's shelf, by another decision after the closing; of all others before there is any.
        return ordering.OrderWithdrawn(**said, withdrawn_at=order.allocated_at or order.changed_at)
    placed: dict[str, Any] = {
        "placed_at": order.changed_at,
        "placed_by": order.entered_by.person_id,
        "gross_cents": order.gross_cents,
    }
    if order.allocated_at is not None:
        allocated = tuple(_allocated_line(line) for line in order.lines)
        return ordering.OrderAllocated(**said, **placed, allocated_at=order.allocated_at, lines=allocated)
    lines = tuple(line.said for line in order.lines)
    return ordering.OrderPlaced(**said, **placed, closes_at=closes_at, lines=lines)


def order_line(line: "Line") -> ordering.OrderLine:
    return ordering.OrderLine(
        article=line.article,
        producer_name=line.producer_name,
        quantity_thousandths=line.quantity_thousandths,
        gross_cents=line.gross_cents,
        deposit_cents=line.deposit_cents,
        tolerance_thousandths=line.terms.tolerance,
        least_thousandths=line.terms.least,
        substitute=line.terms.substitute,
    )


def _allocated_line(line: "Line") -> ordering.AllocatedLine:
    given = line.given
    return ordering.AllocatedLine(
        article=line.article,
        producer_name=line.producer_name,
        asked_thousandths=line.quantity_thousandths,
        tolerance_thousandths=line.terms.tolerance,
        quantity_thousandths=line.gets_thousandths,
        gross_cents=line.gets_cents,
        deposit_cents=line.deposit_cents,
        reason=given.reason if given else None,
        instead_of=given.instead_of if given else "",
    )
