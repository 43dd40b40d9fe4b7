"""What the week came to, as each service that owns a figure says it, and whether they agree."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from cabas.demo.week import Week

OWNERS = ("ordering", "logistics", "billing")


@dataclass(frozen=True)
class Figures:
    """`totals`: by service, what it answered; `faults`: sentences on what does not agree."""

    totals: dict[str, dict[str, Any]]
    faults: list[str]

    @property
    def ok(self) -> bool:
        return not self.faults

    def plain(self, seconds: dict[str, float]) -> dict[str, Any]:
        """The one object of `--json`. Money in cents, quantities in thousandths of their unit."""
        ordering = self.totals["ordering"]
        return {
            "ok": self.ok,
            "orders": ordering["orders"],
            "lines": ordering["lines"],
            "households": self.totals["billing"]["households"],
            "producers": self.totals["logistics"]["producers"],
            "gross_cents": self.of("gross_cents"),
            "quantity_thousandths": self.of("quantity_thousandths"),
            "seconds": seconds,
            **({} if self.ok else {"faults": self.faults}),
        }

    def of(self, name: str) -> dict[str, int]:
        return {owner: self.totals[owner][name] for owner in OWNERS}


async def read_back(week: Week) -> Figures:
    """Ask every owner, and compare; also with what households were told when they ordered, and what changed since."""
    totals = {owner: await week.totals(owner) for owner in OWNERS}
    changed: Counter[str] = Counter()
    for line in await week.differences():
        changed[line["order_id"]] += line["given_cents"] - line["asked_cents"]
    acknowledged = week.acknowledged_cents + changed.total()
    faults = faults_of(totals, len(week.household_ids), acknowledged)
    owed = {row["household_id"]: row["gross_cents"] for row in totals["billing"]["amounts"]}
    for household_id, placed in week.orders.items():
        expected = placed["gross_cents"] + changed[placed["id"]]
        if owed.get(household_id, 0) != expected:
            faults.append(f"household {household_id}: billing says {owed.get(household_id, 0)}, expected {expected}")
    return Figures(totals, faults)


def faults_of(totals: dict[str, dict[str, Any]], orders: int, acknowledged_cents: int) -> list[str]:
    """Sentences on what differs: between the services, within one, and from what households were told."""
    ordering, logistics, billing = (totals[owner] for owner in OWNERS)
    compared = [
        ("orders placed", "ordering", orders, ordering["orders"]),
        ("cents acknowledged to households", "ordering", acknowledged_cents, ordering["gross_cents"]),
        ("orders", "logistics", ordering["orders"], logistics["orders_held"]),
        ("households", "billing", ordering["households"], billing["households"]),
        ("producers", "logistics", ordering["producers"], logistics["producers"]),
        ("producers", "billing", ordering["producers"], billing["producers"]),
        ("cents", "logistics", ordering["gross_cents"], logistics["gross_cents"]),
        ("cents", "billing", ordering["gross_cents"], billing["gross_cents"]),
        ("thousandths", "logistics", ordering["quantity_thousandths"], logistics["quantity_thousandths"]),
        ("thousandths", "billing", ordering["quantity_thousandths"], billing["quantity_thousandths"]),
        ("cents of all pick lists", "logistics", ordering["gross_cents"], _sum(logistics["pick_lists"], "gross_cents")),
        (
            "thousandths of all pick lists",
            "logistics",
            ordering["quantity_thousandths"],
            _sum(logistics["pick_lists"], "quantity_thousandths"),
        ),
        ("cents of all amounts", "billing", ordering["gross_cents"], _sum(billing["amounts"], "gross_cents")),
    ]
    return [
        f"{what}: {owner} says {found}, expected {expected}"
        for what, owner, expected, found in compared
        if found != expected
    ]


def _sum(rows: list[dict[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows)
