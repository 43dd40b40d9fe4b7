"""What a household wants, line by line, and what is wrong with it: rules without a database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from coldchain.early import Refusal
from contracts.catalog import Pool
from contracts.goods import Article, Unit
from ordering.mandate import Uncovered
from ordering.offer import Offer

MOST_QUANTITY = 1_000_000
"""Thousandths of a unit on one line: a thousand pieces or a tonne. What is larger is a slip of the finger."""


class Terms(NamedTuple):
    """What a household adds to a quantity, in thousandths: up to `tolerance` more where that fills a case, nothing
    rather than less than `least`, something like it should it be missing (`substitute`)."""

    tolerance: int = 0
    least: int = 0
    substitute: bool = False


PLAIN = Terms()
"""The quantity, and nothing else."""


def kept(before: Terms, quantity: int) -> Terms:
    """Terms that go with another quantity now: nobody wants at least more than they order."""
    return before if before.least <= quantity else before._replace(least=quantity)


class Wanted(NamedTuple):
    """A product and how much of it. `unit` is what the sender believes it is sold in; "" where they do not say.
    `terms` None: as they are, where the sender does not ask for them (by telephone, on paper)."""

    product_id: str
    quantity_thousandths: int
    unit: str = ""
    terms: Terms | None = None


class Wrong(StrEnum):
    NOT_OFFERED = "not_offered"
    NOT_ABOVE_ZERO = "not_above_zero"
    TOO_MUCH = "too_much"
    WHOLE_ONLY = "whole_only"
    WRONG_UNIT = "wrong_unit"
    TWICE = "twice"
    SHORT = "short"
    TOLERANCE = "tolerance"
    LEAST = "least"
    NOT_COMPLETING = "not_completing"
    PRODUCER_NOT_OPEN = "producer_not_open"
    PRODUCER_CLOSED = "producer_closed"
    NOT_EXTENDED = "not_extended"
    NO_MANDATE = "no_mandate"
    NEVER_RECEIVED = "never_received"


@dataclass(frozen=True)
class WrongLine:
    """What is wrong with a line. `left`: thousandths this household can have, of the product; or, where `pool` is what
    is short, of all sizes together in its unit. `at`: when its producer's orders open, or closed. `lack`: why
    no mandate covers it. `never`: why the household's group can never receive it."""

    wrong: Wrong
    article: Article | None = None
    left: int = 0
    pool: Pool | None = None
    at: datetime | None = None
    lack: Uncovered | None = None
    never: Refusal | None = None


class WrongLines(Exception):
    """Lines that cannot be, by product. Nothing was saved."""

    def __init__(self, lines: Mapping[str, WrongLine]) -> None:
        super().__init__(", ".join(f"{product}: {line.wrong}" for product, line in lines.items()))
        self.lines = dict(lines)


def wrong_lines(wanted: Sequence[Wanted], offers: Mapping[str, Offer]) -> dict[str, WrongLine]:
    """Product -> what is wrong with its line, as far as quantity, unit and offer go."""
    found: dict[str, WrongLine] = {}
    seen: set[str] = set()
    for line in wanted:
        offer = offers.get(line.product_id)
        wrong = Wrong.TWICE if line.product_id in seen else _judge(line, offer)
        seen.add(line.product_id)
        if wrong is not None:
            found.setdefault(line.product_id, WrongLine(wrong, offer.article if offer else None))
    return found


def _judge(line: Wanted, offer: Offer | None) -> Wrong | None:
    if offer is None:
        return Wrong.NOT_OFFERED
    if line.unit and line.unit != offer.article.unit:
        return Wrong.WRONG_UNIT
    if line.quantity_thousandths <= 0:
        return Wrong.NOT_ABOVE_ZERO
    if line.quantity_thousandths > MOST_QUANTITY:
        return Wrong.TOO_MUCH
    if offer.article.unit is Unit.PIECE and line.quantity_thousandths % 1000:
        return Wrong.WHOLE_ONLY
    return _judge_terms(line, line.terms, offer.article.unit) if line.terms else None


def _judge_terms(line: Wanted, terms: Terms, unit: Unit) -> Wrong | None:
    tolerance, least, _substitute = terms
    step = 1000 if unit is Unit.PIECE else 1
    if not 0 <= tolerance <= MOST_QUANTITY or tolerance % step:
        return Wrong.TOLERANCE
    if not 0 <= least <= line.quantity_thousandths or least % step:
        return Wrong.LEAST
    return None
