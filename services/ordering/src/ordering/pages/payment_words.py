"""What pages and the API say where a group asks to be paid first: why, how much may still be ordered, what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ordering.late_order import Contact
from ordering.payment_gate import Account, Barred, Debt, Gate, barred, room
from ui.i18n import Translate
from ui.i18n import marked as _
from ui.words import Words

OWED = "/billing/due"
"""Where members see what they owe."""


@dataclass(frozen=True)
class AtGate:
    """How a household stands before it orders. `why`: what keeps it from ordering anything more, or the order that was
    just refused; None where nothing does."""

    gate: Gate
    account: Account
    today: date
    why: Barred | None = None

    @property
    def now(self) -> Barred | None:
        """Why nothing more would be taken, whatever it costs, or why the order was refused."""
        return self.why or barred(self.gate, self.account, self.today, 0)

    @property
    def room_cents(self) -> int | None:
        """What the order may come to; None where no limit counts, an exception included."""
        return None if self.excepted_until else room(self.gate, self.account)

    @property
    def excepted_until(self) -> date | None:
        until = self.account.excepted_until
        return until if until and until >= self.today else None


def why_barred(why: Barred, t: Translate, words: Words, contacts: Iterable[Contact] = ()) -> str:
    """What has to be paid first, and what to do."""
    said = [*_late(why, t, words), *_over(why, t, words), *_missing(why, t, words)]
    return " ".join([*said, whom(contacts, t)]).strip()


def _late(why: Barred, t: Translate, words: Words) -> list[str]:
    if not why.late:
        return []
    deliveries = words.listing([_delivery(debt, words) for debt in why.late])
    sentence = t.plural(
        "%(sum)s is left to pay for the delivery of %(days)s: pay it, then you can order again.",
        "%(sum)s is left to pay for the deliveries of %(days)s: pay it, then you can order again.",
        len(why.late),
    )
    return [sentence % {"sum": words.money(why.late_cents), "days": deliveries}]


def _delivery(debt: Debt, words: Words) -> str:
    return words.day(debt.delivers_on)


def _over(why: Barred, t: Translate, words: Words) -> list[str]:
    if why.room_cents is None:
        return []
    figures = {
        "asked": words.money(why.asked_cents),
        "room": words.money(why.room_cents),
        "limit": words.money(why.gate.limit_cents or 0),
        "left": words.money(why.account.left_cents),
        "open": words.money(why.account.open_cents),
    }
    return [
        t(
            _(
                "This order comes to %(asked)s; it may come to %(room)s: the group lets %(limit)s be open, and "
                "%(left)s is left to pay, %(open)s ordered in other cycles. Take something out, or pay what is left."
            )
        )
        % figures
    ]


def _missing(why: Barred, t: Translate, words: Words) -> list[str]:
    if not why.missing_cents:
        return []
    figures = {"asked": words.money(why.gate.caution_cents or 0), "held": words.money(why.account.caution_cents)}
    sentence = _("The group asks for a caution of %(asked)s, and the hub holds %(held)s: bring it, then you can order.")
    return [t(sentence) % figures]


def whom(contacts: Iterable[Contact], t: Translate) -> str:
    """Whom to call: a coordinator can always order for a household, or let it through."""
    reachable = [f"{c.name} ({c.phone or c.email})" for c in contacts if c.phone or c.email]
    return t(_("Or call %(who)s.")) % {"who": ", ".join(reachable[:2])} if reachable else ""


def rule(gate: Gate, t: Translate, words: Words) -> list[str]:
    """What a group asks, a sentence each; none where it asks nothing."""
    said = []
    if gate.days is not None:
        sentence = t.plural(
            "A delivery has to be paid %(num)d day after it, before more is ordered.",
            "A delivery has to be paid %(num)d days after it, before more is ordered.",
            gate.days,
        )
        said.append(sentence % {"num": gate.days})
    if gate.limit_cents is not None:
        sentence = _("What is ordered and not paid stays under %(sum)s.")
        said.append(t(sentence) % {"sum": words.money(gate.limit_cents)})
    if gate.caution_cents is not None:
        said.append(t(_("A caution of %(sum)s is held.")) % {"sum": words.money(gate.caution_cents)})
    return said
