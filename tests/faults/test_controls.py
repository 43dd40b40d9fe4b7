"""With one protection taken off, the checker finds what follows; with all of them on, the same faults do no harm.

What is taken off is taken off here, in the processes that the tests start: see `sabotage.py`.
"""

import shutil
from dataclasses import dataclass

import pytest

from tests.faults.campaign import told
from tests.faults.run import Run
from tests.faults.schedule import FIVE, ClientPlan, CyclePlan, Fault, Plan
from tests.faults.template import Templates, Village

pytestmark = [pytest.mark.nats, pytest.mark.controls]

PATIENCE = 15.0
"""Seconds after which what did not come counts as lost; whole runs are at rest within a few."""


@dataclass(frozen=True)
class Control:
    """`off`: the protection; `faults`: what it protects from; `finds`: rules of the checker, one of which must find it;
    `beside`: what is done to the processes as well, with the protection on, too;
    `with_it`: another protection that would save the day; `answers`: how producers answer their lists;
    `nothing_to_decide`: only goods of which any quantity can be had are offered; `linked`: sizes of one product too;
    `later`: what happens in the days after, which do not come where nothing does."""

    off: str
    faults: tuple[Fault, ...]
    finds: frozenset[str]
    beside: str = ""
    with_it: str = ""
    closes_at: float = 4.0
    orders_until: float = 60.0
    answers: tuple[str, ...] = ()
    nothing_to_decide: bool = False
    linked: bool = False
    later: tuple[Fault, ...] = ()


CONTROLS = [
    Control(
        # Requests to say orders again are the one thing that is neither kept by version nor by a key of its own.
        "inbox_off",
        (Fault(2.0, "ask twice", number=1),),
        frozenset({"once for a cause"}),
    ),
    Control("version_guard_off", (Fault(5.5, "old versions", number=60),), frozenset({"copies"})),
    Control(
        "mark_before_publishing",
        # Nothing but the closing is on its way while the broker hangs and before it dies.
        (Fault(3.0, "broker hangs", seconds=6.0),),
        frozenset({"pick lists come", "amounts come"}),
        # Rows that were marked and never left have no place in the stream, and the repair finds them.
        with_it="repair_off",
        orders_until=2.0,
        # With decisions to make, the word that they are would be lost instead, and the closing said afterwards.
        nothing_to_decide=True,
    ),
    Control(
        # Lost orders are asked for again; the word of a closing is what nobody knows to ask for.
        "repair_off",
        (Fault(2.0, "kill", "logistics", seconds=4.0, number=1), Fault(5.0, "wipe broker", seconds=0.2)),
        frozenset({"pick lists come"}),
        # Else it is closed later, when nobody is away any more.
        nothing_to_decide=True,
    ),
    Control("reconnecting_ends", (Fault(1.0, "broker down", seconds=4.0),), frozenset({"nobody leaves"})),
    Control("answers_overwrite", (), frozenset({"one answer"}), answers=("at once",)),
    Control("first_closing_stays_booked", (), frozenset({"books"}), answers=("short",)),
    Control(
        "payments_booked_apart",
        (Fault(1.0, "kill upon", "billing/transfer", seconds=0.2),),
        frozenset({"payment"}),
    ),
    Control(
        "expenses_booked_apart",
        (Fault(1.0, "kill upon", "billing/accept", seconds=0.2),),
        frozenset({"expense"}),
    ),
    Control(
        "advances_stay_booked",
        (),
        frozenset({"advance"}),
        later=(Fault(0.5, "kill upon", "billing/advance undone", seconds=0.2),),
    ),
    Control(
        "bills_booked_apart",
        (),
        frozenset({"bill", "purchase"}),
        later=(Fault(0.5, "kill upon", "billing/bill", seconds=0.2),),
    ),
    Control(
        "payouts_booked_apart",
        (Fault(1.0, "kill upon", "billing/execute", seconds=0.2),),
        frozenset({"payout"}),
    ),
    Control(
        "schedules_told_apart",
        (Fault(1.0, "kill upon", "logistics/publication", seconds=0.2),),
        frozenset({"schedule told", "schedule heard"}),
        nothing_to_decide=True,
    ),
    Control("deliveries_forgotten", (), frozenset({"amount due"})),
    Control("claims_forgotten", (), frozenset({"amount due"}), later=(Fault(1.0, "duplicates", number=1),)),
    Control("cautions_unbounded", (), frozenset({"caution"})),
    Control("pools_unbounded", (), frozenset({"pool"}), linked=True),
    Control("manifest_off", (), frozenset({"pick list", "amount due", "one amount due"}), beside="orders_are_put_off"),
]


def offered(control: Control, village: Village) -> tuple[int, ...]:
    """By index. Of one farm nothing comes in cases, and nothing has a minimum: see `packing.py`."""
    if not control.nothing_to_decide:
        linked = {size for sizes in village.sizes for size in sizes} if control.linked else set()
        return tuple(sorted({*range(0, 40, 3), *linked}))
    in_cases = {one["producer_id"] for one in village.products if one.get("case_thousandths")}
    return tuple(index for index, one in enumerate(village.products) if one["producer_id"] not in in_cases)


def plan_of(control: Control, village: Village, *, off: bool) -> Plan:
    sabotage = [control.beside, *((control.off, control.with_it) if off else ())]
    every = tuple(range(16))
    return Plan(
        seed=0,
        shape=FIVE,
        database="sqlite",
        seconds=7.0,
        cycles=(
            CyclePlan(
                offered(control, village), {0: 20_000}, control.closes_at, by_hour=False, answers=control.answers
            ),
        ),
        clients=tuple(ClientPlan(half, 0.05, 3.0, control.orders_until) for half in (every[:8], every[8:])),
        faults=control.faults,
        later=control.later,
        armed={},
        sabotage=",".join(name for name in sabotage if name),
    )


@pytest.mark.parametrize("off", [True, False], ids=["off", "on"])
@pytest.mark.parametrize("control", CONTROLS, ids=[control.off for control in CONTROLS])
async def test_without_its_protection_a_hub_is_found_out(control: Control, off: bool, templates: Templates) -> None:
    village = await templates.village("sqlite")
    plan = plan_of(control, village, off=off)
    folder = templates.folder / f"run-{control.off}-{'off' if off else 'on'}"
    outcome = await Run(plan, village, folder, templates, patience=PATIENCE).live()
    found = {violation.rule for violation in outcome.violations}
    if off:
        assert found & control.finds, told(outcome)
    else:
        assert not found, told(outcome)
    shutil.rmtree(folder)


def test_every_sabotage_of_a_protection_has_its_control() -> None:
    from tests.faults.sabotage import BROKEN
    from tests.journeys.test_closing_second import CONTROLS as IN_THE_CLOSING_SECOND

    runs = {c.off for c in CONTROLS} | {c.beside for c in CONTROLS if c.beside}
    assert {*BROKEN} == runs | {sabotage for sabotage, _ in IN_THE_CLOSING_SECOND}
