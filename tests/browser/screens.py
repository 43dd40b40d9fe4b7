"""The screens of the hub: whose they are, and where."""

from collections.abc import Callable

from stages import PUT_OFF, STAGES
from visitor import Hub

from cabas.parts import NAMES

Where = Callable[[Hub], str]


def order_of(hub: Hub, stage: str, number: int) -> str:
    return STAGES.orders[stage][hub.week.household(number)]


def cycle(stage: str, rest: str = "") -> Where:
    return lambda hub: f"/ordering/cycles/{STAGES.cycles[stage]}{rest}"


def member_shop(stage: str, number: int) -> Where:
    return lambda hub: f"/ordering/shop/{STAGES.cycles[stage]}/{hub.week.household(number)}"


def at(path: str) -> Where:
    return lambda _hub: path


def found(name: str) -> Where:
    return lambda _hub: STAGES.paths[name]


COORDINATORS: dict[str, Where] = {
    "home": at("/"),
    "me": at("/ordering/me"),
    "cycles": at("/ordering/cycles"),
    "cycle-new": at("/ordering/cycles/new"),
    "cycle-open": cycle("open"),
    "cycle-edit": cycle("open", "/edit"),
    "cycle-hours": cycle("open", "/hours"),
    "cycle-completing": cycle("completing"),
    "cycle-deciding": cycle("deciding"),
    "cycle-settled": cycle("settled"),
    "cycle-close": cycle("open", "/close"),
    "decisions": cycle("deciding", "/decisions"),
    "decided": cycle("settled", "/decisions"),
    "order-form": lambda hub: (
        f"/ordering/cycles/{STAGES.cycles['open']}/order-form/{next(iter(hub.week.group_ids.values()))}"
    ),
    "entry": cycle("open", "/entry"),
    "entry-one": lambda hub: f"/ordering/cycles/{STAGES.cycles['open']}/entry/{hub.week.household(0)}",
    "shop-on-behalf": lambda hub: f"/ordering/cycles/{STAGES.cycles['open']}/orders/{hub.week.household(0)}",
    "rhythms": at("/ordering/rhythms"),
    "rhythm": found("rhythm"),
    "rhythm-new": at("/ordering/rhythms/new"),
    "rhythm-week": at("/ordering/rhythms/week"),
    "calendars": at("/ordering/calendars"),
    "groups": at("/ordering/groups"),
    "group": found("group"),
    "group-new": at("/ordering/groups/new"),
    "group-payment": lambda hub: f"/ordering/groups/{next(iter(hub.week.group_ids.values()))}/payment",
    "households": at("/ordering/households"),
    "household": lambda hub: f"/ordering/households/{hub.week.household(0)}",
    "household-payment": lambda hub: f"/ordering/households/{hub.week.household(0)}/payment",
    "household-new": at("/ordering/households/new"),
    "household-person": found("household-person"),
    "household-person-new": lambda hub: f"/ordering/households/{hub.week.household(0)}/people/new",
    "household-leave": found("household-leave"),
    "households-import": at("/ordering/households/import"),
    "people": at("/ordering/people"),
    "person": found("person"),
    "person-new": at("/ordering/people/new"),
    "pick-lists": at("/logistics/pick-lists"),
    "recalls": at("/logistics/recalls"),
    "recalls-found": lambda hub: f"/logistics/recalls?producer_id={STAGES.pasta_maker}&first=2020-01-01",
    "lots": lambda hub: f"/logistics/pick-lists/{STAGES.list_id}/lots",
    "network": at("/logistics/network"),
    "day": found("day"),
    "days": at("/logistics/days"),
    "rounds": at("/logistics/rounds"),
    "network-box": at("/logistics/network/boxes/box"),
    "network-boxes": at("/logistics/network/boxes"),
    "network-carrier": at("/logistics/network/carriers/marcel"),
    "network-carrier-new": at("/logistics/network/carriers/new"),
    "network-site": at("/logistics/network/sites/dock"),
    "network-site-edit": at("/logistics/network/sites/dock/edit"),
    "network-site-new": at("/logistics/network/sites/new"),
    "network-vehicle": at("/logistics/network/vehicles/van"),
    "network-vehicle-new": at("/logistics/network/vehicles/new"),
    "answer-by-phone": lambda hub: f"/logistics/pick-lists/{STAGES.other_list_id}",
    "list-revised": lambda hub: f"/logistics/pick-lists/{STAGES.list_id}",
    "logistics-cycle": lambda hub: f"/logistics/cycles/{STAGES.cycles['settled']}",
    "amounts-cycles": at("/billing/cycles"),
    "amounts": lambda hub: f"/billing/cycles/{STAGES.cycles['settled']}",
    "delivered": lambda hub: f"/billing/cycles/{STAGES.cycles['settled']}/delivery",
    "household-amount": lambda hub: f"/billing/households/{hub.week.household(2)}",
    "cycle-invoices": lambda hub: f"/billing/cycles/{STAGES.cycles['settled']}/invoices",
    "household-invoices": lambda hub: (
        f"/billing/households/{hub.week.household(2)}/invoices?cycle={STAGES.cycles['settled']}"
    ),
    "invoices": at("/billing/invoices"),
    "claims": at("/billing/claims"),
    "claim-new": lambda hub: f"/billing/households/{hub.week.household(2)}/claims/new?cycle={STAGES.cycles['settled']}",
    "fees": at("/billing/fees"),
    "fee": found("fee"),
    "fee-new": at("/billing/fees/new"),
    "fund": at("/billing/fund"),
    "between": at("/billing/between"),
    "between-group": lambda hub: f"/billing/between/groups/{STAGES.group_id}",
    "between-delivery": lambda hub: f"/billing/between/groups/{STAGES.group_id}/cycles/{STAGES.cycles['settled']}",
    "advance-new": found("advance-new"),
    "band": lambda hub: f"/billing/fund/bands?household={hub.week.household(2)}",
    "gift-new": lambda hub: f"/billing/households/{hub.week.household(2)}/gift/new",
    "ledger": at("/billing/ledger"),
    "journal": lambda hub: f"/billing/ledger/journal?household={hub.week.household(2)}",
    "entry-booked": lambda hub: f"/billing/ledger/entries/{STAGES.producer_id}/1",
    "closings": lambda hub: f"/billing/ledger/closings?book={STAGES.producer_id}",
    "entries-file": at("/billing/ledger/fec"),
    "archive": at("/billing/ledger/archive"),
    "seals": at("/billing/ledger/seals"),
    "seal": at("/billing/ledger/seals/1"),
    "payments": at("/billing/payments"),
    "cheques-in-hand": at("/billing/payments/cheques"),
    "till": at("/billing/payments/till"),
    "aged-balance": at("/billing/payments/aged"),
    "reminders": at("/billing/payments/reminders"),
    "banks": at("/billing/bank"),
    "bank-new": at("/billing/bank/new"),
    "deposit-slips": at("/billing/payments/slips"),
    "debits": at("/billing/debits"),
    "debit-new": at("/billing/debits/new"),
    "debit-mandates": at("/billing/debits/mandates"),
    "debit-mandate": lambda hub: f"/billing/households/{hub.week.household(2)}/debit",
    "payouts": at("/billing/payouts"),
    "payout-new": at("/billing/payouts/new"),
    "producer-accounts": at("/billing/payouts/accounts"),
    "producer-account": lambda hub: f"/billing/payouts/accounts/{STAGES.producer_id}",
    "payment-new": lambda hub: f"/billing/households/{hub.week.household(2)}/payments/new",
    "cautions": at("/billing/cautions"),
    "caution": lambda hub: f"/billing/households/{hub.week.household(2)}/caution",
    "caution-new": lambda hub: f"/billing/households/{hub.week.household(2)}/caution/new",
    "caution-out": lambda hub: f"/billing/households/{hub.week.household(2)}/caution/out",
    "household-statement": lambda hub: f"/billing/households/{hub.week.household(2)}/statement",
    "expenses": at("/billing/expenses"),
    "expense-new": at("/billing/expenses/new"),
    "wallets": at("/billing/wallets"),
    "wallet": lambda hub: f"/billing/households/{hub.week.household(2)}/wallet",
    "wallet-new": lambda hub: f"/billing/households/{hub.week.household(2)}/wallet/new",
    "wallet-out": lambda hub: f"/billing/households/{hub.week.household(2)}/wallet/out",
    "payee-account": lambda hub: f"/billing/households/{hub.week.household(2)}/account",
    "memberships": at("/billing/memberships"),
    "membership-new": lambda hub: f"/billing/households/{hub.week.household(2)}/membership/new",
    "accounts": at("/billing/accounts"),
    "account": lambda hub: f"/billing/accounts/{STAGES.producer_id}",
    "papers": at("/billing/papers"),
    "papers-due": at("/billing/papers/due"),
    "purchases": at("/billing/purchases"),
    "margins": lambda hub: f"/billing/purchases/cycles/{STAGES.cycles['settled']}",
    "vat": at("/billing/vat"),
    "mandates": at("/billing/mandates"),
    "mandate-new": at("/billing/mandates/new"),
    "producers": at("/catalog/producers"),
    "producer": lambda hub: f"/catalog/producers/{STAGES.producer_id}",
    "producer-edit": lambda hub: f"/catalog/producers/{STAGES.producer_id}/edit",
    "producer-new": at("/catalog/producers/new"),
    "products": at("/catalog/products"),
    "product": lambda hub: f"/catalog/products/{STAGES.product_id}",
    "product-edit": lambda hub: f"/catalog/products/{STAGES.product_id}/edit",
    "product-new": at("/catalog/products/new"),
    "price-lists": at("/catalog/import"),
    "price-list": found("price-list"),
    "pools": at("/catalog/pools"),
    "pool": lambda hub: f"/catalog/pools/{STAGES.pool_id}",
    "pool-edit": lambda hub: f"/catalog/pools/{STAGES.pool_id}/edit",
    "pool-new": at("/catalog/pools/new"),
    "certificates": at("/catalog/certificates"),
    "certificate-new": at("/catalog/certificates/new"),
    "certificate-file": found("certificate-file"),
    "seasons": at("/catalog/seasons"),
    "food-facts": at("/catalog/food-facts"),
    "lock-prices": lambda hub: f"/catalog/producers/{STAGES.producer_id}/lock-prices",
    "mailbox": at("/notify/mailbox"),
    "mail": found("mail"),
    "messages": at("/notify/messages"),
}
MEMBERS: dict[str, tuple[int, Where]] = {
    "home": (0, at("/")),
    "shop": (0, member_shop("open", 0)),
    "shop-put-off": (PUT_OFF, member_shop("open", PUT_OFF)),
    "shop-completing": (1, member_shop("completing", 1)),
    "shop-choice": (1, at("/ordering/shop")),
    "order-given-more": (2, lambda hub: f"/ordering/orders/{order_of(hub, 'settled', 2)}"),
    "order-put-off": (PUT_OFF, lambda hub: f"/ordering/orders/{order_of(hub, 'settled', PUT_OFF)}"),
    "order-deciding": (0, lambda hub: f"/ordering/orders/{order_of(hub, 'deciding', 0)}"),
    "orders": (0, at("/ordering/orders")),
    "entry": (0, lambda hub: f"/ordering/cycles/{STAGES.cycles['open']}/entry/{hub.week.household(0)}"),
    "calendars": (0, at("/ordering/calendars")),
    "me": (0, at("/ordering/me")),
    "between-mine": (2, at("/billing/between/mine")),
    "due": (2, at("/billing/due")),
    "received": (0, at("/logistics/received")),
    "seasons": (0, at("/catalog/seasons")),
    "no-such-page": (0, at("/ordering/orders/nothing")),
}
PRODUCERS: dict[str, Where] = {
    "home": at("/"),
    "network": at("/logistics/network"),
    "pick-lists": at("/logistics/pick-lists"),
    "pick-list": lambda hub: f"/logistics/pick-lists/{STAGES.list_id}",
    "lots": lambda hub: f"/logistics/pick-lists/{STAGES.list_id}/lots",
    "producer": lambda hub: f"/catalog/producers/{STAGES.pasta_maker}",
    "products": at("/catalog/products"),
    "price-lists": at("/catalog/import"),
    "pools": at("/catalog/pools"),
    "certificates": at("/catalog/certificates"),
    "accounts": at("/billing/accounts"),
    "seasons": at("/catalog/seasons"),
    "calendars": at("/ordering/calendars"),
}
OPERATORS: dict[str, Where] = {
    "home": at("/"),
    **{f"operations-{name}": at(f"/{name}/operations") for name in NAMES},
    **{f"dead-letters-{name}": at(f"/{name}/operations/dead-letters") for name in NAMES},
}
ANYBODY: dict[str, Where] = {
    "sign-in": at("/ordering/sign-in"),
    "sign-in-spent": at("/ordering/sign-in/nothing"),
    "producer-link": found("link"),
    "lots-by-link": lambda _hub: STAGES.paths["link"] + "/lots",
}

NO_SCREENS = {
    r"/(health|metrics|asyncapi|operations\.json)\b": "for machines",
    r"/api/|/static/": "for programs",
    r"\.(pdf|xlsx|csv|ics|json|txt|zip)$|/(proof|html)$|/attachments/": "a file",
    r"/fragments/|/live$|/stream$|/crates$": "a part of a page that is walked",
    r"^/ordering/session$|^/ui/language/": "sends on at once",
    r"^/billing/mandates/.*{": "the demo has no contract; services/billing/tests/test_mandates.py has its pages",
    r"^/billing/claims/{": "the demo delivers days later, so nothing is claimed; test_claims.py has its page",
    r"^/billing/payments/{": "the demo notes no payment; services/billing/tests/test_payments.py has its page",
    r"^/billing/papers/{": "no month is over in the demo; services/billing/tests/test_papers.py has its page",
    r"^/logistics/recalls/{": "the demo calls nothing back; services/logistics/tests/test_recalls.py has its page",
    r"^/billing/invoices/{": "the demo issues none; services/billing/tests/test_invoices.py has its page",
    r"^/billing/purchases/(cycles/{cycle_id}/{|bills/)": "the demo resells nothing; test_purchases.py has them",
    r"^/billing/payments/reminders/preview/": "nobody is late in the demo; test_reminders.py has its page",
    r"^/billing/cautions/{": "the demo refunds no caution; services/billing/tests/test_cautions.py has its page",
    r"^/billing/payments/slips/{": "the demo deposits none; services/billing/tests/test_slips.py has its page",
    r"^/billing/bank/{": "the demo has no statement; services/billing/tests/test_bank.py has its pages",
    r"^/billing/expenses/account/{": "the same page as payee-account, of a volunteer",
    r"^/billing/expenses/{": "the demo claims none; services/billing/tests/test_expenses.py has its page",
    r"^/billing/debits/{": "the demo takes nothing from accounts; services/billing/tests/test_debits.py has its page",
    r"/debit/{mandate_id}/": "a paper (PDF); services/billing/tests/test_debit_mandates.py has it",
    r"^/billing/payouts/{": "the demo pays nothing out; services/billing/tests/test_payouts.py has its page",
    r"^/logistics/days/{day}/(papers|rounds|dock|timeline|packing|labels)": "the demo publishes no schedule; "
    "services/logistics/tests/test_paper_pages.py and test_paper_files.py have their pages",
    r"^/logistics/rounds/open/|^/logistics/pick-lists/.*/packing": "as above",
    r"/dead-letters/{letter_id}": "there is none on a hub that is well",
}
"""GET addresses that no walk of these tables comes by, and why."""
