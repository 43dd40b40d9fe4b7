"""The file for the bank, and what stands in it; without a database."""

import re
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.iban import MOST_MESSAGE, MOST_NAME, BankAccount, NotInSepa, WrongBic, WrongIban, account_of, latin
from billing.instruction.life import MOVES, Move, OutOfTurn, Stage, lands_on, moved
from billing.payout.due import Due, WhyNot, to_take
from billing.payout.file import end_to_end_id, message_id, written
from billing.payout.register import Payout, Transfer

LETTERS = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*")
ID = "01936f5a-7c3e-7d11-8a2b-0123456789ab"
GOOD = "FR7630006000011234567890189"
MADE = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def of(*sums, holder="EARL Chèvrerie & Fils", number=12):
    hub = BankAccount("SCIC Maison Paysanne", "FR1420041010050500013M02606", "PSSTFRPPLIL")
    transfers = tuple(
        Transfer(
            f"t{place}",
            ID,
            place,
            f"p{place}",
            cents,
            1,
            BankAccount(holder, GOOD, "AGRIFRPPXXX" if place % 2 else ""),
            end_to_end_id(ID, number, place),
            None,
        )
        for place, cents in enumerate(sums, 1)
    )
    return Payout(ID, number, Stage.DRAFT, date(2026, 12, 1), hub, MADE, "Anne", "anne", None, "", None, "", transfers)


def texts(file, tag):
    root = ElementTree.fromstring(file)
    return [each.text for each in root.iter("{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}" + tag)]


def test_the_file_says_every_sum_once_and_what_they_come_to():
    file = written(of(1, 1099, 123456), MADE)
    assert texts(file, "InstdAmt") == ["0.01", "10.99", "1234.56"]
    assert texts(file, "CtrlSum") == ["1245.56", "1245.56"]
    assert texts(file, "NbOfTxs") == ["3", "3"]
    assert texts(file, "Dt") == ["2026-12-01"]
    assert texts(file, "Cd") == ["SEPA"]
    assert texts(file, "BICFI") == ["PSSTFRPPLIL", "AGRIFRPPXXX", "AGRIFRPPXXX"]
    assert texts(file, "IBAN") == ["FR1420041010050500013M02606", GOOD, GOOD, GOOD]
    assert texts(file, "Nm") == ["SCIC Maison Paysanne"] * 2 + ["EARL Chevrerie + Fils"] * 3
    assert texts(file, "PstlAdr") == texts(file, "AdrLine") == []
    assert texts(file, "MsgId") == texts(file, "PmtInfId") == [message_id(ID, 12)]
    assert texts(file, "CreDtTm") == ["2026-11-23T09:30:00Z"]
    assert texts(file, "BtchBookg") == ["false"], "each transfer is a line of the statement"


def test_nothing_in_the_file_is_chance():
    assert written(of(1099), MADE) == written(of(1099), MADE)


@given(number=st.integers(1, 9_999_999), place=st.integers(1, 9999))
def test_every_id_fits_and_is_another(number, place):
    one = end_to_end_id(ID, number, place)
    assert len(one) <= 35
    assert LETTERS.fullmatch(one)
    assert one not in (end_to_end_id(ID, number + 1, place), end_to_end_id(ID, number, place + 1))
    assert one != end_to_end_id(ID.replace("9ab", "9ac"), number, place), "a hub that begins to count anew"


def test_what_is_no_file_is_none():
    """The check at the end: an IBAN that no schema lets pass."""
    wrong = of(1099)
    broken = BankAccount("EARL", "not an iban")
    transfers = (Transfer("t", ID, 1, "p", 1099, 1, broken, "E-1", None),)
    with pytest.raises(ValueError, match="IBAN"):
        written(Payout(**{**vars(wrong), "transfers": transfers}), MADE)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("EARL Chèvrerie & Fils", "EARL Chevrerie + Fils"),
        ("L’Œuf du Béarn", "L'OEuf du Bearn"),
        ("//double//slash/", "double/slash"),
        ("a@b;c*d_e", "a b c d e"),
        ("  deux   mots ", "deux mots"),
        ("Straße, Łódź, Ñandú", "Strasse, Lodz, Nandu"),
    ],
)
def test_names_are_written_as_banks_read_them(typed, read):
    assert latin(typed, MOST_NAME) == read


@given(st.text(max_size=300))
def test_any_name_becomes_letters_that_banks_read(typed):
    for most in (MOST_NAME, MOST_MESSAGE):
        read = latin(typed, most)
        assert LETTERS.fullmatch(read)
        assert len(read) <= most
        assert read == read.strip("/ ")
        assert "//" not in read


@pytest.mark.parametrize("place", range(4, 27))
def test_an_iban_with_one_wrong_digit_is_none(place):
    wrong = GOOD[:place] + str((int(GOOD[place]) + 1) % 10) + GOOD[place + 1 :]
    with pytest.raises(WrongIban):
        account_of("EARL", wrong)


def test_accounts_are_read_as_people_type_them():
    assert account_of("EARL", "fr76 3000 6000 0112 3456 7890 189") == BankAccount("EARL", GOOD, "AGRIFRPPXXX")
    assert account_of("EARL", GOOD, "agrifrpp882").bic == "AGRIFRPP882"
    with pytest.raises(NotInSepa):
        account_of("EARL", "TN5910006035183598478831")
    with pytest.raises(WrongBic):
        account_of("EARL", GOOD, "DEUTDEFF")


def due(collected=0, commission=0, paid=0, held=0, at_bank=0, reserved=0, known=True):
    account = object() if known else None
    return Due("p", "P", collected, commission, paid, held, at_bank, reserved, account)


@pytest.mark.parametrize(
    ("one", "cents", "why"),
    [
        (due(100, 15, 0, 100, 100), 85, None),
        (due(100, 15, 0, 100, 60), 60, None),
        (due(100, 15, 0, 100, 100, 30), 55, None),
        (due(100, 15, 0, 100, 100, 85), 0, WhyNot.RESERVED),
        (due(100, 15, 0, 100, 0), 0, WhyNot.NOT_AT_BANK),
        (due(100, 15, 0, 100, 100, known=False), 0, WhyNot.NO_ACCOUNT),
        (due(100, 15, 85), 0, WhyNot.NOTHING_OWED),
        (due(0, 15), 0, WhyNot.IN_OUR_FAVOUR),
        (due(0, 15, 85, -100, -100), 0, WhyNot.IN_OUR_FAVOUR),
    ],
)
def test_what_can_be_sent_is_owed_at_the_bank_and_not_reserved(one, cents, why):
    assert (one.sendable_cents, one.why_not) == (cents, why)


@given(st.integers(0, 1000), st.integers(0, 300), st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_whatever_is_sent_in_whatever_parts_all_stays_covered(collected, commission, in_cash, first, second):
    """Two payouts, each as large as a person wants and the rule lets it be; the commission is taken after each."""
    owed, held = collected - commission, collected
    at_bank = max(0, collected - in_cash)
    for wanted in (first, second):
        one = due(owed, 0, 0, held, at_bank)
        sent = min(wanted, one.sendable_cents)
        owed, held, at_bank = owed - sent, held - sent, at_bank - sent
        taken = to_take(owed, held, at_bank)
        held, at_bank = held - taken, at_bank - taken
        assert held >= max(owed, 0)
        assert at_bank >= 0
        assert taken >= 0
    if not in_cash:
        one = due(owed, 0, 0, held, at_bank)
        owed, held = owed - one.sendable_cents, held - one.sendable_cents
        assert held == 0


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("move", Move)
def test_a_payout_moves_by_the_table_alone(stage, move):
    if (stage, move) in MOVES:
        assert moved(stage, move) is lands_on(move)
    else:
        with pytest.raises(OutOfTurn):
            moved(stage, move)
