"""What all households owe all producers for a cycle, for those who keep the books."""

import asyncio
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import RowMapping

from billing import cycle, order, statement
from billing.pages.households import STAFF
from billing.spreadsheet import CycleFigures, workbook
from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ui import Pages

router = APIRouter()

PER_PAGE = 20
MOST_PAGES = 100_000
HOUSEHOLDS_PER_PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
READS_BOOKS: Any = serves(*STAFF)


@router.get("/billing/cycles")
async def cycles(request: Request, page: int = 1, person: Person = READS_BOOKS) -> HTMLResponse:
    page = min(max(page, 1), MOST_PAGES)
    async with Service.of(request).database.read() as reader:
        rows = await cycle.closed_cycles(reader, (page - 1) * PER_PAGE, PER_PAGE + 1)
        sums = await statement.totals_of(reader, [row["id"] for row in rows if row["state"] == cycle.COMPUTED])
        waiting = [await progress(reader, row) for row in await cycle.waiting_cycles(reader)]
        running = await cycle.open_cycles(reader)
    last = page + (1 if len(rows) > PER_PAGE else 0)
    return Pages.of(request).render(
        request,
        "cycles.html",
        cycles=rows[:PER_PAGE],
        sums=sums,
        waiting=waiting,
        running=running,
        page=page,
        last=last,
    )


async def progress(reader: Reader, row: RowMapping) -> dict[str, Any]:
    """How far a waiting cycle is: the orders held and expected, and what else keeps it back."""
    manifest = row["manifest"] or {"orders": 0}
    held = await order.count_placed(reader, row["id"])
    if cycle.computing(row):
        problem = {"kind": "computing", "detail": ""}
    else:
        problem = row["problem"] or {"kind": "orders" if held != manifest["orders"] else "versions", "detail": ""}
    return {"cycle": row, "held": held, "expected": manifest["orders"], "problem": problem, "asked": row["asked"]}


@router.get("/billing/cycles/{cycle_id}")
async def one_cycle(
    request: Request, cycle_id: str, group: str = "", page: int = 1, person: Person = READS_BOOKS
) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        held = await _closed(reader, cycle_id)
        groups = await statement.groups_of(reader, cycle_id)
        if group and group not in {row["group_id"] for row in groups}:
            raise NotFound
        # Of a part of the households nothing is shown; what is to be corrected holds until then.
        computed = held["state"] == cycle.COMPUTED or (held["computed_at"] is not None and not cycle.computing(held))
        sums = await statement.totals(reader, cycle_id, group) if computed else statement.NOTHING
        last = max(1, -(-sums.households // HOUSEHOLDS_PER_PAGE))
        page = min(max(page, 1), last)
        context: dict[str, Any] = {
            "cycle": held,
            "group": group,
            "groups": groups,
            "sums": sums,
            "page": page,
            "last": last,
            "producers": await statement.producers_of(reader, cycle_id, group),
            "households": await statement.households_of(
                reader, cycle_id, group, (page - 1) * HOUSEHOLDS_PER_PAGE, HOUSEHOLDS_PER_PAGE
            ),
            "vat": await statement.vat_of_producers(reader, cycle_id, group),
            "otherwise": await statement.came_otherwise(reader, cycle_id, group) if computed else [],
            "records": person.has(Role.COORDINATOR) and held["computed_at"] is not None,
            "corrected": await statement.corrected_of(reader, cycle_id),
            "waiting": await progress(reader, held) if held["state"] == cycle.WAITING else None,
        }
    return Pages.of(request).render(request, "cycle.html", **context)


@router.get("/billing/cycles/{cycle_id}/cheques.xlsx")
async def spreadsheet(request: Request, cycle_id: str, group: str = "", person: Person = READS_BOOKS) -> Response:
    async with Service.of(request).database.read() as reader:
        held = await _closed(reader, cycle_id)
        if held["state"] != cycle.COMPUTED:
            raise NotFound
        names = {row["group_id"]: row["group_name"] for row in await statement.groups_of(reader, cycle_id)}
        if group and group not in names:
            raise NotFound
        figures = CycleFigures(
            title=" · ".join(filter(None, (held["name"], names.get(group, "")))),
            producers=await statement.producers_of(reader, cycle_id, group),
            households=await statement.households_of(reader, cycle_id, group),
            vat=await statement.vat_of_producers(reader, cycle_id, group),
        )
    # In a thread: it takes a while, and the other pages must not wait for it.
    file = await asyncio.to_thread(workbook, figures, request.state.translate)
    name = quote(f"{held['name']}.xlsx", safe="")
    headers = {"content-disposition": f"attachment; filename=\"cheques.xlsx\"; filename*=UTF-8''{name}"}
    return Response(file, media_type=XLSX, headers=headers)


async def _closed(reader: Reader, cycle_id: str) -> RowMapping:
    held = await cycle.find_cycle(reader, cycle_id)
    if held is None or held["version"] == 0 or held["state"] == cycle.OPEN:
        raise NotFound
    return held
