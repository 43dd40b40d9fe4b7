"""The bank's statements from the file to the books, through the pages. On both databases."""

import asyncio
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from bank_desk import DAY, FEE, MARIES_IBAN, PAID, UNKNOWN, account, kept, lines, moved, only, sent
from bank_papers import TYPED_MAPPING, camt, ofx, table
from mandate_papers import hidden
from payment_desk import BOOKS, CASH, CHEQUE, agent, balances, mends, noted, plain, send

from billing.bank import settling
from billing.bank.matching import Found, How
from billing.bank.statement import Line
from billing.ledger.chart import HUB
from chassis.identity import Person

__all__ = ["agent"]


async def test_a_transfer_with_the_households_reference_is_matched_and_booked_for_both_producers(agent, client_for):
    books = client_for(agent, BOOKS)
    where, before = await account(books), await balances(agent)
    preview = await kept(books, where, camt([PAID, UNKNOWN]))
    assert "Solde de départ 100,00 €" in preview
    assert "Crédits 35,50 € Débits 0,00 € Solde de fin 135,50 €" in preview
    assert "2 Lignes dans le fichier" in preview or "Lignes dans le fichier 2" in preview
    assert "1 peut être rapprochée par la référence du foyer" in preview
    assert "1 reste à traiter à la main" in preview
    assert moved(before, await balances(agent)) == {
        ("bank", "p-roc"): 1700,
        ("bank", "p-oven"): 500,
        ("third_party", "p-roc"): -1700,
        ("third_party", "p-oven"): -500,
    }
    (one,) = await noted(agent)
    assert (one.household_id, one.kind, one.day, one.cents, dict(one.shares)) == (
        "h-Marie",
        "transfer",
        DAY,
        2200,
        {"p-roc": 1700, "p-oven": 500},
    )
    page = plain((await books.get(where)).text)
    assert "Marie Dupont COURSES 13,50 € À faire" in page
    assert "par la référence du foyer" in plain((await books.get(where + "?stage=matched")).text)


async def test_imported_twice_changes_nothing(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    await kept(books, where, camt([PAID, UNKNOWN, UNKNOWN]))
    held, there = await balances(agent), await lines(agent, where)
    assert len(there) == 3, "two equal lines with one reference of the bank stay two"
    for again in (camt([PAID, UNKNOWN, UNKNOWN]), camt([PAID, UNKNOWN, UNKNOWN], "02")):
        preview = await kept(books, where, again)
        assert "Nouvelles 0" in preview or "0 Nouvelles" in preview
    assert await balances(agent) == held
    assert await lines(agent, where) == there
    assert len(await noted(agent)) == 1


async def test_the_same_days_in_another_format_bring_no_line_twice(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    plain_lines = [replace(each, bank_reference="") for each in (PAID, UNKNOWN, FEE)]
    await kept(books, where, camt(plain_lines))
    # The bank cuts the words otherwise, and gives references of another kind.
    short = [replace(each, bank_reference=f"F{each.cents}", text=each.text[:20]) for each in plain_lines]
    await kept(books, where, ofx(short), "releve.ofx")
    assert len(await lines(agent, where)) == 3
    page = (await books.get(where + "/table")).text
    assert "Titre de la colonne" in page
    assert (await books.submit(where + "/table", TYPED_MAPPING)).status_code == 303
    await kept(books, where, table(plain_lines), "releve.csv")
    assert len(await lines(agent, where)) == 3
    # A second one of the same day and sum is another transfer.
    await kept(books, where, table([*plain_lines, replace(UNKNOWN, bank_reference="", text="COURSES bis")]), "2.csv")
    assert len(await lines(agent, where)) == 4


async def test_two_people_who_take_the_same_file_in_at_once_take_it_once(agent, client_for):
    people = [client_for(agent, BOOKS, person_id=f"person-{n}", name=f"N{n}") for n in (1, 2)]
    where = await account(people[0])
    previews = [(await sent(each, where, camt([PAID, UNKNOWN, UNKNOWN]))).headers["location"] for each in people]
    answers = await asyncio.gather(
        *(each.submit(preview + "/keep") for each, preview in zip(people, previews, strict=True))
    )
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(await lines(agent, where)) == 3
    assert len(await noted(agent)) == 1
    assert (await balances(agent))[HUB, "bank", "p-roc"] == 1700


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (camt([PAID, UNKNOWN])[:-200], "coupé ou abîmé"),
        (camt([PAID], closing=1), "il manque des lignes"),
        (camt([PAID], iban=MARIES_IBAN), "d’un autre compte\u00a0: FR14"),
        (b"Date;Montant\n", "comment sa banque"),
        (b"", "vide"),
    ],
)
async def test_a_file_that_is_cut_or_wrong_keeps_nothing_and_says_why(agent, client_for, data, said):
    books = client_for(agent, BOOKS)
    where = await account(books)
    answer = await sent(books, where, data)
    assert answer.status_code == 422
    assert said in mends(answer.text)["file"]
    assert await lines(agent, where) == []
    page = plain((await books.get(where)).text)
    assert "Relevés" not in page


async def test_by_hand_the_sum_is_shared_out_looked_at_and_matched(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    await kept(books, where, camt([UNKNOWN]))
    assert await noted(agent) == [], "a name alone books nothing"
    line, before = await only(agent, where), await balances(agent)
    page = (await books.get(line)).text
    assert '<option value="h-Marie" selected>peut-être Marie' in page
    looked = await books.submit(line + "/transfer", {"household-1": "h-Marie"})
    assert looked.status_code == 200
    assert 'name="share-1-p-roc"' in looked.text
    assert await noted(agent) == []
    wrong = {"household-1": "h-Marie", "share-1-p-roc": "8,50", "share-1-p-oven": "4,99"}
    short = await books.submit(line + "/transfer", wrong)
    assert "chaque centime" in mends(short.text)["share-1-p-roc"]
    assert 'value="4,99"' in short.text
    right = {**wrong, "share-1-p-oven": "5"}
    assert (await books.submit(line + "/transfer", right)).status_code == 303
    assert moved(before, await balances(agent))["bank", "p-roc"] == 850
    twice = await books.submit(line + "/transfer", right)
    assert twice.status_code == 409
    assert len(await noted(agent)) == 1


async def test_one_line_settles_several_households_and_is_undone_by_counter_entries(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    await kept(books, where, camt([replace(UNKNOWN, cents=25_00)]))
    line, before = await only(agent, where), await balances(agent)
    both = {"household-1": "h-Paul", "amount-1": "3", "household-2": "h-Marie", "amount-2": "22"}
    shares = {"share-1-p-oven": "3", "share-2-p-roc": "17", "share-2-p-oven": "5"}
    less = await books.submit(line + "/transfer", {**both, "amount-2": "21", **shares})
    assert "chaque centime" in mends(less.text)["amount-1"]
    assert (await books.submit(line + "/transfer", {**both, **shares})).status_code == 303
    assert {(one.household_id, one.cents) for one in await noted(agent)} == {("h-Paul", 300), ("h-Marie", 2200)}
    assert moved(before, await balances(agent))["bank", "p-oven"] == 800
    payment = (await noted(agent))[0]
    # The payment's page does not take it back behind the line's back.
    back = await books.submit(f"/billing/payments/{payment.id}/move", {"do": "take_back", "reason": "x"})
    assert back.status_code == 409
    assert "défaites la ligne de la banque" in plain(back.text)
    unsaid = await books.submit(line + "/undo", {})
    assert "undo_reason" in mends(unsaid.text)
    for _ in range(2):
        assert (await books.submit(line + "/undo", {"undo_reason": "Mauvais foyer"})).status_code == 303
    assert await balances(agent) == before
    page = plain((await books.get(line)).text)
    assert "Mauvais foyer" in page
    assert "À faire" in page
    assert (await books.submit(line + "/transfer", {**both, **shares})).status_code == 303


async def test_an_iban_is_learned_from_matched_lines_only_and_wants_the_exact_sum(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    first = replace(PAID, cents=20_00)
    await kept(books, where, camt([replace(UNKNOWN, cents=2_00), replace(UNKNOWN, cents=1_99, bank_reference="B9")]))
    assert await noted(agent) == []
    # Who paid 20,00 with the reference has 2,00 left; the same IBAN with just that is told by it, 1,99 is not.
    await kept(books, where, camt([first]))
    assert sorted(one.cents for one in await noted(agent)) == [200, 2000]
    assert [one.said.cents for one in await lines(agent, where, "open")] == [199]
    assert "par le montant et un IBAN qui a déjà payé" in plain((await books.get(where + "?stage=matched")).text)


async def test_a_transfer_noted_by_hand_is_joined_and_not_booked_again(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    transfer = {**CASH, "kind": "transfer", "amount": "22", "share-p-roc": "17", "share-p-oven": "5"}
    assert (await send(books, transfer)).status_code == 303
    held = await balances(agent)
    await kept(books, where, camt([PAID]))
    assert await balances(agent) == held
    line = await only(agent, where)
    page = await books.get(line)
    assert "quelqu’un a noté un virement semblable" in plain(page.text)
    assert (await books.submit(line + "/join", hidden(page.text, "payment"))).status_code == 303
    assert await balances(agent) == held
    assert len(await noted(agent)) == 1
    assert (await books.submit(line + "/undo", {"undo_reason": "Non"})).status_code == 303
    assert await balances(agent) == held, "what a person noted stays as it was"


async def test_cheques_brought_together_are_one_line_and_one_may_bounce(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    shares = {"share-p-roc": "17", "share-p-oven": "5"}
    await send(books, CHEQUE, payee=HUB, amount="22", **shares)
    await send(books, CHEQUE, "/billing/households/h-Paul/payments/new", payee=HUB, amount="3", **{"share-p-oven": "3"})
    before = await balances(agent)
    await kept(books, where, camt([Line(DAY, 25_00, "R1", text="REMISE DE CHEQUES"), Line(DAY, -22_00, "R2")]))
    back, deposit = sorted(await lines(agent, where, "open"), key=lambda one: one.said.cents)
    deposit, back = f"{where}/lines/{deposit.id}", f"{where}/lines/{back.id}"
    cheques = [one.id for one in await noted(agent)]
    wrong = await books.submit(deposit + "/join", {"payment": cheques[:1]})
    assert wrong.status_code == 422
    assert "ce n’est pas ce que dit la banque" in mends(wrong.text).get("payment", "") + plain(wrong.text)
    assert (await books.submit(deposit + "/join", {"payment": cheques})).status_code == 303
    held = await balances(agent)
    assert moved(before, held) == {
        ("bank", "p-roc"): 1700,
        ("bank", "p-oven"): 800,
        ("cheques", "p-roc"): -1700,
        ("cheques", "p-oven"): -800,
    }
    assert (await books.submit(back + "/bounce", hidden((await books.get(back)).text, "cheque"))).status_code == 303
    assert (await balances(agent)).get((HUB, "bank", "p-oven")) == 300
    assert "La banque et la comptabilité disent la même chose" in plain((await books.get(where + "/proof")).text)


async def test_a_fee_is_the_hubs_own_cost_and_can_be_undone(agent, client_for):
    books = client_for(agent, BOOKS)
    where, before = await account(books), await balances(agent)
    await kept(books, where, camt([FEE]))
    line = await only(agent, where)
    assert (await books.submit(line + "/fee")).status_code == 303
    assert moved(before, await balances(agent)) == {("bank", ""): -320, ("bank_fees", ""): 320}
    assert "Frais bancaires" in plain((await books.get("/billing/ledger/journal?book=hub")).text)
    for reason in ("Non", "Encore"):
        assert (await books.submit(line + "/undo", {"undo_reason": reason})).status_code == 303
        assert await balances(agent) == before
        assert (await books.submit(line + "/fee")).status_code == 303


async def test_what_is_none_of_these_is_set_aside_with_its_reason(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    await kept(books, where, camt([UNKNOWN, replace(UNKNOWN, cents=0, bank_reference="Z")]))
    line = await only(agent, where)
    assert "reason" in mends((await books.submit(line + "/aside")).text)
    assert (await books.submit(line + "/aside", {"reason": "Part sociale"})).status_code == 303
    assert "Part sociale" in plain((await books.get(line)).text)
    proof = plain((await books.get(where + "/proof")).text)
    assert "Lignes mises de côté 13,50 €" in proof
    assert "La banque dit 113,50 €" in proof


async def test_what_goes_out_or_was_given_back_is_nobodys_payment(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    await kept(books, where, camt([replace(PAID, returned=True), replace(PAID, cents=-22_00, bank_reference="X")]))
    assert await noted(agent) == []
    line = next(one for one in await lines(agent, where, "open") if one.said.cents < 0)
    tried = await books.submit(f"{where}/lines/{line.id}/transfer", {"household-1": "h-Marie"})
    came = next(one for one in await lines(agent, where, "open") if one.said.cents > 0)
    assert (await books.submit(f"{where}/lines/{came.id}/fee")).status_code == 409
    assert "Un débit n’est pas" in plain(tried.text)


async def test_more_than_is_owed_is_credit_and_nothing_owed_stays_by_hand(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    again = replace(PAID, cents=5_00, bank_reference="B7")
    await kept(books, where, camt([replace(PAID, cents=30_00)]))
    assert (await balances(agent))["p-oven", "household", "h-Marie"] == -800
    await kept(books, where, camt([replace(PAID, cents=30_00), again]))
    assert len(await noted(agent)) == 1
    assert "ne doit rien à un producteur" in plain((await books.get(await only(agent, where))).text)


async def test_two_people_who_settle_one_line_at_once_book_it_once(agent, client_for, monkeypatch):
    whole = settling._note

    async def slowly(*args) -> None:
        # Without the lock the other one would be here too by now.
        await asyncio.sleep(0.2)
        await whole(*args)

    monkeypatch.setattr(settling, "_note", slowly)
    people = [client_for(agent, BOOKS, person_id=f"person-{n}", name=f"N{n}") for n in (1, 2)]
    where = await account(people[0])
    await kept(people[0], where, camt([UNKNOWN]))
    line = await only(agent, where)
    typed = {"household-1": "h-Marie", "share-1-p-roc": "13,50"}
    answers = await asyncio.gather(*(each.submit(line + "/transfer", typed) for each in people))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert len(await noted(agent)) == 1
    assert (await balances(agent))[HUB, "bank", "p-roc"] == 1350


async def test_what_was_interrupted_after_taking_the_lines_in_is_matched_when_asked_again(
    agent, client_for, monkeypatch
):
    books = client_for(agent, BOOKS)
    where = await account(books)

    async def killed(*_args) -> int:
        return 0

    with monkeypatch.context() as fault:
        fault.setattr("billing.bank.settling.settle_all", killed)
        await kept(books, where, camt([PAID]))
    assert await noted(agent) == []
    for _ in range(2):
        assert (await books.submit(where + "/match")).status_code == 303
    assert len(await noted(agent)) == 1


async def test_a_sum_is_held_against_what_is_left_when_it_is_booked_not_only_when_it_was_decided(agent, client_for):
    books = client_for(agent, BOOKS)
    where = await account(books)
    await kept(books, where, camt([UNKNOWN, replace(UNKNOWN, cents=22_00, bank_reference="B8")]))
    by, found = Person("person-1", "Nadine", "fr", (BOOKS,)), Found(How.IBAN, "h-Marie")
    settled = {}
    for one in await lines(agent, where, "open"):
        async with agent.state.service.database.write() as writer:
            settled[one.said.cents] = await settling.settle(writer, one.id, found, by, ZoneInfo("Europe/Paris"))
    assert settled == {13_50: False, 22_00: True}
    assert [one.cents for one in await noted(agent)] == [2200]
