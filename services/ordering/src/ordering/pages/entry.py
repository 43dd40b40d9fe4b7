"""Orders that come on paper or by telephone, typed in one after the other: whose it is, then row by row.

All that is typed is one form; without script it is filled, added up and saved as it is. A file that a household filled
lands in the same rows, to be looked at before it is saved.
"""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping
from starlette.datastructures import UploadFile

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from ordering import cycle, household, late_order, order_book, totals
from ordering.conflict import Missing
from ordering.cycle import Cycle
from ordering.offer import Offer, plain
from ordering.order import Changed, CycleNotOpen, EmptyBasket, EnteredBy, NotInCycle, Order, Slip, TooLate
from ordering.order_desk import RETRY_AFTER, Busy
from ordering.pages import entry_form, kept, refusals
from ordering.pages.assets import asset
from ordering.pages.cycles import RUNNERS, URL
from ordering.pages.entry_form import Entered
from ordering.pages.forms import sent
from ordering.pages.payment_gate import before_ordering, may_despite
from ordering.pages.reach import ORDERERS, cycle_in_reach, groups_in_reach, household_in_reach
from ordering.payment_gate import Barred, PaymentDue
from ordering.spreadsheet import Problem, Unreadable, order_lines
from ordering.totals import OfHousehold
from ordering.wanted import PLAIN, Wanted, WrongLines
from ui import Pages
from ui.forms import Form
from ui.i18n import marked
from ui.pages import words

router = APIRouter()

_orderers = Depends(kept.TakesBaskets(frozenset(ORDERERS), public=False))

ENTRY = URL + "/{cycle_id}/entry"
ONE = ENTRY + "/{household_id}"
MOST_FOUND = 50

_UNREADABLE = {
    Problem.EMPTY: marked("Choose the file."),
    Problem.TOO_LARGE: marked("This file is too large: keep only the list in it."),
    Problem.NO_COLUMNS: marked("No columns called “Number” (or “Product”) and “Quantity” were found in this file."),
    Problem.NO_QUANTITY: marked("No quantity is filled in."),
    Problem.OTHER_FORMAT: marked("This is no XLSX, ODS or CSV file: save it as one of them, then send it again."),
    Problem.BAD_CSV: marked("This file cannot be read as CSV: is there a quotation mark too many?"),
    Problem.DAMAGED: marked("This workbook cannot be opened: is it damaged, or locked with a password?"),
}


# Whose order


@router.get(ENTRY)
async def choose(request: Request, cycle_id: str, household: str = "", asker: Person = serves(*RUNNERS)) -> Response:
    """The household whose order comes next: one that fits leads straight to its rows."""
    async with Service.of(request).database.read() as reader:
        of = await cycle_in_reach(reader, asker, cycle_id)
        mine = groups_in_reach(asker, of)
        if not of.takes_orders(reader.now):
            return Pages.of(request).go(f"{URL}/{cycle_id}")
        homes = await totals.by_household(reader, of, mine)
        found = await _found(reader, homes, mine, household)
    if household.strip() and len(found) == 1:
        return Pages.of(request).go(f"{URL}/{cycle_id}/entry/{found[0].household_id}")
    return Pages.of(request).render(
        request,
        "entry_choice.html",
        of=of,
        homes=homes,
        typed=household,
        found=found[:MOST_FOUND],
        ordered=sum(home.state == "placed" for home in homes),
        asset=asset,
    )


async def _found(reader: Reader, homes: list[OfHousehold], group_ids: frozenset[str], text: str) -> list[OfHousehold]:
    """By their whole name and group, as the field offers it; by letters of it; by their people."""
    wanted = plain(text).replace(",", " ").split()
    if not wanted:
        return []
    named = [(home, plain(f"{home.household_name} {home.group_name}")) for home in homes]
    whole = [home for home, name in named if wanted in (name.split(), plain(home.household_name).split())]
    parts = [home for home, name in named if all(word in name for word in wanted)]
    if whole or parts:
        return whole or parts
    listed, _ = await household.search(reader, group_ids=group_ids, text=text[:100], limit=MOST_FOUND)
    ids = {one.row["id"] for one in listed}
    return [home for home in homes if home.household_id in ids]


# The rows


class _Desk:
    """What the page of one household's rows is about."""

    def __init__(self, of: Cycle, home: RowMapping, offers: list[Offer], order: Order | None, asker: Person) -> None:
        self.of, self.home, self.offers, self.order = of, home, offers, order
        self.own = home["id"] in asker.household_ids
        self.may_despite = may_despite(asker, home)
        self.unpaid: Barred | None = None


async def _desk(request: Request, asker: Person, cycle_id: str, household_id: str) -> _Desk:
    """Raises NotFound for what is not the asker's, and for a household that does not order in the cycle."""
    async with Service.of(request).database.read() as reader:
        home = await household_in_reach(reader, asker, household_id)
        of = await _cycle(reader, asker, cycle_id, home)
        order = await order_book.of_household(reader, cycle_id, household_id)
        offers = await request.app.state.desk.sheets.offers(reader, of, home["group_id"])
    return _Desk(of, home, offers, order, asker)


async def _cycle(reader: Reader, asker: Person, cycle_id: str, home: RowMapping) -> Cycle:
    of = await cycle.by_id(reader, cycle_id)
    if of is None or not home["active"] or home["group_id"] not in of.group_ids or of.opened_at is None:
        raise NotFound
    return of


@router.get(ONE)
async def look(request: Request, cycle_id: str, household_id: str, asker: Person = serves(*ORDERERS)) -> Response:
    at = await _desk(request, asker, cycle_id, household_id)
    left, over = kept.taken_up(request), not at.of.takes_orders(Service.of(request).clock.now())
    if left is not None:
        typed = entry_form.read(left, at.offers, words(request))
        if over:
            left.error("", refusals.of_order(TooLate(at.of.ended_at), request.state.translate, words(request)))
        response = await _render(request, at, typed, unsaved=True)
        kept.forget(request, response)
        return response
    if over:
        return Pages.of(request).go(f"/ordering/orders/{at.order.id}" if at.order else f"{URL}/{cycle_id}")
    return await _render(request, at, entry_form.of_order(at.order, at.offers, words(request)))


@router.post(ONE)
async def save(request: Request, cycle_id: str, household_id: str, asker: Person = _orderers) -> Response:
    earlier = kept.of_earlier_session(request)
    try:
        at = await _desk(request, asker, cycle_id, household_id)
    except NotFound as error:
        raise earlier or error from None
    form = await sent(request)
    typed = entry_form.read(form, at.offers, words(request))
    if earlier is not None:
        return await _render(request, at, typed, 403, unsaved=True)
    if form.value("do") == "show":
        return await _render(request, at, typed)
    return await _place(request, asker, at, typed) if form.ok else await _render(request, at, typed, 422)


@router.post(ONE + "/file")
async def take_file(request: Request, cycle_id: str, household_id: str, asker: Person = serves(*ORDERERS)) -> Response:
    """A filled list put into the rows: nothing is saved before somebody has looked at it."""
    at = await _desk(request, asker, cycle_id, household_id)
    _ = request.state.translate
    given = await request.form()
    upload = given.get("file")
    data = await upload.read() if isinstance(upload, UploadFile) else b""
    version = str(at.order.version if at.order else 0)
    await given.close()
    try:
        lines = await order_lines(data)
    except Unreadable as unreadable:
        held = entry_form.of_order(at.order, at.offers, words(request))
        held.form.error("file", _(_UNREADABLE[unreadable.problem]))
        return await _render(request, at, held, 422)
    form = Form({**entry_form.as_sent(lines), "version": version}, _)
    typed = entry_form.read(form, at.offers, words(request))
    return await _render(request, at, typed, 200 if form.ok else 422, from_file=True)


async def _place(request: Request, asker: Person, at: _Desk, typed: Entered) -> Response:
    _, form, household_id = request.state.translate, typed.form, at.home["id"]
    entered_by = EnteredBy(asker.id, asker.name, on_behalf=not at.own)
    try:
        wanted = [_with_terms(line, at.order) for line in typed.wanted]
        despite = may_despite(asker, at.home) and form.boolean("despite")
        slip = Slip(at.of.id, household_id, wanted, entered_by, typed.base_version, despite_gate=despite)
        order: Order = await request.app.state.desk.place(slip)
    except Missing as error:
        raise NotFound from error
    except WrongLines as wrong:
        for product_id, line in wrong.lines.items():
            row = typed.rows_of.get(product_id)
            form.error(f"quantity-{row}" if row else "", refusals.of_line(line, _, words(request)))
        return await _render(request, at, typed, 409)
    except Changed as changed:
        async with Service.of(request).database.read() as reader:
            at.order = await order_book.of_household(reader, at.of.id, household_id)
        form.error(
            "",
            _(
                "Somebody else saved this order while you were typing. Your rows are still here: "
                "compare them with the order, then save again, and they count."
            ),
        )
        return await _render(request, at, Entered(form, typed.rows, typed.wanted, changed.version), 409)
    except PaymentDue as refusal:
        at.unpaid = refusal.barred
        return await _render(request, at, typed, 409)
    except (EmptyBasket, Busy, TooLate, CycleNotOpen, NotInCycle) as refusal:
        return await _refused(request, asker, at, typed, refusal)
    said = _("%(household)s: saved, %(lines)s for %(total)s.") % {
        "household": order.household_name,
        "lines": _.plural("%(num)d product", "%(num)d products", len(order.lines)) % {"num": len(order.lines)},
        "total": words(request).money(order.gross_cents),
    }
    return Pages.of(request).go(f"/ordering/orders/{order.id}" if at.own else f"{URL}/{at.of.id}/entry", said)


def _with_terms(line: Wanted, order: Order | None) -> Wanted:
    """With what the household said beside the quantity (more if it fills a case, and so on): not on this screen, and
    not forgotten by it."""
    terms = order.terms.get(line.product_id, PLAIN) if order else PLAIN
    return line._replace(terms=terms._replace(least=min(terms.least, line.quantity_thousandths)))


async def _refused(request: Request, asker: Person, at: _Desk, typed: Entered, refusal: Exception) -> Response:
    service = Service.of(request)
    contacts: tuple[late_order.Contact, ...] = ()
    if isinstance(refusal, TooLate):
        async with service.database.write() as writer:
            await late_order.note(writer, at.of.id, at.home["id"], typed.wanted, asker.name)
        async with service.database.read() as reader:
            contacts = await late_order.contacts(reader)
    sentence = refusals.of_order(refusal, request.state.translate, words(request), contacts)
    typed.form.error("", sentence)
    status = 503 if isinstance(refusal, Busy) else 422 if isinstance(refusal, EmptyBasket) else 409
    response = await _render(request, at, typed, status)
    if isinstance(refusal, Busy):
        response.headers["retry-after"] = str(RETRY_AFTER)
    return response


async def _render(
    request: Request,
    at: _Desk,
    typed: Entered,
    status: int = 200,
    *,
    from_file: bool = False,
    unsaved: bool = False,
) -> Response:
    """`unsaved`: typed before somebody signed in again."""
    _, spoken = request.state.translate, words(request)
    payment, why = await before_ordering(request, at.home, at.of.id, at.unpaid)
    row_names = {
        f"{field}-{row.number}": _("Row %(row)d") % {"row": row.number}
        for row in typed.rows
        for field in ("what", "quantity")
    }
    return Pages.of(request).render(
        request,
        "entry.html",
        status,
        of=at.of,
        home=at.home,
        order=at.order,
        own=at.own,
        at=payment,
        why=why,
        may_despite=at.may_despite,
        form=typed.form,
        rows=typed.rows,
        version=typed.base_version,
        total=typed.cents,
        deposits=typed.deposit_cents,
        count=sum(bool(row.cents) for row in typed.rows),
        row_names=row_names | {"file": _("File")},
        offers=at.offers,
        named=lambda offer: entry_form.named_with_code(offer, spoken),
        from_file=from_file,
        unsaved=unsaved,
        asset=asset,
    )
