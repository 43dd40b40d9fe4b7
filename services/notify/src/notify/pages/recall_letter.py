"""What our mails say of food that is not safe, and that it is safe after all."""

from typing import Any

from contracts.logistics import RecallAction, RecalledGoods
from notify.pages.draft import Draft, Speaker


def recall(say: Speaker, facts: dict[str, Any]) -> Draft:
    """To a household (`got`: what it got or was to get), or to the producer (`names`: of its goods)."""
    _ = say.translate
    values = {"producer": facts["producer_name"], "reason": facts["reason"], "contact": facts["contact"]}
    why = _("Why: %(reason)s") % values
    call = [_("Whom to call: %(contact)s") % values] if facts["contact"] else []
    if "got" not in facts:
        values["what"] = say.words.listing(facts["names"])
        told = _("The hub calls back goods of yours: %(what)s. Every household that got of them is told now.")
        ask = _("Please deliver none of it until this is cleared, and keep what you have of it apart.")
        return Draft(_("Recall of your goods: %(what)s") % values, (told % values, why, ask, *call))
    got = [(RecalledGoods.model_validate(each), each["held_back"]) for each in facts["got"]]
    handed = [_line(say, each) for each, held_back in got if not held_back]
    held = [_line(say, each) for each, held_back in got if held_back]
    values["what"] = say.words.listing(list(dict.fromkeys(say.words.in_language(each.name) for each, _held in got)))
    blocks: list[str] = []
    if handed:
        blocks.append(_("Do not eat this; it came from %(producer)s with your order:") % values)
        blocks += handed
    if held:
        blocks.append(_("This is not handed out to you; it was to come from %(producer)s:") % values)
        blocks += held
    blocks.append(why)
    if handed:
        blocks.append(_to_do(say, RecallAction(facts["action"])))
        blocks.append(_("Did you eat of it and feel unwell? Call a doctor, and read out this mail."))
    blocks += [facts["note"]] if facts["note"] else []
    subject = _("RECALL – do not eat: %(what)s") if handed else _("Not handed out, for safety: %(what)s")
    return Draft(subject % values, (*blocks, *call))


def _to_do(say: Speaker, action: RecallAction) -> str:
    if action is RecallAction.RETURN:
        return say.translate("Keep it apart and bring it back to your pickup point.")
    return say.translate("Throw it away in a closed bag.")


def _line(say: Speaker, each: RecalledGoods) -> str:
    _ = say.translate
    name = ", ".join(filter(None, (say.words.in_language(each.name), each.pack_label)))
    much = say.words.quantity(each.quantity_thousandths, each.unit)
    parts = [name, much if each.sure else _("perhaps, at most %(much)s") % {"much": much}]
    if each.lot_number:
        parts.append(_("lot %(number)s") % {"number": each.lot_number})
    parts.append(_("delivered on %(day)s") % {"day": say.words.day(each.delivers_on)})
    return "– " + " · ".join(parts)


def recall_undone(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    values = {name: facts[name] for name in ("producer_name", "reason", "because")}
    told = _("The recall of goods of %(producer_name)s (%(reason)s) was an error: they are safe.")
    return Draft(_("The recall is undone: %(producer_name)s") % values, (told % values, values["because"]))
