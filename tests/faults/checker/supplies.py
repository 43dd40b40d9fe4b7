"""Goods that fill the same cases: a product by itself, the sizes of a pool, the pools of a mixed crate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.faults.evidence import Evidence


@dataclass(frozen=True)
class Supply:
    """`id`: as the subjects of decisions name it. `sizes`: product -> what one order unit takes, in thousandths of the
    supply's unit; `case` in these, None where any quantity comes."""

    id: str
    case: int | None
    sizes: dict[str, int]

    def of(self, quantities: Mapping[str, int]) -> int:
        """What quantities of products, in thousandths of their order units, come to."""
        return sum(quantity * self.sizes[p] // 1000 for p, quantity in quantities.items() if p in self.sizes)


def supplies_of(evidence: Evidence, cycle_id: str) -> list[Supply]:
    """Of all that the cycle offers."""
    offered = {offer["product_id"] for offer in evidence.of("ordering", "offers") if offer["cycle_id"] == cycle_id}
    pools = {pool["id"]: pool for pool in evidence.pools if offered & pool["sizes"].keys()}
    found, pooled = [], set()
    for crate in _crates(pools):
        sizes = {p: size for one in crate for p, size in pools[one]["sizes"].items() if p in offered}
        pooled |= sizes.keys()
        case = next((pools[one]["case"] for one in crate if pools[one]["case"]), None)
        found.append(Supply(f"mixed-{min(crate)}" if len(crate) > 1 else crate[0], case, sizes))
    products = {product["id"]: product for product in evidence.products}
    alone = sorted(offered - pooled)
    return [*found, *(Supply(p, products[p].get("case_thousandths"), {p: 1000}) for p in alone)]


def _crates(pools: dict[str, dict[str, Any]]) -> Iterator[list[str]]:
    """The pools, those that fill one crate together. In these villages one pool is completed by one other at most."""
    completing = {pool["completed_by"] for pool in pools.values()}
    for pool_id, pool in pools.items():
        if pool["completed_by"] in pools:
            yield [pool_id, pool["completed_by"]]
        elif pool_id not in completing:
            yield [pool_id]


def supply_of(supplies: list[Supply], product_id: str) -> Supply:
    return next(supply for supply in supplies if product_id in supply.sizes)
