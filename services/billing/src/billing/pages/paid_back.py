"""What goes back to a household out of what the hub holds for it, on a form of its own that the same steps take; and
what was noted by mistake."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from billing.household import find_household
from billing.pages.payment_form import NOTES, OTHER_THERE, id_of, url_of
from billing.pages.payout_words import IN_PAYOUT
from billing.pages.today import today_of
from billing.payment import noting
from billing.payment.held import Apart, MoreThanHeld, NothingThere
from billing.payout.register import InPayout
from chassis.database import Writer
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

Out = TypeVar("Out")


@dataclass(frozen=True)
class How(Generic[Out]):
    """One way it can go. `said`: what is said when it is noted. `make`: what was typed, of a household, cents, a day
    and a reason."""

    name: str
    said: str
    make: Callable[[str, int, date, str], Out]
    needs_reason: bool = False


@dataclass(frozen=True)
class PaidBack(Generic[Out]):
    """One of these forms, and what it books. `path`: of the page of what is held, below the household's. `held`,
    `free`: what these sums are called; `more`: said of more than is free. `above`: the page it stands under, address
    and name. All words as gettext knows them."""

    path: str
    apart: Apart
    book: Callable[[Writer, str, Out, Person, ZoneInfo], Awaitable[RowMapping]]
    hows: Mapping[str, How[Out]]
    above: tuple[str, str]
    title: str
    how: str
    held: str
    free: str
    hint: str
    more: str

    def serve(self, router: APIRouter) -> None:
        url = f"/billing/households/{{household_id}}/{self.path}/out"
        router.get(url)(self._ask)
        router.post(url)(self._give)

    def page_of(self, household_id: str) -> str:
        return f"{url_of(household_id)}/{self.path}"

    async def _ask(self, request: Request, household_id: str, person: Person = NOTES) -> Response:
        fresh = {"id": Service.of(request).ids.new(), "day": today_of(request).isoformat()}
        return await self._show(request, household_id, Form(None, request.state.translate, values=fresh))

    async def _give(self, request: Request, household_id: str, person: Person = NOTES) -> Response:
        t, money = request.state.translate, request.state.reading.words.money
        form = Form(await request.form(), t)
        out_id, typed = id_of(form), self._read(form, household_id, request)
        if typed is None:
            return await self._show(request, household_id, form, status=422)
        said, how = typed
        try:
            async with Service.of(request).database.write() as writer:
                await self.book(writer, out_id, said, person, Pages.of(request).zone)
        except noting.NoHousehold as error:
            raise NotFound from error
        except MoreThanHeld as error:
            form.error("amount", t(self.more) % {"sum": money(error.held.free_cents)})
            return await self._show(request, household_id, form, status=422)
        except noting.OtherThere as error:
            raise Refused(t(OTHER_THERE)) from error
        return Pages.of(request).go(self.page_of(household_id), t(how.said))

    def _read(self, form: Form, household_id: str, request: Request) -> tuple[Out, How[Out]] | None:
        """What was typed; None where a field is wrong."""
        how = self.hows.get(form.choice("how", self.hows))
        cents = form.cents("amount", required=True, minimum=1)
        day = form.date("day", required=True, maximum=today_of(request))
        reason = form.text("reason", required=how is not None and how.needs_reason, max_length=500)
        if not form.ok or how is None or cents is None or day is None:
            return None
        return how.make(household_id, cents, day, reason), how

    async def _show(self, request: Request, household_id: str, form: Form, status: int = 200) -> Response:
        t = request.state.translate
        async with Service.of(request).database.read() as reader:
            held = await find_household(reader, household_id)
            sums = await self.apart.held_of(reader, household_id)
        if held is None:
            raise NotFound
        labels = {"how": self.how, "amount": _("Amount"), "day": _("Day"), "reason": _("Reason")}
        return Pages.of(request).render(
            request,
            "paid_back_form.html",
            status,
            what=self,
            form=form,
            held=held,
            sums=sums,
            back=self.page_of(household_id),
            hows=[(key, t(how.name)) for key, how in self.hows.items()],
            labels={name: t(label) for name, label in labels.items()},
        )

    async def take_back(self, request: Request, out_id: str, reason: str, person: Person) -> Response:
        """It was noted by mistake. Raises NotFound, Refused."""
        t = request.state.translate
        try:
            async with Service.of(request).database.write() as writer:
                row = await self.apart.undo(writer, out_id, person, Pages.of(request).zone, reason)
        except NothingThere as error:
            raise NotFound from error
        except InPayout as error:
            said = t(IN_PAYOUT) % {"number": error.number}
            raise Refused(said) from error
        return Pages.of(request).go(self.page_of(row["household_id"]), t(_("It is taken back.")))
