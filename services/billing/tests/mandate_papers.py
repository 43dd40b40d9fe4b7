"""A producer with two cheeses, and the form of a contract with it, filled in."""

import html
import re
from datetime import UTC, date, datetime

from fastapi import FastAPI

from chassis.identity import Grant
from chassis.testing import announced
from contracts import Article, Bilingual, Place, PriceBasis, Role, Sale, Unit
from contracts.catalog import Claim, ProducerRegistered, ProductOffered
from contracts.mandate import Mandate, MandateProposed

GOATS = "p-roc"
COORDINATOR = Grant(Role.COORDINATOR)
FARMER = Grant(Role.PRODUCER, producer_id=GOATS)
LIST = "/billing/mandates"


def producer(version: int = 1, **changes) -> ProducerRegistered:
    said = {
        "id": GOATS,
        "version": version,
        "name": "Chèvrerie du Roc",
        "place": Place(name="Limoux", postcode="11300"),
        "contact_name": "Paul Roc",
        "email": "paul@roc.example",
        "seller_regime": "FARMER_FLAT_RATE",
        "sale": Sale.MANDATE,
    }
    return ProducerRegistered(**{**said, **changes})


def product(key: str, name: str, cents: int, **changes) -> ProductOffered:
    article = Article(
        product_id=key,
        producer_id=GOATS,
        reference=key.upper(),
        name=Bilingual(fr=name),
        unit=Unit.PIECE,
        price_cents=cents,
        price_basis=PriceBasis.UNIT,
        vat_class="FOOD",
        temperature_class="CHILLED",
    )
    said = {"id": key, "version": 1, "article": article, "producer_name": "Chèvrerie du Roc", "sale": Sale.MANDATE}
    return ProductOffered(**{**said, **changes})


ORGANIC = Claim(label="EU_ORGANIC", body="FR-BIO-01", number="FR-1234", valid_until=date(2027, 3, 31))
CATALOGUE = (
    producer(),
    product("tomme", "Tomme", 850, labels=("EU_ORGANIC",), claims=(ORGANIC,)),
    product("pelardon", "Pélardon", 240),
)

TYPED = {
    "principal_legal_form": "EARL",
    "principal_address": "Le Roc, 11300 Limoux",
    "principal_siren": "732 829 320",
    "principal_represented_by": "Paul Roc",
    "principal_capacity": "gérant",
    "agent_name": "Maison Paysanne",
    "agent_legal_form": "SCIC SA",
    "agent_address": "1 rue du Marché, 11300 Limoux",
    "agent_siren": "552 100 554",
    "agent_represented_by": "Josette Marty",
    "agent_capacity": "présidente",
    "annex": ["tomme", "pelardon"],
    "discounts": "with_consent",
    "rate": "12,5",
    "base": "gross",
    "minimum": "2",
    "rate-ALCOHOL": "8",
    "base-ALCOHOL": "net",
    "rate-transport": "3",
    "base-transport": "gross",
    "invoicing": "on",
    "contest_days": "15",
    "corrective": "on",
    "invoicing_notice_days": "30",
    "collection": "agent_account",
    "iban": "FR76 3000 6000 0112 3456 7890 189",
    "pay_days": "15",
    "pay_from": "period_end",
    "goods": "perishable",
    "rendering": "monthly",
    "delivery_place": "la Halle, Limoux",
    "delivery_slot": "le vendredi de 7 h à 9 h",
    "cold_chain": "au plus 4 °C",
    "risk": "at_hub",
    "unsold": "producer",
    "claims": "producer",
    "claim_days": "2",
    "principal_insurance": "Groupama, contrat 1",
    "agent_insurance": "MAIF, contrat 2",
    "recall_contact": "Paul Roc",
    "recall_phone": "06 12 34 56 78",
    "data_roles": "separate",
    "starts_on": "2026-12-01",
    "ends_on": "2027-11-30",
    "tacit_renewal": "on",
    "renewal_months": "12",
    "notice_days": "60",
    "breach_days": "8",
    "court": "tribunal judiciaire de Carcassonne",
}
START = datetime(2026, 11, 19, 9, tzinfo=UTC)


def hidden(page: str, *names: str) -> dict[str, str]:
    """What the form on the page sends by itself."""
    found = {name: re.search(f'name="{name}" value="([^"]*)"', page) for name in names}
    return {name: html.unescape(match[1]) for name, match in found.items() if match}


async def drafted(coordinator, do: str = "propose", **changes):
    """Sends the form of a new contract. The answer."""
    page = (await coordinator.get(f"{LIST}/new?producer_id={GOATS}")).text
    typed = {name: value for name, value in {**TYPED, **changes}.items() if value is not None}
    return await coordinator.submit(
        f"{LIST}/new?producer_id={GOATS}", {**typed, **hidden(page, "id", "seen"), "do": do}
    )


async def said(app: FastAPI) -> list[Mandate]:
    return [event for event in await announced(app) if isinstance(event, Mandate)]


async def link(app: FastAPI) -> str:
    """The path in the newest proposal."""
    return [event for event in await said(app) if isinstance(event, MandateProposed)][-1].path


async def sign(browser, url: str, name: str, page: str = "", **changes):
    """`page`: as it was opened before."""
    page = page or (await browser.get(url)).text
    fields = hidden(page, "hash_contract", "hash_invoicing")
    if not browser.csrf:
        fields |= hidden(page, "csrf_token")
    typed = {"do": "sign", "name": name, "capacity": "gérant", "agree": "on", "agree_invoicing": "on"}
    return await browser.submit(url, {**typed, **fields, **changes})


async def signed(app: FastAPI, client_for, **changes) -> str:
    """A contract signed by both. Its id."""
    coordinator = client_for(app, COORDINATOR, name="Anne")
    answer = await drafted(coordinator, **changes)
    assert answer.status_code == 303, re.findall(r'class="error"[^>]*>.*?</p>', answer.text)
    mandate_id = answer.headers["location"].rsplit("/", 1)[1]
    assert (await sign(client_for(app), await link(app), "Paul Roc")).status_code == 303
    assert (await sign(coordinator, f"{LIST}/{mandate_id}/versions/1", "Josette Marty")).status_code == 303
    return mandate_id
