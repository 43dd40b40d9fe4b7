"""Each rule of `[tool.importlinter]` holds, and each is seen to catch its violation."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    Path("src"),
    *(Path("libs") / name / "src" for name in ("allocation", "coldchain", "contracts", "chassis", "ui")),
    *(Path("services") / name / "src" for name in ("catalog", "ordering", "billing", "logistics", "notify")),
]
RULES = [
    rule["id"] for rule in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
]

VIOLATIONS = [
    ("services-are-independent", "services/billing/src/billing/planted.py", "import ordering"),
    ("services-are-independent", "services/catalog/src/catalog/planted.py", "from notify import planted_target"),
    ("layers", "libs/contracts/src/contracts/planted.py", "import chassis"),
    ("layers", "libs/chassis/src/chassis/planted.py", "from ui import planted_target"),
    ("layers", "libs/ui/src/ui/planted.py", "import logistics"),
    ("layers", "services/notify/src/notify/planted.py", "import cabas"),
    ("contracts-stand-alone", "libs/contracts/src/contracts/planted.py", "import sqlalchemy"),
    ("contracts-stand-alone", "libs/contracts/src/contracts/planted.py", "def late():\n    import structlog"),
    ("allocation-stands-alone", "libs/allocation/src/allocation/planted.py", "import pydantic"),
    ("allocation-stands-alone", "libs/allocation/src/allocation/planted.py", "from contracts import Unit"),
    ("coldchain-stands-alone", "libs/coldchain/src/coldchain/planted.py", "import sqlalchemy"),
    ("coldchain-stands-alone", "libs/coldchain/src/coldchain/planted.py", "from ui import planted_target"),
    ("libraries-allocate-nothing", "libs/ui/src/ui/planted.py", "import allocation"),
    ("libraries-allocate-nothing", "libs/chassis/src/chassis/planted.py", "from allocation import planted_target"),
    ("libraries-allocate-nothing", "libs/ui/src/ui/planted.py", "import coldchain"),
    ("noun-files-know-no-edge", "services/ordering/src/ordering/planted.py", "from fastapi import Request"),
    ("noun-files-know-no-edge", "services/ordering/src/ordering/planted/deep.py", "import starlette.responses"),
    (
        "noun-files-know-no-edge",
        "services/logistics/src/logistics/planted.py",
        "from faststream.nats import NatsBroker",
    ),
    ("noun-files-know-no-edge", "services/logistics/src/logistics/planted.py", "import nats.js"),
    ("noun-files-know-no-edge", "services/billing/src/billing/planted.py", "from ui import words"),
    ("noun-files-know-no-edge", "services/billing/src/billing/planted.py", "from billing import api"),
]

TARGETS = [
    "libs/allocation/src/allocation/planted_target.py",
    "services/notify/src/notify/planted_target.py",
    "libs/ui/src/ui/planted_target.py",
    "services/billing/src/billing/api.py",
]
"""Modules that violations import, so that they are modules and not mere names."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources and the rules in a temporary folder, to be spoilt."""
    for source in SOURCES:
        shutil.copytree(
            ROOT / source,
            tmp_path / source,
            ignore=shutil.ignore_patterns("__pycache__", "static", "locale", "templates"),
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    rules = tmp_path / "tests" / "architecture"
    rules.mkdir(parents=True)
    for name in ("__init__.py", "architecture/__init__.py", "architecture/import_rules.py"):
        shutil.copy(ROOT / "tests" / name, tmp_path / "tests" / name)
    return tmp_path


def lint(folder: Path, *rules: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    paths = os.pathsep.join(str(folder / source) for source in SOURCES)
    return subprocess.run(
        [*command, *(word for rule in rules for word in ("--contract", rule))],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_rule_holds() -> None:
    outcome = lint(ROOT)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize(("rule", "file", "line"), VIOLATIONS, ids=lambda value: str(value).replace("/", "."))
def test_a_planted_violation_is_caught(copy: Path, rule: str, file: str, line: str) -> None:
    planted = copy / file
    for folder in missing_packages(planted.parent):
        folder.mkdir()
        (folder / "__init__.py").touch()
    assert lint(copy, rule).returncode == 0
    planted.write_text(line + "\n")
    for target in TARGETS:
        (copy / target).touch()
    outcome = lint(copy, rule)
    assert outcome.returncode == 1, f"{rule} let it pass: {outcome.stdout}{outcome.stderr}"
    assert "planted" in outcome.stdout, f"{rule} does not name the file: {outcome.stdout}{outcome.stderr}"


def missing_packages(folder: Path) -> Iterator[Path]:
    if not folder.exists():
        yield from missing_packages(folder.parent)
        yield folder


def test_an_edge_file_may_use_the_web(copy: Path) -> None:
    """The other side of the rule: it forbids noun files, not everything."""
    (copy / "services/ordering/src/ordering/api.py").write_text("from fastapi import APIRouter\n")
    assert lint(copy, "noun-files-know-no-edge").returncode == 0


def test_every_rule_has_a_violation_that_proves_it() -> None:
    assert set(RULES) == {rule for rule, _, _ in VIOLATIONS}


def test_every_package_is_under_the_rules() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    packages = {p.parent.name for p in ROOT.glob("*/*/src/*/__init__.py")} | {
        p.parent.name for p in ROOT.glob("src/*/__init__.py")
    }
    assert packages == set(rules["root_packages"])
