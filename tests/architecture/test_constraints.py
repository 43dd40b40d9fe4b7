"""constraints.txt pins everything with hashes, names no address, and covers what the members ask for."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEMBERS = [
    ROOT / "pyproject.toml",
    *sorted(ROOT.glob("libs/*/pyproject.toml")),
    *sorted(ROOT.glob("services/*/pyproject.toml")),
]
TEXT = (ROOT / "constraints.txt").read_text()
PIN = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; (?P<marker>[^\\]+?))?"
    r"(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n",
    re.MULTILINE,
)


def pins(text: str) -> dict[str, str]:
    return {pin["name"]: pin["version"] for pin in PIN.finditer(text)}


def strange(text: str) -> list[str]:
    """Lines that belong to no hashed pin."""
    return [line for line in PIN.sub("", text).splitlines() if line.strip()]


def test_every_line_is_a_hashed_pin() -> None:
    assert strange(TEXT) == [], "run `make lock`"
    assert len(pins(TEXT)) > 50


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://example.org/simple",
        "requests==2.0\n",
        "a>=1 \\\n    --hash=sha256:" + "0" * 64,
        "-e ./libs/ui",
    ],
)
def test_a_line_without_hash_or_with_an_address_is_seen(line: str) -> None:
    assert strange(TEXT + line)


def test_no_address_is_in_it() -> None:
    assert "://" not in TEXT
    assert "file:" not in TEXT


@pytest.mark.parametrize("member", MEMBERS, ids=lambda file: file.parent.name)
def test_what_a_member_asks_for_is_pinned(member: Path) -> None:
    asked = tomllib.loads(member.read_text())
    extras, groups = asked["project"].get("optional-dependencies", {}), asked.get("dependency-groups", {})
    needs = [asked["project"]["dependencies"], *extras.values(), *groups.values(), asked["build-system"]["requires"]]
    names = {re.split(r"[^A-Za-z0-9._-]", need)[0] for some in needs for need in some if isinstance(need, str)}
    plain = {name.lower().replace("_", "-") for name in names}
    assert {n for n in plain if not n.startswith("cabas")} <= pins(TEXT).keys(), "run `make lock`"


def test_the_build_backend_and_the_installer_are_pinned() -> None:
    assert {"uv", "uv-build"} <= pins(TEXT).keys()
