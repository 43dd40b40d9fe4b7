"""Lines of the bank that tell of payouts, through the pages. On both databases."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import payout_week
import pytest
from bank_desk import DAY, account, kept, lines, only
from bank_papers import camt, entry, ofx
from payout_week import (
    HUB_ACCOUNT,
    OVENS,
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

from billing.bank import instructed
from billing.bank.register import parts_of
from billing.bank.statement import Line
from billing.instruction.life import Stage
from billing.ledger.chart import HUB

__all__ = ["anne", "app", "bruno", "hub"]

OURS = HUB_ACCOUNT["hub_iban"]


@pytest.fixture
async def approved(hub, anne, bruno):
    """A payout of two transfers that the bank is to send. Its address."""
    await pay(anne, "150", "100", "50")
    assert (await know(anne)).status_code == 303
    assert (await know(anne, "p-oven", OVENS)).status_code == 303
    return await approve(bruno, await draw_up(anne))


async def payout(app):
    (one,) = await drawn_up(app)
    return one


def sending(one) -> list[Line]:
    """What the bank writes when it sends each transfer by itself."""
    return [
        Line(DAY, -each.cents, f"S{each.place}", each.end_to_end_id, text="VIREMENT", party_name=each.account.holder)
        for each in one.transfers
    ]


def back(of, **changes) -> Line:
    told = Line(DAY, of.cents, "R1", of.end_to_end_id, text="AC04 compte clos", party_name=of.account.holder)
    return replace(told, **changes)


def paper(told, **how) -> bytes:
    return camt(told, iban=OURS, **how)


async def parts(app, where):
    there = await lines(app, where)
    async with app.state.service.database.read() as reader:
        found = await parts_of(reader, [each.id for each in there])
    return sorted((row["kind"], row["cents"], row["payment_id"]) for each in found.values() for row in each)


async def choice(books, line) -> dict[str, str]:
    """What the page proposes, as the form of it."""
    return payout_week.mandate_papers.hidden((await books.get(line)).text, "payout", "transfer")


async def test_lines_that_name_our_transfers_book_the_payout_once_and_join_it(hub, anne, approved):
    where, before = await account(anne, OURS), await balances(hub)
    one = await payout(hub)
    preview = await kept(anne, where, paper(sending(one)))
    assert "2 peuvent être rapprochées par l’identifiant de bout en bout" in preview
    assert {each.stage for each in await lines(hub, where)} == {"matched"}
    one = await payout(hub)
    assert (one.stage, one.executed_on) == (Stage.EXECUTED, DAY)
    held = await balances(hub)
    assert held["p-roc", "bank", ""] + held["p-oven", "bank", ""] == one.cents
    assert held[HUB, "bank", ""] == 15000 - one.cents
    assert before[HUB, "bank", "p-roc"] == 10000
    assert await parts(hub, where) == sorted(("sent", -each.cents, each.id) for each in one.transfers)
    page = plain((await anne.get(f"{where}/lines/{(await lines(hub, where))[0].id}")).text)
    assert "Versement n° 1 , " in page
    assert "Virement d’un versement" in page
    assert (await anne.submit(where + "/match")).status_code == 303
    assert await balances(hub) == held


async def test_a_line_a_day_later_joins_what_the_first_one_booked(hub, anne, approved, clock):
    where = await account(anne, OURS)
    first, second = sending(await payout(hub))
    await kept(anne, where, paper([first]))
    held = await balances(hub)
    clock.set(clock.now() + timedelta(days=1))
    later = replace(second, day=date(2026, 11, 23))
    await kept(anne, where, paper([later], opening=0, until=date(2026, 11, 23)))
    assert await balances(hub) == held
    assert (await payout(hub)).executed_on == DAY
    assert {each.stage for each in await lines(hub, where)} == {"matched"}


async def test_one_line_for_the_whole_file_is_offered_and_never_settled_by_its_sum_alone(hub, anne, approved):
    where, before = await account(anne, OURS), await balances(hub)
    one = await payout(hub)
    whole = Line(DAY, -one.cents, "W1", text="REMISE VIREMENTS")
    await kept(anne, where, paper([whole, replace(whole, bank_reference="W2")]))
    assert [each.stage for each in await lines(hub, where)] == ["open", "open"]
    assert await balances(hub) == before
    first, second = [f"{where}/lines/{each.id}" for each in await lines(hub, where)]
    page = plain((await anne.get(first)).text)
    assert "en entier sur une ligne" in page
    assert "Le versement est passé en comptabilité au jour de cette ligne." in page
    fields = await choice(anne, first)
    assert (await anne.submit(first + "/payout", fields)).status_code == 303
    assert await parts(hub, where) == [("payout", -one.cents, one.id)]
    assert (await payout(hub)).executed_on == DAY
    held = await balances(hub)
    assert held["p-roc", "bank", ""] + held["p-oven", "bank", ""] == one.cents
    # The other line of the same sum is another movement.
    assert "en entier sur une ligne" not in (await anne.get(second)).text
    assert (await anne.submit(second + "/payout", fields)).status_code == 409
    assert (await anne.submit(second + "/payout", {**fields, "transfer": one.transfers[0].id})).status_code == 409
    assert (await anne.submit(first + "/payout", fields)).status_code == 409
    assert await balances(hub) == held


async def test_lines_without_names_are_joined_by_hand_to_a_payout_that_was_booked_before(hub, anne, approved):
    where = await account(anne, OURS)
    await execute(anne, approved)
    held, one = await balances(hub), await payout(hub)
    told = [replace(each, end_to_end="") for each in sending(one)]
    # OFX names the account in pieces, and no end-to-end ids.
    data = ofx(told, closing=15000 - one.cents).replace(b"30006", OURS[4:9].encode())
    data = data.replace(b"00001", OURS[9:14].encode()).replace(b"12345678901", OURS[14:25].encode())
    await kept(anne, where, data.replace(b"<ACCTKEY>89", b"<ACCTKEY>" + OURS[25:].encode()), "releve.ofx")
    for each in await lines(hub, where, "open"):
        line = f"{where}/lines/{each.id}"
        assert "rien n’est passé une seconde fois" in (await anne.get(line)).text
        assert (await anne.submit(line + "/payout", await choice(anne, line))).status_code == 303
    assert await balances(hub) == held
    assert await parts(hub, where) == sorted(("sent", -each.cents, each.id) for each in one.transfers)


@pytest.mark.parametrize(
    ("changes", "offered"),
    [
        ({"cents": -1}, True),
        ({"end_to_end": "VIR-9-none", "cents": -2}, False),
        ({"day": date(2026, 11, 21)}, True),
    ],
)
async def test_a_line_that_does_not_fit_the_transfer_books_nothing_and_says_why(hub, anne, approved, changes, offered):
    where, before = await account(anne, OURS), await balances(hub)
    one = await payout(hub)
    await kept(anne, where, paper([replace(sending(one)[0], **changes)]))
    line = await only(hub, where)
    assert ("C’est celui-ci" in (await anne.get(line)).text) is offered
    answer = await anne.submit(line + "/payout", {"payout": one.id, "transfer": one.transfers[0].id})
    assert answer.status_code == 422
    said = "pas encore approuvé" if "day" in changes else "n’est pas ce que dit la banque"
    assert said in plain(answer.text)
    assert await balances(hub) == before
    assert (await payout(hub)).stage is Stage.APPROVED
    assert (await lines(hub, where))[0].stage == "open"


async def test_a_payout_joins_no_line_of_another_account_and_no_draft_and_nobody_elses_transfer(
    hub, anne, bruno, approved
):
    other = await account(anne)
    one = await payout(hub)
    await kept(anne, other, camt(sending(one)[:1]))
    line = await only(hub, other)
    fields = {"payout": one.id, "transfer": one.transfers[0].id}
    assert "Versement n° 1" not in plain((await anne.get(line)).text)
    assert (await anne.submit(line + "/payout", fields)).status_code == 409
    mine = await account(anne, OURS)
    await kept(anne, mine, paper([replace(sending(one)[0], end_to_end="")]))
    line = await only(hub, mine)
    assert (await anne.submit(line + "/payout", {**fields, "transfer": "none"})).status_code == 409
    assert (await anne.submit(line + "/payout", {**fields, "payout": "none"})).status_code == 404
    await bruno.submit(approved + "/call-off", {"reason": "essai", "not_sent": "on"})
    assert (await anne.submit(line + "/payout", fields)).status_code == 409
    assert (await payout(hub)).stage is Stage.CALLED_OFF


async def test_a_transfer_that_comes_back_is_noted_with_the_banks_reason(hub, anne, approved):
    where, before = await account(anne, OURS), await balances(hub)
    one = await payout(hub)
    roc = next(each for each in one.transfers if each.producer_id == "p-roc")
    await kept(anne, where, paper(sending(one)))
    sent = await balances(hub)
    # As banks write it: an entry of its own that is not marked as given back, with why in a code.
    told = entry(back(roc, text="")).replace(
        "</TxDtls>", "<RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>compte clos</AddtlInf></RtrInf></TxDtls>"
    )
    data = paper([back(roc)]).decode().replace(entry(back(roc)), told).encode()
    await kept(anne, where, data)
    line = await only(hub, where)
    page = (await anne.get(line)).text
    assert 'value="AC04 compte clos"' in page
    fields = {"back": f"{one.id}:{roc.id}", "back_because": "AC04 compte clos"}
    unsaid = await anne.submit(line + "/back", {**fields, "back_because": ""})
    assert unsaid.status_code == 422
    assert "back_because" in mends(unsaid.text)
    assert f'value="{one.id}:{roc.id}" selected' in unsaid.text
    assert await balances(hub) == sent
    assert (await anne.submit(line + "/back", fields)).status_code == 303
    assert (await anne.submit(line + "/back", fields)).status_code == 409
    after = await balances(hub)
    assert after[HUB, "third_party", "p-roc"] == before[HUB, "third_party", "p-roc"] == -roc.cents
    assert after[HUB, "bank", "p-roc"] == roc.cents
    assert after[HUB, "bank", ""] == sent[HUB, "bank", ""], "the commission was earned"
    assert ("p-roc", "bank", "") not in after
    assert "AC04 compte clos" in (await anne.get(approved)).text
    assert (await form(anne))["pay-p-roc"].replace(",", "") == str(roc.cents)


async def test_what_was_noted_as_given_back_is_joined_and_not_booked_twice(hub, anne, approved):
    where = await account(anne, OURS)
    await kept(anne, where, paper(sending(await payout(hub))))
    roc = (await payout(hub)).transfers[0]
    said = {"transfer": roc.id, "refused_on": "2026-11-22", "refused_because": "compte clos"}
    assert (await anne.submit(approved + "/refuse", said)).status_code == 303
    held = await balances(hub)
    await kept(anne, where, paper([back(roc), back(roc, bank_reference="R2")], opening=0))
    one, other = [f"{where}/lines/{each.id}" for each in await lines(hub, where, "open")]
    fields = {"back": f"{roc.payout_id}:{roc.id}", "back_because": "compte clos"}
    assert (await anne.submit(one + "/back", fields)).status_code == 303
    assert (await anne.submit(other + "/back", fields)).status_code == 409
    assert await balances(hub) == held


async def test_what_was_not_sent_cannot_come_back(hub, anne, approved):
    where, before = await account(anne, OURS), await balances(hub)
    roc = (await payout(hub)).transfers[0]
    await kept(anne, where, paper([back(roc)]))
    line = await only(hub, where)
    fields = {"back": f"{roc.payout_id}:{roc.id}", "back_because": "compte clos"}
    assert (await anne.submit(line + "/back", fields)).status_code == 409
    assert (await anne.submit(line + "/back", {**fields, "back": "x"})).status_code == 404
    assert await balances(hub) == before


async def test_undone_the_line_is_let_go_and_the_payout_stays_booked(hub, anne, approved):
    where = await account(anne, OURS)
    one = await payout(hub)
    await kept(anne, where, paper(sending(one)[:1]))
    held = await balances(hub)
    line = f"{where}/lines/{(await lines(hub, where))[0].id}"
    assert "Un versement passé en comptabilité le reste" in (await anne.get(line)).text
    assert (await anne.submit(line + "/undo", {"undo_reason": "autre ligne"})).status_code == 303
    assert await balances(hub) == held
    assert (await payout(hub)).stage is Stage.EXECUTED
    assert await only(hub, where) == line
    assert await parts(hub, where) == []
    assert (await anne.submit(line + "/payout", await choice(anne, line))).status_code == 303
    assert await balances(hub) == held


async def test_two_people_who_join_one_transfer_to_two_lines_at_once_book_and_join_it_once(
    hub, anne, bruno, approved, monkeypatch
):
    whole = instructed.add_part

    async def slowly(*args) -> str:
        # Without the payout's lock the other one would be here too by now.
        await asyncio.sleep(0.2)
        return await whole(*args)

    monkeypatch.setattr(instructed, "add_part", slowly)
    where, one = await account(anne, OURS), await payout(hub)
    unnamed = replace(sending(one)[0], end_to_end="")
    await kept(anne, where, paper([unnamed, replace(unnamed, bank_reference="S9")]))
    two = [f"{where}/lines/{each.id}" for each in await lines(hub, where, "open")]
    fields = {"payout": one.id, "transfer": one.transfers[0].id}
    answers = await asyncio.gather(
        *(who.submit(line + "/payout", fields) for who, line in zip((anne, bruno), two, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert await parts(hub, where) == [("sent", -one.transfers[0].cents, one.transfers[0].id)]
    held = await balances(hub)
    assert held["p-roc", "bank", ""] + held["p-oven", "bank", ""] == one.cents


async def test_the_bank_and_account_512_agree_to_the_cent_with_payouts_on_both(hub, anne, approved):
    where, one = await account(anne, OURS), await payout(hub)
    came = Line(DAY, 15000, "C1", text="VIR", party_name="M DUPONT")
    first, second = sending(one)
    await kept(anne, where, paper([came, first], opening=0))
    line = await only(hub, where)
    fields = payout_week.mandate_papers.hidden((await anne.get(line)).text, "payment")
    assert (await anne.submit(line + "/join", fields)).status_code == 303
    page = plain((await anne.get(where + "/proof")).text)
    euros = f"{-second.cents // 100},{-second.cents % 100:02d} €"
    assert "L’écart s’explique" in page
    assert f"Différence {euros}" in page
    assert "Versement n° 1 La banque dit" in page
    left = 15000 + first.cents
    await kept(anne, where, paper([second], opening=left))
    page = plain((await anne.get(where + "/proof")).text)
    assert "La banque et la comptabilité disent la même chose" in page
    assert "Différence 0,00 €" in page
    # One comes back, is listed until it is noted, and then both agree again.
    roc = (await payout(hub)).transfers[0]
    await kept(anne, where, paper([back(roc)], opening=left + second.cents))
    assert "Lignes à traiter" in (page := plain((await anne.get(where + "/proof")).text))
    assert "Différence 0,00 €" not in page
    line = await only(hub, where)
    told = {"back": f"{one.id}:{roc.id}", "back_because": "AC04"}
    assert (await anne.submit(line + "/back", told)).status_code == 303
    page = plain((await anne.get(where + "/proof")).text)
    assert "Différence 0,00 €" in page
    assert "La banque et la comptabilité disent la même chose" in page


async def test_a_payout_that_no_line_tells_of_yet_is_named_in_the_proof(hub, anne, approved):
    where = await account(anne, OURS)
    await execute(anne, approved)
    await kept(anne, where, paper([], opening=15000))
    page = plain((await anne.get(where + "/proof")).text)
    assert "Versement n° 1 Passé, pas encore à la banque" in page


async def test_what_the_bank_sends_of_a_payout_that_was_called_off_is_told(hub, anne, bruno, approved):
    where, one = await account(anne, OURS), await payout(hub)
    await bruno.submit(approved + "/call-off", {"reason": "essai", "not_sent": "on"})
    before = await balances(hub)
    await kept(anne, where, paper([*sending(one)[:1], Line(DAY, -1_00, "X1", text="FRAIS")]))
    fee, sent = sorted(await lines(hub, where, "open"), key=lambda each: -each.said.cents)
    assert "n’envoyez pas cet argent une seconde fois" in (await anne.get(f"{where}/lines/{sent.id}")).text
    assert "n’envoyez pas cet argent" not in (await anne.get(f"{where}/lines/{fee.id}")).text
    assert await balances(hub) == before
