"""What docs/allocation.md shows is what `cabas allocate` prints, and what it lists is what is there."""

import io
import re
import sys
from types import SimpleNamespace

import pytest

from allocation import Cause, Rule
from cabas import allocation_file
from cabas.cli import main
from tests.allocation.examples import PAGE, examples

TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = examples(TEXT)


def printed(problem: str, monkeypatch, capsys) -> str:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(problem.encode())))
    with pytest.raises(SystemExit) as end:
        main(["allocate", "-", "--language", "en"])
    told = capsys.readouterr()
    assert (end.value.code, told.err) == (0, "")
    return told.out


@pytest.mark.parametrize("example", [pytest.param(one, id=f"{n}: {one.title}") for n, one in enumerate(EXAMPLES)])
def test_an_example_prints_what_the_page_shows(example, monkeypatch, capsys):
    # A page is typed with ordinary spaces.
    assert printed(example.problem, monkeypatch, capsys).replace("\u00a0", " ") == example.printed


@pytest.mark.parametrize("rule", list(Rule))
def test_every_rule_has_two_examples(rule):
    section = TEXT.split(f"\n`{rule.value}`")[1].split("\n### ")[0].split("\n## ")[0]
    assert len(examples("### rule\n" + section)) == 2


@pytest.mark.parametrize("name", [name for name in dir(allocation_file) if name.startswith("Written")])
def test_every_field_of_the_file_is_told(name):
    fields = getattr(allocation_file, name).model_fields
    missing = [field for field in fields if f"`{field}`" not in TEXT]
    assert missing == []


def test_every_cause_is_told_and_no_other():
    told = re.search(r"The causes: (.*?)\n\n", TEXT, re.DOTALL)
    assert told is not None
    assert set(re.findall(r"`(\w+)`", told[1])) == {cause.value for cause in Cause}
