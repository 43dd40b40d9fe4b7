"""A batch of accounts that dies at any point, tried again: nothing twice, no gap in the numbers. On both databases."""

import paper_week
import pytest
from paper_week import DUE, GOATS, app, books, hub, issued

from chassis import crash

__all__ = ["app", "books", "hub"]


class Died(Exception):
    """Stands for the process that is gone: what it had not committed is undone, nobody gets an answer."""


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_killed_at_any_account_and_tried_again_each_is_closed_once(hub, books, monkeypatch, point, times):
    """Two periods are due: the process dies at the first or the second."""
    reached = []

    def dies(_service, name):
        if name == point:
            reached.append(name)
            if len(reached) == times:
                raise Died

    with monkeypatch.context() as patched:
        patched.setattr(crash, "point", dies)
        assert (await books.submit(DUE, {"producer_id": [GOATS]})).status_code == 500
    there = 2 * (times - (point == "before_commit"))
    before = await issued(hub)
    assert len(before) == there
    assert (await paper_week.close(books)).status_code == 303
    rows = await issued(hub)
    assert [row["number"] for row in rows] == [
        "H01-C-2027-00001",
        "H01-C-2027-00002",
        "H01-P001-R-2027-00001",
        "H01-P001-R-2027-00002",
    ]
    assert [row["hash"] for row in before] == [
        row["hash"] for row in rows if row["id"] in {one["id"] for one in before}
    ]


async def test_what_cannot_be_put_into_words_takes_no_number(hub, books, monkeypatch):
    """The number is taken, the paper's words fail: nothing of it is left, and the number is the next one's."""
    with monkeypatch.context() as patched:
        patched.setattr("billing.pages.paper_words.French.rendering", lambda *_: (_ for _ in ()).throw(Died))
        assert (await paper_week.close(books)).status_code == 500
    assert await issued(hub) == []
    assert (await paper_week.close(books)).status_code == 303
    assert (await issued(hub))[0]["number"] == "H01-C-2027-00001"
