"""What comes after the week: something did not come, households pay, and the books are held against all of it.

Of the first households everybody pays: to the hub in one sum what they owe to producers under mandate, to all others a
cheque each, which is handed over. What the books must come to is reckoned here from what billing says is owed and from
what was paid, and held against what its ledger says; both are counted from where they stood before the week, for a hub
may have lived before.
"""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cabas.demo.api import Api, Refused, together
from cabas.demo.contracts import RATE_PERCENT
from cabas.demo.crates import UNDER_MANDATE
from cabas.demo.forms import fields_of
from cabas.demo.purses import Purse
from cabas.demo.week import AT_ONCE, Week
from chassis.clock import RandomIds
from chassis.identity import Grant, Person
from contracts import Role

PAYING, ONE_IN = 30, 5
"""Households that pay, and of many one in so many: fewer would not cover the commission, and nothing be paid out."""
HUB = "hub"
IBANS = ("FR14 2004 1010 0505 0001 3M02 606", "DE89 3704 0044 0532 0130 00", "BE68 5390 0754 7034")
"""Accounts as examples show them: right digits, nobody's money."""
FEE_CENTS, GIFT_CENTS, HELP_PERCENT = 20_00, 50_00, "90"
SECOND = Person("demo-second", "Odile", grants=(Grant(Role.BOOKKEEPER),))
"""Who approves what the demo's operator draws up."""
BILLED = ("sales", "vat", "containers")

Sums = Counter[tuple[str, str]]
"""Debit less credit in cents, by book and account."""


@dataclass
class Money:
    """`told`: what happened, a sentence each; `faults`: sentences on what does not agree."""

    week: Week
    told: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    owed_gross_cents: int = 0
    """What households owe for goods of the week in the end, on what came."""
    _before: Sums = field(default_factory=Counter)
    _agents: dict[str, str] = field(default_factory=dict)
    """Producers under mandate: id -> name."""
    _paid: Counter[str] = field(default_factory=Counter)
    """Cents that were paid, by producer."""
    _sent: int = 0
    """Cents that went to producers."""
    _apart: int = 0
    """Cents that lie in wallets."""
    _given: Counter[str] = field(default_factory=Counter)
    """Cents that came in as nobody's goods, by the account of the hub's book on which they stand."""
    _otherwise: set[str] = field(default_factory=set)
    """Households that pay the hub neither by transfer nor by cheque."""

    async def begin(self) -> None:
        """Before the week: where the books stand."""
        self._before = sums_of(await self._ledger())

    async def deliver(self) -> None:
        """A product of a producer under mandate did not come: the amounts are made anew without it."""
        week = self.week
        if week.token_of:
            producers = await week.api.get("/catalog/api/producers")
            self._agents = {one["id"]: one["name"] for one in producers if one["name"] in UNDER_MANDATE}
        ordered = Counter(line["product_id"] for order in week.orders.values() for line in order["lines"])
        theirs = [one for one in week.products if one["producer_id"] in self._agents and ordered[one["id"]]]
        if not theirs:
            return
        missing = max(theirs, key=lambda one: (ordered[one["id"]], one["id"]))
        url = f"/billing/cycles/{week.cycle_id}/delivery?producer={missing['producer_id']}"
        before = (await week.totals("billing"))["gross_cents"]
        fields = {"seen": "0", f"missing-{missing['id']}": "on"}
        try:
            await week.api.submit(url, fields)
        except Refused as refused:
            # Asked twice: it is recorded already.
            if refused.status != 409:
                raise
        less = before - (await week.totals("billing"))["gross_cents"]
        name = missing["name"]["en"] or missing["name"]["fr"]
        self.told.append(
            f"{missing['producer_name']} brought no {name}: {ordered[missing['id']]} households owe {cents(less)} less."
        )

    async def pay_otherwise(self) -> None:
        """Of the first households one pays the hub out of its wallet, and one agrees to direct debits."""
        purses = [
            Purse(self.week.api, one["household_id"], mine)
            for one in await self._paying()
            if sum((mine := {of: sum_ for of, sum_ in one["by_producer"].items() if of in self._agents}).values()) > 0
        ]
        day = self.week.today.isoformat()
        for purse in purses[:1]:
            self._apart += await purse.fill_and_use(day, written)
            self._otherwise.add(purse.household_id)
            self._paid.update(purse.shares)
            self.told.append(
                f"A household pays {cents(purse.cents)} out of its wallet; {cents(self._apart)} stay in it, apart."
            )
        token_of = self.week.token_of
        if token_of is None or "CABAS_CREDITOR_ID" in await self.week.api.page("/billing/debits/new"):
            self.told.append("Nothing is debited: the hub has no creditor identifier.")
            return
        for purse in purses[1:2]:
            await purse.agree_to_debits("Marie Roux", day)
            _where, file = await purse.be_debited(token_of(SECOND))
            self._otherwise.add(purse.household_id)
            self._agree("sum of the direct debits", file.count(f">{written(purse.cents)}<") > 0, True)
            self.told.append(
                f"{cents(purse.cents)} will be debited from a household’s account, which {SECOND.name} approved; "
                "until the bank has taken it, it is owed."
            )

    async def belong(self) -> None:
        """A household pays its membership fee, one gives to the solidarity fund, which will pay a part for another."""
        api, today = self.week.api, self.week.today
        first, second, third = (self.week.household_ids * 3)[:3]
        by_transfer = {"kind": "transfer", "day": today.isoformat()}
        for account, household_id, what, given in (
            ("membership", first, "membership", {"amount": written(FEE_CENTS), "year": str(today.year)}),
            ("solidarity", second, "gift", {"amount": written(GIFT_CENTS)}),
        ):
            fields = by_transfer | given | {"id": RandomIds().new()}
            # Each is sent twice: the hub takes it once.
            for _time in range(2):
                await api.submit(f"/billing/households/{household_id}/{what}/new", fields)
            self._given[account] += FEE_CENTS if account == "membership" else GIFT_CENTS
        page = await api.page(f"/billing/fund/bands?household={third}")
        await api.submit("/billing/fund/bands", fields_of(page) | {"household": third, "percent": HELP_PERCENT})
        self.told.append(
            f"A household pays its membership fee, {cents(FEE_CENTS)}; one gives {cents(GIFT_CENTS)} to the solidarity "
            f"fund, which pays {HELP_PERCENT} % for another from its next amounts on."
        )

    async def _paying(self) -> list[dict[str, Any]]:
        """The amounts of the first households, in their order."""
        amounts = (await self.week.totals("billing"))["amounts"]
        most = max(PAYING, len(amounts) // ONE_IN)
        mine = {household: number for number, household in enumerate(self.week.household_ids[:most])}
        return sorted(
            (one for one in amounts if one["household_id"] in mine), key=lambda one: mine[one["household_id"]]
        )

    async def collect(self) -> None:
        """The first households pay all they owe for the cycle."""
        paying = await self._paying()
        counts = await together(self._pay, paying, AT_ONCE)
        transfers, cheques = (sum(count[which] for count in counts) for which in (0, 1))
        self.told.append(
            f"{len(paying)} households pay {cents(self._paid.total())}: {transfers} transfers to the hub for "
            f"{len(self._agents)} producers, {cheques} cheques to the others."
        )

    async def _pay(self, amount: dict[str, Any]) -> tuple[int, int]:
        """How many transfers and cheques."""
        due = amount["by_producer"]
        collected = {producer: sum_ for producer, sum_ in due.items() if producer in self._agents}
        transfers = [collected] if collected and amount["household_id"] not in self._otherwise else []
        cheques = [{producer: sum_} for producer, sum_ in due.items() if producer not in collected]
        for shares in transfers:
            await self._note(amount["household_id"], {"kind": "transfer", "payee": HUB}, shares)
        for shares in cheques:
            [payee] = shares
            number = str(RandomIds().new())[-12:]
            cheque = {"kind": "cheque", "payee": payee, "cheque_number": str(int(number, 16))[:9], "bank": "La Nef"}
            payment_id = await self._note(amount["household_id"], cheque, shares)
            await self.week.api.submit(f"/billing/payments/{payment_id}/move", {"do": "hand_over"})
        return len(transfers), len(cheques)

    async def _note(self, household_id: str, typed: dict[str, str], shares: dict[str, int]) -> str:
        """The id of the payment, which is ours: sent twice, it is one payment."""
        payment_id = RandomIds().new()
        fields = typed | {
            "id": payment_id,
            "amount": written(sum(shares.values())),
            "day": self.week.today.isoformat(),
            **{f"share-{producer}": written(sum_) for producer, sum_ in shares.items()},
        }
        await self.week.api.submit(f"/billing/households/{household_id}/payments/new", fields)
        self._paid.update(shares)
        return payment_id

    async def pay_out(self) -> None:
        """What the hub collected goes to the producers: one draws it up, another approves it, the bank sends it."""
        api, token_of = self.week.api, self.week.token_of
        if not self._agents or token_of is None:
            return
        for producer_id, iban in zip(sorted(self._agents), IBANS, strict=False):
            await keep_account(api, producer_id, self._agents[producer_id], iban)
        page = await api.page("/billing/payouts/new")
        if "CABAS_HUB_IBAN" in page:
            self.told.append("Nothing is paid out: the hub was not told its own account.")
            return
        fields = fields_of(page)
        sums = {name: sum_ for name, sum_ in fields.items() if name.startswith("pay-")}
        payout = await api.submit("/billing/payouts/new", fields)
        await api.submit(f"{payout}/approve", {}, token=token_of(SECOND))
        file = await api.send(f"{payout}/file")
        await api.submit(f"{payout}/execute", {"day": fields_of(await api.page(payout))["day"]})
        self._sent = sum(int(Decimal(typed) * 100) for typed in sums.values())
        transfers = file.count("<EndToEndId>")
        self.told.append(
            f"{cents(self._sent)} go out to {transfers} producers in one file that {SECOND.name} approved; "
            "the commission becomes the hub's own."
        )

    async def prove(self) -> None:
        """Hold the books against what is owed, paid and earned. Fills `faults`."""
        ledger = await self._ledger()
        moved = sums_of(ledger)
        moved.subtract(self._before)
        due: Counter[str] = Counter()
        billed = await self.week.totals("billing")
        self.owed_gross_cents = billed["gross_cents"]
        for amount in billed["amounts"]:
            due.update(amount["by_producer"])
        for book in sorted({book for book, _ in moved}):
            self._agree(f"all accounts of {book}", sum(found for (of, _), found in moved.items() if of == book), 0)
        for producer in sorted(due.keys() | self._paid.keys()):
            left = due[producer] - self._paid[producer]
            self._agree(f"left to pay in the book of {producer}", moved[producer, "household"], left)
            sold = -sum(moved[producer, account] for account in BILLED)
            self._agree(f"billed in the book of {producer}", sold, due[producer])
        collected = sum(self._paid[producer] for producer in self._agents)
        held = sum(moved[HUB, account] for account in ("bank", "cheques", "cash"))
        self._agree("held by the hub", held, collected - self._sent + self._apart + self._given.total())
        for account, sum_ in self._given.items():
            self._agree(f"given, on {account}", -moved[HUB, account], sum_)
        self._agree("in wallets", -moved[HUB, "wallet"], self._apart)
        earned = -moved[HUB, "commission"]
        owed = collected - earned + moved[HUB, "vat"] - self._sent
        self._agree("owed to producers by the hub", -moved[HUB, "third_party"], owed)
        self._agree_about(earned, due)

    def _agree_about(self, earned: int, due: Counter[str]) -> None:
        """The commission is a part of what is billed, deposits apart, rounded for each producer."""
        whole = sum(due[producer] for producer in self._agents)
        most = sum((due[producer] * RATE_PERCENT + 50) // 100 for producer in self._agents)
        if not (0 < earned <= most or whole == 0 == earned):
            self.faults.append(f"commission: the ledger says {earned}, at most {most} of {whole} are the hub's")
        else:
            self.told.append(f"The hub earns {cents(earned)} of {cents(whole)} that it sold in others’ names.")

    def _agree(self, what: str, found: int, expected: int) -> None:
        if found != expected:
            self.faults.append(f"{what}: the ledger says {found}, expected {expected}")

    async def _ledger(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.week.api.get("/billing/api/ledger")
        return found


async def keep_account(api: Api, producer_id: str, name: str, iban: str) -> None:
    """Where the money of a producer goes. Raises Refused."""
    url = f"/billing/payouts/accounts/{producer_id}"
    known = fields_of(await api.page(url))
    await api.submit(url, known | {"holder": name, "iban": iban, "reason": "RIB reçu"})


def sums_of(ledger: dict[str, Any]) -> Sums:
    return Counter(
        {(row["book"], row["account"]): row["debit_cents"] - row["credit_cents"] for row in ledger["accounts"]}
    )


def written(cents_: int) -> str:
    """A sum as somebody types it."""
    return f"{cents_ // 100}.{cents_ % 100:02d}"


def cents(sum_: int) -> str:
    return f"{written(sum_)} €"
