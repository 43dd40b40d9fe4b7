"""Direct debits: from a household's mandate to the file for the bank and the books, through the pages. On both
databases."""

from datetime import date, timedelta
from urllib.parse import unquote

import payout_week
import pytest
from debit_week import (
    DAY,
    MARIE,
    SETTINGS,
    THEN,
    URL,
    approve,
    balances,
    batches,
    draw_up,
    draw_up_mandate,
    execute,
    form,
    signed_on_paper,
    told,
)
from payment_desk import mends, plain
from payout_week import BOOKS

from billing.app import BillingSettings, create_app
from billing.debit.mandate import current_of
from billing.instruction.life import Stage
from billing.ledger.chart import HUB
from chassis.identity import Grant
from contracts import Role


@pytest.fixture
async def app(started):
    return await started(create_app, BillingSettings, **SETTINGS)


@pytest.fixture
async def hub(app, clock, client_for, monkeypatch):
    """Marie owes 100,00 and 50,00 to two producers for whom the hub collects."""
    return await payout_week.collecting(app, clock, client_for, monkeypatch)


@pytest.fixture
def anne(hub, client_for):
    return client_for(hub, BOOKS, person_id="anne", name="Anne")


@pytest.fixture
def bruno(hub, client_for):
    return client_for(hub, Grant(Role.COORDINATOR), person_id="bruno", name="Bruno")


@pytest.fixture
def marie(hub, client_for):
    return client_for(hub, Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux"), person_id="marie")


@pytest.fixture
async def asked(hub, anne, bruno):
    """The address of a batch that was approved: Marie was told."""
    await signed_on_paper(anne)
    return await approve(bruno, await draw_up(anne))


async def test_what_is_left_to_pay_is_taken_booked_for_each_producer_and_paid(hub, anne, bruno, clock):
    before = await balances(hub)
    await signed_on_paper(anne)
    where = await draw_up(anne)
    assert await told(hub) == [], "nobody is told of a draft"
    await approve(bruno, where)
    assert [(what, cents, str(day)) for what, cents, day in await told(hub)] == [("announced", 15000, DAY)]
    assert await balances(hub) == before, "neither a draft nor an approval books anything"
    clock.set(THEN)
    await execute(anne, where)
    held = await balances(hub)
    assert (held[HUB, "bank", "p-roc"], held[HUB, "bank", "p-oven"]) == (10000, 5000)
    assert ("p-roc", "household", "h-Marie") not in held
    page = plain((await anne.get("/billing/households/h-Marie")).text)
    assert "Tout est payé." in page
    assert "Prélèvement" in page


async def test_nothing_is_taken_without_a_signed_mandate_and_only_for_whom_the_hub_collects(hub, anne):
    assert (await form(anne))["debit"] == []
    answer, _mandate = await draw_up_mandate(anne)
    assert answer.status_code == 303
    page = plain((await anne.get(URL + "/new")).text)
    assert "n’est pas encore signé" in page
    answer = await anne.submit(URL + "/new", await form(anne, debit=["15000:h-Marie"]))
    assert answer.status_code == 422
    assert await batches(hub) == []


async def test_who_drew_it_up_does_not_approve_it(hub, anne):
    await signed_on_paper(anne)
    where = await draw_up(anne)
    assert "Qui a préparé" in plain((await anne.submit(where + "/approve")).text)
    assert [each.stage for each in await batches(hub)] == [Stage.DRAFT]


async def test_households_are_told_so_many_days_before_and_a_late_approval_is_refused(hub, anne, bruno, clock):
    await signed_on_paper(anne)
    answer = await anne.submit(URL + "/new", await form(anne, day="2026-12-05"))
    assert answer.status_code == 422
    assert mends(answer.text).keys() == {"day"}
    where = await draw_up(anne)
    clock.set(THEN)
    answer = await bruno.submit(where + "/approve")
    assert answer.status_code == 409
    assert "22 décembre" in plain(answer.text)
    assert await told(hub) == []


async def test_on_a_day_off_of_the_banks_it_is_taken_on_the_next_and_households_are_told_that_day(hub, anne, bruno):
    await signed_on_paper(anne)
    answer = await anne.submit(URL + "/new", await form(anne, day="2026-12-25"))
    where = answer.headers["location"]
    (one,) = await batches(hub)
    assert one.day == date(2026, 12, 28)
    said = unquote(answer.headers["set-cookie"])
    assert "vendredi 25 décembre 2026 devient le lundi 28 décembre 2026" in said
    assert "les banques n’exécutent rien le 25 décembre." in said
    await approve(bruno, where)
    assert "<ReqdColltnDt>2026-12-28</ReqdColltnDt>" in (await anne.submit(where + "/file")).text.replace("ns0:", "")
    assert [day for _event, _cents, day in await told(hub)] == [date(2026, 12, 28)]


async def test_the_same_money_is_in_one_batch_and_free_again_when_it_is_called_off(hub, anne, asked):
    assert (await form(anne))["debit"] == []
    answer = await anne.submit(URL + "/new", await form(anne, debit=["15000:h-Marie"]))
    assert answer.status_code == 422
    answer = await anne.submit(asked + "/call-off", {"reason": "erreur"})
    assert answer.status_code == 422, "who calls off an approved one says that the bank has not got it"
    answer = await anne.submit(asked + "/call-off", {"reason": "erreur", "not_taken": "on"})
    assert answer.status_code == 303
    assert [what for what, _cents, _day in await told(hub)] == ["announced", "called_off"]
    assert (await form(anne))["debit"] == ["15000:h-Marie"]


async def test_a_payment_meanwhile_is_noticed_and_what_is_taken_beyond_the_debt_is_credit(hub, anne, asked, clock):
    assert "Prélèvement annoncé" in plain((await anne.get("/billing/households/h-Marie/payments/new")).text)
    await payout_week.pay(anne, "100", "100")
    assert "Il reste moins à payer" in plain((await anne.get(asked)).text)
    clock.set(THEN)
    await execute(anne, asked)
    held = await balances(hub)
    assert held["p-roc", "household", "h-Marie"] == -10000


async def test_a_mandate_that_ends_before_the_bank_took_it_is_told_on_the_batch(hub, anne, marie, bruno):
    mandate_id = await signed_on_paper(anne)
    where = await approve(bruno, await draw_up(anne))
    assert "écarter ce prélèvement" not in plain((await anne.get(where)).text)
    assert (await marie.submit(f"{MARIE}/{mandate_id}/end", {"reason": ""})).status_code == 303
    page = plain((await anne.get(where)).text)
    assert "écarter ce prélèvement" in page
    assert "Il reste moins à payer" not in page


async def test_who_was_told_of_a_debit_is_not_reminded_of_what_it_takes(hub, anne, asked, clock):
    clock.set(THEN + timedelta(days=60))
    reminders = "/billing/payments/reminders"
    assert "Marie" not in plain((await anne.get(reminders)).text)
    assert (await anne.submit(f"{asked}/call-off", {"reason": "banque fermée", "not_taken": "on"})).status_code == 303
    assert "Marie" in plain((await anne.get(reminders)).text)


async def test_a_draft_is_not_approved_once_less_is_owed(hub, anne, bruno):
    await signed_on_paper(anne)
    where = await draw_up(anne)
    await payout_week.pay(anne, "100", "100")
    answer = await bruno.submit(where + "/approve")
    assert answer.status_code == 409
    assert [each.stage for each in await batches(hub)] == [Stage.DRAFT]
    assert await told(hub) == []


@pytest.mark.parametrize(("why", "suspended"), [("AC04", True), ("MS02", False)])
async def test_what_the_bank_gives_back_is_owed_again(hub, anne, asked, clock, why, suspended):
    before = await balances(hub)
    clock.set(THEN)
    await execute(anne, asked)
    (one,) = await batches(hub)
    typed = {"debit": one.debits[0].id, "why": why, "returned_on": "2026-12-08"}
    for _time in range(2):
        answer = await anne.submit(asked + "/return", typed)
        assert answer.status_code == 303, mends(answer.text)
    assert await balances(hub) == before
    page = plain((await anne.get(MARIE)).text)
    assert ("Suspendu" in page) == suspended
    assert ((await form(anne, day="2026-12-24"))["debit"] == []) == suspended
    payment = plain((await anne.get(f"/billing/payments/{one.debits[0].id}")).text)
    assert "Prélèvements n° 1" in payment
    answer = await anne.submit(f"/billing/payments/{one.debits[0].id}/move", {"do": "take_back", "reason": "x"})
    assert answer.status_code == 409, "a debit comes back through its batch alone"


async def test_a_return_needs_its_debit_its_reason_and_a_day_that_can_be(hub, anne, asked, clock):
    clock.set(THEN)
    await execute(anne, asked)
    before = await balances(hub)
    answer = await anne.submit(asked + "/return", {"debit": "x", "why": "XX99", "returned_on": "2026-12-01"})
    assert answer.status_code == 422
    assert mends(answer.text).keys() == {"debit", "why", "returned_on"}
    assert await balances(hub) == before


async def test_taken_that_was_noted_by_mistake_is_undone_and_taken_later(hub, anne, asked, clock):
    before = await balances(hub)
    clock.set(THEN)
    await execute(anne, asked)
    after = await balances(hub)
    answer = await anne.submit(asked + "/undo", {"undo_reason": ""})
    assert (answer.status_code, list(mends(answer.text))) == (422, ["undo_reason"])
    for _time in range(2):
        assert (await anne.submit(asked + "/undo", {"undo_reason": "Pas encore sur le relevé"})).status_code == 303
    assert await balances(hub) == before
    (one,) = await batches(hub)
    assert (one.stage, one.executed_on) == (Stage.APPROVED, None)
    assert "Pas encore sur le relevé" in plain((await anne.get(asked)).text)
    page = plain((await anne.get(f"/billing/payments/{one.debits[0].id}")).text)
    assert "Annulé" in page
    assert (await current(hub)).debited_on is None
    await execute(anne, asked)
    assert await balances(hub) == after
    (one,) = await batches(hub)
    assert (await anne.get(f"/billing/payments/{one.debits[0].paid_as}")).status_code == 200
    assert one.debits[0].paid_as != one.debits[0].id
    fields = {"debit": one.debits[0].id, "why": "AM04", "returned_on": "2026-12-08"}
    assert (await anne.submit(asked + "/return", fields)).status_code == 303
    assert await balances(hub) == before
    refused = await anne.submit(asked + "/undo", {"undo_reason": "Erreur"})
    assert (refused.status_code, "un prélèvement est revenu" in plain(refused.text)) == (409, True)


async def test_a_mandate_for_one_debit_holds_again_when_that_was_none(hub, anne, bruno, clock):
    await signed_on_paper(anne, one_off="on")
    where = await approve(bruno, await draw_up(anne))
    clock.set(THEN)
    await execute(anne, where)
    assert await current(hub) is None
    assert (await anne.submit(where + "/undo", {"undo_reason": "Erreur"})).status_code == 303
    assert (await current(hub)).debited_on is None
    await execute(anne, where)
    assert await current(hub) is None


async def current(app):
    async with app.state.service.database.read() as reader:
        return (await current_of(reader)).get("h-Marie")


async def test_a_form_sent_twice_is_one_batch_and_each_step_is_made_once(hub, anne, bruno, clock):
    await signed_on_paper(anne)
    typed = await form(anne)
    answers = [await anne.submit(URL + "/new", typed) for _time in range(2)]
    where = answers[0].headers["location"]
    assert answers[1].headers["location"] == where
    for _time in range(2):
        await approve(bruno, where)
    assert len(await told(hub)) == 1
    clock.set(THEN)
    await execute(anne, where)
    held = await balances(hub)
    await execute(anne, where)
    assert await balances(hub) == held
    answer = await anne.submit(URL + "/new", {**typed, "day": "2026-12-30"})
    assert answer.status_code == 409


async def test_it_is_not_booked_before_the_day_that_was_told(hub, anne, asked):
    answer = await anne.submit(asked + "/execute", {"day": "2026-11-22"})
    assert answer.status_code == 422
    assert mends(answer.text).keys() == {"day"}
    assert [each.stage for each in await batches(hub)] == [Stage.APPROVED]


async def test_members_see_no_batches_and_a_household_only_its_own_mandate(hub, marie, asked):
    for url in (URL, URL + "/new", URL + "/mandates", asked):
        assert (await marie.get(url)).status_code == 403
    assert (await marie.get("/billing/households/h-Paul/debit")).status_code == 404
    answer, _mandate = await draw_up_mandate(marie, MARIE)
    assert "Prélèvement annoncé" in plain((await marie.get(MARIE)).text)
    assert answer.status_code == 409, "there is one already"
    assert "Prélèvement annoncé" in plain((await marie.get("/billing/due")).text)


async def test_without_a_creditor_identifier_nothing_is_offered(started, clock, client_for, monkeypatch):
    plain_app = await started(create_app, BillingSettings, **(SETTINGS | {"creditor_id": ""}))
    hub = await payout_week.collecting(plain_app, clock, client_for, monkeypatch)
    anne = client_for(hub, BOOKS, person_id="anne")
    for url in (URL, URL + "/new", MARIE):
        assert "CABAS_CREDITOR_ID" in (await anne.get(url)).text
    answer, _mandate = await draw_up_mandate(anne)
    assert answer.status_code == 422


@pytest.mark.parametrize("wrong", ["FR73ZZZ123456", "12", "FR72ZZZ12345O"])
def test_a_hub_with_a_wrong_creditor_identifier_does_not_start(settings_for, wrong):
    with pytest.raises(ValueError, match="CABAS_CREDITOR_ID"):
        settings_for(BillingSettings, **(SETTINGS | {"creditor_id": wrong}))
