"""Drawing up the transfers that settle some cycles between the households of a group, and what becomes of them.

Whoever changes what is settled holds the rows of the cycles, then the books, then the round; who moves a transfer holds
the books and the round in this order too, for at the end it is told how the households stand. What is on its way or was
received stays: the others are called off and drawn up anew where they do not settle what is left.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import select

from billing import announcing
from billing.between import register
from billing.between.life import STANDING, Move, OutOfTurn, Stage, moved
from billing.between.register import ROUND_HOLDS, Round, Transfer, between_round, history, round_cycle, transfer
from billing.between.transfers import minimal_transfers
from billing.between.way import settles_on, ways_of
from billing.cycle import COMPUTED, locked
from billing.household import names_of_households
from billing.household_balance import say_balances
from billing.ledger.book import hold_books
from chassis.database import Writer
from chassis.identity import Person


class NotSettled(Exception):
    """The amounts of some of these cycles are not there, or the group does not settle them between its households."""


class DrawnBefore(Exception):
    """Transfers that hold settle one of these cycles already."""


class NothingOwed(Exception):
    """Nobody owes anybody anything of these cycles."""


class NoRound(Exception):
    """There is no such round, or it was called off."""


class NoTransfer(Exception):
    """There is no such transfer."""


class Begun(Exception):
    """Something was paid already: the round cannot be called off."""


async def draw(writer: Writer, round_id: str, group_id: str, cycle_ids: Collection[str], by: Person) -> None:
    """The id comes with the form, so that a form sent twice draws once. Raises NotSettled, DrawnBefore, NothingOwed."""
    ways = (await ways_of(writer, group_id)).get(group_id, [])
    for each in sorted(cycle_ids):
        held = await locked(writer, each)
        if held is None or held["state"] != COMPUTED or not settles_on(ways, held["delivers_on"]):
            raise NotSettled
    if await writer.scalar(select(between_round.c.id).where(between_round.c.id == round_id)) is not None:
        return
    drawn = (
        select(round_cycle.c.cycle_id)
        .join(between_round, between_round.c.id == round_cycle.c.round_id)
        .where(between_round.c.group_id == group_id, ROUND_HOLDS, round_cycle.c.cycle_id.in_(sorted(cycle_ids)))
    )
    if await writer.all(drawn):
        raise DrawnBefore
    nets = register.nets_of(await register.advances(writer, cycle_ids=cycle_ids, group_id=group_id))
    if not any(nets.values()):
        raise NothingOwed
    row = {"id": round_id, "group_id": group_id, "version": 0, "made_at": writer.now, "made_by": by.name}
    await writer.execute(between_round.insert().values(**row))
    await writer.execute(round_cycle.insert(), [{"round_id": round_id, "cycle_id": each} for each in sorted(cycle_ids)])
    [one] = await register.rounds(writer, round_ids=[round_id])
    await say_balances(writer, await _draw_up(writer, one, by.name) | nets.keys())


async def draw_anew(writer: Writer, cycle_id: str) -> set[str]:
    """What households of a cycle paid for each other has changed: their transfers follow. The caller holds the cycle's
    row, and tells how the households stand that are returned."""
    concerned = set[str]()
    for one in await register.rounds(writer, cycle_id=cycle_id):
        await _hold(writer, one.id)
        [fresh] = await register.rounds(writer, round_ids=[one.id])
        concerned |= await _draw_up(writer, fresh, "")
    return concerned


def left_after(nets: Mapping[str, int], settled: Iterable[Transfer]) -> dict[str, int]:
    """What is owed still when these transfers are made."""
    left = dict(nets)
    for each in settled:
        left[each.payer_id] = left.get(each.payer_id, 0) - each.cents
        left[each.receiver_id] = left.get(each.receiver_id, 0) + each.cents
    return {household_id: cents for household_id, cents in left.items() if cents}


async def _draw_up(writer: Writer, one: Round, who: str) -> set[str]:
    """Whose transfers changed, and who was told so."""
    found = await register.advances(writer, cycle_ids=one.cycle_ids, group_id=one.group_id)
    left = left_after(register.nets_of(found), [each for each in one.transfers if each.stage in STANDING])
    proposed = {(each.payer_id, each.receiver_id, each.cents): each for each in one.transfers if each.is_proposed}
    if not left_after(left, proposed.values()):
        return set()
    # In a thread: of many households it takes a while, and pages must not wait for it.
    wanted = await asyncio.to_thread(minimal_transfers, left)
    over = [each for key, each in proposed.items() if key not in wanted]
    for each in over:
        await _keep(writer, each, Move.CALL_OFF, who)
    news = [
        {
            "id": writer.ids.new(),
            "round_id": one.id,
            "payer_id": each.payer,
            "receiver_id": each.receiver,
            "cents": each.cents,
            "stage": Stage.PROPOSED.value,
            "made_at": writer.now,
        }
        for each in wanted
        if each not in proposed
    ]
    if news:
        await writer.execute(transfer.insert(), news)
    newer = between_round.update().where(between_round.c.id == one.id).values(version=one.version + 1)
    await writer.execute(newer)
    concerned = {each.payer_id for each in over} | {each.receiver_id for each in over}
    concerned |= {end for each in wanted if each not in proposed for end in (each.payer, each.receiver)}
    await _announce(writer, one.id, concerned)
    return concerned


async def _announce(writer: Writer, round_id: str, household_ids: Collection[str]) -> None:
    """Tell these households what each pays to whom."""
    [one] = await register.rounds(writer, round_ids=[round_id])
    ends = {end for each in one.transfers for end in (each.payer_id, each.receiver_id)}
    names = await names_of_households(writer, ends)
    cycles = (await register.names_of_rounds(writer, [round_id]))[round_id]
    for each in sorted(household_ids):
        await writer.announce(announcing.household_transfers_drawn(one, each, names, cycles, writer.now))


async def move(writer: Writer, transfer_id: str, what: Move, by: Person) -> Transfer:
    """Made twice, it is made once. Raises NoTransfer, OutOfTurn."""
    await hold_books(writer)
    of = await writer.scalar(select(transfer.c.round_id).where(transfer.c.id == transfer_id))
    if of is None or what is Move.CALL_OFF:
        raise NoTransfer
    held = await _hold(writer, of)
    [one] = [each for each in held.transfers if each.id == transfer_id]
    if held.called_off_at is not None:
        raise OutOfTurn("its round was called off")
    if moved(one.stage, what) is not one.stage:
        await _keep(writer, one, what, by.name)
        # What was confirmed by mistake may be more than is owed by now.
        changed = await _draw_up(writer, await _hold(writer, of), by.name)
        await say_balances(writer, {one.payer_id, one.receiver_id, *changed})
    return one


async def call_off(writer: Writer, round_id: str, by: Person) -> Round:
    """Draw nothing up for these cycles, as long as nothing is paid. Called off twice, it is called off once. Raises
    NoRound, Begun."""
    await hold_books(writer)
    one = await _hold(writer, round_id)
    if one.called_off_at is not None:
        return one
    if not one.may_be_called_off:
        raise Begun
    for each in one.standing:
        await _keep(writer, each, Move.CALL_OFF, by.name)
    gone = {"called_off_at": writer.now, "version": one.version + 1}
    await writer.execute(between_round.update().where(between_round.c.id == round_id).values(**gone))
    concerned = {end for each in one.standing for end in (each.payer_id, each.receiver_id)}
    await _announce(writer, one.id, concerned)
    await say_balances(writer, concerned)
    return one


async def _keep(writer: Writer, one: Transfer, what: Move, who: str) -> None:
    stage = moved(one.stage, what)
    await writer.execute(transfer.update().where(transfer.c.id == one.id).values(stage=stage.value))
    row = {"id": writer.ids.new(), "transfer_id": one.id, "at": writer.now, "what": what.value, "who": who}
    await writer.execute(history.insert().values(**row))


async def _hold(writer: Writer, round_id: str) -> Round:
    """The round, its row held until the transaction ends. Raises NoRound."""
    held = select(between_round.c.id).where(between_round.c.id == round_id).with_for_update()
    if await writer.scalar(held) is None:
        raise NoRound
    return (await register.rounds(writer, round_ids=[round_id]))[0]
