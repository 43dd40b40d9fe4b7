"""Schedules: every version that was acknowledged is kept and told, carries what a revision of the pick lists asks for,
leaves nothing behind; and each producer was told last what the newest one says of its goods."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import product

from tests.faults.checker.desk import TAKEN, statuses
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence, Rows
from tests.faults.history import History

Goods = dict[str, int]
"""Product -> thousandths."""


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    kept = {(row["on"], row["version"]): row for row in evidence.of("logistics", "schedules")}
    yield from _acknowledged(history, set(kept))
    yield from _told(evidence, set(kept))
    lists = _lists(evidence)
    for (on, version), row in kept.items():
        yield from _carried(f"{on} version {version}", row, lists)
    yield from _mailed(evidence, kept)


def _acknowledged(history: History, kept: set[tuple[str, int]]) -> Iterator[Violation]:
    status = statuses(history)
    where = {entry["n"]: entry["detail"] for entry in history.of("outcome")}
    for entry in history.of("publication"):
        if status.get(entry["n"]) == TAKEN:
            found = re.search(r"/versions/(\d+)", where[entry["n"]])
            if found is None or (entry["on"], int(found[1])) not in kept:
                yield Violation("schedule", f"{where[entry['n']]} was acknowledged and is not kept")
    newest = Counter(on for on, _ in kept)
    for on, count in newest.items():
        if {version for day, version in kept if day == on} != set(range(1, count + 1)):
            yield Violation("schedule", f"the versions of {on} have a gap: {sorted(kept)}")


def _told(evidence: Evidence, kept: set[tuple[str, int]]) -> Iterator[Violation]:
    announced = Counter(
        (row["subject"].rpartition(".")[2], int(row["headers"]["cabas-version"]))
        for row in evidence.of("logistics", "outbox")
        if ".logistics.schedule." in row["subject"]
    )
    for on, version in sorted(kept | announced.keys()):
        if ((on, version) in kept, announced[on, version]) != (True, 1):
            held = "kept" if (on, version) in kept else "not kept"
            yield Violation("schedule told", f"{on} version {version} is {held}, told {announced[on, version]} times")


def _lists(evidence: Evidence) -> dict[str, dict[str, list[Goods]]]:
    """Producer -> cycle -> what each revision of its list asks for; nothing is asked for before the first."""
    found: dict[str, dict[str, list[Goods]]] = defaultdict(lambda: defaultdict(lambda: [{}]))
    for row in evidence.of("logistics", "all_lists"):
        goods: Goods = Counter()
        for line in row["content"]["lines"]:
            goods[line["article"]["product_id"]] += line["quantity_thousandths"]
        found[row["producer_id"]][row["cycle_id"]].append(dict(goods))
    return found


def _carried(
    which: str, row: dict[str, dict[str, Rows]], lists: dict[str, dict[str, list[Goods]]]
) -> Iterator[Violation]:
    """As many of each product as some revision of each cycle's list asks for: the day is made of those that held."""
    if row["plan"]["left_behind"]:
        yield Violation("schedule goods", f"{which} leaves goods behind")
    carried: dict[str, Counter[str]] = defaultdict(Counter)
    for one in row["day"]["consignments"]:
        for line in one["lines"]:
            carried[one["producer_id"]][line["product_id"]] += line["quantity"]
    loaded = {
        load["consignment_id"] for way in row["plan"]["rounds"] for stop in way["stops"] for load in stop["loads"]
    }
    if loaded != {one["id"] for one in row["day"]["consignments"]}:
        yield Violation("schedule goods", f"{which} carries other consignments than the day has")
    for producer_id, goods in carried.items():
        ways = product(*lists[producer_id].values())
        if all(sum((Counter(one) for one in way), Counter()) != goods for way in ways):
            yield Violation("schedule goods", f"{which} carries of {producer_id} what no list asks for: {dict(goods)}")


def _mailed(evidence: Evidence, kept: dict[tuple[str, int], dict[str, dict[str, Rows]]]) -> Iterator[Violation]:
    heard = {row["id"]: row["version"] for row in evidence.of("notify", "schedules")}
    for on in {on for on, _ in kept}:
        newest = max(version for day, version in kept if day == on)
        if heard.get(on) != newest:
            yield Violation("schedule heard", f"{on} is at version {newest}, notify at {heard.get(on)}")
            continue
        wanted: dict[str, set[str]] = defaultdict(set)
        for one in kept[on, newest]["day"]["consignments"]:
            wanted[one["producer_id"]].add(f"goods:{one['id']}")
        last: dict[str, tuple[int, set[str]]] = {}
        for mail in evidence.of("notify", "messages"):
            if (mail["template"], mail["about"]) == ("schedule", on) and mail["state"] in ("sent", "waiting"):
                knows = mail["facts"]["version"], set(mail["facts"]["knows"])
                last[mail["recipient"]] = max(last.get(mail["recipient"], (0, set())), knows, key=lambda each: each[0])
        for producer_id, goods in wanted.items():
            if last.get(producer_id, (0, set()))[1] != goods:
                yield Violation("schedule mail", f"{producer_id} was not told of all its goods of {on}")
