"""What our mails say, in French and in English: laid out once, as text and as HTML of the same words."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import css_inline
from sqlalchemy import RowMapping

from contracts import Bilingual
from contracts.ordering import OrderAllocated, OrderPlaced, OrderWithdrawn
from notify import message
from notify.allocation import line_key
from notify.message import Letter
from notify.pages import claim_letter, cold_letter, money_letter, recall_letter, schedule_letter
from notify.pages.draft import Button, Draft, Lines, Speaker
from ui.environment import environment
from ui.i18n import LANGUAGES, translator
from ui.words import Words


def sign_in(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    expires = datetime.fromisoformat(facts["expires_at"])
    return Draft(
        _("Your link to sign in to %(hub)s") % {"hub": say.hub_name},
        (
            _("Press the button to sign in. The link works once, until %(time)s.")
            % {"time": say.words.clock_time(expires)},
            Button(_("Sign in"), say.link(facts["path"])),
            _("You did not ask for it? Then forget this mail: without it nobody comes in."),
        ),
    )


def order_confirmation(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    order = OrderPlaced.model_validate(facts["order"])
    tables = []
    for producer in sorted({line.producer_name for line in order.lines}, key=str.casefold):
        mine = [line for line in order.lines if line.producer_name == producer]
        rows = tuple(
            (
                say.wish(line),
                say.words.quantity(line.quantity_thousandths, line.article.unit),
                say.words.money(line.gross_cents),
            )
            for line in mine
        )
        total = (_("Total"), say.words.money(sum(line.gross_cents for line in mine)))
        tables.append(Lines(producer, rows, total if len(mine) > 1 else None))
    until = _("You can change it until %(moment)s.") % {"moment": say.words.moment(order.closes_at)}
    if facts["closed"]:
        until = _("Orders are closed now. Should you get anything other than you asked for, you are told.")
    values = {"cycle": order.cycle_name, "household": order.household_name, "group": order.group_name}
    return Draft(
        _("Your order: %(cycle)s") % values,
        (
            _("The order of %(household)s with the group %(group)s is taken.") % values,
            *tables,
            Lines("", (), (_("Whole order"), say.words.money(order.gross_cents))),
            *say.deposits(order),
            *say.weighed(order),
            until,
            *say.pickup(facts["pickup"]),
            Button(_("See my order") if facts["closed"] else _("See or change my order"), say.link("/ordering/orders")),
        ),
    )


def order_allocated(say: Speaker, facts: dict[str, Any]) -> Draft:
    """`news`: the lines to tell, with what was told of each before."""
    _ = say.translate
    order, news = OrderAllocated.model_validate(facts["order"]), facts["news"]
    values = {"cycle": order.cycle_name, "household": order.household_name}
    again = any(before is not None for before in news.values())
    told = [line for line in order.lines if line_key(line) in news]
    rest = any(line.quantity_thousandths for line in order.lines if line not in told)
    return Draft(
        (_("Corrected: what you get, %(cycle)s") if again else _("What you get: %(cycle)s")) % values,
        (
            _("What %(household)s gets has changed again since our last mail:") % values
            if again
            else _("%(household)s does not get everything just as it was asked for. This is different:") % values,
            *(say.given(line, news[line_key(line)], order) for line in told),
            *([_("The rest comes as you were told before.") if again else _("The rest comes as asked for.")] * rest),
            Lines("", (), (_("Whole order"), say.words.money(order.gross_cents))),
            *say.deposits(order),
            *say.weighed(order),
            *say.pickup(facts["pickup"]),
            Button(_("See my order"), say.link("/ordering/orders")),
        ),
    )


def order_withdrawn(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    order = OrderWithdrawn.model_validate(facts["order"])
    return Draft(
        _("Order withdrawn: %(cycle)s") % {"cycle": order.cycle_name},
        (
            _("The order of %(household)s is withdrawn: nothing is ordered any more.")
            % {"household": order.household_name},
            Button(_("Open the shop"), say.link("/ordering/shop")),
        ),
    )


def closing_reminder(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    values = {
        "cycle": facts["cycle_name"],
        "moment": say.words.moment(datetime.fromisoformat(facts["closes_at"])),
    }
    return Draft(
        _("Orders close soon: %(cycle)s") % values,
        (
            _("Your household has not ordered yet. Orders are taken until %(moment)s.") % values,
            *say.pickup(facts["pickup"]),
            Button(_("Open the shop"), say.link("/ordering/shop")),
            _("You need nothing this time? Then there is nothing to do."),
        ),
    )


def pick_list(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    day = date.fromisoformat(facts["delivers_on"])
    values = {"cycle": facts["cycle_name"], "day": say.words.day(day), "producer": facts["producer_name"]}
    count = _.plural("One product", "%(n)d products", facts["lines"]) % {"n": facts["lines"]}
    if not facts["lines"]:
        return Draft(
            _("Corrected: nothing to bring on %(day)s any more") % values,
            (
                _("The orders for %(cycle)s changed: %(producer)s has nothing to bring on %(day)s any more.") % values,
                _("This replaces the list you have. The button shows what changed, without an account."),
                Button(_("Open the pick list"), say.link(facts["path"])),
            ),
        )
    corrected = facts.get("revision", 1) > 1
    return Draft(
        (_("Corrected: what to bring on %(day)s") if corrected else _("What to bring on %(day)s")) % values,
        (
            _(
                "What is wanted for %(cycle)s changed. This list replaces the one you have; it says what was and what "
                "is now to be brought by %(producer)s on %(day)s."
            )
            % values
            if corrected
            else _(
                "Orders for %(cycle)s are closed. "
                "Here is what %(producer)s is to bring on %(day)s, for all groups together."
            )
            % values,
            Lines("", (), (count, say.words.money(facts["gross_cents"]))),
            _(
                "The list is attached to print. The button shows it on a phone, without an account; "
                "please say there whether you can bring it all."
            ),
            Button(_("Open the pick list"), say.link(facts["path"])),
        ),
    )


def certificate_ends(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    named = say.words.in_language(Bilingual.model_validate(facts["label_name"]))
    values = {
        "label": named,
        "number": facts["number"],
        "day": say.words.day(date.fromisoformat(facts["valid_until"])),
        "producer": facts["producer_name"],
        "goods": facts["product_name"],
    }
    subject = _("“%(label)s” has ended: %(producer)s") if facts["ended"] else _("“%(label)s” ends soon: %(producer)s")
    told = [
        (
            _("The certificate %(number)s of %(producer)s for “%(label)s” ended on %(day)s.")
            if facts["ended"]
            else _("The certificate %(number)s of %(producer)s for “%(label)s” is valid until %(day)s.")
        )
        % values
    ]
    if facts["product_name"]:
        told.append(_("It is for %(goods)s alone.") % values)
    lapse = (
        _("Members do not see this label any more, until the next certificate is on file.")
        if facts["ended"]
        else _("Without the next one members do not see this label any more from the day after.")
    )
    if facts["coordinates"]:
        ask = _("The producer was written to as well. File the next one as soon as it is there.")
        path = f"/catalog/certificates/new?producer_id={facts['producer_id']}&label={facts['label']}"
        return Draft(subject % values, (" ".join(told), lapse, ask, Button(_("File the next one"), say.link(path))))
    ask = _("Please send the next one to those who coordinate the hub, as a PDF or a photograph.")
    see = Button(_("See the certificates"), say.link("/catalog/certificates"))
    return Draft(subject % values, (" ".join(told), lapse, ask, see))


def mandate_to_sign(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    values = {
        "hub": say.hub_name,
        "producer": facts["producer_name"],
        "moment": say.words.moment(datetime.fromisoformat(facts["expires_at"])),
    }
    told = (
        _(
            "%(hub)s proposes another version of the mandate contract with %(producer)s. "
            "Until both have signed, the one in force holds."
        )
        if facts["another"]
        else _(
            "%(hub)s proposes a mandate contract to %(producer)s: it would sell in your name, and never own your goods."
        )
    )
    how = _(
        "The button shows the text on a phone, without an account. "
        "You sign there, or refuse and say why. It works until %(moment)s."
    )
    button = Button(_("Read the contract"), say.link(facts["path"]))
    return Draft(_("A mandate contract to read and sign"), (told % values, how % values, button))


def mandate_ends(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate

    def day(name: str) -> str:
        return say.words.day(date.fromisoformat(facts[name])) if facts[name] else ""

    values = {"producer": facts["producer_name"], "day": day("term_ends_on"), "notice": day("notice_by")}
    told = (
        _(
            "The term of the mandate contract with %(producer)s ends on %(day)s. "
            "It is renewed tacitly unless one side gives notice by %(notice)s."
        )
        if facts["notice_by"]
        else _(
            "The mandate contract with %(producer)s ends on %(day)s and is not renewed. "
            "From the day after, its goods are not offered any more."
        )
    )
    button = Button(_("See the contract"), say.link(f"/billing/mandates/{facts['mandate_id']}"))
    return Draft(_("Mandate contract: %(producer)s, until %(day)s") % values, (told % values, button))


def direct_debit(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    values = facts | {
        "day": say.words.day(date.fromisoformat(facts["collected_on"])),
        "sum": say.words.money(facts["cents"]),
    }
    if facts["called_off"]:
        told = _(
            "%(creditor_name)s takes nothing on %(day)s: the direct debit of %(sum)s is called off. "
            "What you owe is still to be paid."
        )
        return Draft(_("No direct debit on %(day)s") % values, (told % values,))
    told = _(
        "%(creditor_name)s will take %(sum)s on %(day)s from the account of your household ending in %(iban_end)s."
    )
    named = (
        (_("Mandate reference (RUM)"), facts["mandate_ref"]),
        (_("Creditor identifier (ICS)"), facts["creditor_id"]),
        (_("On your bank statement"), facts["reference"]),
    )
    colon = _(": ")
    rest = _("Please do not pay this sum by other means meanwhile. Something is wrong? Tell us before that day.")
    see = Button(_("See what I owe"), say.link("/billing/due"))
    known = (f"{label}{colon}{value}" for label, value in named)
    return Draft(_("Direct debit of %(sum)s on %(day)s") % values, (told % values, *known, rest, see))


DRAFTS: dict[str, Callable[[Speaker, dict[str, Any]], Draft]] = {
    message.SIGN_IN: sign_in,
    message.ALLOCATION: order_allocated,
    message.CONFIRMATION: order_confirmation,
    message.WITHDRAWAL: order_withdrawn,
    message.REMINDER: closing_reminder,
    message.PICK_LIST: pick_list,
    message.CERTIFICATE: certificate_ends,
    message.DEBIT: direct_debit,
    message.SPOILED: claim_letter.claim,
    message.NONCONFORMITY: cold_letter.nonconformity,
    message.SILENT_PROBE: cold_letter.silent_probe,
    message.NEW_SUM: claim_letter.new_sum,
    message.MANDATE: mandate_to_sign,
    message.MANDATE_ENDS: mandate_ends,
    message.ACCOUNT: money_letter.account_rendered,
    message.INVOICES: money_letter.invoices_issued,
    message.SEAL: money_letter.books_sealed,
    message.RECALL: recall_letter.recall,
    message.RECALL_UNDONE: recall_letter.recall_undone,
    message.PAYMENT: money_letter.payment_reminded,
    message.MEMBERSHIP: money_letter.membership_reminded,
    message.TRANSFERS: money_letter.household_transfers,
    message.SCHEDULE: schedule_letter.schedule,
    message.HANDOVER: schedule_letter.handover_changed,
}


class Letters:
    """Lays out messages: `letters(row)` gives the Letter."""

    def __init__(self, hub_name: str, public_url: str, zone: ZoneInfo) -> None:
        self.hub_name = hub_name
        self.public_url = public_url
        self.zone = zone
        self._pages = {code: environment("notify", code, zone).get_template("mail/letter.html") for code in LANGUAGES}
        self._inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)

    def __call__(self, held: RowMapping) -> Letter:
        language = held["language"] if held["language"] in LANGUAGES else "fr"
        say = Speaker(translator("notify", language), Words(language, self.zone), self.hub_name, self.public_url)
        draft = DRAFTS[held["template"]](say, held["facts"])
        hello = say.translate("Hello %(name)s,") % {"name": held["name"]} if held["name"] else say.translate("Hello,")
        colon = say.translate(": ")
        html = self._pages[language].render(
            draft=draft,
            hello=hello,
            hub_name=self.hub_name,
            public_url=self.public_url,
            kinds=[type(block).__name__ for block in draft.blocks],
        )
        return Letter(draft.subject, plain(draft, hello, self.hub_name, colon), self._inliner.inline(html))


def plain(draft: Draft, hello: str, hub_name: str, colon: str) -> str:
    """The same words for those who read text. `colon`: between a word and its figure."""
    parts = [hello]
    for block in draft.blocks:
        if isinstance(block, Lines):
            lines = [block.title] if block.title else []
            lines += [f"  {what} – {amount} – {price}" for what, amount, price in block.rows]
            lines += [f"  {block.total[0]}{colon}{block.total[1]}"] if block.total else []
            parts.append("\n".join(lines))
        elif isinstance(block, Button):
            parts.append(f"{block.label}\n{block.url}")
        else:
            parts.append(block)
    return "\n\n".join([*parts, f"-- \n{hub_name}"]) + "\n"
