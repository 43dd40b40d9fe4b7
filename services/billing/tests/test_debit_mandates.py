"""The mandate of a household for direct debits: signed on its page or on paper, printed, ended; and its rules. On both
databases where there is one."""

import re
from datetime import UTC, date, datetime

import payout_week
import pytest
from debit_week import (
    CREDITOR,
    DAY,
    IBAN,
    MARIE,
    SETTINGS,
    THEN,
    approve,
    batches,
    draw_up,
    draw_up_mandate,
    execute,
    form,
    signed_on_paper,
)
from payment_desk import mends, plain
from payout_week import BOOKS

from billing.app import BillingSettings, create_app
from billing.debit.mandate import STEPS, OutOfTurn, Sequence, Stage, Step, current_of, is_ref, ref_of, stepped
from billing.debit.returned import code_in, is_late
from billing.iban import is_creditor_id
from billing.pages import debit_mandate
from billing.press import pdf
from chassis.identity import Grant
from contracts import Role


@pytest.fixture
async def app(started):
    return await started(create_app, BillingSettings, **SETTINGS)


@pytest.fixture
async def hub(app, clock, client_for, monkeypatch):
    return await payout_week.collecting(app, clock, client_for, monkeypatch)


@pytest.fixture
def anne(hub, client_for):
    return client_for(hub, BOOKS, person_id="anne", name="Anne")


@pytest.fixture
def marie(hub, client_for):
    return client_for(hub, Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux"), person_id="marie")


async def current(app):
    async with app.state.service.database.read() as reader:
        return (await current_of(reader)).get("h-Marie")


async def test_a_household_types_in_its_account_reads_the_mandate_and_signs_it_with_evidence(hub, marie, anne):
    answer, mandate_id = await draw_up_mandate(marie)
    assert answer.status_code == 303
    page = (await marie.get(MARIE)).text
    assert CREDITOR in page
    assert "8 semaines" in page
    shown = re.search(r'name="hash" value="([0-9a-f]{64})"', page)[1]
    answer = await marie.submit(f"{MARIE}/{mandate_id}/agree", {"name": "Marie", "hash": shown})
    assert (answer.status_code, mends(answer.text).keys()) == (422, {"agree"})
    typed = {"name": "Marie", "hash": shown, "agree": "on"}
    for _time in range(2):
        assert (await marie.submit(f"{MARIE}/{mandate_id}/agree", typed)).status_code == 303
    one = await current(hub)
    assert (one.stage, one.signed_by, one.signed_by_id, one.text_hash) == (Stage.SIGNED, "Marie", "marie", shown)
    assert (await form(anne))["debit"] == ["15000:h-Marie"]


async def test_words_that_were_not_shown_are_not_signed_and_nobody_signs_for_a_household(hub, marie, anne):
    _answer, mandate_id = await draw_up_mandate(marie)
    for shown in ("0" * 64, ""):
        typed = {"name": "Marie", "hash": shown, "agree": "on"}
        assert (await marie.submit(f"{MARIE}/{mandate_id}/agree", typed)).status_code == 409
    one = await current(hub)
    typed = {"name": "Anne", "hash": one.text_hash, "agree": "on"}
    assert (await anne.submit(f"{MARIE}/{mandate_id}/agree", typed)).status_code in (403, 409)
    assert (await current(hub)).stage is Stage.PROPOSED


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"iban": "FR7630006000011234567890188"}, "iban"),
        ({"iban": "BR1500000000000010932840814P2"}, "iban"),
        ({"bic": "DEUTDEFF"}, "bic"),
        ({"holder": "☕"}, "holder"),
        ({"ref": "RÉF 1"}, "ref"),
    ],
)
async def test_what_no_bank_takes_is_said_at_its_field_and_kept_as_typed(hub, anne, typed, field):
    answer, _mandate = await draw_up_mandate(anne, **typed)
    assert (answer.status_code, mends(answer.text).keys()) == (422, {field})
    assert await current(hub) is None
    assert next(iter(typed.values())) in answer.text


async def test_a_reference_is_of_one_mandate_alone(hub, anne):
    await signed_on_paper(anne, ref="OLD-2019-7")
    paul = "/billing/households/h-Paul/debit"
    answer, _mandate = await draw_up_mandate(anne, paul, ref="OLD-2019-7")
    assert (answer.status_code, mends(answer.text).keys()) == (422, {"ref"})


@pytest.fixture
def printed(monkeypatch):
    """What the papers said that were made, the newest last."""
    said = []

    async def press(template, data):
        said.append(str(data))
        return await pdf(template, data)

    monkeypatch.setattr(debit_mandate, "pdf", press)
    return said


async def test_the_paper_says_what_is_agreed_and_then_who_signed(hub, anne, printed):
    _answer, mandate_id = await draw_up_mandate(anne)
    paper = f"{MARIE}/{mandate_id}/mandate.pdf"
    assert (await anne.get(paper)).content.startswith(b"%PDF-")
    assert "Mandat de prélèvement SEPA" in printed[-1]
    assert CREDITOR in printed[-1]
    assert "Lieu et date" in printed[-1]
    await anne.submit(f"{MARIE}/{mandate_id}/paper", {"signed_by": "Marie Dûpont", "signed_on": "2026-11-20"})
    assert (await anne.get(paper)).content.startswith(b"%PDF-")
    assert "Signé le vendredi 20 novembre 2026 par Marie Dûpont" in printed[-1]
    assert "Lieu et date" not in printed[-1]
    assert (await anne.get(f"/billing/households/h-Paul/debit/{mandate_id}/mandate.pdf")).status_code == 404


async def test_a_mandate_that_ended_takes_nothing_and_makes_room_for_another(hub, marie, anne):
    mandate_id = await signed_on_paper(anne)
    answer, _other = await draw_up_mandate(anne)
    assert answer.status_code == 409
    assert (await marie.submit(f"{MARIE}/{mandate_id}/end", {"reason": "autre banque"})).status_code == 303
    assert await current(hub) is None
    assert (await form(anne))["debit"] == []
    await signed_on_paper(anne, iban="DE89370400440532013000")
    assert IBAN not in (await current(hub)).account.iban
    assert (await form(anne))["debit"] == ["15000:h-Marie"]


async def test_it_lapses_36_months_after_it_was_signed(hub, anne, clock):
    await signed_on_paper(anne, day="2023-12-20")
    assert (await form(anne))["debit"] == ["15000:h-Marie"]
    clock.set(datetime(2026, 12, 10, 9, tzinfo=UTC))
    page = plain((await anne.get("/billing/debits/new")).text)
    assert "caduc" in page


async def test_the_last_debit_is_told_to_the_bank_as_the_last_and_ends_the_mandate(hub, anne, client_for, clock):
    mandate_id = await signed_on_paper(anne)
    assert (await anne.submit(f"{MARIE}/{mandate_id}/last")).status_code == 303
    where = await approve(client_for(hub, BOOKS, person_id="bruno"), await draw_up(anne))
    (one,) = await batches(hub)
    assert one.debits[0].sequence == Sequence.FINAL
    clock.set(THEN)
    await execute(anne, where, DAY)
    assert await current(hub) is None


# The rules alone


def test_the_table_of_a_mandate_is_walked_whole():
    for stage in Stage:
        for step in Step:
            if (stage, step) in STEPS:
                assert stepped(stage, step) is STEPS[stage, step]
            else:
                with pytest.raises(OutOfTurn):
                    stepped(stage, step)
    assert not [step for (stage, step) in STEPS if stage is Stage.ENDED]


def test_references_of_ours_are_ones_that_banks_take():
    assert is_ref(ref_of("0192f3a4-7c10-7051-8a5b-3f1e9c2d0051"))
    assert not any(is_ref(each) for each in ("", "a" * 36, "a b", "é", "/a", "a//b"))


def test_a_creditor_identifier_is_held_against_its_check_digits():
    assert all(is_creditor_id(each) for each in ("FR72ZZZ123456", "DE98ZZZ09999999999", "FR72 ABC 123456"))
    assert not any(is_creditor_id(each) for each in ("FR72ZZZ123457", "FR71ZZZ123456", "", "FRZZZZ1"))


@pytest.mark.parametrize(
    ("why", "day", "late"),
    [
        ("MD06", date(2027, 2, 1), False),
        ("MD06", date(2027, 2, 2), True),
        ("MD01", date(2028, 1, 7), False),
        ("MD01", date(2028, 1, 8), True),
    ],
)
def test_a_bank_gives_back_within_8_weeks_or_13_months(why, day, late):
    assert is_late(why, date(2026, 12, 7), day) is late


def test_the_reason_is_found_in_the_words_of_the_bank():
    assert code_in("REJET PRLV AC04 COMPTE CLOTURE") == "AC04"
    assert code_in("PRLV XX99") == ""
