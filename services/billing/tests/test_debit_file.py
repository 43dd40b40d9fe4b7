"""The file of direct debits, what stands in it, and what can be taken; without a database."""

import re
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.debit.due import WhyNot, due_of
from billing.debit.file import SCHEMA, end_to_end_id, message_id, written
from billing.debit.mandate import Mandate, Stage
from billing.debit.register import Batch, Debit
from billing.iban import BankAccount
from billing.instruction.life import Stage as Batched
from billing.payment.owing import Debt, Owing

LETTERS = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*")
ID = "01936f5a-7c3e-7d11-8a2b-0123456789ab"
GOOD = "FR7630006000011234567890189"
MADE = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
DAY = date(2026, 12, 7)


def debit(place, cents, sequence="RCUR", holder="Léa & Žofie", bic=""):
    account, signed = BankAccount(holder, GOOD, bic), date(2026, 1, 15)
    named = (f"h{place}", f"Foyer {place}", cents, f"m{place}", f"RUM-{place}", signed, sequence, account)
    return Debit(f"d{place}", ID, place, *named, end_to_end_id(ID, 12, place), None, "", "", {"p-roc": cents})


def of(*debits):
    hub = BankAccount("SCIC Maison Paysanne", "FR1420041010050500013M02606", "PSSTFRPPLIL")
    who = ("Anne", "anne", None, "", None, "")
    head = ID, 12, Batched.DRAFT, DAY, hub, MADE, *who
    return Batch(*head, "FR72ZZZ123456", debits)


def texts(file, tag):
    return [
        each.text for each in ElementTree.fromstring(file).iter(f"{{urn:iso:std:iso:20022:tech:xsd:{SCHEMA}}}{tag}")
    ]


def test_each_kind_of_debit_is_a_part_of_its_own_with_its_sum():
    file = written(
        of(debit(1, 1, "FRST"), debit(2, 1099), debit(3, 500), debit(4, 7, "OOFF"), debit(5, 9, "FNAL")), MADE
    )
    assert texts(file, "SeqTp") == ["FRST", "RCUR", "OOFF", "FNAL"]
    assert texts(file, "CtrlSum") == ["16.16", "0.01", "15.99", "0.07", "0.09"]
    assert texts(file, "NbOfTxs") == ["5", "1", "2", "1", "1"]
    assert texts(file, "MsgId") == [message_id(ID, 12)]
    assert len(set(texts(file, "PmtInfId"))) == 4
    assert texts(file, "EndToEndId") == [end_to_end_id(ID, 12, place) for place in range(1, 6)]


def test_it_says_who_takes_it_by_which_mandate_and_when():
    file = written(of(debit(1, 1099, bic="AGRIFRPPXXX")), MADE)
    assert texts(file, "MndtId") == ["RUM-1"]
    assert texts(file, "DtOfSgntr") == ["2026-01-15"]
    assert texts(file, "ReqdColltnDt") == ["2026-12-07"]
    assert texts(file, "InstdAmt") == ["10.99"]
    assert texts(file, "IBAN") == ["FR1420041010050500013M02606", GOOD]
    assert texts(file, "BICFI") == ["PSSTFRPPLIL", "AGRIFRPPXXX"]
    assert "FR72ZZZ123456" in file
    assert texts(file, "Cd") == ["SEPA", "CORE"]
    assert "Lea + Zofie" in texts(file, "Nm")
    assert texts(file, "PstlAdr") == texts(file, "AdrLine") == []
    assert texts(file, "CreDtTm") == ["2026-11-23T09:30:00Z"]
    assert texts(file, "BtchBookg") == ["false"], "each debit is a line of the statement"


def test_nothing_in_the_file_is_chance():
    assert written(of(debit(1, 1099)), MADE) == written(of(debit(1, 1099)), MADE)


def test_a_file_that_does_not_keep_to_the_schema_is_not_made():
    with pytest.raises(ValueError, match="SeqTp"):
        written(of(debit(1, 1099, "XXXX")), MADE)


@given(number=st.integers(1, 9_999_999), place=st.integers(1, 9999))
def test_every_id_fits(number, place):
    assert len(end_to_end_id(ID, number, place)) <= 35
    assert LETTERS.fullmatch(end_to_end_id(ID, number, place))


def mandate(stage=Stage.SIGNED, one_off=False, last=False, signed=date(2026, 1, 15)):
    account, moment = BankAccount("Léa", GOOD), datetime(2026, 1, 15, tzinfo=UTC)
    return Mandate("m1", "h1", "RUM-1", account, one_off, last, stage, "", signed, "Léa", "", None, moment, "Anne")


def owing(producer_id, cents, paid=0):
    debt = Debt("c1", "Semaine 1", date(2026, 11, 20), cents, max(0, cents - paid))
    return Owing(producer_id, producer_id, (debt,), paid, 0)


COLLECTED = frozenset({"hub", "roc"})


def due(held, owed, kept=()):
    return due_of(("h1", "Léa"), held, owed, COLLECTED, dict(kept), DAY)


def test_only_what_is_left_to_whom_the_hub_collects_for_and_in_no_other_batch_is_taken():
    one = due(mandate(), [owing("hub", 300), owing("roc", 1000, paid=400), owing("oven", 700)], {"roc": 100}.items())
    assert dict(one.shares) == {"hub": 300, "roc": 500}
    assert (one.cents, one.reserved_cents, one.other_cents) == (800, 100, 700)


@pytest.mark.parametrize(
    ("held", "owed", "kept", "why"),
    [
        (mandate(Stage.PROPOSED, signed=None), [owing("roc", 100)], {}, WhyNot.NOT_SIGNED),
        (mandate(Stage.SUSPENDED), [owing("roc", 100)], {}, WhyNot.SUSPENDED),
        (mandate(signed=date(2023, 12, 7)), [owing("roc", 100)], {}, WhyNot.LAPSED),
        (mandate(signed=date(2023, 12, 8)), [owing("roc", 100)], {}, None),
        (mandate(one_off=True), [owing("roc", 100)], {"hub": 5}, WhyNot.LAST_ASKED),
        (mandate(last=True), [owing("roc", 100)], {"hub": 5}, WhyNot.LAST_ASKED),
        (mandate(), [owing("roc", 100)], {"roc": 100}, WhyNot.RESERVED),
        (mandate(), [owing("oven", 100)], {}, WhyNot.NOT_COLLECTED),
        (mandate(), [owing("roc", 100, paid=100)], {}, WhyNot.NOTHING_LEFT),
    ],
)
def test_why_nothing_is_taken(held, owed, kept, why):
    one = due(held, owed, kept.items())
    assert one.why_not is why
    assert bool(one.cents) == (why is None)


def test_a_first_debit_is_first_once():
    assert due(mandate(), [owing("roc", 100)]).sequence == "FRST"
    assert due(mandate(), [owing("roc", 100)], {"roc": 40}.items()).sequence == "RCUR"
