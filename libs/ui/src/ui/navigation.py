"""The main menu: one table of all pages that people start from, and who sees which."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from contracts import Role
from ui.i18n import marked as _

SIGN_IN = "/ordering/sign-in"
SIGN_OUT = "/ordering/sign-out"
ME = "/ordering/me"

_OPERATIONS = re.compile(r"^/[a-z]+/operations(?=/|$)")

DOCK = 4
"""A phone's bar holds this many entries; the others are behind "Menu"."""


@dataclass(frozen=True)
class Entry:
    """`part` groups entries; a chalk line is drawn between parts. Order is the order of the menu."""

    url: str
    label: str
    icon: str
    part: str
    roles: frozenset[Role]


_ALL = frozenset(Role)
_STAFF = frozenset({Role.COORDINATOR, Role.BOOKKEEPER})
_COORDINATOR = frozenset({Role.COORDINATOR})
_OPERATOR = frozenset({Role.OPERATOR})
_SELLERS = _COORDINATOR | {Role.PRODUCER}

ENTRIES = (
    Entry("/", _("Home"), "house", "order", _ALL),
    Entry("/ordering/shop", _("Shop"), "shopping-basket", "order", frozenset({Role.MEMBER})),
    Entry("/ordering/orders", _("My orders"), "clipboard-list", "order", frozenset({Role.MEMBER})),
    Entry("/billing/due", _("What I owe"), "coins", "order", frozenset({Role.MEMBER})),
    Entry("/logistics/received", _("Lots and dates"), "tag", "order", frozenset({Role.MEMBER})),
    Entry("/ordering/cycles", _("Cycles"), "calendar-days", "coordinate", _COORDINATOR | {Role.REFERENT}),
    Entry(
        "/logistics/pick-lists",
        _("Pick lists"),
        "list-checks",
        "goods",
        frozenset({Role.COORDINATOR, Role.OPERATOR, Role.PRODUCER}),
    ),
    Entry(
        "/logistics/handovers",
        _("Hand-overs"),
        "handshake",
        "goods",
        frozenset({Role.COORDINATOR, Role.DRIVER, Role.REFERENT, Role.PRODUCER}),
    ),
    Entry("/billing/cycles", _("Amounts due"), "hand-coins", "coordinate", _STAFF),
    Entry("/billing/payments", _("Payments"), "banknote", "coordinate", _STAFF),
    Entry("/billing/between", _("Between households"), "arrow-left-right", "coordinate", frozenset({Role.REFERENT})),
    Entry("/billing/payouts", _("Payouts"), "send", "coordinate", _STAFF),
    Entry("/billing/ledger", _("Ledger"), "book-open", "coordinate", _STAFF),
    Entry("/billing/accounts", _("Accounts of producers"), "scale", "coordinate", _STAFF | {Role.PRODUCER}),
    Entry("/billing/mandates", _("Mandates"), "signature", "coordinate", _STAFF | {Role.PRODUCER}),
    Entry(
        "/billing/claims",
        _("Claims"),
        "circle-alert",
        "coordinate",
        frozenset({Role.MEMBER, Role.PRODUCER}) | _STAFF,
    ),
    Entry(
        "/ordering/rhythms",
        _("Plan of the year"),
        "calendar-range",
        "coordinate",
        _COORDINATOR | {Role.REFERENT},
    ),
    Entry("/ordering/groups", _("Groups"), "map-pin", "coordinate", _STAFF),
    Entry("/ordering/households", _("Households"), "users", "coordinate", _STAFF | {Role.REFERENT}),
    Entry("/ordering/people", _("People"), "id-card", "coordinate", _COORDINATOR),
    Entry("/catalog/producers", _("Producers"), "tractor", "goods", _COORDINATOR | {Role.PRODUCER, Role.REFERENT}),
    Entry("/catalog/products", _("Products"), "carrot", "goods", _COORDINATOR | {Role.PRODUCER, Role.REFERENT}),
    Entry("/catalog/import", _("Price lists"), "file-up", "goods", _SELLERS),
    Entry("/catalog/pools", _("Pools"), "boxes", "goods", _SELLERS),
    Entry("/catalog/seasons", _("Season calendar"), "leaf", "goods", _SELLERS | {Role.REFERENT, Role.MEMBER}),
    Entry("/catalog/certificates", _("Certificates"), "badge-check", "goods", _SELLERS),
    Entry("/logistics/rounds", _("Rounds"), "truck", "goods", _COORDINATOR | {Role.DRIVER}),
    Entry(
        "/logistics/network",
        _("Network"),
        "map",
        "goods",
        frozenset({Role.COORDINATOR, Role.OPERATOR, Role.DRIVER, Role.REFERENT, Role.PRODUCER}),
    ),
    Entry("/logistics/recalls", _("Recalls"), "triangle-alert", "goods", _COORDINATOR),
    Entry(
        "/logistics/temperatures",
        _("Temperatures"),
        "thermometer",
        "goods",
        frozenset({Role.COORDINATOR, Role.DRIVER, Role.REFERENT}),
    ),
    Entry("/notify/mailbox", _("Mailbox"), "mail", "machine", _COORDINATOR | _OPERATOR),
    Entry("/ordering/operations", _("Operations"), "wrench", "machine", _OPERATOR),
)

SERVICES = {
    "catalog": _("Catalog"),
    "ordering": _("Ordering"),
    "logistics": _("Logistics"),
    "billing": _("Billing"),
    "notify": _("Notify"),
}
"""Each has operations pages of its own; the menu leads to those of ordering, which lead to the others'."""

_PARTS = ("order", "coordinate", "goods", "machine")


def entries_for(roles: Collection[Role]) -> list[Entry]:
    """What somebody with these roles finds in the menu, part by part; nothing for somebody without a role."""
    seen = [entry for entry in ENTRIES if not entry.roles.isdisjoint(roles)]
    return sorted(seen, key=lambda entry: _PARTS.index(entry.part))


def docked(entries: list[Entry]) -> list[Entry]:
    """The few for the phone's bar: as the table orders them, not part by part."""
    return sorted(entries, key=ENTRIES.index)[:DOCK]


def current(entries: list[Entry], path: str) -> str:
    """The URL of the entry whose page `path` is, or lies under; the longest one."""
    if path in ("/", "/ordering/home"):
        return "/"
    path = _OPERATIONS.sub("/ordering/operations", path)
    under = [entry.url for entry in entries if path == entry.url or path.startswith(entry.url.rstrip("/") + "/")]
    return max((url for url in under if url != "/"), key=len, default="")
