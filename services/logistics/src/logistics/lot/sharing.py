"""Which household got which lot of a product: exactly where there is one, by the order of packing where the producer
packed lot after lot, else "one of these".

Whoever may have got of a lot is in its share: a recall rather reaches one household too many than one too few.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Packed:
    """What one household gets of the product, in the order the producer packs. `crate`: what is packed and handed out
    together; within it nobody knows who takes which piece. A bag is its own crate."""

    household_id: str
    crate: str
    thousandths: int


@dataclass(frozen=True)
class Brought:
    """A lot, in the order it was packed."""

    lot_id: str
    thousandths: int


@dataclass(frozen=True)
class Share:
    """A household got `at_most` thousandths of this lot: exactly so many where it is `sure`."""

    lot_id: str
    household_id: str
    at_most: int
    sure: bool


def shares(packed: Sequence[Packed], lots: Sequence[Brought], *, in_order: bool) -> Iterator[Share]:
    """`in_order`: the lots were packed one after the other, along `packed`.

    The households of a product come once each. Lots may come to less than is packed: the rest is of no lot that was
    told, and nothing that touches it is sure; what is over is with nobody.
    """
    whole = sum(each.thousandths for each in packed)
    told = sum(each.thousandths for each in lots)
    if len(lots) == 1 and told >= whole:
        for each in packed:
            yield Share(lots[0].lot_id, each.household_id, each.thousandths, sure=True)
    elif in_order and len(lots) > 1 and told >= whole:
        yield from _along(packed, lots)
    else:
        for lot in lots:
            for each in packed:
                yield Share(lot.lot_id, each.household_id, min(each.thousandths, lot.thousandths), sure=False)


def _along(packed: Sequence[Packed], lots: Sequence[Brought]) -> Iterator[Share]:
    """Crates and lots are laid side by side; a lot reaches a crate where they overlap."""
    crates: dict[str, list[Packed]] = {}
    for each in packed:
        crates.setdefault(each.crate, []).append(each)
    begins = 0
    for inside in crates.values():
        ends = begins + sum(each.thousandths for each in inside)
        of_lots = list(_overlaps(lots, begins, ends))
        for each in inside:
            for lot_id, thousandths in of_lots:
                yield Share(lot_id, each.household_id, min(each.thousandths, thousandths), sure=len(of_lots) == 1)
        begins = ends


def _overlaps(lots: Sequence[Brought], begins: int, ends: int) -> Iterator[tuple[str, int]]:
    at = 0
    for lot in lots:
        shared = min(ends, at + lot.thousandths) - max(begins, at)
        if shared > 0:
            yield lot.lot_id, shared
        at += lot.thousandths
