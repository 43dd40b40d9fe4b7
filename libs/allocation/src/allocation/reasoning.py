"""From the outcome of one supply to the reason of each line that differs from what was asked."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from allocation.cases import Plan
from allocation.problem import Line, Product
from allocation.reason import Cause, Reason
from allocation.result import SupplyResult
from allocation.supply import Supply
from allocation.unmet import price_of


@dataclass(frozen=True)
class Reasons:
    """Of one supply. Lines that differ for the same reason by the same quantity share one Reason."""

    supply: Supply
    chosen: Plan
    told: SupplyResult
    products: Mapping[str, Product]
    seed: str
    fitted: bool
    _made: dict[tuple[str, int, int, int], Reason] = field(default_factory=dict)

    def of(self, line: Line, given: int) -> Reason | None:
        if given == line.firm:
            return None
        product = self.products[line.product]
        if given > line.firm:
            cost = price_of(product, given) - price_of(product, line.firm)
            return self._reason(self._cause_of_more(), product.pool, given - line.firm, cost=cost)
        if not given and line.least and self.chosen.goods:
            return self._reason(Cause.BELOW_LEAST, product.pool, given - line.firm, least=line.least)
        return self._reason(self._cause_of_less(product.pool), product.pool, given - line.firm)

    def _cause_of_more(self) -> Cause:
        if self.supply.fixed is not None:
            return Cause.USES_GOODS
        return Cause.REACHES_MINIMUM if self.chosen.to_target else Cause.COMPLETES_CASE

    def _cause_of_less(self, pool: str) -> Cause:
        supply, told = self.supply, self.told
        if supply.delivered is not None:
            return Cause.DELIVERED_SHORT
        if pool in self.scarce:
            return Cause.NOT_AVAILABLE
        if supply.fixed is not None:
            return Cause.DECIDED_SHORT
        if not told.missing or told.short >= (supply.case or 0):
            # Not for want of orders: a case more was asked for, but these bags do not fill it exactly.
            return Cause.CASE_DOES_NOT_FIT
        return Cause.CASE_NOT_FULL if told.goods else Cause.NO_CASE_FULL

    @cached_property
    def scarce(self) -> Mapping[str, tuple[int, int]]:
        """Pools of which more is asked than there is -> (asked, available)."""
        asked: dict[str, int] = defaultdict(int)
        for line in self.supply.lines:
            asked[self.products[line.product].pool] += line.firm
        return {
            pool.id: (asked[pool.id], pool.available)
            for pool in self.supply.pools
            if pool.available is not None and self._is_short(asked[pool.id], pool.available)
        }

    def _is_short(self, asked: int, available: int) -> bool:
        if self.supply.mixed or self.supply.case is None:
            return asked > available
        # Whole cases: one more would serve what is asked, but the producer has not that much.
        return asked > self.told.goods and available < self.told.goods + self.supply.case

    def _reason(self, cause: Cause, pool: str, difference: int, *, least: int = 0, cost: int = 0) -> Reason:
        key = (cause + pool, difference, least, cost)
        if key not in self._made:
            asked, goods = self.told.asked, self.told.goods
            if cause is Cause.NOT_AVAILABLE:
                asked, goods = self.scarce[pool]
            self._made[key] = Reason(
                cause=cause,
                rule=self.supply.extra_rule if difference > 0 else self.supply.shortage_rule,
                unit=self.told.unit,
                difference=difference,
                asked=asked,
                goods=goods,
                case=self.supply.case or 0,
                lacking=self.told.missing if cause in (Cause.CASE_NOT_FULL, Cause.NO_CASE_FULL) else 0,
                least=least,
                cost=cost,
                seed=self.seed,
                fitted=self.fitted,
            )
        return self._made[key]
