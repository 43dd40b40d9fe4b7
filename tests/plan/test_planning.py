"""`cabas plan FILE` as people type it."""

import json
from pathlib import Path
from typing import Any

import pytest

from cabas.cli import main
from cabas.plan import BREAKS

DAY: dict[str, Any] = {
    "id": "friday",
    "date": "2026-06-19",
    "outside": 220,
    "sites": [
        {"id": "farm", "kind": "farm", "name": "Ferme", "latitude": 43.0, "longitude": 2.2},
        {"id": "dock", "kind": "dock", "name": "Limoux", "latitude": 43.05, "longitude": 2.25},
        {
            "id": "place",
            "kind": "pickup",
            "name": "Quillan",
            "latitude": 42.88,
            "longitude": 2.17,
            "handover": {"opens_at": "2026-06-19T15:00:00Z", "closes_at": "2026-06-19T17:00:00Z"},
        },
    ],
    "vehicles": [
        {"id": "van", "name": "Fourgon", "payload": 500000, "rooms": [{"id": "floor", "volume": 2000000}]},
    ],
    "carriers": [
        {
            "id": "anne",
            "name": "Anne",
            "kind": "employee",
            "starts_at_site": "dock",
            "ends_at_site": "dock",
            "hours": {"opens_at": "2026-06-19T05:00:00Z", "closes_at": "2026-06-19T18:00:00Z"},
            "vehicle_ids": ["van"],
        }
    ],
    "consignments": [
        {
            "id": "bread",
            "producer_id": "baker",
            "from_site": "farm",
            "to_site": "place",
            "lines": [
                {
                    "id": "1",
                    "product_id": "bread",
                    "name": "Pain",
                    "producer_id": "baker",
                    "quantity": 12000,
                    "temperature_class": "AMBIENT",
                    "volume": 30000,
                    "weight": 12000,
                }
            ],
        }
    ],
}


def status(arguments: list[str]) -> object:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code or 0


@pytest.fixture
def day(tmp_path: Path) -> Path:
    path = tmp_path / "day.json"
    path.write_text(json.dumps(DAY), encoding="utf-8")
    return path


def test_a_plan_is_written_and_the_checker_passes_it(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = day.with_name("plan.json")
    assert status(["plan", str(day), "--iterations", "50", "--out", str(out)]) == 0
    done = json.loads(out.read_text(encoding="utf-8"))
    assert done["left_behind"] == []
    assert {stop["site_id"] for one in done["rounds"] for stop in one["stops"]} == {"farm", "dock", "place"}
    capsys.readouterr()
    assert status(["plan", "--check", str(day), str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["violations"] == []


def test_the_same_seed_and_steps_print_the_same_plan(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    for _ in range(2):
        assert status(["plan", str(day), "--seed", "7", "--iterations", "40"]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert json.loads(printed[0])["day_id"] == "friday"


def test_goods_that_nobody_can_carry_are_told_and_the_status_says_so(
    day: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day.write_text(json.dumps(DAY | {"carriers": []}), encoding="utf-8")
    out = day.with_name("plan.json")
    assert status(["plan", str(day), "--seconds", "0.1", "--out", str(out)]) == BREAKS
    assert "Pain" in capsys.readouterr().out
    assert [one["consignment_id"] for one in json.loads(out.read_text(encoding="utf-8"))["left_behind"]] == ["bread"]


def test_goods_that_the_pickup_point_cannot_keep_are_not_blamed_on_who_drives(
    day: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bread,) = DAY["consignments"]
    milk = bread | {"lines": [bread["lines"][0] | {"name": "Lait cru", "temperature_class": "VERY_PERISHABLE"}]}
    (van,) = DAY["vehicles"]
    cold = van | {"rooms": [{"id": "cold", "volume": 2000000, "coldest": 0, "warmest": 80}]}
    day.write_text(json.dumps(DAY | {"consignments": [milk], "vehicles": [cold]}), encoding="utf-8")
    out = day.with_name("plan.json")
    assert status(["plan", str(day), "--seconds", "0.1", "--out", str(out)]) == BREAKS
    assert "Le point de retrait n’a pas de pièce assez froide" in capsys.readouterr().out


def test_a_plan_before_is_kept_to(day: Path) -> None:
    first, second = day.with_name("first.json"), day.with_name("second.json")
    assert status(["plan", str(day), "--iterations", "50", "--out", str(first)]) == 0
    assert status(["plan", str(day), "--previous", str(first), "--out", str(second)]) == 0
    assert json.loads(first.read_text(encoding="utf-8")) == json.loads(second.read_text(encoding="utf-8"))


def test_check_without_a_plan_is_refused(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["plan", "--check", str(day)]) == 1
    assert "FILE and PLAN" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--seconds", "0"], ["--seconds", "nan"], ["--iterations", "-3"]])
def test_a_budget_that_is_none_is_refused(day: Path, wrong: list[str]) -> None:
    assert status(["plan", str(day), *wrong]) == 2


def test_a_folder_that_is_not_there_is_told(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = day.parent / "nowhere" / "plan.json"
    assert status(["plan", str(day), "--iterations", "10", "--out", str(out)]) == 1
    assert str(out) in capsys.readouterr().err


EXAMPLE = Path(__file__).parents[2] / "docs" / "plan" / "example-day.json"


def test_the_example_is_planned_without_breaking_a_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its fish keeps for eight hours in its box: whoever brings it must not leave in the morning."""
    assert status(["plan", str(EXAMPLE), "--iterations", "50", "--out", str(tmp_path / "plan.json")]) == 0
    assert "[" not in capsys.readouterr().out


def test_who_must_hand_over_itself_comes_when_households_do_and_stays(tmp_path: Path) -> None:
    """Eggs without a packing centre: Rose is there from 17:00 to 18:00 UTC, and not since the morning."""
    assert status(["plan", str(EXAMPLE), "--iterations", "50", "--out", str(tmp_path / "plan.json")]) == 0
    plan = json.loads((tmp_path / "plan.json").read_text())
    stops = [stop for one in plan["rounds"] if one["carrier_id"] == "rose" for stop in one["stops"]]
    (present,) = [stop for stop in stops if any(each["consignment_id"] == "eggs" for each in stop.get("unloads", ()))]
    assert "2026-06-26T16:45" <= present["arrives_at"] <= "2026-06-26T17:00"
    assert present["departs_at"] == "2026-06-26T18:00:00Z"
