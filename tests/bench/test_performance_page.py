"""The figures of the page: written between its marks, from what was measured, and nowhere else."""

# Its neighbours are found by name.
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from figures import Results, Table, percentile, spread, written
from report import PAGE, filled, plan
from start import IDLE, MEMORY

MACHINE = {
    "processor": "2 cores", "memory_gib": 23, "system": "Linux", "python": "3", "libraries": {}, "postgresql": None,
    "commit": "abc",
}  # fmt: skip


def results(tmp_path, **parts):
    found = Results(tmp_path / "results.json")
    for part, tables in parts.items():
        found.keep(part, [Table(part, name, name, dict.fromkeys(rows[0], ""), rows) for name, rows in tables.items()],
                   MACHINE, quick=False)  # fmt: skip
    return Results.read(tmp_path / "results.json")


def measured(tmp_path):
    lag = {
        "database": "postgresql",
        "load": "500/s",
        "cpu": 2.0,
        "cpu_others": 1.0,
        "cpu_broker": 0.5,
        "cpu_database": 0.5,
    }
    closing = [
        {"database": "postgresql", "what": what, "orders": 1000, "seconds": 0.2}
        for what in ("ordering: manifest", "logistics: pick lists", "billing: amounts due")
    ]
    pages = [
        {"size": "large", "page": page, "p50": 10.0} for page in ("shop, 850 products", "basket", "home of a member")
    ]
    start = [{"what": MEMORY, "value": 128.0}, {"what": IDLE, "value": 5.0}]
    disk = [{"database": "postgresql", "all": 30.0, "broker": 10.0}]
    return results(
        tmp_path, b={"lag": [lag], "disk": disk}, d={"closing": closing}, e={"pages": pages}, f={"start": start}
    )


def test_a_percentile_is_a_value_that_was_measured():
    assert percentile([1, 2, 3, 4], 50) == 2
    assert percentile(list(range(1, 101)), 99) == 99
    assert percentile([7], 99) == 7
    assert spread([90, 100, 110]) == "±10 %"


def test_figures_are_written_as_exactly_as_they_are_known():
    assert [written(value) for value in (1234.5, 123.4, 12.34, 1.234, 5_000, None, "x")] == [
        "1,234", "123", "12.3", "1.23", "5,000", "", "x",
    ]  # fmt: skip


def test_the_page_is_filled_between_its_marks_and_can_be_filled_again(tmp_path):
    page = "Before\n<!-- bench: start -->\nold\n<!-- /bench -->\nafter\n"
    found = measured(tmp_path)
    once = filled(page, found)
    assert "| 128 |" in once
    assert once.startswith("Before\n")
    assert once.endswith("after\n")
    assert "old" not in once
    assert filled(once, found) == once


def test_what_was_not_measured_is_said_to_be_so(tmp_path):
    assert "Not measured yet." in filled("<!-- bench: orders -->\n<!-- /bench -->", measured(tmp_path))


def test_a_run_of_some_parts_keeps_the_tables_of_the_others(tmp_path):
    page = "<!-- bench: machine -->\n\n- another\n\n<!-- /bench -->\n<!-- bench: lag -->\n\nold\n\n<!-- /bench -->\n"
    page += "<!-- bench: posting -->\n\nNot measured yet.\n\n<!-- /bench -->"
    once = filled(page, results(tmp_path, i={"posting": [{"what": "sales"}]}))
    assert "\n- another\n- 2 cores, 23 GiB; Linux" in once
    assert "\n\nold\n\n" in once
    assert "commit abc, 2 cores):" in once
    assert "Not measured" not in once


def test_the_plan_is_reckoned_as_the_page_says(tmp_path):
    units, table = plan(measured(tmp_path))
    assert any(row["value"] == "4.0 ms" for row in units.rows)
    hundred = next(row for row in table.rows if row["hubs"] == 100)
    saved = 100 * 1000 * 1.5 / 2 / 3600
    assert hundred["peak"] == saved
    assert hundred["cores"] == (saved * 0.004 + saved * 6 * 0.010) / 0.6
    assert hundred["closing"] == 100 * 0.6000000000000001 / 60


def test_every_mark_of_the_page_is_one_that_a_run_fills():
    known = {
        "machine", "orders", "client", "lag", "disk", "relay", "consumer", "closing", "pages", "start", "streams",
        "posting", "settlement", "allocation", "planning", "gap", "recall", "units", "plan",
    }  # fmt: skip
    assert set(re.findall(r"<!-- bench: ([a-z-]+) -->", PAGE.read_text())) == known
