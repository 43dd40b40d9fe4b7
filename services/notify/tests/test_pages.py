from pathlib import Path

import pytest
from notify_week import household, opened, person, pick_list, placed, producer, round_of, sign_in, written

import notify
from chassis.identity import Grant
from chassis.schema import drift
from chassis.testing import deliver
from contracts import Role
from ui import translations

STAFF = (Role.COORDINATOR, Role.OPERATOR)


@pytest.fixture
async def week(app, clock):
    async def fetch(path):
        return b"%PDF-1.7"

    app.state.postman.fetch = fetch
    people = (person("Marie"), person("John", language="en"))
    await deliver(app, opened(), household("Marie", *people), placed(), producer(), pick_list(), sign_in())
    await round_of(app)
    clock.advance(60)
    await round_of(app)
    return app


def test_every_sentence_has_its_french():
    assert translations.problems(Path(notify.__file__).parent) == []


async def test_migrations_make_the_tables_the_code_describes(app):
    service = app.state.service
    assert await drift(service.database.engine, service.metadata) == []


async def test_the_mailbox_shows_every_mail(week, client_for):
    browser = client_for(week, Grant(Role.COORDINATOR))
    page = (await browser.get("/notify/mailbox")).text
    for wanted in (
        "marie@example.org",
        "john@example.org",
        "Votre commande",
        "Your order",
        "roc@example.org",
        "Aucun serveur",
    ):
        assert wanted in page, wanted
    (mail,) = await written(week, template="pick_list")
    page = (await browser.get(f"/notify/mailbox/{mail['id']}")).text
    assert f'src="/notify/mailbox/{mail["id"]}/html"' in page
    assert "http://127.0.0.1:8000/logistics/pick-lists/open/secret-token" in page
    pdf = await browser.get(f"/notify/mailbox/{mail['id']}/attachments/0")
    assert (pdf.content, pdf.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
    assert pdf.headers["content-disposition"].startswith("attachment;")


async def test_a_number_beyond_all_bounds_is_no_fault_of_ours(week, client_for):
    browser = client_for(week, Grant(Role.COORDINATOR))
    for page in ("/notify/mailbox", "/notify/messages"):
        assert (await browser.get(f"{page}?page={'9' * 30}")).status_code == 200
    (mail,) = await written(week, template="pick_list")
    assert (await browser.get(f"/notify/mailbox/{mail['id']}/attachments/{'9' * 30}")).status_code == 404


async def test_a_mail_is_framed_as_a_foreign_page(week, client_for):
    (mail,) = await written(week, template="pick_list")
    answer = await client_for(week, Grant(Role.COORDINATOR)).get(f"/notify/mailbox/{mail['id']}/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert 'style="' in answer.text, "styles are on the elements: mail programs drop the rest"


async def test_what_people_typed_stays_text_in_a_mail(app, clock):
    evil = '<script>alert(1)</script>"'
    await deliver(
        app, opened(), household("Marie", person("Marie")), placed().model_copy(update={"household_name": evil})
    )
    clock.advance(60)
    await round_of(app)
    (mail,) = await written(app)
    assert "<script>" not in mail["html"]
    assert "&lt;script&gt;" in mail["html"]


def addresses(mail_id):
    return [
        ("GET", "/notify/mailbox"),
        ("GET", f"/notify/mailbox/{mail_id}"),
        ("GET", f"/notify/mailbox/{mail_id}/html"),
        ("GET", f"/notify/mailbox/{mail_id}/attachments/0"),
        ("GET", "/notify/messages"),
    ]


async def test_mails_are_read_by_those_who_run_the_hub_only(week, client_for):
    (mail,) = await written(week, template="pick_list")
    for _method, url in addresses(mail["id"]):
        for role in Role:
            grant = Grant(role, household_id="h-Marie", producer_id="p-roc")
            status = (await client_for(week, grant).get(url)).status_code
            assert status == (200 if role in STAFF else 403), (role, url)
        assert (await client_for(week).get(url)).status_code == 303
    retry = f"/notify/messages/{mail['id']}/retry"
    for role in set(Role) - set(STAFF):
        assert (await client_for(week, Grant(role)).submit(retry)).status_code == 403
    assert (await client_for(week, Grant(Role.COORDINATOR)).post(retry)).status_code == 403, "a forged form"


@pytest.mark.parametrize(
    "url",
    [
        "/notify/mailbox/none",
        "/notify/mailbox/none/html",
        "/notify/mailbox/none/attachments/0",
        "/notify/messages?state=lost",
    ],
)
async def test_what_is_not_there_is_not_found(app, client_for, url):
    assert (await client_for(app, Grant(Role.OPERATOR)).get(url)).status_code == 404


async def test_a_failed_mail_is_sent_again_to_the_address_known_now(app, client_for, clock):
    async def fetch(path):
        return b"%PDF-1.7"

    app.state.postman.fetch = fetch
    await deliver(app, producer(email=""), pick_list())
    browser = client_for(app, Grant(Role.COORDINATOR))
    page = (await browser.get("/notify/messages?state=failed")).text
    assert "Aucune adresse de courriel n’est connue" in page
    (mail,) = await written(app)
    again = f"/notify/messages/{mail['id']}/retry"
    assert (await browser.submit(again)).status_code == 409
    await deliver(app, producer(version=2))
    assert (await browser.submit(again)).status_code == 303
    await round_of(app)
    (mail,) = await written(app)
    assert (mail["state"], mail["email"], mail["version"]) == ("sent", "roc@example.org", 2)
    assert (await browser.submit(again)).status_code == 409


async def test_an_english_coordinator_reads_english(week, client_for):
    page = (await client_for(week, Grant(Role.COORDINATOR), language="en").get("/notify/messages")).text
    assert "What was sent to whom" in page
    assert "Not needed" in page
