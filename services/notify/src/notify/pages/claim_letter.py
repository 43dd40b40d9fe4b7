"""What our mails say of goods that came otherwise: claims, and the sum that is asked for then."""

from datetime import datetime
from typing import Any

from contracts.claim import ClaimChanged, ClaimState
from notify.claim import BUYER, COORDINATOR, HOUSEHOLD
from notify.pages.draft import Button, Draft, Speaker


def claim(say: Speaker, facts: dict[str, Any]) -> Draft:
    """`to`: as whom they are written to."""
    _, role = say.translate, facts["to"]
    said = ClaimChanged.model_validate({name: facts[name] for name in ClaimChanged.model_fields if name in facts})
    values = {
        "what": say.words.in_language(said.product_name),
        "much": say.words.quantity(said.spoiled_thousandths, said.unit),
        "cycle": said.cycle_name,
        "household": said.household_name,
        "producer": said.producer_name,
        "until": _moment(say, said.answer_until),
        "share_until": _moment(say, said.share_until),
        "answer": said.answer,
    }
    see = Button(_("See the claim"), say.link(said.path))
    quoted = _("“%(reason)s”") % {"reason": said.reason}
    if role == HOUSEHOLD:
        return Draft(_("Your claim: %(what)s") % values, (*_became(say, said, values), see))
    if role == COORDINATOR:
        told = _("%(household)s claims %(much)s of %(what)s (%(producer)s, %(cycle)s). You decide what becomes of it.")
        return Draft(_("A claim to decide: %(what)s") % values, (told % values, quoted, see))
    if role == BUYER:
        told = _(
            "%(much)s of %(what)s that came with yours was spoiled (%(cycle)s). The producer is asked. "
            "Should it not bear it: do you share the loss? You can say so until %(share_until)s; nobody has to."
        )
        return Draft(_("Do you share a loss? %(what)s") % values, (told % values, quoted, see))
    if said.state is ClaimState.OPEN:
        told = _(
            "A household says that %(much)s of %(what)s was spoiled (%(cycle)s). "
            "Please accept it, replace it or refuse it until %(until)s; then the hub decides."
        )
        return Draft(_("Please answer a claim: %(what)s") % values, (told % values, quoted, see))
    if said.state is ClaimState.WITHDRAWN:
        told = _("The claim on %(much)s of %(what)s (%(cycle)s) is withdrawn: there is nothing to do.")
        return Draft(_("A claim is withdrawn: %(what)s") % values, (told % values, see))
    return Draft(_("The hub decided a claim: %(what)s") % values, (*_became(say, said, values), see))


def _became(say: Speaker, said: ClaimChanged, values: dict[str, str]) -> list[str]:
    _ = say.translate
    if said.state is ClaimState.ACCEPTED:
        told = _("%(much)s of %(what)s (%(cycle)s): the claim is accepted. It is not charged.")
    elif said.state is ClaimState.REPLACED:
        told = _("%(much)s of %(what)s (%(cycle)s): it is replaced at the next delivery. The sum stays as it is.")
    elif any(each.shares for each in said.asked):
        told = _("%(much)s of %(what)s (%(cycle)s): the claim is refused. Those who agreed share the loss.")
    else:
        told = _("%(much)s of %(what)s (%(cycle)s): the claim is refused. The sum stays as it is.")
    return [told % values, *([_("“%(reason)s”") % {"reason": said.answer}] if said.answer else [])]


def _moment(say: Speaker, at: datetime | None) -> str:
    return say.words.moment(at) if at is not None else ""


def new_sum(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    values = {
        "cycle": facts["cycle_name"],
        "household": facts["household_name"],
        "before": say.words.money(facts["before_cents"]),
        "now": say.words.money(facts["asked_cents"]),
    }
    told = _(
        "%(household)s, %(cycle)s: something else was delivered than was expected. "
        "Instead of %(before)s, %(now)s is asked for. What was paid counts."
    )
    why = _("What came, and why the sum is another one, is told line by line.")
    see = Button(_("See what I owe"), say.link("/billing/due"))
    return Draft(_("What you owe is now %(now)s: %(cycle)s") % values, (told % values, why, see))
