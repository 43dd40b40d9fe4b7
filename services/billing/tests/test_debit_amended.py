"""A mandate for another account, or with another reference: the next debit tells the bank what was before. Through the
pages, on both databases."""

from datetime import timedelta
from xml.etree import ElementTree

import payout_week
import pytest
from debit_week import DAY, IBAN, MARIE, SETTINGS, THEN, URL, approve, batches, draw_up, execute, form, signed_on_paper
from payment_desk import mends, plain
from payout_week import BOOKS

from billing.app import BillingSettings, create_app
from billing.debit.amended import Original, original_of
from billing.debit.mandate import current_of
from chassis.identity import Grant
from contracts import Role

OTHER = "DE89370400440532013000"
SPACE = "{urn:iso:std:iso:20022:tech:xsd:pain.008.001.08}"


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
def bruno(hub, client_for):
    return client_for(hub, Grant(Role.COORDINATOR), person_id="bruno", name="Bruno")


@pytest.fixture
def marie(hub, client_for):
    return client_for(hub, Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux"), person_id="marie")


async def amend(browser, mandate_id, status=303, **typed):
    said = {"holder": "Marie Dûpont", "iban": OTHER, "bic": "", **typed}
    answer = await browser.submit(f"{MARIE}/{mandate_id}/amend", said)
    assert answer.status_code == status, (mends(answer.text), plain(answer.text))
    return answer


async def mandate(app):
    async with app.state.service.database.read() as reader:
        return (await current_of(reader))["h-Marie"]


@pytest.fixture
async def used(hub, anne, bruno, clock):
    """The id of a mandate by which 150,00 were taken, and given back: they are owed again."""
    mandate_id = await signed_on_paper(anne)
    where = await approve(bruno, await draw_up(anne))
    clock.set(THEN)
    await execute(anne, where)
    return mandate_id


async def owe_again(browser, app, why="MD06"):
    (one,) = await batches(app)
    fields = {"debit": one.debits[0].id, "why": why, "returned_on": "2026-12-08"}
    answer = await browser.submit(f"{URL}/{one.id}/return", fields)
    assert answer.status_code == 303, mends(answer.text)


async def next_file(anne, bruno):
    """The mandate's part of the next file, as the names and words in it."""
    where = await approve(bruno, await draw_up(anne, day="2026-12-28"))
    root = ElementTree.fromstring((await anne.submit(where + "/file")).text)
    (told,) = root.iter(SPACE + "MndtRltdInf")
    words = [(each.tag.removeprefix(SPACE), each.text) for each in told.iter() if each.text and each.text.strip()]
    return where, words, root.findtext(f".//{SPACE}DbtrAcct/{SPACE}Id/{SPACE}IBAN")


async def test_the_next_debit_tells_of_another_account_once(hub, anne, bruno, marie, used, clock):
    await owe_again(anne, hub)
    await amend(marie, used)
    assert (await mandate(hub)).account.iban == OTHER
    page = plain((await marie.get(MARIE)).text)
    assert IBAN in page, "what was before stays readable"
    where, told, account = await next_file(anne, bruno)
    assert account == OTHER
    assert [tag for tag, _text in told] == ["MndtId", "DtOfSgntr", "AmdmntInd", "Id"]
    assert [text for _tag, text in told][2:] == ["true", "SMNDA"]
    assert "autre compte qu’avant" in plain((await bruno.get(where)).text)
    clock.set(THEN + timedelta(days=21))
    await execute(anne, where, "2026-12-28")
    (newest, _first) = await batches(hub)
    fields = {"debit": newest.debits[0].id, "why": "MD06", "returned_on": "2026-12-29"}
    assert (await anne.submit(where + "/return", fields)).status_code == 303
    where = await approve(bruno, await draw_up(anne, day="2027-01-18"))
    assert "AmdmntInd" not in (await anne.submit(where + "/file")).text, "the bank knows it by now"


async def test_what_came_back_before_it_went_through_did_not_tell_it(hub, anne, bruno, marie, used, clock):
    await owe_again(anne, hub)
    await amend(marie, used)
    where, *_file = await next_file(anne, bruno)
    clock.set(THEN + timedelta(days=21))
    await execute(anne, where, "2026-12-28")
    newest = (await batches(hub))[0]
    fields = {"debit": newest.debits[0].id, "why": "AM04", "returned_on": "2026-12-29"}
    assert (await anne.submit(where + "/return", fields)).status_code == 303
    where = await approve(bruno, await draw_up(anne, day="2027-01-18"))
    assert "SMNDA" in (await anne.submit(where + "/file")).text


async def test_another_reference_and_creditor_are_told_with_what_was_before(hub, anne, bruno, used, monkeypatch):
    before = await mandate(hub)
    await owe_again(anne, hub)
    await amend(anne, used, ref="RUM-NEUVE-1", iban=IBAN, amended_because="Reprise", holder=before.account.holder)
    creditor = hub.state.creditor
    monkeypatch.setattr(hub.state, "creditor", type(creditor)(creditor.account, "FR72ZZZ654321", creditor.notice_days))
    _where, told, _account = await next_file(anne, bruno)
    assert [tag for tag, _text in told] == ["MndtId", "DtOfSgntr", "AmdmntInd", "OrgnlMndtId", "Id", "Prtry"]
    assert [told[0][1], told[3][1], told[4][1]] == ["RUM-NEUVE-1", before.ref, "FR72ZZZ123456"]


async def test_a_mandate_that_was_never_used_tells_nothing(hub, anne, bruno, marie):
    mandate_id = await signed_on_paper(anne)
    await amend(marie, mandate_id)
    _where, told, account = await next_file(anne, bruno)
    assert (account, [tag for tag, _text in told]) == (OTHER, ["MndtId", "DtOfSgntr"])


async def test_nothing_changes_while_a_debit_is_on_its_way(hub, anne, bruno, marie):
    mandate_id = await signed_on_paper(anne)
    where = await draw_up(anne)
    for _stage in range(2):
        refused = await amend(marie, mandate_id, 409)
        assert "en cours" in plain(refused.text)
        await bruno.submit(where + "/approve")
    assert (await mandate(hub)).account.iban == IBAN
    assert (await anne.submit(where + "/call-off", {"reason": "Erreur", "not_taken": "on"})).status_code == 303
    await amend(marie, mandate_id)


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"iban": "DE89370400440532013001"}, "iban"), ({"ref": "é"}, "ref"), ({"amended_because": ""}, "amended_because")],
)
async def test_what_is_wrong_is_said_at_its_field_and_kept(hub, anne, typed, field):
    mandate_id = await signed_on_paper(anne)
    answer = await amend(anne, mandate_id, 422, **{"ref": "RUM-1", "amended_because": "Lettre"} | typed)
    assert field in mends(answer.text)
    assert 'value="Marie Dûpont"' in answer.text
    assert (await mandate(hub)).account.iban == IBAN


async def test_another_household_cannot_change_it_nor_a_member_its_reference(hub, anne, marie, client_for):
    mandate_id = await signed_on_paper(anne)
    paul = client_for(hub, Grant(Role.MEMBER, household_id="h-Paul", group_id="g-Limoux"), person_id="paul")
    await amend(paul, mandate_id, 404)
    before = await mandate(hub)
    await amend(marie, mandate_id, ref="RUM-MIENNE")
    assert (await mandate(hub)).ref == before.ref
    assert (await form(anne, day=DAY))["debit"]


def test_only_what_changed_is_told():
    assert original_of(("R2", "C", "I2"), ("R1", "C", "I1")) == Original(ref="R1", iban="I1")
    assert original_of(("R", "C", "I"), ("R", "C", "I")) is None
