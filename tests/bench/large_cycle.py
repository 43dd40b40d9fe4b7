"""A cycle of any size, as the events ordering says: what the benches feed to the other services.

`LargeCycle(10_000)` is 10,000 orders of 15 lines, always the same ones. Bodies are put together from text, so that
making 100,000 orders costs seconds; `test_large_cycle.py` holds them to what the contracts would have written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random

from chassis.envelope import Received, headers_of
from chassis.trace import Trace
from contracts import Article, Bilingual, Event, Place, PriceBasis, Unit
from contracts.catalog import ProducerRegistered
from contracts.ordering import CycleClosed, CyclePickup, Manifest, OrderLine, OrderPlaced, ProducerTotal
from contracts.ordering import manifest_digest as digest_of

CLOSES = datetime(2026, 11, 22, 19, tzinfo=UTC)
TEMPERATURES = ("FROZEN", "PERISHABLE", "VERY_PERISHABLE", "EGGS", "AMBIENT")
VAT_CLASSES = ("FOOD", "FOOD", "FOOD", "ALCOHOL", "HOUSEHOLD")
_PLACED = OrderPlaced.type_name()


@dataclass(frozen=True)
class LargeCycle:
    """`households_per_group`: groups grow with the orders, as in life; every fifth group has bags where `bags`.
    `cheques`: how many producers an order is spread over."""

    orders: int
    lines: int = 15
    producers: int = 50
    products: int = 1_000
    households_per_group: int = 250
    bags: bool = False
    cheques: int = 6
    id: str = "cycle-large"

    @cached_property
    def articles(self) -> list[Article]:
        return [
            Article(
                product_id=f"product-{n}",
                producer_id=f"producer-{n % self.producers}",
                reference=f"R{n}",
                name=Bilingual(fr=f"Produit numéro {n} de la ferme", en=f"Product number {n} of the farm"),
                unit=Unit.KG if n % 3 == 0 else Unit.PIECE,
                pack_label="caisse",
                price_cents=200 + n,
                price_basis=PriceBasis.UNIT,
                vat_class=VAT_CLASSES[n % len(VAT_CLASSES)],
                temperature_class=TEMPERATURES[n % len(TEMPERATURES)],
            )
            for n in range(self.products)
        ]

    @cached_property
    def sellers(self) -> list[ProducerRegistered]:
        return [
            ProducerRegistered(
                id=f"producer-{n}", version=1, name=f"Ferme {n}", place=Place(name="Limoux"), seller_regime="NORMAL"
            )
            for n in range(self.producers)
        ]

    @cached_property
    def pickups(self) -> tuple[CyclePickup, ...]:
        return tuple(
            CyclePickup(
                group_id=f"group-{n}",
                group_name=f"Groupe {n}",
                place=Place(name=f"Village {n}"),
                starts_at=CLOSES + timedelta(days=5, hours=n % 6),
                ends_at=CLOSES + timedelta(days=5, hours=n % 6 + 1),
                bags=self.bags and n % 5 == 0,
            )
            for n in range(-(-self.orders // self.households_per_group))
        )

    def basket(self, n: int) -> list[tuple[int, int, int]]:
        """What order n holds: (number of the article, thousandths, gross cents)."""
        chance = Random(n)
        chosen = []
        sellers = chance.sample(range(self.producers), min(self.cheques, self.producers))
        theirs = [number for seller in sellers for number in range(seller, self.products, self.producers)]
        for number in chance.sample(theirs, self.lines):
            quantity = chance.randrange(1, 5) * 1000
            chosen.append((number, quantity, (200 + number) * quantity // 1000))
        return chosen

    def placed(self, n: int, version: int = 1) -> OrderPlaced:
        """Order n (from 0) as an event."""
        lines = tuple(
            OrderLine(
                article=self.articles[number],
                producer_name=f"Ferme {number % self.producers}",
                quantity_thousandths=quantity,
                gross_cents=gross,
            )
            for number, quantity, gross in self.basket(n)
        )
        return OrderPlaced.model_validate(
            {**self._head(n), "version": version, "lines": lines, "gross_cents": sum(one.gross_cents for one in lines)}
        )

    def received(self, n: int, version: int = 1) -> Received:
        """Order n as a message; every call is the same event, so a second delivery of it is a duplicate."""
        head = self._head(n)
        basket = self.basket(n)
        lines = ",".join(
            f'{{"article":{self._article_texts[number]},"producer_name":"Ferme {number % self.producers}",'
            f'"quantity_thousandths":{quantity},"gross_cents":{gross}}}'
            for number, quantity, gross in basket
        )
        texts = ",".join(f'"{name}":"{value}"' for name, value in head.items())
        gross = sum(each[2] for each in basket)
        body = f'{{{texts},"version":{version},"lines":[{lines}],"gross_cents":{gross}}}'
        event_id = f"event-{self.id}-{n}-{version}"
        headers = self._headers | {"Nats-Msg-Id": event_id, "ce-id": event_id, "ce-subject": head["id"]}
        return Received(f"{_PLACED}.{head['id']}", headers, body.encode())

    def all_received(self) -> Iterator[Received]:
        return (self.received(n) for n in range(self.orders))

    def closed(self) -> CycleClosed:
        """The closing, with the manifest of all orders at version 1."""
        sums = {n: [0, 0, 0] for n in range(self.producers)}
        for n in range(self.orders):
            for number, quantity, gross in self.basket(n):
                of = sums[number % self.producers]
                of[0] += 1
                of[1] += quantity
                of[2] += gross
        totals = tuple(
            ProducerTotal(producer_id=f"producer-{n}", lines=lines, quantity_thousandths=quantity, gross_cents=gross)
            for n, (lines, quantity, gross) in sums.items()
            if lines
        )
        manifest = Manifest(
            orders=self.orders,
            lines=self.orders * self.lines,
            quantity_thousandths=sum(total.quantity_thousandths for total in totals),
            gross_cents=sum(total.gross_cents for total in totals),
            digest=digest_of([(f"{self.id}-{n}", 1) for n in range(self.orders)]),
            producers=totals,
        )
        return CycleClosed(
            id=self.id,
            version=3,
            name="Grande semaine",
            opens_at=CLOSES - timedelta(days=5),
            closes_at=CLOSES,
            delivers_on=(CLOSES + timedelta(days=5)).date(),
            pickups=self.pickups,
            closed_at=CLOSES,
            manifest=manifest,
        )

    def message(self, event: Event) -> Received:
        """Any other event of the cycle as a message."""
        event_id = f"event-{event.service}-{event.id}-{event.version}"
        headers = headers_of(event, event_id, CLOSES, Trace())
        return Received(event.subject, headers, event.model_dump_json().encode())

    def _head(self, n: int) -> dict[str, str]:
        group = n // self.households_per_group
        return {
            "id": f"{self.id}-{n}",
            "cycle_id": self.id,
            "cycle_name": "Grande semaine",
            "household_id": f"household-{n}",
            "household_name": f"Foyer {n}",
            "group_id": f"group-{group}",
            "group_name": f"Groupe {group}",
            "placed_at": (CLOSES - timedelta(days=2) + timedelta(milliseconds=n)).isoformat(),
            "placed_by": f"person-{n}",
            "closes_at": CLOSES.isoformat(),
        }

    @cached_property
    def _article_texts(self) -> list[str]:
        return [article.model_dump_json() for article in self.articles]

    @cached_property
    def _headers(self) -> dict[str, str]:
        return headers_of(self.placed(0), "", CLOSES, Trace())
