"""Who has not paid the membership fee of a year: the list, as a file, and reminders of it."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.pages.cycles import READS_BOOKS
from billing.pages.paid_in import FIRST_YEAR
from billing.pages.payment_form import NOTES, id_of
from billing.pages.today import today_of
from billing.payment import membership
from billing.payment.membership import Unpaid
from chassis.identity import Person
from chassis.service import Service
from contracts import Role
from ui import Pages
from ui.csv_file import Cell, csv_file
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import words

router = APIRouter()

URL = "/billing/memberships"
LABELS = {"year": _("Year"), "amount": _("Membership fee"), "household_id": _("Who is reminded")}
BY_MAIL = {True: _("by e-mail"), False: _("no e-mail address: call"), None: _("not known")}
HEADINGS = (_("Household"), _("Group"), _("How"), _("Last reminded"))


@router.get(URL)
async def not_paid(request: Request, person: Person = READS_BOOKS) -> Response:
    form, year = _asked(request)
    return await _show(request, person, year, form, status=200 if form.ok else 422)


def _asked(request: Request) -> tuple[Form, int]:
    """The year that is asked for in the address, else this one."""
    this_year = today_of(request).year
    form = Form(request.query_params, request.state.translate)
    return form, form.integer("year", minimum=FIRST_YEAR, maximum=this_year + 1) or this_year


@router.get(URL + ".csv")
async def not_paid_file(request: Request, person: Person = READS_BOOKS) -> Response:
    t, (_form, year) = request.state.translate, _asked(request)
    rows: list[list[Cell]] = [[t(each) for each in HEADINGS]]
    for one in await _found(request, year):
        rows.append([one.household_name, one.group_name, t(BY_MAIL[one.by_mail]), one.reminded])
    return csv_file(f"cabas-{t(_('membership'))}-{year}", rows, words(request).language)


async def _found(request: Request, year: int) -> list[Unpaid]:
    async with Service.of(request).database.read() as reader:
        return await membership.unpaid(reader, year)


async def _show(request: Request, person: Person, year: int, form: Form, status: int = 200) -> Response:
    t, today, apart = request.state.translate, today_of(request), request.app.state.pace.apart_days
    found = await _found(request, year)
    due = [one for one in found if one.may_be_reminded(today, apart)]
    return Pages.of(request).render(
        request,
        "memberships.html",
        status,
        form=form,
        form_id=form.value("id") or Service.of(request).ids.new(),
        year=year,
        found=found,
        due=[(one.household_id, one.household_name) for one in due],
        apart=apart,
        ways=BY_MAIL,
        url=URL,
        may_send=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
        labels={name: t(label) for name, label in LABELS.items()},
    )


@router.post(URL)
async def remind(request: Request, person: Person = NOTES) -> Response:
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    run_id, ticked = id_of(form), frozenset(form.chosen("household_id"))
    this_year = today_of(request).year
    year = form.integer("year", required=True, minimum=FIRST_YEAR, maximum=this_year + 1)
    cents = form.cents("amount", required=True, minimum=1)
    if not ticked:
        form.error("household_id", t(_("Tick at least one household.")))
    if not form.ok or year is None or cents is None:
        return await _show(request, person, year or this_year, form, status=422)
    zone, apart = Pages.of(request).zone, request.app.state.pace.apart_days
    async with service.database.write() as writer:
        sent = await membership.remind(writer, run_id, ticked, year, cents, apart, zone, person)
    said = t.plural("%(num)s reminder was sent.", "%(num)s reminders were sent.", len(sent)) % {"num": len(sent)}
    left = len(ticked) - len(sent)
    if left:
        late = t.plural(
            "%(num)s household is not due any more: it paid, or was reminded by somebody else.",
            "%(num)s households are not due any more: they paid, or were reminded by somebody else.",
            left,
        )
        said = f"{said} {late % {'num': left}}"
    return Pages.of(request).go(f"{URL}?year={year}", said)
