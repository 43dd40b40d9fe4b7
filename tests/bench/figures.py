"""Figures: medians, percentiles, and the results of a run as a table and as JSON."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import fastapi
import nats
import sqlalchemy
import uvicorn

Row = dict[str, Any]


def median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(len(ordered) * percent / 100) - 1))]


def spread(values: Sequence[float]) -> str:
    """How far apart the repetitions lay: half the distance between the largest and the smallest, of the median."""
    middle = median(values)
    return f"±{(max(values) - min(values)) / 2 / middle * 100:.0f} %" if middle else ""


@dataclass
class Table:
    """One table of results. `columns`: key of a row -> heading; numbers are written with `digits` decimals."""

    part: str
    name: str
    title: str
    columns: dict[str, str]
    rows: list[Row] = field(default_factory=list)

    def markdown(self) -> str:
        lines = [
            "| " + " | ".join(self.columns.values()) + " |",
            "|" + "|".join(" --- " if self._is_text(key) else " ---: " for key in self.columns) + "|",
        ]
        lines += ["| " + " | ".join(written(row.get(key)) for key in self.columns) + " |" for row in self.rows]
        return "\n".join(lines)

    def _is_text(self, key: str) -> bool:
        return all(isinstance(row.get(key), str | None) for row in self.rows)


def written(value: Any) -> str:
    """Three digits that mean something, thousands apart."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


@dataclass
class Results:
    """What was measured, by part. A run of some parts replaces these and keeps the others."""

    file: Path
    parts: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def read(file: Path) -> "Results":
        return Results(file, json.loads(file.read_text()) if file.is_file() else {})

    def keep(self, part: str, tables: list[Table], machine: Row, *, quick: bool) -> None:
        self.parts[part] = {
            "measured_at": datetime.now(UTC).isoformat(timespec="minutes"),
            "quick": quick,
            "machine": machine,
            "tables": [
                {"name": each.name, "title": each.title, "columns": each.columns, "rows": each.rows} for each in tables
            ],
        }
        self.file.write_text(json.dumps(self.parts, indent=1, ensure_ascii=False) + "\n")

    def tables(self) -> list[Table]:
        return [
            Table(part, each["name"], each["title"], each["columns"], each["rows"])
            for part, kept in sorted(self.parts.items())
            for each in kept["tables"]
        ]

    def row(self, name: str, **wanted: Any) -> Row | None:
        """The first row of the table `name` whose values are as wanted."""
        for table in self.tables():
            if table.name == name:
                for row in table.rows:
                    if all(row.get(key) == value for key, value in wanted.items()):
                        return row
        return None


def machine(postgres: Row | None) -> Row:
    """What the figures were measured on."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "processor": f"{len(os.sched_getaffinity(0))} cores of {cpu}",
        "memory_gib": round(int(memory.split()[1]) / 1024**2),
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"Linux {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "libraries": {
            "fastapi": fastapi.__version__, "uvicorn": uvicorn.__version__, "sqlalchemy": sqlalchemy.__version__,
            "asyncpg": asyncpg.__version__, "nats-py": _version(nats),
        },
        "postgresql": postgres,
        "commit": commit.stdout.strip(),
    }  # fmt: skip


def _version(_module: Any) -> str:
    from importlib.metadata import version

    return version("nats-py")
