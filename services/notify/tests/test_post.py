"""Mails on their way: the server away, cross, or dead in the middle."""

import asyncio
import socket
import threading
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from notify_week import pick_list, producer, proposal, round_of, sign_in, written

from chassis.testing import START, announced, deliver
from contracts.notify import MessageFailed
from notify import message
from notify.app import NotifySettings, create_app, document_fetcher
from notify.mail import BadAddress, compose
from notify.message import Attachment, Letter
from notify.post import EmbeddedMailbox, Later, SmtpAddress, SmtpServer
from notify.postman import MOST_BETWEEN, Postman, Rules


class Inbox:
    """A mail server's memory; `answers` are given instead of taking a mail, one after the other."""

    def __init__(self) -> None:
        self.mails = []
        self.recipient_answer = ""
        self.data_answer = ""

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 aiosmtpd's name
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.data_answer:
            return self.data_answer
        self.mails.append(envelope.content.decode())
        return "250 OK"


@pytest.fixture
def port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def server(inbox, port):
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    yield controller
    if controller.loop.is_running():
        controller.stop()


@pytest.fixture
async def app(started, port):
    app = await started(
        create_app,
        NotifySettings,
        send_mails=False,
        smtp_url=f"smtp://127.0.0.1:{port}",
        smtp_timeout=3,
        mail_from="Cabas de l’Aude <cabas@hub.example>",
    )
    yield app
    await app.state.postman.post.rest()


async def test_a_mail_reaches_the_server_as_text_and_html(app, server, inbox):
    server.start()
    await deliver(app, sign_in())
    await round_of(app)
    (mail,) = inbox.mails
    (row,) = await written(app)
    for wanted in (
        "Auto-Submitted: auto-generated",
        f"Message-ID: <{row['id']}@hub.example>",
        "To: Marie <marie@example.org>",
        "multipart/alternative",
        "Content-Type: text/html",
        "Date: Thu, 19 Nov 2026 09:00:00 +0000",
    ):
        assert wanted in mail, wanted


@pytest.mark.parametrize("opens_doors", [sign_in(), proposal(path="/billing/mandates/sign/secret")])
async def test_a_link_that_opens_doors_is_forgotten_once_it_has_left(app, server, opens_doors):
    server.start()
    await deliver(app, producer(), opens_doors)
    await round_of(app)
    (row,) = await written(app, state="sent")
    assert "secret" not in str(dict(row))


async def test_an_unreachable_server_loses_nothing(app, server, inbox, clock):
    for number in range(5):
        await deliver(app, sign_in(f"Person{number}", number=number, at=START + timedelta(days=2)))
    for _ in range(20):
        await round_of(app)
        clock.advance(timedelta(minutes=6))
    assert {row["state"] for row in await written(app)} == {"waiting"}
    assert app.state.postman.trouble
    server.start()
    await round_of(app)
    assert len(inbox.mails) == 5
    assert {row["state"] for row in await written(app)} == {"sent"}
    assert app.state.postman.trouble == ""


async def test_while_the_server_is_away_it_is_not_hammered(app, clock):
    for number in range(5):
        await deliver(app, sign_in(f"Person{number}", number=number))
    await round_of(app)
    await round_of(app)
    assert sum(row["attempts"] for row in await written(app)) == 1


async def test_an_address_that_is_refused_for_good_fails_and_says_why(app, server, inbox, client_for):
    inbox.recipient_answer = "550 5.1.1 No such user here"
    server.start()
    await deliver(app, sign_in())
    await round_of(app)
    (row,) = await written(app)
    assert (row["state"], row["reason"]) == ("failed", "refused")
    assert "No such user here" in row["error"]
    (said,) = await announced(app)
    assert isinstance(said, MessageFailed)


@pytest.mark.parametrize("where", ["recipient_answer", "data_answer"])
async def test_a_server_that_asks_to_come_back_later_is_asked_later(app, server, inbox, clock, where):
    setattr(inbox, where, "451 4.7.1 Greylisted, come back later")
    server.start()
    await deliver(app, sign_in(), sign_in("Josette", number=2))
    await round_of(app)
    assert [(row["state"], row["reason"], row["attempts"]) for row in await written(app)] == [
        ("waiting", "busy", 1)
    ] * 2
    setattr(inbox, where, "")
    await round_of(app)
    assert inbox.mails == [], "not at once"
    clock.advance(10)
    await round_of(app)
    assert len(inbox.mails) == 2


async def test_a_message_that_is_refused_for_good_fails_and_the_others_leave(app, server, inbox, clock):
    inbox.data_answer = "554 5.7.1 We think this is spam"
    server.start()
    await deliver(app, sign_in())
    await round_of(app)
    inbox.data_answer = ""
    await deliver(app, sign_in("Josette", number=2))
    await round_of(app)
    assert [row["state"] for row in await written(app)] == ["failed", "sent"]


async def test_after_days_a_mail_is_given_up(app, clock):
    await deliver(app, producer(), pick_list())
    app.state.postman.fetch = nothing_yet
    await round_of(app)
    clock.advance(timedelta(hours=73))
    await round_of(app)
    (row,) = await written(app)
    assert (row["state"], row["reason"]) == ("failed", "no_document")


async def nothing_yet(path):
    raise Later("no_document", "HTTP 404")


async def test_a_pick_list_leaves_when_its_document_is_there(app, server, inbox, clock):
    server.start()
    asked = []

    async def fetch(path):
        asked.append(path)
        if len(asked) < 3:
            raise Later("no_document", "HTTP 404")
        return b"%PDF-1.7 the list"

    app.state.postman.fetch = fetch
    await deliver(app, producer(), pick_list())
    for _ in range(3):
        await round_of(app)
        clock.advance(timedelta(minutes=3))
    assert asked == ["/logistics/pick-lists/open/secret-token.pdf"] * 3
    (mail,) = inbox.mails
    assert "application/pdf" in mail
    assert "To: Paule =?utf-8?" in mail
    (row,) = await written(app, state="sent")
    assert "http://127.0.0.1:8000/logistics/pick-lists/open/secret-token" in row["text"]


async def test_who_dies_between_sending_and_marking_sends_again_under_the_same_id(
    app, server, inbox, clock, monkeypatch
):
    server.start()
    await deliver(app, sign_in(at=START + timedelta(hours=1)))
    with monkeypatch.context() as patched:
        patched.setattr("notify.message.mark_sent", died)
        with pytest.raises(SystemError):
            await round_of(app)
    await round_of(app)
    assert len(inbox.mails) == 1, "the claim holds"
    clock.advance(timedelta(minutes=5))
    await round_of(app)
    first, second = inbox.mails
    ids = [next(line for line in mail.splitlines() if line.startswith("Message-ID")) for mail in (first, second)]
    assert ids[0] == ids[1]


async def died(*args, **kwargs):
    raise SystemError("killed")


async def test_the_postman_works_in_the_background(started, server, inbox, port):
    server.start()
    app = await started(create_app, NotifySettings, smtp_url=f"smtp://127.0.0.1:{port}", mail_poll=0.02)
    await deliver(app, sign_in())
    async with asyncio.timeout(10):
        while not inbox.mails:
            await asyncio.sleep(0.02)


async def test_the_postman_leaves_most_of_the_processor_to_others(monkeypatch):
    """Mails of a minute ago are due while the next orders come in; each rest is twice what the mail took."""
    mails, rests, pause = [0.01, 0.2], [], asyncio.sleep
    stopping = asyncio.Event()

    async def send_one():
        if not mails:
            stopping.set()
            return False
        await pause(mails.pop(0))
        return True

    async def rest(seconds):
        rests.append(seconds)

    postman = Postman(None, EmbeddedMailbox(), None, None, Rules("hub@example.org", timedelta(hours=1), poll=0.01))
    monkeypatch.setattr(postman, "send_one", send_one)
    monkeypatch.setattr("notify.postman.asyncio.sleep", rest)
    await postman.run(stopping)
    short, long = rests
    assert 0.02 <= short <= long == MOST_BETWEEN


async def test_a_postman_who_stumbles_is_told_of_and_goes_on(started, server, inbox, port, monkeypatch):
    told, anything_due = [], message.anything_due

    async def stumbling(reader):
        told.append(dict(app.state.service.failing))
        if len(told) == 1:
            raise RuntimeError("a stone")
        return await anything_due(reader)

    monkeypatch.setattr(message, "anything_due", stumbling)
    server.start()
    app = await started(create_app, NotifySettings, smtp_url=f"smtp://127.0.0.1:{port}", mail_poll=0.02)
    await deliver(app, sign_in())
    async with asyncio.timeout(10):
        while not inbox.mails:
            await asyncio.sleep(0.02)
    assert told[1] == {"postman": "RuntimeError('a stone')"}


async def test_the_mail_in_hand_is_finished_when_the_hub_stops(started, port, inbox):
    class Slow(Inbox):
        async def handle_DATA(self, server, session, envelope):  # noqa: N802
            self.began.set()
            await asyncio.sleep(0.3)
            return await super().handle_DATA(server, session, envelope)

    slow = Slow()
    slow.began = threading.Event()
    controller = Controller(slow, hostname="127.0.0.1", port=port)
    controller.start()
    app = await started(create_app, NotifySettings, smtp_url=f"smtp://127.0.0.1:{port}", mail_poll=0.02)
    await deliver(app, sign_in())
    assert await asyncio.to_thread(slow.began.wait, 10)
    for finish in app.state.service.on_stop:
        app.state.service.stopping.set()
        await finish()
    controller.stop()
    assert [row["state"] for row in await written(app)] == ["sent"]


async def test_two_postmen_never_carry_the_same_mail(app, server, inbox):
    server.start()
    for number in range(8):
        await deliver(app, sign_in(f"Person{number}", number=number))
    first = app.state.postman
    second = Postman(first.database, SmtpServer(first.post.address), first.lay_out, first.fetch, first.rules)
    await asyncio.gather(*(postman.send_one() for postman in (first, second)))
    while await first.send_one() or await second.send_one():
        pass
    await second.post.rest()
    assert len(inbox.mails) == 8
    assert {row["attempts"] for row in await written(app)} == {1}


LETTER = Letter("Sujet", "texte", "<p>texte</p>")


@pytest.mark.parametrize("email", ["", "nobody", "two words@example.org", "a@b@c", "x@y\r\nBcc: all@example.org"])
def test_what_is_no_address_is_refused_before_any_server_is_asked(email):
    with pytest.raises(BadAddress):
        compose(LETTER, sender="a@example.org", name="N", email=email, message_id="1", language="fr", now=START)


def test_names_from_people_begin_no_header():
    letter = Letter(
        "Sujet\r\nBcc: all@example.org", "t", "<p>h</p>", (Attachment("l.pdf", "application/pdf", b"%PDF"),)
    )
    mail = compose(
        letter,
        sender="a@example.org",
        name="N\nBcc: all@x.org",
        email="n@example.org",
        message_id="1",
        language="fr",
        now=START,
    )
    assert mail["Bcc"] is None
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]


def test_the_address_of_the_server_is_a_url():
    address = SmtpAddress.parse("smtp://us%40er:p%3Ass@mail.example.org:587?starttls")
    assert (address.user, address.password, address.port, address.starttls) == ("us@er", "p:ss", 587, True)
    assert SmtpAddress.parse("smtps://mail.example.org").port == 465
    with pytest.raises(ValueError, match="smtp_url must look like"):
        SmtpAddress.parse("http://user:password@x")


async def test_documents_are_fetched_from_the_hub_and_their_key_is_not_told(port):
    with pytest.raises(Later) as later:
        await document_fetcher(f"http://127.0.0.1:{port}")("/logistics/pick-lists/open/secret.pdf")
    assert later.value.reason == "no_document"
    assert "secret" not in later.value.error
