"""What happened in a run, in order: one JSON object a line, so that a run that failed can be read and judged again."""

import json
import time
from pathlib import Path
from typing import Any

Entry = dict[str, Any]
"""Always `t` (seconds after the first client began) and `kind`. Kinds:

cycle           number, id, offered {product id: thousandths there are, or null}, closes_at (in `t`), by_hour
stretched       by: how much slower time went, because the machine was at other things
request         n, client, cycle_id, household_id, wanted {product id: thousandths}, base (version, or null),
                terms {product id: [tolerance, least, substitute]} of the lines that have some
answer          n, status, id, version, state, gross_cents, detail
unknown         n, error: no answer came, or one that says nothing (5xx)
closed          cycle_id: a coordinator's closing was acknowledged
choice          n, cycle_id, subject, option (null: taken back), order_id, product_id, quantity, join_id (the cycle that
                is joined): a decision was sent
extension       n, cycle_id: a coordinator wants the cycle open again
reply           n, cycle_id, producer_id, list_id, revision, seen, lines {product id: thousandths that can be brought},
                instead {product id: product id}: a producer's answer to its list was sent
payment         n, id, household_id, payment_kind, payee, cents: the form of a payment was sent, perhaps again
expense         n, id, what, km, cents: the form of an expense claim was sent, perhaps again
expense step    n, id, do, means: somebody said what became of one, perhaps again
fee             n, id, name, cents, seen: the form of a fee was sent, by who looked at that version
debit           n, id, sums {household id: cents}: the form of a batch of debits was sent, perhaps again
debit step      n, id, do, debit: somebody said what became of a batch, or of one debit of it
account         n, producer_id, until: somebody closed the account of a producer up to a day, perhaps again
accounts        n, producer_ids: somebody closed all accounts of these that are due, perhaps again
advance         n, id, cycle_id, household_id, producer_id, cents, covers [household ids]: the form by which a household
                paid a producer for several was sent, perhaps again
advance undone  n, id: somebody took one back, perhaps again
round           n, id, cycle_ids: transfers between households were asked for, perhaps again
round called off  n, id: somebody called them off, perhaps again
between         n, id, do: somebody said what became of one of them, perhaps again
caution         n, id, household_id, how, cents: the form by which a caution is refunded or kept was sent, perhaps again
caution undone  n, id: somebody took that back, perhaps again
cost            n, cycle_id, costs {product id: [cents, thousandths, rate]}: what products cost the hub was said
purchase        n, cycle_id: somebody had what came of it booked, perhaps again
bill            n, id, number, cycle_ids, rates [[rate, cents, cents of VAT]]: the form of a supplier's bill was sent,
                perhaps again
bill step       n, id, do: somebody said what became of one, perhaps again
claim           n, id, cycle_id, household_id, product_id, spoiled: the form of a claim was sent, perhaps again
claim step      n, id, do: somebody answered one, or withdrew it, perhaps again
invoicing       n, cycle_id, last: somebody had what is missing of the invoices of a cycle drawn up; `last`: when
                nothing changed any more
days            passed: by all clocks of the hub it is so many days later
draft           n, draft_id: the form that has a day planned was sent, perhaps again
publication     n, draft_id, on: the form that publishes a draft of that day was sent, perhaps again
move            n, id, do: somebody said what became of a payment, perhaps again
outcome         n, status, detail: of a choice, an extension, a reply, a payment, a move; nobody knows of what has none
fault, mended   what, or why it was left out (`skipped`)
clock           process, seconds: its clock is wrong by so many from now on
planted         subject, reasons, listeners: a message that must become a dead letter
ended           process, status, armed, excused: a process ended that nobody had ended
second hub      status, said: a second hub on the folder
ready           seconds from the end of the faults until every service said that it is
converged       seconds from the end of the faults, or from the last closing; `missing`: what did not come by then
"""


class History:
    """Written as it happens; a run that is killed leaves what it has."""

    def __init__(self, file: Path | None = None) -> None:
        self.entries: list[Entry] = []
        self._file = file.open("w", encoding="utf-8") if file else None
        self._zero = time.monotonic()

    def begin(self) -> None:
        """Now is 0."""
        self._zero = time.monotonic()

    @property
    def now(self) -> float:
        return time.monotonic() - self._zero

    def note(self, kind: str, **facts: Any) -> Entry:
        entry = {"t": round(self.now, 4), "kind": kind, **facts}
        self.entries.append(entry)
        if self._file:
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()
        return entry

    def of(self, *kinds: str) -> list[Entry]:
        return [entry for entry in self.entries if entry["kind"] in kinds]

    def close(self) -> None:
        if self._file:
            self._file.close()

    @staticmethod
    def read(file: Path) -> "History":
        history = History()
        history.entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return history
