"""The contract as PDF: the words that are signed, their hashes, and who signed. On both databases."""

import json

import pytest
from mandate_papers import CATALOGUE, COORDINATOR, FARMER, LIST, START, drafted, link, sign

from billing import press
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Role


@pytest.fixture
async def hub(app, clock):
    clock.set(START)
    await deliver(app, *CATALOGUE)
    return app


@pytest.fixture
def printed(monkeypatch):
    """What each paper was made of, as it went into the press; the press works."""
    told, compiler = [], press._compiler("mandate.typ")

    class Watched:
        def compile(self, **said):
            told.append(json.loads(said["sys_inputs"]["data"]))
            return compiler.compile(**said)

    monkeypatch.setattr(press, "_compiler", lambda _template: Watched())
    return told


async def test_the_paper_has_every_word_that_is_signed_and_says_who_signed(hub, client_for, printed):
    coordinator = client_for(hub, COORDINATOR, name="Anne")
    mandate_id = (await drafted(coordinator)).headers["location"].rsplit("/", 1)[1]
    page, by_link = f"{LIST}/{mandate_id}/versions/1", await link(hub)
    paper = await client_for(hub).get(f"{by_link}/contract.pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")
    read = (await client_for(hub).get(by_link)).text
    assert f'href="{by_link}/contract.pdf"' in read
    [said] = printed
    assert (said["signatures"], dict(said["facts"])["État"]) == ([], "Proposé\u00a0: pas encore signé des deux parties")
    assert len(said["documents"]) == 2, "the invoicing mandate is a document of its own"
    for document in said["documents"]:
        assert document["hash"][:32] in read
        for clause in document["clauses"]:
            assert clause["heading"].split("’")[0] in read
    await sign(client_for(hub), by_link, "Paul Roc")
    await sign(coordinator, page, "Josette Marty")
    assert f'href="{page}/contract.pdf"' in (await coordinator.get(page)).text
    assert (await client_for(hub, FARMER).get(f"{page}/contract.pdf")).content.startswith(b"%PDF-")
    said = printed[-1]
    assert dict(said["facts"])["État"] == "Signé des deux parties"
    assert {row[0] for row in said["signatures"]} == {"Paul Roc, gérant", "Josette Marty, gérant"}
    hashes = {document["hash"] for document in said["documents"]}
    assert {row[-1] for row in said["signatures"]} == hashes


async def test_a_paper_is_for_those_who_may_read_the_contract(hub, client_for):
    coordinator = client_for(hub, COORDINATOR, name="Anne")
    mandate_id = (await drafted(coordinator, do="save")).headers["location"].rsplit("/", 1)[1]
    paper = f"{LIST}/{mandate_id}/versions/1/contract.pdf"
    assert (await coordinator.get(paper)).content.startswith(b"%PDF-")
    assert (await client_for(hub, FARMER).get(paper)).status_code == 404, "a draft is the hub's own"
    other = client_for(hub, Grant(Role.PRODUCER, producer_id="p-other"))
    assert (await other.get(paper)).status_code == 404
    assert (await client_for(hub, Grant(Role.MEMBER, household_id="h-Marie")).get(paper)).status_code == 403
    assert (await client_for(hub).get("/billing/mandates/sign/none-such/contract.pdf")).status_code == 404
    assert (await coordinator.get(f"{LIST}/{mandate_id}/versions/2/contract.pdf")).status_code == 404
