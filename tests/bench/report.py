"""Writes the measured tables into docs/performance.md: `make performance`.

Between `<!-- bench: NAME -->` and `<!-- /bench -->` stands what bench-results.json says; nothing is copied by hand.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from figures import Results, Row, Table
from run import RESULTS, ROOT
from start import IDLE, MEMORY

PAGE = ROOT / "docs" / "performance.md"
_PLACE = re.compile(r"(<!-- bench: ([a-z-]+) -->\n)(.*?)(<!-- /bench -->)", re.DOTALL)
NOT_YET = "Not measured yet."

# What a large hub does in a week, assumed: as in the sizing the hub was designed for.
ORDERS_A_WEEK, SAVES, VIEWS = 1_000, 1.5, 6.0
"""Orders; how often each is saved until it stays; pages read for each save."""
LAST_HOUR = 0.5
"""Of a week's orders, what comes in the hour before Sunday's closing."""
HUBS = (1, 100, 2_000)
BUSY = 0.6
"""Of a core's time, what is planned with."""


def filled(page: str, results: Results) -> str:
    tables = {table.name: table for table in results.tables()}
    tables |= {table.name: table for table in plan(results)}

    def fill(place: re.Match[str]) -> str:
        name = place[2]
        before = place[3].strip()
        if name == "machine":
            return f"{place[1]}\n{machine(results, before.splitlines())}\n\n{place[4]}"
        if name not in tables:
            # Measured elsewhere, or before: it says when, and on what.
            return f"{place[1]}\n{before or NOT_YET}\n\n{place[4]}"
        table = tables[name]
        return f"{place[1]}\n{table.title}{_when(results, table)}\n\n{table.markdown()}\n\n{place[4]}"

    return _PLACE.sub(fill, page)


def _when(results: Results, table: Table) -> str:
    kept = results.parts.get(table.part)
    if not kept:
        return ":"
    small = "; small sizes, which measure nothing" if kept["quick"] else ""
    facts = kept["machine"]
    return f" (measured {kept['measured_at'][:10]}, commit {facts['commit']}, {facts['processor']}{small}):"


def machine(results: Results, before: Sequence[str] = ()) -> str:
    """The machines of the parts, and what ran on them. `before`: those of tables that are kept."""
    seen: dict[str, Row] = {}
    for kept in results.parts.values():
        facts = kept["machine"]
        seen.setdefault(f"{facts['processor']}, {facts['memory_gib']} GiB", facts)
    lines = list(before)
    for name, facts in seen.items():
        libraries = ", ".join(f"{library} {version}" for library, version in facts["libraries"].items())
        lines.append(f"- {name}; {facts['system']}; Python {facts['python']}; {libraries}")
        if facts["postgresql"]:
            settings = ", ".join(
                f"{key} {value}" for key, value in facts["postgresql"].items() if key != "server_version"
            )
            lines.append(
                f"- PostgreSQL {facts['postgresql']['server_version']} with {settings}; SQLite with synchronous FULL"
            )
    return "\n".join(dict.fromkeys(lines))


# --- past one machine ---


def plan(results: Results) -> list[Table]:
    """Tables `units` and `plan`; empty list while a part they need was not measured."""
    lag = results.row("lag", database="postgresql", load="500/s") or results.row("lag", database="postgresql")
    disk = results.row("disk", database="postgresql")
    week = next((size for size in ("large", "quick") if results.row("pages", size=size)), "")
    closing = {
        what.partition(":")[0]: results.row("closing", database="postgresql", what=what)
        for what in ("ordering: manifest", "logistics: pick lists", "billing: amounts due")
    }
    memory, idle = results.row("start", what=MEMORY), results.row("start", what=IDLE)
    if not (lag and disk and week and memory and idle and all(closing.values())):
        return []
    read = [row for table in results.tables() if table.name == "pages" for row in table.rows if row["size"] == week]
    views = [row["p50"] for row in read if row["page"].startswith(("shop", "basket", "home of a member"))]
    save_ms = lag["cpu"] + lag["cpu_others"] + lag["cpu_broker"] + lag["cpu_database"]
    view_ms = sum(views) / len(views)
    close_s = sum(row["seconds"] * ORDERS_A_WEEK / row["orders"] for row in closing.values() if row)
    units = Table(
        "b", "units", "Unit costs the plan is made with",
        {"what": "what", "value": "value", "from": "measured in"},
        [
            {"what": what, "value": value, "from": part}
            for what, value, part in (
                ("CPU per saved order: services, broker and PostgreSQL together", f"{save_ms:.1f} ms", "b"),
                ("of it PostgreSQL", f"{lag['cpu_database']:.1f} ms", "b"),
                ("of it the broker", f"{lag['cpu_broker']:.1f} ms", "b"),
                ("CPU per page read (mean of shop, basket and home)", f"{view_ms:.1f} ms", "e"),
                ("closing a cycle of 1,000 orders, three services one after another", f"{close_s:.2f} s", "d"),
                ("disk per saved order, databases and broker", f"{disk['all']:.1f} KiB", "b"),
                ("of it the broker", f"{disk['broker']:.1f} KiB", "b"),
                ("memory of a hub in one process, at rest", f"{memory['value']:.0f} MiB", "f"),
                ("CPU of a hub in one process, at rest", f"{idle['value']:.1f} ms/s", "f"),
            )
        ],
    )  # fmt: skip
    table = Table(
        "b", "plan", f"Hubs of {ORDERS_A_WEEK:,} orders × 15 lines a week",
        {
            "hubs": "hubs", "peak": "orders saved/s at Sunday's peak", "events": "events/s taken in",
            "pages": "pages/s", "cores": f"cores at the peak, {BUSY:.0%} busy",
            "closing": "all close at 20:00: CPU minutes", "disk": "disk a year, GiB",
            "full": "weeks until one stream of 8 GiB is full", "memory": "memory, one process a hub, GiB",
            "idle": "cores at rest, one process a hub",
        },
    )  # fmt: skip
    for hubs in HUBS:
        saves = hubs * ORDERS_A_WEEK * SAVES * LAST_HOUR / 3600
        cpu = saves * save_ms / 1000 + saves * VIEWS * view_ms / 1000
        kept = hubs * ORDERS_A_WEEK * SAVES * 52 / 1024**2
        table.rows.append(
            {
                "hubs": hubs, "peak": saves, "events": saves * 3, "pages": saves * VIEWS, "cores": cpu / BUSY,
                "closing": hubs * close_s / 60, "disk": kept * disk["all"],
                "full": 8 * 1024**2 / (hubs * ORDERS_A_WEEK * SAVES * disk["broker"]),
                "memory": hubs * memory["value"] / 1024, "idle": hubs * idle["value"] / 1000,
            }
        )  # fmt: skip
    return [units, table]


def main() -> int:
    results = Results.read(Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS)
    if not results.parts:
        sys.stderr.write("There are no results yet: make bench\n")
        return 1
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
