"""What can become of a payment: one small machine, without a database.

    cheque to a producer   promised --receive--> received --hand_over--> handed_over --bounce--> bounced
    cheque to the hub      promised --receive--> received --deposit----> deposited   --bounce--> bounced
    cash, transfer         received
    direct debit           received --bounce--> bounced
    wallet                 received

Whatever was noted by mistake is taken back, from wherever it stands, and noted anew. A cheque to a producer's order
never becomes the hub's money: it lies in the register until the producer has it. A direct debit comes from its batch
and goes back there (`debit.batch`).
"""

from enum import StrEnum


class Kind(StrEnum):
    CHEQUE = "cheque"
    CASH = "cash"
    TRANSFER = "transfer"
    DEBIT = "debit"
    WALLET = "wallet"


BY_HAND = (Kind.CHEQUE, Kind.CASH, Kind.TRANSFER)
"""What a person notes."""


class Stage(StrEnum):
    PROMISED = "promised"
    RECEIVED = "received"
    HANDED_OVER = "handed_over"
    DEPOSITED = "deposited"
    BOUNCED = "bounced"
    TAKEN_BACK = "taken_back"


class Move(StrEnum):
    """What happens to a payment. TAKE_BACK needs a reason."""

    RECEIVE = "receive"
    HAND_OVER = "hand_over"
    DEPOSIT = "deposit"
    BOUNCE = "bounce"
    TAKE_BACK = "take_back"


MOVES: dict[tuple[Stage, Move], Stage] = {
    (Stage.PROMISED, Move.RECEIVE): Stage.RECEIVED,
    (Stage.RECEIVED, Move.HAND_OVER): Stage.HANDED_OVER,
    (Stage.RECEIVED, Move.DEPOSIT): Stage.DEPOSITED,
    (Stage.RECEIVED, Move.BOUNCE): Stage.BOUNCED,
    (Stage.HANDED_OVER, Move.BOUNCE): Stage.BOUNCED,
    (Stage.DEPOSITED, Move.BOUNCE): Stage.BOUNCED,
    (Stage.PROMISED, Move.TAKE_BACK): Stage.TAKEN_BACK,
    (Stage.RECEIVED, Move.TAKE_BACK): Stage.TAKEN_BACK,
    (Stage.HANDED_OVER, Move.TAKE_BACK): Stage.TAKEN_BACK,
    (Stage.DEPOSITED, Move.TAKE_BACK): Stage.TAKEN_BACK,
}
IN_HAND = (Stage.PROMISED, Stage.RECEIVED)
VOID = (Stage.BOUNCED, Stage.TAKEN_BACK)
"""These pay nothing."""


class OutOfTurn(Exception):
    """This cannot happen to a payment that stands where this one stands."""


def moves_of(kind: Kind, to_hub: bool, stage: Stage) -> tuple[Move, ...]:
    """What can happen next."""
    return tuple(move for (before, move) in MOVES if before is stage and _fits(kind, to_hub, before, move))


def _fits(kind: Kind, to_hub: bool, stage: Stage, move: Move) -> bool:
    if kind is Kind.DEBIT:
        return stage is Stage.RECEIVED and move in (Move.BOUNCE, Move.TAKE_BACK)
    if move is Move.TAKE_BACK:
        return True
    if kind is not Kind.CHEQUE:
        return False
    # A cheque is refused where the bank or the producer has it, not while it lies here.
    if (stage, move) == (Stage.RECEIVED, Move.BOUNCE):
        return False
    return move is not (Move.HAND_OVER if to_hub else Move.DEPOSIT)


def moved(kind: Kind, to_hub: bool, stage: Stage, move: Move) -> Stage:
    """Where it stands then. Raises OutOfTurn."""
    if move not in moves_of(kind, to_hub, stage):
        raise OutOfTurn(f"{move} a {kind} that is {stage}")
    return MOVES[stage, move]


def lands_on(move: Move) -> Stage:
    """Where a move ends, from wherever it starts: who finds a payment there knows that it was made before."""
    return next(after for (_, each), after in MOVES.items() if each is move)


def is_paid(kind: Kind, to_hub: bool, stage: Stage) -> bool:
    """Whether it stands in the books: a cheque to a producer's order pays when the producer has it, everything else
    when it is received."""
    if stage is Stage.RECEIVED:
        return to_hub or kind is not Kind.CHEQUE
    return stage in (Stage.HANDED_OVER, Stage.DEPOSITED)
