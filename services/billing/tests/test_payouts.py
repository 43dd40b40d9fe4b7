"""Money out: from what the hub holds to the file for the bank and the books, through the pages. On both databases."""

import asyncio
import re
from datetime import timedelta
from urllib.parse import unquote

import payout_week
import pytest
from billing_week import allocated, given, revised
from payout_week import (
    BOOKS,
    IBAN,
    OVENS,
    URL,
    anne,
    app,
    approve,
    balances,
    bruno,
    draw_up,
    drawn_up,
    execute,
    form,
    hub,
    know,
    mends,
    pay,
    plain,
)

from billing.instruction.life import Stage
from billing.ledger.chart import HUB
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Role

__all__ = ["anne", "app", "bruno", "hub"]


@pytest.fixture
async def paid(hub, anne):
    """All is paid by transfer, and both accounts are known."""
    await pay(anne, "150", "100", "50")
    assert (await know(anne)).status_code == 303
    assert (await know(anne, "p-oven", OVENS)).status_code == 303
    return hub


async def test_what_was_collected_less_the_commission_is_sent_and_the_compartments_end_at_nothing(paid, anne, bruno):
    before = await balances(paid)
    fees = -before[HUB, "commission", ""] - before[HUB, "vat", ""]
    assert fees > 0
    assert -before[HUB, "third_party", "p-roc"] - before[HUB, "third_party", "p-oven"] == 15000 - fees
    where = await draw_up(anne)
    assert await balances(paid) == before, "a draft books nothing"
    await approve(bruno, where)
    assert await balances(paid) == before, "nor does an approval"
    await execute(anne, where)
    held = await balances(paid)
    assert {key: cents for key, cents in held.items() if key[0] == HUB and key[1] in ("bank", "third_party")} == {
        (HUB, "bank", ""): fees
    }
    assert held["p-roc", "bank", ""] + held["p-oven", "bank", ""] == 15000 - fees
    assert not [key for key in held if key[1] == "third_party"]
    rendered = plain((await anne.get("/billing/accounts/p-roc")).text)
    assert "Versé au producteur" in rendered


async def test_on_a_sunday_it_is_sent_on_monday_and_the_page_says_why(paid, anne):
    fields = await form(anne)
    assert fields["day"] == "2026-11-23", "what is proposed is a bank day"
    answer = await anne.submit(URL + "/new", fields | {"day": "2026-11-22"})
    said = unquote(answer.headers["set-cookie"])
    assert "devient le lundi 23 novembre 2026" in said
    assert "les banques n’exécutent rien le samedi ni le dimanche." in said
    assert (await drawn_up(paid))[0].day.isoformat() == "2026-11-23"


async def test_the_same_money_is_not_proposed_again_at_any_stage(paid, anne, bruno):
    async def proposed():
        return {name: value for name, value in (await form(anne)).items() if name.startswith("pay-")}

    first = await proposed()
    assert first.keys() == {"pay-p-roc", "pay-p-oven"}
    where = await draw_up(anne, **{"pay-p-oven": "10", "pay-p-roc": first["pay-p-roc"]})
    rest = await proposed()
    assert rest.keys() == {"pay-p-oven"}
    await approve(bruno, where)
    assert await proposed() == rest
    await execute(anne, where)
    assert await proposed() == rest
    called_off = await draw_up(anne)
    assert await proposed() == {}
    answer = await bruno.submit(called_off + "/call-off", {"reason": "trop tôt"})
    assert answer.status_code == 303
    assert await proposed() == rest
    assert "trop tôt" in (await anne.get(called_off)).text


async def test_who_drew_it_up_does_not_approve_it(paid, anne, bruno):
    where = await draw_up(anne)
    assert f"{where}/approve" not in (await anne.get(where)).text
    refused = await anne.submit(where + "/approve")
    assert refused.status_code == 409
    assert "une autre personne" in refused.text
    assert (await drawn_up(paid))[0].stage is Stage.DRAFT
    assert (await anne.submit(where + "/file")).status_code == 409
    assert (await anne.submit(where + "/execute", {"day": "2026-11-22"})).status_code == 409
    await approve(bruno, where)
    assert (await drawn_up(paid))[0].approved_by == "Bruno"


async def test_only_what_lies_at_the_bank_can_be_sent(hub, anne):
    await know(anne)
    await know(anne, "p-oven", OVENS)
    cheque = {"cheque_number": "1234567", "bank": "Crédit Agricole"}
    await pay(anne, "60", "60", kind="cash")
    where = await pay(anne, "40", "40", kind="cheque", **cheque)
    await pay(anne, "7", "", "7")
    page = plain((await anne.get(URL + "/new")).text)
    assert "Chèvrerie du Roc : Son argent n’est pas encore à la banque" in page
    proposed = await form(anne)
    assert "pay-p-roc" not in proposed
    beyond = await anne.submit(URL + "/new", {**proposed, "pay-p-roc": "40"})
    assert beyond.status_code == 422
    assert "Au plus 0,00 € peuvent être envoyés" in plain(mends(beyond.text)["pay-p-roc"])
    assert await drawn_up(hub) == []
    assert (await anne.submit(where + "/move", {"do": "deposit"})).status_code == 303
    assert (await form(anne))["pay-p-roc"] == "40,00"


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"pay-p-roc": "100,00"}, "pay-p-roc", "Au plus"),
        ({"pay-p-roc": "-1"}, "pay-p-roc", ""),
        ({"pay-p-roc": "tout"}, "pay-p-roc", "en chiffres"),
        ({"day": "2026-11-21"}, "day", "22/11/2026"),
        ({"day": "2027-11-21"}, "day", "22/12/2026"),
        ({"day": ""}, "day", ""),
        ({"pay-p-roc": "", "pay-p-oven": "0"}, "", "au moins un destinataire"),
    ],
)
async def test_what_is_wrong_is_said_at_the_field_and_kept(paid, anne, typed, field, said):
    answer = await anne.submit(URL + "/new", await form(anne, **typed))
    assert answer.status_code == 422
    assert said in plain(mends(answer.text)[field] if field else answer.text)
    for name, value in typed.items():
        if value:
            assert re.search(f'name="{name}"[^>]* value="{re.escape(value)}"', answer.text)
    assert await drawn_up(paid) == []


async def test_a_form_sent_twice_is_one_payout_and_two_people_at_once_send_it_once(paid, anne, bruno):
    sent = await form(anne)
    answers = await asyncio.gather(*(anne.submit(URL + "/new", sent) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert len(await drawn_up(paid)) == 1
    assert (await anne.submit(URL + "/new", {**sent, "pay-p-roc": "1"})).status_code == 409
    await anne.submit(f"{URL}/{sent['id']}/call-off", {"reason": "essai"})
    both = [(anne, await form(anne)), (bruno, await form(bruno))]
    answers = await asyncio.gather(*(who.submit(URL + "/new", what) for who, what in both))
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert [one.stage for one in await drawn_up(paid)] == [Stage.DRAFT, Stage.CALLED_OFF]


async def test_approved_and_booked_twice_it_is_done_once(paid, anne, bruno, client_for):
    where = await draw_up(anne)
    third = client_for(paid, BOOKS, person_id="chloé", name="Chloé")
    answers = await asyncio.gather(*(who.submit(where + "/approve") for who in (bruno, third, bruno)))
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    files = [await anne.submit(where + "/file"), await bruno.submit(where + "/file")]
    assert files[0].content == files[1].content
    answers = await asyncio.gather(*(who.submit(where + "/execute", {"day": "2026-11-22"}) for who in (anne, bruno)))
    assert [answer.status_code for answer in answers] == [303, 303]
    held = await balances(paid)
    assert not [key for key in held if key[:2] == (HUB, "third_party")]
    page = (await anne.get(where)).text
    assert page.count("Fichier pour la banque pris") == 2


async def test_a_transfer_the_bank_gives_back_is_held_for_the_producer_again(paid, anne, bruno, clock):
    before = await balances(paid)
    where = await approve(bruno, await draw_up(anne))
    await execute(anne, where)
    sent = await balances(paid)
    (one,) = await drawn_up(paid)
    roc = next(each for each in one.transfers if each.producer_id == "p-roc")
    unsaid = await anne.submit(where + "/refuse", {"transfer": roc.id, "refused_on": "2026-11-22"})
    assert "refused_because" in mends(unsaid.text)
    said = {"transfer": roc.id, "refused_on": "2026-11-22", "refused_because": "compte clos"}
    for _ in range(2):
        assert (await anne.submit(where + "/refuse", said)).status_code == 303
    after = await balances(paid)
    assert after[HUB, "third_party", "p-roc"] == before[HUB, "third_party", "p-roc"] == -roc.cents
    assert after[HUB, "bank", "p-roc"] == roc.cents
    assert after[HUB, "bank", ""] == sent[HUB, "bank", ""], "the commission was earned"
    assert ("p-roc", "bank", "") not in after
    assert after["p-oven", "bank", ""] == sent["p-oven", "bank", ""]
    assert "compte clos" in (await anne.get(where)).text
    assert (await form(anne))["pay-p-roc"].replace(",", "") == str(roc.cents)


async def test_a_cheque_that_bounces_after_its_money_was_sent_lessens_the_next_payout(hub, anne, bruno):
    await know(anne)
    await know(anne, "p-oven", OVENS)
    cheque = {"cheque_number": "1234567", "bank": "Crédit Agricole"}
    payment = await pay(anne, "40", "40", kind="cheque", **cheque)
    await anne.submit(payment + "/move", {"do": "deposit"})
    where = await approve(bruno, await draw_up(anne))
    await execute(anne, where)
    assert (await anne.submit(payment + "/move", {"do": "bounce"})).status_code == 303
    page = plain((await anne.get("/billing/ledger")).text)
    assert "Pour 1 producteur, la plateforme détient moins" in page
    assert "il manque 40,00 €" in page
    assert "Un paiement est revenu après l’envoi de son argent" in page
    await pay(anne, "100", "100")
    (again,) = [value for name, value in (await form(anne)).items() if name == "pay-p-roc"]
    held = await balances(hub)
    assert held[HUB, "bank", "p-roc"] == 6000
    assert int(again.replace(",", "")) == -held[HUB, "third_party", "p-roc"] == 6000


async def test_a_commission_that_is_lessened_after_it_was_taken_is_given_back_at_once(paid, anne, bruno):
    """Nothing of the cheese came: nothing is earned of it. Marie's money stays her credit with the producer."""
    await execute(anne, await approve(bruno, await draw_up(anne)))
    before = await balances(paid)
    less = allocated("Marie", [given(payout_week.ROC, 0), given(payout_week.OVEN, 1)])
    await deliver(paid, less, revised([less]))
    held = await balances(paid)
    assert held[HUB, "bank", "p-roc"] == -held[HUB, "third_party", "p-roc"] == 1500
    assert held[HUB, "bank", ""] == before[HUB, "bank", ""] - 1500
    await deliver(paid, less, revised([less]))
    assert await balances(paid) == held
    await execute(anne, await approve(bruno, await draw_up(anne)))
    after = await balances(paid)
    assert not [key for key in after if key[0] == HUB and key[2] == "p-roc"]


async def test_what_is_drawn_up_is_looked_at_again_when_it_is_approved(hub, anne, bruno):
    await know(anne)
    cheque = {"cheque_number": "1234567", "bank": "Crédit Agricole"}
    payment = await pay(anne, "40", "40", kind="cheque", **cheque)
    await anne.submit(payment + "/move", {"do": "deposit"})
    where = await draw_up(anne)
    await anne.submit(payment + "/move", {"do": "bounce"})
    refused = await bruno.submit(where + "/approve")
    assert refused.status_code == 409
    assert "appelez" not in refused.text
    assert (await drawn_up(hub))[0].stage is Stage.DRAFT


async def test_an_approved_payout_is_called_off_only_when_the_bank_sends_nothing(paid, anne, bruno):
    where = await approve(bruno, await draw_up(anne))
    unsaid = await anne.submit(where + "/call-off", {"reason": "erreur"})
    assert unsaid.status_code == 422
    assert "not_sent" in mends(unsaid.text)
    assert 'value="erreur"' in unsaid.text
    for _ in range(2):
        answer = await anne.submit(where + "/call-off", {"reason": "erreur", "not_sent": "on"})
        assert answer.status_code == 303
    assert (await anne.submit(where + "/execute", {"day": "2026-11-22"})).status_code == 409
    assert (await anne.submit(where + "/file")).status_code == 409


async def test_it_is_booked_on_a_day_since_it_was_approved(paid, anne, bruno, clock):
    clock.advance(timedelta(days=2))
    where = await approve(bruno, await draw_up(anne))
    early = await anne.submit(where + "/execute", {"day": "2026-11-23"})
    assert early.status_code == 422
    assert "pas encore approuvé" in plain(mends(early.text)["day"])
    late = await anne.submit(where + "/execute", {"day": "2026-11-25"})
    assert "24/11/2026" in mends(late.text)["day"]
    await execute(anne, where, "2026-11-24")


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"iban": IBAN[:-1] + "8"}, "iban", "pas un IBAN"),
        ({"iban": "FR76 3000 6000 0112 3456 7890"}, "iban", "pas un IBAN"),
        ({"iban": ""}, "iban", ""),
        ({"iban": "TN5910006035183598478831"}, "iban", "SEPA"),
        ({"bic": "NOTABIC"}, "bic", "BIC"),
        ({"bic": "DEUTDEFF"}, "bic", "BIC"),
        ({"holder": "☕"}, "holder", "lettres latines"),
        ({"holder": ""}, "holder", ""),
        ({"reason": ""}, "reason", ""),
    ],
)
async def test_a_wrong_account_is_not_kept(hub, anne, typed, field, said):
    answer = await know(anne, **typed)
    assert answer.status_code == 422
    assert said in plain(mends(answer.text)[field])
    assert "rappelé au téléphone" in answer.text or "reason" in typed
    assert "pas connu" in (await anne.get(URL + "/accounts")).text


async def test_a_changed_account_is_shown_to_who_approves_and_stops_what_was_drawn_up(paid, anne, bruno):
    first = await approve(bruno, await draw_up(anne, **{"pay-p-roc": "10", "pay-p-oven": ""}))
    assert "FR76 3000 6000 0112 3456 7890 189 n’a jamais reçu d’argent" in plain((await bruno.get(first)).text)
    await execute(anne, first)
    second = await draw_up(anne, **{"pay-p-roc": "10", "pay-p-oven": ""})
    assert "jamais reçu" not in (await bruno.get(second)).text
    other = "ES9121000418450200051332"
    assert (await know(anne, iban=other, reason="Courrier")).status_code == 303
    stopped = await bruno.submit(second + "/approve")
    assert stopped.status_code == 409
    await anne.submit(second + "/call-off", {"reason": "compte changé"})
    third = await draw_up(anne, **{"pay-p-roc": "10", "pay-p-oven": ""})
    page = plain((await bruno.get(third)).text)
    assert "ES91 2100 0418 4502 0005 1332 n’a jamais reçu d’argent de la plateforme. Anne l’a noté" in page
    assert "« Courrier »" in page
    history = plain((await bruno.get(URL + "/accounts/p-roc")).text)
    assert history.index("ES91 2100") < history.rindex("FR76 3000")


async def test_who_noted_an_account_does_not_approve_the_first_payout_to_it(paid, anne, bruno):
    """Else one person alone could send the money elsewhere: the other only drew up what was proposed."""
    other = "ES9121000418450200051332"
    assert (await know(bruno, iban=other)).status_code == 303
    where = await draw_up(anne, **{"pay-p-roc": "10", "pay-p-oven": ""})
    page = (await bruno.get(where)).text
    assert "/approve" not in page
    assert "jamais reçu d’argent : une autre personne" in plain(page)
    refused = await bruno.submit(where + "/approve")
    assert refused.status_code == 409
    assert (await drawn_up(paid))[0].stage is Stage.DRAFT
    await anne.submit(where + "/call-off", {"reason": "à l’envers"})
    again = await draw_up(bruno, **{"pay-p-roc": "10", "pay-p-oven": ""})
    await execute(anne, await approve(anne, again))
    third = await draw_up(anne, **{"pay-p-roc": "10", "pay-p-oven": ""})
    await approve(bruno, third)


async def test_two_people_do_not_change_one_account_over_each_other(hub, anne, bruno):
    url = f"{URL}/accounts/p-roc"
    pages = [payout_week.hidden((await who.get(url)).text, "id", "seen") for who in (anne, bruno)]
    said = {"holder": "EARL", "bic": "", "reason": "RIB"}
    sent = [{**pages[0], **said, "iban": IBAN}, {**pages[1], **said, "iban": OVENS}]
    assert (await anne.submit(url, sent[0])).status_code == 303
    assert (await bruno.submit(url, sent[1])).status_code == 409
    assert (await anne.submit(url, sent[0])).status_code == 303
    page = (await anne.get(url)).text
    assert page.count("DE89") == 0


async def test_payouts_are_made_and_read_by_those_who_keep_the_books(paid, anne, client_for):
    where = await draw_up(anne)
    urls = (URL, where, URL + "/accounts", URL + "/accounts/p-roc")
    posts = ("/approve", "/file", "/execute", "/call-off", "/refuse")
    for role in Role:
        browser = client_for(paid, Grant(role, household_id="h-Marie", producer_id="p-roc"))
        reads = role in (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
        for url in urls:
            assert (await browser.get(url)).status_code == (200 if reads else 403), (role, url)
        if role in (Role.COORDINATOR, Role.BOOKKEEPER):
            continue
        assert (await browser.get(URL + "/new")).status_code == 403
        assert (await browser.submit(URL + "/new", {})).status_code == 403
        assert (await browser.submit(URL + "/accounts/p-roc", {})).status_code == 403
        for post in posts:
            assert (await browser.submit(where + post)).status_code == 403, (role, post)
    for post in posts:
        assert (await anne.submit(where + post, {"csrf_token": "other"})).status_code == 403
        assert (await anne.submit(f"{URL}/none{post}", {"reason": "x", "day": "2026-11-22"})).status_code == 404
    assert (await anne.get(URL + "/none")).status_code == 404
    assert (await anne.get(URL + "/accounts/none")).status_code == 404


async def test_a_producer_sees_what_was_sent_to_it_and_when(paid, anne, bruno, client_for):
    await execute(anne, await approve(bruno, await draw_up(anne)))
    farmer = client_for(paid, Grant(Role.PRODUCER, producer_id="p-roc"))
    page = plain((await farmer.get("/billing/accounts/p-roc")).text)
    (one,) = await drawn_up(paid)
    cents = next(each.cents for each in one.transfers if each.producer_id == "p-roc")
    assert "sur le compte de EARL Chèvrerie & Fils qui se termine par 0189" in page.replace("&amp;", "&")
    assert IBAN[4:12] not in page
    assert f"22 nov. Versé au producteur {cents // 100},{cents % 100:02d} €" in page
    assert (await farmer.get("/billing/accounts/p-oven")).status_code == 404
