"""What a member's household pays to others of its group, and gets from them."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from billing.between import register
from billing.between.life import Move, moves_of
from billing.between.register import Transfer
from billing.household import names_of_households
from billing.pages.between_words import BADGES, MINE, MY_BUTTONS, NOT_PAID, STAGES
from billing.pages.households import MEMBER
from chassis.identity import Person
from chassis.service import Service
from ui import Pages

router = APIRouter()


@router.get(MINE)
async def mine(request: Request, person: Person = MEMBER) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        found = await register.transfers_of(reader, person.household_ids)
        owed = await register.owed_between(reader, person.household_ids)
        ends = {one for each in found for one in (each.payer_id, each.receiver_id)}
        names = await names_of_households(reader, ends)
    t = request.state.translate

    def moves(one: Transfer) -> list[tuple[str, str]]:
        """The buttons of a transfer, by what they do."""
        pays, receives = one.payer_id in person.household_ids, one.receiver_id in person.household_ids
        words = MY_BUTTONS if receives else MY_BUTTONS | {Move.NOT_HERE: NOT_PAID}
        return [(each.value, t(words[each])) for each in moves_of(one.stage, pays=pays, receives=receives, keeps=False)]

    return Pages.of(request).render(
        request,
        "between_mine.html",
        pay=[each for each in found if each.payer_id in person.household_ids],
        get=[each for each in found if each.payer_id not in person.household_ids],
        undrawn=sum(each.undrawn_cents for each in owed.values()),
        names=names,
        moves=moves,
        stages=STAGES,
        badges=BADGES,
        url=MINE,
    )
