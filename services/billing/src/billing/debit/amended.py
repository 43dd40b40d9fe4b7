"""What changed in a mandate since it was last used: the first debit after says so to the bank, with what was before.

It is read from the debits themselves, so that nobody has to remember it: each says the account, the reference and the
creditor identifier it went by.
"""

from dataclasses import dataclass

from sqlalchemy import or_, select

from billing.debit.register import Batch, Debit, batch, debit
from billing.instruction.life import Stage
from chassis.database import Reader

REFUNDED = "MD06"
"""A debit that its payer got back had gone through: its bank knew the mandate by then."""


@dataclass(frozen=True)
class Original:
    """As it was; "" where it stayed. One of them changed at least."""

    ref: str = ""
    creditor_id: str = ""
    iban: str = ""


def original_of(now: tuple[str, str, str], before: tuple[str, str, str]) -> Original | None:
    """Both: reference, creditor identifier, IBAN."""
    changed = [then if then != each else "" for each, then in zip(now, before, strict=True)]
    return Original(*changed) if any(changed) else None


async def originals(reader: Reader, one: Batch) -> dict[str, Original]:
    """By the id of each debit of a batch whose mandate changed since it was used before it. What the bank gave back
    before it went through did not tell it: it is said again."""
    found = {}
    for each in one.debits:
        before = await _before(reader, one, each)
        now = (each.mandate_ref, one.creditor_id, each.account.iban)
        original = original_of(now, before) if before is not None else None
        if original is not None:
            found[each.id] = original
    return found


async def _before(reader: Reader, one: Batch, each: Debit) -> tuple[str, str, str] | None:
    d, b = debit.c, batch.c
    went = or_(d.returned_on.is_(None), d.returned_why == REFUNDED)
    used = (
        select(d.mandate_ref, b.creditor_id, d.iban)
        .join(batch, b.id == d.batch_id)
        .where(d.mandate_id == each.mandate_id, b.number < one.number, b.stage == Stage.EXECUTED.value, went)
    )
    row = await reader.first(used.order_by(b.executed_on.desc(), b.number.desc()).limit(1))
    return None if row is None else (row["mandate_ref"], row["creditor_id"], row["iban"])
