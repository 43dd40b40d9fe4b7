"""What can become of a claim: one small machine, without a database.

    open ----------- accept, refuse, replace (the producer) -------> accepted, refused, replaced
      |- time_over -> to_decide -- the same (the coordinator) -----> accepted, refused, replaced
      `- withdraw (who claimed), also from to_decide --------------> withdrawn

Where the hub itself has to answer for the goods, because it sells them or by a clause of the mandate, a claim begins
with the coordinator.
"""

from enum import StrEnum


class State(StrEnum):
    OPEN = "open"
    TO_DECIDE = "to_decide"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """REFUSE needs a reason."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    REPLACE = "replace"
    TIME_OVER = "time_over"
    WITHDRAW = "withdraw"


ANSWERS = (Move.ACCEPT, Move.REFUSE, Move.REPLACE)
_LANDS = {Move.ACCEPT: State.ACCEPTED, Move.REFUSE: State.REFUSED, Move.REPLACE: State.REPLACED}
MOVES: dict[tuple[State, Move], State] = {
    **{(before, move): after for before in (State.OPEN, State.TO_DECIDE) for move, after in _LANDS.items()},
    (State.OPEN, Move.TIME_OVER): State.TO_DECIDE,
    (State.OPEN, Move.WITHDRAW): State.WITHDRAWN,
    (State.TO_DECIDE, Move.WITHDRAW): State.WITHDRAWN,
}
UNSETTLED = (State.OPEN, State.TO_DECIDE)
COUNTS = (State.ACCEPTED, State.REFUSED)
"""These may change what is owed: accepted, the household pays less; refused, those who agreed share the loss."""


class OutOfTurn(Exception):
    """This cannot happen to a claim that stands where this one stands, or not by this person."""


def moved(state: State, move: Move) -> State:
    """Where it stands then. Raises OutOfTurn."""
    if (state, move) not in MOVES:
        raise OutOfTurn(f"{move} a claim that is {state}")
    return MOVES[state, move]
