"""Lines that tell of payouts: the bank sent one transfer, or all of a payout in one line, or gave a transfer back.

Only an end-to-end id of ours settles a line by itself; a sum alone is shown to a person. The first line of a payout
books it, with the line's day; those that follow join it. The account it goes from must be the line's.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, select

from billing.bank.keeping import NotThis, SettledBefore, WrongSum, add_part, is_joined, matched, opened
from billing.bank.matching import How
from billing.bank.register import Kept, NoLine, Part, Stage, find_account, kept_of, line
from billing.bank.statement import Line
from billing.days import today_at
from billing.instruction.life import OutOfTurn
from billing.instruction.life import Stage as Sent
from billing.instruction.shelf import NoInstruction
from billing.payout import batch, register
from billing.payout.register import PAYOUTS, Payout, Transfer
from chassis.database import Database, Reader, Writer
from chassis.identity import Person

DAYS_APART = timedelta(days=10)
"""So far from the bank's day a payout can be to the same."""


@dataclass(frozen=True)
class About:
    """A payout, and the one transfer of it that a line tells of; None: all of them."""

    payout: Payout
    transfer: Transfer | None

    @property
    def cents(self) -> int:
        return self.payout.cents if self.transfer is None else self.transfer.cents


async def named(reader: Reader, iban: str, said: Line) -> About | None:
    """The transfer that a line of the account `iban` names by its end-to-end id; None where it names none, or one that
    goes from another account."""
    found = await register.find_transfer(reader, said.end_to_end) if said.end_to_end else None
    return About(*found) if found is not None and found[0].hub.iban == iban else None


async def told(reader: Reader, iban: str, said: Line) -> bool:
    """Whether the line's end-to-end id tells, to the cent, which transfer it sends."""
    one = await named(reader, iban, said) if _goes_out(said) else None
    return one is not None and one.cents == -said.cents and await _can_be_sent(reader, one)


async def sent_though_called_off(reader: Reader, iban: str, said: Line) -> Payout | None:
    """The payout of the transfer that a line names, where a person had said that the bank sends nothing of it."""
    one = await named(reader, iban, said) if _goes_out(said) else None
    return one.payout if one is not None and one.payout.stage is Sent.CALLED_OFF else None


async def sent_by(reader: Reader, iban: str, said: Line) -> list[About]:
    """What a line can be the sending of: the transfer it names, whatever the sum; without a name whatever comes to its
    sum some days around."""
    if not _goes_out(said):
        return []
    one = await named(reader, iban, said)
    if one is not None:
        return [one] if await _can_be_sent(reader, one) else []
    around = await PAYOUTS.at_bank_between(reader, iban, said.day - DAYS_APART, said.day + DAYS_APART)
    among = [each for payout in around for each in _abouts(payout) if each.cents == -said.cents]
    return [each for each in among if await _can_be_sent(reader, each)]


async def given_back_by(reader: Reader, iban: str, said: Line) -> list[About]:
    """Transfers that a line can give back: the one it names, or those of its sum that were sent some days before."""
    if said.cents <= 0:
        return []
    one = await named(reader, iban, said)
    if one is not None:
        return [one] if await _can_come_back(reader, one) else []
    before = await PAYOUTS.at_bank_between(reader, iban, said.day - DAYS_APART, said.day)
    among = [About(payout, each) for payout in before for each in payout.transfers if each.cents == said.cents]
    return [each for each in among if await _can_come_back(reader, each)]


def _goes_out(said: Line) -> bool:
    return said.cents < 0 and not said.returned


def _abouts(one: Payout) -> list[About]:
    """All in one line, where there are several, and each."""
    whole = [About(one, None)] if len(one.transfers) > 1 else []
    return [*whole, *(About(one, each) for each in one.transfers)]


async def _can_be_sent(reader: Reader, one: About) -> bool:
    """Whether it may be at the bank, and no line tells of it yet."""
    if one.payout.stage not in (Sent.APPROVED, Sent.EXECUTED):
        return False
    if await is_joined(reader, one.payout.id, Part.PAYOUT):
        return False
    each_of = one.payout.transfers if one.transfer is None else (one.transfer,)
    return not any([await is_joined(reader, each.id, Part.SENT) for each in each_of])


async def _can_come_back(reader: Reader, one: About) -> bool:
    executed = one.transfer is not None and one.payout.stage is Sent.EXECUTED
    return executed and one.transfer is not None and not await is_joined(reader, one.transfer.id, Part.BACK)


async def join(
    writer: Writer,
    line_id: str,
    payout_id: str,
    transfer_id: str,
    by: Person,
    zone: ZoneInfo,
    how: How = How.BY_HAND,
) -> None:
    """The line is the sending of a transfer, or of the whole payout where `transfer_id` is "": it is booked with the
    line's day if nobody booked it yet. Raises NoLine, SettledBefore, NoInstruction, NotThis, WrongSum, and WrongDay of
    `payout.batch` for a day before it was approved."""
    one = await opened(writer, line_id)
    about = await _held(writer, one, payout_id, transfer_id)
    if not _goes_out(one.said) or not await _can_be_sent(writer, about):
        raise NotThis
    if about.cents != -one.said.cents:
        raise WrongSum(about.cents)
    await batch.execute(writer, payout_id, one.said.day, by, zone)
    kind, about_id = (Part.SENT, about.transfer.id) if about.transfer else (Part.PAYOUT, payout_id)
    await add_part(writer, one, 1, kind, one.said.cents, about_id)
    await matched(writer, one, how, by)


async def give_back(
    writer: Writer, line_id: str, payout_id: str, transfer_id: str, reason: str, by: Person, zone: ZoneInfo
) -> None:
    """The bank gave a transfer back by this line: it is booked as refused, if nobody noted so yet. Raises NoLine,
    SettledBefore, NoInstruction, NotThis, WrongSum, and WrongDay of `payout.batch` for a day before it was sent."""
    one = await opened(writer, line_id)
    about = await _held(writer, one, payout_id, transfer_id)
    if about.transfer is None or one.said.cents <= 0 or not await _can_come_back(writer, about):
        raise NotThis
    if about.cents != one.said.cents:
        raise WrongSum(about.cents)
    day = min(one.said.day, today_at(writer, zone))
    await batch.refuse(writer, payout_id, about.transfer.id, day, reason, by)
    await add_part(writer, one, 1, Part.BACK, one.said.cents, about.transfer.id)
    await matched(writer, one, How.BY_HAND, by)


async def _held(writer: Writer, one: Kept, payout_id: str, transfer_id: str) -> About:
    """The payout's row is held until the transaction ends. Raises NoInstruction, NotThis."""
    held = await PAYOUTS.locked(writer, payout_id)
    account = await find_account(writer, one.account_id)
    chosen = {each.id: each for each in held.transfers}
    if account is None or account["iban"] != held.hub.iban or (transfer_id and transfer_id not in chosen):
        raise NotThis
    return About(held, chosen[transfer_id] if transfer_id else None)


async def settle_all(database: Database, account_id: str, by: Person, zone: ZoneInfo) -> int:
    """Every open line that names a transfer of ours, each in a transaction of its own. How many."""
    settled = 0
    for line_id, about in await _told(database, account_id):
        assert about.transfer is not None
        try:
            async with database.write() as writer:
                await join(writer, line_id, about.payout.id, about.transfer.id, by, zone, How.END_TO_END)
        except (NoLine, SettledBefore, NoInstruction, NotThis, WrongSum, OutOfTurn, batch.WrongDay):
            # Somebody was faster, or something does not fit: it is left to a person.
            continue
        settled += 1
    return settled


async def _told(database: Database, account_id: str) -> list[tuple[str, About]]:
    async with database.read() as reader:
        account = await find_account(reader, account_id)
        if account is None:
            return []
        mine = (line.c.account_id == account_id, line.c.stage == Stage.OPEN.value, line.c.cents < 0)
        rows = await reader.all(select(line).where(*mine, line.c.end_to_end != "").order_by(line.c.day, line.c.id))
        found = []
        for each in (kept_of(row) for row in rows):
            if await told(reader, account["iban"], each.said):
                about = await named(reader, account["iban"], each.said)
                assert about is not None
                found.append((each.id, about))
        return found


async def of_parts(reader: Reader, parts: Collection[RowMapping]) -> dict[str, About]:
    """What parts that are of payouts tell of, by what they are about."""
    found = {}
    for row in parts:
        if row["kind"] == Part.PAYOUT:
            whole = await PAYOUTS.find(reader, row["payment_id"])
            if whole is not None:
                found[row["payment_id"]] = About(whole, None)
        elif row["kind"] in (Part.SENT, Part.BACK):
            chosen = register.transfer.c.id == row["payment_id"]
            name = await reader.scalar(select(register.transfer.c.end_to_end_id).where(chosen))
            one = await register.find_transfer(reader, name) if name else None
            if one is not None:
                found[row["payment_id"]] = About(*one)
    return found
