"""Accessibility of a page, judged by axe-core: WCAG 2.2 A and AA."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

_JUDGE = """tags => Promise.race([
    axe.run({runOnly: {type: 'tag', values: tags}}),
    new Promise((_, late) => setTimeout(() => late(new Error('axe did not come to an end')), 120_000)),
])"""
"""Playwright waits for ever for what a page reckons; a page that is left meanwhile never answers."""


@cache
def _axe() -> str:
    # Installed with the other parts of the front end; needed by tests only, so it is not copied into the package.
    library = Path(str(files("ui"))).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
    if not library.exists():
        pytest.skip("NOT RUN: axe-core is not installed (make setup)")
    return library.read_text()


def violations(page: Page) -> list[str]:
    """What is wrong with the page as it stands, one line each."""
    page.evaluate(_axe())
    found: dict[str, Any] = page.evaluate(_JUDGE, TAGS)
    return [
        f"{page.url}: {one['id']} ({one['impact']}): {one['help']}: {node['html'][:160]}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]
