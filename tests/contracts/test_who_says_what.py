"""docs/events.md and the AsyncAPI documents say what the code does; the code's tables fit each other."""

import json
from pathlib import Path

import httpx
import pytest

from cabas.docs import events_page, mismatches, out_of_date, pages
from cabas.parts import five_services
from cabas.talks import Talk, talks
from chassis.database import Writer
from chassis.listening import Listening
from contracts import catalog, ordering

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def everybody() -> tuple[Talk, ...]:
    return talks()


def test_the_generated_pages_are_as_the_code_says(everybody: tuple[Talk, ...]) -> None:
    assert out_of_date(DOCS, everybody) == [], "run `make docs` and commit what it writes"


def test_what_is_heard_is_said_and_what_is_promised_is_said(everybody: tuple[Talk, ...]) -> None:
    assert mismatches(everybody) == []


def test_all_five_services_are_on_the_page(everybody: tuple[Talk, ...]) -> None:
    assert {talk.service for talk in everybody} == {part.name for part in five_services()}


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database will do: nothing is started, so none is opened."""
    return f"sqlite+aiosqlite:///{tmp_path / 'never.db'}"


@pytest.mark.parametrize("part", five_services(), ids=lambda part: part.name)
async def test_a_service_serves_the_document_that_is_committed(part, settings_for) -> None:
    kind = part.create_app.__annotations__["settings"]
    app = part.create_app(settings_for(kind))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://hub.test") as client:
        answer = await client.get(f"/{part.name}/asyncapi")
    assert answer.status_code == 200
    assert answer.json() == json.loads((DOCS / "asyncapi" / f"{part.name}.json").read_text())


# --- the page and the comparison themselves, on tables made up here ---


async def keep(writer: Writer, event: object) -> None:
    """Stands for a handler."""


CERTIFICATES = (catalog.CertificateEndsSoon, catalog.CertificateExpired)
SPEAKER = Talk(
    "catalog", (catalog.ProducerRegistered, catalog.ProducerChanged, catalog.ProductOffered, *CERTIFICATES), None
)
ALL = Talk("catalog", (*SPEAKER.announces, catalog.ProductWithdrawn), None)
LISTENER = Talk("notify", (), Listening("notify", {catalog.ProducerRegistered: keep}, (catalog.ProducerChanged,)))


def test_the_page_names_speaker_meaning_and_listeners() -> None:
    page = events_page([SPEAKER, LISTENER])
    assert "| `cabas.catalog.producer.registered.v1` | A producer joined the hub. |" in page
    assert "| notify (`keep`) |" in page
    assert "| notify (knows and needs it not) |" in page
    assert "| nobody yet |" in page
    assert "It listens to **catalog** (producer registered v1)." in page


def test_a_promise_that_nobody_keeps_is_found() -> None:
    assert mismatches([SPEAKER]) == ["cabas.catalog.product.withdrawn.v1 is promised and nobody says it"]


def test_a_listener_to_silence_is_found() -> None:
    deaf = Talk("billing", (), Listening("billing", {ordering.OrderPlaced: keep}))
    silent = Talk("ordering", (), None)
    assert "billing listens to cabas.ordering.order.placed.v1, which nobody says" in mismatches([ALL, silent, deaf])


def test_speaking_for_another_service_is_found() -> None:
    usurper = Talk("logistics", (ordering.OrderPlaced,), None)
    found = mismatches([ALL, usurper])
    assert "logistics announces cabas.ordering.order.placed.v1, which is ordering's to say" in found


@pytest.mark.parametrize("spoil", ["changed", "missing", "vanished service"])
def test_an_outdated_page_is_found(tmp_path: Path, spoil: str) -> None:
    for name, text in pages([ALL, LISTENER]).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert out_of_date(tmp_path, [ALL, LISTENER]) == []
    match spoil:
        case "changed":
            (tmp_path / "events.md").write_text("nothing")
        case "missing":
            (tmp_path / "asyncapi" / "catalog.json").unlink()
        case "vanished service":
            (tmp_path / "asyncapi" / "bakery.json").write_text("{}")
    assert len(out_of_date(tmp_path, [ALL, LISTENER])) == 1
