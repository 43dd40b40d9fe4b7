"""What can become of an instruction: one small machine, without a database.

    draft --approve--> approved --execute--> executed
    draft, approved --call_off--> called_off
    executed --undo--> approved                (debits alone: noted by mistake)

While it is a draft or approved its money is reserved, and nothing is booked. It is booked when a person says that the
bank has executed it; what the bank then gives back is taken back one by one.
"""

from enum import StrEnum


class Stage(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    EXECUTED = "executed"
    CALLED_OFF = "called_off"


class Move(StrEnum):
    APPROVE = "approve"
    EXECUTE = "execute"
    CALL_OFF = "call_off"
    UNDO = "undo"


MOVES: dict[tuple[Stage, Move], Stage] = {
    (Stage.DRAFT, Move.APPROVE): Stage.APPROVED,
    (Stage.APPROVED, Move.EXECUTE): Stage.EXECUTED,
    (Stage.DRAFT, Move.CALL_OFF): Stage.CALLED_OFF,
    (Stage.APPROVED, Move.CALL_OFF): Stage.CALLED_OFF,
    (Stage.EXECUTED, Move.UNDO): Stage.APPROVED,
}
OPEN = (Stage.DRAFT, Stage.APPROVED)
"""Their money is reserved."""


class OutOfTurn(Exception):
    """This cannot happen to an instruction that stands where this one stands."""


def moved(stage: Stage, move: Move) -> Stage:
    """Where it stands then. Raises OutOfTurn."""
    after = MOVES.get((stage, move))
    if after is None:
        raise OutOfTurn(f"{move} an instruction that is {stage}")
    return after


def lands_on(move: Move) -> Stage:
    """Where a move ends: who finds an instruction there knows that it was made before."""
    return next(after for (_, each), after in MOVES.items() if each is move)
