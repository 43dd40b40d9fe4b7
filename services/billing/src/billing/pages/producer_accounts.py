"""Where producers' money goes: the accounts, and changing one."""

from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.iban import MOST_NAME, BankAccount, NotInSepa, WrongBic, WrongIban, account_of, is_readable
from billing.pages.cycles import READS_BOOKS
from billing.pages.payment_form import NOTES
from billing.pages.payout_words import URL, WORDS
from billing.payout import account
from billing.seller import sellers
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form, Translate
from ui.i18n import marked as _

router = APIRouter()

LIST = URL + "/accounts"
CHANGED = _("Somebody else changed this account meanwhile: look at it again.")


@router.get(LIST)
async def accounts(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        known = sorted((await sellers(reader)).values(), key=lambda each: (each.name.casefold(), each.id))
        kept = await account.accounts_of(reader)
    newest = {producer_id: found[0] for producer_id, found in kept.items()}
    return Pages.of(request).render(request, "producer_accounts.html", **WORDS, producers=known, kept=newest)


@router.get(LIST + "/{producer_id}")
async def one(request: Request, producer_id: str, person: Person = READS_BOOKS) -> HTMLResponse:
    return await _show(request, producer_id, person)


async def _show(
    request: Request, producer_id: str, person: Person, form: Form | None = None, status: int = 200
) -> HTMLResponse:
    service = Service.of(request)
    async with service.database.read() as reader:
        known = (await sellers(reader)).get(producer_id)
        past = (await account.accounts_of(reader, [producer_id])).get(producer_id, [])
    if known is None:
        raise NotFound
    values = {"id": service.ids.new(), "seen": past[0].number if past else 0, "holder": known.name}
    return Pages.of(request).render(
        request,
        "producer_account.html",
        status,
        **WORDS,
        producer=known,
        past=past,
        form=form or Form(None, values=values),
        may_note=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
        url=f"{LIST}/{quote(producer_id, safe='')}",
    )


@router.post(LIST + "/{producer_id}")
async def keep(request: Request, producer_id: str, person: Person = NOTES) -> Response:
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    try:
        form_id = str(UUID(form.value("id")))
    except ValueError as error:
        raise NotFound from error
    seen = form.integer("seen", required=True, minimum=0)
    said = account_typed(form, t)
    reason = form.text("reason", required=True, max_length=500)
    if said is None or seen is None or not form.ok:
        return await _show(request, producer_id, person, form, status=422)
    try:
        async with service.database.write() as writer:
            await account.keep(writer, form_id, producer_id, said, reason, person, seen)
    except account.NoProducer as error:
        raise NotFound from error
    except account.Changed as error:
        raise Refused(t(CHANGED)) from error
    return Pages.of(request).go(f"{LIST}/{quote(producer_id, safe='')}", t(_("The account is kept.")))


def account_typed(form: Form, t: Translate) -> BankAccount | None:
    """What was typed; None where a field is wrong."""
    holder = form.text("holder", required=True, max_length=MOST_NAME)
    iban, bic = form.text("iban", required=True), form.text("bic")
    if holder and not is_readable(holder):
        form.error("holder", t(_("Banks cannot read this name: write it in Latin letters.")))
    if not iban:
        return None
    try:
        return account_of(holder, iban, bic)
    except WrongIban:
        form.error("iban", t(_("This is not an IBAN: a digit is wrong or missing.")))
    except NotInSepa:
        form.error("iban", t(_("This account is outside SEPA: no transfer and no debit reaches it.")))
    except WrongBic:
        form.error("bic", t(_("This is not the BIC of that account. Leave it empty: within SEPA none is needed.")))
    return None
