"""The steps that are the same whatever a bank is told to do: a second person approves, and what is not done is called
off. Each holds the instruction's row until the transaction ends."""

from datetime import date

from billing.instruction.life import Move, Stage, lands_on, moved
from billing.instruction.shelf import I, Shelf
from chassis.database import Writer
from chassis.identity import Person


class SamePerson(Exception):
    """Who drew it up cannot approve it."""


class OtherThere(Exception):
    """A form that was sent before was sent again with other words in it."""


class MayBeDone(Exception):
    """It is approved: whoever calls it off says that the bank does nothing of it."""


async def to_move(shelf: Shelf[I], writer: Writer, one_id: str, move: Move) -> tuple[I, bool]:
    """The instruction, and whether the move is still to be made. Raises NoInstruction, OutOfTurn."""
    one = await shelf.locked(writer, one_id)
    if one.stage is lands_on(move):
        return one, False
    moved(one.stage, move)
    return one, True


async def to_approve(shelf: Shelf[I], writer: Writer, one_id: str, by: Person) -> tuple[I, bool]:
    """See `to_move`. Raises NoInstruction, OutOfTurn, SamePerson."""
    if (await shelf.locked(writer, one_id)).drawn_up_by_id == by.id:
        raise SamePerson
    return await to_move(shelf, writer, one_id, Move.APPROVE)


async def approved(shelf: Shelf[I], writer: Writer, one: I, by: Person, file: str) -> I:
    stage = moved(one.stage, Move.APPROVE)
    values = {"stage": stage.value, "approved_at": writer.now, "approved_by": by.name, "file": file}
    return await shelf.set(writer, one.id, Move.APPROVE.value, by, values)


async def executed(shelf: Shelf[I], writer: Writer, one: I, by: Person, day: date) -> I:
    values = {"stage": moved(one.stage, Move.EXECUTE).value, "executed_on": day}
    return await shelf.set(writer, one.id, Move.EXECUTE.value, by, values)


async def call_off(
    shelf: Shelf[I], writer: Writer, one_id: str, by: Person, reason: str, not_done: bool
) -> tuple[I, I]:
    """As it stood before, and as it stands then. `not_done`: somebody says that the bank has not got the file, or gave
    it up. Raises NoInstruction, OutOfTurn, MayBeDone."""
    one, due = await to_move(shelf, writer, one_id, Move.CALL_OFF)
    if not due:
        return one, one
    if one.stage is Stage.APPROVED and not not_done:
        raise MayBeDone
    values = {"stage": moved(one.stage, Move.CALL_OFF).value}
    return one, await shelf.set(writer, one.id, Move.CALL_OFF.value, by, values, reason)
