"""Lines that tell of payouts: the bank sent one transfer, or all of a payout in one line, or gave a transfer back."""

from collections.abc import Collection
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping

from billing.bank.instructed import DAYS_APART, Lines, Mark
from billing.bank.instructed import About as AnyAbout
from billing.bank.register import Part
from billing.bank.statement import Line
from billing.instruction.life import Stage
from billing.payout import batch
from billing.payout.register import PAYOUTS, Payout, Transfer, transfer
from chassis.database import Reader, Writer
from chassis.identity import Person

About = AnyAbout[Payout, Transfer]


def _marks(about: About) -> list[Mark]:
    if about.part is None:
        return [Mark(Part.PAYOUT, about.whole.id, about.cents)]
    return [Mark(Part.SENT, about.part.id, about.cents)]


def _told_by(about: About) -> list[Mark]:
    return [
        Mark(Part.PAYOUT, about.whole.id, about.whole.cents),
        *(Mark(Part.SENT, each.id, each.cents) for each in about.parts),
    ]


def _back(one: Transfer) -> Mark:
    return Mark(Part.BACK, one.id, one.cents)


async def _refuse(
    writer: Writer, one: Payout, each: Transfer, why: str, day: date, by: Person, _zone: ZoneInfo
) -> None:
    await batch.refuse(writer, one.id, each.id, day, why, by)


SENT = Lines[Payout, Transfer](
    PAYOUTS,
    comes_in=False,
    back_within=DAYS_APART,
    marks=_marks,
    told_by=_told_by,
    back=_back,
    execute=batch.execute,
    take_back=_refuse,
    wrong_day=batch.WrongDay,
)


async def sent_though_called_off(reader: Reader, iban: str, said: Line) -> Payout | None:
    """The payout of the transfer that a line names, where a person had said that the bank sends nothing of it."""
    one = await SENT.named(reader, iban, said) if SENT.cents_done(said) > 0 and not said.returned else None
    return one.whole if one is not None and one.whole.stage is Stage.CALLED_OFF else None


async def of_parts(reader: Reader, parts: Collection[RowMapping]) -> dict[str, About]:
    """What parts that are of payouts tell of, by what they are about."""
    found = {}
    for row in parts:
        about_id = row["payment_id"]
        if row["kind"] == Part.PAYOUT:
            whole = await PAYOUTS.find(reader, about_id)
            if whole is not None:
                found[about_id] = About(whole, None)
        elif row["kind"] in (Part.SENT, Part.BACK):
            one = await PAYOUTS.with_part(reader, transfer.c.id == about_id)
            if one is not None:
                found[about_id] = About(*one)
    return found
