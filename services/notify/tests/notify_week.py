"""A week of the hub in events: what the others say to notify. And the postman's round."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select

from chassis.testing import START, call_due
from contracts import Article, Bilingual, Place, PriceBasis, Unit
from contracts.catalog import ProducerRegistered
from contracts.logistics import PickLine, PickListIssued, PickSplit
from contracts.mandate import MandateProposed
from contracts.ordering import (
    AllocatedLine,
    CycleClosed,
    CycleOpened,
    CyclePickup,
    CycleRevised,
    HouseholdPerson,
    HouseholdRegistered,
    Manifest,
    OrderAllocated,
    OrderLine,
    OrderPlaced,
    OrderWithdrawn,
    SignInRequested,
)
from notify.message import message

CLOSES = START + timedelta(days=3)
PICKUP = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)


async def round_of(app: FastAPI) -> None:
    """Timers that are due are called, then mails that are due leave."""
    await call_due(app)
    while await app.state.postman.send_one():
        pass


async def written(app: FastAPI, **chosen: Any) -> list[Any]:
    """Messages in the order they were written, filtered by columns."""
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(message).order_by(message.c.created_at, message.c.id))
    return [row for row in rows if all(row[name] == value for name, value in chosen.items())]


def person(name: str, language: str = "fr", email: str | None = None) -> HouseholdPerson:
    address = f"{name.lower()}@example.org" if email is None else email
    return HouseholdPerson(person_id=f"person-{name}", name=name, email=address, language=language)


def household(name: str, *people: HouseholdPerson, group: str = "Limoux", version: int = 1) -> HouseholdRegistered:
    return HouseholdRegistered(
        id=f"h-{name}", version=version, group_id=f"g-{group}", name=name, people=people or (person(name),)
    )


def _cycle(closes_at: datetime, opens_at: datetime, version: int) -> dict[str, Any]:
    return {
        "id": "week-48",
        "version": version,
        "name": "Semaine 48",
        "opens_at": opens_at,
        "closes_at": closes_at,
        "delivers_on": date(2026, 11, 27),
        "pickups": tuple(
            CyclePickup(
                group_id=f"g-{name}",
                group_name=name,
                place=Place(name=name),
                address="12 rue de la Mairie",
                starts_at=PICKUP,
                ends_at=PICKUP + timedelta(hours=2),
            )
            for name in ("Limoux", "Quillan")
        ),
    }


def opened(closes_at: datetime = CLOSES, opens_at: datetime = START, version: int = 1) -> CycleOpened:
    return CycleOpened(**_cycle(closes_at, opens_at, version), offers=())


def closed(version: int = 9) -> CycleClosed:
    manifest = Manifest(orders=0, lines=0, quantity_thousandths=0, gross_cents=0, digest="", producers=())
    return CycleClosed(**_cycle(CLOSES, START, version), closed_at=CLOSES, manifest=manifest)


def revised(version: int = 10) -> CycleRevised:
    because = Bilingual(fr="Il en manque.", en="There is not enough.")
    said = closed(version).model_dump() | {"revision": version - 8, "because": because, "revised_at": CLOSES}
    return CycleRevised(**said)


def article(name: str, cents: int, unit: Unit = Unit.PIECE) -> Article:
    return Article(
        product_id=name,
        producer_id="p-roc",
        reference=name,
        name=Bilingual(fr=name),
        unit=unit,
        price_cents=cents,
        price_basis=PriceBasis.UNIT,
        vat_class="FOOD",
        temperature_class="AMBIENT",
    )


def _order(name: str, version: int) -> dict[str, Any]:
    return {
        "id": f"o-{name}",
        "version": version,
        "cycle_id": "week-48",
        "cycle_name": "Semaine 48",
        "household_id": f"h-{name}",
        "household_name": name,
        "group_id": "g-Limoux",
        "group_name": "Limoux",
    }


def placed(name: str = "Marie", count: int = 2, version: int = 1, at: datetime = START) -> OrderPlaced:
    lines = (
        OrderLine(
            article=article("Pélardon affiné", 310),
            producer_name="Chèvrerie du Roc",
            quantity_thousandths=count * 1000,
            gross_cents=count * 310,
        ),
        OrderLine(
            article=article("Poireaux", 280, Unit.KG),
            producer_name="Ferme de la Serre",
            quantity_thousandths=1500,
            gross_cents=420,
        ),
    )
    return OrderPlaced(
        **_order(name, version),
        placed_at=at,
        placed_by=f"person-{name}",
        closes_at=CLOSES,
        lines=lines,
        gross_cents=sum(line.gross_cents for line in lines),
    )


SHORT = Bilingual(fr="La récolte a gelé.", en="The harvest froze.")
PRICES = {"Pélardon affiné": 310, "Poireaux": 280, "Faisselle": 250}


def allocated_line(
    name: str, asked: int, given: int, *, instead_of: str = "", reason: Bilingual | None = None
) -> AllocatedLine:
    return AllocatedLine(
        article=article(name, PRICES[name], Unit.KG if name == "Poireaux" else Unit.PIECE),
        producer_name="Chèvrerie du Roc",
        asked_thousandths=asked,
        quantity_thousandths=given,
        gross_cents=(PRICES[name] * given + 500) // 1000,
        reason=reason or (None if asked == given else SHORT),
        instead_of=instead_of,
    )


def allocated(
    *lines: AllocatedLine, name: str = "Marie", version: int = 2, cheese: int = 1, at: datetime = CLOSES
) -> OrderAllocated:
    """Of the two cheeses asked so many come; and all the leeks."""
    whole = lines or (
        allocated_line("Pélardon affiné", 2000, cheese * 1000),
        allocated_line("Poireaux", 1500, 1500),
    )
    return OrderAllocated(
        **_order(name, version),
        placed_at=START,
        placed_by=f"person-{name}",
        allocated_at=at,
        lines=whole,
        gross_cents=sum(line.gross_cents for line in whole),
    )


def withdrawn(name: str = "Marie", version: int = 2, at: datetime = START) -> OrderWithdrawn:
    return OrderWithdrawn(**_order(name, version), withdrawn_at=at)


def producer(email: str = "roc@example.org", version: int = 1, language: str = "fr") -> ProducerRegistered:
    return ProducerRegistered(
        id="p-roc",
        version=version,
        name="Chèvrerie du Roc",
        place=Place(name="Quillan"),
        contact_name="Paule Azéma",
        email=email,
        language=language,
    )


def pick_list(version: int = 1, at: datetime = START, revision: int = 1, lines: int = 1) -> PickListIssued:
    goods = article("Pélardon affiné", 310)
    split = PickSplit(group_id="g-Limoux", group_name="Limoux", quantity_thousandths=4000)
    return PickListIssued(
        id="list-1",
        version=version,
        cycle_id="week-48",
        cycle_name="Semaine 48",
        delivers_on=date(2026, 11, 27),
        producer_id="p-roc",
        producer_name="Chèvrerie du Roc",
        issued_at=at,
        lines=(PickLine(article=goods, quantity_thousandths=4000, gross_cents=1240, splits=(split,)),) * lines,
        quantity_thousandths=4000 * lines,
        gross_cents=1240 * lines,
        revision=revision,
        path="/logistics/pick-lists/open/secret-token",
    )


def sign_in(name: str = "Marie", number: int = 1, at: datetime = START, language: str = "fr") -> SignInRequested:
    return SignInRequested(
        id=f"sign-in-{number}",
        version=1,
        person_id=f"person-{name}",
        name=name,
        email=f"{name.lower()}@example.org",
        language=language,
        path=f"/ordering/sign-in/secret-{number}",
        expires_at=at + timedelta(minutes=15),
    )


def about_mandate(kind, version, **more):
    return kind(id="m1", version=version, producer_id="p-roc", producer_name="Chèvrerie du Roc", **more)


def proposal(version=1, path="/billing/mandates/sign/first", **more):
    month = timedelta(days=30)
    times = {"proposed_at": START, "expires_at": START + month}
    return about_mandate(MandateProposed, version, proposed=1, path=path, **times, **more)
