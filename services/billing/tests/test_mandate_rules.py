"""The rules of mandate contracts, without a database: clauses, wording, moves, days."""

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.iban import is_iban
from billing.mandate.clauses import (
    MOST_PAY_DAYS,
    AnnexLine,
    Goods,
    Invoicing,
    Party,
    Terms,
    commission_cents,
    faults,
    is_siren,
)
from billing.mandate.ending import later
from billing.mandate.life import STEPS, TURNS, Life, OutOfTurn, Stage, Step, Turn, stepped, turned
from billing.mandate.text import FAMILIES, WORDINGS, Document, text_of
from billing.vat import load
from contracts.mandate import Collection, Commission, CommissionBase

TODAY = date(2026, 11, 19)
TERMS = Terms(
    principal=Party(
        name="Chèvrerie du Roc",
        legal_form="EARL",
        address="Le Roc, 11300 Limoux",
        siren="732829320",
        regime="FARMER_FLAT_RATE",
        represented_by="Paul Roc",
        capacity="gérant",
    ),
    agent=Party(
        name="Maison Paysanne",
        address="1 rue du Marché, 11300 Limoux",
        siren="552100554",
        represented_by="Josette Marty",
        capacity="présidente",
    ),
    annex=(AnnexLine(product_id="tomme", reference="T1", name="Tomme", price_cents=850, per="la pièce"),),
    commissions=(
        Commission(rate_hundredths=1250, minimum_cents=200),
        Commission(vat_class="ALCOHOL", rate_hundredths=800, base=CommissionBase.NET),
        Commission(service="transport", rate_hundredths=300),
    ),
    collection=Collection.AGENT_ACCOUNT,
    iban="FR7630006000011234567890189",
    delivery_place="la Halle, Limoux",
    principal_insurance="Groupama 1",
    agent_insurance="MAIF 2",
    recall_contact="Paul Roc",
    recall_phone="06 12 34 56 78",
    starts_on=date(2026, 12, 1),
    effective_from=date(2026, 12, 1),
    ends_on=date(2027, 11, 30),
    tacit_renewal=True,
    court="tribunal judiciaire de Carcassonne",
)


WORDS = {
    (1, Document.CONTRACT): "e557a9fe631d1c552dceaeff0ea4664c048e77546db66aed7a776652ccb7834f",
    (1, Document.INVOICING): "8939ea80dd7f31feb00cc3e6e02a2b206579cf1343244ee8f59f69f40fabd37e",
}


def test_the_words_of_a_wording_never_change():
    """Red here: a wording was edited. Put it back, and add yours under the next number: others were signed."""
    assert {number for number, _ in WORDS} == set(WORDINGS)
    for (number, document), known in WORDS.items():
        text = text_of(document, TERMS, 1, number)
        assert text is not None
        assert text.sha256 == known, document


def test_every_clause_that_differs_makes_other_words():
    other = {
        "later_products": False,
        "lot_rule": "date du jour",
        "groups": ("Limoux",),
        "exclusive": True,
        "prices_until": date(2027, 3, 1),
        "discounts": "never",
        "commissions": TERMS.commissions[:1],
        "collection": Collection.DIRECT_TO_PRODUCER,
        "iban": "",
        "pay_days": 8,
        "pay_from": "delivery",
        "goods": "meat",
        "rendering": "weekly",
        "delivery_place": "Quillan",
        "delivery_slot": "le vendredi",
        "cold_chain": "4 °C",
        "risk": "at_household",
        "unsold": "hub",
        "claims": "hub",
        "claim_days": 5,
        "del_credere": True,
        "principal_insurance": "x",
        "agent_insurance": "x",
        "recall_contact": "x",
        "recall_phone": "x",
        "data_roles": "processor",
        "data_shared": "les noms",
        "starts_on": date(2026, 12, 2),
        "ends_on": None,
        "tacit_renewal": False,
        "renewal_months": 6,
        "notice_days": 90,
        "breach_days": 30,
        "court": "x",
        "mediator": "x",
        "effective_from": date(2026, 12, 3),
        "annex": (),
        "principal": TERMS.principal.model_copy(update={"vat_number": "FR1"}),
        "agent": TERMS.agent.model_copy(update={"legal_form": "SCIC"}),
    }
    assert set(other) == set(Terms.model_fields) - {"invoicing"}, "a new clause has a line here"
    base = text_of(Document.CONTRACT, TERMS, 1, 1)
    for name, value in other.items():
        changed = text_of(Document.CONTRACT, Terms.model_validate({**TERMS.model_dump(), name: value}), 1, 1)
        assert changed != base, name
    for change in ({"contest_days": 8}, {"corrective": False}, {"sub_agent": "x"}, {"notice_days": 60}):
        terms = TERMS.model_copy(update={"invoicing": Invoicing(**change)})
        assert text_of(Document.INVOICING, terms, 1, 1) != text_of(Document.INVOICING, TERMS, 1, 1), change
    assert text_of(Document.INVOICING, TERMS.model_copy(update={"invoicing": None}), 1, 1) is None


def test_terms_are_kept_as_they_are():
    kept = Terms.model_validate(TERMS.model_dump(mode="json"))
    assert kept == TERMS
    assert str(text_of(Document.CONTRACT, kept, 1, 1)) == str(text_of(Document.CONTRACT, TERMS, 1, 1))


def test_families_are_those_of_the_vat_table():
    assert set(FAMILIES) == {rate.vat_class for rate in load().rates} - {"SERVICE"}


def test_complete_terms_lack_nothing():
    assert faults(TERMS, TODAY) == []


@pytest.mark.parametrize("goods", Goods)
def test_payment_may_take_as_long_as_the_law_says_and_not_a_day_more(goods):
    most = MOST_PAY_DAYS[goods]
    for days, wrong in ((most, set()), (most + 1, {"pay_days"})):
        terms = TERMS.model_copy(update={"goods": goods, "pay_days": days})
        assert {fault.field for fault in faults(terms, TODAY)} == wrong


def test_a_producer_abroad_has_a_vat_number_and_no_siren():
    abroad = TERMS.principal.model_copy(update={"country": "ES", "siren": ""})
    terms = TERMS.model_copy(update={"principal": abroad})
    assert [fault.field for fault in faults(terms, TODAY)] == ["principal_vat_number"]


def test_the_next_version_takes_effect_after_the_one_before():
    assert faults(TERMS, TODAY, date(2026, 11, 30)) == []
    assert [fault.field for fault in faults(TERMS, TODAY, date(2026, 12, 1))] == ["effective_from"]


@pytest.mark.parametrize(
    ("rule", "gross", "net", "cents"),
    [
        (Commission(rate_hundredths=1250), 100_00, 94_79, 12_50),
        (Commission(rate_hundredths=1250, base=CommissionBase.NET), 100_00, 94_79, 11_85),
        (Commission(rate_hundredths=1110), 12_00, 11_37, 1_33),
        (Commission(rate_hundredths=100, minimum_cents=200), 50_00, 47_39, 2_00),
        (Commission(rate_hundredths=100, minimum_cents=200), 0, 0, 0),
        (Commission(rate_hundredths=0), 50_00, 47_39, 0),
    ],
)
def test_a_commission_is_rounded_once_half_up(rule, gross, net, cents):
    assert commission_cents(rule, gross, net) == cents


@given(st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_of_a_siren_is_noticed(place, by):
    right = "732829320"
    wrong = right[:place] + str((int(right[place]) + by) % 10) + right[place + 1 :]
    assert is_siren(right)
    assert not is_siren(wrong)


@given(st.integers(4, 26), st.integers(1, 9))
def test_one_wrong_digit_of_an_iban_is_noticed(place, by):
    right = "FR7630006000011234567890189"
    wrong = right[:place] + str((int(right[place]) + by) % 10) + right[place + 1 :]
    assert is_iban(right)
    assert not is_iban(wrong)


@pytest.mark.parametrize("number", ["", "12345678", "73282932x", "７３２８２９３２０", "1234567890"])
def test_what_is_no_siren_is_none(number):
    assert not is_siren(number)


def test_all_that_is_not_in_the_tables_is_refused():
    for life, turn in product(Life, Turn):
        if (life, turn) not in TURNS:
            with pytest.raises(OutOfTurn):
                turned(life, turn)
    for stage, step in product(Stage, Step):
        if (stage, step) not in STEPS:
            with pytest.raises(OutOfTurn):
                stepped(stage, step)


def test_what_is_over_stays_over():
    for over in (Life.ENDED, Life.DROPPED):
        assert not [turn for life, turn in TURNS if life is over]
    for settled in (Stage.SIGNED, Stage.REFUSED, Stage.WITHDRAWN):
        assert not [step for stage, step in STEPS if stage is settled]


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 11, 30), 12, date(2027, 11, 30)),
        (date(2027, 2, 28), 12, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2027, 1, 30), 1, date(2027, 2, 28)),
        (date(2026, 11, 15), 13, date(2027, 12, 15)),
    ],
)
def test_a_term_is_renewed_by_whole_months(day, months, then):
    assert later(day, months) == then


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 120))
def test_a_renewed_term_is_longer(day, months):
    then = later(day, months)
    assert then > day
    assert timedelta(days=28 * months - 3) <= then - day <= timedelta(days=31 * months + 3)
