"""The order of a household in a cycle: one basket, saved whole, changed as often as wanted until the cycle closes.

    (nothing) --place--> placed <--place-- / --empty--> withdrawn

After the closing a placed order is allocated: what is given of each line takes the place of what was asked.

Saving is one transaction under all rules: the cycle is open by its state and by the hour, the household belongs to one
of its groups, the products are on offer, the quantities make sense and scarce goods are still there. An order carries a
version; whoever saves says which version their page showed, so that two browsers never overwrite each other unseen.
The rule is here, without a database: `decided`. `placing.py` reads and writes what it needs, `order_desk.py` takes the
slips of many households together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    UniqueConstraint,
)

from chassis import trace
from chassis.clock import Ids
from chassis.tables import Utc
from chassis.trace import Trace
from contracts.goods import Article
from contracts.ordering import OrderLine
from ordering import announcing
from ordering.allocated_line import Given
from ordering.completion import Completion
from ordering.conflict import Missing
from ordering.cycle import State as CycleState
from ordering.offer_sheet import OfferSheet
from ordering.order_line import Expected, arrivals_of, deposit_cents, expected, gross_cents, reached_tier, tier_cents
from ordering.payment_gate import Account, check_payment, gate_of
from ordering.stock import OutOfStock, Stock, at_stake, drawn
from ordering.tables import metadata
from ordering.wanted import PLAIN, Terms, Wanted, Wrong, WrongLine, WrongLines, kept, wrong_lines

MOST_LINES = 2_000
MOST_KEPT_LINES = 20_000  # in memory, for one offer sheet

household_order = Table(
    "household_order",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("cycle_id", String(60), ForeignKey("cycle.id"), nullable=False),
    Column("household_id", String(36), nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("household_name", String(100), nullable=False),
    Column("group_id", String(36), nullable=False),
    Column("group_name", String(100), nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("entered_by", String(36), nullable=False),
    Column("entered_by_name", String(200), nullable=False),
    Column("on_behalf", Boolean, nullable=False),
    Column("allocated_at", Utc),
    UniqueConstraint("cycle_id", "household_id"),
    Index("ix_household_order_totals", "cycle_id", "group_id", "state", "gross_cents"),
)
"""`entered_by`: the person who saved it last; `on_behalf`: not one of the household, as with orders on paper.
`allocated_at`: since then it is what is given that counts, `gross_cents` included; None: all that was asked."""


class State(StrEnum):
    PLACED = "placed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class EnteredBy:
    person_id: str
    name: str
    on_behalf: bool = False


@dataclass(frozen=True)
class Line:
    """What is asked, and what is `given` where that is something else; a substitute is given and not asked (0)."""

    article: Article
    producer_name: str
    quantity_thousandths: int
    gross_cents: int
    terms: Terms = PLAIN
    given: Given | None = None

    @property
    def gets_thousandths(self) -> int:
        return self.quantity_thousandths if self.given is None else self.given.quantity_thousandths

    @property
    def gets_cents(self) -> int:
        return self.gross_cents if self.given is None else self.given.gross_cents

    @property
    def deposit_cents(self) -> int:
        """The deposits on its containers, beside the price."""
        return deposit_cents(self.article, self.gets_thousandths)

    @property
    def expected(self) -> Expected | None:
        """What it may weigh and cost, where it is billed by weight and its margin is known."""
        return expected(self.article, self.gets_thousandths) if self.article.weight_margin_percent else None

    @property
    def tier_cents(self) -> int | None:
        """What one order unit costs, where the quantity made it cheaper."""
        tier = reached_tier(self.article, self.gets_thousandths)
        return tier_cents(self.article, tier.price_cents) if tier else None

    @cached_property
    def said(self) -> OrderLine:
        """As an event says it."""
        return announcing.order_line(self)


@dataclass(frozen=True)
class Order:
    id: str
    version: int
    cycle_id: str
    household_id: str
    household_name: str
    group_id: str
    group_name: str
    state: State
    gross_cents: int
    changed_at: datetime
    entered_by: EnteredBy
    allocated_at: datetime | None = None
    lines: tuple[Line, ...] = field(default=())
    arrivals: Mapping[str, int] = field(default_factory=dict)
    """Of an order that is being saved: `order_line.arrival` of the products of which it matters."""

    @property
    def deposit_cents(self) -> int:
        return sum(line.deposit_cents for line in self.lines)

    @property
    def expected_cents(self) -> tuple[int, int] | None:
        """The least and the most it may come to when it is weighed; None where no margin is known."""
        margins = [(line.gets_cents, margin) for line in self.lines if (margin := line.expected) is not None]
        if not margins:
            return None
        least = sum(margin.least_cents - cents for cents, margin in margins)
        most = sum(margin.most_cents - cents for cents, margin in margins)
        return self.gross_cents + least, self.gross_cents + most

    @property
    def quantities(self) -> dict[str, int]:
        """Product id -> thousandths that were asked."""
        return {line.article.product_id: line.quantity_thousandths for line in self.lines if line.quantity_thousandths}

    @property
    def terms(self) -> dict[str, Terms]:
        """Product id -> what goes with its quantity."""
        return {line.article.product_id: line.terms for line in self.lines}


# What can be refused


class CycleNotOpen(Exception):
    """The cycle takes no orders yet. `opens_at`: when it will; None for a draft."""

    def __init__(self, opens_at: datetime | None) -> None:
        super().__init__(f"opens at {opens_at}")
        self.opens_at = opens_at


class TooLate(Exception):
    """The cycle closed at `closed_at`, in UTC."""

    def __init__(self, closed_at: datetime) -> None:
        super().__init__(f"closed at {closed_at}")
        self.closed_at = closed_at


class NotInCycle(Exception):
    """The household's group does not take part in the cycle."""

    def __init__(self, group_name: str) -> None:
        super().__init__(f"{group_name} does not order in this cycle")
        self.group_name = group_name


class EmptyBasket(Exception):
    """Nothing is wanted, and nothing was ordered before."""


class Changed(Exception):
    """The order is not the one the sender saw: somebody of the household saved it meanwhile. `version` is now's."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the order is at version {version}")
        self.version = version


# The rule


@dataclass(frozen=True)
class Slip:
    """What is handed in for a household: the whole basket. `base_version` is the version its sender saw, 0 for none;
    None replaces whatever there is. `caused_by`: the request it came with. `takes_back`: what was put there by a
    decision that is undone, whatever the hour. `despite_gate`: whatever there is to pay: what a coordinator orders for
    a household, or moves for it."""

    cycle_id: str
    household_id: str
    wanted: Sequence[Wanted]
    entered_by: EnteredBy
    base_version: int | None = None
    caused_by: Trace = field(default_factory=trace.current)
    takes_back: bool = False
    despite_gate: bool = False

    @property
    def is_gated(self) -> bool:
        return not (self.takes_back or self.despite_gate)


@dataclass(frozen=True)
class Held:
    """An order as it is in the database: its row, and by product id its thousandths, their terms and arrivals."""

    row: RowMapping
    quantities: Mapping[str, int]
    terms: Mapping[str, Terms]
    arrivals: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Round:
    """What holds for all slips that are taken together. `of`: the row of the cycle, locked; None where there is none,
    or none of the households. `stock`: what is left of the scarce goods, booked as slips are taken. `completion`: of a
    cycle in which only begun cases can be filled any more. `accounts`: by household, where its group asks to be paid
    first; `today`: where the hub is."""

    of: RowMapping | None
    sheet: OfferSheet
    stock: Stock
    now: datetime
    ids: Ids
    completion: Completion | None = None
    accounts: Mapping[str, Account] = field(default_factory=dict)
    today: date = date.min


def decided(slip: Slip, taken: Round, home: RowMapping | None, held: Held | None) -> Order:
    """The household's order as it shall stand: exactly what the slip says. `home`: household and group, if any.

    The same content as is held changes nothing and is no error, whatever the version: a double click, or a request
    sent again. Raises Missing, CycleNotOpen, TooLate, NotInCycle, EmptyBasket, Changed, PaymentDue, WrongLines.
    """
    of, sheet = taken.of, taken.sheet
    if of is None or home is None or not home["active"]:
        raise Missing
    if of["state"] in (CycleState.DRAFT, CycleState.PLANNED):
        raise CycleNotOpen(of["opens_at"] if of["state"] == CycleState.PLANNED else None)
    # The timer that closes may be late; the hour that was announced is not.
    if not slip.takes_back and not takes_orders(of, taken.now):
        raise TooLate(min(of["closes_at"], of["closed_at"] or of["closes_at"]))
    if home["group_id"] not in sheet.group_ids:
        raise NotInCycle(home["group_name"])
    wrong = wrong_lines(slip.wanted, sheet.offers)
    if wrong:
        raise WrongLines(wrong)
    before = held.quantities if held else {}
    quantities = {line.product_id: line.quantity_thousandths for line in slip.wanted}
    terms = _terms(slip.wanted, held.terms if held else {})
    if held is not None and quantities == before and terms == held.terms:
        return order_from(held.row, lines_of(quantities, terms, sheet))
    version = held.row["version"] if held else 0
    if slip.base_version is not None and slip.base_version != version:
        raise Changed(version)
    if held is None and not quantities:
        raise EmptyBasket
    lines = lines_of(quantities, terms, sheet)
    cents = sum(line.gross_cents for line in lines)
    _check_payment(slip, taken, home, held.row["gross_cents"] if held else 0, cents)
    if slip.takes_back:
        _book(taken, before, quantities)
    else:
        _take_goods(taken, home["group_id"], before, held.terms if held else {}, quantities, terms)
    return Order(
        id=held.row["id"] if held else taken.ids.new(),
        version=version + 1,
        cycle_id=slip.cycle_id,
        household_id=slip.household_id,
        household_name=home["name"],
        group_id=home["group_id"],
        group_name=home["group_name"],
        state=State.PLACED if lines else State.WITHDRAWN,
        gross_cents=cents,
        changed_at=taken.now,
        entered_by=slip.entered_by,
        lines=lines,
        arrivals=arrivals_of(taken.now, before, held.arrivals if held else {}, quantities, sheet.first_come),
    )


def _check_payment(slip: Slip, taken: Round, home: RowMapping, before_cents: int, cents: int) -> None:
    """Before anything is booked: what is refused takes nothing. Raises PaymentDue."""
    account = taken.accounts.get(slip.household_id)
    if slip.is_gated and account is not None:
        check_payment(gate_of(home), account, taken.today, before_cents, cents)


def _take_goods(
    taken: Round,
    group_id: str,
    before: Mapping[str, int],
    terms_before: Mapping[str, Terms],
    quantities: Mapping[str, int],
    terms: Mapping[str, Terms],
) -> None:
    """Whether what changes can change now: by the mandate and the hours of its producer, by what its group can
    receive, by what fills a case, by what is left."""
    sheet = taken.sheet
    if sheet.lacking or sheet.never_at(group_id):
        most_before, most = _at_most(before, terms_before), _at_most(quantities, terms)
        barred = sheet.unreceived_lines(group_id, most_before, most) | sheet.uncovered_lines(most_before, most)
        if barred:
            raise WrongLines(barred)
    if sheet.hours or sheet.extended_for:
        changed = {*(before.items() ^ quantities.items()), *(terms_before.items() ^ terms.items())}
        if shut := sheet.shut_lines({product for product, _ in changed}, taken.now):
            raise WrongLines(shut)
    filled = taken.completion.after(before, terms_before, quantities, terms) if taken.completion else {}
    _book(taken, before, quantities)
    if taken.completion is not None:
        taken.completion.take(filled)


def _at_most(quantities: Mapping[str, int], terms: Mapping[str, Terms]) -> dict[str, int]:
    """Product -> its quantity with what would be accepted beyond."""
    return {product: quantity + terms.get(product, PLAIN).tolerance for product, quantity in quantities.items()}


def takes_orders(of: RowMapping, now: datetime) -> bool:
    """As `Cycle.takes_orders`, of the row."""
    if of["state"] == CycleState.COMPLETING:
        return bool(now < of["complete_until"])
    return bool(of["state"] == CycleState.OPEN and now < of["closes_at"])


def _terms(wanted: Sequence[Wanted], before: Mapping[str, Terms]) -> dict[str, Terms]:
    """Product -> what goes with its quantity: what is said, or what was."""
    return {
        line.product_id: kept(before.get(line.product_id, PLAIN), line.quantity_thousandths)
        if line.terms is None
        else line.terms
        for line in wanted
    }


def _book(taken: Round, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    try:
        taken.stock.book(at_stake(taken.sheet.scarce, before, after))
    except OutOfStock as short:
        raise WrongLines(_short(taken.sheet, before, after, short.left)) from short


def _short(
    sheet: OfferSheet, before: Mapping[str, int], after: Mapping[str, int], left: Mapping[str, int]
) -> dict[str, WrongLine]:
    """Product -> how much of it, or of all the sizes of its pool, the household can have."""
    found: dict[str, WrongLine] = {}
    for product in sorted(after):
        for name, _size in sheet.scarce.get(product, ()):
            if name not in left or after[product] <= before.get(product, 0):
                continue
            offer = sheet.offers[product]
            pool = None if name == product else offer.details.pool
            there = max(0, left[name]) + drawn(sheet.scarce, before, name)
            found.setdefault(product, WrongLine(Wrong.SHORT, offer.article, there, pool))
    return found


def lines_of(quantities: Mapping[str, int], terms: Mapping[str, Terms], sheet: OfferSheet) -> tuple[Line, ...]:
    """Lines by producer and name."""
    return tuple(
        _line(product, quantities[product], terms[product], sheet)
        for product in sorted(quantities, key=sheet.place.__getitem__)
    )


def _line(product: str, quantity: int, terms: Terms, sheet: OfferSheet) -> Line:
    """Made once for a sheet: one or two of the same cheese is what most households order."""
    if len(sheet.lines) > MOST_KEPT_LINES:
        sheet.lines.clear()
    key = (product, quantity, terms)
    if key not in sheet.lines:
        offer = sheet.offers[product]
        cents = gross_cents(offer.article, quantity)
        sheet.lines[key] = Line(offer.article, offer.producer_name, quantity, cents, terms)
    return sheet.lines[key]


def order_from(row: Mapping[str, Any] | RowMapping, lines: tuple[Line, ...]) -> Order:
    return Order(
        id=row["id"],
        version=row["version"],
        cycle_id=row["cycle_id"],
        household_id=row["household_id"],
        household_name=row["household_name"],
        group_id=row["group_id"],
        group_name=row["group_name"],
        state=State(row["state"]),
        gross_cents=row["gross_cents"],
        changed_at=row["changed_at"],
        entered_by=EnteredBy(row["entered_by"], row["entered_by_name"], row["on_behalf"]),
        allocated_at=row["allocated_at"],
        lines=lines,
    )
