"""Dashboard, alerts and scrape settings speak of what is there: numbers, services, entries in the operator's book.

Grafana itself is not run here: its dashboard is held to its own form, and its queries to Prometheus' where promtool is.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from cabas.parts import five_services
from chassis.identity import new_key_pair

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
BOOK = ROOT / "docs" / "operate.md"

OTHERS = {
    "up": "Prometheus",
    "ALERTS": "Prometheus",
    "probe_success": "the blackbox exporter",
    "probe_ssl_earliest_cert_expiry": "the blackbox exporter",
    "cabas_last_backup_seconds": "the backup",
}
"""Numbers that are not of our services, and whose they are."""

_METRIC = re.compile(r"\b(?:cabas|caddy|probe|nats|pg|node)_[a-z_]+|\bup\b|\bALERTS\b")
_JOB = re.compile(r'job=~?"([^"]+)"')
_PROMTOOL = shutil.which("promtool")


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((MONITORING / "grafana/dashboards/cabas.json").read_text())
    return found


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    """(where, expression) of all alerts and panels."""
    for alert in alerts():
        yield alert["alert"], alert["expr"]
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of everything the five services expose."""
    folder = tmp_path_factory.mktemp("hub")
    (folder / "keys").mkdir()
    private, public = new_key_pair()
    (folder / "keys" / "token.pem").write_bytes(private)
    (folder / "keys" / "token.pub.pem").write_bytes(public)
    names: set[str] = set()
    for part in five_services():
        app = part.app({"data_dir": folder})
        text = generate_latest(app.state.service.metrics.registry).decode()
        for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
            names |= {f"{name}_{end}" for end in ("bucket", "count", "sum")} if kind == "histogram" else {name}
    return names


@pytest.mark.parametrize(("where", "expression"), [pytest.param(w, e, id=w) for w, e in expressions()])
def test_every_number_asked_for_is_exposed_by_somebody(where: str, expression: str, exposed: set[str]) -> None:
    asked = set(_METRIC.findall(expression))
    assert asked, f"{where} asks for nothing"
    assert asked - exposed - OTHERS.keys() == set()


def test_a_number_that_nobody_exposes_would_be_found(exposed: set[str]) -> None:
    assert set(_METRIC.findall("max by (job) (cabas_outbox_size) > up")) - exposed - OTHERS.keys() == {
        "cabas_outbox_size"
    }


def test_every_job_named_is_scraped_and_every_service_is_a_job() -> None:
    jobs = {
        job["job_name"]: job for job in yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"]
    }
    named = {name for _, expression in expressions() for found in _JOB.findall(expression) for name in found.split("|")}
    assert named - jobs.keys() == set()
    for part in five_services():
        assert jobs[part.name]["metrics_path"] == f"/{part.name}/metrics"


def test_every_alert_leads_to_its_entry_in_the_book_and_every_entry_is_of_an_alert() -> None:
    names = [alert["alert"] for alert in alerts()]
    assert len(names) == len(set(names))
    for alert in alerts():
        assert alert["annotations"]["runbook"] == f"docs/operate.md#{alert['alert'].lower()}"
        assert alert["labels"]["severity"] in ("critical", "warning")
    entries = re.findall(r"^### ([A-Z]\w+)$", BOOK.read_text(), re.MULTILINE)
    assert sorted(entries) == sorted(names)


def test_every_alert_is_tried_both_ways() -> None:
    tried = "".join((MONITORING / f"{name}.test.yml").read_text() for name in ("rules", "care"))
    untried = [alert["alert"] for alert in alerts() if f'alertname="{alert["alert"]}"' not in tried]
    assert untried == []


def test_the_dashboard_is_one_that_grafana_can_show() -> None:
    board = dashboard()
    source = yaml.safe_load((MONITORING / "grafana/provisioning/datasources/prometheus.yml").read_text())
    uid = source["datasources"][0]["uid"]
    assert board["title"]
    assert board["uid"]
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    for panel in board["panels"]:
        assert panel["type"] in ("row", "stat", "timeseries"), "a panel that every Grafana has"
        assert panel["title"]
        if panel["type"] != "row":
            assert panel["description"], f"{panel['title']}: what does it tell?"
            assert panel["datasource"]["uid"] == uid
            references = [target["refId"] for target in panel["targets"]]
            assert len(references) == len(set(references))


def test_the_dashboard_asks_the_four_questions_on_one_screen() -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            assert cell not in taken, f"{panel['title']} lies upon {taken[cell]}"
            taken[cell] = panel["title"]
    assert max(x for x, _ in taken) < 24
    assert max(y for _, y in taken) < 28, "more than a screen of 1080 lines shows"
    rows = [panel["title"] for panel in dashboard()["panels"] if panel["type"] == "row"]
    assert rows[:4] == ["Are orders flowing?", "Who lags?", "Is anything stuck?", "Is money balanced?"]


def test_what_the_containers_are_given_is_there() -> None:
    services = yaml.safe_load((MONITORING / "compose.yaml").read_text())["services"]
    given = [volume.split(":")[0] for one in services.values() for volume in one["volumes"] if volume.startswith("./")]
    assert given
    assert [path for path in given if not (MONITORING / path).exists()] == []
    for one in services.values():
        assert one["profiles"] == ["monitoring"], "nobody gets it without asking"
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", ())), "reached from this machine only"


@pytest.mark.skipif(not _PROMTOOL, reason="promtool is not installed (Debian: package prometheus)")
@pytest.mark.parametrize(
    "command",
    [["check", "config", "prometheus.yml"], ["test", "rules", "rules.test.yml", "care.test.yml"]],
    ids=" ".join,
)
def test_prometheus_understands_what_we_wrote(command: list[str]) -> None:
    said = subprocess.run([str(_PROMTOOL), *command], cwd=MONITORING, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.skipif(not _PROMTOOL, reason="promtool is not installed (Debian: package prometheus)")
def test_prometheus_understands_every_query_of_the_dashboard(tmp_path: Path) -> None:
    queries = [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", ())]
    rules = [{"record": f"asked:{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "asked.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    said = subprocess.run([str(_PROMTOOL), "check", "rules", file], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
