"""What a household pays to the hub for no producer, each on a form of its own that the same steps take."""

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.household import find_household
from billing.ledger.chart import HUB
from billing.pages.payment_form import LABELS, NOTES, id_of, means_typed, note_typed, url_of
from billing.pages.payment_words import TYPED
from billing.pages.today import today_of
from billing.payment.life import Kind
from billing.payment.noting import Noted
from billing.payment.register import fee_of
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

FIRST_YEAR = 2000
"""Of fees."""


@dataclass(frozen=True)
class PaidIn:
    """One of these forms. `path`: of its address, below the household's; `back`: of the page it goes back to, "" for
    the household's own. `share`: what is paid, as in `noting.Noted.shares`; None: the fee of the year that is typed.
    `above`: the page it stands under, address and name. All words as gettext knows them."""

    path: str
    back: str
    share: str | None
    above: tuple[str, str]
    title: str
    hint: str
    button: str
    said: str

    def serve(self, router: APIRouter) -> None:
        url = f"/billing/households/{{household_id}}/{self.path}/new"
        router.get(url)(self._new)
        router.post(url)(self._take)

    async def _new(self, request: Request, household_id: str, person: Person = NOTES) -> Response:
        today = today_of(request)
        fresh = {"id": Service.of(request).ids.new(), "day": today.isoformat(), "kind": Kind.CHEQUE.value}
        if self.share is None:
            fresh["year"] = str(today.year)
        return await self._show(request, household_id, Form(None, request.state.translate, values=fresh))

    async def _take(self, request: Request, household_id: str, person: Person = NOTES) -> Response:
        t = request.state.translate
        form = Form(await request.form(), t)
        payment_id, said = id_of(form), self._read(form, household_id, request)
        if said is None or await note_typed(request, form, payment_id, said, person) is None:
            return await self._show(request, household_id, form, status=422)
        return Pages.of(request).go(url_of(household_id) + self.back, t(self.said))

    def _read(self, form: Form, household_id: str, request: Request) -> Noted | None:
        """What was typed; None where a field is wrong."""
        share = year_typed(form, today_of(request)) if self.share is None else self.share
        kind, cents = form.choice("kind", TYPED), form.cents("amount", required=True, minimum=1)
        day = form.date("day", required=True, maximum=today_of(request))
        means = means_typed(form, kind, household_id, request.state.translate)
        if not form.ok or cents is None or day is None:
            return None
        return Noted(household_id, Kind(kind), HUB, cents, day, {share: cents}, *means)

    async def _show(self, request: Request, household_id: str, form: Form, status: int = 200) -> Response:
        t = request.state.translate
        async with Service.of(request).database.read() as reader:
            held = await find_household(reader, household_id)
        if held is None:
            raise NotFound
        return Pages.of(request).render(
            request,
            "paid_in_form.html",
            status,
            what=self,
            form=form,
            held=held,
            url=f"{url_of(household_id)}/{self.path}/new",
            back=url_of(household_id) + self.back,
            kinds=[(kind.value, t(label)) for kind, label in TYPED.items()],
            labels={name: t(label) for name, label in (LABELS | {"year": _("Year")}).items()},
        )


def year_typed(form: Form, today: date) -> str:
    """The fee of the year that was typed, as a share; of none where it is wrong, which the form then says."""
    year = form.integer("year", required=True, minimum=FIRST_YEAR, maximum=today.year + 1)
    return fee_of(year or 0)
