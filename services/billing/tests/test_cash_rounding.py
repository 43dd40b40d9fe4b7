"""Cash that Belgian law rounds to 5 cents: the rule, and through the page into the books. On both databases."""

import pytest
from between_desk import COORDINATOR, a_week, advances, draws, settles, transfers
from billing_week import CLOSES, GROUPS, PRODUCERS, closed, household, line, opened, placed, producer, resold
from hypothesis import given
from hypothesis import strategies as st
from payment_desk import BOOKS, balances, form, noted, plain, send

from billing.app import BillingSettings, create_app
from billing.ledger.chart import HUB
from billing.payment.cash_rounding import in_cash, settled
from chassis.testing import deliver

SERRE = "p-Domaine"
NEW = "/billing/households/h-Marie/payments/new"


@pytest.mark.parametrize(("cents", "taken"), [(1231, 1230), (1232, 1230), (1233, 1235), (1237, 1235), (1238, 1240)])
def test_the_vectors_of_repanier(cents, taken):
    """RP-05."""
    assert in_cash(cents, "BE") == taken
    assert in_cash(cents, "FR") == cents


@given(st.integers(1, 100_000))
def test_it_is_the_nearest_5_cents_and_never_nothing(cents):
    taken = in_cash(cents, "BE")
    assert abs(taken - cents) <= 2
    assert taken > 0
    assert cents <= 5 or taken % 5 == 0
    assert settled(cents, cents, "BE") == (cents, taken - cents), "who types what is left"
    assert settled(taken, cents, "BE") == (cents, taken - cents), "who types what was taken has paid it all"


def test_of_a_part_what_is_typed_is_paid():
    assert settled(1000, 1233, "BE") == (1000, 0)
    assert settled(1001, 1233, "BE") == (1001, -1)
    assert settled(1235, 1233, "FR") == (1235, 0), "a credit"


# Through the page


async def owing(app, clock, cents, country):
    """Marie owes the estate so much."""
    clock.set(CLOSES)
    one = producer("Domaine de la Serre", country=country, version=2)
    order = placed("Marie", [line(("wine", "Domaine de la Serre", "ALCOHOL", cents))])
    await deliver(app, *GROUPS, *PRODUCERS, one, household("Marie"), opened(), order, closed([order]))


def paid(amount, kind="cash", payee=SERRE):
    return {"kind": kind, "payee": payee, "amount": amount}


async def of_producer(app):
    return {key[1:]: cents for key, cents in (await balances(app)).items() if key[0] == SERRE}


@pytest.mark.parametrize("typed", ["12,33", "12,35"])
async def test_a_belgian_producer_takes_more_and_the_difference_is_its_gain(app, clock, client_for, typed):
    await owing(app, clock, 1233, "BE")
    books = client_for(app, BOOKS)
    assert "reste 12,33 € · 12,35 € en espèces" in plain((await books.get(NEW)).text)
    fields = await form(books, paid(typed), NEW)
    for _ in range(2):
        answer = await books.submit(NEW, fields)
        assert answer.status_code == 303, "a form sent twice books once"
    held = await of_producer(app)
    assert held["cash", ""] == 1235
    assert held["rounding_gain", ""] == -2
    assert ("household", "h-Marie") not in held, "all is paid"
    [one] = await noted(app)
    page = plain((await books.get(f"/billing/payments/{one.id}")).text)
    assert "Encaissé en espèces, arrondi 12,35 €" in page
    await books.submit(f"/billing/payments/{one.id}/move", {"do": "take_back", "reason": "erreur"})
    held = await of_producer(app)
    assert held["household", "h-Marie"] == 1233
    assert {"cash", "rounding_gain"}.isdisjoint(name for name, _ in held)


async def test_what_it_takes_less_is_its_loss(app, clock, client_for):
    await owing(app, clock, 1231, "BE")
    books = client_for(app, BOOKS)
    await send(books, paid("12,31"), NEW)
    held = await of_producer(app)
    assert (held["cash", ""], held["rounding_loss", ""]) == (1230, 1)
    assert ("household", "h-Marie") not in held
    journal = plain((await books.get("/billing/ledger/journal")).text)
    assert "Espèces arrondies" in journal


@pytest.mark.parametrize(("kind", "country"), [("cash", "FR"), ("transfer", "BE"), ("cheque", "BE")])
async def test_a_french_producer_and_what_is_no_cash_is_to_the_cent(app, clock, client_for, kind, country):
    await owing(app, clock, 1233, country)
    books = client_for(app, BOOKS)
    of_cheque = {"cheque_number": "1", "bank": "ING"} if kind == "cheque" else {}
    assert (await send(books, paid("12,33", kind) | of_cheque, NEW)).status_code == 303
    held = await of_producer(app)
    assert not [name for name, _ in held if name.startswith("rounding")]
    [one] = await noted(app)
    assert (one.cents, one.rounding_cents) == (1233, 0)


async def test_a_belgian_hub_rounds_what_it_takes_for_itself(started, clock, client_for):
    app = await started(create_app, BillingSettings, country="BE")
    clock.set(CLOSES)
    wine = resold(line(("wine", "Domaine de la Serre", "FOOD", 1233)))
    order = placed("Marie", [wine])
    await deliver(app, *GROUPS, *PRODUCERS, household("Marie"), opened(), order, closed([order]))
    books = client_for(app, BOOKS)
    assert (await send(books, paid("12,33", payee=HUB), NEW)).status_code == 303
    held = await balances(app)
    assert (held[HUB, "cash", ""], held[HUB, "rounding_gain", ""]) == (1235, -2)


async def test_who_pays_a_belgian_producer_for_several_bears_the_rounding_itself(app, clock, client_for):
    await a_week(app, clock, {"Marie": 1, "Paul": 2})
    belgian = producer("Chèvrerie du Roc", "FARMER_FLAT_RATE", country="BE", version=2)
    await deliver(app, belgian)
    books = client_for(app, COORDINATOR)
    await settles(books)
    assert (await advances(books, amount="9,98", kind="cash")).status_code == 303
    held = await balances(app)
    assert (held["p-Chèvrerie", "cash", ""], held["p-Chèvrerie", "rounding_gain", ""]) == (1000, -2)
    await draws(books)
    assert await transfers(app) == [("Paul", "Marie", 665, "proposed")], "its part of 9,98"
    page = (await books.get("/billing/between/groups/g-Limoux/cycles/week-48")).text
    undo = page[page.index("/billing/between/advances/") :].split('"')[0]
    await books.submit(undo, {"reason": "erreur"})
    assert "cash" not in {key[1] for key in await balances(app)}
