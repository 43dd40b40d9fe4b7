"""Each service can be installed and tested by itself: a fresh environment with its wheel, the libraries and
what the pins say, and in it the service's own tests on SQLite. No other service is within reach.

All of its tests are collected, so all of their imports hold; of those, a sample runs: the whole of them runs anyway.
"""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ["billing", "catalog", "logistics", "notify", "ordering"]
LIBRARIES = ["allocation", "coldchain", "contracts", "chassis", "ui"]
UV = str(Path(sys.executable).with_name("uv"))

pytestmark = pytest.mark.alone

SAMPLE = """
def pytest_collection_modifyitems(config, items):
    kept = items[:: max(1, len(items) // 20)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Output of the command; an assertion shows it when the command failed."""
    # Nothing of this environment may leak into the other one.
    here = {
        "PYTHONPATH",
        "VIRTUAL_ENV",
        "UV_CONSTRAINT",
        "PYTEST_ADDOPTS",
        "PYTEST_XDIST_WORKER",
        "PYTEST_CURRENT_TEST",
    }
    clean = {key: value for key, value in os.environ.items() if key not in here}
    answer = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=clean | {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, f"{' '.join(map(str, command))}\n{answer.stdout[-6000:]}"
    return answer.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheels of all members, built from a copy so that nothing is left in the tree."""
    folder = tmp_path_factory.mktemp("wheels")
    for member in [*(f"libs/{name}" for name in LIBRARIES), *(f"services/{name}" for name in SERVICES)]:
        run(UV, "build", "--quiet", "--wheel", "--no-build-isolation", "--no-sources", "--python", sys.executable,
            "--out-dir", folder, ROOT / member, cwd=folder)  # fmt: skip
    return folder


def wheel(wheels: Path, name: str) -> Path:
    (found,) = wheels.glob(f"cabas_{name}-*.whl")
    return found


def needs_of_tests(service: str) -> list[str]:
    """What the service's tests need beyond the service, libraries of ours left out: those are wheels."""
    members = tomllib.loads((ROOT / "services" / service / "pyproject.toml").read_text())
    return [need for need in members["dependency-groups"]["test"] if not need.startswith("cabas-")]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_installed_and_tested_alone(service: str, wheels: Path, tmp_path: Path) -> None:
    python = tmp_path / "environment" / "bin" / "python"
    run(UV, "venv", "--quiet", "--python", sys.executable, tmp_path / "environment", cwd=tmp_path)
    needed = [name for name in LIBRARIES if name != "chassis"]
    ours = [f"cabas-{name} @ {wheel(wheels, name).as_uri()}" for name in (*needed, service)]
    ours.append(f"cabas-chassis[testing] @ {wheel(wheels, 'chassis').as_uri()}")
    run(UV, "pip", "install", "--quiet", "--python", python, "--constraints", ROOT / "constraints.txt",
        *ours, *needs_of_tests(service), cwd=tmp_path)  # fmt: skip

    reach = "import importlib.util as u, sys; print([n for n in sys.argv[1:] if u.find_spec(n)])"
    assert run(python, "-c", reach, *SERVICES, "cabas", cwd=tmp_path).strip() == f"['{service}']"

    tests = tmp_path / "services" / service / "tests"
    shutil.copytree(ROOT / "services" / service / "tests", tests, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "conftest.py").write_text(SAMPLE)
    output = run(python, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", tmp_path, tests, "-q", "-x",
                 "-p", "no:cacheprovider", "-m", "not postgres and not nats and not browser", cwd=tmp_path)  # fmt: skip
    assert " passed" in output, f"no test ran:\n{output}"


def test_the_wheel_of_ui_carries_what_the_browser_needs(wheels: Path) -> None:
    """The files come from the front end's lock file and are ignored by git: they must be in the wheel all the same."""
    names = zipfile.ZipFile(wheel(wheels, "ui")).namelist()
    for needed in ("static/vendor/htmx.js", "templates/frame.html", "locale/fr/LC_MESSAGES/messages.po"):
        assert any(name.endswith(needed) for name in names), f"{needed} is not in {wheel(wheels, 'ui').name}"
