"""Words for the codes of messages."""

from notify import message
from ui.i18n import marked as _

TEMPLATES = {
    message.SIGN_IN: _("Link to sign in"),
    message.PICK_LIST: _("Pick list"),
    message.ALLOCATION: _("What the household gets"),
    message.CONFIRMATION: _("Order confirmation"),
    message.WITHDRAWAL: _("Order withdrawn"),
    message.REMINDER: _("Closing reminder"),
    message.CERTIFICATE: _("A certificate ends"),
    message.DEBIT: _("A direct debit to come"),
    message.SPOILED: _("Something was spoiled"),
    message.NEW_SUM: _("A new sum after the delivery"),
    message.NONCONFORMITY: _("Goods held: a temperature broke its limit"),
    message.SILENT_PROBE: _("A silent probe"),
    message.MANDATE: _("A mandate contract to sign"),
    message.MANDATE_ENDS: _("A mandate contract ends"),
    message.ACCOUNT: _("Account of a producer"),
    message.INVOICES: _("Invoices of a household"),
    message.SEAL: _("Seal of the books"),
    message.RECALL: _("A recall of food"),
    message.RECALL_UNDONE: _("A recall undone"),
    message.PAYMENT: _("Reminder of what is not paid"),
    message.MEMBERSHIP: _("Reminder of the membership fee"),
    message.TRANSFERS: _("What a household pays to others"),
    message.SCHEDULE: _("Schedule of a day"),
    message.HANDOVER: _("Another place or hour to collect"),
}

STATES = {
    message.WAITING: _("Waiting"),
    message.SENT: _("Sent"),
    message.FAILED: _("Failed"),
    message.SUPERSEDED: _("Not needed"),
}

BADGES = {message.WAITING: "waiting", message.SENT: "sent", message.FAILED: "failed", message.SUPERSEDED: "unchanged"}

REASONS = {
    "no_address": _("No e-mail address is known. Call, or add the address and try again."),
    "bad_address": _("The address is not one that mail can be sent to. Correct it, then try again."),
    "refused": _("The recipient’s mail server refuses the address or the mail for good. Ask for another address."),
    "busy": _("The recipient’s mail server asks to come back later. It is tried again by itself."),
    "unreachable": _("Our mail server does not answer. Nothing is lost: mails leave as soon as it does."),
    "misconfigured": _("Our mail server does not accept our name, password or sender. Tell the operator."),
    "no_document": _("The document to attach is not there yet. It is tried again by itself."),
    "expired": _("It came too late to be of use, so it was not sent."),
    "newer": _("Something newer says it better, so it was not sent."),
    "broken": _("The mail could not be made. Tell the operator."),
}
