"""The form of a cycle: what the coordinator types, read into a plan, and filled again from a cycle."""

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from contracts.catalog import Pool
from ordering.cycle import Cycle, State
from ordering.offer import Choice, Kind, Offer
from ordering.pickup import Slot, pickup_day
from ordering.plan import Plan
from ordering.pool import is_pooled
from ui import decimals
from ui.forms import Form

MOST_AVAILABLE = 10**9
MOST_COMPLETION_HOURS = 72


def read(form: Form, offers: Iterable[Offer], slots: Iterable[Slot], zone: ZoneInfo, held: Cycle | None) -> Plan | None:
    """The plan that was sent; None when a field cannot be read. An open cycle keeps its opening."""
    name = form.text("name", required=True, max_length=120)
    is_open = held is not None and held.state is State.OPEN
    opens_at = held.opens_at if held and is_open else form.local_datetime("opens_at", zone, required=True)
    closes_at = form.local_datetime("closes_at", zone, required=True)
    delivers_on = form.date("delivers_on", required=True)
    group_ids = [slot.group_id for slot in slots if slot.group_id in form.chosen("groups")]
    days: dict[str, date] = {}
    for group_id in group_ids:
        day = form.date(f"pickup_on-{group_id}")
        if day is not None:
            days[group_id] = day
    completion_hours = form.integer("completion_hours", minimum=0, maximum=MOST_COMPLETION_HOURS) or 0
    choice = _choice(form, list(offers))
    if not form.ok or opens_at is None or closes_at is None or delivers_on is None:
        return None
    if held is not None:
        days = _set_by_hand(days, held, slots, delivers_on, zone)
    hours = held.hours if held is not None else {}
    return Plan(name, opens_at, closes_at, delivers_on, tuple(group_ids), choice, days, completion_hours, hours)


def _set_by_hand(
    days: dict[str, date], held: Cycle, slots: Iterable[Slot], delivers_on: date, zone: ZoneInfo
) -> dict[str, date]:
    """Days that were computed from the former delivery, and not touched, follow the new delivery."""
    if delivers_on == held.delivers_on:
        return days
    by_rule = {slot.group_id: pickup_day(slot.weekday, held.delivers_on) for slot in slots}
    return {group_id: day for group_id, day in days.items() if by_rule.get(group_id) != day}


def _choice(form: Form, offers: list[Offer]) -> Choice:
    kind = form.choice("offers", Kind)
    producers = sorted({offer.producer_id for offer in offers})
    chosen_producers = [p for p in form.chosen("producers") if p in producers]
    products = [offer.product_id for offer in offers]
    chosen_products = set(form.chosen("products"))
    available: dict[str, int | None] = {}
    for offer in offers:
        name = f"available-{offer.product_id}"
        if name not in form.values:
            continue
        typed = form.quantity(name, offer.article.unit, zero=True, maximum=MOST_AVAILABLE)
        if typed != offer.available_thousandths:
            available[offer.product_id] = typed
    for pool in pools_in(offers):
        name = f"available-{pool.pool_id}"
        if name not in form.values:
            continue
        typed = form.quantity(name, pool.unit, zero=True, maximum=MOST_AVAILABLE)
        if typed != pool.available_thousandths:
            available[pool.pool_id] = typed
    return Choice(
        Kind(kind) if kind else Kind.SEASON,
        tuple(chosen_producers),
        tuple(product for product in products if product in chosen_products),
        available,
    )


def pools_in(offers: Iterable[Offer]) -> list[Pool]:
    """The pools that sizes among the offers share, in their order."""
    found: dict[str, Pool] = {}
    for offer in offers:
        if offer.details.pool is not None and is_pooled(offer):
            found.setdefault(offer.details.pool.pool_id, offer.details.pool)
    return list(found.values())


def filled(of: Cycle, offers: Iterable[Offer], zone: ZoneInfo, language: str) -> dict[str, str]:
    """The values of the form for a cycle as it is."""
    values = {
        "name": of.name,
        "opens_at": of.opens_at.astimezone(zone).strftime("%Y-%m-%dT%H:%M"),
        "closes_at": of.closes_at.astimezone(zone).strftime("%Y-%m-%dT%H:%M"),
        "delivers_on": of.delivers_on.isoformat(),
        "offers": of.choice.kind.value,
        "completion_hours": str(of.completion_hours) if of.completion_hours else "",
        "version": str(of.version),
    }
    for pickup in of.pickups:
        values[f"pickup_on-{pickup.group_id}"] = pickup.starts_at.astimezone(zone).date().isoformat()
    offers = list(offers)
    bounds = {offer.product_id: offer.available_thousandths for offer in offers}
    bounds |= {pool.pool_id: pool.available_thousandths for pool in pools_in(offers)}
    for of_what, usual in bounds.items():
        bound = of.choice.available.get(of_what, usual)
        values[f"available-{of_what}"] = "" if bound is None else decimals.typed(bound, 3, language)
    return values


def suggested(today: date, hour: str = "20:00") -> dict[str, str]:
    """A first cycle to start from: open now, closing on Sunday evening, delivered on the Friday after."""
    sunday = today + timedelta(days=(6 - today.weekday()) % 7 or 7)
    return {
        "closes_at": f"{sunday.isoformat()}T{hour}",
        "delivers_on": (sunday + timedelta(days=5)).isoformat(),
        "offers": Kind.SEASON.value,
    }
