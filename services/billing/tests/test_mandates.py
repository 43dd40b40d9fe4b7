"""Mandate contracts from the draft to the end, through the pages and the clock. On both databases."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from mandate_papers import (
    CATALOGUE,
    COORDINATOR,
    FARMER,
    GOATS,
    LIST,
    TYPED,
    drafted,
    hidden,
    link,
    producer,
    product,
    said,
    sign,
    signed,
)
from sqlalchemy import select

from billing.mandate import contract
from billing.mandate.contract import AGENT, PRINCIPAL
from billing.mandate.life import Life, Stage
from billing.mandate.text import Document
from chassis.identity import Grant
from chassis.testing import call_due, deliver
from contracts import Role
from contracts.mandate import (
    Collection,
    MandateChanged,
    MandateEnded,
    MandateEndsSoon,
    MandateProposed,
    MandateSigned,
)


@pytest.fixture
async def hub(app):
    await deliver(app, *CATALOGUE)
    return app


async def found(app, mandate_id):
    async with app.state.service.database.read() as reader:
        return await contract.find(reader, mandate_id)


def mends(page: str) -> dict[str, str]:
    """Field -> what is said about it."""
    return dict(re.findall(r'id="field-([\w-]+)-error">.*?<span>(.*?)</span>', page, re.DOTALL))


async def test_both_sign_and_what_they_signed_can_be_shown_again_word_for_word(hub, client_for, clock):
    mandate_id = await signed(hub, client_for)
    one = await found(hub, mandate_id)
    held = one.newest
    assert (one.life, held.stage) == (Life.SIGNED, Stage.SIGNED)
    by = {(each.party, each.document): each for each in held.signatures}
    assert set(by) == {(party, document) for party in (PRINCIPAL, AGENT) for document in Document}
    theirs = by[PRINCIPAL, Document.CONTRACT]
    assert (theirs.name, theirs.way, theirs.sent_to, theirs.signed_at) == (
        "Paul Roc",
        "link",
        "paul@roc.example",
        clock.now(),
    )
    assert by[AGENT, Document.CONTRACT].way == "signed_in"
    for each in held.signatures:
        assert held.text(each.document).sha256 == each.text_hash == held.hashes[each.document]
    words = str(held.text(Document.CONTRACT))
    for wanted in (
        "EARL",
        "SIREN 732 829 320",
        "TOMME Tomme : 8,50 € la pièce ; mentions : EU_ORGANIC ; certificats : FR-BIO-01 FR-1234 jusqu’au 31/03/2027",
        "12,5 % sur le montant toutes taxes comprises de ses ventes, au moins 2,00 €",
        "8 % sur le montant hors taxes de ses ventes de la famille « boissons alcooliques »",
        "pour : transport",
        "FR7630006000011234567890189",
        "15 jours après la fin de la période",
        "n’est pas ducroire",
        "reconduit tacitement, par périodes de 12 mois",
        "60 jours à l’avance",
        "tribunal judiciaire de Carcassonne",
    ):
        assert wanted in words, wanted
    assert "Facture établie par Maison Paysanne au nom et pour le compte de Chèvrerie du Roc" in str(
        held.text(Document.INVOICING)
    )


async def test_it_is_announced_with_its_terms(hub, client_for):
    await signed(hub, client_for)
    proposed, event = await said(hub)
    assert isinstance(proposed, MandateProposed)
    assert isinstance(event, MandateSigned)
    assert (proposed.version, event.version, event.producer_id, event.covered_until) == (1, 2, GOATS, None)
    assert proposed.terms == ()
    (terms,) = event.terms
    assert (terms.number, terms.effective_from, terms.collection) == (1, date(2026, 12, 1), Collection.AGENT_ACCOUNT)
    assert (set(terms.product_ids), terms.later_products, terms.invoicing) == ({"tomme", "pelardon"}, False, True)
    general = next(rule for rule in terms.commissions if not rule.vat_class and not rule.service)
    assert (general.rate_hundredths, general.minimum_cents) == (1250, 200)


async def test_the_day_decides_which_version_holds_and_none_is_altered(hub, client_for):
    mandate_id = await signed(hub, client_for)
    before = (await found(hub, mandate_id)).newest
    coordinator = client_for(hub, COORDINATOR, name="Anne")
    await deliver(hub, product("tomme", "Tomme", 900, version=2))
    do = {"do": "amend", "number": "1"}
    assert (await coordinator.submit(f"{LIST}/{mandate_id}/do", do)).headers["location"].endswith("/edit")
    page = (await coordinator.get(f"{LIST}/{mandate_id}/edit")).text
    changed = {**TYPED, **hidden(page, "seen"), "rate": "15", "effective_from": "2027-02-01", "do": "propose"}
    assert (await coordinator.submit(f"{LIST}/{mandate_id}/edit", changed)).status_code == 303
    await sign(coordinator, f"{LIST}/{mandate_id}/versions/2", "Josette Marty")
    assert (await found(hub, mandate_id)).in_force(date(2027, 2, 1)).number == 1
    await sign(client_for(hub), await link(hub), "Paul Roc")
    one = await found(hub, mandate_id)
    assert one.in_force(date(2026, 11, 30)) is None
    assert one.in_force(date(2027, 1, 31)).number == 1
    assert one.in_force(date(2027, 2, 1)).number == 2
    assert one.versions[0] == before
    assert one.versions[1].terms.annex[1].price_cents == 900
    last = (await said(hub))[-1]
    assert isinstance(last, MandateChanged)
    assert [terms.commissions[0].rate_hundredths for terms in last.terms] == [1250, 1500]


async def test_who_signs_late_is_bound_from_that_day(hub, client_for, clock):
    coordinator = client_for(hub, COORDINATOR)
    mandate_id = (await drafted(coordinator)).headers["location"].rsplit("/", 1)[1]
    path = await link(hub)
    await sign(coordinator, f"{LIST}/{mandate_id}/versions/1", "Josette Marty")
    clock.set(datetime(2026, 12, 10, 5, tzinfo=UTC))
    await sign(client_for(hub), path, "Paul Roc")
    one = await found(hub, mandate_id)
    assert one.newest.effective_from == date(2026, 12, 10)
    assert one.in_force(date(2026, 12, 9)) is None


async def test_a_form_sent_twice_signs_once(hub, client_for):
    coordinator, anybody = client_for(hub, COORDINATOR), client_for(hub)
    mandate_id = (await drafted(coordinator)).headers["location"].rsplit("/", 1)[1]
    page = (await anybody.get(await link(hub))).text
    await sign(anybody, await link(hub), "Paul Roc", page)
    await sign(coordinator, f"{LIST}/{mandate_id}/versions/1", "Josette Marty")
    again = await sign(anybody, await link(hub), "Somebody else", page)
    assert again.status_code == 303
    one = await found(hub, mandate_id)
    assert {each.name for each in one.newest.signatures} == {"Paul Roc", "Josette Marty"}
    assert len(await said(hub)) == 2


async def test_the_contract_is_signed_without_the_invoicing_mandate(hub, client_for):
    coordinator = client_for(hub, COORDINATOR)
    mandate_id = (await drafted(coordinator)).headers["location"].rsplit("/", 1)[1]
    await sign(client_for(hub), await link(hub), "Paul Roc", agree_invoicing="")
    await sign(coordinator, f"{LIST}/{mandate_id}/versions/1", "Josette Marty")
    one = await found(hub, mandate_id)
    assert one.in_force(date(2026, 12, 1)) is not None
    assert not one.may_invoice(date(2026, 12, 1))


async def test_the_producer_refuses_and_says_why_and_the_hub_tries_again(hub, client_for):
    coordinator = client_for(hub, COORDINATOR)
    mandate_id = (await drafted(coordinator)).headers["location"].rsplit("/", 1)[1]
    anybody, path = client_for(hub), await link(hub)
    before = (await anybody.get(path)).text
    form = hidden(before, "csrf_token")
    silent = await anybody.submit(path, {**form, "do": "refuse", "reason": " "})
    assert (silent.status_code, set(mends(silent.text))) == (422, {"reason"})
    assert (await anybody.submit(path, {**form, "do": "refuse", "reason": "12,5 % est trop"})).status_code == 303
    assert "a été refusée" in (await anybody.get(path)).text
    assert (await sign(anybody, path, "Paul Roc", before)).status_code == 409
    page = (await coordinator.get(f"{LIST}/{mandate_id}")).text
    assert "12,5 % est trop" in page
    await coordinator.submit(f"{LIST}/{mandate_id}/do", {"do": "amend", "number": "1"})
    one = await found(hub, mandate_id)
    assert [version.stage for version in one.versions] == [Stage.REFUSED, Stage.DRAFT]


async def test_a_link_that_is_forged_expired_replaced_or_used_says_so(hub, client_for, clock):
    coordinator, anybody = client_for(hub, COORDINATOR), client_for(hub)
    mandate_id = (await drafted(coordinator)).headers["location"].rsplit("/", 1)[1]
    first = await link(hub)
    for wrong in (first[:-1], first + "x", f"{LIST}/sign/" + "é" * 50):
        answer = await anybody.get(wrong)
        assert (answer.status_code, "Ce lien ne fonctionne pas" in answer.text) == (404, True), wrong
    clock.advance(timedelta(seconds=1))
    await coordinator.submit(f"{LIST}/{mandate_id}/do", {"do": "send_again", "number": "1"})
    over = await anybody.get(first)
    assert (over.status_code, "Ce lien n’est plus valable" in over.text) == (410, True)
    second = await link(hub)
    assert second != first
    assert (await sign(anybody, second, "Paul Roc")).status_code == 303
    assert "Signé le" in (await anybody.get(second)).text
    clock.advance(timedelta(days=31))
    assert (await anybody.get(second)).status_code == 410


async def test_nobody_of_the_hub_signs_by_the_producers_link(hub, client_for):
    coordinator = client_for(hub, COORDINATOR)
    mandate_id = (await drafted(coordinator)).headers["location"].rsplit("/", 1)[1]
    answer = await sign(coordinator, await link(hub), "Paul Roc")
    assert (answer.status_code, "Par ce lien signe le producteur" in answer.text) == (409, True)
    assert (await found(hub, mandate_id)).versions[0].signatures == ()


async def test_other_words_than_those_shown_are_not_signed(hub, client_for):
    await drafted(client_for(hub, COORDINATOR))
    answer = await sign(client_for(hub), await link(hub), "Paul Roc", hash_contract="0" * 64)
    assert (answer.status_code, "Le texte a changé" in answer.text) == (409, True)
    untick = await sign(client_for(hub), await link(hub), "", agree="")
    assert (untick.status_code, set(mends(untick.text))) == (422, {"name", "agree"})


async def test_nobody_signs_for_both(hub, client_for):
    both = client_for(hub, COORDINATOR, FARMER)
    mandate_id = (await drafted(both)).headers["location"].rsplit("/", 1)[1]
    await sign(both, f"{LIST}/{mandate_id}/versions/1", "Paul Roc")
    hub_alone = client_for(hub, COORDINATOR)
    answer = await sign(hub_alone, f"{LIST}/{mandate_id}/versions/1", "Paul Roc")
    assert (answer.status_code, "l’autre partie" in answer.text) == (409, True)


async def test_what_is_taken_back_cannot_be_signed(hub, client_for):
    coordinator = client_for(hub, COORDINATOR)
    mandate_id = (await drafted(coordinator)).headers["location"].rsplit("/", 1)[1]
    anybody, path = client_for(hub), await link(hub)
    page = (await anybody.get(path)).text
    await coordinator.submit(f"{LIST}/{mandate_id}/do", {"do": "withdraw", "number": "1"})
    assert (await sign(anybody, path, "Paul Roc", page)).status_code == 409
    twice = await coordinator.submit(f"{LIST}/{mandate_id}/do", {"do": "withdraw", "number": "1"})
    assert (twice.status_code, "quelqu’un a été plus rapide" in twice.text) == (409, True)


WRONG = (
    ({"principal_siren": "732 829 321"}, {"principal_siren"}),
    ({"principal_siren": ""}, {"principal_siren"}),
    ({"iban": "FR76 3000 6000 0112 3456 7890 188"}, {"iban"}),
    ({"iban": ""}, {"iban"}),
    ({"collection": "psp_split"}, {"collection"}),
    ({"pay_days": "31"}, {"pay_days"}),
    ({"goods": "meat", "pay_days": "21"}, {"pay_days"}),
    ({"rate": ""}, {"rate"}),
    ({"rate": "101"}, {"rate"}),
    ({"minimum-BOOKS": "1"}, {"rate-BOOKS"}),
    ({"starts_on": "2026-11-18"}, {"effective_from"}),
    ({"starts_on": "demain"}, {"starts_on"}),
    ({"ends_on": "2026-11-30"}, {"ends_on"}),
    ({"ends_on": ""}, {"ends_on"}),
    ({"annex": []}, {"annex"}),
    ({"annex": ["somebody-elses"]}, {"annex"}),
    ({"recall_phone": "", "court": ""}, {"recall_phone", "court"}),
    ({"contest_days": "0"}, {"contest_days"}),
)


@pytest.mark.parametrize(("changes", "fields"), WRONG, ids=[str(changes) for changes, _ in WRONG])
async def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(hub, client_for, changes, fields):
    answer = await drafted(client_for(hub, COORDINATOR), **changes)
    assert answer.status_code == 422
    told = mends(answer.text)
    if "effective_from" in fields:
        # On a first version it is the day the contract begins; the summary says it.
        assert "aujourd’hui ou plus tard" in answer.text
    else:
        assert set(told) == fields
    assert "présidente" in answer.text
    assert await said(hub) == []


async def test_a_draft_may_lack_what_a_proposal_needs(hub, client_for):
    coordinator = client_for(hub, COORDINATOR)
    answer = await drafted(coordinator, do="save", court="", principal_siren="")
    assert answer.status_code == 303
    page = (await coordinator.get(answer.headers["location"])).text
    assert "Terminer le brouillon" in page
    mandate_id = answer.headers["location"].rsplit("/", 1)[1]
    refused = await coordinator.submit(f"{LIST}/{mandate_id}/do", {"do": "propose", "number": "1"})
    assert refused.headers["location"].endswith("/edit")
    assert (await coordinator.submit(f"{LIST}/{mandate_id}/do", {"do": "drop", "number": "1"})).status_code == 303
    assert (await found(hub, mandate_id)).life is Life.DROPPED


async def test_two_hands_on_one_draft(hub, client_for, clock):
    coordinator = client_for(hub, COORDINATOR)
    mandate_id = (await drafted(coordinator, do="save")).headers["location"].rsplit("/", 1)[1]
    seen = hidden((await coordinator.get(f"{LIST}/{mandate_id}/edit")).text, "seen")
    clock.advance(60)
    first = await coordinator.submit(f"{LIST}/{mandate_id}/edit", {**TYPED, **seen, "rate": "10", "do": "save"})
    second = await coordinator.submit(f"{LIST}/{mandate_id}/edit", {**TYPED, **seen, "rate": "11", "do": "save"})
    assert (first.status_code, second.status_code) == (303, 409)
    assert 'value="11"' in second.text


async def test_a_form_sent_twice_makes_one_contract_and_a_second_one_leads_to_the_first(hub, client_for):
    coordinator = client_for(hub, COORDINATOR)
    page = (await coordinator.get(f"{LIST}/new?producer_id={GOATS}")).text
    form = {**TYPED, **hidden(page, "id"), "do": "save"}
    url = f"{LIST}/new?producer_id={GOATS}"
    places = {(await coordinator.submit(url, form)).headers["location"] for _time in range(2)}
    assert len(places) == 1
    other = {**form, "id": "00000000-0000-7000-8000-00000000ffff"}
    assert (await coordinator.submit(url, other)).headers["location"] in places
    assert (await coordinator.submit(url, {**form, "id": "x"})).status_code == 404


async def test_without_an_address_nothing_is_proposed(hub, client_for):
    await deliver(hub, producer(version=2, email=""))
    answer = await drafted(client_for(hub, COORDINATOR))
    assert (answer.status_code, "adresse e-mail" in answer.text) == (422, True)


# Its end


async def test_notice_is_kept_and_the_last_day_still_holds(hub, client_for, clock):
    mandate_id = await signed(hub, client_for)
    farmer = client_for(hub, FARMER, name="Paul")
    early = await farmer.submit(f"{LIST}/{mandate_id}/end", {"do": "notice", "last_day": "2026-12-31"})
    assert (early.status_code, set(mends(early.text))) == (422, {"last_day"})
    form = {"do": "notice", "last_day": "2027-01-31", "reason_notice": "retraite"}
    assert (await farmer.submit(f"{LIST}/{mandate_id}/end", form)).status_code == 303
    one = await found(hub, mandate_id)
    assert (one.life, one.covered_until) == (Life.IN_NOTICE, date(2027, 1, 31))
    assert one.in_force(date(2027, 1, 31)) is not None
    assert one.in_force(date(2027, 2, 1)) is None
    clock.set(datetime(2027, 1, 31, 22, 59, tzinfo=UTC))
    await call_due(hub)
    assert (await found(hub, mandate_id)).life is Life.IN_NOTICE
    clock.set(datetime(2027, 1, 31, 23, 0, tzinfo=UTC))
    await call_due(hub)
    assert (await found(hub, mandate_id)).life is Life.ENDED
    assert [type(event) for event in await said(hub)][-2:] == [MandateChanged, MandateEnded]
    assert (await said(hub))[-1].covered_until == date(2027, 1, 31)


async def test_a_term_is_told_weeks_before_and_renewed(hub, client_for, clock):
    mandate_id = await signed(hub, client_for)
    # 30 days before the last day for notice, which is 60 days before 30 November.
    clock.set(datetime(2027, 9, 1, 22, 0, tzinfo=UTC))
    await call_due(hub)
    warning = (await said(hub))[-1]
    assert isinstance(warning, MandateEndsSoon)
    assert (warning.term_ends_on, warning.renews, warning.notice_by) == (date(2027, 11, 30), True, date(2027, 10, 1))
    clock.set(datetime(2030, 3, 1, tzinfo=UTC))
    await call_due(hub)
    one = await found(hub, mandate_id)
    assert (one.life, one.term_ends_on) == (Life.RENEWED, date(2030, 11, 30))
    assert [type(event) for event in await said(hub)].count(MandateChanged) == 1


async def test_a_fixed_term_ends_by_itself(hub, client_for, clock):
    mandate_id = await signed(hub, client_for, tacit_renewal=None)
    assert (await found(hub, mandate_id)).covered_until == date(2027, 11, 30)
    clock.set(datetime(2027, 12, 1, tzinfo=UTC))
    await call_due(hub)
    assert (await found(hub, mandate_id)).life is Life.ENDED
    assert isinstance((await said(hub))[-1], MandateEnded)


async def test_ended_at_once_today_is_its_last_day(hub, client_for, clock):
    mandate_id = await signed(hub, client_for)
    clock.set(datetime(2026, 12, 15, 9, tzinfo=UTC))
    coordinator = client_for(hub, COORDINATOR, name="Anne")
    silent = await coordinator.submit(f"{LIST}/{mandate_id}/end", {"do": "end_now"})
    assert (silent.status_code, set(mends(silent.text))) == (422, {"reason_end_now"})
    await coordinator.submit(f"{LIST}/{mandate_id}/end", {"do": "end_now", "reason_end_now": "lots sans numéro"})
    one = await found(hub, mandate_id)
    assert one.in_force(date(2026, 12, 15)) is not None, "what was sold before stays covered"
    assert one.in_force(date(2026, 12, 16)) is None
    # Another one can be made now.
    assert (await drafted(coordinator, do="save", starts_on="2027-01-01")).status_code == 303


async def test_the_invoicing_mandate_is_revoked_alone(hub, client_for, clock):
    mandate_id = await signed(hub, client_for)
    clock.set(datetime(2026, 12, 15, 9, tzinfo=UTC))
    farmer = client_for(hub, FARMER, name="Paul")
    for _time in range(2):
        assert (await farmer.submit(f"{LIST}/{mandate_id}/end", {"do": "revoke"})).status_code == 303
    one = await found(hub, mandate_id)
    assert (one.may_invoice(date(2027, 1, 13)), one.may_invoice(date(2027, 1, 14))) == (True, False)
    assert one.in_force(date(2027, 1, 14)) is not None
    (terms,) = (await said(hub))[-1].terms
    assert terms.invoicing_until == date(2027, 1, 14)
    assert len(await said(hub)) == 3
    assert one.newest.text(Document.INVOICING).sha256 == one.newest.hashes[Document.INVOICING]


# Whose eyes


async def test_the_list_says_what_is_to_be_done(hub, client_for, clock):
    coordinator = client_for(hub, COORDINATOR)
    page = (await coordinator.get(LIST)).text
    assert "aucun contrat n’est signé" in page
    mandate_id = await signed(hub, client_for)
    clock.set(datetime(2026, 12, 2, tzinfo=UTC))
    page = (await coordinator.get(LIST)).text
    assert "aucun contrat n’est signé" not in page
    clock.set(datetime(2027, 10, 15, tzinfo=UTC))
    assert "mardi 30 novembre 2027" in (await coordinator.get(LIST)).text
    page = (await coordinator.get(f"{LIST}/{mandate_id}")).text
    for wanted in ("Paul Roc, gérant", "paul@roc.example", "12,50\u00a0€", "Version 1"):
        assert wanted in page, wanted


async def test_a_producer_reads_its_own_contracts_and_no_draft(hub, client_for):
    coordinator, farmer = client_for(hub, COORDINATOR), client_for(hub, FARMER)
    other = client_for(hub, Grant(Role.PRODUCER, producer_id="p-other"))
    mandate_id = (await drafted(coordinator, do="save")).headers["location"].rsplit("/", 1)[1]
    assert (await farmer.get(f"{LIST}/{mandate_id}")).status_code == 404
    await coordinator.submit(f"{LIST}/{mandate_id}/do", {"do": "propose", "number": "1"})
    for url in (f"{LIST}/{mandate_id}", f"{LIST}/{mandate_id}/versions/1"):
        assert (await farmer.get(url)).status_code == 200
        assert (await other.get(url)).status_code == 404
    assert "Chèvrerie" not in (await other.get(LIST)).text
    assert (await sign(other, f"{LIST}/{mandate_id}/versions/1", "X")).status_code == 404
    assert (await farmer.get(f"{LIST}/{mandate_id}/edit")).status_code == 403
    for role in (Role.BOOKKEEPER, Role.OPERATOR):
        reader = client_for(hub, Grant(role))
        assert (await reader.get(f"{LIST}/{mandate_id}")).status_code == 200
        assert (await reader.submit(f"{LIST}/{mandate_id}/versions/1", {"do": "sign"})).status_code == 403


@pytest.mark.parametrize("url", ["/none", "/none/edit", "/none/versions/1", "/new?producer_id=none"])
async def test_what_is_not_there_is_not_found(hub, client_for, url):
    assert (await client_for(hub, COORDINATOR).get(LIST + url)).status_code == 404


async def test_the_table_of_links_opens_nothing(hub, client_for):
    await drafted(client_for(hub, COORDINATOR))
    async with hub.state.service.database.read() as reader:
        (row,) = await reader.all(select(contract.link))
    assert row["secret_hash"] not in await link(hub)
