"""Which goods of a day nobody may hand over, and why: those that wait for a decision, and those that were discarded,
sent back or given to another use."""

from dataclasses import dataclass
from datetime import date, datetime

from chassis.database import Reader
from logistics.cold import nonconformity
from logistics.cold.nonconformity import BrokenLine, Decision, Nonconformity
from logistics.cold.place import Place


@dataclass(frozen=True)
class Held:
    """`decision` None: nobody decided yet. `coldest`, `warmest`: the readings that broke the limit, in tenths."""

    nonconformity_id: str
    place: Place
    since: datetime
    coldest: int
    warmest: int
    line: BrokenLine
    decision: Decision | None


async def held_lines(reader: Reader, on: date) -> dict[str, Held]:
    """By line of a consignment."""
    found: dict[str, Held] = {}
    for one in await nonconformity.of_day(reader, on):
        for line_id, line in one.lines.items():
            decided = one.decision_of(line_id)
            if decided is None or decided.decision in nonconformity.KEPT_BACK:
                why = _held(one, line, None if decided is None else decided.decision)
                # What is gone stays gone, whatever else waits for a decision.
                if line_id not in found or why.decision is not None:
                    found[line_id] = why
    return found


async def held(reader: Reader, on: date) -> dict[str, Held]:
    """By consignment: one with a line that nobody decided on; or with no line left, each being discarded, sent back or
    downgraded. Of others a line may be held: `held_lines` says which."""
    lines = await held_lines(reader, on)
    found: dict[str, Held] = {}
    gone: dict[str, int] = {}
    for why in lines.values():
        if why.decision is None:
            found[why.line.consignment_id] = why
        else:
            gone[why.line.consignment_id] = gone.get(why.line.consignment_id, 0) + 1
    for why in lines.values():
        if gone.get(why.line.consignment_id, 0) >= why.line.of_lines:
            found.setdefault(why.line.consignment_id, why)
    return found


def _held(one: Nonconformity, line: BrokenLine, decision: Decision | None) -> Held:
    assert one.since is not None
    return Held(one.id, one.place, one.since, one.coldest, one.warmest, line, decision)
