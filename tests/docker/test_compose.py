"""The deployment, as an operator lives it: up, a week while containers die, backup, all gone, restore, upgrade.

One test, because each step stands on the one before, and a deployment takes minutes to build.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from cabas.demo.api import Api
from cabas.demo.figures import OWNERS
from tests.docker import used
from tests.docker.compose import DEPLOY, ROOT, ComposeHub, require_docker

pytestmark = pytest.mark.docker

LIBRARIES = {f"cabas-{library.name}" for library in (ROOT / "libs").iterdir() if (library / "pyproject.toml").exists()}
VICTIMS = ("ordering", "nats", "postgres", "logistics")
ORDERS = 800
"""So many that all of them die before the last is placed."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory):
    require_docker()
    hub = ComposeHub(tmp_path_factory.mktemp("deployment"))
    try:
        hub.up()
        yield hub
    finally:
        hub.down()


def test_the_deployment_keeps_what_it_acknowledged(hub, subtests) -> None:
    with subtests.test("the front passes on what is for people, and nothing else"):
        passes_on_what_is_for_people(hub)
    with subtests.test("the five containers hold nothing they could write to, and are not root"):
        is_confined(hub)
    with subtests.test("no service reads another's database"):
        databases_are_apart(hub)

    sums = lives_its_week_while_containers_die(hub)
    for name, use in {
        "the papers of a day are drawn": used.prints_the_papers_of_a_day,
        "a probe speaks through the front": used.hears_a_probe,
        "a large price list is read in a process of its own": used.takes_in_a_large_price_list,
        "an archive of the books is signed, and whole": used.signs_an_archive_that_is_whole,
    }.items():
        with subtests.test(name):
            use(hub)
    totals = totals_of(hub, sums)
    stored = settled(hub)

    with subtests.test("a backup that is killed leaves nothing that can be restored, nor that the next one minds"):
        is_killed_in_the_middle_of_a_backup(hub)
    told = hub.run("./backup", str(hub.backups))
    file = next(hub.backups.glob("*.cabas"))
    assert "Read again: whole" in told
    assert [each.name for each in hub.backups.iterdir() if each.name != ".lock"] == [file.name], "and nothing beside it"
    assert file.stat().st_mode & 0o777 == 0o600
    with subtests.test("a restore does not write over a hub"):
        assert "there is a hub on this machine" in hub.run("./restore", str(file), check=False)
    with subtests.test("a file cut off is refused before anything is touched"):
        cut = hub.backups / "cut"
        cut.write_bytes(file.read_bytes()[:-10_000])
        assert "cannot be restored" in hub.run("./restore", str(cut), "--replace", check=False)
        cut.unlink()
        assert totals_of(hub, sums) == totals

    hub.compose("down", "-v", "-t", "20")
    hub.run("docker", "run", "--rm", "-v", f"{hub.folder}:/folder", "postgres:17", "rm", "-rf", "/folder/secrets")
    hub.run("./restore", str(file))
    hub.compose("cp", "caddy:/data/caddy/pki/authorities/local/root.crt", str(hub.ca))
    assert totals_of(hub, sums) == totals
    assert settled(hub) == stored

    hub.run("./upgrade", str(hub.backups))
    assert totals_of(hub, sums) == totals
    assert len(list(hub.backups.glob("*.cabas"))) == 2, "an upgrade begins with a backup"


def passes_on_what_is_for_people(hub: ComposeHub) -> None:
    with httpx.Client(base_url=hub.url, verify=hub.trust(), trust_env=False) as client:
        home = client.get("/", headers={"accept-encoding": "zstd, gzip"})
        assert home.status_code == 200
        assert home.headers.get_list("content-security-policy") == [home.headers["content-security-policy"]]
        assert len(home.headers.get_list("x-frame-options")) == 1
        assert home.headers["content-encoding"] in ("zstd", "gzip")
        assert "server" not in home.headers
        assert client.get("/health/live").json() == {"status": "ok"}
        assert client.get("/health/ready").json() == {"ready": True}
        assert client.get("/billing/health/ready").json() == {"ready": True}
        for inner in ("/catalog/metrics", "/catalog/%6detrics", "/x/../catalog/metrics", "/ordering/asyncapi"):
            assert client.get(inner).status_code == 404, inner
        assert client.post("/catalog/api/price-lists", content=b"0" * 21_000_000).status_code == 413
    plain = httpx.get(f"http://localhost:{hub.environment['CABAS_HTTP_PORT']}/", trust_env=False)
    assert plain.status_code == 308, "nobody orders without TLS"


def is_confined(hub: ComposeHub) -> None:
    for service in ("catalog", "ordering", "billing", "logistics", "notify"):
        told = hub.compose("exec", "-T", service, "sh", "-c", "id -u; touch /here; ls /run/secrets; pip list")
        assert told.splitlines()[0] == "10001", service
        assert "Read-only file system" in told
        assert ("token.pem" in told.split()) == (service == "ordering"), "only ordering can sign people in"
        installed = {word for word in told.split() if word.startswith("cabas-")}
        assert installed == {*LIBRARIES, f"cabas-{service}"}, "and the code of no other service"


def databases_are_apart(hub: ComposeHub) -> None:
    statement = (
        "SELECT string_agg(r.rolname || '>' || d.datname, ' ' ORDER BY r.rolname) FROM pg_roles r, pg_database d "
        "WHERE d.datallowconn AND r.rolcanlogin AND NOT r.rolsuper "
        "AND has_database_privilege(r.rolname, d.datname, 'CONNECT')"
    )
    told = hub.compose("exec", "-T", "postgres", "psql", "-U", "postgres", "-Atc", statement)
    expected = " ".join(f"{name}>{name}" for name in ("billing", "catalog", "logistics", "notify", "ordering"))
    assert expected in told


def lives_its_week_while_containers_die(hub: ComposeHub) -> dict[str, Any]:
    """`cabas demo --url`, as a process of its own; one container after another is killed while households order."""
    words = ["demo", "--url", hub.url, "--leave-data", "--key", str(hub.key), "--ca", str(hub.ca), "--json"]
    demo = subprocess.Popen(
        [sys.executable, "-m", "cabas", *words, "--orders", str(ORDERS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert demo.stderr
        for line in demo.stderr:
            if line.startswith("the cycle opens"):
                break
        used.follows_a_live_page(hub)
        killed = 0
        for victim in VICTIMS:
            if demo.poll() is not None:
                break
            hub.compose("kill", victim)
            time.sleep(0.5)
            hub.compose("start", victim)
            killed += 1
        said, error = demo.communicate(timeout=1200)
    finally:
        demo.kill()
    assert demo.returncode == 0, error
    assert killed == len(VICTIMS), f"the week was over after {killed} deaths: let more households order"
    figures: dict[str, Any] = json.loads(said)
    assert figures["ok"]
    return figures


def is_killed_in_the_middle_of_a_backup(hub: ComposeHub) -> None:
    """The script alone, when the streams are copied and the databases are not: its container goes on for a while."""
    hub.backups.mkdir()
    backup = subprocess.Popen(
        ["./backup", str(hub.backups)], cwd=DEPLOY, env=hub.environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not list(hub.backups.glob("*.partial/copied.json")):
        assert backup.poll() is None, "the backup ended before it was killed"
        time.sleep(0.01)
    os.killpg(backup.pid, signal.SIGKILL)
    backup.wait()
    (partial,) = hub.backups.glob("*.partial")
    assert not list(hub.backups.glob("*.cabas"))
    assert "no such file" in hub.run("./restore", str(partial), "--replace", check=False)
    # As a machine that lost its power while the file was written leaves it.
    draft = hub.backups / ".cabas-of-yesterday.cabas.partial"
    draft.write_bytes(b"half a file")
    assert "cannot be restored" in hub.run("./restore", str(draft), "--replace", check=False)


def totals_of(hub: ComposeHub, sums: dict[str, Any]) -> dict[str, Any]:
    """What ordering, logistics and billing say of the cycle now; it must be the sum the demo was told, and of billing,
    who was told what came, what households owe."""

    async def ask() -> dict[str, Any]:
        api = Api(hub.url, hub.token, 4, patience=60, trust=hub.trust())
        try:
            cycles = await api.get("/ordering/api/cycles")
            return {
                owner: [await api.get(f"/{owner}/api/cycles/{one['id']}/totals") for one in cycles] for owner in OWNERS
            }
        finally:
            await api.close()

    totals = asyncio.run(ask())
    wanted = sums["gross_cents"] | {"billing": sums["owed_gross_cents"]}
    assert {owner: sum(one["gross_cents"] for one in told) for owner, told in totals.items()} == wanted
    return totals


def settled(hub: ComposeHub) -> dict[str, int]:
    """Messages in each stream, when nothing is on its way any more: as many as events were announced.

    A backup in the middle of a publication may hold part of it; those events are in the restored stream twice, and
    dropped by the inboxes. So the counts are compared of a hub that has sent its mails.
    """
    soon = "SELECT count(*) FROM timer WHERE due_at < now() + interval '10 minutes'"
    to_leave = f"SELECT 'n=' || ({soon}) + (SELECT count(*) FROM message WHERE state = 'waiting')"
    deadline = time.monotonic() + 300
    while True:
        announced = {
            name.upper(): counted(hub, name, "SELECT 'n=' || count(*) FROM outbox")
            for name in ("catalog", "ordering", "billing", "logistics", "notify")
        }
        stored = hub.streams()
        if stored == announced and counted(hub, "notify", to_leave) == 0:
            return stored
        assert time.monotonic() < deadline, f"the streams hold {stored}, announced were {announced}"
        time.sleep(2)


def counted(hub: ComposeHub, database: str, statement: str) -> int:
    told = hub.compose("exec", "-T", "postgres", "psql", "-U", "postgres", "-d", database, "-Atc", statement)
    return int(told.split("n=")[1].split()[0])


def test_where_no_engine_answers_the_test_says_so(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match="no container engine"):
        require_docker()
