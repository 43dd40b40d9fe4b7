"""Drawing up a batch of debits: whoever owes something and has a mandate is ticked, and can be left out."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.bank_day import first_collection, open_from
from billing.debit import batch
from billing.debit.batch import Creditor
from billing.debit.due import Due, dues
from billing.instruction.approval import OtherThere
from billing.pages.bank_day_words import moved
from billing.pages.debit_words import NO_CREDITOR, URL, WORDS
from billing.pages.payment_form import NOTES, id_of
from billing.pages.today import today_of
from chassis.identity import Person
from chassis.service import Service
from chassis.web import Refused
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

FURTHEST = timedelta(days=60)
OTHER_THERE = _("This form was sent before, with other words: the batch is drawn up as it was then.")


@dataclass(frozen=True)
class Choices:
    """`first`: the first day that leaves the time to tell the households, and a little to approve it."""

    dues: list[Due]
    creditor: Creditor | None
    first: date

    @property
    def offered(self) -> list[Due]:
        return [due for due in self.dues if due.cents]

    @property
    def left_out(self) -> list[Due]:
        return [due for due in self.dues if not due.cents]


async def _choices(request: Request) -> Choices:
    creditor: Creditor | None = request.app.state.creditor
    today = today_of(request)
    first = first_collection(today, creditor.notice_days if creditor else 0)
    async with Service.of(request).database.read() as reader:
        return Choices(await dues(reader, today, first), creditor, first)


def tick(due: Due) -> str:
    """What a tick says: of whom, and how much was shown."""
    return f"{due.cents}:{due.household_id}"


@router.get(URL + "/new")
async def new(request: Request, person: Person = NOTES) -> Response:
    choices = await _choices(request)
    # A day more, for who approves it tomorrow.
    values: dict[str, Any] = {"id": Service.of(request).ids.new(), "day": open_from(choices.first + timedelta(days=1))}
    form = Form(None, request.state.translate, values=values)
    return _page(request, form, choices, {due.household_id for due in choices.offered})


@router.post(URL + "/new")
async def draw_up(request: Request, person: Person = NOTES) -> Response:
    service, t = Service.of(request), request.state.translate
    form, choices = Form(await request.form(), t), await _choices(request)
    batch_id, sums = id_of(form), _sums(form)
    day = form.date("day", required=True, minimum=choices.first, maximum=choices.first + FURTHEST)
    if choices.creditor is None:
        form.error("", t(NO_CREDITOR))
    if not form.ok or day is None or choices.creditor is None:
        return _page(request, form, choices, set(sums), status=422)
    try:
        async with service.database.write() as writer:
            zone = Pages.of(request).zone
            one = await batch.draw_up(writer, batch_id, day, sums, choices.creditor, person, zone)
    except batch.NothingToTake:
        form.error("debit", t(_("Tick at least one household.")))
    except batch.TooSoon as error:
        form.error("day", t(_("Choose %(day)s or later.")) % {"day": request.state.reading.words.day(error.first)})
    except batch.NotOwed:
        said = _("What is left to pay changed meanwhile: look at the sums again, and send the form once more.")
        form.error("debit", t(said))
    except OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    else:
        done = t(_("The batch is drawn up: another person approves it, and then the households are told."))
        return Pages.of(request).go(f"{URL}/{one.id}", f"{done} {moved(request, day, one.day)}".strip())
    return _page(request, form, await _choices(request), set(sums), status=422)


def _sums(form: Form) -> dict[str, int]:
    """Cents by household as they were ticked; a tick that is none of ours is 0, which is never owed."""
    found = {}
    for each in form.chosen("debit"):
        cents, _colon, household_id = each.partition(":")
        found[household_id] = int(cents) if cents.isascii() and cents.isdigit() and len(cents) < 13 else 0
    return found


def _page(request: Request, form: Form, choices: Choices, ticked: set[str], status: int = 200) -> Response:
    t = request.state.translate
    return Pages.of(request).render(
        request,
        "debit_form.html",
        status,
        **WORDS,
        form=form,
        choices=choices,
        ticks={due.household_id: tick(due) for due in choices.offered},
        ticked=ticked,
        labels={"": t(_("Direct debits")), "day": t(_("Day on which the bank takes it")), "debit": t(_("Households"))},
        no_creditor="" if choices.creditor else t(NO_CREDITOR),
    )
