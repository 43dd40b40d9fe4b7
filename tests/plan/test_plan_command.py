"""`cabas plan --check FILE PLAN` on the example of docs/plan.md: it holds; spoiled, it says how."""

import json
from pathlib import Path
from typing import Any

import pytest

from cabas.cli import main
from cabas.plan import BREAKS
from coldchain import RULES

DOCS = Path(__file__).parents[2] / "docs"
DAY, PLAN = (
    json.loads((DOCS / "plan" / f"example-{name}.json").read_text(encoding="utf-8")) for name in ("day", "plan")
)


@pytest.fixture
def cabas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command on a day and a plan; (status, output, complaints)."""

    def run(day: Any, plan: Any, *options: str) -> tuple[object, str, str]:
        files = []
        for name, told in (("day", day), ("plan", plan)):
            file = tmp_path / f"{name}.json"
            file.write_text(told if isinstance(told, str) else json.dumps(told), encoding="utf-8")
            files.append(str(file))
        with pytest.raises(SystemExit) as end:
            main(["plan", "--check", *files, *options])
        said = capsys.readouterr()
        return end.value.code, said.out, said.err

    return run


def without_cooling() -> Any:
    plan = json.loads(json.dumps(PLAN))
    plan["rounds"][1]["settings"] = []
    return plan


def test_the_example_of_the_page_holds(cabas: Any) -> None:
    assert cabas(DAY, PLAN) == (0, "Le plan tient.\n", "")


def test_a_plan_that_breaks_says_how_and_what_would_mend_it(cabas: Any) -> None:
    status, out, err = cabas(DAY, without_cooling())
    assert (status, err) == (BREAKS, "")
    assert "[stricte] uncooled-too-long" in out
    assert "Faisselle" in out
    assert "sans froid" in out
    assert "without cooling" in cabas(DAY, without_cooling(), "--language", "en")[1]


def test_as_json_it_names_lines_rules_and_sentences(cabas: Any) -> None:
    status, out, _err = cabas(DAY, without_cooling(), "--json")
    told = json.loads(out)
    assert status == BREAKS
    assert told["holds"] is False
    assert {one["rule"] for one in told["violations"]} == {"uncooled-too-long"}
    assert told["violations"][0]["line_ids"] == ["faisselle"]
    assert told["violations"][0]["mend"].startswith("Mettre dans une caisse")


def test_what_may_be_accepted_does_not_fail(cabas: Any) -> None:
    day = json.loads(json.dumps(DAY))
    day["vehicles"][0]["certified_until"] = "2026-06-25"
    status, out, _err = cabas(day, PLAN, "--json")
    assert (status, json.loads(out)["holds"]) == (0, True)
    assert {one["weight"] for one in json.loads(out)["violations"]} == {"soft"}


def test_a_slip_in_a_file_is_told_at_its_place(cabas: Any) -> None:
    day = json.loads(json.dumps(DAY))
    del day["sites"][0]["latitude"]
    status, out, err = cabas(day, PLAN)
    assert (status, out) == (1, "")
    assert "day.json cannot be used:\n  sites[0].latitude: the place has no coordinates\n" in err
    assert "plan.json cannot be used:\n  This is no JSON" in cabas(DAY, "{")[2]


def test_a_file_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["plan", "--check", "/nowhere.json", "/nowhere.json"])
    assert end.value.code == 1
    assert "/nowhere.json cannot be read" in capsys.readouterr().err


def test_the_page_tells_every_rule_with_its_weight() -> None:
    page = (DOCS / "plan.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    assert set(rows) == set(RULES)
    for name, row in rows.items():
        assert f"| {RULES[name].weight.value} |" in row, name


def test_a_broken_rule_and_a_bad_file_have_statuses_of_their_own(
    cabas: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cabas(DAY, without_cooling())[0] == 3
    assert cabas("{", PLAN)[0] == 1
    with pytest.raises(SystemExit) as end:
        main(["plan", "--help"])
    assert end.value.code == 0
    assert "3 the plan breaks a hard rule" in " ".join(capsys.readouterr().out.split())
