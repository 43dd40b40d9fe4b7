"""Components: well-formed, labelled, without a style or a script of their own."""

from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from jinja2 import Environment
from markup import Page

from chassis.identity import Grant
from chassis.testing import Browser, ClientFor
from contracts import Role
from ui import navigation
from ui.environment import environment, icon, price_parts, static_url
from ui.forms import Form
from ui.i18n import Translate, translator


@cache
def speaking(language: str) -> Environment:
    env = environment("ui", language, ZoneInfo("Europe/Paris"))
    env.globals["form_token"] = lambda _request: "the-token"
    return env


def show(source: str, language: str = "fr", **context: Any) -> str:
    return (
        speaking(language).from_string('{% import "components.html" as c %}' + source).render(request=None, **context)
    )


def refused(**errors: str) -> Form:
    form = Form({"name": "<b>Josette</b>"}, translator("ui", "fr"))
    for name, sentence in errors.items():
        form.error(name, sentence)
    return form


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_gallery_is_well_formed(app: FastAPI, client_for: ClientFor, language: str) -> None:
    client = client_for(app, Grant(Role.COORDINATOR), language=language)
    answer = await client.get("/ui/gallery")
    assert answer.status_code == 200
    assert Page(answer.text).faults == []


async def test_the_gallery_is_for_development_only(started: Any, client_for: ClientFor) -> None:
    from stall.app import create_app

    from chassis.settings import Settings

    app = await started(create_app, Settings, development=False)
    assert (await client_for(app).get("/ui/gallery")).status_code == 404


async def test_every_page_of_the_stall_is_well_formed(operator: Browser, coordinator: Browser) -> None:
    for client, path in (
        (coordinator, "/stall/hello"),
        (coordinator, "/stall/mishap/refused"),
        (operator, "/stall/operations"),
        (operator, "/stall/operations/dead-letters"),
    ):
        assert Page((await client.get(path)).text).faults == [], path


def test_a_wrong_field_tells_its_error_and_keeps_what_was_typed() -> None:
    form = refused(name="Ce champ est trop long.")
    html = show('{{ c.field(form, "name", "Nom", hint="En entier.", required=true) }}', form=form)
    page = Page(html)
    assert page.faults == []
    field = page.having("input", name="name")[0]
    assert field["value"] == "<b>Josette</b>"
    assert "<b>" not in html
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "field-name-error field-name-hint"
    assert "required" in field


def test_each_line_of_the_summary_leads_to_its_field() -> None:
    form = refused(name="Trop long.", **{"": "Quelqu’un a été plus rapide."})
    source = '{{ c.error_summary(form, {"name": "Nom"}) }}{{ c.field(form, "name", "Nom") }}'
    html = show(source, form=form)
    assert Page(html).faults == []
    assert Page(html).having("a", href="#field-name")
    assert "2 choses à corriger" in html


@pytest.mark.parametrize(
    "source",
    [
        '{{ c.select(none, "unit", "Unité", [("kg", "kilo")], empty="Choisir…") }}',
        '{{ c.textarea(none, "note", "Remarque", hint="Facultatif") }}',
        '{{ c.checkbox(none, "bags", "Sacs", hint="Par foyer") }}',
        '{{ c.checkboxes(none, "groups", "Groupes", [("a", "Limoux"), ("b", "Quillan")], value=["a"]) }}',
        '{{ c.radios(none, "cold", "Froid", [("a", "Frais"), ("b", "Surgelé")], value="a") }}',
        '{{ c.stepper("q", 1500, "kg", "Poireaux") }}',
        '{% call c.fieldset("Produit", hint="x") %}{{ c.field(none, "p", "Prix", "money") }}{% endcall %}',
        '{{ c.search("/x", "poireau") }}',
        '{{ c.table(["Produit", "Montant"], [["Leek", "2"]], caption="Panier", figures=[1], total=["Total", "2"]) }}',
        '{{ c.lazy("/billing/fragments/due", "En repos.", page="/billing/due", label="Voir") }}',
        '{{ c.confirm(request, "/x", "Clore ?", "Clore", "/y", explain="Définitif.", fields={"version": 3}) }}',
        '{{ c.pager("/x?q=1", 2, 3) }}',
        '{{ c.tabs([("/a", "A", 3), ("/b", "B")], "/a") }}',
        '{{ c.page_head("Titre", "Sous-titre", [("/", "Accueil")], c.badge("open")) }}',
        '{{ c.facts([("Lieu", "Limoux")]) }}{{ c.crate(3, 10, "Cagette") }}{{ c.price(280, "kg") }}{{ c.money(-5) }}',
        '{{ c.notice("warning", "x", title="y") }}{{ c.empty("Rien", "x", "/", "y") }}{{ c.badge("late") }}',
        '{% call c.stats() %}{{ c.stat(3, "Paniers", note="x", url="/") }}{% endcall %}',
        '{% call c.card("Titre", "/x", strong=true) %}<p>x</p>{% endcall %}',
        '{{ c.form_start(request, "/x", files=true) }}{{ c.button("Oui", icon="upload") }}{{ c.form_end() }}',
    ],
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_component_is_well_formed(source: str, language: str) -> None:
    assert Page(show(source, language)).faults == []


def test_a_form_carries_its_protection() -> None:
    page = Page(show('{{ c.form_start(request, "/x") }}{{ c.form_end() }}'))
    assert page.having("input", type="hidden", name="csrf_token", value="the-token")


def test_a_stepper_is_a_plain_field_with_the_right_keyboard() -> None:
    page = Page(show('{{ c.stepper("q", 1500, "kg", "Poireaux") }}{{ c.stepper("n", 2000, "piece", "Pélardon") }}'))
    assert page.having("input", type="text", inputmode="decimal", value="1,5")
    assert page.having("input", type="text", inputmode="numeric", value="2")


def test_what_people_wrote_is_never_markup() -> None:
    evil = "<script>alert(1)</script>"
    for source in (
        '{{ c.notice("info", evil, title=evil) }}',
        "{% call c.card(evil) %}{{ evil }}{% endcall %}",
        "{{ c.table([evil], [[evil]], caption=evil) }}",
        "{{ c.page_head(evil, evil, [(evil, evil)]) }}",
        "{{ c.facts([(evil, evil)]) }}",
        '{{ c.badge("open", evil) }}',
        "{{ c.lazy(evil, evil, evil, evil) }}",
    ):
        assert "<script" not in show(source, evil=evil)


def test_each_cell_of_a_table_is_named_after_its_column() -> None:
    evil = '"><script>alert(1)</script>'
    rows, total = '[["Poireau", evil, "2"], ["Chou"]]', '["Total", "", "2"]'
    source = f'{{{{ c.table(["Produit", evil, "Montant"], {rows}, figures=[2], total={total}) }}}}'
    page = Page(show(source, evil=evil))
    assert page.faults == []
    assert len(page.having("td", **{"data-label": evil})) == 2
    assert len(page.having("td", **{"data-label": "Montant", "class": "figure"})) == 2
    assert "<script" not in show(source, evil=evil)


def test_a_row_that_is_longer_than_its_table_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="2 cells for 1 columns"):
        show('{{ c.table(["Produit", "Montant"], [["Poireau", "2", "3"]]) }}')


def test_a_badge_has_its_word_translated_once_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    many = '{% for n in range(70) %}{{ c.badge("done") }}{% endfor %}'
    assert show(many).count("Fait") == 70
    said: list[str] = []
    monkeypatch.setattr(Translate, "__call__", lambda _self, sentence: said.append(sentence) or sentence)
    assert show(many).count("Fait") == 70
    assert said == []


def test_a_crate_never_overflows() -> None:
    assert 'width="100"' in show('{{ c.crate(30, 10, "Cagette") }}')
    assert 'width="0"' in show('{{ c.crate(3, 0, "Cagette") }}')


def test_a_price_ticket_reads_as_the_price() -> None:
    assert price_parts("12\u202f345,67\u00a0€") == ("", "12\u202f345", ",67\u00a0€")
    assert price_parts("€12.50") == ("€", "12", ".50")
    assert price_parts("-€0.05") == ("-€", "0", ".05")


def test_icons_are_heard_only_when_they_have_words() -> None:
    assert 'aria-hidden="true"' in icon("carrot")
    assert 'aria-label="Surgelé"' in icon("snowflake", "Surgelé")
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon")


def test_every_icon_of_the_menu_exists() -> None:
    for entry in navigation.ENTRIES:
        assert "<svg" in icon(entry.icon)


async def test_static_files_are_kept_for_ever_under_their_version_only(visitor: Browser) -> None:
    versioned = await visitor.get(static_url("cabas.css"))
    assert versioned.status_code == 200
    assert "immutable" in versioned.headers["cache-control"]
    plain = await visitor.get("/ui/static/cabas.css")
    assert plain.headers["cache-control"] == "no-cache"
    font = await visitor.get(static_url("vendor/fonts/bricolage-latin.woff2"))
    assert font.status_code == 200
    assert (await visitor.get("/ui/static/../ui/pages.py")).status_code == 404


async def test_a_page_says_once_what_was_done(coordinator: Browser) -> None:
    sent = await coordinator.submit("/stall/hello", {"name": "Josette & fils"})
    assert sent.status_code == 303
    first = await coordinator.get("/stall/hello")
    assert "Bonjour Josette &amp; fils !" in first.text
    assert "Josette &amp; fils" not in (await coordinator.get("/stall/hello")).text


@pytest.mark.parametrize(
    ("role", "seen", "unseen"),
    [
        (Role.MEMBER, "/ordering/shop", "/ordering/people"),
        (Role.COORDINATOR, "/ordering/people", "/ordering/operations"),
        (Role.PRODUCER, "/catalog/products", "/ordering/shop"),
        (Role.BOOKKEEPER, "/billing/cycles", "/catalog/import"),
        (Role.OPERATOR, "/ordering/operations", "/ordering/shop"),
        (Role.DRIVER, "/ordering/me", "/logistics/pick-lists"),
    ],
)
async def test_the_menu_shows_what_the_role_is_for(
    app: FastAPI, client_for: ClientFor, role: Role, seen: str, unseen: str
) -> None:
    page = Page((await client_for(app, Grant(role)).get("/stall/hello")).text)
    assert page.having("a", href=seen)
    assert not page.having("a", href=unseen)


def test_the_menu_marks_the_page_that_one_is_on() -> None:
    entries = navigation.entries_for({Role.COORDINATOR, Role.MEMBER})
    assert navigation.current(entries, "/ordering/cycles/42/close") == "/ordering/cycles"
    assert navigation.current(entries, "/ordering/home") == "/"
    assert navigation.current(entries, "/somewhere") == ""
    operator = navigation.entries_for({Role.OPERATOR})
    assert navigation.current(operator, "/billing/operations/dead-letters/3") == "/ordering/operations"


async def test_nobody_signed_in_has_no_menu(visitor: Browser) -> None:
    page = Page((await visitor.get("/stall/hello")).text)
    assert page.having("a", href=navigation.SIGN_IN)
    assert not page.having("a", href="/ordering/shop")
