"""What programs read from billing, as JSON."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import func, select

from billing import statement
from billing.cycle import COMPUTED, find_cycle
from billing.ledger.book import balance
from billing.ledger.cover import covers_on
from billing.pages.today import today_of
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role

router = APIRouter()

BOOKKEEPERS: Any = serves(Role.COORDINATOR, Role.BOOKKEEPER)
STAFF: Any = serves(Role.COORDINATOR, Role.OPERATOR, Role.BOOKKEEPER)


@router.get("/billing/api/cycles/{cycle_id}/totals")
async def cycle_totals(request: Request, cycle_id: str, person: Person = STAFF) -> Response:
    """Money in cents, quantity in thousandths of any unit: a checksum. `gross_cents` is the goods without deposits;
    `by_producer` what is to be paid, with them, by who sold."""
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
                    "by_producer": each.by_producer,
                }
                for each in households
            ],
        }
    )


@router.get("/billing/api/ledger")
async def ledger_sums(request: Request, person: Person = BOOKKEEPERS) -> Response:
    """What the books come to now, in cents: `accounts` by book and account, and of each producer what the hub holds for
    it and owes it (`held`)."""
    service = Service.of(request)
    b = balance.c
    sums = [func.sum(each).label(each.name) for each in (b.debit_cents, b.credit_cents)]
    async with service.database.read() as reader:
        rows = await reader.all(
            select(b.book, b.account, *sums).group_by(b.book, b.account).order_by(b.book, b.account)
        )
        covers = await covers_on(reader, today_of(request))
    return JSONResponse(
        {
            # PostgreSQL sums BIGINT as NUMERIC.
            "accounts": [
                {"book": row["book"], "account": row["account"]}
                | {each.name: int(row[each.name]) for each in (b.debit_cents, b.credit_cents)}
                for row in rows
            ],
            "held": [
                {"producer_id": each.producer_id, "held_cents": each.held_cents, "owed_cents": each.owed_cents}
                for each in covers
            ],
        }
    )
