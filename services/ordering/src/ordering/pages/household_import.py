"""The page that takes a pasted list of households: a preview first, then the lines that are right."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from contracts import Role
from ordering import group, household, household_list
from ordering.conflict import EmailTaken, Missing, NameTaken
from ordering.household_list import Judged, Problem, Verdict
from ordering.pages.forms import sent
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _marked

router = APIRouter()

URL = "/ordering/households/import"
MOST_TEXT = 100_000

PROBLEMS = {
    Problem.NO_HOUSEHOLD: _marked("The name of the household is missing."),
    Problem.NO_NAME: _marked("The person's name is missing."),
    Problem.TOO_LONG: _marked("A name has at most 100 characters."),
    Problem.NOT_AN_ADDRESS: _marked("This is no e-mail address."),
    Problem.TWICE: _marked("This address is in the list twice."),
    Problem.TAKEN: _marked("This address belongs to somebody else."),
    Problem.AT_REST: _marked("This household is at rest."),
}
VERDICTS = {
    Verdict.NEW: _marked("new household"),
    Verdict.JOINS: _marked("new person"),
    Verdict.UNCHANGED: _marked("is there"),
    Verdict.WRONG: _marked("to mend"),
}

_WRITES = serves(Role.COORDINATOR, Role.REFERENT)


@router.get(URL)
async def ask(request: Request, asker: Person = _WRITES) -> Response:
    return await _render(request, asker, Form())


@router.post(URL)
async def take(request: Request, asker: Person = _WRITES) -> Response:
    """Without `sure` a preview; with it what is right is written, judged anew in the same transaction."""
    form, service, _ = await sent(request), Service.of(request), request.state.translate
    groups = await _groups(request, asker)
    group_id, text = form.choice("group_id", groups), form.lines("list", required=True, max_length=MOST_TEXT)
    try:
        lines = household_list.read(text)
    except household_list.TooManyLines:
        form.error("list", _("At most %(most)d lines at once.") % {"most": household_list.MOST_LINES})
    if not form.ok:
        return await _render(request, asker, form, 422)
    known = asker.has(Role.COORDINATOR)
    if not form.boolean("sure"):
        async with service.database.read() as reader:
            judged = await household_list.judge(reader, group_id, lines, is_address=_is_address, known_may_join=known)
        return await _render(request, asker, form, judged=judged)
    try:
        async with service.database.write() as writer:
            # Two clicks take turns, so that the second finds what the first one made.
            await group.locked(writer, group_id)
            judged = await household_list.judge(writer, group_id, lines, is_address=_is_address, known_may_join=known)
            came = await household_list.take(writer, group_id, judged, known_may_join=known)
    except (EmailTaken, NameTaken, Missing, household.InAnotherHousehold):
        form.error("", _("Somebody else changed this while you were typing. What you typed is still here."))
        return await _render(request, asker, form, 409)
    said = _.plural("%(num)d person came in.", "%(num)d people came in.", came) % {"num": came}
    return Pages.of(request).go(f"/ordering/households?group_id={group_id}", said)


def _is_address(text: str) -> bool:
    return bool(Form({"email": text}).email("email"))


async def _groups(request: Request, asker: Person) -> dict[str, str]:
    """Names, by id, of the groups the asker may add to."""
    async with Service.of(request).database.read() as reader:
        rows = [row for row in await group.all_groups(reader) if row["active"]]
    mine = asker.group_ids(Role.REFERENT)
    return {row["id"]: row["name"] for row in rows if asker.has(Role.COORDINATOR) or row["id"] in mine}


async def _render(
    request: Request, asker: Person, form: Form, status: int = 200, judged: list[Judged] | None = None
) -> Response:
    _ = request.state.translate
    return Pages.of(request).render(
        request,
        "households_import.html",
        status,
        form=form,
        groups=await _groups(request, asker),
        judged=judged,
        right=sum(one.verdict in (Verdict.NEW, Verdict.JOINS) for one in judged or ()),
        problems={problem: _(sentence) for problem, sentence in PROBLEMS.items()},
        verdicts={verdict: _(words) for verdict, words in VERDICTS.items()},
    )
