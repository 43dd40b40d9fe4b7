"""What can become of a transfer between households: one small machine, without a database.

    proposed --say_paid--> paid --confirm--> received
    proposed --confirm--> received
    paid --not_here--> proposed            received --take_back--> proposed
    proposed --call_off--> called_off

Who pays says that it paid, who receives confirms it; a transfer that is called off makes room for others when what is
owed has changed. What is on its way, or was received, stays and counts.
"""

from enum import StrEnum


class Stage(StrEnum):
    PROPOSED = "proposed"
    PAID = "paid"
    RECEIVED = "received"
    CALLED_OFF = "called_off"


class Move(StrEnum):
    """NOT_HERE: the receiver has nothing, or the payer said it by mistake. TAKE_BACK: it was confirmed by mistake."""

    SAY_PAID = "say_paid"
    CONFIRM = "confirm"
    NOT_HERE = "not_here"
    TAKE_BACK = "take_back"
    CALL_OFF = "call_off"


MOVES: dict[tuple[Stage, Move], Stage] = {
    (Stage.PROPOSED, Move.SAY_PAID): Stage.PAID,
    (Stage.PROPOSED, Move.CONFIRM): Stage.RECEIVED,
    (Stage.PAID, Move.CONFIRM): Stage.RECEIVED,
    (Stage.PAID, Move.NOT_HERE): Stage.PROPOSED,
    (Stage.RECEIVED, Move.TAKE_BACK): Stage.PROPOSED,
    (Stage.PROPOSED, Move.CALL_OFF): Stage.CALLED_OFF,
}
STANDING = (Stage.PAID, Stage.RECEIVED)
"""These count as settled when the others are drawn up anew."""


class OutOfTurn(Exception):
    """This cannot happen to a transfer that stands where this one stands."""


def moved(stage: Stage, move: Move) -> Stage:
    """Where it stands then: a move that is made twice is made once. Raises OutOfTurn."""
    if (stage, move) in MOVES:
        return MOVES[stage, move]
    if stage is next(after for (_, each), after in MOVES.items() if each is move):
        return stage
    raise OutOfTurn(f"{move} a transfer that is {stage}")


def moves_of(stage: Stage, *, pays: bool, receives: bool, keeps: bool) -> tuple[Move, ...]:
    """What a person may do by a button, who is of the payer's household, of the receiver's, or keeps the group's money.
    A payer cannot confirm what it paid, nor a receiver say that somebody else paid."""
    allowed: set[Move] = set()
    if pays:
        allowed |= {Move.SAY_PAID, Move.NOT_HERE}
    if receives:
        allowed |= {Move.CONFIRM, Move.NOT_HERE}
    if keeps:
        allowed |= set(Move) - {Move.CALL_OFF}
    return tuple(move for (before, move) in MOVES if before is stage and move in allowed)
