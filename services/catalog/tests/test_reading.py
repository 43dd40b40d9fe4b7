"""Files as people send them, read without a database."""

import io

import pytest
import xlsxwriter
from catalog_shelf import BIOESPUNA

from catalog.price_list.months import window_of
from catalog.price_list.reading import read, read_aside
from catalog.price_list.sheet import MOST_LINES, Unreadable

LIST = """\
référence;désignation;unité;prix TTC;conservation
A1;Crème fraîche;kg;3,50 €;PERISHABLE
B2;Œufs;pièce;0,35;EGGS
"""


def fields_wrong(line):
    return {fault.field for fault in line.faults}


def one(text, header="reference;nom;unite;prix"):
    return read(f"{header}\n{text}\n".encode()).lines[0]


def workbook(rows, **formulas):
    """An XLSX of `rows`; a cell that is a tuple is a formula with the value kept of it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Tarif")
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                if isinstance(cell, tuple):
                    sheet.write_formula(y, x, cell[0], None, cell[1])
                elif isinstance(cell, str):
                    sheet.write_string(y, x, cell)
                else:
                    sheet.write(y, x, cell)
    return out.getvalue()


PRICES = [
    ("BE-ORA-10", "piece", 10_000, "kg", 220, "content"),
    ("BE-CIT-10", "piece", 10_000, "kg", 240, "content"),
    ("BE-CLE-10", "piece", 10_000, "kg", 250, "content"),
    ("BE-EVO-5L", "piece", 5_000, "litre", 3500, "unit"),
    ("BE-EVO-05", "piece", 500, "litre", 500, "unit"),
    ("BE-AMA-5", "piece", 5_000, "kg", 1800, "unit"),
    ("BE-AMA-1", "piece", 1_000, "kg", 400, "unit"),
    ("BE-VIN-25", "piece", 250, "litre", 700, "unit"),
    ("BE-HAD-20", "piece", 200, "litre", 850, "unit"),
    ("BE-HAD-25", "piece", 250, "litre", 1100, "unit"),
]
"""The ten articles of the season 2013/14, as the guide has them."""


def test_the_bioespuna_list_is_read_as_it_is():
    found = read(BIOESPUNA)
    names = ("reference", "unit", "content_thousandths", "content_unit", "price_cents", "price_basis")
    assert [tuple(line.values[name] for name in names) for line in found.lines] == PRICES
    assert not any(line.faults for line in found.lines)
    by_reference = {line.reference: line.values for line in found.lines}
    assert (by_reference["BE-ORA-10"]["season_from"], by_reference["BE-ORA-10"]["season_to"]) == (11, 5)
    assert by_reference["BE-CIT-10"]["season_from"] is None, "January to December is the whole year"
    assert by_reference["BE-ORA-10"]["weighed"]
    assert not by_reference["BE-EVO-5L"]["weighed"]
    assert by_reference["BE-HAD-20"]["vat_class"] == "HOUSEHOLD"
    assert by_reference["BE-AMA-5"]["allergens"] == ["nuts"], "a remark that names an allergen counts"
    assert "Jesualdo" in by_reference["BE-ORA-10"]["note"]
    assert found.columns.unused == ("unit_price_eur",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_accents_and_columns_survive_every_encoding_and_separator(encoding, separator):
    text = LIST.replace("3,50 €", '"3,50 €"').replace("0,35", '"0,35"').replace(";", separator)
    if encoding == "latin-1":
        text = text.replace("€", "").replace("Œ", "Oe")
    lines = read(text.encode(encoding)).lines
    assert [line.values["price_cents"] for line in lines] == [350, 35]
    assert lines[0].values["name_fr"] == "Crème fraîche"
    assert lines[0].values["unit"] == "kg"
    assert not fields_wrong(lines[0]) | fields_wrong(lines[1])


def test_a_missing_column_is_named_and_the_first_line_shown():
    with pytest.raises(Unreadable, match=r"prix TTC.*reference, nom, prix HT"):
        read(b"reference;nom;prix HT\nA;Pain;3\n")


def test_all_missing_columns_are_named():
    with pytest.raises(Unreadable) as refusal:
        read(b"foo;bar\n1;2\n")
    assert all(word in str(refusal.value) for word in ("reference", "nom", "prix", "foo"))


@pytest.mark.parametrize("nothing", [b"", b"  \n\n", b"\xef\xbb\xbf", b"reference;nom;prix\n"])
def test_an_empty_file_is_refused(nothing):
    with pytest.raises(Unreadable):
        read(nothing)


@pytest.mark.parametrize(
    "rubbish", [b"PK\x03\x04 not a zip", b"%PDF-1.7", b"\xd0\xcf\x11\xe0 old", b"a\x00b\x00c", b"\x89PNG\r\n\x1a\n\x00"]
)
def test_what_is_no_list_is_refused_with_a_sentence(rubbish):
    with pytest.raises(Unreadable):
        read(rubbish)


def test_both_lines_of_a_doubled_reference_are_wrong():
    lines = read(b"reference;nom;unite;prix\nA1;Pain;kg;3\nB;Miel;kg;9\na1;Brioche;kg;4\n").lines
    assert [fields_wrong(line) for line in lines] == [{"reference"}, set(), {"reference"}]
    assert "4" in str(lines[0].faults[0].sentence)
    assert "2" in str(lines[2].faults[0].sentence)


def test_a_line_with_several_faults_lists_them_all():
    line = one(
        "=A1;Pain;boisseau;abc;XX;13;peut-être",
        "reference;nom;unite;prix;tva;saison de;pese",
    )
    assert fields_wrong(line) == {"reference", "unit", "price", "vat_class", "season_from", "weighed"}


@pytest.mark.parametrize("start", ["=", "+", "@", "-"])
@pytest.mark.parametrize("column", ["reference", "name_fr"])
def test_a_name_that_starts_like_a_formula_is_refused(start, column):
    bad = f"{start}cmd|calc"
    line = one(f"{bad if column == 'reference' else 'A1'};{bad if column == 'name_fr' else 'Pain'};kg;3")
    assert fields_wrong(line) == {column}


@pytest.mark.parametrize(
    ("typed", "cents"),
    [("3", 300), ("3,5", 350), ("3.50", 350), ("3,50 €", 350), ("€3.50", 350), ("1 234,50", 123450), ("3.500", 350)],
)
def test_prices_are_read_as_people_write_them(typed, cents):
    assert one(f"A;Pain;kg;{typed}").values["price_cents"] == cents


@pytest.mark.parametrize("typed", ["", "0", "-3", "abc", "1e9", "3,555", "1.234,50", "½", "3 €/kg/kg", "9" * 30, "NaN"])
def test_what_is_no_price_is_wrong(typed):
    assert fields_wrong(one(f"A;Pain;kg;{typed}")) & {"price", "price_basis"}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("kg;;;2,50;", ("kg", None, None, 250, "unit")),
        ("kg;1;;2,50;", ("kg", None, None, 250, "unit")),
        ("kg;1;filet 1 kg;4;4/net", ("piece", 1000, "kg", 400, "unit")),
        ("kg;10;caisse;22;2,20/kg", ("piece", 10_000, "kg", 220, "content")),
        ("kg;10;caisse;2,20;kg", ("piece", 10_000, "kg", 220, "content")),
        ("kg;10;caisse;2,20;2,20 €/kg", ("piece", 10_000, "kg", 220, "content")),
        ("L;0,75;bouteille;9;", ("piece", 750, "litre", 900, "unit")),
        ("pièce;6;boîte de 6;3,60;", ("piece", 6000, "piece", 360, "unit")),
        ("botte;;;1,80;", ("piece", None, None, 180, "unit")),
        (";;;1,80 €/kg;", ("kg", None, None, 180, "unit")),
    ],
)
def test_packs_and_prices_are_understood_together(cells, expected):
    values = one(f"A;Chose;{cells}", "reference;nom;unite;contenance;conditionnement;prix;base de prix").values
    found = tuple(values.get(n) for n in ("unit", "content_thousandths", "content_unit", "price_cents", "price_basis"))
    assert found == expected


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ("kg;10;caisse;23;2,20/kg", "price"),
        ("kg;5;bidon;35;36/can", "price_basis"),
        ("piece;;;2;2/kg", "price_basis"),
        ("kg;0;caisse;2;", "content"),
        ("kg;-1;caisse;2;", "content"),
        ("kg;1e9;caisse;2;", "content"),
        (";5;caisse;2;", "unit"),
    ],
)
def test_packs_and_prices_that_contradict_each_other_are_wrong(cells, field):
    line = one(f"A;Chose;{cells}", "reference;nom;unite;contenance;conditionnement;prix;base de prix")
    assert fields_wrong(line) == {field}


@pytest.mark.parametrize(
    ("written", "window"),
    [
        ("11-5", (11, 5)),
        ("nov à mai", (11, 5)),
        ("de novembre à mai", (11, 5)),
        ("November to May", (11, 5)),
        ("d’août à octobre", (8, 10)),
        ("juin", (6, 6)),
        ("toute l'année", (None, None)),
        ("juin-13", None),
        ("printemps", None),
        ("ju-ma", None),
    ],
)
def test_seasons_are_read_as_people_write_them(written, window):
    assert window_of(written) == window


def test_title_rows_above_the_header_are_passed_over_and_lines_keep_their_numbers():
    found = read(b"GAEC du Soleil;;;\nTarif d'automne;;;\n\nref;produit;unite;prix\nA;Pain;kg;3\n\nB;Miel;kg;x\n")
    assert [line.number for line in found.lines] == [5, 7]


def test_a_quotation_mark_too_many_does_not_swallow_the_file_in_silence():
    found = read(b'reference;nom;unite;prix\nA;"Pain;kg;3\nB;Miel;kg;9\n')
    assert all(line.faults for line in found.lines)


def test_two_columns_that_say_the_same_are_refused():
    with pytest.raises(Unreadable, match="PU"):
        read(b"reference;nom;prix;PU\nA;Pain;3;4\n")


# --- workbooks ---


def test_a_workbook_is_read_with_the_values_its_formulas_kept():
    rows = [
        ["Référence", "Nom", "Unité", "Prix TTC (€)", "Disponible"],
        ["A1", "Crème fraîche", "kg", ("=2*1.1", 2.2), 12.5],
        [1001, "Œufs", "pièce", 0.35, ""],
        ["A3", "=1+1", "kg", 3, 4],
    ]
    lines = read(workbook(rows), "tarif.xlsx").lines
    assert [line.reference for line in lines] == ["A1", "1001", "A3"]
    assert [line.values["price_cents"] for line in lines[:2]] == [220, 35]
    assert lines[0].values["available_thousandths"] == 12_500
    assert fields_wrong(lines[2]) == {"name_fr"}, "a text that looks like a formula is text, and refused"


def test_binary_fractions_of_a_workbook_do_not_leak_into_prices():
    rows = [["reference", "nom", "unite", "prix"], ["A", "Pain", "kg", ("=1.1*3", 3.3000000000000003)]]
    assert read(workbook(rows)).lines[0].values["price_cents"] == 330


def test_a_formula_that_was_never_computed_is_no_price():
    rows = [["reference", "nom", "unite", "prix"], ["A", "Pain", "kg", ("=B7*2", 0)]]
    assert fields_wrong(read(workbook(rows)).lines[0]) == {"price"}


# --- size ---


def long_list(lines):
    rows = (f"R{n};Produit {n};kg;{n % 90 + 1},50;FOOD;AMBIENT" for n in range(lines))
    return ("reference;nom;unite;prix;tva;conservation\n" + "\n".join(rows)).encode()


async def test_twenty_thousand_lines_are_read_in_a_process_of_their_own():
    found = await read_aside(long_list(MOST_LINES))
    assert len(found.lines) == MOST_LINES
    assert not any(line.faults for line in found.lines)


async def test_more_lines_than_that_are_refused_with_both_numbers():
    with pytest.raises(Unreadable, match=r"20001 lines.*20000"):
        await read_aside(long_list(MOST_LINES + 1))
