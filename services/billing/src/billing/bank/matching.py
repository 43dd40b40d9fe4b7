"""Whose a line is: the rules, without I/O, and what they are decided by.

In this order: an end-to-end id of ours; a household's transfer reference, as a reference or anywhere in the text; an
IBAN that paid for one household before, with exactly what it has left to pay. Everything else is left to a person, who
is shown a household whose name is alike, but nothing is ever booked by a name.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlalchemy import select

from billing.bank.known import words
from billing.bank.register import Part, Stage, line, part
from billing.bank.statement import Line, letters
from billing.debit.register import debit
from billing.household import household
from billing.ledger.chart import HUB
from billing.payment import owing
from billing.payment.noting import collects_for
from billing.payment.reference import reference_of
from billing.payout.register import transfer
from chassis.database import Reader


class How(StrEnum):
    """By what a line was matched, or, from NOTHING_OWED on, why it was left to a person though its payer is known."""

    END_TO_END = "end_to_end"
    REFERENCE = "reference"
    IBAN = "iban"
    BY_HAND = "by_hand"
    NOTHING_OWED = "nothing_owed"
    NOTED_BEFORE = "noted"
    SEVERAL = "several"


@dataclass(frozen=True)
class Known:
    """What lines are held against. `references`: household by reference, letters and figures only; `ours`: household by
    end-to-end id of ours; `by_iban`: the households that an IBAN paid for; `left`: cents a household has to pay to the
    producers the hub collects for; `sent`: end-to-end ids of transfers that the hub sent itself, and of
    debits it asked for."""

    references: Mapping[str, str]
    ours: Mapping[str, str] = field(default_factory=dict)
    by_iban: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)
    sent: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Found:
    """`household_id` is "" where `how` is SEVERAL."""

    how: How
    household_id: str = ""


_LENGTH = 16
"""Of a reference of ours."""
_START = re.compile(r"(?=RF[0-9]{2}[A-Z2-7]{12})")


def decide(said: Line, known: Known) -> Found | None:
    """None: nobody can tell. What went out, and what was given back, is nobody's payment: a transfer of the hub that
    comes back too, whether the bank marks it or not. What a debit brings in is its batch's (`bank.debits`)."""
    if said.cents <= 0 or said.returned or said.end_to_end in known.sent:
        return None
    named = known.ours.get(said.end_to_end)
    written = _named_in(said.reference, known) | _named_in(said.text, known)
    everybody = written | {named} if named else written
    if len(everybody) > 1:
        return Found(How.SEVERAL)
    if named:
        return Found(How.END_TO_END, named)
    if written:
        return Found(How.REFERENCE, next(iter(written)))
    payers = known.by_iban.get(said.party_iban, frozenset())
    if len(payers) == 1 and known.left.get(next(iter(payers))) == said.cents:
        return Found(How.IBAN, next(iter(payers)))
    return None


def _named_in(text: str, known: Known) -> set[str]:
    """The households whose reference is in a text, whatever spaces and signs the bank or the payer put into it."""
    plain = letters(text)
    starts = (match.start() for match in _START.finditer(plain))
    found = (known.references.get(plain[start : start + _LENGTH]) for start in starts)
    return {each for each in found if each}


def alike(said: Line, households: Iterable[tuple[str, str]], known: Known) -> list[str]:
    """Ids of the households that it may be of, (id, name), the likeliest first: by the IBAN, then by words of the
    name. For a person to choose from."""
    told = words(f"{said.party_name} {said.text}")
    by_name = [(len(words(name) & told), household_id) for household_id, name in households]
    payers = known.by_iban.get(said.party_iban, frozenset())
    scored = [(household_id in payers, shared, household_id) for shared, household_id in by_name]
    return [household_id for paid, shared, household_id in sorted(scored, reverse=True) if paid or shared]


async def knowledge(reader: Reader, lines: Collection[Line], day: date) -> Known:
    """What is known of the payers of these lines. `day`: on which mandates must hold."""
    ids = [row["id"] for row in await reader.all(select(household.c.id))]
    by_iban = await _paid_before(reader, {each.party_iban for each in lines})
    payers = sorted({each for mine in by_iban.values() if len(mine) == 1 for each in mine})
    collected = await collects_for(reader, day) | {HUB} if payers else frozenset()
    owed = await owing.owing_of(reader, payers) if payers else {}
    left = {each: sum(one.left_cents for one in mine if one.producer_id in collected) for each, mine in owed.items()}
    references = {letters(reference_of(each)): each for each in ids}
    ids_told = {each.end_to_end for each in lines} - {""}
    return Known(references, whose(ids_told, references), by_iban, left, await _sent(reader, ids_told))


def whose(end_to_end_ids: Collection[str], references: Mapping[str, str]) -> dict[str, str]:
    """The household of each end-to-end id that is a reference of ours: of who writes it there. Direct debits have ids
    of their own."""
    named = {each: references.get(letters(each)) for each in end_to_end_ids}
    return {each: household_id for each, household_id in named.items() if household_id}


async def _sent(reader: Reader, end_to_end_ids: Collection[str]) -> frozenset[str]:
    found: set[str] = set()
    wanted = sorted(end_to_end_ids)
    for ours in (transfer.c.end_to_end_id, debit.c.end_to_end_id):
        for start in range(0, len(wanted), 500):
            mine = select(ours).where(ours.in_(wanted[start : start + 500]))
            found |= {row["end_to_end_id"] for row in await reader.all(mine)}
    return frozenset(found)


async def _paid_before(reader: Reader, ibans: Collection[str]) -> dict[str, frozenset[str]]:
    """Only lines that were matched, and stay so, teach whose an IBAN is."""
    wanted = sorted(set(ibans) - {""})
    found: dict[str, set[str]] = {}
    joined = part.join(line, line.c.id == part.c.line_id)
    told = select(line.c.party_iban, part.c.household_id).select_from(joined).distinct()
    holds = (part.c.undone_at.is_(None), part.c.kind.in_((Part.NOTED.value, Part.JOINED.value)), line.c.cents > 0)
    for start in range(0, len(wanted), 500):
        mine = (line.c.party_iban.in_(wanted[start : start + 500]), line.c.stage == Stage.MATCHED.value)
        for row in await reader.all(told.where(*mine, *holds)):
            found.setdefault(row["party_iban"], set()).add(row["household_id"])
    return {iban: frozenset(each) for iban, each in found.items()}
