"""Whose a line is, and whether it is there already: the rules alone."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.bank.known import keys, known
from billing.bank.matching import Found, How, Known, alike, decide, whose
from billing.bank.reading import Gap, gaps
from billing.bank.register import Kept, Stage
from billing.bank.statement import Line, letters
from billing.payment.reference import reference_of

DAY = date(2026, 11, 20)
LINE = Line(DAY, 22_00, text="COURSES")
MARIE, PAUL = reference_of("h-Marie"), reference_of("h-Paul")
REFERENCES = {letters(MARIE): "h-Marie", letters(PAUL): "h-Paul"}
KNOWN = Known(
    REFERENCES,
    ours=whose([MARIE, "E2E-1", ""], REFERENCES),
    by_iban={"FR1": frozenset({"h-Paul"}), "FR2": frozenset({"h-Paul", "h-Marie"})},
    left={"h-Paul": 22_00, "h-Marie": 22_00},
    sent=frozenset({"VIR-1"}),
)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, None),
        ({"end_to_end": MARIE}, Found(How.END_TO_END, "h-Marie")),
        ({"end_to_end": "E2E-1"}, None),
        ({"reference": letters(MARIE)}, Found(How.REFERENCE, "h-Marie")),
        ({"text": f"VIR de M {MARIE.lower()} pour novembre"}, Found(How.REFERENCE, "h-Marie")),
        ({"text": "/".join(letters(MARIE))}, Found(How.REFERENCE, "h-Marie")),
        ({"text": f"RF{MARIE}"}, Found(How.REFERENCE, "h-Marie")),
        ({"text": letters(MARIE)[:-1]}, None),
        ({"text": f"{MARIE} {PAUL}"}, Found(How.SEVERAL)),
        ({"end_to_end": MARIE, "reference": PAUL}, Found(How.SEVERAL)),
        ({"end_to_end": MARIE, "reference": MARIE}, Found(How.END_TO_END, "h-Marie")),
        ({"party_iban": "FR1"}, Found(How.IBAN, "h-Paul")),
        ({"party_iban": "FR1", "reference": MARIE}, Found(How.REFERENCE, "h-Marie")),
        ({"party_iban": "FR1", "cents": 21_99}, None),
        ({"party_iban": "FR1", "end_to_end": "VIR-1"}, None),
        ({"party_iban": "FR2"}, None),
        ({"party_name": "Marie"}, None),
        ({"reference": MARIE, "cents": -22_00}, None),
        ({"reference": MARIE, "cents": 0}, None),
        ({"reference": MARIE, "returned": True}, None),
    ],
)
def test_who_paid_is_told_by_ids_references_and_ibans_in_this_order_and_never_by_a_name(changes, found):
    assert decide(replace(LINE, **changes), KNOWN) == found


def test_a_name_that_is_alike_is_proposed_after_an_iban_that_paid():
    said = replace(LINE, party_name="Mme LEFÈVRE Marie", party_iban="FR1")
    households = [("h-Paul", "Paul"), ("h-Marie", "Famille Lefevre"), ("h-Jo", "Josette")]
    assert alike(said, households, KNOWN) == ["h-Paul", "h-Marie"]


def kept(said: Line, kind: str = "camt", line_id: str = "1") -> Kept:
    return Kept(line_id, "a", kind, said, Stage.OPEN, "")


@pytest.mark.parametrize(
    ("said", "kind", "there", "same"),
    [
        (LINE, "camt", LINE, True),
        (LINE, "camt", replace(LINE, cents=22_01), False),
        (LINE, "camt", replace(LINE, day=DAY - timedelta(1)), False),
        (LINE, "table", replace(LINE, text="AUTRE"), False),
        (replace(LINE, bank_reference="1"), "camt", replace(LINE, bank_reference="2"), False),
        (replace(LINE, bank_reference="1", text="x"), "ofx", replace(LINE, bank_reference="1"), True),
        (replace(LINE, bank_reference="1"), "ofx", replace(LINE, bank_reference="2"), True),
        (replace(LINE, text="VIR SEPA COURSES DE"), "ofx", LINE, True),
        (replace(LINE, text="VIR SEPA"), "ofx", LINE, True),
        (replace(LINE, text="MARIE"), "ofx", LINE, False),
    ],
)
def test_a_line_is_there_already_by_its_reference_or_its_words(said, kind, there, same):
    assert (known([said], kind, [kept(there)]) != [None]) is same


def test_of_two_equal_transfers_one_that_is_there_takes_one():
    assert [each is not None for each in known([LINE, LINE], "ofx", [kept(LINE)])] == [True, False]


LINES = st.lists(
    st.builds(
        Line,
        day=st.integers(0, 2).map(lambda days: DAY + timedelta(days)),
        cents=st.sampled_from([1, 2]),
        bank_reference=st.sampled_from(["", "", "A", "B"]),
        text=st.sampled_from(["COURSES", "PAIN", ""]),
    ),
    max_size=8,
)


@given(LINES, LINES, st.sampled_from(["camt", "ofx"]))
def test_what_was_taken_in_is_there_and_every_line_has_its_own_key(first, second, kind):
    there = [kept(said, "camt", str(place)) for place, said in enumerate(first)]
    assert None not in known(first, "camt", there)
    found = known(second, kind, there)
    paired = [each.id for each in found if each is not None]
    assert len(paired) == len(set(paired)), "two lines of a file are never one that is kept"
    taken = keys(first, [])
    fresh = [said for said, one in zip(second, found, strict=True) if one is None]
    assert len({*taken, *keys(fresh, taken)}) == len(first) + len(fresh)


def test_a_gap_is_between_two_balances_that_are_told():
    days = [DAY + timedelta(n) for n in range(4)]
    assert gaps([(days[0], 0, 10), (days[1], None, None), (days[2], 10, None), (days[3], 12, 20)]) == []
    assert gaps([(days[0], 0, 10), (days[2], 11, 12)]) == [Gap(days[0], 10, 11)]
