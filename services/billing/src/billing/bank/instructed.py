"""Lines that tell of an instruction to the bank: it did one part of it, or all of it in one line, or gave a part back.

Only an end-to-end id of ours settles a line by itself; a sum alone is shown to a person. The first line of an
instruction books it, with the line's day; those that follow join it. Its account must be the line's.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select

from billing.bank.keeping import NotThis, SettledBefore, WrongSum, add_part, is_joined, matched, opened
from billing.bank.matching import How
from billing.bank.register import Kept, NoLine, Stage, find_account, kept_of, line
from billing.bank.register import Part as Told
from billing.bank.statement import Line
from billing.days import today_at
from billing.instruction.life import OutOfTurn
from billing.instruction.life import Stage as Done
from billing.instruction.shelf import Instruction, NoInstruction, Part, Shelf
from chassis.database import Database, Reader, Writer
from chassis.identity import Person

DAYS_APART = timedelta(days=10)
"""So far from the bank's day an instruction can be to be the same."""
I = TypeVar("I", bound=Instruction)  # noqa: E741 as in List[I]
P = TypeVar("P", bound=Part)


@dataclass(frozen=True)
class About(Generic[I, P]):
    """An instruction, and the one part of it that a line tells of; None: all of them."""

    whole: I
    part: P | None

    @property
    def parts(self) -> Sequence[P]:
        return self.whole.parts if self.part is None else (self.part,)

    @property
    def cents(self) -> int:
        return sum(each.cents for each in self.parts)


class Mark(NamedTuple):
    """A part of a line, as it is kept: what it is, and of which payment, payout or transfer. `cents`: above zero."""

    kind: Told
    about_id: str
    cents: int
    household_id: str = ""


@dataclass(frozen=True)
class Lines(Generic[I, P]):
    """What differs from kind to kind. `comes_in`: whether what is done brings money in. `back_within`: so long after it
    was done a line without a name can give a part back. `marks`: what a line is matched with that tells of it;
    `told_by`: by which marks a line tells of it already; `back`: the mark of a part that came back. `execute` and
    `take_back` book it; `why_back`: the reason where the line alone tells of it, else ""; None where a person
    always looks at what comes back."""

    shelf: Shelf[I]
    comes_in: bool
    back_within: timedelta
    marks: Callable[[About[I, P]], Sequence[Mark]]
    told_by: Callable[[About[I, P]], Sequence[Mark]]
    back: Callable[[P], Mark]
    execute: Callable[[Writer, str, date, Person, ZoneInfo], Awaitable[Any]]
    take_back: Callable[[Writer, I, P, str, date, Person, ZoneInfo], Awaitable[Any]]
    wrong_day: type[Exception]
    why_back: Callable[[Line], str] | None = None

    def cents_done(self, said: Line) -> int:
        """What the line did of it; below zero where it gave it back."""
        return said.cents if self.comes_in else -said.cents

    async def named(self, reader: Reader, iban: str, said: Line) -> About[I, P] | None:
        """The part that a line of the account `iban` names by its end-to-end id; None where it names none, or one of
        another account."""
        found = await self.shelf.named(reader, said.end_to_end) if said.end_to_end else None
        return About(*found) if found is not None and found[0].hub.iban == iban else None

    async def told(self, reader: Reader, iban: str, said: Line) -> bool:
        """Whether the line tells, to the cent, which part was done, or which came back and why."""
        one = await self.named(reader, iban, said)
        if one is None or one.cents != abs(said.cents):
            return False
        if self._is_done(said):
            return await self._can_be_done(reader, one)
        if self.cents_done(said) >= 0 or self.why_back is None or not self.why_back(said):
            return False
        return await self._can_come_back(reader, one)

    async def done_by(self, reader: Reader, iban: str, said: Line) -> list[About[I, P]]:
        """What a line can be the doing of: the part it names, whatever the sum; without a name whatever comes to its
        sum some days around."""
        if not self._is_done(said):
            return []
        one = await self.named(reader, iban, said)
        if one is not None:
            return [one] if await self._can_be_done(reader, one) else []
        around = await self.shelf.at_bank_between(reader, iban, said.day - DAYS_APART, said.day + DAYS_APART)
        among = [each for one in around for each in self._abouts(one) if each.cents == abs(said.cents)]
        return [each for each in among if await self._can_be_done(reader, each)]

    async def given_back_by(self, reader: Reader, iban: str, said: Line) -> list[About[I, P]]:
        """Parts that a line can give back: the one it names, or those of its sum that were done before."""
        if self.cents_done(said) >= 0:
            return []
        one = await self.named(reader, iban, said)
        if one is not None:
            return [one] if await self._can_come_back(reader, one) else []
        before = await self.shelf.at_bank_between(reader, iban, said.day - self.back_within, said.day)
        among = [About[I, P](one, each) for one in before for each in one.parts if each.cents == abs(said.cents)]
        return [each for each in among if await self._can_come_back(reader, each)]

    def _is_done(self, said: Line) -> bool:
        return self.cents_done(said) > 0 and not said.returned

    def _abouts(self, one: I) -> list[About[I, P]]:
        """All in one line, where there are several, and each."""
        whole = [About[I, P](one, None)] if len(one.parts) > 1 else []
        return [*whole, *(About[I, P](one, each) for each in one.parts)]

    async def _can_be_done(self, reader: Reader, one: About[I, P]) -> bool:
        """Whether the bank may have done it, and no line tells of it yet."""
        if one.whole.stage not in (Done.APPROVED, Done.EXECUTED):
            return False
        return not any([await is_joined(reader, each.about_id, each.kind) for each in self.told_by(one)])

    async def _can_come_back(self, reader: Reader, one: About[I, P]) -> bool:
        if one.part is None or one.whole.stage is not Done.EXECUTED:
            return False
        mark = self.back(one.part)
        return not await is_joined(reader, mark.about_id, mark.kind)

    async def join(
        self,
        writer: Writer,
        line_id: str,
        one_id: str,
        part_id: str,
        by: Person,
        zone: ZoneInfo,
        how: How = How.BY_HAND,
    ) -> None:
        """The line is the doing of a part, or of all of it where `part_id` is "": it is booked with the line's day if
        nobody booked it yet. Raises NoLine, SettledBefore, NoInstruction, NotThis, WrongSum, and `wrong_day` for a day
        on which it cannot have been done."""
        one = await opened(writer, line_id)
        about = await self._held(writer, one, one_id, part_id)
        if not self._is_done(one.said) or not await self._can_be_done(writer, about):
            raise NotThis
        if about.cents != abs(one.said.cents):
            raise WrongSum(about.cents)
        await self.execute(writer, one_id, one.said.day, by, zone)
        await self._match(writer, one, self.marks(about), how, by)

    async def give_back(
        self,
        writer: Writer,
        line_id: str,
        one_id: str,
        part_id: str,
        why: str,
        by: Person,
        zone: ZoneInfo,
        how: How = How.BY_HAND,
    ) -> None:
        """The bank gave a part back by this line: it is booked so, if nobody noted it yet. Raises NoLine,
        SettledBefore, NoInstruction, NotThis, WrongSum, and `wrong_day` for a day before it was done."""
        one = await opened(writer, line_id)
        about = await self._held(writer, one, one_id, part_id)
        if about.part is None or self.cents_done(one.said) >= 0 or not await self._can_come_back(writer, about):
            raise NotThis
        if about.cents != abs(one.said.cents):
            raise WrongSum(about.cents)
        day = min(one.said.day, today_at(writer, zone))
        await self.take_back(writer, about.whole, about.part, why, day, by, zone)
        await self._match(writer, one, [self.back(about.part)], how, by)

    async def _match(self, writer: Writer, one: Kept, marks: Sequence[Mark], how: How, by: Person) -> None:
        sign = 1 if one.said.cents > 0 else -1
        for place, each in enumerate(marks, 1):
            await add_part(writer, one, place, each.kind, sign * each.cents, each.about_id, each.household_id)
        await matched(writer, one, how, by)

    async def _held(self, writer: Writer, one: Kept, one_id: str, part_id: str) -> About[I, P]:
        """The instruction's row is held until the transaction ends. Raises NoInstruction, NotThis."""
        held = await self.shelf.locked(writer, one_id)
        account = await find_account(writer, one.account_id)
        chosen = {each.id: each for each in held.parts}
        if account is None or account["iban"] != held.hub.iban or (part_id and part_id not in chosen):
            raise NotThis
        return About(held, chosen[part_id] if part_id else None)

    async def settle_all(self, database: Database, account_id: str, by: Person, zone: ZoneInfo) -> int:
        """Every open line that names a part of ours, each in a transaction of its own: what was done first, then what
        came back. How many."""
        settled = 0
        for done in (True, False) if self.why_back else (True,):
            for one, about in await self._told(database, account_id, done):
                assert about.part is not None
                one_id, part_id, how = about.whole.id, about.part.id, How.END_TO_END
                try:
                    async with database.write() as writer:
                        if done:
                            await self.join(writer, one.id, one_id, part_id, by, zone, how)
                        elif self.why_back is not None:
                            why = self.why_back(one.said)
                            await self.give_back(writer, one.id, one_id, part_id, why, by, zone, how)
                except (NoLine, SettledBefore, NoInstruction, NotThis, WrongSum, OutOfTurn, self.wrong_day):
                    # Somebody was faster, or something does not fit: it is left to a person.
                    continue
                settled += 1
        return settled

    async def _told(self, database: Database, account_id: str, done: bool) -> list[tuple[Kept, About[I, P]]]:
        async with database.read() as reader:
            account = await find_account(reader, account_id)
            if account is None:
                return []
            mine = (line.c.account_id == account_id, line.c.stage == Stage.OPEN.value, line.c.end_to_end != "")
            sign = line.c.cents > 0 if done is self.comes_in else line.c.cents < 0
            found = []
            for row in await reader.all(select(line).where(*mine, sign).order_by(line.c.day, line.c.id)):
                one = kept_of(row)
                if await self.told(reader, account["iban"], one.said):
                    about = await self.named(reader, account["iban"], one.said)
                    assert about is not None
                    found.append((one, about))
            return found
