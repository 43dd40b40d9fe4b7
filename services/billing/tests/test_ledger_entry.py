"""The arithmetic of the ledger, without a database."""

import json
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.ledger.chart import HUB, Account
from billing.ledger.closing import Closed, OpenDay, Standing
from billing.ledger.entry import GENESIS, Cause, Entry, Side, WrongEntry, fold, link, move, opposite
from billing.ledger.rules import sale

DAY = date(2026, 11, 22)
CAUSE = Cause("event-1", "sale", 1)
MARIE = Side(Account.HOUSEHOLD, "h-Marie")


def cheque(*rates, deposit=0):
    """`rates`: (hundredths, net, vat)."""
    shares = [
        {"rate_hundredths": rate, "gross_cents": net + vat, "vat_cents": vat, "net_cents": net}
        for rate, net, vat in rates
    ]
    gross = sum(net + vat for _, net, vat in rates)
    found = {
        "producer_id": "p",
        "producer_name": "Élan",
        "mention": "",
        "gross_cents": gross,
        "vat": shares,
        "lines": [],
    }
    return found | ({"deposit_cents": deposit} if deposit else {})


def test_a_sale_is_the_producers_turnover_its_vat_and_a_debt_for_the_containers():
    moved = sale("h-Marie", cheque((550, 2085, 115), (2000, 500, 100), deposit=150))
    assert fold(moved) == {
        MARIE: (2950, 0),
        Side(Account.SALES): (0, 2585),
        Side(Account.VAT): (0, 215),
        Side(Account.CONTAINERS, "h-Marie"): (0, 150),
    }


def test_a_seller_without_vat_has_none_on_the_account():
    assert fold(sale("h-Marie", cheque((0, 1700, 0)))) == {MARIE: (1700, 0), Side(Account.SALES): (0, 1700)}


def test_a_cheque_whose_parts_are_not_its_sum_is_not_booked():
    wrong = cheque((550, 2085, 115)) | {"gross_cents": 2201}
    with pytest.raises(WrongEntry, match="Élan"):
        sale("h-Marie", wrong)


def test_goods_sold_in_a_producers_name_cannot_stand_in_the_hubs_book():
    """Only its commission is the hub's turnover: CGI art. 256 V, 267 II 2°."""
    moved = sale("h-Marie", cheque((550, 2085, 115)))
    Entry("p-BioEspuña", "k", DAY, "VE", CAUSE, moved)
    with pytest.raises(WrongEntry, match="sales"):
        Entry(HUB, "k", DAY, "VE", CAUSE, moved)


def test_an_entry_that_moves_nothing_or_from_an_account_to_itself_is_refused():
    with pytest.raises(WrongEntry):
        Entry("p", "k", DAY, "VE", CAUSE, ())
    with pytest.raises(WrongEntry):
        Entry("p", "k", DAY, "VE", CAUSE, tuple(move(MARIE, MARIE, 5)))


def test_what_is_below_zero_moves_the_other_way_and_nothing_moves_nothing():
    bank = Side(Account.BANK)
    assert move(MARIE, bank, -5) == move(bank, MARIE, 5)
    assert move(MARIE, bank, 0) == []


sides = st.sampled_from([MARIE, Side(Account.BANK, "p"), Side(Account.SALES), Side(Account.VAT), Side(Account.CASH)])
movements = st.lists(st.tuples(sides, sides, st.integers(-10_000, 10_000)).filter(lambda each: each[0] != each[1])).map(
    lambda each: tuple(one for debit, credit, cents in each for one in move(debit, credit, cents))
)


@given(movements)
def test_debits_equal_credits_and_a_counter_entry_leaves_nothing(moved):
    sums = fold(moved).values()
    assert sum(debit for debit, _ in sums) == sum(credit for _, credit in sums)
    assert all(debit == credit for debit, credit in fold((*moved, *opposite(moved))).values())


def test_a_link_is_made_of_json_as_anybody_would_write_it():
    content = ['l\'Aude "é" \n\x00 \u2028 🥕', 7, None, date(2026, 11, 22), [["household", "h", 1]]]
    text = json.dumps([GENESIS, *content], ensure_ascii=False, separators=(",", ":"), default=str)
    assert link(GENESIS, content) == sha256(text.encode()).hexdigest()


def test_a_link_hangs_on_every_byte_before_it():
    assert link(GENESIS, ["a", 1]) != link(GENESIS, ["a", 2])
    assert link(link(GENESIS, ["a"]), ["b"]) != link(link(GENESIS, ["c"]), ["b"])
    assert link(GENESIS, ["ab", "c"]) != link(GENESIS, ["a", "bc"])
    with pytest.raises(TypeError):
        link(GENESIS, [1.5j])


def open_day(day, first, last, cents):
    return OpenDay(day, first, last, {"sales": (0, cents)})


def told(closed: list[Closed]):
    return [
        (
            each.period,
            each.first,
            each.last,
            each.totals["sales"][1],
            each.year_to_date["sales"][1],
            each.perpetual["sales"][1],
        )
        for each in closed
    ]


def test_days_months_and_years_are_ended_with_what_they_came_to_the_year_so_far_and_all():
    standing = Standing()
    days = [
        open_day(date(2026, 11, 29), 1, 4, 100),
        open_day(date(2026, 12, 1), 5, 5, 20),
        open_day(date(2026, 12, 31), 6, 8, 3),
        open_day(date(2027, 1, 2), 9, 9, 1000),
    ]
    assert told(list(standing.end_days(days, before=date(2027, 1, 3)))) == [
        ("2026-11-29", 1, 4, 100, 100, 100),
        ("2026-11", 1, 4, 100, 100, 100),
        ("2026-12-01", 5, 5, 20, 120, 120),
        ("2026-12-31", 6, 8, 3, 123, 123),
        ("2026-12", 5, 8, 23, 123, 123),
        ("2026", 1, 8, 123, 123, 123),
        ("2027-01-02", 9, 9, 1000, 1000, 1123),
    ]
    assert list(standing.end_days([], before=date(2027, 1, 31))) == []
    assert told(list(standing.end_days([], before=date(2027, 2, 1)))) == [("2027-01", 9, 9, 1000, 1000, 1123)]
    assert list(standing.end_days([], before=date(2027, 2, 2))) == []


@given(
    st.lists(
        st.tuples(st.dates(date(2025, 1, 1), date(2027, 12, 31)), st.integers(1, 999)), unique_by=lambda each: each[0]
    ),
    st.data(),
)
def test_closings_are_the_same_however_often_one_comes_to_close(found, data):
    days = [open_day(day, n, n, cents) for n, (day, cents) in enumerate(sorted(found), 1)]
    end = date(2028, 1, 1)
    at_once = list(Standing().end_days(days, before=end))
    standing, piecewise, done = Standing(), [], 0
    for stop in [*sorted(data.draw(st.lists(st.dates(date(2025, 1, 1), end)))), end]:
        due = [each for each in days[done:] if each.day < stop]
        piecewise += standing.end_days(due, before=stop)
        done += len(due)
    assert piecewise == at_once
    for kind in ("day", "month", "year"):
        assert sum(each.totals["sales"][1] for each in at_once if each.kind == kind) == sum(cents for _, cents in found)
