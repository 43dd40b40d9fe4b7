"""What several sizes of one product share in a cycle: no more is ordered or given than there is, and booked is exactly
what the lines say."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from tests.faults.checker.given import given
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History


def check(_history: History, evidence: Evidence) -> Iterator[Violation]:
    now = given(evidence)
    ordered: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    gives: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    """Cycle -> product -> thousandths"""
    for order_id, cycle_id in now.cycle_of.items():
        for product_id, line in now.asked.get(order_id, {}).items():
            ordered[cycle_id][product_id] += line[0]
        for product_id, its in now.gets[order_id].items():
            gives[cycle_id][product_id] += its.quantity
    rows = {(row["cycle_id"], row["pool_id"]): row for row in evidence.of("ordering", "pools")}
    offered = {(offer["cycle_id"], offer["product_id"]) for offer in evidence.of("ordering", "offers")}
    bounded = {
        (cycle_id, pool["id"]): pool
        for pool in evidence.pools
        for cycle_id, product_id in offered
        if pool["available"] is not None and product_id in pool["sizes"]
    }
    for key in sorted({*rows, *bounded}):
        if key not in rows or key not in bounded:
            yield Violation("pool", f"{key} is bounded in {'ordering' if key in rows else 'the catalog'} alone")
            continue
        there, booked = rows[key]["available_thousandths"], rows[key]["reserved_thousandths"]
        sizes = bounded[key]["sizes"]
        sold, given_out = _takes(sizes, ordered[key[0]]), _takes(sizes, gives[key[0]])
        if there != bounded[key]["available"]:
            yield Violation("pool", f"of {key} there are {bounded[key]['available']}, ordering says {there}")
        if max(sold, booked, given_out) > there:
            yield Violation("pool", f"{sold} sold, {booked} booked, {given_out} given of {there}: {key}")
        if booked != sold or booked < 0:
            yield Violation("pool", f"{booked} booked, the lines take {sold}: {key}")


def _takes(sizes: Mapping[str, int], quantities: Mapping[str, int]) -> int:
    return sum(quantities.get(product_id, 0) * size // 1000 for product_id, size in sizes.items())
