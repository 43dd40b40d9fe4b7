"""What a household agreed to: that the hub takes what it owes from one bank account (a SEPA mandate).

    proposed --sign--> signed --suspend--> suspended --resume--> signed
    each of them, and signed once it was used for the last time --end--> ended

It is agreed to on the household's page, under words whose hash is kept, or on paper. A household has one at a time; for
another account or reference it is amended, and its next debit tells the bank (`amended`). It lapses 36 months after its
last debit, or after it was signed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Boolean, Column, Date, Index, RowMapping, String, Table, Text, UniqueConstraint, select

from billing.debit.register import is_on_its_way
from billing.household import household
from billing.iban import MOST_ID, BankAccount, latin
from billing.mandate.ending import later
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc

LAPSES_AFTER_MONTHS = 36

debit_mandate = Table(
    "debit_mandate",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("household_id", String(100), nullable=False, index=True),
    Column("ref", String(35), nullable=False),
    Column("holder", Text, nullable=False),
    Column("iban", String(34), nullable=False),
    Column("bic", String(11), nullable=False),
    Column("one_off", Boolean, nullable=False),
    Column("last", Boolean, nullable=False),
    Column("stage", String(10), nullable=False),
    Column("text", Text, nullable=False),
    Column("signed_on", Date),
    Column("signed_by", Text, nullable=False),
    Column("signed_by_id", String(100), nullable=False),
    Column("debited_on", Date),
    Column("drawn_up_at", Utc, nullable=False),
    Column("drawn_up_by", Text, nullable=False),
    UniqueConstraint("ref"),
)
"""`id`: the form's own. `ref`: the mandate's reference (RUM). `one_off`: for one debit alone; `last`: the next is the
last. `text`: what is agreed to, in the words that were shown. `signed_by_id`: "" where it was signed on paper.
`debited_on`: the newest day on which something was taken by it."""

history = Table(
    "debit_mandate_history",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("mandate_id", String(36), nullable=False),
    Column("at", Utc, nullable=False),
    Column("what", String(12), nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Rows are only added. `what`: "drawn_up", or a `Step`, or "last", or "amended" with what was before as reason, or
"reopened" where the use it ended with was none."""
Index("ix_debit_mandate_history_mandate_id", history.c.mandate_id)


class Stage(StrEnum):
    PROPOSED = "proposed"
    SIGNED = "signed"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Step(StrEnum):
    SIGN = "sign"
    SUSPEND = "suspend"
    RESUME = "resume"
    END = "end"


STEPS: dict[tuple[Stage, Step], Stage] = {
    (Stage.PROPOSED, Step.SIGN): Stage.SIGNED,
    (Stage.SIGNED, Step.SUSPEND): Stage.SUSPENDED,
    (Stage.SUSPENDED, Step.RESUME): Stage.SIGNED,
    (Stage.PROPOSED, Step.END): Stage.ENDED,
    (Stage.SIGNED, Step.END): Stage.ENDED,
    (Stage.SUSPENDED, Step.END): Stage.ENDED,
}


class Sequence(StrEnum):
    """What the bank is told of a debit: the first of several, a later one, the last, the only one."""

    FIRST = "FRST"
    RECURRENT = "RCUR"
    FINAL = "FNAL"
    ONE_OFF = "OOFF"


class OutOfTurn(Exception):
    """This cannot happen to a mandate that stands where this one stands."""


class NoMandate(Exception):
    """There is no such mandate, or it is another household's."""


class NoHousehold(Exception):
    """Nobody told of this household."""


class MandateThere(Exception):
    """The household has one already."""


class RefTaken(Exception):
    """Another mandate has this reference."""


class OnItsWay(Exception):
    """A debit by it is in a batch that is not executed yet."""


class OtherThere(Exception):
    """A form that was sent before was sent again with other words in it."""


class OtherText(Exception):
    """Not the words that are to be signed: the page is an old one."""


@dataclass(frozen=True)
class Mandate:
    """A row of `debit_mandate`."""

    id: str
    household_id: str
    ref: str
    account: BankAccount
    one_off: bool
    last: bool
    stage: Stage
    text: str
    signed_on: date | None
    signed_by: str
    signed_by_id: str
    debited_on: date | None
    drawn_up_at: datetime
    drawn_up_by: str

    @property
    def text_hash(self) -> str:
        """SHA-256 of the words."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def lapses_on(self) -> date | None:
        """From that day on nothing can be taken by it; None while nobody has signed."""
        since = self.debited_on or self.signed_on
        return later(since, LAPSES_AFTER_MONTHS) if since else None

    @property
    def sequence(self) -> Sequence:
        """Of its next debit."""
        if self.one_off:
            return Sequence.ONE_OFF
        if self.last:
            return Sequence.FINAL
        return Sequence.FIRST if self.debited_on is None else Sequence.RECURRENT

    def holds_on(self, day: date) -> bool:
        """Whether something can be taken by it on that day."""
        return self.stage is Stage.SIGNED and self.lapses_on is not None and day < self.lapses_on


def stepped(stage: Stage, step: Step) -> Stage:
    """Raises OutOfTurn."""
    if (stage, step) not in STEPS:
        raise OutOfTurn(f"{step} a mandate that is {stage}")
    return STEPS[stage, step]


def ref_of(mandate_id: str) -> str:
    """A reference of ours: the last of an id's letters are drawn by lot."""
    return f"RUM-{mandate_id.replace('-', '')[-16:].upper()}"


def is_ref(typed: str) -> bool:
    """Whether banks take it as it is: in their letters, not too long, without a space at either end."""
    return bool(typed) and latin(typed, MOST_ID) == typed and " " not in typed


async def find(reader: Reader, mandate_id: str) -> Mandate | None:
    row = await reader.first(select(debit_mandate).where(debit_mandate.c.id == mandate_id))
    return None if row is None else _read(row)


async def mandates_of(reader: Reader, household_ids: Collection[str] | None = None) -> dict[str, list[Mandate]]:
    """By household, the newest first. None: of all."""
    d = debit_mandate.c
    chosen = select(debit_mandate).order_by(d.drawn_up_at.desc(), d.id.desc())
    if household_ids is not None:
        chosen = chosen.where(d.household_id.in_(sorted(household_ids)))
    found: dict[str, list[Mandate]] = {}
    for row in await reader.all(chosen):
        found.setdefault(row["household_id"], []).append(_read(row))
    return found


async def current_of(reader: Reader, household_ids: Collection[str] | None = None) -> dict[str, Mandate]:
    """The mandate of each household that has not ended."""
    found = await mandates_of(reader, household_ids)
    current = {each: [one for one in mine if one.stage is not Stage.ENDED] for each, mine in found.items()}
    return {each: mine[0] for each, mine in current.items() if mine}


async def history_of(reader: Reader, mandate_id: str) -> list[RowMapping]:
    """The oldest first."""
    mine = select(history).where(history.c.mandate_id == mandate_id)
    return await reader.all(mine.order_by(history.c.at, history.c.id))


def _read(row: RowMapping) -> Mandate:
    told = {name: row[name] for name in row if name not in ("holder", "iban", "bic")}
    account = BankAccount(row["holder"], row["iban"], row["bic"])
    return Mandate(**(told | {"stage": Stage(row["stage"]), "account": account}))


async def hold_household(writer: Writer, household_id: str) -> None:
    """Whatever changes a mandate, or takes money by it, waits for who does so now. Raises NoHousehold."""
    held = select(household.c.id).where(household.c.id == household_id).with_for_update()
    if await writer.scalar(held) is None:
        raise NoHousehold


async def draw_up(
    writer: Writer,
    mandate_id: str,
    household_id: str,
    account: BankAccount,
    ref: str,
    text: str,
    one_off: bool,
    by: Person,
) -> Mandate:
    """A mandate to be signed. The id comes with the form: sent twice, it is one. Raises NoHousehold, MandateThere,
    RefTaken, OtherThere."""
    await hold_household(writer, household_id)
    there = await find(writer, mandate_id)
    if there is not None:
        same = (there.household_id, there.account, there.ref, there.one_off) == (household_id, account, ref, one_off)
        if not same:
            raise OtherThere
        return there
    if await current_of(writer, [household_id]):
        raise MandateThere
    row = {
        "id": mandate_id,
        "household_id": household_id,
        "ref": ref,
        "holder": account.holder,
        "iban": account.iban,
        "bic": account.bic,
        "one_off": one_off,
        "last": False,
        "stage": Stage.PROPOSED.value,
        "text": text,
        "signed_by": "",
        "signed_by_id": "",
        "drawn_up_at": writer.now,
        "drawn_up_by": by.name,
    }
    # Two households could be given one reference at once: the second finds it taken.
    added = await writer.execute(writer.insert(debit_mandate).values(**row).on_conflict_do_nothing())
    if not added.rowcount:
        raise RefTaken
    await _note(writer, mandate_id, "drawn_up", by)
    found = await find(writer, mandate_id)
    assert found is not None
    return found


async def locked(writer: Writer, household_id: str, mandate_id: str) -> Mandate:
    """Held until the transaction ends, with its household. Raises NoHousehold, NoMandate."""
    await hold_household(writer, household_id)
    one = await find(writer, mandate_id)
    if one is None or one.household_id != household_id:
        raise NoMandate
    return one


async def sign(writer: Writer, one: Mandate, day: date, name: str, by: Person, text_hash: str = "") -> None:
    """On the page: `name` as it was typed under the words whose hash was shown. On paper, without a hash: `day` and
    `name` as they stand there. Done twice, it is done once. Raises OutOfTurn, OtherText."""
    if one.stage is Stage.SIGNED:
        return
    stage = stepped(one.stage, Step.SIGN)
    if text_hash and text_hash != one.text_hash:
        raise OtherText
    values = {"stage": stage.value, "signed_on": day, "signed_by": name, "signed_by_id": by.id if text_hash else ""}
    await _set(writer, one, Step.SIGN.value, by, values)


async def end(writer: Writer, one: Mandate, by: Person, reason: str) -> None:
    """Revoked by the household, or ended by the hub. Done twice, it is done once."""
    if one.stage is not Stage.ENDED:
        await _set(writer, one, Step.END.value, by, {"stage": stepped(one.stage, Step.END).value}, reason)


async def suspend(writer: Writer, one: Mandate, by: Person, reason: str) -> None:
    """Nothing is taken by it until somebody has looked into it; one that has ended stays ended."""
    if one.stage is Stage.SIGNED:
        await _set(writer, one, Step.SUSPEND.value, by, {"stage": stepped(one.stage, Step.SUSPEND).value}, reason)


async def resume(writer: Writer, one: Mandate, by: Person, reason: str) -> None:
    """Raises OutOfTurn."""
    if one.stage is not Stage.SIGNED:
        await _set(writer, one, Step.RESUME.value, by, {"stage": stepped(one.stage, Step.RESUME).value}, reason)


async def make_last(writer: Writer, one: Mandate, by: Person) -> None:
    """The next debit is the last: the bank is told so, and the mandate ends with it. Raises OutOfTurn."""
    if one.last:
        return
    if one.stage is not Stage.SIGNED or one.one_off:
        raise OutOfTurn("only one that is signed can be used a last time")
    await _set(writer, one, "last", by, {"last": True})


async def amend(writer: Writer, one: Mandate, account: BankAccount, ref: str, by: Person, reason: str) -> None:
    """Another account, or another reference: its text stays as it was signed. Done twice, it is done once. Raises
    OutOfTurn, OnItsWay, RefTaken."""
    if (one.account, one.ref) == (account, ref):
        return
    if one.stage not in (Stage.SIGNED, Stage.SUSPENDED) or one.one_off:
        raise OutOfTurn("only one that is signed, and used again, can change")
    if await is_on_its_way(writer, one.id):
        raise OnItsWay
    taken = select(debit_mandate.c.id).where(debit_mandate.c.ref == ref, debit_mandate.c.id != one.id)
    if await writer.scalar(taken) is not None:
        raise RefTaken
    values = {"ref": ref, "holder": account.holder, "iban": account.iban, "bic": account.bic}
    before = f"{one.ref}, {one.account.holder}, {one.account.iban}"
    await _set(writer, one, "amended", by, values, f"{before}: {reason}" if reason else before)


async def used(writer: Writer, one: Mandate, sequence: str, day: date, by: Person) -> None:
    """Something was taken by it. One for a single debit, or after its last, ends."""
    values: dict[str, object] = {"debited_on": max(day, one.debited_on or day)}
    await writer.execute(debit_mandate.update().where(debit_mandate.c.id == one.id).values(**values))
    if sequence in (Sequence.ONE_OFF, Sequence.FINAL) and one.stage is not Stage.ENDED:
        await _set(writer, one, Step.END.value, by, {"stage": Stage.ENDED.value})


async def unused(writer: Writer, mandate_id: str, sequence: str, debited_on: date | None, by: Person) -> None:
    """It was not used after all; `debited_on`: when it was before. One that ended with that use holds again, but where
    the household has another by now."""
    one = await find(writer, mandate_id)
    assert one is not None
    await writer.execute(debit_mandate.update().where(debit_mandate.c.id == one.id).values(debited_on=debited_on))
    ended_with_it = one.stage is Stage.ENDED and sequence in (Sequence.ONE_OFF, Sequence.FINAL)
    if ended_with_it and not await current_of(writer, [one.household_id]):
        await _set(writer, one, "reopened", by, {"stage": Stage.SIGNED.value})


async def _set(
    writer: Writer, one: Mandate, what: str, by: Person, values: Mapping[str, object], reason: str = ""
) -> None:
    await writer.execute(debit_mandate.update().where(debit_mandate.c.id == one.id).values(**values))
    await _note(writer, one.id, what, by, reason)


async def _note(writer: Writer, mandate_id: str, what: str, by: Person, reason: str = "") -> None:
    row = {"id": writer.ids.new(), "mandate_id": mandate_id, "at": writer.now}
    await writer.execute(history.insert().values(**row, what=what, who=by.name, reason=reason))
