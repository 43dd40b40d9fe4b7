"""What our mails say about money: accounts of producers, reminders, and transfers between households."""

from datetime import date
from typing import Any

from notify.pages.draft import Button, Draft, Lines, Speaker


def account_rendered(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    cents = facts["closing_cents"]
    values = {
        "hub": say.hub_name,
        "number": facts["number"],
        "commission": facts["commission_number"],
        "since": say.words.day(date.fromisoformat(facts["since"])),
        "until": say.words.day(date.fromisoformat(facts["until"])),
        "sum": say.words.money(abs(cents)),
    }
    told = _("%(hub)s renders account %(number)s to you, from %(since)s to %(until)s.")
    balance = (
        _("You owe the hub %(sum)s: it is set against what comes next.")
        if cents < 0
        else _("%(sum)s are still to come to you, from households or from the hub.")
    )
    commission = (_("The commission is on %(commission)s."),) if facts["commission_number"] else ()
    button = Button(_("See the account"), say.link(facts["path"]))
    blocks = (told, " ".join((balance, *commission)))
    return Draft(_("Your account %(number)s") % values, (*(each % values for each in blocks), button))


def books_sealed(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    values = {"hub": say.hub_name, "day": say.words.day(date.fromisoformat(facts["day"])), "root": facts["root"]}
    blocks = (
        _("This is the seal of the books of %(hub)s until %(day)s. Keep this mail, and never give it back."),
        _(
            "Should anybody change an old entry and make all hashes after it anew, the books no longer fit this seal. "
            "To check, give a copy of it to who looks after the hub: cabas billing verify --seal reads it."
        ),
        *(() if facts["signed"] else (_("The hub has no key yet: this seal is not signed."),)),
    )
    return Draft(
        _("Seal of the books until %(day)s") % values,
        (*(each % values for each in blocks), facts["text"], Button(_("See the seal"), say.link(facts["path"]))),
    )


def invoices_issued(say: Speaker, facts: dict[str, Any]) -> Draft:
    """Each with a link: it is read, and kept as PDF, by who is signed in."""
    _ = say.translate
    values = {"hub": say.hub_name, "household": facts["household_name"]}
    told = _("%(hub)s issued invoices for %(household)s, in the name of each who sold.")
    rows = tuple((each["number"], each["seller_name"], say.words.money(each["cents"])) for each in facts["invoices"])
    buttons = tuple(
        Button(_("See %(number)s") % {"number": each["number"]}, say.link(each["path"])) for each in facts["invoices"]
    )
    return Draft(_("Your invoices of %(hub)s") % values, (told % values, Lines(_("Invoices"), rows), *buttons))


def payment_reminded(say: Speaker, facts: dict[str, Any]) -> Draft:
    """The first is friendly; each says what is left of which delivery."""
    _ = say.translate
    leads = {
        1: _("It may have slipped your mind: this is not paid yet. If you paid in the last days, thank you."),
        2: _("We wrote to you before: this is still not paid. Please pay it within a week, or call us."),
        3: _(
            "In spite of two reminders this is not paid. The producers wait for their money. "
            "If you cannot pay it now, call us: we look for a way together."
        ),
    }
    rows = tuple(
        (
            debt["producer_name"],
            f"{debt['cycle_name']}, {say.words.short_day(date.fromisoformat(debt['delivered_on']))}",
            say.words.money(debt["cents"]),
        )
        for debt in facts["debts"]
    )
    lines = Lines(_("Not paid yet"), rows, (_("Total"), say.words.money(facts["cents"])))
    button = Button(_("See what is owed, and how to pay"), say.link(facts["path"]))
    values = {"household": facts["household_name"], "sum": say.words.money(facts["cents"])}
    subject = (
        _("Reminder: %(sum)s not paid yet") if facts["level"] > 1 else _("A word on what is not paid yet: %(sum)s")
    )
    return Draft(subject % values, (leads[facts["level"]], lines, button))


def membership_reminded(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    values = {"year": facts["year"], "sum": say.words.money(facts["cents"]), "hub": say.hub_name}
    told = _(
        "Your household has not paid its membership fee of %(year)s to %(hub)s yet: %(sum)s. If you paid in the last "
        "days, thank you. If you cannot pay it now, call us: we look for a way together."
    )
    button = Button(_("See what I owe"), say.link("/billing/due"))
    return Draft(_("Membership fee of %(year)s") % values, (told % values, button))


def household_transfers(say: Speaker, facts: dict[str, Any]) -> Draft:
    """Whom it pays, who pays it, and that none of it passes through the hub."""
    _ = say.translate
    values = {"cycles": ", ".join(facts["cycle_names"])}
    button = Button(_("See it, and say what is paid"), say.link(facts["path"]))
    subject = _("Between the households of your group: %(cycles)s") % values
    if not facts["pays"] and not facts["gets"]:
        told = _("Nothing is to be paid between you and other households any more for %(cycles)s.")
        return Draft(subject, (told % values, button))
    lead = _(
        "For %(cycles)s households of your group paid producers for others. This settles it between you: it replaces "
        "what we told you before of these deliveries. None of it passes through the hub."
    )
    blocks: list[str | Lines] = [lead % values]
    for title, some in ((_("You pay"), facts["pays"]), (_("You get"), facts["gets"])):
        if some:
            rows = tuple((name, "", say.words.money(cents)) for name, cents in some)
            blocks.append(Lines(title, rows, (_("Total"), say.words.money(sum(cents for _name, cents in some)))))
    return Draft(subject, (*blocks, button))
