"""JSON for programs: the figures of a cycle as logistics has them."""

from typing import Any

from fastapi import APIRouter, Request

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from logistics.closing import counted
from logistics.cycle import cycle_of
from logistics.pick_list import lists_of_cycles

router = APIRouter()


@router.get("/logistics/api/cycles/{cycle_id}/totals")
async def totals(
    request: Request,
    cycle_id: str,
    person: Person = serves(Role.COORDINATOR, Role.OPERATOR, Role.BOOKKEEPER),
) -> dict[str, Any]:
    """State and sums of a cycle. `lines` counts members' order lines, the `lines` of a pick list those of the list."""
    async with Service.of(request).database.read() as reader:
        cycle = await cycle_of(reader, cycle_id)
        if cycle is None:
            raise NotFound
        lists = (await lists_of_cycles(reader, [cycle_id]))[cycle_id]
        held = await counted(reader, cycle) if cycle.manifest else None
    return {
        "state": "issued" if cycle.state == "issued" else "waiting",
        "orders_held": held.held if held else 0,
        "orders_expected": held.expected if held else 0,
        # A list of nothing tells a producer that nothing is wanted any more.
        "producers": sum(one.lines > 0 for one in lists),
        "lines": sum(one.order_lines for one in lists),
        "gross_cents": sum(one.gross_cents for one in lists),
        "quantity_thousandths": sum(one.quantity_thousandths for one in lists),
        "pick_lists": [
            {
                "id": one.id,
                "revision": one.revision,
                "producer_id": one.producer_id,
                "producer_name": one.producer_name,
                "gross_cents": one.gross_cents,
                "quantity_thousandths": one.quantity_thousandths,
                "lines": one.lines,
            }
            for one in lists
        ],
    }
