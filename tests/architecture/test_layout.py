"""The tree says what is where: files carry the field's nouns, and nothing of one machine is committed."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ["billing", "catalog", "logistics", "notify", "ordering"]
COLLECTORS = {"utils.py", "util.py", "helpers.py", "service.py", "services.py", "models.py", "common.py", "misc.py"}
LINES = 450
"""Past about 400 lines a file becomes a package; what is a little longer for a good reason passes."""


def committed() -> list[Path]:
    """Files that git knows, in the index or in a commit; those of an unpacked archive where git is not."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("no git here: nothing says which files are committed")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def sources() -> Iterator[Path]:
    yield from (file for file in committed() if file.suffix == ".py" and "src" in file.relative_to(ROOT).parts)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_files_a_newcomer_looks_for(service: str) -> None:
    folder = ROOT / "services" / service / "src" / service
    expected = {"app.py", "announcing.py", "__main__.py", "py.typed"}
    if "listening=listening" in (folder / "app.py").read_text():
        expected.add("listening.py")  # one that listens to nobody has no table of it
    assert {name for name in expected if not (folder / name).exists()} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_no_file_of_a_service_collects_everything(service: str) -> None:
    files = (ROOT / "services" / service / "src").rglob("*.py")
    assert [str(file.relative_to(ROOT)) for file in files if file.name in COLLECTORS] == []


def test_no_file_is_too_long_to_read() -> None:
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in sources()}
    assert {name: length for name, length in lengths.items() if length > LINES} == {}


def test_nothing_compiled_or_fetched_is_committed() -> None:
    wrong = [str(f.relative_to(ROOT)) for f in committed() if f.suffix in {".mo", ".pyc"} or "node_modules" in f.parts]
    assert wrong == []
    assert (ROOT / "uv.lock") not in committed()


def test_pages_are_plain_enough_for_a_strict_policy() -> None:
    """The Content-Security-Policy allows no inline script and no inline style; a template must not try."""
    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", re.IGNORECASE)
    data = re.compile(r'<script[^>]*type="application/(?:ld\+)?json"', re.IGNORECASE)
    wrong = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in committed()
        if file.suffix in {".html", ".jinja"} and "templates" in file.parts and "mail" not in str(file)
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if inline.search(line) and not data.search(line)
    ]
    assert wrong == []
