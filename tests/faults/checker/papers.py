"""Accounts that were rendered to producers: each that was acknowledged is there, and no other; they follow each other
entry by entry, say what the producer's book says at their last entry, and each producer was told of its own."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.checker.desk import TAKEN, statuses
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence, Rows
from tests.faults.history import History

RENDERING = "rendering"
OPEN = ("household", "third_party", "supplier")


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    papers = evidence.of("billing", "papers")
    accounts: dict[str, Rows] = defaultdict(list)
    for row in sorted(papers, key=lambda row: row["last"]):
        if row["kind"] == RENDERING:
            accounts[row["producer_id"]].append(row)
    yield from _asked(history, accounts)
    hashes = {(row["book"], row["number"]): row["hash"] for row in evidence.of("billing", "entries")}
    told = Counter(row["about"] for row in evidence.of("notify", "messages") if row["template"] == "account_rendered")
    for producer_id, rows in accounts.items():
        yield from _follow(rows)
        standing = _standing(evidence, producer_id)
        for row in rows:
            if hashes.get((producer_id, row["last"])) != row["last_hash"]:
                yield Violation("account", f"{row['number']} ends with an entry that is not in the book")
            found = {account: cents for account, cents in row["figures"]["standing"].items() if cents}
            wanted = standing(row["last"])
            if found != wanted or row["figures"]["closing_cents"] != sum(wanted.values()):
                yield Violation("account", f"{row['number']} says {row['figures']}, and the book {wanted}")
            if told[row["id"]] != 1:
                yield Violation("account told", f"{producer_id} was told {told[row['id']]} times of {row['number']}")
    yield from _commissions(papers)


def _asked(history: History, accounts: dict[str, Rows]) -> Iterator[Violation]:
    status = statuses(history)
    until = {producer_id: {row["until"] for row in rows} for producer_id, rows in accounts.items()}
    may_be: dict[str, set[str]] = defaultdict(set)
    among: set[str] = set()
    for entry in history.of("account"):
        known, producer_id = status.get(entry["n"]), entry["producer_id"]
        if known in (TAKEN, None):
            may_be[producer_id].add(entry["until"])
        if known == TAKEN and entry["until"] not in until.get(producer_id, ()):
            yield Violation("account", f"{producer_id} was acknowledged as closed up to {entry['until']}, and is not")
    for entry in history.of("accounts"):
        # Who is refused keeps nobody else from being closed.
        among |= set(entry["producer_ids"])
        missing = set(entry["producer_ids"]) - until.keys()
        if status.get(entry["n"]) == TAKEN and missing:
            yield Violation("account", f"{sorted(missing)} were acknowledged as closed, and are not")
    for producer_id in sorted(until):
        if producer_id not in among and not until[producer_id] <= may_be[producer_id]:
            yield Violation("account", f"{producer_id} is closed up to {until[producer_id]}, and nobody did that")


def _follow(rows: Rows) -> Iterator[Violation]:
    """Each begins where the one before ended, by entries, days and sums; and adds up."""
    after, day, opening = 0, "", 0
    for row in rows:
        figures = row["figures"]
        if row["after"] != after or row["since"] <= day or row["until"] < row["since"] or row["last"] <= after:
            yield Violation("account", f"{row['number']} does not follow the one up to entry {after}, {day}")
        moved = figures["sold_cents"] - figures["commission_cents"] - figures["paid_cents"] + figures["other_cents"]
        if figures["opening_cents"] != opening or opening + moved != figures["closing_cents"]:
            yield Violation("account", f"{row['number']} begins with {opening}, and says {figures}")
        after, day, opening = row["last"], row["until"], figures["closing_cents"]


def _standing(evidence: Evidence, producer_id: str) -> Any:
    """What stands open in a producer's book after an entry, by account."""
    mine = [row for row in evidence.of("billing", "movements") if row["book"] == producer_id]

    def at(last: int) -> dict[str, int]:
        found: Counter[str] = Counter()
        for row in mine:
            if row["number"] <= last:
                found[row["debit"]] += row["cents"]
                found[row["credit"]] -= row["cents"]
        return {account: cents for account, cents in found.items() if cents and account in OPEN}

    return at


def _commissions(papers: Rows) -> Iterator[Violation]:
    """With an account goes the one paper of its commission that it names, or none."""
    beside: dict[str, list[str]] = defaultdict(list)
    for row in papers:
        if row["kind"] != RENDERING:
            beside[row["rendering_id"]].append(row["number"])
    for row in papers:
        if row["kind"] == RENDERING:
            named = [row["figures"]["commission_number"]] if row["figures"]["commission_number"] else []
            if named != beside.pop(row["id"], []):
                yield Violation("account", f"{row['number']} names {named}, which are not what goes with it")
    for rendering_id, numbers in beside.items():
        yield Violation("account", f"{numbers} go with {rendering_id}, which is not there")
