"""Writing down what people say, with all that follows in the same transaction: the register of boxes goes along."""

from collections.abc import Iterable, Mapping, Sequence

from chassis.database import Writer
from logistics.handover.expected import Expected, Party, PartyKind
from logistics.handover.log import Entry, Said, Saying, correct, keep, lock_day
from logistics.network.box import Move, Whereabouts, follow_box
from logistics.network.kept import NotKept


async def tell(
    writer: Writer, said: Sequence[Said], saying: Saying, *, known: bool = False
) -> tuple[list[Entry], list[Entry]]:
    """What was added, and of what somebody had spoken already. Raises AlreadySaid unless `known`."""
    await lock_day(writer, saying.on)
    added, before = await keep(writer, said, saying, known=known)
    await _boxes_follow(writer, [(one, one.took) for one in added if one.moved])
    return added, before


async def tell_otherwise(writer: Writer, entry: Entry, said: Said | None, saying: Saying, reason: str) -> Entry | None:
    """Correct `entry`; None where the form was kept before. `said` None: it never happened. Raises AlreadySaid."""
    await lock_day(writer, saying.on)
    made = await correct(writer, entry, said, saying, reason)
    if made is not None and made.moved != entry.moved:
        await _boxes_follow(writer, [(made, made.took if made.moved else made.gave)])
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


def why_held(one: Expected, held: Mapping[str, str]) -> str:
    """Why these goods wait for the coordinator's word; empty where they do not. `held`: by consignment or line."""
    return next((held[key] for key in (one.thing, *(each.id for each in one.goods)) if key in held), "")
