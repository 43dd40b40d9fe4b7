"""What can be taken of each household now, and why not: what its books leave to pay to whom the hub collects for, less
what lies in batches that are not executed yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.debit.mandate import Mandate, Sequence, Stage, current_of
from billing.debit.register import reserved
from billing.household import names_of_households
from billing.ledger.chart import HUB
from billing.payment.noting import collects_for
from billing.payment.owing import Owing, owing_of
from chassis.database import Reader


class WhyNot(StrEnum):
    """Why nothing is taken of a household that has a mandate."""

    NOT_SIGNED = "not_signed"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"
    LAST_ASKED = "last_asked"
    RESERVED = "reserved"
    NOT_COLLECTED = "not_collected"
    NOTHING_LEFT = "nothing_left"


@dataclass(frozen=True)
class Due:
    """Of one household, in cents. `shares`: by producer, what is left to pay and in no other batch. `reserved_cents`:
    in batches that are not executed. `other_cents`: left to pay to producers that are paid themselves."""

    household_id: str
    household_name: str
    mandate: Mandate
    shares: Mapping[str, int]
    reserved_cents: int
    other_cents: int
    why_not: WhyNot | None

    @property
    def cents(self) -> int:
        return sum(self.shares.values()) if self.why_not is None else 0

    @property
    def sequence(self) -> Sequence:
        """Where an earlier debit by this mandate is on its way, this one is not the first."""
        told = self.mandate.sequence
        return Sequence.RECURRENT if told is Sequence.FIRST and self.reserved_cents else told


def due_of(
    named: tuple[str, str],
    mandate: Mandate,
    owing: list[Owing],
    collected: frozenset[str],
    kept: Mapping[str, int],
    day: date,
) -> Due:
    """`named`: the household's id and name; `kept`: what is reserved, by producer; `day`: of the debit."""
    mine = [each for each in owing if each.producer_id in collected]
    left = {each.producer_id: each.left_cents - kept.get(each.producer_id, 0) for each in mine}
    shares = {each: cents for each, cents in left.items() if cents > 0}
    on_its_way = sum(kept.values())
    other = sum(each.left_cents for each in owing if each.producer_id not in collected)
    why = _why_not(mandate, bool(shares), on_its_way, other, day)
    return Due(*named, mandate, shares, on_its_way, other, why)


def _why_not(mandate: Mandate, owes: bool, on_its_way: int, other: int, day: date) -> WhyNot | None:
    if mandate.stage is Stage.PROPOSED:
        return WhyNot.NOT_SIGNED
    if mandate.stage is Stage.SUSPENDED:
        return WhyNot.SUSPENDED
    if not mandate.holds_on(day):
        return WhyNot.LAPSED
    if on_its_way and (mandate.one_off or mandate.last):
        return WhyNot.LAST_ASKED
    if owes:
        return None
    if on_its_way:
        return WhyNot.RESERVED
    return WhyNot.NOT_COLLECTED if other else WhyNot.NOTHING_LEFT


async def dues(reader: Reader, today: date, day: date, but: str = "") -> list[Due]:
    """Of all households that have a mandate, by name. The hub has to collect for a producer both `today` and on `day`,
    when the money is taken. `but`: the id of a batch that does not count as reserved."""
    mandates = await current_of(reader)
    names = await names_of_households(reader, mandates)
    owed = await owing_of(reader, names.keys())
    collected = (await collects_for(reader, today) & await collects_for(reader, day)) | {HUB}
    kept: dict[str, dict[str, int]] = {}
    for (household_id, producer_id), cents in (await reserved(reader, but)).items():
        kept.setdefault(household_id, {})[producer_id] = cents
    found = [
        due_of((each, name), mandates[each], owed[each], collected, kept.get(each, {}), day)
        for each, name in names.items()
    ]
    return sorted(found, key=lambda due: (due.household_name.casefold(), due.household_id))
