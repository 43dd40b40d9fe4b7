"""Orders: what a household was told stands, nothing else does, at the right price, and nobody got what was not there.

A request whose outcome is unknown may have happened or not, once. With the version that its sender saw (`base`) it
can only have made the version after that; without, it may have come through at any time.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.faults.checker.given import Content, content, contents_of, given
from tests.faults.checker.joins import Made, made_by_joins
from tests.faults.checker.prices import gross_cents
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History

HOUR_SECONDS = 0.3
"""The announced hour and the moment a request was sent are read from two clocks."""


@dataclass
class Attempt:
    """A request and its outcome. `answered_at`, `version`, `gross_cents`: where it was acknowledged."""

    cycle_id: str
    household_id: str
    wanted: Content
    base: int | None
    sent_at: float
    status: int | None = None
    answered_at: float = 0.0
    version: int = 0
    gross_cents: int = 0

    @property
    def acknowledged(self) -> bool:
        return self.status == 200

    @property
    def unknown(self) -> bool:
        return self.status is None

    def may_have_made(self, version: int, content: Content) -> bool:
        return self.wanted == content and (self.base is None or self.base == version - 1)


def attempts_of(history: History) -> dict[tuple[str, str], list[Attempt]]:
    """By cycle and household, in the order in which they were sent."""
    by_number: dict[int, Attempt] = {}
    found: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
    for entry in history.entries:
        if entry["kind"] == "request":
            attempt = Attempt(
                entry["cycle_id"], entry["household_id"], _wanted(entry), entry["base"], sent_at=entry["t"]
            )
            by_number[entry["n"]] = attempt
            found[attempt.cycle_id, attempt.household_id].append(attempt)
        elif entry["kind"] == "answer":
            attempt = by_number[entry["n"]]
            attempt.status, attempt.answered_at = entry["status"], entry["t"]
            attempt.version, attempt.gross_cents = entry["version"] or 0, entry["gross_cents"] or 0
    return found


def _wanted(entry: dict[str, Any]) -> Content:
    terms = {product: tuple(its) for product, its in entry.get("terms", {}).items()}
    return {product: (quantity, *terms.get(product, (0, 0, False))) for product, quantity in entry["wanted"].items()}


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    attempts = attempts_of(history)
    contents = contents_of(evidence)
    given_versions = given_versions_of(evidence)
    joined = made_by_joins(evidence)
    gets = given(evidence).gets
    rows: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in evidence.of("ordering", "orders"):
        # What was asked, to which the closing added versions that say what is given.
        added = sum(version <= row["version"] for version in given_versions.get(row["id"], ()))
        # What the hub's shelf takes of cases it did not ask.
        on_shelf = row["household_id"] == evidence.shelf and any(its.quantity for its in gets[row["id"]].values())
        row = row | {"version": row["version"] - added, "on_shelf": on_shelf}
        rows[row["cycle_id"], row["household_id"]].append(row)
    for key in sorted({*attempts, *rows, *joined}):
        yield from _one_household(key, attempts.get(key, []), rows.get(key, []), contents, joined.get(key, []))
    yield from _prices(evidence, attempts)
    yield from _stock(evidence)
    yield from _after_closing(history, attempts)
    yield from _announced(evidence, attempts)


def allocations_of(evidence: Evidence) -> dict[str, dict[int, list[dict[str, Any]]]]:
    """Order id -> version -> every word of what the order gets at that version: bodies of events."""
    found: dict[str, dict[int, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for event in evidence.of("ordering", "outbox"):
        if ".order.allocated." in event["subject"]:
            found[event["body"]["id"]][event["body"]["version"]].append(event["body"])
    return found


def given_versions_of(evidence: Evidence) -> dict[str, set[int]]:
    """Order id -> the versions that the hub made: what it gets, or, of the shelf, that it gets nothing any more."""
    found = {order_id: set(versions) for order_id, versions in allocations_of(evidence).items()}
    for event in evidence.of("ordering", "outbox"):
        body = event["body"]
        # Nobody withdraws what is shared out already.
        if ".order.withdrawn." in event["subject"] and any(v < body["version"] for v in found.get(body["id"], ())):
            found[body["id"]].add(body["version"])
    return found


def _one_household(
    key: tuple[str, str],
    attempts: list[Attempt],
    rows: list[dict[str, Any]],
    contents: dict[str, Content],
    joined: list[Made],
) -> Iterator[Violation]:
    """`joined`: versions that lines of other cycles made, which `joins` holds against what was decided."""
    who = f"household {key[1]} in cycle {key[0]}"
    if len(rows) > 1:
        yield Violation("one order", f"{who} has {len(rows)} orders")
        return
    acknowledged = [attempt for attempt in attempts if attempt.acknowledged]
    yield from _told(who, acknowledged)
    told = [(attempt.version, attempt.wanted) for attempt in acknowledged]
    told += [(made.version, made.content) for made in joined]
    newest = max((version for version, _ in told), default=0)
    if not rows:
        if told:
            yield Violation("order lost", f"{who} was told of version {newest}, there is no order")
        return
    row, content = rows[0], contents.get(rows[0]["id"], {})
    if (row["state"] == "placed") != bool(content or row["on_shelf"]):
        yield Violation("order kept whole", f"{who}: {row['state']} with {len(content)} lines")
    if row["version"] < newest:
        yield Violation("order lost", f"{who} was told of version {newest}, there is version {row['version']}")
    elif row["version"] == newest:
        if any(wanted != content for version, wanted in told if version == newest):
            yield Violation("order as told", f"{who}: version {newest} is {content}, which is not what was told")
    elif not any(attempt.unknown and attempt.may_have_made(row["version"], content) for attempt in attempts):
        yield Violation(
            "nothing else", f"{who}: version {row['version']} is {content}, which nobody sent or which was refused"
        )


def _told(who: str, acknowledged: list[Attempt]) -> Iterator[Violation]:
    """What was acknowledged makes sense by itself."""
    by_version: dict[int, Content] = {}
    for attempt in acknowledged:
        if by_version.setdefault(attempt.version, attempt.wanted) != attempt.wanted:
            yield Violation("order as told", f"{who} was told two contents of version {attempt.version}")
    newest_answered: list[Attempt] = sorted(acknowledged, key=lambda attempt: attempt.answered_at)
    for attempt in acknowledged:
        before = [other.version for other in newest_answered if other.answered_at < attempt.sent_at]
        if before and max(before) > attempt.version:
            yield Violation("order lost", f"{who} was told of version {max(before)} and later of {attempt.version}")


def _prices(evidence: Evidence, attempts: dict[tuple[str, str], list[Attempt]]) -> Iterator[Violation]:
    products = {product["id"]: product for product in evidence.products}
    for line in evidence.of("ordering", "lines"):
        right = gross_cents(products[line["product_id"]], line["quantity_thousandths"])
        if line["gross_cents"] != right:
            yield Violation("price", f"{line} should cost {right}")
    gets = given(evidence).gets
    for row in evidence.of("ordering", "orders"):
        right = sum(gross_cents(products[p], its.quantity) for p, its in gets[row["id"]].items())
        if row["gross_cents"] != right:
            yield Violation("price", f"order {row['id']} says {row['gross_cents']}, what it gets costs {right}")
    for each in attempts.values():
        for attempt in each:
            right = sum(gross_cents(products[p], line[0]) for p, line in attempt.wanted.items())
            if attempt.acknowledged and attempt.gross_cents != right:
                yield Violation("price", f"{attempt} was told {attempt.gross_cents}, it costs {right}")


def _stock(evidence: Evidence) -> Iterator[Violation]:
    cycle_of = {row["id"]: row["cycle_id"] for row in evidence.of("ordering", "orders")}
    ordered: dict[tuple[str, str], int] = defaultdict(int)
    for line in evidence.of("ordering", "lines"):
        if line["order_id"] not in cycle_of:
            yield Violation("order kept whole", f"a line of no order: {line}")
            continue
        ordered[cycle_of[line["order_id"]], line["product_id"]] += line["quantity_thousandths"]
    for offer in evidence.of("ordering", "offers"):
        there, booked = offer["available_thousandths"], offer["reserved_thousandths"]
        sold = ordered[offer["cycle_id"], offer["product_id"]]
        if there is None:
            continue
        if sold > there:
            yield Violation("stock", f"{sold} of {there} sold: {offer}")
        if booked != sold or booked < 0:
            yield Violation("stock", f"{booked} booked, {sold} sold: {offer}")


def _after_closing(history: History, attempts: dict[tuple[str, str], list[Attempt]]) -> Iterator[Violation]:
    """Nobody who came after the end was let in. A clock that was wrong moves the hour, not a closing by hand; a cycle
    that is opened again ends with the last closing."""
    extended = {entry["cycle_id"] for entry in history.of("extension")}
    ends = {entry["cycle_id"]: entry["t"] for entry in history.of("closed")}
    for entry in history.of("cycle"):
        if entry["by_hour"] and not history.of("clock") and entry["id"] not in extended:
            ends[entry["id"]] = min(entry["closes_at"] + HOUR_SECONDS, ends.get(entry["id"], float("inf")))
    for (cycle_id, household), each in attempts.items():
        for attempt in each:
            if attempt.acknowledged and attempt.sent_at > ends.get(cycle_id, float("inf")):
                yield Violation("closed is closed", f"household {household} ordered in {cycle_id} at {attempt.sent_at}")


def _announced(evidence: Evidence, attempts: dict[tuple[str, str], list[Attempt]]) -> Iterator[Violation]:
    """Every version that there was has been said, with the content that was acknowledged; and each for one reason."""
    said: dict[tuple[str, int], Content] = {}
    allocations = allocations_of(evidence)
    order_of: dict[tuple[str, str], str] = {}
    for event in evidence.of("ordering", "outbox"):
        body = event["body"]
        if ".order." in event["subject"] and ".order.allocated." not in event["subject"]:
            lines = content(body.get("lines", []))
            order_of[body["cycle_id"], body["household_id"]] = body["id"]
            if said.setdefault((body["id"], body["version"]), lines) != lines:
                yield Violation(
                    "said once", f"version {body['version']} of order {body['id']} was said with two contents"
                )
    for row in evidence.of("ordering", "orders"):
        heard = {version for order_id, version in said if order_id == row["id"]} | allocations[row["id"]].keys()
        missing = [version for version in range(1, row["version"] + 1) if version not in heard]
        if missing:
            yield Violation("announced", f"versions {missing} of order {row['id']} were never announced")
    for key, each in attempts.items():
        for attempt in each:
            if attempt.acknowledged and said.get((order_of.get(key, ""), attempt.version)) != attempt.wanted:
                yield Violation("announced", f"{attempt} was announced otherwise, or never")
