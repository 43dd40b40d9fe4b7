"""The gallery in a real browser: axe finds nothing, nothing runs over the edge, scripts add what they promise.

Skipped, and said so, where there is no Chromium or no axe-core (`make setup` fetches it).
"""

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, sync_playwright

from chassis.settings import Settings

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 900}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: the browser tests were not run"),
    pytest.mark.skipif(not AXE.is_file(), reason="no axe-core (make setup): the browser tests were not run"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, keys: tuple[bytes, bytes]) -> Iterator[str]:
    """The stall, served for real, in a thread of its own."""
    from stall.app import create_app

    folder = tmp_path_factory.mktemp("stall")
    (folder / "token.pub.pem").write_bytes(keys[1])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite+aiosqlite:///{folder / 'stall.db'}",
        token_public_key_file=folder / "token.pub.pem",
        development=True,
        hub_name="Le Panier d’Aude",
    )
    app = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, port=port, lifespan="off", log_level="warning"))

    async def serve() -> None:
        await app.state.service.start(broker=False)
        await server.serve()
        await app.state.service.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


def opened(chromium: Chromium, url: str, viewport: dict[str, int], **options: Any) -> Page:
    page = chromium.new_context(viewport=viewport, locale="fr-FR", bypass_csp=True, **options).new_page()
    page.goto(url)
    page.wait_for_load_state("load")
    return page


@pytest.mark.parametrize(
    ("path", "viewport"),
    [("/ui/gallery", PHONE), ("/ui/gallery", WIDE), ("/stall/hello", PHONE), ("/stall/mishap/not-found", WIDE)],
    ids=["gallery-phone", "gallery-wide", "form-phone", "error-wide"],
)
def test_axe_finds_nothing(chromium: Chromium, address: str, path: str, viewport: dict[str, int]) -> None:
    page = opened(chromium, address + path, viewport)
    page.add_script_tag(path=AXE)
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    told = [f"{item['id']}: {node['html'][:150]}" for item in found["violations"] for node in item["nodes"]]
    page.context.close()
    assert told == []


@pytest.mark.parametrize("width", [320, 768, 1000])
def test_nothing_runs_over_the_edge(chromium: Chromium, address: str, width: int) -> None:
    page = opened(chromium, f"{address}/ui/gallery", {"width": width, "height": 800})
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.context.close()
    assert over == 0


def test_everything_to_press_is_large_enough_for_a_thumb(chromium: Chromium, address: str) -> None:
    page = opened(chromium, f"{address}/ui/gallery", PHONE)
    small = page.evaluate(
        """[...document.querySelectorAll('button, .button, .dock a, .dock summary, select, input:not([type=hidden])')]
        .filter(e => e.checkVisibility())
        .map(e => [e.outerHTML.slice(0, 80), e.closest('label') ?? e])
        .map(([html, e]) => [html, e.getBoundingClientRect()])
        .filter(([, box]) => box.height < (24) || box.width < 24).map(([html]) => html)"""
    )
    page.context.close()
    assert small == []


def test_the_policy_on_content_stops_nothing_of_ours(chromium: Chromium, address: str) -> None:
    complaints: list[str] = []
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/ui/gallery")
    page.wait_for_load_state("networkidle")
    context.close()
    assert complaints == []


def test_a_stepper_counts_in_tenths_of_a_kilo_and_never_below_nothing(chromium: Chromium, address: str) -> None:
    page = opened(chromium, f"{address}/ui/gallery", PHONE)
    field = page.locator("#field-basket-1")
    page.get_by_role("button", name="Plus\u00a0: Poireaux").click()
    assert field.input_value() == "1,6"
    field.fill("0,1")
    page.get_by_role("button", name="Moins\u00a0: Poireaux").click()
    assert field.input_value() == "0"
    assert page.get_by_role("button", name="Moins\u00a0: Poireaux").is_disabled()
    page.context.close()


def test_another_services_piece_is_fetched_or_said_to_rest(chromium: Chromium, address: str) -> None:
    page = opened(chromium, f"{address}/ui/gallery", WIDE)
    page.get_by_text("42,10").wait_for()
    page.locator(".lazy-resting").wait_for()
    page.context.close()


def test_without_scripts_everything_is_there(chromium: Chromium, address: str) -> None:
    page = opened(chromium, f"{address}/ui/gallery", PHONE, java_script_enabled=False)
    assert page.locator("#field-basket-1").input_value() == "1,5"
    assert page.locator(".lazy a").first.is_visible()
    page.locator(".dock summary").click()
    assert page.locator(".more-list a").first.is_visible()
    page.context.close()


def test_the_first_tab_leads_past_the_menu(chromium: Chromium, address: str) -> None:
    page = opened(chromium, f"{address}/stall/hello", WIDE)
    page.keyboard.press("Tab")
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.context.close()


def test_on_paper_there_is_no_menu(chromium: Chromium, address: str) -> None:
    page = opened(chromium, f"{address}/ui/gallery", WIDE)
    page.emulate_media(media="print")
    assert not page.locator(".board").is_visible()
    assert not page.locator(".dock").is_visible()
    assert page.locator("table").first.is_visible()
    page.context.close()
