"""Is a closed cycle held in full? Plain functions: no pick list is ever made from a part of a cycle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.ordering import Manifest, manifest_digest


@dataclass(frozen=True)
class Completeness:
    """How many orders are held of those expected. With as many as expected and `complete` false, some are outdated."""

    held: int
    expected: int
    complete: bool

    @property
    def missing(self) -> int:
        return max(0, self.expected - self.held)


def complete(manifest: Manifest, held: Sequence[tuple[str, int]]) -> Completeness:
    """`held`: (order id, version) of every placed order. Complete: exactly these orders, at exactly these versions."""
    same = len(held) == manifest.orders and manifest_digest(list(held)) == manifest.digest
    return Completeness(held=len(held), expected=manifest.orders, complete=same)


@dataclass(frozen=True)
class Sums:
    """What was ordered from one producer: order lines, thousandths of any unit, cents."""

    lines: int = 0
    quantity_thousandths: int = 0
    gross_cents: int = 0


def disagreements(manifest: Manifest, orders: int, sums: Mapping[str, Sums]) -> list[str]:
    """Where our sums differ from the manifest's, one English sentence each; empty when all agree."""
    found = []
    said = {t.producer_id: Sums(t.lines, t.quantity_thousandths, t.gross_cents) for t in manifest.producers}
    for producer_id in sorted(said.keys() | sums.keys()):
        theirs, ours = said.get(producer_id, Sums()), sums.get(producer_id, Sums())
        if theirs != ours:
            found.append(f"producer {producer_id}: the manifest says {theirs}, the orders make {ours}")
    whole = (
        orders,
        sum(s.lines for s in sums.values()),
        sum(s.quantity_thousandths for s in sums.values()),
        sum(s.gross_cents for s in sums.values()),
    )
    if whole != (manifest.orders, manifest.lines, manifest.quantity_thousandths, manifest.gross_cents):
        found.append(f"in all: the orders make {whole}")
    return found
