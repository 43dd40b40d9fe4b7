"""AA contrast of every pair of colours that the style sheets put together, computed from the sheets."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[1] / "src" / "ui" / "static"
TOKENS = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", (CSS / "cabas.css").read_text()))

TEXT = [
    ("ink", "ground"),
    ("ink", "paper"),
    ("ink-soft", "ground"),
    ("ink-soft", "paper"),
    ("leek", "ground"),
    ("leek", "paper"),
    ("paper", "leek"),
    ("paper", "leek-deep"),
    ("paper", "radish"),
    ("paper", "radish-deep"),
    ("radish-deep", "radish-pale"),
    ("radish-deep", "ground"),
    ("ink", "squash"),
    ("ink", "squash-pale"),
    ("ink", "leek-pale"),
    ("ink", "plum-pale"),
    ("ink", "radish-pale"),
    ("squash-ink", "squash-pale"),
    ("kraft-ink", "kraft-pale"),
    ("chalk", "slate"),
    ("chalk", "slate-deep"),
    ("chalk-soft", "slate"),
    ("squash", "slate"),
    ("squash", "slate-deep"),
    ("slate-deep", "squash"),
    ("paper", "ink"),
    ("ink-soft", "line"),
]
OUTLINES = [
    ("edge", "paper"),
    ("edge", "ground"),
    ("plum", "ground"),
    ("plum", "paper"),
    ("squash", "slate"),
    ("radish", "paper"),
]


def _light(colour: str) -> float:
    parts = [int(TOKENS[colour][i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_light(one), _light(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("words", "behind"), TEXT)
def test_words_stand_out(words: str, behind: str) -> None:
    assert contrast(words, behind) >= 4.5


@pytest.mark.parametrize(("edge", "behind"), OUTLINES)
def test_edges_of_fields_and_focus_stand_out(edge: str, behind: str) -> None:
    assert contrast(edge, behind) >= 3
