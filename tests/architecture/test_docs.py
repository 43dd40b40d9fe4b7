"""What the pages tell people to type, open and set is there: links, `make` targets, `cabas` commands, settings."""

import argparse
import re
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import unquote

import pytest

from cabas.cli import COMMANDS
from cabas.parts import five_services
from chassis.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
OPERATOR = ROOT / "docs" / "guides" / "operator.md"

NO_FIELDS = frozenset({"CABAS_SECRETS_DIR", "CABAS_NATS_SERVER", "CABAS_CRASH_AT"})
"""Read before, or beside, the settings of the services."""

_BLOCK = re.compile(r"```.*?```|(?<=\n\n)(?: {4}[^\n]*\n)+", re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_TARGET = re.compile(r"\bmake ([a-z][a-z-]*)")
_COMMAND = re.compile(r"\bcabas ([a-z][a-z-]*)")
_SETTING = re.compile(r"\bCABAS_[A-Z_]*[A-Z]")
_ROW = re.compile(r"^\| `(CABAS_[A-Z_]+)` \| ([^|]*) \|", re.MULTILINE)


def pages() -> list[Any]:
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES]


def typed(text: str) -> str:
    """What a page shows as typed: blocks of code, and words between backticks."""
    blocks = [re.sub("#.*", "", block) for block in _BLOCK.findall(text)]
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", _BLOCK.sub("", text))])


def kinds_of_settings() -> list[type[Settings]]:
    return [get_type_hints(part.create_app)["settings"] for part in five_services()]


def defaults() -> dict[str, str]:
    """Setting -> its default as the operator's table writes it."""
    found = {}
    for kind in kinds_of_settings():
        for name, field in kind.model_fields.items():
            found[f"CABAS_{name.upper()}"] = written(field.default)
    return found


def written(value: Any) -> str:
    """A default as it can be typed into the environment; "" where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def test_what_is_typed_is_found_in_words_and_in_blocks_and_nowhere_else():
    page = "We make bread.\n\n    make loaf  # or make up your mind\n\nTry `cabas bake` or ask a cabas weaver.\n"
    assert _TARGET.findall(typed(page)) == ["loaf"]
    assert _COMMAND.findall(typed(page)) == ["bake"]
    assert _LINK.findall("[a](b.md), ![c](d/e.png)") == ["b.md", "d/e.png"]


@pytest.mark.parametrize("page", pages())
def test_every_relative_link_leads_somewhere(page):
    links = [link.split("#")[0] for link in _LINK.findall(_BLOCK.sub("", page.read_text()))]
    inner = [unquote(link) for link in links if link and not re.match(r"[a-z]+:", link)]
    dead = [link for link in inner if not (page.parent / link).exists()]
    assert not dead, f"{page.relative_to(ROOT)} links to what is not there: {', '.join(dead)}"


@pytest.mark.parametrize("page", pages())
def test_every_make_target_named_exists(page):
    there = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    unknown = set(_TARGET.findall(typed(page.read_text()))) - there
    assert not unknown, f"the Makefile has no target {', '.join(sorted(unknown))}"


@pytest.mark.parametrize("page", pages())
def test_every_command_named_exists(page):
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    for command in COMMANDS:
        command.add(commands)
    unknown = set(_COMMAND.findall(typed(page.read_text()))) - commands.choices.keys()
    assert not unknown, f"`cabas` has no command {', '.join(sorted(unknown))}"


@pytest.mark.parametrize("page", pages())
def test_every_setting_named_exists(page):
    unknown = set(_SETTING.findall(page.read_text())) - defaults().keys() - NO_FIELDS
    assert not unknown, f"no service has the setting {', '.join(sorted(unknown))}"


def test_the_operators_table_has_every_setting_with_its_default():
    told = dict(_ROW.findall(OPERATOR.read_text()))
    assert {name: default.strip() for name, default in told.items() if name not in NO_FIELDS} == defaults()


def test_a_length_of_time_is_a_number_whose_unit_the_name_says_or_which_is_in_seconds():
    """So the operator's page promises; a timedelta would be read as ISO 8601, and a bare number refused."""
    kinds = {name: field.annotation for kind in kinds_of_settings() for name, field in kind.model_fields.items()}
    assert not [name for name, annotation in kinds.items() if "timedelta" in str(annotation)]


def test_a_setting_means_one_thing_for_all_services():
    seen: dict[str, Any] = {}
    for kind in kinds_of_settings():
        for name, field in kind.model_fields.items():
            assert seen.setdefault(name, field.default) == field.default, f"{name} has two defaults"
