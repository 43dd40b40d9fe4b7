"""A problem of sharing out as JSON, and its result: what `cabas allocate` reads and prints.

`docs/allocation.md` describes both. Quantities are in the pool's unit, amounts in euros; both may be written as a
number or as text, and never pass through a binary fraction.
"""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from allocation import Cases, Fault, Minimum, MixedCrate, Money, Pool, Problem, Product, Quantity, Rule, Weight
from allocation import Line as AllocatedLine

LARGEST = 10**9
"""Of a quantity or an amount: beyond is a slip."""


class NotAProblem(Exception):
    """The file cannot be read as a problem; one sentence for each field that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def _exact(parts: int, digits: str) -> BeforeValidator:
    """A decimal number as so many parts of one; `digits` says how many decimals may be written."""

    def read(value: Any) -> int:
        try:
            if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
                raise InvalidOperation
            number = Decimal(value)
        except InvalidOperation:
            raise ValueError(f'is not a number: write 50 or "50.00", without unit, not {_shown(value)}') from None
        if not number.is_finite() or abs(number) > LARGEST:
            raise ValueError(f"is too large: {_shown(value)}")
        if number < 0:
            raise ValueError("is less than 0")
        if number * parts != int(number * parts):
            raise ValueError(f"has more than {digits} decimals: {_shown(value)}")
        return int(number * parts)

    return BeforeValidator(read)


def _shown(value: Any) -> str:
    return f"“{str(value)[:40]}”"


Amount = Annotated[int, _exact(1000, "3")]
Step = Annotated[int, Field(gt=0), _exact(1000, "3")]
Euros = Annotated[int, _exact(100, "2")]
Percent = Annotated[int, _exact(100, "2")]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Written(BaseModel):
    """A field that nobody knows is a slip, too."""

    model_config = ConfigDict(extra="forbid", strict=True)


class WrittenPool(Written):
    id: Name
    unit: Literal["piece", "kg", "litre"]
    name: str = ""
    producer: str = ""
    case: Amount | None = None
    available: Amount | None = None
    cases: Annotated[int, Field(ge=0)] | None = None
    delivered: Amount | None = None
    weight_kg: Amount | None = None
    shortage_rule: Annotated[Rule, Field(strict=False)] = Rule.MAX_MIN
    extra_rule: Annotated[Rule, Field(strict=False)] = Rule.COST_BALANCED
    step: Step = 1000
    price: Euros = 0
    vat: Percent = 0
    deposit: Euros = 0


class WrittenProduct(Written):
    id: Name
    pool: Name
    name: str = ""
    content: Amount = 1000
    step: Step | None = None
    price: Euros = 0
    vat: Percent = 0
    deposit: Euros = 0


class WrittenCrate(Written):
    id: Name
    case: Amount
    pools: list[Name]
    name: str = ""
    cases: Annotated[int, Field(ge=0)] | None = None
    shortage_rule: Annotated[Rule, Field(strict=False)] = Rule.MAX_MIN
    extra_rule: Annotated[Rule, Field(strict=False)] = Rule.COST_BALANCED


class WrittenLine(Written):
    id: str = ""
    product: Name
    household: Name
    firm: Amount
    tolerance: Amount = 0
    least: Amount = 0
    group: str = ""
    arrival: int = 0
    solidarity: bool = False


class WrittenMoney(Written):
    euros: Euros
    net: bool = False
    deposits: bool = False


class WrittenMinimum(Written):
    id: Name
    pool: str = ""
    producer: str = ""
    money: WrittenMoney | None = None
    weight_kg: Amount | None = None
    cases: int | None = None
    quantity: Amount | None = None


class WrittenProblem(Written):
    pools: list[WrittenPool]
    lines: list[WrittenLine]
    products: list[WrittenProduct] = []
    crates: list[WrittenCrate] = []
    minima: list[WrittenMinimum] = []
    seed: str = ""
    borne: dict[str, Euros] = {}


def read(text: str | bytes) -> Problem:
    """Raises NotAProblem. What the engine finds wrong, it says itself (WrongProblem)."""
    try:
        data = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except RecursionError:
        raise NotAProblem(["This is no problem: too many brackets within brackets"]) from None
    except ValueError as error:
        # Also of what is no UTF-8.
        raise NotAProblem([f"This is no JSON: {error}"]) from None
    try:
        written = WrittenProblem.model_validate(data)
    except ValidationError as error:
        raise NotAProblem([_fault(one) for one in error.errors()]) from None
    return _problem(written)


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _fault(error: Any) -> str:
    """`lines[3].firm: is less than 0`."""
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    sentence = {
        "missing": "is missing",
        "greater_than": "must be more than 0",
        "extra_forbidden": "there is no such field",
        "model_type": "must be an object: {...}",
        "list_type": "must be a list: [...]",
        "dict_type": "must be an object: {...}",
    }.get(error["type"], error["msg"].removeprefix("Value error, "))
    return f"{place}: {sentence}" if place else f"This is no problem: {sentence}"


def _problem(written: WrittenProblem) -> Problem:
    drawn_on = {product.pool for product in written.products}
    pools = tuple(
        Pool(
            one.id, one.unit, one.name, one.producer, one.case, one.available, one.cases, one.delivered,
            one.weight_kg, one.shortage_rule, one.extra_rule,
        )
        for one in written.pools
    )  # fmt: skip
    products = (
        *(
            Product(
                one.id, one.pool, one.name, one.content, one.content if one.step is None else one.step, one.price,
                one.vat, one.deposit,
            )
            for one in written.products
        ),
        # A pool without sizes is ordered as it is.
        *(
            Product(one.id, one.id, one.name, 1000, one.step, one.price, one.vat, one.deposit)
            for one in written.pools
            if one.id not in drawn_on
        ),
    )  # fmt: skip
    crates = tuple(
        MixedCrate(one.id, one.case, tuple(one.pools), one.name, one.cases, one.shortage_rule, one.extra_rule)
        for one in written.crates
    )
    lines = tuple(
        AllocatedLine(
            one.id or f"{one.household}, {one.product}", one.product, one.household, one.firm, one.tolerance, one.least,
            one.group, one.arrival, one.solidarity,
        )
        for one in written.lines
    )  # fmt: skip
    minima = tuple(_minimum(index, one) for index, one in enumerate(written.minima))
    return Problem(pools, products, lines, crates, minima, written.seed, written.borne)


def _minimum(index: int, one: WrittenMinimum) -> Minimum:
    values: list[Money | Weight | Cases | Quantity] = []
    if one.money is not None:
        values.append(Money(one.money.euros, one.money.net, one.money.deposits))
    if one.weight_kg is not None:
        values.append(Weight(one.weight_kg))
    if one.cases is not None:
        values.append(Cases(one.cases))
    if one.quantity is not None:
        values.append(Quantity(one.quantity))
    if len(values) != 1:
        raise NotAProblem([f"minima[{index}]: say one of money, weight_kg, cases, quantity"])
    return Minimum(one.id, values[0], one.pool, one.producer)


def told(faults: tuple[Fault, ...]) -> Iterator[str]:
    """What the engine found wrong, as the file names it."""
    return (str(fault) for fault in faults)
