"""What every way of settling a line does: it is held while it is open, gets its parts, and is matched."""

from sqlalchemy import select

from billing.bank.matching import How
from billing.bank.register import Kept, Part, Stage, What, line, locked, note, part
from chassis.database import Reader, Writer
from chassis.identity import Person


class SettledBefore(Exception):
    """The line is not open any more: somebody was faster, or the form was sent twice."""


class WrongSum(Exception):
    """The parts do not come to what the bank says. `cents`: what they come to."""

    def __init__(self, cents: int) -> None:
        super().__init__(cents)
        self.cents = cents


class NotThis(Exception):
    """A payment that cannot be what this line is about, or is joined to another line."""


async def opened(writer: Writer, line_id: str) -> Kept:
    """The line, held until the transaction ends. Raises NoLine, SettledBefore."""
    one = await locked(writer, line_id)
    if one.stage is not Stage.OPEN:
        raise SettledBefore
    return one


async def add_part(
    writer: Writer, one: Kept, place: int, kind: Part, cents: int, about_id: str = "", household_id: str = ""
) -> str:
    """`about_id`: the payment, payout or transfer that it is. The part's id."""
    part_id = writer.ids.new()
    row = {"id": part_id, "line_id": one.id, "place": place, "kind": kind.value, "cents": cents}
    await writer.execute(part.insert().values(**row, payment_id=about_id, household_id=household_id))
    return part_id


async def matched(writer: Writer, one: Kept, how: How, by: Person) -> None:
    await writer.execute(line.update().where(line.c.id == one.id).values(stage=Stage.MATCHED.value, how=how.value))
    await note(writer, one.id, What.MATCHED, by.name)


async def is_joined(reader: Reader, about_id: str, *kinds: Part) -> bool:
    """Whether a line tells of it so."""
    mine = (part.c.payment_id == about_id, part.c.undone_at.is_(None))
    wanted = part.c.kind.in_([each.value for each in kinds])
    return await reader.scalar(select(part.c.id).where(*mine, wanted).limit(1)) is not None
