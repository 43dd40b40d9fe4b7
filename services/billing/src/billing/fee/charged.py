"""A fee as it stands on a cheque: by which rule, at which rates of VAT, and what it was expected to be.

A fee of the hub is a service of its own at the normal rate, on its own cheque (code général des impôts art. 256). A
producer's transport belongs to its sale and takes the rates of its goods, in proportion where there are several (code
général des impôts art. 267 I 2°; BOI-TVA-BASE-10-20-40).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from billing.fee.fee import Fee, Item, cents_of
from billing.ledger.chart import HUB
from billing.shares import largest_remainder
from contracts.fee import FeeKind

SERVICE = "SERVICE"
"""The VAT class of a fee of the hub."""


class Share(NamedTuple):
    """Of the sum of a delivery, what one household bears; `expected_cents`: had all come as it was ordered."""

    cents: int
    expected_cents: int


class Part(NamedTuple):
    """What of a fee is at one rate of VAT; gross = net + VAT."""

    rate_hundredths: int
    gross_cents: int
    net_cents: int

    @property
    def vat_cents(self) -> int:
        return self.gross_cents - self.net_cents


@dataclass(frozen=True)
class Charged:
    """`parts`: none where it comes to nothing."""

    fee: Fee
    parts: tuple[Part, ...]
    expected_cents: int

    @property
    def gross_cents(self) -> int:
        return sum(part.gross_cents for part in self.parts)


def charged_on(
    fee: Fee, items: Sequence[Item], share: Share, service_hundredths: int, otherwise: bool
) -> Charged | None:
    """None where neither is charged nor was expected to be. The nets of its parts are set when the cheque is taxed.
    `otherwise`: whether anything is recorded of what came."""
    cents = cents_of(fee, items, share.cents)
    wanted = cents_of(fee, [item.as_expected for item in items], share.expected_cents) if otherwise else cents
    if not cents and not wanted:
        return None
    return Charged(fee, tuple(Part(*each, 0) for each in _by_rate(fee, items, cents, service_hundredths)), wanted)


def _by_rate(fee: Fee, items: Sequence[Item], cents: int, service_hundredths: int) -> list[tuple[int, int]]:
    if not cents:
        return []
    if fee.earner_id == HUB:
        return [(service_hundredths, cents)]
    sums: dict[int, int] = {}
    for item in items:
        sums[item.rate_hundredths] = sums.get(item.rate_hundredths, 0) + item.billed.gross_cents
    rates = sorted(sums)
    spread = largest_remainder(cents, [sums[rate] for rate in rates])
    return [(rate, part) for rate, part in zip(rates, spread, strict=True) if part]


def rule_of(fee: Fee) -> dict[str, Any]:
    """How it is reckoned, as papers keep it."""
    rule: dict[str, Any] = {"kind": fee.kind.value}
    if fee.kind is FeeKind.PERCENT:
        rule["rate_hundredths"] = fee.rate_hundredths
    else:
        rule["cents"] = fee.cents
    if fee.kind is FeeKind.SHARED:
        rule["share_by"] = fee.share_by.value
    if fee.free_from_cents:
        rule["free_from_cents"] = fee.free_from_cents
    return rule


def as_read(one: Charged) -> dict[str, Any]:
    """As a household reads it on its cheque: the fee, its version and its rule, what it comes to and its VAT."""
    fee = one.fee
    told = {"fee_id": fee.id, "version": fee.version, "name": fee.name, "rule": rule_of(fee)}
    told["gross_cents"] = one.gross_cents
    if one.expected_cents != one.gross_cents:
        told["expected_cents"] = one.expected_cents
    return told | {"vat": [part._asdict() for part in one.parts]}


def in_cheque(cheque: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fees of a cheque as read."""
    found: list[dict[str, Any]] = cheque.get("fees", [])
    return found


def is_written(cheque: Mapping[str, Any]) -> bool:
    """Whether there is a cheque at all: nobody writes one of nothing, where nothing came or all of it was spoiled."""
    return bool(cheque["gross_cents"] + cheque.get("deposit_cents", 0))


def parts_of(cheque: Mapping[str, Any]) -> Iterable[Part]:
    """What all fees of a cheque come to at each rate."""
    sums: dict[int, list[int]] = {}
    for fee in in_cheque(cheque):
        for part in fee["vat"]:
            of = sums.setdefault(part["rate_hundredths"], [0, 0])
            of[0] += part["gross_cents"]
            of[1] += part["net_cents"]
    return [Part(rate, gross, net) for rate, (gross, net) in sorted(sums.items())]
