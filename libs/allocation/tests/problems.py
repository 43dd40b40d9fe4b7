"""Small problems in few words: one pool of lemons, households A, B, C."""

from allocation import Line, Pool, Problem, Product, Result, allocate

KILO = 1000


def line(name, firm, tolerance=0, *, least=0, **more):
    """Quantities in units, to the thousandth. The household is called like its line."""
    firm, tolerance, least = (round(quantity * KILO) for quantity in (firm, tolerance, least))
    more = {"household": name, "product": "lemons", **more}
    return Line(id=name, firm=firm, tolerance=tolerance, least=least, **more)


def pool(case=None, name="lemons", **more):
    for quantity in ("available", "delivered"):
        if more.get(quantity) is not None:
            more[quantity] = int(more[quantity] * KILO)
    more.setdefault("unit", "piece")
    return Pool(id=name, case=None if case is None else int(case * KILO), **more)


def problem(pools, lines, products=None, **more):
    pools = pools if isinstance(pools, tuple) else (pools,)
    products = products or tuple(Product(id=one.id, pool=one.id, price=more.pop("price", 100)) for one in pools)
    return Problem(pools=pools, products=products, lines=tuple(lines), **more)


def given(result: Result) -> dict[str, float]:
    """Line -> what it gets, in units."""
    return {one.line: one.given / KILO for one in result.lines}


def shared(pools, *lines, **more):
    """The result of a problem of one pool."""
    return allocate(problem(pools, lines, **more))
