"""No plan passes the checker and then goes wrong on the day, played minute by minute by another program."""

# Its neighbours are found by name.
import sys
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import small_day as small
from minute_by_minute import failures
from random_days import drawn

from coldchain import Weight, check, checker
from coldchain.checker import box, cold, goods, hours, means, room
from coldchain.day import Day
from coldchain.plan import Plan

SEEDS = range(160)


def passes(day: Day, plan: Plan) -> bool:
    return all(one.weight is not Weight.HARD for one in check(day, plan))


def test_the_small_day_goes_well() -> None:
    assert list(failures(*small.made(small.day(), small.plan()))) == []


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_what_passes_goes_well(chance: Random) -> None:
    day, plan = drawn(chance)
    if passes(day, plan):
        assert list(failures(day, plan)) == []


def test_many_drawn_plans_pass_and_many_go_wrong() -> None:
    """Else what is above would say little. Whatever goes wrong here, some drawn plan has."""
    passed, wrong = 0, set[str]()
    for seed in SEEDS:
        day, plan = drawn(Random(seed))
        found = set(failures(day, plan))
        wrong |= found
        if passes(day, plan):
            passed += 1
            assert not found, seed
    print(f"{passed} of {len(SEEDS)} drawn plans pass; {len(wrong)} kinds of failure were played: {sorted(wrong)}")
    assert passed >= len(SEEDS) // 10
    assert len(wrong) >= 18


@pytest.mark.parametrize("kind", [goods, hours, means, room, box, cold], ids=lambda kind: kind.__name__)
def test_without_one_kind_of_rule_the_day_finds_what_is_missed(
    kind: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checker, "_KINDS", tuple(one for one in checker._KINDS if one is not kind))
    days = (drawn(Random(seed)) for seed in range(2_000))
    assert any(passes(day, plan) and any(failures(day, plan)) for day, plan in days)
