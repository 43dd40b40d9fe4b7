"""Billing's piece of everybody's home page, by role."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from billing import cycle, statement
from billing.between.register import owed_between
from billing.claim.register import count_waiting
from billing.pages.cycles import progress
from billing.pages.households import STAFF
from billing.payment import owing
from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from contracts import Role
from ui import Pages

router = APIRouter()

ANYBODY: Any = serves(*Role)


@router.get("/billing/fragments/home")
async def home(request: Request, person: Person = ANYBODY) -> HTMLResponse:
    context: dict[str, Any] = {"waiting": [], "latest": None, "mine": [], "pending": [], "earned": [], "claims": 0}
    context["between"] = {}
    context["ask_from"] = request.app.state.ask_from_cents
    async with Service.of(request).database.read() as reader:
        latest = next(iter(await cycle.computed_cycles(reader, 1)), None)
        if person.has(*STAFF):
            context["waiting"] = [await progress(reader, row) for row in await cycle.waiting_cycles(reader)]
            context["latest"] = latest and {"cycle": latest, "sums": await statement.totals(reader, latest["id"])}
        if person.household_ids:
            context["mine"] = await statement.statements(reader, person.household_ids, 0, len(person.household_ids))
            owed = await owing.owing_of(reader, person.household_ids, Service.of(request).settings.hub_name)
            context["left"] = owing.left_by_cycle(owed)
            context["between"] = await owed_between(reader, person.household_ids)
            pending = await statement.pending_orders(reader, person.household_ids)
            context["pending"] = [row for row in pending if row["state"] == cycle.WAITING]
        if person.producer_ids or person.has(Role.COORDINATOR):
            context["claims"] = await count_waiting(reader, person.producer_ids, decides=person.has(Role.COORDINATOR))
        if person.producer_ids and latest:
            context["earned"] = await _earned(reader, latest["id"], person.producer_ids)
            context["earned_cycle"] = latest
    return Pages.of(request).fragment(request, "home.html", **context)


async def _earned(reader: Reader, cycle_id: str, producer_ids: frozenset[str]) -> list[Any]:
    """Cheques and sum that each of these producers is to be given, and no word of anybody else's."""
    return [row for row in await statement.producers_of(reader, cycle_id) if row["producer_id"] in producer_ids]
