"""What programs read from billing, as JSON."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from billing import statement
from billing.cycle import COMPUTED, find_cycle
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role

router = APIRouter()

STAFF: Any = serves(Role.COORDINATOR, Role.OPERATOR, Role.BOOKKEEPER)


@router.get("/billing/api/cycles/{cycle_id}/totals")
async def cycle_totals(request: Request, cycle_id: str, person: Person = STAFF) -> Response:
    """Money in cents, quantity in thousandths of any unit: a checksum. `gross_cents` is the goods without deposits."""
    async with Service.of(request).database.read() as reader:
        held = await find_cycle(reader, cycle_id)
        if held is None:
            raise NotFound
        computed = held["state"] == COMPUTED
        sums = await statement.totals(reader, cycle_id) if computed else statement.NOTHING
        households = await statement.households_of(reader, cycle_id) if computed else []
    return JSONResponse(
        {
            "state": "computed" if computed else "waiting",
            "households": sums.households,
            "producers": sums.producers,
            "gross_cents": sums.gross_cents,
            "deposit_cents": sums.deposit_cents,
            "quantity_thousandths": sums.quantity_thousandths,
            "amounts": [
                {
                    "household_id": each.household_id,
                    "household_name": each.household_name,
                    "group_id": each.group_id,
                    "gross_cents": each.gross_cents,
                }
                for each in households
            ],
        }
    )
