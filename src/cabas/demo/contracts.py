"""Mandate contracts of the demo: drawn up by the coordinator, signed by the producer and by the hub, on their pages."""

import asyncio
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from cabas.demo.api import Api, Refused
from cabas.demo.forms import fields_of
from chassis.identity import Grant, Person
from contracts import Role

RATE_PERCENT = 10
"""Of what is sold, with VAT."""
HEARD_SECONDS = 60.0
HUB_IBAN = "FR76 3000 6000 0112 3456 7890 189"
CREDITOR_ID = "FR72 ZZZ 123456"
"""An account as examples show it: right digits, nobody's money."""
TERMS: dict[str, Any] = {
    "principal_legal_form": "EARL",
    "principal_siren": "732 829 320",
    "principal_capacity": "gérant",
    "agent_name": "Maison Paysanne",
    "agent_legal_form": "SCIC SA",
    "agent_address": "1 rue du Marché, 11300 Limoux",
    "agent_siren": "552 100 554",
    "agent_represented_by": "Josette Marty",
    "agent_capacity": "présidente",
    "later_products": "on",
    "discounts": "with_consent",
    "rate": str(RATE_PERCENT),
    "base": "gross",
    "minimum": "0",
    "invoicing": "on",
    "contest_days": "15",
    "corrective": "on",
    "invoicing_notice_days": "30",
    "collection": "agent_account",
    "iban": HUB_IBAN,
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
    "recall_phone": "06 12 34 56 78",
    "data_roles": "separate",
    "tacit_renewal": "on",
    "renewal_months": "12",
    "notice_days": "60",
    "breach_days": "8",
    "court": "tribunal judiciaire de Carcassonne",
}
"""What the form of a contract asks for. Firms and numbers are invented; their check digits are right."""

TokenOf = Callable[[Person], str]


def farmer(producer_id: str, name: str) -> Person:
    """Somebody of the producer."""
    return Person(id=f"demo-{producer_id}", name=name, grants=(Grant(Role.PRODUCER, producer_id=producer_id),))


async def sign(api: Api, token_of: TokenOf, producer: dict[str, Any], today: date) -> None:
    """A contract with a producer, in force from today, that lets the hub collect; nothing where there is one already.
    `producer`: as the catalog's API tells it. Raises Refused."""
    name, url = producer["contact_name"], f"/billing/mandates/new?producer_id={producer['id']}"
    page = await _heard(api, url)
    place = producer["place"]
    fields = {
        **fields_of(page),
        **TERMS,
        "principal_address": f"{place['postcode']} {place['name']}",
        "principal_represented_by": name,
        "recall_contact": name,
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=364)).isoformat(),
        "do": "propose",
    }
    version = f"{await api.submit(url, fields)}/versions/1"
    await _sign(api, version, token_of(farmer(producer["id"], name)), name)
    await _sign(api, version, None, TERMS["agent_represented_by"])


async def _sign(api: Api, url: str, token: str | None, name: str) -> None:
    """Nothing where it is signed already. `token`: of the person who signs, the operator's where there is none."""
    fields = fields_of(await api.page(url, token=token))
    typed = {"name": name, "capacity": "gérant", "agree": "on", "agree_invoicing": "on"}
    if "hash_contract" in fields:
        await api.submit(url, fields | typed | {"do": "sign"}, token=token)


async def _heard(api: Api, url: str) -> str:
    """The form, once billing has heard of the producer."""
    deadline = time.monotonic() + HEARD_SECONDS
    while True:
        try:
            return await api.page(url)
        except Refused as refused:
            if refused.status != 404 or time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.1)
