"""Large and fine problems: shared out or refused with a sentence, never a machine out of memory."""

# Its neighbours are found by name.
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from problems import KILO, line, pool, problem

from allocation import Product, WrongProblem, allocate
from allocation import reach as reaching

SIZES = tuple(
    Product(f"{kilos} kg", "lemons", content=int(kilos * KILO), step=int(kilos * KILO)) for kilos in (0.1, 5, 10)
)


def sized(count, kilos=20, least=0):
    return [line(f"household {n}", kilos, 10, least=least, product=SIZES[n % len(SIZES)].id) for n in range(count)]


def test_three_hundred_lines_of_three_sizes_in_steps_of_a_hundred_grams():
    result = allocate(problem(pool(10, unit="kg", available=3999), sized(300, least=15), SIZES))
    assert result.supplies[0].goods == 3990 * KILO
    assert result.supplies[0].short == 300 * 20 * KILO - 3990 * KILO
    assert all(one.given == 0 or one.given >= 15 * KILO for one in result.lines)


def test_bags_of_all_sizes_in_quantities_that_nobody_orders_are_refused_with_a_sentence():
    with pytest.raises(WrongProblem, match=r"pools\[0\].id: so much is asked in steps so small"):
        allocate(problem(pool(10, unit="kg", available=5_000_000), sized(3, kilos=3_000_000), SIZES))


def test_whole_numbers_have_no_size_where_everything_can_be_divided():
    result = allocate(problem(pool(10, available=10**15), [line("A", 10**15), line("B", 10**15)]))
    assert result.supplies[0].goods == 10**15 * KILO


def test_with_less_extra_looked_at_every_promise_still_holds(monkeypatch):
    monkeypatch.setattr(reaching, "MOST_PAIRS", 700)
    result = allocate(problem(pool(10, unit="kg", available=39), sized(3, kilos=20, least=15), SIZES))
    assert result.supplies[0].given == result.supplies[0].goods <= 30 * KILO
    assert sum(one.given for one in result.lines) == result.supplies[0].given
