"""Every rule catches what was planted for it; the plan that nothing was planted in breaks none."""

# Its neighbours are found by name.
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from planted import CHEESE, PLANTED, broken

from coldchain import RULES, Weight


def test_the_plan_nothing_was_planted_in_breaks_no_rule() -> None:
    assert broken([]) == ()


def test_there_is_a_plant_for_every_rule() -> None:
    assert set(PLANTED) == set(RULES)


@pytest.mark.parametrize("rule", PLANTED)
def test_what_was_planted_is_caught(rule: str) -> None:
    caught = [one for one in broken(PLANTED[rule]) if one.rule == rule]
    assert caught, [one.rule for one in broken(PLANTED[rule])]
    for one in caught:
        assert one.weight is RULES[rule].weight
        assert one.source
        assert one.consignment_ids or one.round_id or one.site_id, "nobody would know where to look"


ALONE = sorted(
    set(PLANTED)
    - {
        # Such a plant breaks more than one thing.
        "loaded-elsewhere", "loaded-again", "vehicle-twice", "vehicle-elsewhere", "carrier-twice", "carrier-elsewhere",
        "box-elsewhere", "box-taken", "box-parted", "box-shared-otherwise", "compartment-mixed", "certificate-expired",
        "fixed-round-in-another-order", "time-backwards", "wrong-end", "wrong-start", "setting-impossible",
        "uncertified-too-far", "shellfish-on-ice", "frozen-uncooled", "hot-out-of-a-box", "not-delivered",
        "uncooled-too-long-usage",
    }
)  # fmt: skip


@pytest.mark.parametrize("rule", ALONE)
def test_a_plant_breaks_its_own_rule_only(rule: str) -> None:
    assert {one.rule for one in broken(PLANTED[rule])} == {rule}


def test_the_same_plan_always_breaks_the_same_rules_by_the_same_ids() -> None:
    ids = [one.id for one in broken(PLANTED["uncertified-break-of-load"])]
    assert ids == [one.id for one in broken(PLANTED["uncertified-break-of-load"])]
    assert len(ids) == len(set(ids)) == 1


def test_hard_ones_come_first() -> None:
    both = [*PLANTED["uncertified-break-of-load"], *PLANTED["left-behind"]]
    assert [one.weight for one in broken(both)] == [Weight.HARD, Weight.SOFT]


RESOLD = [(f"{CHEESE}.lines.0.resold", True), (f"{CHEESE}.lines.0.dispensation", "dairy")]


def declared(**more: int) -> tuple[str, list[dict[str, object]]]:
    return "d.dispensations", [{"producer_id": "goatherd", "category": "dairy", "weekly_cap": 100_000, **more}]


def test_in_a_zone_of_constraints_goods_under_dispensation_go_farther() -> None:
    near = ("d.limits", {"dispensation_metres": 5_000})
    assert [one.rule for one in broken([*RESOLD, near, declared()])] == ["dispensation-too-far"]
    assert broken([*RESOLD, near, declared(metres=200_000)]) == ()
    assert [one.rule for one in broken([*RESOLD, declared(metres=5_000)])] == ["dispensation-too-far"]


def test_a_cap_in_kilos_is_not_compared_with_pieces() -> None:
    """The cheese is ten pieces: 10 000 thousandths."""
    left = declared(used=90_001)
    assert [one.rule for one in broken([*RESOLD, left])] == ["dispensation-cap"]
    assert broken([*RESOLD, left, (f"{CHEESE}.lines.0.counted", 9_999)]) == ()
