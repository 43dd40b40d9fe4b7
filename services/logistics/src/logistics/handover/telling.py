"""Writing down what people say, with all that follows in the same transaction: the register of boxes goes along,
and a temperature is a reading of the goods."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from chassis.database import Writer
from logistics.cold.place import Stage
from logistics.cold.recording import keep_at_handover
from logistics.handover.expected import Expected, Party, PartyKind
from logistics.handover.log import Entry, Said, Saying, correct, keep, lock_day
from logistics.network.box import Move, Whereabouts, follow_box
from logistics.network.kept import NotKept


async def tell(
    writer: Writer, said: Sequence[Said], saying: Saying, zone: ZoneInfo, *, known: bool = False
) -> tuple[list[Entry], list[Entry]]:
    """What was added, and of what somebody had spoken already. Raises AlreadySaid unless `known`."""
    await lock_day(writer, saying.on)
    added, before = await keep(writer, said, saying, known=known)
    await _boxes_follow(writer, [(one, one.took) for one in added if one.moved])
    await _measured(writer, added, zone)
    return added, before


async def tell_otherwise(
    writer: Writer, entry: Entry, said: Said | None, saying: Saying, zone: ZoneInfo, reason: str
) -> Entry | None:
    """Correct `entry`; None where the form was kept before. `said` None: it never happened. Raises AlreadySaid."""
    await lock_day(writer, saying.on)
    made = await correct(writer, entry, said, saying, reason)
    if made is not None and made.moved != entry.moved:
        await _boxes_follow(writer, [(made, made.took if made.moved else made.gave)])
    if made is not None and made.temperature != entry.temperature:
        await _measured(writer, [made], zone)
    return made


async def _boxes_follow(writer: Writer, moves: Iterable[tuple[Entry, Party]]) -> None:
    """Boxes are locked in the order of their ids, so that two who tick do not wait for each other."""
    to = {box_id: (entry, party) for entry, party in moves for box_id in entry.box_ids}
    for box_id, (entry, party) in sorted(to.items()):
        try:
            await follow_box(writer, box_id, _where(entry, party), entry.at, entry.said_by)
        except NotKept:
            # A box of an older plan that the register never knew: the goods changed hands all the same.
            continue


def _where(entry: Entry, party: Party) -> Whereabouts:
    if party.kind is PartyKind.CARRIER:
        return Whereabouts(Move.LENT, lent_to=party.name)
    return Whereabouts(Move.PUT, entry.site_id)


def stage_of(one: Expected | Entry) -> Stage:
    """When on its way the temperature of the goods was taken."""
    gives, takes = (one.gives, one.takes) if isinstance(one, Expected) else (one.gave, one.took)
    if gives.kind is PartyKind.PRODUCER:
        return Stage.LOADING
    if takes.kind is PartyKind.CARRIER:
        return Stage.DEPOT_OUT
    return Stage.DROP_OFF if takes.kind is PartyKind.PLACE else Stage.DEPOT_IN


async def _measured(writer: Writer, entries: Iterable[Entry], zone: ZoneInfo) -> None:
    """A temperature that was typed is a reading of the goods: one that breaks their limit holds them at once."""
    for one in entries:
        if one.temperature is not None and one.took.kind is not PartyKind.HOUSEHOLD:
            await keep_at_handover(writer, one.on, one.thing, stage_of(one), one.temperature, one.at, one.said_by, zone)
