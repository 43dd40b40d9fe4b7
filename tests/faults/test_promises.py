"""The tests that docs/promises.md names are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROMISES = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`([\w/.-]+\.py)::(\w+)`")


def test_every_line_names_a_test() -> None:
    rows = [row for row in PROMISES.splitlines() if row.startswith("| ") and row.count("|") == 4]
    lines = [row for row in rows if "| promise |" not in row and "| protection |" not in row]
    protections = PROMISES[PROMISES.index("## The protections") :]
    without = [row for row in lines if not _NAMED.search(row) and row not in protections]
    assert len(lines) > 15
    assert not without


def test_every_named_test_exists() -> None:
    named = _NAMED.findall(PROMISES)
    assert len(named) > 15
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).exists() or f"def {test}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert not missing
