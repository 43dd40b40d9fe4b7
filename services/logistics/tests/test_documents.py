"""The same figures on screen, in the PDF, in the workbook and in the CSV; and no name that a spreadsheet reckons."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from decimal import Decimal
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import typst
from fastapi import FastAPI
from logistics_week import LIMOUX, PELARDON, QUILLAN, Week, line, producer, usual_week
from python_calamine import CalamineWorkbook

from chassis.identity import Grant
from chassis.testing import ClientFor, deliver
from contracts import Bilingual, Role
from logistics.pages.csv_file import plain_number
from logistics.pages.writing import sheet_of
from logistics.pick_list import kept_list, list_id
from logistics.press import TEMPLATE, Press
from logistics.sheet import Sheet
from ui.i18n import translator
from ui.words import Words

CHEESE = list_id("cycle-1", "pic")
COORDINATOR = Grant(Role.COORDINATOR)
Shares = Counter[tuple[str, str, str]]
"""(group or "" for all, household or "", name of the product) -> thousandths."""


def expected(week: Week, producer_id: str) -> Shares:
    """What must be on the list, straight from the orders."""
    bags = {pickup.group_id for pickup in week.pickups if pickup.bags}
    shares: Shares = Counter()
    for order in week.standing():
        for each in order.lines:
            if each.article.producer_id == producer_id:
                name, quantity = each.article.name.fr, each.quantity_thousandths
                shares["", "", name] += quantity
                shares[order.group_name, "", name] += quantity
                if order.group_id in bags:
                    shares[order.group_name, order.household_name, name] += quantity
    return shares


def read(figure: str) -> int:
    """A figure as people read it, in thousandths."""
    return int(Decimal(re.sub(r"\s", "", figure).replace(",", ".")) * 1000)


def on_screen(page: str) -> Shares:
    shares: Shares = Counter()
    group = household = ""
    marks = re.compile(
        r'group-number">\d+</span> (?P<group>[^<]+)<'
        r'|load-figure"><strong>(?P<figure>[^<]+)</strong>.*?load-name">(?P<name>[^<]+)<'
        r'|bag-name">.*?<strong>(?P<household>[^<]+)</strong>'
        r"|<li><strong>(?P<bagged>[\d,\s]+)[^<]*</strong> <span>(?P<what>[^<]+)<",
        re.DOTALL,
    )
    for mark in marks.finditer(unescape(page)):
        if mark["group"]:
            group, household = mark["group"].strip(), ""
        elif mark["household"]:
            household = mark["household"]
        elif mark["bagged"]:
            shares[group, household, mark["what"].strip()] += read(mark["bagged"])
        else:
            shares[group, "", mark["name"].strip()] += read(mark["figure"])
    return shares


def in_pdf(sheet: Sheet) -> Shares:
    found = json.loads(typst.query(str(TEMPLATE), "<printed>", field="value", sys_inputs={"data": sheet.to_json()}))
    names = {item.product_id: item.name for item in sheet.items}
    shares: Shares = Counter()
    for each in found:
        shares[each["group"], each["household"], names[each["product"]]] += read(each["figure"])
    return shares


def in_workbook(content: bytes) -> Shares:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    shares: Shares = Counter()
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python()
        heads = next(number for number, row in enumerate(rows) if "Produit" in row)
        for row in rows[heads + 1 :]:
            cells = dict(zip(rows[heads], row, strict=True))
            key = (str(cells.get("Groupe", "")), str(cells.get("Foyer", "")), str(cells["Produit"]))
            shares[key] += round(Decimal(str(cells["Quantité"])) * 1000)
    return shares


def in_csv(content: bytes) -> Shares:
    """The CSV has the finest shares only; the sums follow from them."""
    shares: Shares = Counter()
    for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"):
        quantity = read(row["Quantité"])
        shares["", "", row["Produit"]] += quantity
        shares[row["Groupe"], "", row["Produit"]] += quantity
        if row["Foyer"]:
            shares[row["Groupe"], row["Foyer"], row["Produit"]] += quantity
    return shares


async def sheet_for(app: FastAPI, wanted: str, language: str = "fr") -> Sheet:
    async with app.state.service.database.read() as reader:
        kept = await kept_list(reader, wanted)
    assert kept is not None
    return sheet_of(kept, Words(language, ZoneInfo("Europe/Paris")), translator("logistics", language), "Cabas")


@pytest.mark.parametrize("producer_id", ["pic", "bio"])
async def test_screen_pdf_workbook_and_csv_say_the_same(app: FastAPI, client_for: ClientFor, producer_id: str) -> None:
    week = usual_week()
    await deliver(app, *week.events())
    coordinator, wanted = client_for(app, COORDINATOR), list_id("cycle-1", producer_id)
    url = f"/logistics/pick-lists/{wanted}"
    right = expected(week, producer_id)
    assert on_screen((await coordinator.get(url)).text) == right
    assert in_pdf(await sheet_for(app, wanted)) == right
    assert in_workbook((await coordinator.get(url + ".xlsx")).content) == right
    assert in_csv((await coordinator.get(url + ".csv")).content) == right


async def test_files_have_names_a_producer_understands(app: FastAPI, client_for: ClientFor) -> None:
    await deliver(app, producer("pic"), *usual_week().events())
    coordinator = client_for(app, COORDINATOR)
    pdf = await coordinator.get(f"/logistics/pick-lists/{CHEESE}.pdf")
    assert pdf.content.startswith(b"%PDF-")
    name = "bon-de-preparation_fromagerie-du-pic_2026-11-27"
    assert pdf.headers["content-disposition"] == f'inline; filename="{name}.pdf"'
    assert pdf.headers["content-type"] == "application/pdf"
    table = await coordinator.get(f"/logistics/pick-lists/{CHEESE}.csv")
    assert table.headers["content-disposition"] == f'attachment; filename="{name}.csv"'


async def test_files_are_in_the_language_of_the_producer(app: FastAPI, client_for: ClientFor) -> None:
    await deliver(app, producer("pic", language="en"), *usual_week().events())
    answer = await client_for(app, COORDINATOR).get(f"/logistics/pick-lists/{CHEESE}.csv")
    assert answer.headers["content-disposition"].startswith('attachment; filename="pick-list_')
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {"Product", "Quantity", "Household"} <= set(rows[0])
    assert "0.735" in {row["Quantity"] for row in rows}


NASTY = ['=HYPERLINK("http://example.org")', "+1+1", "-2", "@SUM(A1)", "\t=1", "http://example.org"]


async def test_names_never_become_formulas_or_links(app: FastAPI, client_for: ClientFor) -> None:
    week = Week()
    for number, name in enumerate(NASTY):
        bad = PELARDON.model_copy(update={"product_id": f"p{number}", "name": Bilingual(fr=name), "pack_label": name})
        order = week.order(f"h{number}", QUILLAN, line(bad, 1000))
        week.said[f"h{number}"] = [order.model_copy(update={"household_name": name})]
    await deliver(app, *week.events())
    coordinator = client_for(app, COORDINATOR)
    table = (await coordinator.get(f"/logistics/pick-lists/{CHEESE}.csv")).content.decode("utf-8-sig")
    for row in csv.reader(io.StringIO(table), delimiter=";"):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]
    book = (await coordinator.get(f"/logistics/pick-lists/{CHEESE}.xlsx")).content
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if "worksheets/sheet" in name]
    assert len(sheets) == 3
    assert not [text for text in sheets if "<f>" in text or "<hyperlink" in text]
    assert (await coordinator.get(f"/logistics/pick-lists/{CHEESE}.pdf")).status_code == 200


async def test_what_a_unit_holds_and_what_is_weighed_is_printed(app: FastAPI) -> None:
    await deliver(app, *usual_week().events())
    oranges = next(i for i in (await sheet_for(app, list_id("cycle-1", "bio"))).items if i.name == "Oranges")
    assert (oranges.figure, oranges.unit, oranges.contents) == ("5", "pièces", "=\u00a050\u00a0kg")
    sheet = await sheet_for(app, CHEESE)
    assert [item.name for item in sheet.items if item.weighed] == ["Tomme de brebis"]
    assert [block.limits for block in sheet.classes] == [
        "−18\u00a0°C au plus",
        "4\u00a0°C au plus",
        "8\u00a0°C au plus",
    ]
    assert sheet.sums == ("10\u00a0pièces", "1,135\u00a0kg")


async def test_a_long_list_keeps_heads_and_numbers_on_every_page(app: FastAPI) -> None:
    week = Week()
    for number in range(60):
        goods = PELARDON.model_copy(update={"product_id": f"p{number}", "name": Bilingual(fr=f"Fromage {number}")})
        week.order(f"h{number}", QUILLAN if number % 2 else LIMOUX, line(goods, 1000 + number))
    await deliver(app, *week.events())
    sheet = await sheet_for(app, CHEESE)
    pages = typst.compile(str(TEMPLATE), format="svg", sys_inputs={"data": sheet.to_json()})
    assert isinstance(pages, list)
    assert len(pages) >= 4
    assert in_pdf(sheet) == expected(week, "pic")


@pytest.mark.parametrize(
    ("thousandths", "french", "english"),
    [(1000, "1", "1"), (12500, "12,5", "12.5"), (735, "0,735", "0.735"), (1_234_560, "1234,56", "1234.56")],
)
def test_numbers_for_programs_are_plain(thousandths: int, french: str, english: str) -> None:
    assert plain_number(thousandths, french=True) == french
    assert plain_number(thousandths, french=False) == english


SHEET = Sheet(
    list_id="x",
    language="fr",
    hub="Cabas",
    producer="Fromagerie",
    cycle="Semaine 48",
    delivers_on="vendredi",
    issued="",
    revision=1,
    corrected="",
    outdated="",
    nothing="",
    changes=(),
    sums=("1 pièce",),
    gross="1 €",
    gross_cents=100,
    classes=(),
    groups=(),
    labels=dict.fromkeys(("title", "deliver", "in_all", "gross", "to_bring", "by_group", "page"), "Bon"),
)


async def test_a_press_whose_worker_was_killed_starts_a_new_one() -> None:
    press = Press()
    first = await press.pdf(SHEET)
    assert press._pool is not None
    (worker,) = press._pool._processes
    os.kill(worker, signal.SIGKILL)
    assert (await press.pdf(SHEET))[:5] == first[:5] == b"%PDF-"
    press.close()


def test_the_worker_does_not_outlive_a_killed_hub(tmp_path: Path) -> None:
    script = tmp_path / "hub.py"
    script.write_text(
        "import asyncio, os, signal\n"
        "from logistics.press import Press, _begun\n"
        "async def main():\n"
        "    press = Press()\n"
        "    await asyncio.wrap_future(press._running().submit(_begun))\n"
        "    print(*press._pool._processes, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    worker = Path(f"/proc/{int(done.stdout)}")
    for _ in range(100):
        if not worker.exists() or "State:\tZ" in (worker / "status").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the worker still runs")
