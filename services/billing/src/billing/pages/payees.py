"""Where the hub sends what it owes to a household or a volunteer: an account that they agreed to."""

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.expense import claim
from billing.household import find_household
from billing.pages.expenses import CLAIMS, DECIDES
from billing.pages.households import STAFF
from billing.pages.payment_form import id_of
from billing.pages.payout_words import WORDS
from billing.pages.producer_accounts import CHANGED, account_typed
from billing.payout import account
from billing.payout.account import payee_of_household, payee_of_person
from chassis.database import Reader
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

HOUSEHOLDS, PEOPLE = "/billing/households/{household_id}/account", "/billing/expenses/account/{person_id}"
TYPED_BY_ITSELF = _("typed in by who is paid")


@router.get(HOUSEHOLDS)
async def of_household(request: Request, household_id: str, person: Person = CLAIMS) -> HTMLResponse:
    _check(person, household_id in person.household_ids, STAFF)
    return await _show(request, household_id, "", person)


@router.post(HOUSEHOLDS)
async def keep_of_household(request: Request, household_id: str, person: Person = CLAIMS) -> Response:
    own = household_id in person.household_ids
    _check(person, own, DECIDES)
    return await _keep(request, household_id, "", person, own)


@router.get(PEOPLE)
async def of_person(request: Request, person_id: str, person: Person = CLAIMS) -> HTMLResponse:
    _check(person, person_id == person.id, STAFF)
    return await _show(request, "", person_id, person)


@router.post(PEOPLE)
async def keep_of_person(request: Request, person_id: str, person: Person = CLAIMS) -> Response:
    own = person_id == person.id
    _check(person, own, DECIDES)
    return await _keep(request, "", person_id, person, own)


def _check(person: Person, own: bool, staff: tuple[object, ...]) -> None:
    """Raises NotFound for another's."""
    if not own and not any(grant.role in staff for grant in person.grants):
        raise NotFound


async def _name(reader: Reader, household_id: str, person: Person, person_id: str) -> str:
    """Raises NotFound for a household or a volunteer that nobody knows."""
    if household_id:
        home = await find_household(reader, household_id)
        name = home["name"] if home is not None else ""
    else:
        mine = await claim.newest(reader, 0, 1, person_id)
        name = mine[0].person_name if mine else person.name if person.id == person_id else ""
    if not name:
        raise NotFound
    return str(name)


async def _show(
    request: Request, household_id: str, person_id: str, person: Person, form: Form | None = None, status: int = 200
) -> HTMLResponse:
    payee = payee_of_household(household_id) if household_id else payee_of_person(person_id)
    async with Service.of(request).database.read() as reader:
        name = await _name(reader, household_id, person, person_id)
        past = (await account.accounts_of_payees(reader, [payee])).get(payee, [])
    own = household_id in person.household_ids if household_id else person_id == person.id
    values = {"id": Service.of(request).ids.new(), "seen": past[0].number if past else 0}
    back = f"/billing/households/{quote(household_id, safe='')}/wallet" if household_id else "/billing/expenses"
    return Pages.of(request).render(
        request,
        "payee_account.html",
        status,
        **WORDS,
        name=name,
        past=past,
        form=form or Form(None, request.state.translate, values=values),
        own=own,
        may_note=own or person.has(*DECIDES),
        back=(back, request.state.translate(_("Wallet") if household_id else _("Expense claims"))),
        url=_url(household_id, person_id),
    )


def _url(household_id: str, person_id: str) -> str:
    if household_id:
        return f"/billing/households/{quote(household_id, safe='')}/account"
    return f"/billing/expenses/account/{quote(person_id, safe='')}"


async def _keep(request: Request, household_id: str, person_id: str, person: Person, own: bool) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    form_id, seen = id_of(form), form.integer("seen", required=True, minimum=0)
    said = account_typed(form, t)
    reason = t(TYPED_BY_ITSELF) if own else form.text("reason", required=True, max_length=500)
    if not form.boolean("agreed"):
        form.error("agreed", t(_("Money is only sent to an account that who is paid agreed to.")))
    if said is None or seen is None or not form.ok:
        return await _show(request, household_id, person_id, person, form, status=422)
    payee = payee_of_household(household_id) if household_id else payee_of_person(person_id)
    try:
        async with Service.of(request).database.write() as writer:
            await _name(writer, household_id, person, person_id)
            await account.keep_of_payee(writer, form_id, payee, said, reason, person, seen)
    except account.Changed as error:
        raise Refused(t(CHANGED)) from error
    return Pages.of(request).go(_url(household_id, person_id), t(_("The account is kept.")))
