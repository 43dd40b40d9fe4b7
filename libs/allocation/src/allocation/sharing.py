"""The goods of one supply, back down to the lines: firm quantities by the rule of shortage, then the extras.

Households are served directly, not their group first: a small group and a large one would weigh the same, and who is
in the large one would get less. What a group gets is the sum of its households.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import lcm

from allocation.cases import Plan
from allocation.demand import Demand
from allocation.problem import Product, Rule
from allocation.reach import Reach
from allocation.rules import RULES, Claim, Sharing


class Sharer:
    """Shares out by one rule, for one goods' name, with the published seed. Holds no state."""

    def __init__(self, goods: str, seed: str, products: Mapping[str, Product], borne: Mapping[str, int]) -> None:
        self.goods = goods
        self.seed = seed
        self.products = products
        self.borne = borne
        """Household -> cents that it bears beyond its firm orders."""

    def order(self, demand: Demand, rule: Rule) -> Sequence[int]:
        """Who is decided first where not all can be served: as the rule says, else the choosiest, else the draw."""
        if not demand.picky:
            return range(len(demand.lines))
        draw = Sharing((), 0, self.seed, self.goods)

        def place(i: int) -> tuple[int, int, bytes, str]:
            line = demand.lines[i]
            before = {Rule.FIRST_COME: line.arrival, Rule.SOLIDARITY_FIRST: not line.solidarity}.get(rule, 0)
            choosy = 0 if rule in (Rule.FIRST_COME, Rule.LOTTERY) else -demand.least[i]
            return int(before), choosy, draw.ticket(line.household), line.id

        return sorted(range(len(demand.lines)), key=place)

    def by_rule(
        self, demand: Demand, positions: Iterable[int], amounts: Sequence[int], goods: int, step: int, rule: Rule,
        *, extra: bool,
    ) -> dict[int, int]:  # fmt: skip
        """Position -> share of `goods` in thousandths; `amounts`: what each position may get at most.

        All are multiples of `step`.
        """
        at = [i for i in positions if amounts[i]]
        if sum(amounts[i] for i in at) == goods:
            return {i: amounts[i] for i in at}
        balanced = rule is Rule.COST_BALANCED
        scale = lcm(*(self.products[demand.lines[i].product].content for i in at)) if balanced else 1
        claims = []
        for i in at:
            line = demand.lines[i]
            product = self.products[line.product]
            # Solidarity baskets come first when something is given, last when somebody must take more.
            claims.append(
                Claim(
                    line.id, line.household, amounts[i] // step,
                    product.price * step * (scale // product.content) if balanced else 0,
                    line.arrival, line.solidarity is not extra,
                )
            )  # fmt: skip
        borne = {c.household: self.borne.get(c.household, 0) * scale for c in claims} if balanced and extra else {}
        shares = RULES[rule](Sharing(claims, goods // step, self.seed, self.goods, borne))
        return {i: steps * step for i, steps in zip(at, shares, strict=True)}

    def back_down(self, demand: Demand, plan: Plan, rule: Rule, extra_rule: Rule) -> tuple[list[int], list[int]]:
        """What every line gets of its firm quantity, and beyond."""
        nothing = [0] * len(demand.lines)
        if plan.firm == demand.firm_total:
            more = (
                self.spread(demand.extras(demand.firm), plan.extra, extra_rule, extra=True) if plan.extra else nothing
            )
            return demand.firm, more
        if not plan.extra:
            return self.spread(demand, plan.firm, rule, extra=False), nothing
        reach = Reach(demand, self.order(demand, rule), plan.extra)
        return self.back_down_fitted(demand, reach, plan, rule, extra_rule)

    def spread(self, demand: Demand, goods: int, rule: Rule, *, extra: bool) -> list[int]:
        """`goods` over the firm column of the demand, exactly; `extra` says that it is tolerance which stands there."""
        given = [0] * len(demand.lines)
        if not goods:
            return given
        everybody = range(len(demand.lines))
        if demand.divisible:
            shares = self.by_rule(demand, everybody, demand.firm, goods, demand.grain, rule, extra=extra)
        else:
            shares = self._spread_fitted(demand, goods, rule, extra=extra)
        for i, share in shares.items():
            given[i] = share
        return given

    def _spread_fitted(self, demand: Demand, goods: int, rule: Rule, *, extra: bool) -> dict[int, int]:
        everybody = range(len(demand.lines))
        reach = Reach(demand, self.order(demand, rule))
        wanted = _column(self.by_rule(demand, everybody, demand.firm, goods, demand.grain, rule, extra=extra), demand)
        shares: dict[int, int] = {}
        steps = reach.walk(goods, 0, wanted, [0] * len(wanted))
        for element, (taken, _extras) in zip(reach.elements, steps, strict=True):
            step = element.step * reach.grain
            shares |= self.by_rule(demand, element.members, demand.firm, taken * step, step, rule, extra=extra)
        return shares

    def plainly(self, demand: Demand, plan: Plan, rule: Rule, extra_rule: Rule) -> tuple[list[int], list[int]]:
        """What the rules alone would give of firm quantity and beyond, whatever size and least quantity a line has."""
        everybody = range(len(demand.lines))
        firm = self.by_rule(demand, everybody, demand.firm, plan.firm, demand.grain, rule, extra=False)
        extra = self.by_rule(demand, everybody, demand.tolerance, plan.extra, demand.grain, extra_rule, extra=True)
        return _column(firm, demand), _column(extra, demand)

    def back_down_fitted(
        self, demand: Demand, reach: Reach, plan: Plan, rule: Rule, extra_rule: Rule
    ) -> tuple[list[int], list[int]]:
        """Firm and extra at once: some stay short while others take more, because only so their steps fill the case."""
        wanted, more = self.plainly(demand, plan, rule, extra_rule)
        firm, extra = [0] * len(wanted), [0] * len(wanted)
        walked = reach.walk(plan.firm, plan.extra, wanted, more)
        for element, (taken, extras) in zip(reach.elements, walked, strict=True):
            step = element.step * reach.grain
            here = element.members
            for i, share in self.by_rule(demand, here, demand.firm, taken * step, step, rule, extra=False).items():
                firm[i] = share
            for i, share in self.by_rule(
                demand, here, demand.tolerance, extras * step, step, extra_rule, extra=True
            ).items():
                extra[i] = share
        return firm, extra


def _column(shares: Mapping[int, int], demand: Demand) -> list[int]:
    return [shares.get(i, 0) for i in range(len(demand.lines))]
