"""A Friday on which goods change hands: the published week, its people, and what they send from its pages."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from schedule_desk import FRIDAY, publish, week

from chassis.identity import Grant
from coldchain import check
from contracts import Role
from logistics.handover.board import Board, board_of
from logistics.handover.expected import PartyKind
from logistics.schedule import published
from logistics.schedule.published import Accepted

URL = f"/logistics/handovers/{FRIDAY.isoformat()}"
COORDINATOR = Grant(Role.COORDINATOR)
DRIVER = Grant(Role.DRIVER)
PIC = Grant(Role.PRODUCER, producer_id="pic")
LIMOUX = Grant(Role.REFERENT, group_id="limoux")
NOON = datetime(2026, 11, 27, 11, 0, tzinfo=UTC)


@dataclass
class Hub:
    """The published day and who opens its pages."""

    app: object
    client_for: object
    clock: object

    def at(self, hour, minute=0, day=27):
        self.clock.set(datetime(2026, 11, day, hour, minute, tzinfo=UTC))

    def as_(self, *grants):
        """Without a grant: nobody is signed in."""
        return self.client_for(self.app, *grants)

    @property
    def zone(self):
        return self.app.state.pages.zone

    async def publish_again(self, plan=None, accepted=()):
        held = (await self.board()).published
        async with self.app.state.service.database.write() as writer:
            return await published.publish(
                writer, held.day, plan or held.plan, by="Nadia", accepted=accepted, after=held.version
            )

    async def board(self) -> Board:
        async with self.app.state.service.database.read() as reader:
            return await board_of(reader, FRIDAY)

    async def first_load(self, producer="pic", to="pickup-limoux"):
        """What the producer hands to the carrier of its goods for that place."""
        board = await self.board()
        return next(
            one
            for one in board.expected
            if one.gives.kind is PartyKind.PRODUCER and one.gives.id == producer and one.consignment.to_site == to
        )


async def opened(app, client_for, clock) -> Hub:
    hub = Hub(app, client_for, clock)
    await week(app, client_for(app, COORDINATOR))
    await publish(app)
    clock.set(NOON)
    return hub


def stop(one) -> str:
    return f"{URL}/at/{one.site_id}"


def form_ids(text: str) -> list[str]:
    return re.findall(r'name="form_id" value="([^"]+)"', text)


def forgery(text: str) -> str:
    """What a form of the page carries, for who is not signed in."""
    return re.search(r'name="csrf_token" value="([^"]+)"', text)[1]


async def form_id(browser, url: str, nth: int = 0) -> str:
    page = await browser.get(url)
    assert page.status_code == 200, page.text
    return form_ids(page.text)[nth]


async def say(browser, one, state, form="form-1", **fields):
    """One card, as it is typed: `temperature`, `note`, `at`, `came` of the first product."""
    typed = {"form_id": form, "carrier": one.carrier_id, f"state-{one.step}": state}
    if "came" in fields:
        typed[f"came-{one.step}-0"] = fields.pop("came")
    typed |= {name: fields.pop(name) for name in ("at",) if name in fields}
    typed |= {f"{name}-{one.step}": value for name, value in fields.items()}
    return await browser.submit(stop(one), typed)


async def with_a_box(hub):
    """The oil for Quillan travels in the box from the dock on: its loading and its unloading."""
    held = (await hub.board()).published
    rounds = tuple(
        one.model_copy(update={"stops": tuple(_boxed(stop) if stop.site_id == "dock" else stop for stop in one.stops)})
        for one in held.plan.rounds
    )
    plan = held.plan.model_copy(update={"rounds": rounds})
    yes = [Accepted(violation=one.id, rule=one.rule, reason="Essai", by="Nadia") for one in check(held.day, plan)]
    await hub.publish_again(plan, yes)
    return tuple(one for one in (await hub.board()).expected if one.box_ids == ("g7",))


def _boxed(stop):
    loads = [
        load.model_copy(update={"box_ids": ("g7",)}) if load.consignment_id == "bio/pickup-quillan/2" else load
        for load in stop.loads
    ]
    return stop.model_copy(update={"loads": tuple(loads)})
