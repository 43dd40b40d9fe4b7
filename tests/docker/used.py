"""What a hub is used for beside ordering, in containers: whatever draws, searches, signs or streams there."""

import html
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Any

import httpx
from xlsxwriter import Workbook

from cabas.demo import goods
from cabas.demo.week import following_friday
from catalog.price_list.reading import LARGE
from tests.docker.compose import ComposeHub

PROBES = "/logistics/temperatures/probes"


def client(hub: ComposeHub) -> httpx.Client:
    """The operator's, through the front."""
    headers = {"authorization": f"Bearer {hub.token()}"}
    return httpx.Client(base_url=hub.url, verify=hub.trust(), trust_env=False, headers=headers, timeout=120)


def published_day() -> str:
    """The day of deliveries that the demo's week published."""
    return following_friday((datetime.now(UTC) + timedelta(days=3)).date()).isoformat()


def prints_the_papers_of_a_day(hub: ComposeHub) -> None:
    day = f"/logistics/days/{published_day()}"
    with client(hub) as asked:
        for paper in ("rounds.pdf", "dock.pdf", "packing.pdf", "labels/crates.pdf", "labels/bags.pdf"):
            got = asked.get(f"{day}/{paper}")
            assert got.status_code == 200, f"{paper}: {got.text[:300]}"
            assert got.content.startswith(b"%PDF"), paper
        lists = set(re.findall(r"/logistics/pick-lists/[\w-]+", asked.get("/logistics/pick-lists").text))
        one = min(lists)
        assert asked.get(f"{one}.pdf").content.startswith(b"%PDF")
        assert zipfile.ZipFile(io.BytesIO(asked.get(f"{one}.xlsx").content)).testzip() is None


def hears_a_probe(hub: ComposeHub) -> None:
    """A fridge's probe speaks through the front, with its key and without a session."""
    with client(hub) as asked:
        form = html.unescape(asked.get(f"{PROBES}/new").text)
        places = re.findall(r'<option value="([^"]+)"', form)
        identity = re.findall(r'name="id" value="([^"]+)"', form)[0]
        sheet = {"id": identity, "name": f"Frigo {identity}", "place": places[0], "every": "15"}
        kept = asked.post(f"{PROBES}/new", data=sheet)
        assert kept.status_code == 303, kept.text[-2000:]
        shown = asked.post(f"{PROBES}/{identity}/keys", data={"key": f"k{identity}"[:36]}).text
        key = html.unescape(shown.partition('<code class="cold-key">')[2].partition("</code>")[0])
    reading = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "celsius": 3.4}
    with httpx.Client(base_url=hub.url, verify=hub.trust(), trust_env=False) as probe:
        said = probe.post(
            f"/logistics/probes/{identity}/readings",
            json={"readings": [reading]},
            headers={"authorization": f"Bearer {key}"},
        )
        assert (said.status_code, said.json().get("taken")) == (200, 1), said.text
        forged = probe.post(
            f"/logistics/probes/{identity}/readings",
            json={"readings": [reading]},
            headers={"authorization": "Bearer guessed"},
        )
        assert forged.status_code == 403


def follows_a_live_page(hub: ComposeHub) -> None:
    """The front lets the first piece through at once, and does not wait for a block to fill."""
    with client(hub) as asked:
        cycle = asked.get("/ordering/api/cycles").json()[0]["id"]
        with asked.stream("GET", f"/ordering/cycles/{cycle}/stream", headers={"accept-encoding": "gzip"}) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            first = next(stream.iter_lines())
            assert first.split(":")[0] in ("id", "event", "data", "retry"), first


def takes_in_a_large_price_list(hub: ComposeHub) -> None:
    """A workbook so large that a process of its own reads it: most of it is a column that the hub has no use for."""
    file = io.BytesIO()
    with Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ("sku", "name_fr", "unit", "price_eur", "remarks"))
        for number in range(1, 61):
            sheet.write_row(number, 0, (f"GD-{number}", f"Bocal {number}", "piece", "3.50", token_urlsafe(20_000)))
    assert len(file.getvalue()) > LARGE
    with client(hub) as asked:
        farm = asked.post("/catalog/api/producers", json=goods.farms(5, 45, 7)[0].sheet | {"name": "Le Grand Domaine"})
        assert farm.status_code in (200, 201), farm.text
        query = {"producer_id": farm.json()["id"], "temperature_class": "AMBIENT"}
        told = asked.post("/catalog/api/price-lists", params=query, files={"file": ("prix.xlsx", file.getvalue())})
    assert told.status_code == 200, told.text
    assert (told.json()["new"], told.json()["wrong"]) == (60, [])


def signs_an_archive_that_is_whole(hub: ComposeHub) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    days: dict[str, Any] = {"since": (yesterday - timedelta(days=30)).isoformat(), "until": yesterday.isoformat()}
    with client(hub) as asked:
        packed = asked.get("/billing/ledger/archive/file.zip", params=days)
    assert packed.status_code == 200, packed.text[-2000:]
    told = hub.compose("run", "--rm", "-T", "books", "verify", "--archive", "-", given=packed.content)
    assert "ok" in told
