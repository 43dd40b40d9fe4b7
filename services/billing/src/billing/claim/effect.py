"""What claims make of amounts: what was spoiled is not charged, or those who agreed share what it cost.

Accepted, the household pays the line less what was spoiled, in proportion; its producer bears it, or the hub where a
clause of the mandate says so. Refused, what the crate cost stays: the household and those who agreed pay together what
they paid, in proportion to what is good with each of them (rule of three); where nobody agreed nothing changes.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from billing import price
from billing.claim.life import State
from billing.claim.register import Claim, that_count
from billing.delivery import handed
from billing.ledger.chart import HUB
from billing.order import Goods
from billing.price import Spoiled, Why
from billing.pricing import AS_EXPECTED, Handed
from billing.shares import half_up, largest_remainder
from billing.together import CLAIM, Bought, Short, buyers_with, is_together, lines_of_buyers, together_of
from chassis.database import Reader

RULE = "claim/1"
"""Of the lines that a claim changed, with its version."""

Line = tuple[str, str]
"""Household and product."""


@dataclass
class _Standing:
    """A line while claims are applied to it, in the order in which they were made."""

    of: Bought
    amount: int
    at_first_cents: int
    cents: int
    spoiled: int = 0
    credited: int = 0
    shared: bool = False

    @property
    def worth(self) -> int:
        """Of what is good of it."""
        return price.worth(self.of.of, self.of.quantity, self.of.gross_cents, self.amount - self.spoiled)


@dataclass(frozen=True)
class Effects:
    """`spoiled`: by household and product; `short`: what the hub pays producers of what it bears."""

    spoiled: Mapping[Line, Spoiled] = field(default_factory=dict)
    short: tuple[Short, ...] = ()


def effects(claims: Iterable[Claim], lines: Iterable[Bought], deliveries: Mapping[str, Handed]) -> Effects:
    """What the claims that count make of these lines. What did not come at all cannot be spoiled."""
    standing: dict[Line, _Standing] = {}
    for each in lines:
        billed = each.billed
        shared = deliveries.get(each.household_id, AS_EXPECTED).shared.get(each.of.product_id)
        cents = billed.gross_cents if shared is None else shared
        if billed.quantity_thousandths:
            key = each.household_id, each.of.product_id
            standing[key] = _Standing(each, billed.quantity_thousandths, cents, cents)
    short: list[Short] = []
    for claim in claims:
        mine = standing.get((claim.household_id, claim.product_id))
        if mine is None:
            continue
        if claim.state is State.ACCEPTED:
            credit = _accept(mine, claim)
            if claim.by_hub and credit and mine.of.of.payee != HUB:
                short.append(Short(mine.of.of.producer_id, CLAIM, mine.of.key, credit))
        else:
            others = [standing.get((each, claim.product_id)) for each in claim.agreed]
            _share(mine, claim, [each for each in others if each is not None])
    changed = {key: each for key, each in standing.items() if each.spoiled or each.shared}
    return Effects(
        {
            key: Spoiled(each.spoiled, each.cents, RULE, Why.LOSS_SHARED if each.shared else Why.SPOILED)
            for key, each in changed.items()
        },
        tuple(short),
    )


def _accept(mine: _Standing, claim: Claim) -> int:
    """The credit. What claims credit of a line comes to its whole sum where all of it was spoiled."""
    mine.spoiled = min(mine.amount, mine.spoiled + claim.spoiled_thousandths)
    whole = half_up(mine.at_first_cents * mine.spoiled, mine.amount)
    credit = min(mine.cents, whole - mine.credited)
    mine.credited, mine.cents = whole, mine.cents - credit
    return credit


def _share(mine: _Standing, claim: Claim, others: list[_Standing]) -> None:
    if not others:
        return
    mine.spoiled = min(mine.amount, mine.spoiled + claim.spoiled_thousandths)
    everybody = [mine, *others]
    shares = largest_remainder(sum(each.cents for each in everybody), [each.worth for each in everybody])
    for each, cents in zip(everybody, shares, strict=True):
        each.cents, each.shared = cents, True


async def what_holds(
    reader: Reader, cycle_id: str, household_ids: Collection[str], goods: Mapping[str, Goods]
) -> dict[str, Handed]:
    """What the households were handed, with their parts of the bills they share and what claims made of it. `goods`: of
    their orders."""
    claims = await that_count(reader, cycle_id)
    concerned = {each for claim in claims for each in claim.concerned}
    everybody = {*household_ids, *concerned}
    deliveries = await handed(reader, cycle_id, everybody)
    if concerned or any(map(is_together, goods.values())):
        deliveries = (await together_of(reader, cycle_id)).of(deliveries, everybody)
    if not claims:
        return deliveries
    found = effects(claims, await lines_of_buyers(reader, cycle_id, concerned, deliveries), deliveries)
    # Each step of a claim counts, and each record of all who may share a loss: whatever changes one of these amounts
    # gives it a key of its own.
    steps = sum(one.version for one in claims) + sum(deliveries[each].records for each in concerned & deliveries.keys())
    for household_id in concerned:
        own = deliveries.get(household_id, AS_EXPECTED)
        mine = {product: lost for (whose, product), lost in found.spoiled.items() if whose == household_id}
        deliveries[household_id] = own._replace(records=steps, spoiled=mine)
    return deliveries


async def concerned_with(reader: Reader, cycle_id: str, household_ids: Collection[str]) -> set[str]:
    """These households, and all whose amounts follow from theirs: who shares a bill with one of them, or a loss."""
    found = await buyers_with(reader, cycle_id, household_ids)
    concerned = {each for claim in await that_count(reader, cycle_id) for each in claim.concerned}
    # One loss may be shared out of what another one changed.
    return found | concerned if concerned & found else found


async def hub_bears(reader: Reader, cycle_id: str) -> bool:
    """Whether it may pay a producer for anything that was spoiled in a cycle."""
    return any(claim.by_hub for claim in await that_count(reader, cycle_id))


async def borne_by_hub(reader: Reader, cycle_id: str) -> tuple[Short, ...]:
    """What the hub pays producers for what was spoiled in a cycle."""
    claims = await that_count(reader, cycle_id)
    if not any(claim.by_hub for claim in claims):
        return ()
    concerned = {each for claim in claims for each in claim.concerned}
    deliveries = await handed(reader, cycle_id, concerned)
    deliveries = (await together_of(reader, cycle_id)).of(deliveries, concerned)
    return effects(claims, await lines_of_buyers(reader, cycle_id, concerned, deliveries), deliveries).short
