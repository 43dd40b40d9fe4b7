"""What a household pays to the hub for no producer: four forms that the same steps take. On both databases."""

import re

import pytest
from payment_desk import BOOKS, CHEQUE, MARIE, balances, form, mends, noted, week

__all__ = ["week"]

pytestmark = pytest.mark.parametrize("what", ["caution", "gift", "membership", "wallet"])
OF_CHEQUE = {name: CHEQUE[name] for name in ("cheque_number", "bank")}
FEE = {"amount": "20", "year": "2026"}


async def test_every_way_to_pay_that_a_form_offers_is_taken(week, client_for, what):
    books, url = client_for(week, BOOKS), f"{MARIE}/{what}/new"
    kinds = re.findall(r'name="kind" value="(\w+)"', (await books.get(url)).text)
    for number, kind in enumerate(kinds):
        typed = FEE | OF_CHEQUE | {"kind": kind, "year": str(2020 + number)}
        answer = await books.submit(url, await form(books, typed, url))
        assert answer.status_code == 303, (kind, mends(answer.text))
    assert {each.kind for each in await noted(week)} == {"cheque", "cash", "transfer"} == set(kinds)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": "cheque", "bank": "La Nef"}, "cheque_number"),
        ({"kind": "cheque", "cheque_number": "7"}, "bank"),
        ({"kind": "cash", "amount": "1000,01"}, "amount"),
        ({"kind": "transfer", "reference": "RF00ABC"}, "reference"),
        ({"kind": "wallet"}, "kind"),
        ({"kind": "cash", "day": "2027-01-01"}, "day"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_is_kept(week, client_for, what, typed, field):
    books, url, before = client_for(week, BOOKS), f"{MARIE}/{what}/new", await balances(week)
    answer = await books.submit(url, await form(books, FEE | {"amount": "20,50"} | typed, url))
    assert (answer.status_code, list(mends(answer.text))) == (422, [field])
    assert f'value="{typed.get("amount", "20,50")}"' in answer.text
    assert (await noted(week), await balances(week)) == ([], before)


async def test_a_form_sent_twice_is_noted_once_and_with_other_words_refused(week, client_for, what):
    books, url = client_for(week, BOOKS), f"{MARIE}/{what}/new"
    fields = await form(books, FEE | OF_CHEQUE | {"kind": "cheque"}, url)
    for _ in range(2):
        assert (await books.submit(url, fields)).status_code == 303
    assert (await books.submit(url, fields | {"amount": "21"})).status_code == 409
    [one] = await noted(week)
    assert one.cents == 2000
    same_cheque = await form(books, FEE | OF_CHEQUE | {"kind": "cheque", "year": "2025"}, url)
    answer = await books.submit(url, same_cheque)
    assert (answer.status_code, list(mends(answer.text))) == (422, ["cheque_number"])
    assert len(await noted(week)) == 1
