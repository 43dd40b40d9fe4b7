"""Mandate contracts: the list with what is to be done, and the page of one with its history, its evidence, its end."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.mandate import catalogue, contract, drafting, ending
from billing.mandate.clauses import commission_cents
from billing.mandate.contract import AGENT, PRINCIPAL, Mandate, NoMandate, Version
from billing.mandate.drafting import Faulty, NoAddress
from billing.mandate.ending import TooSoon
from billing.mandate.life import IN_FORCE, Life, OutOfTurn, Stage
from billing.mandate.text import Document
from billing.pages.households import STAFF
from billing.pages.today import today_of
from chassis.database import Reader, Writer
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role, Sale
from contracts.mandate import Commission
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/mandates"
SOON = timedelta(days=60)
READERS: Any = serves(*STAFF, Role.PRODUCER)
COORDINATOR: Any = serves(Role.COORDINATOR)
PARTIES: Any = serves(Role.COORDINATOR, Role.PRODUCER)

LIVES = {
    Life.PREPARING: _("In preparation"),
    Life.SIGNED: _("Signed"),
    Life.RENEWED: _("Renewed"),
    Life.IN_NOTICE: _("In notice"),
    Life.ENDED: _("Ended"),
    Life.DROPPED: _("Given up"),
}
STAGES = {
    Stage.DRAFT: _("Draft"),
    Stage.PROPOSED: _("Waits for signatures"),
    Stage.SIGNED: _("Signed"),
    Stage.REFUSED: _("Refused"),
    Stage.WITHDRAWN: _("Taken back"),
}
LIFE_BADGES = {
    Life.PREPARING: "draft",
    Life.SIGNED: "active",
    Life.RENEWED: "active",
    Life.IN_NOTICE: "late",
    Life.ENDED: "closed",
    Life.DROPPED: "withdrawn",
}
STAGE_BADGES = {
    Stage.DRAFT: "draft",
    Stage.PROPOSED: "waiting",
    Stage.SIGNED: "done",
    Stage.REFUSED: "failed",
    Stage.WITHDRAWN: "withdrawn",
}
WHAT = {
    "drafted": _("Draft of version %(number)s begun"),
    "proposed": _("Version %(number)s proposed, its link sent to the producer"),
    "sent_again": _("Another link to version %(number)s sent"),
    "withdrawn": _("Version %(number)s taken back"),
    "refused": _("Version %(number)s refused by the producer"),
    "signed_principal": _("Version %(number)s signed for the producer"),
    "signed_agent": _("Version %(number)s signed for the hub"),
    "renewed": _("Renewed tacitly"),
    "warned": _("Producer and coordinators told that the term ends"),
    "notice": _("Notice given"),
    "ended": _("Ended"),
    "invoicing_revoked": _("Invoicing mandate revoked"),
    "dropped": _("Given up before it was signed"),
}


@dataclass(frozen=True)
class Todo:
    """What somebody is to do about a contract, or to know. `kind`: a code the page has words for; `day`: in them."""

    kind: str
    day: date | None = None

    @property
    def urgent(self) -> bool:
        return self.kind in ("refused", "sign_hub", "uncovered", "ends", "expired")


def todo_of(one: Mandate, today: date) -> Todo | None:
    """The first thing to do about a contract; None where nothing is."""
    newest = one.newest
    if one.life in (Life.ENDED, Life.DROPPED):
        return None
    if newest.stage is Stage.PROPOSED:
        return Todo("sign_hub" if newest.signed_by(AGENT) is None else "sign_producer", newest.terms.effective_from)
    if newest.stage is Stage.REFUSED:
        return Todo("refused")
    if newest.stage is Stage.DRAFT:
        return Todo("draft")
    if one.last_day is not None:
        return Todo("in_notice", one.last_day)
    if one.term_ends_on is not None and one.term_ends_on <= today + SOON:
        return Todo("renews" if one.tacit_renewal else "ends", one.term_ends_on)
    return None


def only(person: Person) -> frozenset[str] | None:
    """The producers whose contracts exist for somebody; None: all."""
    return None if person.has(*STAFF) else person.producer_ids


async def found(reader: Reader, mandate_id: str, person: Person) -> Mandate:
    """Raises NotFound: also for a producer's draft, which is the hub's until it is proposed."""
    one = await contract.find(reader, mandate_id)
    seen = only(person)
    if one is None or (seen is not None and (one.producer_id not in seen or not shown_to_producer(one))):
        raise NotFound
    return one


def shown_to_producer(one: Mandate) -> list[Version]:
    return [version for version in one.versions if version.stage is not Stage.DRAFT]


@router.get(URL)
async def mandates(request: Request, person: Person = READERS) -> Response:
    today, seen = today_of(request), only(person)
    async with Service.of(request).database.read() as reader:
        held = await contract.listed(reader, seen)
        known = await catalogue.principals(reader) if seen is None else []
    if seen is not None:
        held = [one for one in held if shown_to_producer(one)]
    live = {one.producer_id: one for one in held if one.life not in (Life.ENDED, Life.DROPPED)}
    marked = [row for row in known if row["active"] and row["sale"] == Sale.MANDATE]
    running = [one for one in held if one.producer_id in live and live[one.producer_id] is one]
    todos = {one.id: todo_of(one, today) for one in running}
    return Pages.of(request).render(
        request,
        "mandates.html",
        running=sorted(running, key=lambda one: (todos[one.id] is None, one.producer_name)),
        over=[one for one in held if one not in running],
        todos=todos,
        lives=LIVES,
        life_badges=LIFE_BADGES,
        uncovered=[row for row in marked if row["id"] not in live or not live[row["id"]].signed],
        without=[row for row in known if row["active"] and row["id"] not in live],
        may_draft=person.has(Role.COORDINATOR),
        today=today,
        staff=seen is None,
    )


# The contract


@router.get(URL + "/{mandate_id}")
async def one_mandate(request: Request, mandate_id: str, person: Person = READERS) -> Response:
    return await show(request, mandate_id, person)


async def show(
    request: Request, mandate_id: str, person: Person, *, form: Form | None = None, status: int = 200
) -> Response:
    today, seen = today_of(request), only(person)
    async with Service.of(request).database.read() as reader:
        one = await found(reader, mandate_id, person)
        past = await contract.history_of(reader, mandate_id)
    versions = list(one.versions) if seen is None else shown_to_producer(one)
    return Pages.of(request).render(
        request,
        "mandate.html",
        status,
        one=one,
        versions=list(reversed(versions)),
        held=one.in_force(today),
        todo=todo_of(one, today) if versions[-1] is one.newest else None,
        past=past,
        what=WHAT,
        lives=LIVES,
        stages=STAGES,
        life_badges=LIFE_BADGES,
        stage_badges=STAGE_BADGES,
        form=form or Form(values={"last_day": today + timedelta(days=one.notice_days)}),
        may_draft=person.has(Role.COORDINATOR),
        may_end=one.life in IN_FORCE and (person.has(Role.COORDINATOR) or one.producer_id in person.producer_ids),
        may_invoice=one.may_invoice(today),
        may_revoke=any(version.invoicing and version.invoicing_until is None for version in one.signed),
        notice_by=ending.notice_by(one),
        preview=_preview(one.in_force(today)),
        today=today,
        document=Document,
        parties=(PRINCIPAL, AGENT),
    )


def _preview(held: Version | None) -> list[tuple[Commission, int]]:
    """What each commission comes to on sales of 100 € with VAT at 5.5 %, in cents without VAT."""
    rules = held.terms.commissions if held else ()
    return [(rule, commission_cents(rule, 100_00, 94_79)) for rule in rules]


@router.post(URL + "/{mandate_id}/do")
async def act(request: Request, mandate_id: str, person: Person = COORDINATOR) -> Response:
    """One button of the contract's page: what the hub does with a version."""
    service, t, zone = Service.of(request), request.state.translate, Pages.of(request).zone
    form = Form(await request.form(), t)
    do = form.choice("do", ("amend", "propose", "send_again", "withdraw", "drop"))
    number = form.integer("number", required=True, minimum=1)
    if not do or number is None:
        raise NotFound
    try:
        async with service.database.write() as writer:
            await _with_version(writer, do, mandate_id, number, person.name, zone)
    except NoMandate as error:
        raise NotFound from error
    except OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    except NoAddress as error:
        raise Refused(t(NO_ADDRESS)) from error
    except Faulty:
        # The form says at each field what is missing.
        said = t(_("Something is missing: press “Propose” here, and each field says what."))
        return Pages.of(request).go(f"{URL}/{mandate_id}/edit", said)
    if do == "amend":
        return Pages.of(request).go(f"{URL}/{mandate_id}/edit")
    return Pages.of(request).go(f"{URL}/{mandate_id}", t(_DONE[do]))


async def _with_version(writer: Writer, do: str, mandate_id: str, number: int, by: str, zone: ZoneInfo) -> None:
    if do == "amend":
        await drafting.amend(writer, mandate_id, by, zone)
    elif do == "propose":
        await drafting.propose(writer, mandate_id, number, by, zone)
    elif do == "send_again":
        await drafting.send_again(writer, mandate_id, number, by)
    elif do == "withdraw":
        await drafting.withdraw(writer, mandate_id, number, by)
    else:
        await drafting.drop(writer, mandate_id, by)


NO_ADDRESS = _("The catalogue knows no e-mail address of this producer: add it there, the link goes to it.")
OUT_OF_TURN = _("This cannot be done any more: somebody was faster. Look at how the contract stands now.")
_DONE = {
    "propose": _("It is proposed: the producer gets a link by mail."),
    "send_again": _("Another link is on its way; the earlier one opens nothing any more."),
    "withdraw": _("It is taken back. A new version starts from it."),
    "drop": _("The contract is given up."),
}


@router.post(URL + "/{mandate_id}/end")
async def end(request: Request, mandate_id: str, person: Person = PARTIES) -> Response:
    """Notice, an end at once, or the invoicing mandate revoked; by the coordinator, or by the producer itself."""
    service, t, zone = Service.of(request), request.state.translate, Pages.of(request).zone
    form = Form(await request.form(), t)
    async with service.database.read() as reader:
        await found(reader, mandate_id, person)
    do = form.choice("do", ("notice", "end_now", "revoke"))
    reason = form.text("reason_" + do, max_length=500, required=do == "end_now") if do else ""
    last_day = form.date("last_day", required=True) if do == "notice" else None
    if not form.ok:
        return await show(request, mandate_id, person, form=form, status=422)
    try:
        async with service.database.write() as writer:
            if do == "notice":
                assert last_day is not None
                await ending.give_notice(writer, mandate_id, last_day, person.name, reason, zone)
            elif do == "revoke":
                await ending.revoke_invoicing(writer, mandate_id, person.name, reason, zone)
            else:
                await ending.end_now(writer, mandate_id, person.name, reason, zone)
    except TooSoon as soon:
        said = t(_("The notice agreed is to be kept: %(day)s is the first day.")) % {
            "day": request.state.reading.words.day(soon.earliest)
        }
        form.error("last_day", said)
        return await show(request, mandate_id, person, form=form, status=422)
    except OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    return Pages.of(request).go(f"{URL}/{mandate_id}", t(_ENDED[do]))


_ENDED = {
    "notice": _("Notice is given."),
    "end_now": _("The contract is over."),
    "revoke": _("The invoicing mandate is revoked."),
}
