"""The form that says which households paid a line of the bank, and for which producers."""

from dataclasses import dataclass, field
from typing import Any

from billing.bank.settling import Transfer
from billing.bank.statement import Line
from billing.pages.payment_form import choices_of, why_not
from billing.payment import owing
from billing.payment.owing import Owing
from chassis.database import Reader
from chassis.web import NotFound
from ui.decimals import typed_money
from ui.forms import Form
from ui.i18n import marked as _

ROWS = 4
"""Households that one line can be of."""
LABELS = {
    **{f"household-{n}": _("Household") for n in range(1, ROWS + 1)},
    **{f"amount-{n}": _("Amount") for n in range(1, ROWS + 1)},
    "payment": _("Noted before"),
    "cheque": _("Cheque"),
    "reason": _("Why"),
    "undo_reason": _("Why"),
}


@dataclass(frozen=True)
class Household:
    id: str
    name: str


@dataclass(frozen=True)
class Row:
    """A household in the form; `among`: the producers its part can go to, where there are several."""

    place: int
    among: list[Owing] = field(default_factory=list)


@dataclass(frozen=True)
class Read:
    """`proposed`: the shares were put into the form, and a person looks at them first."""

    transfers: list[Transfer]
    proposed: bool


async def rows_of(reader: Reader, form: Form, said: Line, hub_name: str) -> list[Row]:
    """The rows to show: with shares where some are typed or proposed."""
    found = []
    for place in range(1, ROWS + 1):
        among: list[Owing] = []
        if any(name.startswith(_share(place)) and value for name, value in form.values.items()):
            try:
                among = (await choices_of(reader, form.value(f"household-{place}"), said.day, hub_name)).shared()
            except NotFound:
                among = []
        found.append(Row(place, among if len(among) > 1 else []))
    return found


def _share(place: int) -> str:
    return f"share-{place}-"


async def read_transfers(reader: Reader, form: Form, said: Line, hub_name: str, t: Any, language: str) -> Read | None:
    """What was typed; None where a field is wrong. Shares are proposed where none are typed and there is a choice."""
    typed = _households(form, said, t)
    transfers, proposed = [], False
    for place, household_id, cents in typed:
        try:
            choices = await choices_of(reader, household_id, said.day, hub_name)
        except NotFound:
            form.error(f"household-{place}", t(_("Choose one of the list.")))
            continue
        among = choices.shared()
        if not among:
            owed = [each.producer_id for each in choices.owing] or list(choices.names)
            form.error(f"household-{place}", why_not(choices.names, owed, t))
            continue
        shares = _shares(form, place, among, cents, t)
        if not shares and len(among) == 1:
            shares = {among[0].producer_id: cents}
        elif not shares and form.ok:
            proposed = True
            for producer_id, part in owing.proposed(among, cents).items():
                form.values[_share(place) + producer_id] = typed_money(part, language)
        transfers.append(Transfer(household_id, cents, shares))
    return Read(transfers, proposed) if form.ok and transfers else None


def _households(form: Form, said: Line, t: Any) -> list[tuple[int, str, int]]:
    """Place in the form, household and cents; one household alone has the whole."""
    chosen = [n for n in range(1, ROWS + 1) if form.value(f"household-{n}")]
    if not chosen:
        form.error("household-1", t(_("Choose the household.")))
        return []
    if said.cents <= 0:
        form.error("household-1", t(_("What goes out is no payment of a household.")))
        return []
    found, seen = [], set()
    for place in chosen:
        household_id = form.value(f"household-{place}")
        alone = len(chosen) == 1 and not form.value(f"amount-{place}").strip()
        cents = said.cents if alone else form.cents(f"amount-{place}", required=True, minimum=1)
        if household_id in seen:
            form.error(f"household-{place}", t(_("This household is there twice.")))
        seen.add(household_id)
        if cents:
            found.append((place, household_id, cents))
    if form.ok and sum(cents for _place, _household, cents in found) != said.cents:
        form.error(
            f"amount-{chosen[0]}", t(_("The amounts come to another sum than the line: every cent goes to somebody."))
        )
    return found


def _shares(form: Form, place: int, among: list[Owing], cents: int, t: Any) -> dict[str, int]:
    names = {each.producer_id: _share(place) + each.producer_id for each in among}
    typed = {producer_id: form.cents(name) or 0 for producer_id, name in names.items()}
    shares = {producer_id: part for producer_id, part in typed.items() if part}
    if shares and sum(shares.values()) != cents:
        sentence = _("The shares come to another sum than the amount: every cent goes to somebody.")
        form.error(names[next(iter(shares))], t(sentence))
    return shares
