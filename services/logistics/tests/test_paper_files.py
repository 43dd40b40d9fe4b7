"""Dock plan, timeline, packing lists and labels of a published day: on screen, on paper, as a file, by a telephone."""

import csv
import html
import io
import json
import re
from collections import Counter

import pytest
import typst
import zxingcpp
from PIL import Image
from reference_day import reference_day
from schedule_desk import FRIDAY, publish, week

from chassis.identity import Grant
from contracts import Role
from logistics.handover import code
from logistics.papers.drawn_code import with_codes
from logistics.papers.label import box_labels
from logistics.pick_list import list_id
from logistics.press import DOCUMENTS, Press
from logistics.schedule import published
from logistics.solver import Budget, plan

COORDINATOR = Grant(Role.COORDINATOR)
CHEESE = Grant(Role.PRODUCER, producer_id="pic")
DAY = f"/logistics/days/{FRIDAY.isoformat()}"


@pytest.fixture
async def hub(app, client_for):
    await week(app, client_for(app, COORDINATOR))
    return app


@pytest.fixture
async def friday(hub):
    return await publish(hub)


@pytest.fixture
def printed(monkeypatch):
    """What goes to the press: (template, data)."""
    kept = []
    print_paper = Press.paper

    async def paper(self, document, data):
        kept.append((document, json.loads(data)))
        return await print_paper(self, document, data)

    print_labels = Press.labels

    async def labels(self, data):
        kept.append(("labels.typ", json.loads(data)))
        return await print_labels(self, data)

    monkeypatch.setattr(Press, "paper", paper)
    monkeypatch.setattr(Press, "labels", labels)
    return kept


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def scanned(document: str, data: object) -> list[str]:
    """What a telephone reads off the printed sheets."""
    inputs = {"data": with_codes(json.dumps(data))}
    made = typst.compile(str(DOCUMENTS / document), format="png", ppi=200, sys_inputs=inputs)
    sheets = made if isinstance(made, list) else [made]
    return [
        each.text for sheet in sheets for each in zxingcpp.read_barcodes(Image.open(io.BytesIO(sheet)).convert("L"))
    ]


async def test_the_dock_reads_who_comes_and_in_which_order_each_vehicle_is_loaded(hub, friday, client_for, printed):
    driver = client_for(hub, COORDINATOR)
    said = text_of((await driver.get(f"{DAY}/dock")).text)
    arrives, leaves = said[said.index("Arrivées") : said.index("Départs")], said[said.index("Départs") :]
    assert "9 h 23 Marcel Kangoo frigo" in arrives
    assert "9 h 33 – 9 h 43 Marcel" in leaves
    # He goes to Foyer, Sigean and Halle: what is for Halle goes in first.
    assert leaves.index("Halle") < leaves.index("Sigean") < leaves.index("Foyer")
    assert (await driver.get(f"{DAY}/dock.pdf")).content.startswith(b"%PDF")
    (sheet,) = printed[0][1]["docks"]
    assert [piece["goal"] for piece in sheet["departures"][0]["pieces"]] == ["Halle", "Sigean", "Foyer"]
    said = [(one["place"], one["carrier"], one["at"].replace("\u00a0", " "), one["boxes"]) for one in sheet["villages"]]
    assert said == [(place, "Marcel", "9 h 43", "–") for place in ("Foyer", "Halle", "Sigean")]
    assert {piece["stands"] for piece in sheet["departures"][0]["pieces"]} == {"à même le sol"}


async def test_the_timeline_is_drawn_and_said_in_a_table(hub, friday, client_for):
    page = (await client_for(hub, COORDINATOR).get(f"{DAY}/timeline")).text
    assert page.count("<svg class=") >= 2
    table = page[page.index("<tbody>") :]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    assert page[page.index('<svg class="wide"') : page.index('<svg class="narrow"')].count("<g><title>") == len(rows)
    said = [text_of(row).strip() for row in rows]
    assert any(row.startswith("Kangoo frigo (Marcel) Froid 4 °C 8 h 28 – 9 h 12") for row in said)
    assert any(row.startswith("Halle Congélateur −21,5 °C 8 h 34 – 19 h 30 Glace") for row in said)


async def test_a_producer_packs_in_the_order_of_loading_with_the_hour_of_each_carrier(hub, friday, client_for, printed):
    mine = client_for(hub, CHEESE)
    page = await mine.get(f"{DAY}/packing/pic")
    assert page.status_code == 200
    said = text_of(page.text)
    hours = [said.index(words) for words in ("8 h 23 Marcel passe", "8 h 23 Odette passe", "17 h 38 Lola passe")]
    assert hours == sorted(hours)
    # Odette comes to Halle before Sigean: Sigean goes in first.
    assert said.index("Sigean", hours[1]) < said.index("Halle", hours[1])
    assert "BioEspuña" not in said
    rows = list(
        csv.DictReader(
            io.StringIO((await mine.get(f"{DAY}/packing/pic.csv")).content.decode("utf-8-sig")), delimiter=";"
        )
    )
    carried = Counter()
    for row in rows:
        carried[row["Produit"]] += round(float(row["Quantité"].replace(",", ".")) * 1000)
    assert carried == {
        "Faisselle de chèvre, pot de 500 g": 2000,
        "Pélardon affiné, pièce de 90 g": 5000,
        "Tomme de brebis": 1135,
        "Glace au lait de chèvre, pot de 500 ml": 3000,
    }
    assert {row["Unité"] for row in rows} == {"pièce", "pièces", "kg"}
    assert (await mine.get(f"{DAY}/packing/pic.pdf")).content.startswith(b"%PDF")
    assert (await mine.get(f"{DAY}/packing/pic/labels.pdf")).content.startswith(b"%PDF")
    assert {each["notes"][0] for each in printed[-1][1]["stickers"]} == {"de Fromagerie du Pic"}


async def test_a_producer_sees_nothing_of_another_and_members_nothing_at_all(hub, friday, client_for):
    mine = client_for(hub, CHEESE)
    for ending in ("", ".pdf", ".csv", "/labels.pdf"):
        assert (await mine.get(f"{DAY}/packing/bio{ending}")).status_code == 404
        assert (await client_for(hub, COORDINATOR).get(f"{DAY}/packing/bio{ending}")).status_code == 200
        member = client_for(hub, Grant(Role.MEMBER, household_id="vidal"))
        assert (await member.get(f"{DAY}/packing/pic{ending}")).status_code == 403
    for path in ("packing", "packing.pdf", "dock", "timeline", "labels", "labels/bags.pdf"):
        assert (await mine.get(f"{DAY}/{path}")).status_code == 403
    # The names of households are no driver's affair.
    assert (await client_for(hub, Grant(Role.DRIVER)).get(f"{DAY}/labels/bags.pdf")).status_code == 403


async def test_the_link_of_a_pick_list_opens_its_packing_list(hub, friday, client_for):
    nobody = client_for(hub)
    links = hub.state.dispatch.links
    link = links.path(list_id("cycle-1", "bio"), hub.state.service.clock.now())
    assert f"{link}/packing" in (await nobody.get(link)).text
    page = await nobody.get(f"{link}/packing")
    assert page.status_code == 200
    assert "Apporté par le producteur" in text_of(page.text)
    assert "Fromagerie du Pic" not in text_of(page.text)
    for ending in (".pdf", ".csv", "/labels.pdf"):
        assert (await nobody.get(f"{link}/packing{ending}")).status_code == 200
    assert (await nobody.get(f"{link[:-4]}/packing")).status_code == 404
    # Signed in, it leads to the same.
    signed_in = await client_for(hub, CHEESE).get(f"/logistics/pick-lists/{list_id('cycle-1', 'pic')}/packing")
    assert signed_in.headers["location"] == f"{DAY}/packing/pic"
    other = await client_for(hub, CHEESE).get(f"/logistics/pick-lists/{list_id('cycle-1', 'bio')}/packing")
    assert other.status_code == 404


async def test_bags_have_the_lines_of_their_household_by_class(hub, friday, client_for, printed):
    desk = client_for(hub, COORDINATOR)
    assert "Imprimer 6 étiquettes" in text_of((await desk.get(f"{DAY}/labels")).text)
    assert (await desk.get(f"{DAY}/labels/bags.pdf?first=3")).content.startswith(b"%PDF")
    document, data = printed[-1]
    bags = data["stickers"]
    assert [each["title"] for each in bags] == ["", ""] + ["Foyer Abadie"] * 3 + ["Foyer Éboué"] * 3
    lines = {
        each["title"]: [
            line.replace("\u00a0", " ") for other in bags if other["title"] == each["title"] for line in other["lines"]
        ]
        for each in bags
    }
    assert lines["Foyer Abadie"] == [
        "2 pièces Faisselle de chèvre, pot de 500 g",
        "0,4 kg Tomme de brebis",
        "1 pièce Œufs plein air, boîte de 6",
    ]
    assert [each["part"] for each in bags[2:5]] == ["1/3", "2/3", "3/3"]
    read = scanned(document, data)
    assert Counter(read) == {
        f"http://127.0.0.1:8000{code.address(code.of_household(FRIDAY, household))}": 3
        for household in ("abadie", "éboué")
    }


async def test_a_telephone_reads_the_codes_of_crates_and_they_name_nobody(hub, friday, client_for, printed):
    assert (await client_for(hub, COORDINATOR).get(f"{DAY}/labels/crates.pdf")).content.startswith(b"%PDF")
    document, data = printed[-1]
    read = scanned(document, data)
    assert len(read) == len(data["stickers"])
    expected = {code.address(code.of_consignment(FRIDAY, one.id)) for one in friday.day.consignments}
    assert {each.partition("//")[2].partition("/")[2] for each in read} == {each[1:] for each in expected}
    # Three crates of oranges do not fit one: the label is there twice.
    assert Counter(each["mark"] for each in data["stickers"])["CZ3L-WY"] == 2


async def test_a_large_day_with_boxes_prints_all_its_papers(app, client_for, printed):
    day = reference_day(farms=20, places=8)
    made = plan(day, seed=1, budget=Budget(iterations=20))
    async with app.state.service.database.write() as writer:
        await published.publish(writer, day, made, by="Nadia")
    desk, url = client_for(app, COORDINATOR), f"/logistics/days/{day.date.isoformat()}"
    for path in ("papers", "timeline", "dock", "packing", "labels", "rounds.pdf", "dock.pdf", "packing.pdf"):
        assert (await desk.get(f"{url}/{path}")).status_code == 200, path
    assert (await desk.get(f"{url}/labels/boxes.pdf")).status_code == 200
    document, data = printed[-1]
    boxes = box_labels(day, made)
    assert len(data["stickers"]) == len(boxes) > 0
    assert {each.rpartition("/")[2] for each in scanned(document, data)} == {code.of_box(one.box.id) for one in boxes}
    # What is on the sheet fits a label.
    assert all(len(each["lines"]) <= 9 for each in data["stickers"])


async def test_route_sheets_are_light_and_other_papers_keep_their_tags(hub, friday, client_for, printed):
    """Tags were three quarters of the file of a large day."""
    desk = client_for(hub, COORDINATOR)
    rounds, packing = await desk.get(f"{DAY}/rounds.pdf"), await desk.get(f"{DAY}/packing.pdf")
    assert b"StructElem" not in rounds.content
    assert b"StructElem" in packing.content
    tagged = typst.compile(str(DOCUMENTS / "route_sheet.typ"), format="pdf", sys_inputs=as_data(printed[0][1]))
    assert len(rounds.content) < len(tagged) / 2


def as_data(paper):
    return {"data": json.dumps(paper)}
