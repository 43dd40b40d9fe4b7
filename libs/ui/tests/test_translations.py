"""French first, English second, and nothing left untranslated."""

from pathlib import Path

import pytest
import stall
from fastapi import FastAPI

import ui
from chassis.identity import Grant
from chassis.testing import Browser, ClientFor
from contracts import Role
from ui import i18n, translations

UI = Path(ui.__file__).parent


def test_every_sentence_of_ui_has_its_french() -> None:
    assert translations.problems(UI) == []


def test_every_sentence_of_a_service_has_its_french_or_is_one_of_uis() -> None:
    assert translations.problems(Path(stall.__file__).parent) == [
        "not in messages.po: 'The cycle closed on Sunday.'",
    ]


def test_the_checker_sees_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text('_("New %(n)s here")\n_("Unseen before")\n_("Half done")\n')
    po = translations.po_file(tmp_path)
    po.parent.mkdir(parents=True)
    po.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "New %(n)s here"\nmsgstr "Du neuf %(m)s"\n\n'
        'msgid "Half done"\nmsgstr ""\n\n'
        'msgid "Gone"\nmsgstr "Parti"\n\n'
        '#~ msgid "Long gone"\n#~ msgstr "Parti depuis longtemps"\n',
        encoding="utf-8",
    )
    assert translations.problems(tmp_path) == [
        "not in messages.po: 'Unseen before'",
        "nobody says it any more: 'Gone'",
        "nobody says it any more: 'Long gone'",
        "other placeholders than the original: 'Du neuf %(m)s'",
        "not translated: 'Half done'",
    ]


def test_updating_keeps_what_is_translated_and_drops_what_nobody_says(tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text('_("Leeks")\n_("Turnips")\n_("Save")\n')
    po = translations.po_file(tmp_path)
    po.parent.mkdir(parents=True)
    po.write_text('msgid "Leeks"\nmsgstr "Poireaux"\n\nmsgid "Gone"\nmsgstr "Parti"\n', encoding="utf-8")
    assert translations.update(tmp_path) == 1
    text = po.read_text(encoding="utf-8")
    assert "Poireaux" in text
    assert "Turnips" in text
    assert "Gone" not in text
    assert "Save" not in text, "ui says it already"


def test_french_gets_its_no_break_spaces_and_its_apostrophes() -> None:
    assert i18n.french_typography("Clore ? « Oui » : c'est l'heure !") == (
        "Clore\u202f? «\u00a0Oui\u00a0»\u00a0: c’est l’heure\u202f!"
    )


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en-GB,en;q=0.9", "en"),
        ("de,fr;q=0.5,en;q=0.4", "fr"),
        ("es", None),
        ("", None),
        ("en;q=0", None),
        ("x;q=z", None),
    ],
)
def test_the_browsers_wish(header: str, language: str | None) -> None:
    assert i18n.preferred(header) == language


def test_the_choice_on_the_device_comes_first_then_the_persons_then_the_browsers() -> None:
    assert i18n.language_of("en", "fr", "fr") == "en"
    assert i18n.language_of(None, "en", "fr") == "en"
    assert i18n.language_of("xx", None, "en") == "en"
    assert i18n.language_of(None, None, "de") == "fr"


async def test_a_page_speaks_the_language_of_its_reader(app: FastAPI, client_for: ClientFor) -> None:
    french, english = client_for(app), client_for(app, Grant(Role.MEMBER), language="en")
    assert "Bonjour\u202f!" in (await french.get("/stall/hello")).text
    page = (await english.get("/stall/hello")).text
    assert "Good morning" in page
    assert "€1,234.56" in page
    assert '<html lang="en">' in page


async def test_the_switch_goes_back_to_the_page_it_was_on(visitor: Browser) -> None:
    answer = await visitor.get("/ui/language/en?next=/stall/hello%3Fq%3D1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/stall/hello?q=1"
    assert "Good morning" in (await visitor.get("/stall/hello")).text


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_the_switch_leads_nowhere_else(visitor: Browser, elsewhere: str) -> None:
    answer = await visitor.get("/ui/language/en", params={"next": elsewhere})
    assert answer.headers["location"] == "/"


async def test_there_is_no_third_language(visitor: Browser) -> None:
    assert (await visitor.get("/ui/language/xx")).status_code == 404
