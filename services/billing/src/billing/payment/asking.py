"""What a household is still asked for, by producer and cycle: what its statements say, as far as they are at hand."""

from collections.abc import Iterable, Mapping

from billing.payment.owing import Debt, Owing
from billing.statement import Statement

Said = dict[str, dict[tuple[str, str], int]]
"""By household: cents still asked for, by cycle and producer."""


def said_by(found: Iterable[Statement], left: Mapping[tuple[str, str, str], int], ask_from: int) -> Said:
    """What the statements say. `left`: see `owing.left_by_cycle`."""
    said: Said = {}
    for one in found:
        for cheque in one.cheques:
            cents = one.left_cents(cheque, ask_from, left)
            said.setdefault(one.household_id, {})[one.cycle_id, cheque["producer_id"]] = cents
    return said


def asked_of(one: Owing, said: Mapping[tuple[str, str], int], ask_from: int) -> list[tuple[Debt, int]]:
    """What is asked for of a household's debts to one producer, where it is anything. `said`: by its statements; where
    they are older than what is at hand, the books say it, but for the rest of a debt under `ask_from` cents."""
    found = []
    for debt in one.debts:
        carried = debt.left_cents < ask_from and debt.left_cents != debt.cents
        cents = said.get((debt.cycle_id, one.producer_id), 0 if carried else debt.left_cents)
        if cents > 0:
            found.append((debt, cents))
    return found
