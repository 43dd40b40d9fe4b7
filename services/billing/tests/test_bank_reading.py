"""Statements read from files: what is written is read back, and what is cut, wrong or dangerous says where."""

import string
from dataclasses import replace
from datetime import date, timedelta

import pytest
from bank_papers import IBAN, camt, entry, ofx, table, transaction
from hypothesis import given
from hypothesis import strategies as st

from billing.bank import reading
from billing.bank.reading import Format
from billing.bank.statement import Line, Unreadable, cents_of
from billing.bank.table import Mapping

LETTERS = string.ascii_letters + string.digits + "éàç&<>'’/-. "
SAID = st.text(LETTERS, max_size=40).map(lambda text: " ".join(text.split()))
NAMED = st.text(string.ascii_letters + "éà&'-", min_size=1, max_size=30)
KEYS = st.text(string.ascii_uppercase + string.digits, max_size=20)
LINES = st.builds(
    Line,
    day=st.integers(0, 20).map(lambda days: date(2026, 11, 1) + timedelta(days)),
    cents=st.integers(-(10**9), 10**9),
    bank_reference=KEYS.filter(lambda key: key != "NONREF"),
    end_to_end=KEYS.filter(lambda key: key != "NOTPROVIDED"),
    reference=KEYS,
    text=SAID,
    party_name=NAMED,
    party_iban=st.sampled_from(["", "FR1420041010050500013M02606"]),
)
MAPPING = Mapping(day="Date", amount="Montant", texts="Libellé", reference="Référence")
OTHER_IBAN = "FR1420041010050500013M02606"
MARIE = Line(date(2026, 11, 20), 22_00, "B1", "E1", "RF18539007547034", "courses", "Marie Dupont", OTHER_IBAN)


def read(data: bytes, how: Mapping | None = None):
    return reading.read(data, IBAN, how)


def why(data: bytes, how: Mapping | None = None) -> str:
    with pytest.raises(Unreadable) as refused:
        read(data, how)
    return str(refused.value)


@given(st.lists(LINES, max_size=6), st.sampled_from(["02", "08"]), st.booleans())
def test_whatever_a_bank_writes_in_camt_is_read_back(lines, version, returned):
    lines = [replace(each, returned=returned and each.cents != 0) for each in lines]
    found = read(camt(lines, version, opening=-5_00))
    assert (found.format, found.lines) == (Format.CAMT, lines)
    assert (found.opening_cents, found.closing_cents) == (-5_00, -5_00 + sum(each.cents for each in lines))


@given(st.lists(LINES, max_size=6), st.sampled_from([1, 2]))
def test_whatever_a_bank_writes_in_ofx_is_read_back(lines, version):
    lost = {"end_to_end": "", "reference": "", "party_iban": ""}
    kept = [replace(each, **lost, text=each.text or each.party_name) for each in lines]
    found = read(ofx(lines, version, closing=-1_05))
    assert (found.format, found.lines, found.closing_cents) == (Format.OFX, kept, -1_05)
    assert found.statements[0].iban == IBAN


@given(st.lists(LINES, min_size=1, max_size=6))
def test_whatever_a_bank_writes_in_a_table_is_read_back(lines):
    found = read(table(lines), MAPPING).lines
    assert found == [Line(each.day, each.cents, each.bank_reference, text=each.text) for each in lines]


@given(st.lists(LINES, max_size=4), st.sampled_from(["02", "08"]), st.data())
def test_a_camt_file_cut_anywhere_is_never_read(lines, version, data):
    whole = camt(lines, version)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    assert why(cut)


@given(st.lists(LINES, max_size=4), st.sampled_from([1, 2]), st.data())
def test_an_ofx_file_cut_anywhere_is_never_read(lines, version, data):
    whole = ofx(lines, version).rstrip()
    assert why(whole[: data.draw(st.integers(0, len(whole) - 1))])


def test_a_cut_file_says_where():
    whole = camt([MARIE, MARIE])
    assert "at line 4" in why(whole[: whole.rindex(b"</Ntry>")])


def test_lines_that_do_not_come_to_the_closing_balance_are_refused():
    assert "come to 122.00, but the file says 121.00" in why(camt([MARIE], closing=121_00))


@pytest.mark.parametrize("typed", ["1e3", "12,50", "0x10", "NaN", "", "--1", "1.005", "9" * 16, "\u0661\u0662"])
def test_what_is_no_amount_is_refused_with_its_line(typed):
    wrong = camt([MARIE, MARIE]).decode().replace("22.00", typed, 1)
    assert "line 1 cannot be read" in why(wrong.encode())


@pytest.mark.parametrize(("typed", "cents"), [("12", 1200), ("12.5", 1250), ("-0012.500", -1250), ("+0.07", 7)])
def test_amounts_are_cents_without_any_float(typed, cents):
    assert cents_of(typed) == cents


@pytest.mark.parametrize(
    "start",
    [
        '<!DOCTYPE Document [<!ENTITY a "b">]>',
        '<!DOCTYPE Document SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE Document [<!ENTITY % a SYSTEM "http://bank.example/x"> %a;]>',
    ],
)
def test_a_file_that_defines_entities_is_not_read(start):
    whole = camt([MARIE]).decode().replace("<Document", start + "<Document", 1)
    assert "defines entities" in why(whole.encode())
    assert "defines entities" in why(whole.partition("\n")[2].encode("utf-16"))
    assert "defines entities" in why(ofx([MARIE]).replace(b"<OFX>", start.encode() + b"<OFX>"))


def test_what_is_nested_without_end_is_not_read():
    assert "no statement" in why(b"<a>" * 10_000 + b"</a>" * 10_000)


def test_an_entry_that_gathers_several_payers_is_split_where_the_sums_agree():
    paul = replace(MARIE, cents=5_00, end_to_end="E2", party_name="Paul")
    both = replace(MARIE, cents=27_00)
    details = "".join(transaction(each, with_amount=True) for each in (MARIE, paul))
    whole = camt([both]).decode().replace(entry(both), entry(both, details=details))
    assert [(each.cents, each.party_name, each.bank_reference) for each in read(whole.encode()).lines] == [
        (22_00, "Marie Dupont", "B1/1"),
        (5_00, "Paul", "B1/2"),
    ]
    # Parts that do not come to the whole say nothing: the line stays whole, and of nobody.
    less = whole.replace("<Amt Ccy='EUR'>5.00</Amt>", "<Amt Ccy='EUR'>4.00</Amt>")
    assert [(each.cents, each.party_name) for each in read(less.encode()).lines] == [(27_00, "")]


def test_what_is_only_announced_is_counted_and_left_out():
    whole = camt([MARIE], closing=100_00).replace(b"BOOK", b"PDNG")
    found = read(whole)
    assert (found.lines, found.statements[0].pending) == ([], 1)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"  ", "is empty"),
        (b"PK\x03\x04zip", "unpack it"),
        (b"Date;Montant", "how its bank writes them"),
        (b"<html><body>", "cut off"),
        (b"<html/>", "no statement"),
        (camt([MARIE]).replace(b"camt.053.001.08", b"camt.054.001.08"), "camt.054.001.08"),
        (camt([MARIE], iban="FR1420041010050500013M02606"), "another account: FR14"),
        (camt([MARIE]).replace(b"<Ccy>EUR", b"<Ccy>CHF"), "kept in CHF"),
        (camt([MARIE]).replace(b"2026-11-20", b"2026-11-31"), "is no day"),
        (ofx([MARIE]).replace(b"22.00", b"22,0,0"), "line 1 cannot be read"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(data, said):
    assert said in why(data)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("20/11/2026", "11/20/2026", "no day as this bank writes them"),
        ("22,00", "22.00", "no amount as this bank writes them"),
        ("22,00", "", "no amount as this bank writes them"),
        ("Montant", "Solde", "titles with: Montant"),
        ('"courses"', '"courses', "cut off"),
        (";22,00;B1", "", "cut off"),
    ],
)
def test_a_table_that_reads_otherwise_says_where(old, new, said):
    assert said in why(table([MARIE]).decode().replace(old, new).encode(), MAPPING)


def test_a_table_in_the_wrong_encoding_says_so():
    assert "other encoding" in why(table([replace(MARIE, text="été")]).decode().encode("cp1252"), MAPPING)


def test_a_table_with_a_column_for_each_way():
    how = Mapping(day="Date", credit="Crédit", debit="Débit", texts="Libellé", days="ymd")
    data = "Date;Libellé;Débit;Crédit\n2026-11-20;a;;1 022,00\n2026-11-20;b;-3,50;\n2026-11-20;c;3,5;\n".encode()
    assert [each.cents for each in read(data, how).lines] == [1022_00, -3_50, -3_50]
    assert "both a credit and a debit" in why(data + b"2026-11-21;d;1;1\n", how)
    assert "has no amount" in why(data + b"2026-11-21;d;;\n", how)
