"""Payments without a database: what can become of them, how a sum is shared out, the reference of a transfer."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.ledger import fec, rules
from billing.pages import ledger
from billing.payment.life import BY_HAND, MOVES, VOID, Kind, Move, OutOfTurn, Stage, is_paid, lands_on, moved, moves_of
from billing.payment.owing import Debt, Owing, laid, proposed
from billing.payment.reference import is_reference, reference_of

WAYS = [(kind, to_hub) for kind in BY_HAND for to_hub in (False, True)]


def walks(kind, to_hub, stage, made=()):
    yield stage, made
    for move in moves_of(kind, to_hub, stage):
        yield from walks(kind, to_hub, moved(kind, to_hub, stage, move), (*made, move))


@pytest.mark.parametrize(("kind", "to_hub"), WAYS)
def test_whatever_happens_a_payment_ends_and_can_be_taken_back_before(kind, to_hub):
    first = Stage.PROMISED if kind is Kind.CHEQUE else Stage.RECEIVED
    for stage, made in walks(kind, to_hub, first):
        assert len(made) <= 4
        assert (Move.TAKE_BACK in moves_of(kind, to_hub, stage)) == (stage not in VOID)


@pytest.mark.parametrize("to_hub", [False, True])
def test_a_cheque_goes_to_the_one_it_is_made_out_to_and_to_nobody_else(to_hub):
    stages = {stage for stage, _ in walks(Kind.CHEQUE, to_hub, Stage.PROMISED)}
    assert (Stage.DEPOSITED in stages) == to_hub
    assert (Stage.HANDED_OVER in stages) == (not to_hub)


@pytest.mark.parametrize("kind", [Kind.CASH, Kind.TRANSFER])
def test_cash_and_transfers_are_paid_or_taken_back(kind):
    for to_hub in (False, True):
        assert moves_of(kind, to_hub, Stage.RECEIVED) == (Move.TAKE_BACK,)
        with pytest.raises(OutOfTurn):
            moved(kind, to_hub, Stage.RECEIVED, Move.BOUNCE)


def test_a_direct_debit_comes_back_from_the_bank_and_is_never_noted_by_mistake():
    assert Kind.DEBIT not in BY_HAND
    assert [stage for stage, _ in walks(Kind.DEBIT, True, Stage.RECEIVED)] == [
        Stage.RECEIVED,
        Stage.BOUNCED,
        Stage.TAKEN_BACK,
    ]


def test_a_cheque_to_a_producer_pays_when_the_producer_has_it():
    paid = {stage for stage in Stage if is_paid(Kind.CHEQUE, False, stage)}
    assert Stage.RECEIVED not in paid
    assert Stage.HANDED_OVER in paid
    assert is_paid(Kind.CHEQUE, True, Stage.RECEIVED)
    assert not any(is_paid(kind, to_hub, stage) for kind, to_hub in WAYS for stage in (Stage.PROMISED, *VOID))


def test_a_move_ends_in_one_place():
    for (_, move), after in MOVES.items():
        assert lands_on(move) is after


def debt(cents, week=1):
    return Debt(f"week-{week}", f"Week {week}", date(2026, 11, week), cents, cents)


cents = st.integers(0, 10_000)


@given(st.lists(st.integers(-2000, 5000), max_size=5), cents)
def test_what_is_paid_and_what_is_left_come_to_the_debts(owed, sum_paid):
    debts = laid([debt(each, week + 1) for week, each in enumerate(owed)], sum_paid)
    assert sum(each.left_cents for each in debts) == max(
        0, sum(each for each in owed if each > 0) - sum_paid - sum(-each for each in owed if each < 0)
    )
    touched = [each.left_cents < each.cents for each in debts if each.cents > 0]
    assert touched == sorted(touched, reverse=True), "a later debt was paid before an earlier one"


@given(st.lists(st.lists(cents, max_size=3), max_size=4), cents)
def test_every_cent_of_a_sum_is_placed_and_nobody_gets_more_than_its_debts_but_one(owed, whole):
    owing = [
        Owing(f"p-{n}", f"P {n}", tuple(debt(each, week + 1) for week, each in enumerate(mine)), 0, 0)
        for n, mine in enumerate(owed)
    ]
    shares = proposed(owing, whole)
    assert sum(shares.values()) == (whole if owing else 0)
    assert all(part > 0 for part in shares.values())
    over = [each for each in owing if shares.get(each.producer_id, 0) > each.left_cents]
    assert len(over) <= 1
    if over:
        assert whole > sum(each.left_cents for each in owing)


def test_the_oldest_debt_is_paid_first_whoever_it_is_to():
    owing = [
        Owing("p-a", "A", (debt(500, 2),), 0, 0),
        Owing("p-b", "B", (debt(300, 1), debt(300, 3)), 0, 0),
    ]
    assert proposed(owing, 600) == {"p-b": 300, "p-a": 300}
    assert proposed(owing, 2000) == {"p-b": 1500, "p-a": 500}


def test_a_reference_has_right_check_digits_and_one_wrong_letter_is_seen():
    assert is_reference("RF18 5390 0754 7034"), "the example of the standard"
    mine = reference_of("h-Marie")
    assert is_reference(mine)
    assert is_reference(mine.lower().replace(" ", ""))
    assert mine != reference_of("h-Josette")
    for place, letter in enumerate(mine):
        if letter != " " and place > 1:
            other = "A" if letter != "A" else "B"
            assert not is_reference(mine[:place] + other + mine[place + 1 :]), place
    for wrong in ("", "RF", "RF18", "FR18539007547034", "RF18é390"):
        assert not is_reference(wrong)


def test_every_posting_rule_has_its_words():
    assert rules.RULES.keys() == fec.RULES.keys() == ledger.RULES.keys()
    journals = {rule.journal for rule in rules.RULES.values()} | set(rules.JOURNALS.values())
    assert journals <= fec.JOURNALS.keys()
