"""Orders, for programs: the whole basket of a household, under the same rules as on paper and on the page."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ordering import cycle
from ordering.allocated_line import changes_of
from ordering.api.answer import Wrong, body_of
from ordering.api.cycles import URL
from ordering.conflict import Missing
from ordering.order import MOST_LINES, Changed, CycleNotOpen, EmptyBasket, EnteredBy, NotInCycle, Slip, TooLate
from ordering.order_desk import RETRY_AFTER, Busy
from ordering.pages import refusals
from ordering.payment_gate import PaymentDue
from ordering.wanted import Terms, Wanted, WrongLines
from ui.pages import words

router = APIRouter()


@router.post(URL + "/{cycle_id}/orders")
async def place(request: Request, cycle_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    """`{household_id, lines: [{product_id, quantity_thousandths, unit?, tolerance_thousandths?, least_thousandths?,
    substitute?}], expected_version?, despite_payment?}` -> `{"id", "version", "state", "gross_cents"}`. The whole
    order replaces what was there (but for the last three of a line, where it says nothing of them);
    `expected_version` 0 means: nothing was there.
    What the household's group asks to be paid first is asked here too, unless `despite_payment` is true.
    """
    try:
        body = await _body(request)
        wanted = _wanted(body.get("lines"))
        household_id, version = _text(body, "household_id"), _version(body)
        despite = _truth(body, "despite_payment") and household_id not in asker.household_ids
    except Wrong as wrong:
        return wrong.response()
    entered_by = EnteredBy(asker.id, asker.name, on_behalf=household_id not in asker.household_ids)
    translate, desk = request.state.translate, request.app.state.desk
    try:
        order = await desk.place(Slip(cycle_id, household_id, wanted, entered_by, version, despite_gate=despite))
    except Missing as error:
        raise NotFound from error
    except WrongLines as wrong_lines:
        errors = {p: refusals.of_line(line, translate, words(request)) for p, line in wrong_lines.lines.items()}
        detail = "; ".join(f"{product}: {sentence}" for product, sentence in errors.items())
        return JSONResponse({"detail": detail, "errors": errors}, status_code=422)
    except Changed as changed:
        detail = translate("The order was changed meanwhile.")
        return JSONResponse({"detail": detail, "version": changed.version}, status_code=409)
    except (TooLate, CycleNotOpen, NotInCycle, EmptyBasket, PaymentDue) as refusal:
        return JSONResponse({"detail": refusals.of_order(refusal, translate, words(request))}, status_code=409)
    except Busy as busy:
        headers = {"retry-after": str(RETRY_AFTER)}
        return JSONResponse({"detail": refusals.of_order(busy, translate, words(request))}, 503, headers)
    return JSONResponse(
        {"id": order.id, "version": order.version, "state": order.state.value, "gross_cents": order.gross_cents}
    )


@router.get(URL + "/{cycle_id}/differences")
async def differences(
    request: Request,
    cycle_id: str,
    asker: Person = serves(Role.COORDINATOR, Role.OPERATOR, Role.BOOKKEEPER),
) -> Response:
    """The lines that get something else than they asked: `[{order_id, product_id, asked_thousandths, asked_cents,
    given_thousandths, given_cents, instead_of, reason}]`, the reason in the asker's language. Asked is 0 for what is
    given in place of `instead_of`. A line that is not here gets what it asked."""
    async with Service.of(request).database.read() as reader:
        of = await cycle.by_id(reader, cycle_id)
        if of is None:
            raise NotFound
        changes = await changes_of(reader, cycle_id, of.revision)
    spoken = words(request)
    return JSONResponse(
        [
            {
                "order_id": one.order_id,
                "product_id": one.product_id,
                "asked_thousandths": one.asked_thousandths,
                "asked_cents": one.asked_cents,
                "given_thousandths": one.given.quantity_thousandths,
                "given_cents": one.given.gross_cents,
                "instead_of": one.given.instead_of,
                "reason": spoken.in_language(one.given.reason) if one.given.reason else "",
            }
            for one in changes
        ]
    )


async def _body(request: Request) -> dict[str, Any]:
    body = await body_of(request)
    if not isinstance(body, dict):
        raise Wrong("send an object")
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Wrong(f"{name} is needed", {name: "needed"})
    return value


def _truth(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise Wrong(f"{name} is true or false", {name: "true or false"})
    return value


def _version(body: dict[str, Any]) -> int | None:
    version = body.get("expected_version")
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        raise Wrong("expected_version is a whole number", {"expected_version": "a whole number"})
    return version


def _wanted(lines: Any) -> list[Wanted]:
    if not isinstance(lines, list) or len(lines) > MOST_LINES:
        raise Wrong("lines is a list", {"lines": "a list"})
    return [_line(position, line) for position, line in enumerate(lines)]


def _line(position: int, line: Any) -> Wanted:
    where = f"lines.{position}"
    if not isinstance(line, dict) or not isinstance(line.get("product_id"), str):
        raise Wrong(f"{where}: product_id is needed", {where: "product_id is needed"})
    quantity, unit = line.get("quantity_thousandths"), line.get("unit", "")
    if isinstance(quantity, bool) or not isinstance(quantity, int):
        problem = "quantity_thousandths is a whole number: 1.5 kg is 1500"
        raise Wrong(f"{where}: {problem}", {line["product_id"]: problem})
    return Wanted(line["product_id"], quantity, unit if isinstance(unit, str) else "?", _terms(line))


def _terms(line: dict[str, Any]) -> Terms | None:
    """None where nothing is said of them: then they stay as they are."""
    if not line.keys() & {"tolerance_thousandths", "least_thousandths", "substitute"}:
        return None
    tolerance, least = line.get("tolerance_thousandths", 0), line.get("least_thousandths", 0)
    substitute = line.get("substitute", False)
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in (tolerance, least))
    if not whole or not isinstance(substitute, bool):
        problem = "tolerance_thousandths and least_thousandths are whole numbers, substitute is true or false"
        raise Wrong(problem, {line["product_id"]: problem})
    return Terms(tolerance, least, substitute)
