"""Fees: each version that was acknowledged is there as it was typed, after the one that was looked at, and none is
missing between them; ordering, which tells them to who orders, holds the same. That one is charged as it should is held
against the amounts by `goods`."""

from collections.abc import Iterator

from tests.faults.checker.desk import TAKEN, statuses
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History

Version = tuple[str, int]


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    status = statuses(history)
    rows = {(row["id"], row["version"]): row for row in evidence.of("billing", "fees")}
    said: dict[Version, set[tuple[str, int]]] = {}
    for entry in history.of("fee"):
        version, typed = (entry["id"], entry["seen"] + 1), (entry["name"], entry["cents"])
        known = status.get(entry["n"])
        if known in (TAKEN, None):
            said.setdefault(version, set()).add(typed)
        row = rows.get(version)
        if known == TAKEN and (row is None or (row["name"], row["cents"]) != typed):
            yield Violation("fee", f"{typed} was acknowledged as version {version}, which is {row}")
    mine = {entry["id"] for entry in history.of("fee")}
    for version, row in rows.items():
        if version[0] in mine and (row["name"], row["cents"]) not in said.get(version, set()):
            yield Violation("fee", f"version {version} is {row}, and nobody set it")
    for fee_id in sorted({fee_id for fee_id, _ in rows}):
        versions = sorted(version for each, version in rows if each == fee_id)
        if versions != list(range(1, len(versions) + 1)):
            yield Violation("fee", f"the versions of {fee_id} have a gap: {versions}")
    theirs = {
        (row["id"], row["version"]): {name: row["said"][name] for name in ("id", "version", "name", "cents")}
        for row in evidence.of("ordering", "fees")
    }
    for version in sorted(rows.keys() | theirs.keys()):
        if rows.get(version) != theirs.get(version):
            yield Violation("fee", f"{version} is {rows.get(version)}, and in ordering {theirs.get(version)}")
