"""Lines that tell of direct debits: the bank took one, or all of a batch in one line, or gave one back. Each debit that
was taken is a payment, and the line's part is of it."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from billing.bank.instructed import About as AnyAbout
from billing.bank.instructed import Lines, Mark
from billing.bank.register import Part
from billing.bank.statement import Line
from billing.debit import batch
from billing.debit.register import BATCHES, Batch, Debit
from billing.debit.returned import code_in
from chassis.database import Writer
from chassis.identity import Person

About = AnyAbout[Batch, Debit]


def _taken(about: About) -> list[Mark]:
    return [Mark(Part.JOINED, each.paid_as, each.cents, each.household_id) for each in about.parts]


def _back(one: Debit) -> Mark:
    return Mark(Part.BOUNCE, one.paid_as, one.cents, one.household_id)


async def _take_back(writer: Writer, one: Batch, each: Debit, why: str, day: date, by: Person, zone: ZoneInfo) -> None:
    await batch.take_back(writer, one.id, each.id, why, day, by, zone)


def _why_back(said: Line) -> str:
    return code_in(said.text)


TAKEN = Lines[Batch, Debit](
    BATCHES,
    comes_in=True,
    back_within=timedelta(weeks=60),
    marks=_taken,
    told_by=_taken,
    back=_back,
    execute=batch.execute,
    take_back=_take_back,
    wrong_day=batch.WrongDay,
    why_back=_why_back,
)
