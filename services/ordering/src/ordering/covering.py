"""What a mandate contract that was signed, changed or ended, or another network, means for the cycles that are open."""

from sqlalchemy import ColumnElement, select, true

from chassis.database import Writer
from contracts.mandate import Mandate
from contracts.network import NetworkDescribed
from ordering import mandate, reception
from ordering.cycle import State, cycle
from ordering.cycle_offer import cycle_offer


async def hear_mandate(writer: Writer, event: Mandate) -> None:
    """Take in what billing says of a contract. Open cycles that offer goods of its producer get another version: the
    sheets of what they offer, kept in memory, say what is covered (offer_sheet.py)."""
    before = await writer.first(select(mandate.mandate).where(mandate.mandate.c.id == event.id).with_for_update())
    if not await mandate.keep(writer, event):
        return
    after = await writer.first(select(mandate.mandate).where(mandate.mandate.c.id == event.id))
    assert after is not None, "it was kept"
    if before and all(before[name] == after[name] for name in ("spans", "covered_until")):
        return
    theirs = select(cycle_offer.c.cycle_id).where(cycle_offer.c.producer_id == event.producer_id)
    await _renew(writer, cycle.c.id.in_(theirs))


async def hear_network(writer: Writer, event: NetworkDescribed) -> None:
    """Take in what logistics says its network can do. Where orders are held to it, open cycles get another version,
    for the same reason."""
    if await reception.keep(writer, event):
        await _renew(writer, true())


async def _renew(writer: Writer, which: ColumnElement[bool]) -> None:
    """Another version of these cycles, where they are open."""
    open_now = cycle.c.state.in_((State.OPEN, State.COMPLETING)) & which
    # In order of id: two that lock several would wait for each other.
    rows = await writer.all(select(cycle.c.id).where(open_now).order_by(cycle.c.id).with_for_update())
    for row in rows:
        await writer.execute(cycle.update().where(cycle.c.id == row["id"]).values(version=cycle.c.version + 1))
