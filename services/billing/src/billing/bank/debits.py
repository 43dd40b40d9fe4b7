"""Lines that tell of direct debits: the bank took one, or all of a batch in one line, or gave one back.

Only an end-to-end id of ours settles a line by itself; a sum alone is shown to a person. The first line of a batch
books it, with the line's day; those that follow join it. Each debit that was taken is a payment, and the line's part is
of it.
"""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from billing.bank.keeping import NotThis, SettledBefore, WrongSum, add_part, is_joined, matched, opened
from billing.bank.matching import How
from billing.bank.register import Kept, NoLine, Part, Stage, find_account, kept_of, line
from billing.bank.statement import Line
from billing.days import today_at
from billing.debit import batch, register
from billing.debit.register import BATCHES, Batch, Debit
from billing.debit.returned import code_in
from billing.instruction.life import OutOfTurn
from billing.instruction.life import Stage as Taken
from billing.instruction.shelf import NoInstruction
from chassis.database import Database, Reader, Writer
from chassis.identity import Person

DAYS_APART = timedelta(days=10)
"""So far from the bank's day a batch can be to be the same."""


@dataclass(frozen=True)
class About:
    """A batch, and the one debit of it that a line tells of; None: all of them."""

    batch: Batch
    debit: Debit | None

    @property
    def debits(self) -> tuple[Debit, ...]:
        return self.batch.debits if self.debit is None else (self.debit,)

    @property
    def cents(self) -> int:
        return sum(each.cents for each in self.debits)


async def named(reader: Reader, iban: str, said: Line) -> About | None:
    """The debit that a line of the account `iban` names by its end-to-end id; None where it names none, or one that
    came to another account."""
    found = await register.find_debit(reader, said.end_to_end) if said.end_to_end else None
    return About(*found) if found is not None and found[0].hub.iban == iban else None


async def told(reader: Reader, iban: str, said: Line) -> bool:
    """Whether the line tells, to the cent, which debit was taken, or which came back and why."""
    one = await named(reader, iban, said)
    if one is None or one.cents != abs(said.cents):
        return False
    if said.cents > 0:
        return await _can_be_taken(reader, one)
    return bool(code_in(said.text)) and await _can_come_back(reader, one)


async def taken_by(reader: Reader, iban: str, said: Line) -> list[About]:
    """What a line can be the taking of: the debit it names, whatever the sum; without a name whatever comes to its sum
    some days around."""
    if said.cents <= 0 or said.returned:
        return []
    one = await named(reader, iban, said)
    if one is not None:
        return [one] if await _can_be_taken(reader, one) else []
    around = await BATCHES.at_bank_between(reader, iban, said.day - DAYS_APART, said.day + DAYS_APART)
    among = [each for one in around for each in _abouts(one) if each.cents == said.cents]
    return [each for each in among if await _can_be_taken(reader, each)]


async def given_back_by(reader: Reader, iban: str, said: Line) -> list[About]:
    """Debits that a line can give back: the one it names, or those of its sum, however long ago."""
    if said.cents >= 0:
        return []
    one = await named(reader, iban, said)
    if one is not None:
        return [one] if await _can_come_back(reader, one) else []
    before = await BATCHES.at_bank_between(reader, iban, said.day - timedelta(weeks=60), said.day)
    among = [About(one, each) for one in before for each in one.debits if each.cents == -said.cents]
    return [each for each in among if await _can_come_back(reader, each)]


def _abouts(one: Batch) -> list[About]:
    """All in one line, where there are several, and each."""
    whole = [About(one, None)] if len(one.debits) > 1 else []
    return [*whole, *(About(one, each) for each in one.debits)]


async def _can_be_taken(reader: Reader, one: About) -> bool:
    """Whether the bank may have taken it, and no line tells of it yet."""
    if one.batch.stage not in (Taken.APPROVED, Taken.EXECUTED):
        return False
    return not any([await is_joined(reader, each.paid_as, Part.JOINED) for each in one.debits])


async def _can_come_back(reader: Reader, one: About) -> bool:
    executed = one.debit is not None and one.batch.stage is Taken.EXECUTED
    return executed and one.debit is not None and not await is_joined(reader, one.debit.paid_as, Part.BOUNCE)


async def join(
    writer: Writer,
    line_id: str,
    batch_id: str,
    debit_id: str,
    by: Person,
    zone: ZoneInfo,
    how: How = How.BY_HAND,
) -> None:
    """The line is the taking of a debit, or of the whole batch where `debit_id` is "": it is booked with the line's day
    if nobody booked it yet. Raises NoLine, SettledBefore, NoInstruction, NotThis, WrongSum, and WrongDay of
    `debit.batch` for
    a day before the one that households were told."""
    one = await opened(writer, line_id)
    about = await _held(writer, one, batch_id, debit_id)
    if one.said.cents <= 0 or one.said.returned or not await _can_be_taken(writer, about):
        raise NotThis
    if about.cents != one.said.cents:
        raise WrongSum(about.cents)
    await batch.execute(writer, batch_id, one.said.day, by, zone)
    for place, each in enumerate(about.debits, 1):
        await add_part(writer, one, place, Part.JOINED, each.cents, each.paid_as, each.household_id)
    await matched(writer, one, how, by)


async def give_back(
    writer: Writer,
    line_id: str,
    batch_id: str,
    debit_id: str,
    why: str,
    by: Person,
    zone: ZoneInfo,
    how: How = How.BY_HAND,
) -> None:
    """The bank gave a debit back by this line: it is booked so, if nobody noted it yet. Raises NoLine, SettledBefore,
    NoInstruction, NotThis, WrongSum, and WrongDay of `debit.batch` for a day before it was taken."""
    one = await opened(writer, line_id)
    about = await _held(writer, one, batch_id, debit_id)
    if about.debit is None or one.said.cents >= 0 or not await _can_come_back(writer, about):
        raise NotThis
    if about.cents != -one.said.cents:
        raise WrongSum(about.cents)
    day = min(one.said.day, today_at(writer, zone))
    await batch.take_back(writer, batch_id, about.debit.id, why, day, by, zone)
    await add_part(writer, one, 1, Part.BOUNCE, one.said.cents, about.debit.paid_as, about.debit.household_id)
    await matched(writer, one, how, by)


async def _held(writer: Writer, one: Kept, batch_id: str, debit_id: str) -> About:
    """The batch's row is held until the transaction ends. Raises NoInstruction, NotThis."""
    held = await BATCHES.locked(writer, batch_id)
    account = await find_account(writer, one.account_id)
    chosen = {each.id: each for each in held.debits}
    if account is None or account["iban"] != held.hub.iban or (debit_id and debit_id not in chosen):
        raise NotThis
    return About(held, chosen[debit_id] if debit_id else None)


async def settle_all(database: Database, account_id: str, by: Person, zone: ZoneInfo) -> int:
    """Every open line that names a debit of ours, each in a transaction of its own: what was taken first, then what
    came back. How many."""
    settled = 0
    for came in (True, False):
        for one, about in await _told(database, account_id, came):
            assert about.debit is not None
            try:
                async with database.write() as writer:
                    if came:
                        await join(writer, one.id, about.batch.id, about.debit.id, by, zone, How.END_TO_END)
                    else:
                        why = code_in(one.said.text)
                        await give_back(writer, one.id, about.batch.id, about.debit.id, why, by, zone, How.END_TO_END)
            except (NoLine, SettledBefore, NoInstruction, NotThis, WrongSum, OutOfTurn, batch.WrongDay):
                # Somebody was faster, or something does not fit: it is left to a person.
                continue
            settled += 1
    return settled


async def _told(database: Database, account_id: str, came: bool) -> list[tuple[Kept, About]]:
    async with database.read() as reader:
        account = await find_account(reader, account_id)
        if account is None:
            return []
        mine = (line.c.account_id == account_id, line.c.stage == Stage.OPEN.value, line.c.end_to_end != "")
        sign = line.c.cents > 0 if came else line.c.cents < 0
        found = []
        for row in await reader.all(select(line).where(*mine, sign).order_by(line.c.day, line.c.id)):
            one = kept_of(row)
            if await told(reader, account["iban"], one.said):
                about = await named(reader, account["iban"], one.said)
                assert about is not None
                found.append((one, about))
        return found
