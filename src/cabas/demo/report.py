"""The demo's figures for people: what each producer brings, what each household owes, how long it took."""

from pathlib import Path
from typing import Any

from cabas.demo.figures import Figures
from cabas.demo.week import Week
from cabas.demo.year import Year

SHOWN = 12
"""Households named in full; the others are in the total."""


def lines_of(week: Week, figures: Figures, told: list[str], paid: list[str]) -> list[str]:
    """`told`: what became of crates, minima and answers, a sentence each; `paid`: of deliveries and payments."""
    return [
        *(["", "What was shared out:"] if told else []),
        *(f"  {sentence}" for sentence in told),
        *_producers(figures.totals["logistics"]["pick_lists"]),
        *_households(week, figures.totals["billing"]["amounts"]),
        *(["", "What came, was paid and is in the books:"] if paid else []),
        *(f"  {sentence}" for sentence in paid),
        *_steps(week),
        *_verdict(figures),
    ]


def year_of(year: Year, folder: Path) -> list[str]:
    """What so many weeks came to, and what they left on the disk."""
    totals = [lived.figures.totals["ordering"] for lived in year.lived]
    orders, lines, cents = (sum(one[name] for one in totals) for name in ("orders", "lines", "gross_cents"))
    sums = f"{len(totals)} weeks, {orders} orders, {lines} lines, {euros(cents)}"
    agree = all(lived.figures.ok for lived in year.lived)
    sizes = [f"  {file.name:<20} {file.stat().st_size / 2**20:8.1f} MiB" for file in sorted(folder.glob("*.db"))]
    return [
        *_steps(year.crates.week),
        *["", "What it left in the databases:", *sizes, ""],
        f"ordering, logistics and billing agree {'in each week' if agree else 'no more'}: {sums}.",
    ]


def euros(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02d} €".replace(",", " ")


def _producers(pick_lists: list[dict[str, Any]]) -> list[str]:
    rows = sorted(pick_lists, key=lambda row: -row["gross_cents"])
    lines = ["", f"What each of {len(rows)} producers must bring:"]
    lines += [
        f"  {row['producer_name']:<40} {row['lines']:>4} products {euros(row['gross_cents']):>14}" for row in rows
    ]
    return [*lines, f"  {'all':<40} {sum(row['lines'] for row in rows):>4} products {euros(_all(rows)):>14}"]


def _households(week: Week, amounts: list[dict[str, Any]]) -> list[str]:
    groups = {group_id: name for name, group_id in week.group_ids.items()}
    rows = sorted(amounts, key=lambda row: (groups.get(row["group_id"], ""), row["household_name"]))
    lines = ["", f"What each of {len(rows)} households owes:"]
    for row in rows[:SHOWN]:
        lines.append(
            f"  {groups.get(row['group_id'], ''):<20} {row['household_name']:<32} {euros(row['gross_cents']):>14}"
        )
    if len(rows) > SHOWN:
        lines.append(f"  … and {len(rows) - SHOWN} more")
    return [*lines, f"  {'all':<53} {euros(_all(rows)):>14}"]


def _steps(week: Week) -> list[str]:
    return ["", "How long it took:", *(f"  {name:<20} {seconds:8.2f} s" for name, seconds in week.seconds.items())]


def _verdict(figures: Figures) -> list[str]:
    if figures.ok:
        placed = figures.totals["ordering"]
        sums = f"{placed['orders']} orders, {placed['lines']} lines, {euros(placed['gross_cents'])}"
        return ["", f"ordering, logistics and billing agree to the cent and to the gram: {sums}."]
    return ["", "The services do not agree:", *(f"  {fault}" for fault in figures.faults)]


def _all(rows: list[dict[str, Any]]) -> int:
    return sum(row["gross_cents"] for row in rows)
