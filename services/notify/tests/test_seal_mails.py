"""Who is sent the seal of the books, and that it arrives as it was made. On both databases."""

from datetime import UTC, date, timedelta

import pytest
from notify_week import START, round_of, written

from chassis.testing import deliver
from contracts.billing import BooksSealed, SealReader

TEXT = (
    "CABAS-SEAL-1\nhub La%20Grange\nday 2026-11-22\nmade 2026-11-23T01:00:00+00:00\n"
    f"book hub 173 {'a' * 64} 11 {'b' * 64} 489220\nroot {'c' * 64}\nkey -\nsignature -\nEND-OF-SEAL\n"
)
READERS = (
    SealReader(id="r-1", name="Cabinet Sarda", email="dossiers@sarda.example.org"),
    SealReader(id="r-2", name="Moira", email="moira@example.org", language="en"),
)
SEALED = BooksSealed(
    id="seal-1",
    version=1,
    day=date(2026, 11, 22),
    sealed_at=START.astimezone(UTC),
    root="c" * 64,
    text=TEXT,
    signed=False,
    readers=READERS,
    path="/billing/ledger/seals/1",
)


async def test_each_reader_gets_the_whole_seal_once_in_their_language(app):
    for _time in range(2):
        await deliver(app, SEALED)
    await round_of(app)
    mails = {mail["recipient"]: mail for mail in await written(app, template="books_sealed")}
    assert {each: mail["email"] for each, mail in mails.items()} == {each.id: each.email for each in READERS}
    for mail in mails.values():
        assert mail["state"] == "sent"
        _, begin, rest = mail["text"].partition("CABAS-SEAL-1")
        whole, end, _ = rest.partition("END-OF-SEAL")
        assert (begin + whole + end).split() == TEXT.split()
    assert "Sceau des livres" in mails["r-1"]["subject"]
    assert "Seal of the books" in mails["r-2"]["subject"]
    assert "n’est pas signé" in mails["r-1"]["text"]


@pytest.mark.parametrize("said", [SEALED.model_copy(update={"readers": ()}), None])
async def test_nobody_is_written_to_where_nobody_is_named_or_it_is_history(app, said):
    await deliver(app, said or SEALED.model_copy(update={"sealed_at": START - timedelta(days=30)}))
    await round_of(app)
    assert await written(app, template="books_sealed") == []
