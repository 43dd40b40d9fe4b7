"""The mandate of a household for direct debits: typed in, agreed to on its page or on paper, ended."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.debit import mandate
from billing.debit.batch import Creditor
from billing.debit.mandate import Mandate, Stage
from billing.debit.register import announced_to
from billing.household import find_household
from billing.iban import MOST_ID, grouped
from billing.pages.debit_words import MANDATES, NO_CREDITOR, OUT_OF_TURN, WORDS, mandate_text
from billing.pages.households import MEMBER_OR_STAFF, STAFF
from billing.pages.payment_form import NOTES, id_of, url_of
from billing.pages.producer_accounts import account_typed
from billing.pages.today import today_of
from billing.press import pdf
from chassis.database import Writer
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import words

router = APIRouter()

ON_ITS_WAY = _("A debit by this mandate is on its way: change it once the bank has taken it, or it is called off.")
NOT_A_REF = _("Banks take letters, figures and / - ? : ( ) . , ' + here, 35 at most.")
HOUSEHOLD = "/billing/households/{household_id}/debit"
KEEPS: Any = serves(Role.MEMBER, Role.COORDINATOR, Role.BOOKKEEPER)
OTHER_THERE = _("This form was sent before, with other words: the mandate is kept as it was then.")
LABELS = {
    "holder": _("Holder"),
    "iban": _("IBAN"),
    "bic": _("BIC"),
    "ref": _("Mandate reference (RUM)"),
    "one_off": _("For one debit alone"),
    "name": _("Your name"),
    "agree": _("Mandate"),
    "signed_by": _("Who signed"),
    "signed_on": _("Signed on"),
    "reason": _("Why"),
    "amended_because": _("Why"),
}


def page_of(household_id: str) -> str:
    return url_of(household_id) + "/debit"


def _allowed(person: Person, household_id: str) -> bool:
    """Raises NotFound for a member of another household. Whether it is one of the household's own."""
    mine = household_id in person.household_ids
    if not mine and not person.has(*STAFF):
        raise NotFound
    return mine


@router.get(HOUSEHOLD)
async def of_household(request: Request, household_id: str, person: Person = MEMBER_OR_STAFF) -> HTMLResponse:
    return await _show(request, household_id, person)


async def _show(
    request: Request, household_id: str, person: Person, form: Form | None = None, status: int = 200
) -> HTMLResponse:
    mine = _allowed(person, household_id)
    async with Service.of(request).database.read() as reader:
        home = await find_household(reader, household_id)
        kept = (await mandate.mandates_of(reader, [household_id])).get(household_id, [])
        one = next((each for each in kept if each.stage is not Stage.ENDED), None)
        past = await mandate.history_of(reader, one.id) if one else []
        coming = await announced_to(reader, [household_id])
    if home is None:
        raise NotFound
    today, t = today_of(request), request.state.translate
    fresh = {"id": Service.of(request).ids.new(), "holder": home["name"], "signed_on": today, "name": person.name}
    keeps = mine or person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    return Pages.of(request).render(
        request,
        "debit_mandate.html",
        status,
        **WORDS,
        held=home,
        one=one,
        ended=[each for each in kept if each.stage is Stage.ENDED],
        past=past,
        coming=coming,
        form=form or Form(None, t, values=fresh),
        labels={name: t(label) for name, label in LABELS.items()},
        mine=mine,
        staff=person.has(*STAFF),
        keeps=keeps,
        amending=_amending(one, form),
        may_note=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
        lapsed=one is not None and one.lapses_on is not None and today >= one.lapses_on,
        no_creditor="" if request.app.state.creditor else t(NO_CREDITOR),
        url=page_of(household_id),
        mandates=MANDATES,
    )


@router.post(HOUSEHOLD)
async def draw_up(request: Request, household_id: str, person: Person = KEEPS) -> Response:
    mine, t = _allowed(person, household_id), request.state.translate
    form = Form(await request.form(), t)
    mandate_id, creditor = id_of(form), request.app.state.creditor
    said, one_off = account_typed(form, t), form.boolean("one_off")
    staff = person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    ref = "".join(form.text("ref", max_length=MOST_ID).split()) if staff else ""
    if ref and not mandate.is_ref(ref):
        form.error("ref", t(NOT_A_REF))
    if creditor is None:
        form.error("", t(NO_CREDITOR))
    if said is None or creditor is None or not form.ok:
        return await _show(request, household_id, person, form, status=422)
    ref = ref or mandate.ref_of(mandate_id)
    async with Service.of(request).database.read() as reader:
        home = await find_household(reader, household_id)
    if home is None:
        raise NotFound
    kind = _("one-off") if one_off else _("recurrent")
    named = {"household": home["name"], "holder": said.holder, "iban": grouped(said.iban), "ref": ref, "kind": t(kind)}
    text = mandate_text(t) % (_of_creditor(creditor) | named)
    try:
        async with Service.of(request).database.write() as writer:
            await mandate.draw_up(writer, mandate_id, household_id, said, ref, text, one_off, person)
    except mandate.RefTaken:
        form.error("ref", t(_("Another mandate has this reference.")))
        return await _show(request, household_id, person, form, status=422)
    except mandate.MandateThere as error:
        raise Refused(t(_("This household has a mandate: end that one before you make another."))) from error
    except mandate.OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    except mandate.NoHousehold as error:
        raise NotFound from error
    done = _("Read the mandate and sign it below.") if mine else _("The mandate is drawn up: print it to be signed.")
    return Pages.of(request).go(page_of(household_id), t(done))


def _of_creditor(creditor: Creditor) -> dict[str, str]:
    return {"hub": creditor.account.holder, "creditor": creditor.id, "days": str(creditor.notice_days)}


@router.post(HOUSEHOLD + "/{mandate_id}/agree")
async def agree(request: Request, household_id: str, mandate_id: str, person: Person = KEEPS) -> Response:
    """Signed on its page by somebody of the household."""
    t = request.state.translate
    if not _allowed(person, household_id):
        raise Refused(t(_("Somebody of the household agrees to it here; you can note what was signed on paper.")))
    form = Form(await request.form(), t)
    name = form.text("name", required=True, max_length=120)
    if not form.boolean("agree"):
        form.error("agree", t(_("To sign, tick this box.")))
    if not form.ok:
        return await _show(request, household_id, person, form, status=422)
    shown = form.value("hash")

    async def sign(writer: Writer, one: Mandate) -> None:
        await mandate.sign(writer, one, today_of(request), name, person, shown or "-")

    return await _change(request, household_id, mandate_id, sign, _("It is signed. Thank you."))


@router.post(HOUSEHOLD + "/{mandate_id}/paper")
async def signed_on_paper(request: Request, household_id: str, mandate_id: str, person: Person = NOTES) -> Response:
    form = Form(await request.form(), request.state.translate)
    name = form.text("signed_by", required=True, max_length=120)
    day = form.date("signed_on", required=True, maximum=today_of(request))
    if day is None or not form.ok:
        return await _show(request, household_id, person, form, status=422)

    async def sign(writer: Writer, one: Mandate) -> None:
        await mandate.sign(writer, one, day, name, person)

    return await _change(request, household_id, mandate_id, sign, _("Noted: the mandate is signed. Keep the paper."))


@router.post(HOUSEHOLD + "/{mandate_id}/end")
async def end(request: Request, household_id: str, mandate_id: str, person: Person = KEEPS) -> Response:
    _allowed(person, household_id)
    form = Form(await request.form(), request.state.translate)
    reason = form.text("reason", max_length=500)

    async def revoke(writer: Writer, one: Mandate) -> None:
        await mandate.end(writer, one, person, reason)

    said = _("The mandate has ended: nothing new is taken by it. What was announced before may still be taken.")
    return await _change(request, household_id, mandate_id, revoke, said)


@router.post(HOUSEHOLD + "/{mandate_id}/amend")
async def amend(request: Request, household_id: str, mandate_id: str, person: Person = KEEPS) -> Response:
    """Another account, typed in by its household or by who heard it from it; for who keeps the books also another
    reference."""
    mine, t = _allowed(person, household_id), request.state.translate
    form = Form(await request.form(), t)
    said, reason = account_typed(form, t), form.text("amended_because", required=not mine, max_length=500)
    staff = person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    ref = "".join(form.text("ref", required=staff, max_length=MOST_ID).split()) if staff else ""
    if ref and not mandate.is_ref(ref):
        form.error("ref", t(NOT_A_REF))
    if said is None or not form.ok:
        return await _show(request, household_id, person, form, status=422)

    async def change(writer: Writer, one: Mandate) -> None:
        await mandate.amend(writer, one, said, ref or one.ref, person, reason)

    try:
        return await _change(request, household_id, mandate_id, change, _("Changed: the next debit tells the bank."))
    except mandate.RefTaken:
        form.error("ref", t(_("Another mandate has this reference.")))
        return await _show(request, household_id, person, form, status=422)
    except mandate.OnItsWay as error:
        said_why = _(
            "A debit by this mandate is on its way: change it once the bank has taken it, or it is called off."
        )
        raise Refused(t(said_why)) from error


def _amending(one: Mandate | None, form: Form | None) -> Form:
    """What was typed, or what the mandate says now."""
    if form is not None or one is None:
        return form or Form(None)
    account = one.account
    return Form(None, values={"holder": account.holder, "iban": account.iban, "bic": account.bic, "ref": one.ref})


@router.post(HOUSEHOLD + "/{mandate_id}/last")
async def make_last(request: Request, household_id: str, mandate_id: str, person: Person = NOTES) -> Response:
    async def change(writer: Writer, one: Mandate) -> None:
        await mandate.make_last(writer, one, person)

    return await _change(request, household_id, mandate_id, change, _("The next debit is the last."))


@router.post(HOUSEHOLD + "/{mandate_id}/resume")
async def resume(request: Request, household_id: str, mandate_id: str, person: Person = NOTES) -> Response:
    form = Form(await request.form(), request.state.translate)
    reason = form.text("reason", required=True, max_length=500)
    if not form.ok:
        return await _show(request, household_id, person, form, status=422)

    async def change(writer: Writer, one: Mandate) -> None:
        await mandate.resume(writer, one, person, reason)

    return await _change(request, household_id, mandate_id, change, _("The mandate is good again."))


async def _change(request: Request, household_id: str, mandate_id: str, change: Any, said: str) -> Response:
    t = request.state.translate
    try:
        async with Service.of(request).database.write() as writer:
            await change(writer, await mandate.locked(writer, household_id, mandate_id))
    except (mandate.NoHousehold, mandate.NoMandate) as error:
        raise NotFound from error
    except mandate.OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    except mandate.OtherText as error:
        raise Refused(t(_("The text changed since you opened this page. Read it again, then sign."))) from error
    return Pages.of(request).go(page_of(household_id), t(said))


@router.get(HOUSEHOLD + "/{mandate_id}/mandate.pdf")
async def paper(request: Request, household_id: str, mandate_id: str, person: Person = MEMBER_OR_STAFF) -> Response:
    """To print, sign and keep; once it is signed, with who signed it and when."""
    _allowed(person, household_id)
    async with Service.of(request).database.read() as reader:
        one = await mandate.find(reader, mandate_id)
    if one is None or one.household_id != household_id:
        raise NotFound
    made = await pdf("debit_mandate.typ", _printed(request, one))
    headers = {"content-disposition": f'inline; filename="{one.ref}.pdf"'.replace("/", "-")}
    return Response(made, media_type="application/pdf", headers=headers)


def _printed(request: Request, one: Mandate) -> dict[str, Any]:
    t, said = request.state.translate, words(request)
    signed = []
    if one.signed_on is not None:
        signed = [t(_("Signed on %(day)s by %(name)s.")) % {"day": said.day(one.signed_on), "name": one.signed_by}]
        signed += [t(_("SHA-256 of this text:")) + " " + one.text_hash] if one.signed_by_id else []
    pairs = [(t(_("Mandate reference (RUM)")), one.ref), (t(_("Holder")), one.account.holder)]
    return {
        "title": t(_("SEPA direct debit mandate")),
        "hub": Service.of(request).settings.hub_name,
        "language": said.language,
        "facts": [*pairs, (t(_("IBAN")), grouped(one.account.iban))],
        "paragraphs": one.text.splitlines(),
        "signed": signed,
        "lines": [] if signed else [t(_("Place and day")), t(_("Signature"))],
    }
