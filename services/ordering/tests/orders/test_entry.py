"""Orders on paper and by telephone: numbers, the screen to type them in, the form to print, files, the last again."""

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from chassis.identity import Grant
from contracts import Role, ordering
from ordering import order_book
from ordering.offer import Choice, Kind
from ordering.pages.entry_form import find, named_with_code
from ordering.planning import change_cycle
from ordering.spreadsheet import Unreadable, lines_of
from ordering.wanted import Terms, Wanted
from ui.words import Words

from .conftest import CLOSES, COORDINATOR, PARIS, product

REFERENT = Grant(Role.REFERENT, group_id="limoux")
MEMBER = Grant(Role.MEMBER, group_id="limoux", household_id="h1")
ENTRY = "/ordering/cycles/c48/entry"
CODES = {"oranges": 1, "eggs": 2, "potatoes": 3, "tomme": 4}
"""By producer (BioEspuña, La Ferme de Bousole) and name."""


@pytest.fixture
def coordinator(hub: Any, client_for: Any) -> Any:
    return client_for(hub.app, COORDINATOR, name="Marie", person_id="person-9")


@pytest.fixture
def member(hub: Any, client_for: Any) -> Any:
    return client_for(hub.app, MEMBER)


def rows(*typed: tuple[str, str], **more: str) -> dict[str, str]:
    fields = {"do": "save", "version": "0", **more}
    for number, (what, quantity) in enumerate(typed, start=1):
        fields |= {f"what-{number}": what, f"quantity-{number}": quantity}
    return fields


def said(page: Any) -> str:
    return str(page.text).replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'").replace("&#39;", "'")


async def offers(hub: Any) -> dict[str, int]:
    from ordering.cycle_offer import offers_of

    async with hub.database.read() as reader:
        return {offer.product_id: offer.code for offer in await offers_of(reader, "c48")}


# Numbers


async def test_goods_are_numbered_by_producer_and_name_when_the_cycle_opens(hub: Any) -> None:
    await hub.open()
    assert await offers(hub) == CODES


async def test_numbers_stay_when_goods_come_and_go(hub: Any) -> None:
    await hub.open()
    await hub.hear(product("apples", price_cents=200))
    some = Choice(Kind.PRODUCTS, product_ids=("apples", "tomme", "oranges"))
    async with hub.database.write() as writer:
        await change_cycle(writer, "c48", hub.plan(choice=some), PARIS)
    assert await offers(hub) == {"oranges": 1, "tomme": 4, "apples": 5}


def test_letters_mean_a_whole_name_then_names_then_everything() -> None:
    from contracts.goods import Bilingual
    from ordering.offer import Offer

    def offer(code: int, name: str, producer: str = "Ferme") -> Offer:
        said = product("abcd"[code % 4], name=Bilingual(fr=name))
        return Offer(said.article, producer, code=code)

    tomme, dry, honey = offer(1, "Tomme"), offer(2, "Tomme sèche"), offer(12, "Miel", "Abeilles de Tommery")
    all_of = [tomme, dry, honey]
    assert find("tomme", all_of) == [tomme], "its whole name"
    assert find("tom", all_of) == [tomme, dry], "names before producers"
    assert find("SECHE tom", all_of) == [dry]
    assert find("abeill", all_of) == [honey]
    assert find("12", all_of) == find("012 ", all_of) == find("12 Miel", all_of) == [honey]
    assert find("12 Tomme", all_of) == []
    assert find("3", all_of) == find("", all_of) == find("???", all_of) == []


def test_what_comes_in_several_packs_is_told_apart() -> None:
    from contracts.goods import Bilingual
    from ordering.offer import Offer

    def lemons(code: int, pack: str) -> Offer:
        said = product("abcd"[code % 4], name=Bilingual(fr="Citrons", en="Lemons"), pack_label=pack)
        return Offer(said.article, "BioEspuña", code=code)

    crate, net = sizes = [lemons(11, "caisse 10 kg"), lemons(12, "filet 1 kg")]
    spoken = Words("fr", PARIS)
    assert named_with_code(net, spoken) == "12 Citrons, filet 1 kg"
    for offer in sizes:
        assert find(named_with_code(offer, spoken), sizes) == [offer]
    assert find("Citrons", sizes) == find("citr", sizes) == sizes
    assert find("filet citrons", sizes) == [net]
    assert find("11 Lemons", sizes) == [crate]
    assert find("11 Citrons, filet 1 kg", sizes) == []


# The screen


async def test_some_letters_lead_to_a_household_and_enter_to_its_rows(hub: Any, coordinator: Any) -> None:
    await hub.open()
    assert (await coordinator.get(ENTRY)).status_code == 200
    for typed in ("Foyer 3", "foyer 3 lim", "Foyer 3, Limoux", "p3@example"):
        assert (await coordinator.get(ENTRY, params={"household": typed})).headers["location"] == f"{ENTRY}/h3"
    several = await coordinator.get(ENTRY, params={"household": "foyer"})
    assert f'href="{ENTRY}/h2"' in several.text
    assert "Aucun foyer" in (await coordinator.get(ENTRY, params={"household": "Zorro"})).text


async def test_an_order_is_typed_by_number_and_by_name_and_says_who_typed(hub: Any, coordinator: Any) -> None:
    await hub.open()
    answer = await coordinator.submit(f"{ENTRY}/h2", rows(("4", "2"), ("pomm", "0"), ("potat", "1,5"), ("", "")))
    assert answer.status_code == 422, "nothing is called pomm"
    answer = await coordinator.submit(f"{ENTRY}/h2", rows(("4", "2"), ("potat", "1,5"), ("", "")))
    assert (answer.status_code, answer.headers["location"]) == (303, ENTRY), "on to the next household"
    [order] = await hub.said(ordering.OrderPlaced)
    assert {line.article.product_id: line.quantity_thousandths for line in order.lines} == {
        "tomme": 2000,
        "potatoes": 1500,
    }
    next_one = said(await coordinator.get(ENTRY))
    assert "Foyer 2 : enregistré, 2 produits pour 10,68 €" in next_one
    order_page = said(await coordinator.get(f"/ordering/orders/{order.id}"))
    assert "par Marie" in order_page
    assert "pour le foyer" in order_page.lower()


async def test_what_is_wrong_is_said_at_its_row_and_what_was_typed_stays(hub: Any, coordinator: Any) -> None:
    await hub.open()
    typed = (("4", "x"), ("", "3"), ("2", ""), ("la ferme", "1"), ("zzz", "1"), ("4", "1"), ("3", "0,5"))
    page = await coordinator.submit(f"{ENTRY}/h2", rows(*typed))
    assert page.status_code == 422
    for name in ("quantity-1", "what-2", "quantity-3", "what-4", "what-5", "what-6"):
        assert f'id="field-{name}-error"' in page.text, name
    assert 'id="field-quantity-7-error"' not in page.text
    for name, value in (("quantity-1", "x"), ("what-4", "la ferme"), ("quantity-7", "0,5")):
        assert f'name="{name}" value="{value}"' in page.text
    assert "2 Eggs, 3 Potatoes, 4 Tomme" in said(page)
    assert "1,23 €" in said(page), "what is clear is added up"
    assert await hub.said(ordering.OrderPlaced) == []


async def test_adding_up_saves_nothing(hub: Any, coordinator: Any) -> None:
    await hub.open()
    page = await coordinator.submit(f"{ENTRY}/h2", rows(("tomme", "2"), do="show"))
    assert (page.status_code, "7,00 €" in said(page)) == (200, True)
    assert await hub.said(ordering.OrderPlaced) == []


async def test_a_line_is_corrected_and_another_taken_out(hub: Any, coordinator: Any) -> None:
    await hub.open()
    await hub.order("h2", tomme=2000, eggs=1000)
    page = await coordinator.get(f"{ENTRY}/h2")
    assert 'name="what-1" value="2 Eggs"' in page.text
    assert 'name="quantity-2" value="2"' in page.text
    answer = await coordinator.submit(f"{ENTRY}/h2", rows(("2 Eggs", "0"), ("4 Tomme", "5"), version="1"))
    assert answer.status_code == 303
    last = (await hub.said(ordering.OrderPlaced))[-1]
    assert [(line.article.product_id, line.quantity_thousandths) for line in last.lines] == [("tomme", 5000)]


async def test_what_was_said_beside_a_quantity_is_not_forgotten(hub: Any, coordinator: Any) -> None:
    await hub.open()
    await hub.place("h2", "c48", [Wanted("tomme", 5000, terms=Terms(tolerance=2000, least=3000, substitute=True))])
    assert (await coordinator.submit(f"{ENTRY}/h2", rows(("4 Tomme", "2"), ("2", "1"), version="1"))).status_code == 303
    last = (await hub.said(ordering.OrderPlaced))[-1]
    assert {line.article.product_id: line.quantity_thousandths for line in last.lines} == {"tomme": 2000, "eggs": 1000}
    async with hub.database.read() as reader:
        held = await order_book.of_household(reader, "c48", "h2")
    assert held is not None
    assert held.terms["tomme"] == Terms(tolerance=2000, least=2000, substitute=True)


async def test_who_was_faster_is_told_and_nothing_is_lost(hub: Any, coordinator: Any) -> None:
    await hub.open()
    await hub.order("h2", tomme=2000)
    page = await coordinator.submit(f"{ENTRY}/h2", rows(("4", "5")))
    assert (page.status_code, 'name="version" value="1"' in page.text) == (409, True)
    assert 'name="quantity-1" value="5"' in page.text
    assert (await coordinator.submit(f"{ENTRY}/h2", rows(("4", "5"), version="1"))).status_code == 303


async def test_what_ran_out_is_said_at_its_row(hub: Any, coordinator: Any) -> None:
    await hub.open()
    await hub.order("h3", eggs=9000)
    page = await coordinator.submit(f"{ENTRY}/h2", rows(("4", "1"), ("2", "3")))
    assert (page.status_code, 'id="field-quantity-2-error"' in page.text) == (409, True)


async def test_rows_typed_too_late_are_kept_for_the_coordinator(hub: Any, coordinator: Any) -> None:
    await hub.open()
    hub.clock.set(CLOSES + timedelta(minutes=3))
    page = await coordinator.submit(f"{ENTRY}/h2", rows(("4", "1")))
    assert (page.status_code, "Trop tard" in page.text) == (409, True)
    assert "Foyer 2" in (await coordinator.get("/ordering/cycles/c48")).text
    assert (await coordinator.get(f"{ENTRY}/h2")).status_code == 303


@pytest.mark.parametrize(
    ("grants", "url", "status"),
    [
        ((REFERENT,), ENTRY, 200),
        ((REFERENT,), f"{ENTRY}/h2", 200),
        ((REFERENT,), f"{ENTRY}/h4", 404),
        ((MEMBER,), ENTRY, 403),
        ((MEMBER,), f"{ENTRY}/h1", 200),
        ((MEMBER,), f"{ENTRY}/h2", 404),
        ((MEMBER,), "/ordering/cycles/c48/order-form/limoux", 200),
        ((MEMBER,), "/ordering/cycles/c48/order-form/quillan", 404),
        ((REFERENT,), "/ordering/cycles/c48/order-form/quillan", 404),
        ((COORDINATOR,), "/ordering/cycles/c48/order-form/quillan", 200),
        ((COORDINATOR,), "/ordering/cycles/nothing/order-form/quillan", 404),
        ((Grant(Role.MEMBER, group_id="other", household_id="h9"),), "/ordering/cycles/c48/order-form.csv", 404),
        ((Grant(Role.PRODUCER, producer_id="bousole"),), "/ordering/cycles/c48/order-form.csv", 403),
    ],
)
async def test_who_may(hub: Any, client_for: Any, grants: Any, url: str, status: int) -> None:
    await hub.open()
    assert (await client_for(hub.app, *grants).get(url)).status_code == status


# Paper and files


async def test_the_form_on_paper_says_all_that_one_needs(hub: Any, coordinator: Any) -> None:
    await hub.open()
    page = said(await coordinator.get("/ordering/cycles/c48/order-form/limoux"))
    for told in ("Limoux", "À rendre avant dimanche 22 novembre 2026", "Tomme", "Lait", "22,00 €", "caisse 10 kg"):
        assert told in page, told
    assert '<td class="paper-code">4</td>' in page
    some = said(await coordinator.get("/ordering/cycles/c48/order-form/limoux", params={"producer": "bioespuna"}))
    assert ('paper-code">1<' in some, 'paper-code">4<' in some) == (True, False)


async def test_the_list_is_downloaded_filled_and_comes_back_as_a_preview(hub: Any, member: Any) -> None:
    await hub.hear(product("sum", price_cents=100, name={"fr": "=1+1"}))
    await hub.open()
    answer = await member.get("/ordering/cycles/c48/order-form.csv")
    text = answer.content.decode("utf-8-sig")
    assert text.splitlines()[0] == "Numéro;Produit;Quantité;Unité;Prix;Conditionnement;Producteur"
    assert "'=1+1" in text, "no formula for a spreadsheet to reckon"
    filled = text.replace("Tomme;;", "Tomme;2;").replace("Potatoes;;", 'Potatoes;"1,5";')
    page = await member.submit(f"{ENTRY}/h1/file", files={"file": ("liste.csv", filled.encode("cp1252", "replace"))})
    assert page.status_code == 200
    assert "Rien n'est encore enregistré" in said(page)
    assert "10,68 €" in said(page)
    assert await hub.said(ordering.OrderPlaced) == []
    numbers = await offers(hub)
    typed = ((str(numbers["tomme"]), "2"), (str(numbers["potatoes"]), "1,5"))
    answer = await member.submit(f"{ENTRY}/h1", rows(*typed))
    assert answer.headers["location"].startswith("/ordering/orders/")
    [order] = await hub.said(ordering.OrderPlaced)
    assert order.gross_cents == 1068


async def test_what_is_wrong_in_a_file_is_said_row_by_row(hub: Any, member: Any) -> None:
    await hub.open()
    data = "Produit;Quantité\nTomme;2\nCaviar;1\n2;viele\n"
    page = await member.submit(f"{ENTRY}/h1/file", files={"file": ("liste.csv", data.encode())})
    assert page.status_code == 422
    assert ('id="field-what-2-error"' in page.text, 'id="field-quantity-3-error"' in page.text) == (True, True)
    assert 'name="quantity-3" value="viele"' in page.text


@pytest.mark.parametrize(
    "data", [b"", b"  \n", b"a;b\n1;2\n", b"%PDF-1.7", b"PK\x03\x04 broken", b"\x00\x01", b"No;Qte\n1;0\n"]
)
async def test_a_file_that_says_nothing_is_refused_in_a_sentence(hub: Any, member: Any, data: bytes) -> None:
    await hub.open()
    page = await member.submit(f"{ENTRY}/h1/file", files={"file": ("x.csv", data)})
    assert (page.status_code, 'id="field-file-error"' in page.text) == (422, True)


def test_a_workbook_may_be_opendocument() -> None:
    cell = '<table:table-cell office:value-type="{}" office:value="{}"><text:p>{}</text:p></table:table-cell>'
    words = cell.format("string", "", "{}").replace(' office:value=""', "")
    row = "<table:table-row>{}</table:table-row>".format
    content = (
        '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" office:version="1.2"><office:body>'
        '<office:spreadsheet><table:table table:name="A">'
        + row(words.format("Numéro") + words.format("Quantité"))
        + row(cell.format("float", "4", "4") + cell.format("float", "1.5", "1,5"))
        + "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        manifest = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest {manifest}></manifest:manifest>")
    assert lines_of(file.getvalue()) == [("4", "1.5")]


def test_a_bomb_is_not_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", b"0" * (60 * 1024**2))
    with pytest.raises(Unreadable):
        lines_of(file.getvalue())


# The last order again


async def test_the_last_order_comes_again_in_goods_of_now(hub: Any, member: Any) -> None:
    await hub.hear(product("honey", price_cents=900))
    await hub.open("c47")
    await hub.order("h1", cycle_id="c47", tomme=2000, eggs=8000, honey=1000)
    await hub.close("c47")
    await hub.open(choice=Choice(Kind.PRODUCTS, product_ids=("tomme", "eggs", "oranges")))
    await hub.order("h2", eggs=5000)
    shop = "/ordering/shop/c48/h1"
    assert "Reprendre la dernière commande" in said(await member.get(shop))
    page = await member.submit(shop, {"do": "again", "version": "0", "q-oranges": "1", "q-tomme": "3"})
    assert page.status_code == 200
    for name, value in (("q-oranges", "1"), ("q-tomme", "3"), ("q-eggs", "5")):
        assert f'name="{name}" value="{value}"' in page.text, "what was typed stays; of what is short, what is left"
    assert "Pas disponible cette fois : Honey" in said(page)
    assert len(await hub.said(ordering.OrderPlaced)) == 2, "nothing is saved by looking"


async def test_nothing_is_repeated_where_there_is_an_order_or_none_before(hub: Any, member: Any) -> None:
    await hub.open()
    assert "Reprendre" not in (await member.get("/ordering/shop/c48/h1")).text
    await hub.order("h1", tomme=1000)
    assert "Reprendre" not in (await member.get("/ordering/shop/c48/h1")).text


async def test_the_last_order_again_keeps_what_went_with_its_quantities(hub: Any, member: Any) -> None:
    await hub.hear(product("jam", case_thousandths=12_000))
    await hub.open()
    terms = Terms(tolerance=2_000, least=3_000, substitute=True)
    await hub.place("h1", "c48", [Wanted("jam", 4_000, terms=terms), Wanted("tomme", 1_000)])
    await hub.close()
    await hub.open("c49", name="Semaine 49", closes_at=CLOSES + timedelta(days=1))
    page = await member.submit("/ordering/shop/c49/h1", {"do": "again", "version": "0"})
    for field, typed in (("q-jam", "4"), ("t-jam", "2"), ("m-jam", "3")):
        assert re.search(rf'name="{field}" value="{typed}"', page.text), field
    assert re.search(r'name="s-jam" value="on" checked', page.text)


# The session ends meanwhile


async def test_rows_typed_before_the_session_ended_are_there_after_signing_in(
    hub: Any, coordinator: Any, client_for: Any
) -> None:
    await hub.open()
    page = f"{ENTRY}/h2"
    browser = client_for(hub.app)
    browser.headers["referer"] = f"http://hub.test{page}"
    signed_out = await browser.submit(f"/ordering/session?next={page}", rows(("4", "2"), ("potat", "1,5")))
    assert signed_out.headers["location"].startswith("/ordering/sign-in?next=")
    coordinator.cookies.set("cabas_basket", browser.cookies["cabas_basket"], "hub.test", page)
    again = await coordinator.get(page)
    assert "Pas encore enregistré" in again.text
    for field, typed in (("what-1", "4"), ("quantity-1", "2"), ("what-2", "potat"), ("quantity-2", "1,5")):
        assert re.search(rf'name="{field}" value="{typed}"', again.text), field
    assert not await hub.said(ordering.OrderPlaced)
    assert "cabas_basket" not in coordinator.cookies, "shown once: now it is in the page"


async def test_rows_of_an_earlier_session_are_shown_again_and_not_saved(hub: Any, coordinator: Any) -> None:
    await hub.open()
    stale = rows(("4", "2"), csrf_token="of the session before")
    page = await coordinator.post(f"{ENTRY}/h2", data=stale)
    assert page.status_code == 403
    assert re.search(r'name="quantity-1" value="2"', page.text)
    assert "Pas encore enregistré" in page.text
    assert not await hub.said(ordering.OrderPlaced)


async def test_rows_kept_while_the_cycle_closed_are_shown_with_the_reason(
    hub: Any, coordinator: Any, client_for: Any
) -> None:
    await hub.open()
    page = f"{ENTRY}/h2"
    browser = client_for(hub.app)
    browser.headers["referer"] = f"http://hub.test{page}"
    await browser.submit(f"/ordering/session?next={page}", rows(("4", "2")))
    await hub.order("h1", tomme=1_000)
    await hub.close()
    coordinator.cookies.set("cabas_basket", browser.cookies["cabas_basket"], "hub.test", page)
    again = await coordinator.get(page)
    assert "Trop tard" in again.text
    assert re.search(r'name="quantity-1" value="2"', again.text)
