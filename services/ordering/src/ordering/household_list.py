"""A list of households as a group keeps it in its workbook: one person a line, `household;name;e-mail`.

It is judged line by line before anything is written; a wrong line does not hold up the others, and the same list
taken twice changes nothing the second time.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from chassis.database import Reader, Writer
from ordering import household, person
from ordering.conflict import name_key

MOST_LINES = 500

_HEADER = re.compile(r"e-?mail|courriel|mail|adresse.*", re.IGNORECASE)


class Verdict(StrEnum):
    NEW = "new"
    """Household and person are new."""
    JOINS = "joins"
    """A person more in a household that is there, or that a line above makes."""
    UNCHANGED = "unchanged"
    WRONG = "wrong"


class Problem(StrEnum):
    NO_HOUSEHOLD = "no_household"
    NO_NAME = "no_name"
    TOO_LONG = "too_long"
    NOT_AN_ADDRESS = "not_an_address"
    TWICE = "twice"
    TAKEN = "taken"
    AT_REST = "at_rest"


@dataclass(frozen=True)
class Line:
    """What a line says. `number` counts from 1, as the person sees it."""

    number: int
    household: str
    name: str
    email: str


@dataclass(frozen=True)
class Judged:
    line: Line
    verdict: Verdict
    problem: Problem | None = None


class TooManyLines(Exception):
    """More than MOST_LINES."""


def read(text: str) -> list[Line]:
    """Lines with columns parted by semicolons or tabs; empty lines and a line of headings are left out."""
    lines: list[Line] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        cells = [" ".join(cell.strip().strip('"').split()) for cell in re.split(r"[;\t]", raw.lstrip("\ufeff"))]
        cells += [""] * (3 - len(cells))
        if not any(cells) or (not lines and _HEADER.fullmatch(cells[2])):
            continue
        lines.append(Line(number, *cells[:3]))
    if len(lines) > MOST_LINES:
        raise TooManyLines
    return lines


async def judge(
    reader: Reader, group_id: str, lines: list[Line], *, is_address: Callable[[str], bool], known_may_join: bool
) -> list[Judged]:
    """What would become of each line. `known_may_join`: as for `household.register`."""
    judged: list[Judged] = []
    made: set[str] = set()
    addresses: set[str] = set()
    for line in lines:
        problem = _malformed(line, is_address)
        key = person.email_key(line.email)
        if problem is None and key is not None and key in addresses:
            problem = Problem.TWICE
        if problem is not None:
            judged.append(Judged(line, Verdict.WRONG, problem))
            continue
        found = await _against_what_is_there(reader, group_id, line, made, known_may_join=known_may_join)
        judged.append(found)
        if found.verdict is not Verdict.WRONG:
            made.add(name_key(line.household))
            addresses |= {key} if key is not None else set()
    return judged


def _malformed(line: Line, is_address: Callable[[str], bool]) -> Problem | None:
    if not line.household:
        return Problem.NO_HOUSEHOLD
    if not line.name:
        return Problem.NO_NAME
    if max(len(line.household), len(line.name)) > 100:
        return Problem.TOO_LONG
    return Problem.NOT_AN_ADDRESS if line.email and not is_address(line.email) else None


async def _against_what_is_there(
    reader: Reader, group_id: str, line: Line, made: set[str], *, known_may_join: bool
) -> Judged:
    home = await household.named(reader, group_id, line.household)
    if home is not None and not home["active"]:
        return Judged(line, Verdict.WRONG, Problem.AT_REST)
    somebody = await person.with_email(reader, line.email) if line.email else None
    if somebody is not None:
        if home is not None and somebody["household_id"] == home["id"]:
            return Judged(line, Verdict.UNCHANGED)
        if somebody["household_id"] is not None or not somebody["active"] or not known_may_join:
            return Judged(line, Verdict.WRONG, Problem.TAKEN)
    if home is not None:
        names = {name_key(one["name"]) for one in await household.people_of(reader, home["id"]) if not line.email}
        return Judged(line, Verdict.UNCHANGED if name_key(line.name) in names else Verdict.JOINS)
    return Judged(line, Verdict.JOINS if name_key(line.household) in made else Verdict.NEW)


async def take(writer: Writer, group_id: str, judged: list[Judged], *, known_may_join: bool) -> int:
    """Make what was judged in this very transaction; how many people came in."""
    coming: dict[str, tuple[str, list[household.Newcomer]]] = {}
    for one in judged:
        if one.verdict in (Verdict.NEW, Verdict.JOINS):
            newcomer = household.Newcomer(writer.ids.new(), person.Details(one.line.name, one.line.email))
            coming.setdefault(name_key(one.line.household), (one.line.household, []))[1].append(newcomer)
    for name, newcomers in coming.values():
        home = await household.named(writer, group_id, name)
        if home is None:
            details = household.Details(group_id, name)
            await household.register(writer, writer.ids.new(), details, newcomers, known_may_join=known_may_join)
            continue
        for newcomer in newcomers:
            await household.add_person(writer, home["id"], newcomer, known_may_join=known_may_join)
    return sum(len(newcomers) for _name, newcomers in coming.values())
