"""Sentences for what cannot be: why an order or a cycle was refused, in words for the one who sent it."""

from collections.abc import Mapping
from dataclasses import replace

from coldchain.early import Refusal
from coldchain.words import refused
from contracts.goods import Article, Unit
from ordering.late_order import Contact
from ordering.mandate import Lack, Uncovered
from ordering.order import CycleNotOpen, NotInCycle, TooLate
from ordering.order_desk import Busy
from ordering.pages.payment_words import why_barred
from ordering.payment_gate import PaymentDue
from ordering.plan import Impossible, Problem
from ordering.wanted import Wrong, WrongLine
from ui.i18n import Translate, translator
from ui.i18n import marked as _
from ui.words import Words

_PROBLEMS: Mapping[Problem, str] = {
    Problem.NO_NAME: _("Give the cycle a name, for example “Week 48”."),
    Problem.CLOSES_BEFORE_IT_OPENS: _("The cycle would close before it opens."),
    Problem.CLOSING_IN_THE_PAST: _("This closing time is past."),
    Problem.TOO_LONG: _("The cycle would be open for more than a year: check the date."),
    Problem.DELIVERY_BEFORE_CLOSING: _("Producers would deliver before the orders are closed."),
    Problem.DELIVERY_TOO_FAR: _("The delivery is more than a year after the closing: check the date."),
    Problem.PICKUP_BEFORE_DELIVERY: _("The group would collect before the goods are delivered."),
    Problem.NO_GROUP: _("Tick at least one group."),
    Problem.UNKNOWN_GROUP: _("One of these groups does not exist or orders no more."),
    Problem.GROUP_HAS_ORDERED: _("Households of this group have ordered already: %(names)s."),
    Problem.NO_OFFER: _(
        "Nothing would be on offer: choose other products, or check their season, their price and their mandate."
    ),
    Problem.UNKNOWN_PRODUCT: _("One of these products is not on offer in the catalog."),
    Problem.PRODUCT_IS_ORDERED: _("These products are ordered already, and stay: %(names)s. Limit what is available."),
    Problem.BELOW_WHAT_IS_ORDERED: _("More than that is ordered already."),
    Problem.NEGATIVE: _("Type a number of 0 or more."),
    Problem.OUTSIDE_THE_CYCLE: _("This lies outside the hours of the cycle."),
}


def of_plan(impossible: Impossible, translate: Translate) -> dict[str, str]:
    """Field -> sentence."""
    return {
        name: translate(_PROBLEMS[problem]) % {"names": impossible.names.get(name, "")}
        if "%(names)s" in _PROBLEMS[problem]
        else translate(_PROBLEMS[problem])
        for name, problem in impossible.problems.items()
    }


def of_line(line: WrongLine, translate: Translate, words: Words) -> str:
    """What is wrong with one line of an order."""
    if line.wrong is Wrong.WRONG_UNIT and line.article is not None:
        return translate(_SOLD_BY[line.article.unit])
    if line.wrong is Wrong.SHORT and line.article is not None:
        if line.left == 0:
            return translate(_("Sold out meanwhile: nothing is left for you."))
        if line.pool is not None:
            said = translate(_("Only %(left)s left for you of all sizes of “%(name)s” together."))
            return said % {
                "left": words.quantity(line.left, line.pool.unit),
                "name": words.in_language(line.pool.name),
            }
        left = words.quantity(line.left, line.article.unit)
        return translate(_("Only %(left)s left for you.")) % {"left": left}
    if line.wrong is Wrong.NO_MANDATE and line.lack is not None:
        return of_mandate(line.lack, translate, words)
    if line.never is not None and line.article is not None:
        return of_reception(line.never, line.article, words)
    if line.wrong in _HOURS and line.at is not None:
        return translate(_HOURS[line.wrong]) % {"when": words.moment(line.at)}
    return translate(_LINES[line.wrong])


def of_mandate(lack: Uncovered, translate: Translate, words: Words) -> str:
    """Why goods that are sold under mandate cannot be ordered for a delivery."""
    return translate(_LACKS[lack.lack]) % {"day": words.day(lack.day) if lack.day else ""}


def of_reception(never: Refusal, article: Article, words: Words) -> str:
    """Why goods can never be ordered to a group's place, in the words of the cold chain."""
    named = replace(never, product=words.in_language(article.name))
    return refused(named, translator("coldchain", words.language), words)


_LACKS: Mapping[Lack, str] = {
    Lack.UNSIGNED: _("No mandate of this producer is signed by both: the hub cannot sell in its name."),
    Lack.NOT_YET: _("This producer’s mandate begins on %(day)s only, after this delivery."),
    Lack.OVER: _("This producer’s mandate ends on %(day)s, before this delivery. What is ordered already stays."),
    Lack.NOT_IN_ANNEX: _("This producer’s mandate does not name this product: its annex is to be completed first."),
}
_HOURS: Mapping[Wrong, str] = {
    Wrong.PRODUCER_NOT_OPEN: _("This producer can be ordered from only on %(when)s."),
    Wrong.PRODUCER_CLOSED: _("Too late for this producer: its orders closed on %(when)s."),
}
_LINES: Mapping[Wrong, str] = {
    Wrong.NOT_OFFERED: _("This product is not on offer in this cycle."),
    Wrong.NOT_ABOVE_ZERO: _("Order more than zero, or leave the product out."),
    Wrong.TOO_MUCH: _("This is too much for one household: check the number."),
    Wrong.WHOLE_ONLY: _("This is sold by the piece: order a whole number."),
    Wrong.WRONG_UNIT: _("This is not the unit the product is sold in."),
    Wrong.TWICE: _("This product is in the order twice."),
    Wrong.SHORT: _("There is not enough of it left."),
    Wrong.TOLERANCE: _("“Up to so much more” must be a quantity this product is sold in."),
    Wrong.NOT_COMPLETING: _("Orders are closed: only what helps to complete a case can still be changed."),
    Wrong.LEAST: _("The least you want cannot be more than you order."),
    Wrong.NEVER_RECEIVED: _("Your group’s place can never receive this product."),
    Wrong.NO_MANDATE: _("No mandate covers this product on the day of delivery."),
    Wrong.NOT_EXTENDED: _("Orders are closed: only another producer can still be ordered from."),
}
_SOLD_BY: Mapping[Unit, str] = {
    Unit.PIECE: _("This is sold by the piece, not by weight or volume."),
    Unit.KG: _("This is sold by the kilo."),
    Unit.LITRE: _("This is sold by the litre."),
}


def of_order(refusal: Exception, translate: Translate, words: Words, contacts: tuple[Contact, ...] = ()) -> str:
    """Why no order can be taken now, and whom to call."""
    if isinstance(refusal, PaymentDue):
        return why_barred(refusal.barred, translate, words, contacts)
    if isinstance(refusal, TooLate):
        said = translate(_("Too late: orders closed on %(when)s.")) % {"when": words.moment(refusal.closed_at)}
        return f"{said} {whom_to_call(contacts, translate)}".strip()
    if isinstance(refusal, CycleNotOpen):
        if refusal.opens_at is None:
            return translate(_("This cycle is still being prepared: it takes no orders yet."))
        return translate(_("This cycle opens on %(when)s.")) % {"when": words.moment(refusal.opens_at)}
    if isinstance(refusal, NotInCycle):
        said = translate(_("The group %(name)s does not take part in this cycle."))
        return said % {"name": refusal.group_name}
    if isinstance(refusal, Busy):
        return translate(_("Many orders come in right now. Send it again in a few seconds: it counts only once."))
    return translate(_("The basket is empty: choose something first."))


def whom_to_call(contacts: tuple[Contact, ...], translate: Translate) -> str:
    reachable = [f"{c.name} ({c.phone or c.email})" for c in contacts if c.phone or c.email]
    if not reachable:
        return ""
    return translate(_("If you still need something, call %(who)s.")) % {"who": ", ".join(reachable[:2])}
