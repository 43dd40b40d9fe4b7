"""Certificates as files: judged by their content, kept with the database, read by those who may. On both databases."""

import pytest
from catalog_shelf import hidden, new_certificate, new_producer, new_product, words

from catalog import proof_file
from catalog.proof_file import JPEG, MOST_BYTES, PDF, PNG, ProofFile
from chassis.identity import Grant
from chassis.testing import announced
from contracts import Role
from contracts.catalog import ProductOffered

A_PDF = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF\n"
A_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(21) + b"IEND\xaeB`\x82"
A_JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(9) + b"\xff\xd9"


@pytest.mark.parametrize(("data", "kind"), [(A_PDF, PDF), (A_PNG, PNG), (A_JPEG, JPEG), (A_PDF + b"\r\n" * 9, PDF)])
def test_a_file_is_what_its_content_says(data, kind):
    assert proof_file.read(data) == ProofFile(kind, data)


@pytest.mark.parametrize(
    "data",
    [b"", b"MZ\x90\x00", b"<html><script>alert(1)</script>", A_PDF[:12], A_PNG[:30], A_JPEG[:20], b"\n" + A_PDF,
     b"GIF89a" + bytes(20), A_PDF + bytes(MOST_BYTES)],
)  # fmt: skip
def test_anything_else_or_half_of_it_is_refused(data):
    assert proof_file.read(data).field == "file"


@pytest.fixture
async def farm(coordinator):
    return await new_producer(coordinator, "Ferme de la Bousole", "Bugarach", labels=["EU_ORGANIC"])


async def file_one(browser, producer_id, content=A_PDF, name="scan.pdf", **fields):
    page = (await browser.get("/catalog/certificates/new", params={"producer_id": producer_id})).text
    form = {"id": hidden(page, "id"), "producer_id": producer_id, "label": "EU_ORGANIC", "number": "FR-77",
            "valid_until": "2027-03-31", **fields}  # fmt: skip
    answer = await browser.submit("/catalog/certificates/new", form, files={"file": (name, content)})
    return form["id"], answer


async def claim(app):
    offered = [event for event in await announced(app) if isinstance(event, ProductOffered)]
    return offered[-1].claims[0]


async def test_members_read_a_public_certificate_from_the_label(app, coordinator, member, farm):
    product_id = await new_product(coordinator, farm, labels=["EU_ORGANIC"])
    certificate_id, answer = await file_one(coordinator, farm, file_public="on", proof_url="https://example.org/old")
    assert answer.status_code == 303, words(answer.text)
    url = f"/catalog/certificates/{certificate_id}/proof"
    assert (await claim(app)).proof_url == url
    assert f'href="{url}"' in (await member.get(f"/catalog/products/{product_id}")).text
    read = await member.get(url)
    assert (read.status_code, read.content, read.headers["content-type"]) == (200, A_PDF, PDF)
    assert read.headers["content-disposition"].startswith("attachment; ")
    assert "sandbox" in read.headers["content-security-policy"]
    assert read.headers["x-content-type-options"] == "nosniff"
    assert "scan" not in str(read.headers), "the name it came with is nobody's business"


async def test_a_picture_is_shown_and_no_more_than_a_picture(coordinator, farm):
    certificate_id, _answer = await file_one(coordinator, farm, A_PNG, "certificate.html")
    read = await coordinator.get(f"/catalog/certificates/{certificate_id}/proof")
    assert (read.headers["content-type"], read.headers["content-disposition"]) == (
        PNG,
        'inline; filename="certificate-eu_organic-2027-03-31.png"',
    )


async def test_what_is_not_public_is_for_the_coordinator_and_its_producer(
    app, coordinator, member, seller, farm, client_for
):
    product_id = await new_product(coordinator, farm, labels=["EU_ORGANIC"])
    certificate_id, _answer = await file_one(coordinator, farm, proof_url="https://example.org/here")
    url = f"/catalog/certificates/{certificate_id}/proof"
    assert (await claim(app)).proof_url == "https://example.org/here", "the link stays possible"
    assert url not in (await member.get(f"/catalog/products/{product_id}")).text
    other = await new_producer(coordinator, "GAEC des Oliviers", "Rennes")
    driver = client_for(app, Grant(Role.DRIVER), person_id="person-9")
    answers = [
        (await browser.get(url)).status_code
        for browser in (coordinator, seller(farm), member, seller(other), driver, client_for(app))
    ]
    assert answers == [200, 200, 404, 404, 403, 303]


async def test_a_public_certificate_that_was_taken_back_is_not_shown_any_more(coordinator, member, farm):
    certificate_id, _answer = await file_one(coordinator, farm, file_public="on")
    await coordinator.submit(f"/catalog/certificates/{certificate_id}/take-back")
    assert (await member.get(f"/catalog/certificates/{certificate_id}/proof")).status_code == 404
    assert (await coordinator.get(f"/catalog/certificates/{certificate_id}/proof")).status_code == 200


async def test_a_wrong_file_is_told_at_its_field_and_what_was_typed_stays(coordinator, farm):
    _id, answer = await file_one(coordinator, farm, b"MZ\x90\x00", "certificate.pdf")
    assert answer.status_code == 422
    assert 'id="field-file-error"' in answer.text
    assert 'value="FR-77"' in answer.text


async def test_a_right_file_beside_a_mistake_must_be_chosen_again_and_is_told_so(coordinator, farm):
    certificate_id, answer = await file_one(coordinator, farm, number="")
    assert answer.status_code == 422
    assert "Choisissez de nouveau le fichier" in words(answer.text)
    assert (await coordinator.get(f"/catalog/certificates/{certificate_id}/proof")).status_code == 404


async def test_the_scan_can_come_later_and_be_replaced(app, coordinator, member, farm):
    await new_product(coordinator, farm, labels=["EU_ORGANIC"])
    certificate_id = await new_certificate(coordinator, farm)
    url = f"/catalog/certificates/{certificate_id}"
    assert "Ajouter le fichier" in words((await coordinator.get("/catalog/certificates")).text)
    assert (await coordinator.submit(f"{url}/file", {"file_public": "on"})).status_code == 422
    page = await coordinator.submit(f"{url}/file", files={"file": ("x", b"nothing")})
    assert page.status_code == 422
    for content in (A_PNG, A_JPEG):
        sent = await coordinator.submit(f"{url}/file", {"file_public": "on"}, files={"file": ("x", content)})
        assert sent.status_code == 303
        assert (await member.get(f"{url}/proof")).content == content
    assert (await claim(app)).proof_url == f"{url}/proof"
    said = len(await announced(app))
    assert (await coordinator.submit(f"{url}/file", {"file_public": "on"})).status_code == 303
    assert len(await announced(app)) == said, "nothing changed for anybody"
    assert (await coordinator.submit(f"{url}/file", {})).status_code == 303
    assert (await member.get(f"{url}/proof")).status_code == 404
    assert (await claim(app)).proof_url == ""
    assert (await member.get(f"{url}/file")).status_code == 403
    assert (await coordinator.get("/catalog/certificates/nobody/file")).status_code == 404
