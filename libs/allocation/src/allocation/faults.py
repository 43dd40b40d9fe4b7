"""What is wrong with a problem, before anything is shared out: each fault names the thing and its field."""

from collections.abc import Iterator
from dataclasses import dataclass

from allocation.minimum import Cases, Minimum, Quantity, Weight
from allocation.problem import Line, MixedCrate, Pool, Problem, Product


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind` and `index`: of the list and the place in it ("lines", 3); `field` of the thing; a sentence in English."""

    kind: str
    index: int
    field: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.kind}[{self.index}].{self.field}: {self.sentence}"


class WrongProblem(Exception):
    """The problem cannot be allocated; `faults` say why, all of them."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(map(str, faults[:20])))
        self.faults = faults


def check(problem: Problem) -> None:
    """Raises WrongProblem."""
    faults = tuple(find(problem))
    if faults:
        raise WrongProblem(faults)


def find(problem: Problem) -> Iterator[Fault]:
    pools = {pool.id: pool for pool in problem.pools}
    products = {product.id: product for product in problem.products}
    crated: dict[str, str] = {}
    for index, crate in enumerate(problem.crates):
        yield from (Fault("crates", index, *found) for found in _crate(crate, pools, crated))
    for index, pool in enumerate(problem.pools):
        yield from (Fault("pools", index, *found) for found in _pool(pool, pool.id in crated))
    for index, product in enumerate(problem.products):
        yield from (Fault("products", index, *found) for found in _product(product, pools))
    for index, line in enumerate(problem.lines):
        if not _is_sound(line, products.get(line.product)):
            yield from (Fault("lines", index, *found) for found in _line(line, products))
    yield from _minima(problem, pools)
    for kind, things in (
        ("pools", problem.pools), ("products", problem.products), ("lines", problem.lines),
        ("crates", problem.crates), ("minima", problem.minima),
    ):  # fmt: skip
        yield from _twice(kind, [thing.id for thing in things])
    for index, crate in enumerate(problem.crates):
        if crate.id in pools:
            yield Fault("crates", index, "id", f"“{crate.id}” is a pool")


def _twice(kind: str, ids: list[str]) -> Iterator[Fault]:
    if len(set(ids)) < len(ids):
        seen: set[str] = set()
        for index, one in enumerate(ids):
            if one in seen:
                yield Fault(kind, index, "id", f"“{one}” is there twice")
            seen.add(one)


Found = Iterator[tuple[str, str]]
"""Field and sentence."""


def _pool(pool: Pool, crated: bool) -> Found:
    if pool.case is not None and pool.case <= 0:
        yield "case", "must be more than 0"
    if crated and pool.case is not None:
        yield "case", "is that of the mixed crate; say it there only"
    if crated and pool.cases is not None:
        yield "cases", "are decided for the mixed crate"
    if pool.cases is not None and pool.case is None and not crated:
        yield "cases", "of goods that come in no cases"
    yield from _not_below_zero(("available", pool.available), ("cases", pool.cases), ("delivered", pool.delivered))
    if pool.weight is not None and pool.weight <= 0:
        yield "weight", "must be more than 0"


def _not_below_zero(*fields: tuple[str, int | None]) -> Found:
    for name, value in fields:
        if value is not None and value < 0:
            yield name, "is less than 0"


def _product(product: Product, pools: dict[str, Pool]) -> Found:
    if product.pool not in pools:
        yield "pool", f"there is no pool “{product.pool}”"
    if product.content <= 0:
        yield "content", "must be more than 0"
    if product.step <= 0:
        yield "step", "must be more than 0"
    yield from _not_below_zero(("price", product.price), ("vat", product.vat), ("deposit", product.deposit))


def _is_sound(line: Line, product: Product | None) -> bool:
    """Quick, as there may be a million of them; `_line` says what is wrong."""
    return (
        product is not None
        and product.step > 0
        and 0 <= line.least <= line.firm
        and line.tolerance >= 0
        and not line.firm % product.step
        and not line.tolerance % product.step
    )


def _line(line: Line, products: dict[str, Product]) -> Found:
    product = products.get(line.product)
    if product is None:
        yield "product", f"there is no product “{line.product}”"
        return
    yield from _not_below_zero(("firm", line.firm), ("tolerance", line.tolerance), ("least", line.least))
    step = product.step
    if step > 0 and (line.firm % step or line.tolerance % step):
        field = "firm" if line.firm % step else "tolerance"
        yield field, f"{_plain(getattr(line, field))} is no multiple of {_plain(step)}, the step of “{product.id}”"
    if line.least > line.firm:
        yield "least", f"{_plain(line.least)} is more than the firm quantity, {_plain(line.firm)}"


def _plain(thousandths: int) -> str:
    """1500 -> "1.5"."""
    whole, rest = divmod(thousandths, 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


def _crate(crate: MixedCrate, pools: dict[str, Pool], crated: dict[str, str]) -> Found:
    if crate.case <= 0:
        yield "case", "must be more than 0"
    yield from _not_below_zero(("cases", crate.cases))
    if not crate.pools:
        yield "pools", "there is none"
    for pool in crate.pools:
        if pool not in pools:
            yield "pools", f"there is no pool “{pool}”"
        if pool in crated:
            yield "pools", f"“{pool}” is in a mixed crate already, “{crated[pool]}”"
        crated.setdefault(pool, crate.id)
    known = [pools[pool] for pool in crate.pools if pool in pools]
    if len({pool.unit for pool in known}) > 1:
        yield "pools", "have not one unit"
    if len({pool.producer for pool in known}) > 1:
        yield "pools", "are not of one producer"
    if len({pool.delivered is None for pool in known}) > 1:
        yield "pools", "have delivered for some of them only"


def _minima(problem: Problem, pools: dict[str, Pool]) -> Iterator[Fault]:
    for index, minimum in enumerate(problem.minima):
        yield from (Fault("minima", index, *found) for found in _minimum(minimum, pools))


def _minimum(minimum: Minimum, pools: dict[str, Pool]) -> Found:
    if bool(minimum.pool) is bool(minimum.producer):
        yield "pool", "a minimum is of a pool or of a producer"
        return
    if minimum.required <= 0:
        yield "value", "must be more than 0"
    counted = [pool for pool in pools.values() if minimum.counts(pool.id, pool.producer)]
    if not counted and minimum.pool:
        yield "pool", f"there is no pool “{minimum.pool}”"
    elif not counted:
        yield "producer", f"no pool is of “{minimum.producer}”"
    match minimum.value:
        case Quantity() if minimum.producer:
            yield "value", "a quantity is of one pool; of a producer: weight, money or cases"
        case Cases() if minimum.pool and counted and counted[0].case is None:
            yield "value", f"“{minimum.pool}” comes in no cases of its own"
        case Weight():
            for pool in counted:
                if pool.weight is None and pool.unit != "kg":
                    yield "value", f"the weight of “{pool.id}” is not told"
        case _:
            pass
