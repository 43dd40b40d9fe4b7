"""Direct debits: what was acknowledged is drawn up once, stands where it was said to stand, and is a payment of its
household when, and only when, the bank took it; whoever is to be debited was told, and the same debit is never taken
twice."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.checker.desk import TAKEN, by_paper, stages, statuses, there
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import Entry, History

KIND = "debit"
LEADS_TO = {"approve": "approved", "execute": "executed", "undo": "approved", "call_off": "called_off"}
LEFT_IN = ("approved", "executed")
UNDONE = "taken_back"

Rows = dict[str, list[dict[str, Any]]]


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    status = statuses(history)
    sent, steps = by_paper(history.of("debit")), by_paper(history.of("debit step"))
    register = {row["id"]: row for row in evidence.of("billing", "debit_batches")}
    debits: Rows = defaultdict(list)
    for row in evidence.of("billing", "debits"):
        debits[row["batch_id"]].append(row)
    yield from there("debit", sent, register, status)
    for batch_id in sorted(sent.keys() & register.keys()):
        row, mine = register[batch_id], debits[batch_id]
        said = {(household, cents) for one in sent[batch_id] for household, cents in one["sums"].items()}
        if Counter((each["household_id"], each["cents"]) for each in mine) != Counter(said):
            yield Violation("debit", f"{batch_id} takes {mine}, and {said} was drawn up")
        yield from _as_it_stands(row, mine, steps.get(batch_id, []), status)
    for what in ("number", "end_to_end_id"):
        rows = register.values() if what == "number" else evidence.of("billing", "debits")
        if any(count > 1 for count in Counter(row[what] for row in rows).values()):
            yield Violation("debit", f"two of one {what}: {[row[what] for row in rows]}")
    numbers = sorted(row["number"] for row in register.values())
    if numbers != list(range(1, len(numbers) + 1)):
        yield Violation("debit", f"the numbers of batches have a gap: {numbers}")
    yield from _paid(evidence, register, debits)
    yield from _told(evidence, register, debits)


def _as_it_stands(
    row: dict[str, Any], debits: list[dict[str, Any]], steps: list[Entry], status: dict[int, int]
) -> Iterator[Violation]:
    may_be = stages("draft", LEADS_TO, steps, status)
    if any(step["do"] == "execute" and step["n"] not in status for step in steps):
        # Sent to a server that stood still, it may be heard after it was undone.
        may_be |= {"executed"} if may_be & {*LEFT_IN} else set()
    if row["stage"] not in may_be:
        yield Violation("debit", f"{row['id']} is {row['stage']}, and should be {' or '.join(sorted(may_be))}")
    for each in debits:
        back = {status.get(step["n"]) for step in steps if step["do"] == "return" and step["debit"] == each["id"]}
        given_back = each["returned_on"] is not None
        if (TAKEN in back and not given_back) or (given_back and not {TAKEN, None} & back):
            yield Violation("debit", f"{each['id']} was given back: {given_back}, and was said: {back}")


def _paid(evidence: Evidence, register: dict[str, dict[str, Any]], debits: Rows) -> Iterator[Violation]:
    """Each debit that the bank took is one payment that stands, and no other payment is a debit."""
    right = {}
    for batch_id, row in register.items():
        for each in debits[batch_id] if row["stage"] == "executed" else ():
            stage = "bounced" if each["returned_on"] is not None else "received"
            right[each["payment_id"] or each["id"]] = (each["household_id"], each["cents"], stage)
    payments = [row for row in evidence.of("billing", "payments") if row["kind"] == KIND]
    found = {row["id"]: (row["household_id"], row["cents"], row["stage"]) for row in payments if row["stage"] != UNDONE}
    for payment_id in sorted(right.keys() | found.keys()):
        if right.get(payment_id) != found.get(payment_id):
            said = f"{found.get(payment_id)}, and should be {right.get(payment_id)}"
            yield Violation("debit", f"payment {payment_id} is {said}")


def _told(evidence: Evidence, register: dict[str, dict[str, Any]], debits: Rows) -> Iterator[Violation]:
    """Of what was let go each household was told the sum; of what was called off then, that nothing is taken."""
    told: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in evidence.of("notify", "messages"):
        if row["template"] == "direct_debit" and row["state"] != "superseded":
            told[row["about"]].append(row["facts"] | {"to": row["recipient"]})
    known = {each["id"] for mine in debits.values() for each in mine}
    for batch_id, row in register.items():
        for each in debits[batch_id]:
            mails = told[each["id"]]
            if row["stage"] in LEFT_IN and not mails:
                yield Violation("debit told", f"nobody was told of {each['id']} of a batch that is {row['stage']}")
            if row["stage"] == "draft" and mails:
                yield Violation("debit told", f"{each['id']} was told of, and is not let go")
            # What left before stays with who read it, and is followed by the other word.
            whom, off = ({mail["to"] for mail in mails if mail["called_off"] is is_off} for is_off in (False, True))
            if (off and row["stage"] != "called_off") or (row["stage"] == "called_off" and not whom <= off):
                yield Violation("debit told", f"of {each['id']}, {row['stage']}, the last word was {mails}")
            if any(mail["cents"] != each["cents"] for mail in mails):
                yield Violation("debit told", f"{each['cents']} cents are taken by {each['id']}, told was {mails}")
    for debit_id in sorted(told.keys() - known):
        yield Violation("debit told", f"{debit_id} was told of, and there is no such debit")
