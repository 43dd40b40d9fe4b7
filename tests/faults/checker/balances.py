"""How households stand: ordering knows it as billing told it last, and it is what they owe less what they paid,
what they owe each other, and what the hub
holds as their caution."""

from collections import Counter
from collections.abc import Iterator

from tests.faults.checker.between import owed_of, parts_of
from tests.faults.checker.books import claims_of
from tests.faults.checker.cautions import sums_of as cautions_of
from tests.faults.checker.payments import CAUTIONS, VOID, WALLETS
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History


def check(_history: History, evidence: Evidence) -> Iterator[Violation]:
    told = {row["household_id"]: row["version"] for row in evidence.of("billing", "balances")}
    held = {row["household_id"]: row for row in evidence.of("ordering", "balances")}
    for household_id in sorted(told.keys() | held.keys()):
        version = held[household_id]["version"] if household_id in held else None
        if told.get(household_id) != version:
            said = f"billing told {told.get(household_id)}, ordering holds {version}"
            yield Violation("balances", f"the balance of {household_id}: {said}")
    left, credit = _sums(evidence)
    cautions, _apart = cautions_of(evidence)
    for household_id in sorted(left.keys() | credit.keys() | cautions.keys() | held.keys()):
        row = held.get(household_id, {"left_cents": 0, "credit_cents": 0})
        found = row["left_cents"], row["credit_cents"], row.get("caution_cents", 0)
        wanted = left[household_id], credit[household_id], max(0, cautions[household_id])
        if found != wanted:
            yield Violation("balances", f"{household_id} stands at {found} in ordering, and should at {wanted}")


def _sums(evidence: Evidence) -> tuple[Counter[str], Counter[str]]:
    """What each household has left to pay, and what it paid beyond, producer by producer."""
    stands: Counter[tuple[str, str]] = Counter()
    for (producer_id, _cycle_id, household_id), cents in claims_of(evidence.of("billing", "amounts")).items():
        stands[household_id, producer_id] += cents
    shares: dict[str, list[tuple[str, int]]] = {}
    for row in evidence.of("billing", "shares"):
        shares.setdefault(row["payment_id"], []).append((row["producer_id"], row["cents"]))
    for row in evidence.of("billing", "payments"):
        if row["stage"] in VOID or row["stage"] == "promised":
            continue
        for producer_id, cents in shares.get(row["id"], []):
            if producer_id == CAUTIONS:
                continue
            stands[row["household_id"], producer_id] -= cents
            if row["kind"] == "wallet":
                # What is in a wallet counts as paid in advance.
                stands[row["household_id"], WALLETS] += cents
    # Another household may have paid a producer for it.
    stands.subtract(parts_of(evidence))
    left = owed_of(evidence)
    credit: Counter[str] = Counter()
    for (household_id, _producer_id), cents in stands.items():
        left[household_id] += max(cents, 0)
        credit[household_id] += max(-cents, 0)
    return left, credit
