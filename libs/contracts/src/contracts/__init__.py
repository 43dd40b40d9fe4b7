"""The events of the hub. Importing this package registers every one of them in `EVENTS`."""

from contracts import billing, catalog, claim, fee, logistics, mandate, network, notify, ordering, schedule
from contracts.event import EVENTS, Cents, Event, Moment, Part, Thousandths
from contracts.goods import (
    Article,
    Bearer,
    Bilingual,
    Carriage,
    Place,
    PriceBasis,
    PriceTier,
    Sale,
    Season,
    StockUnit,
    Unit,
)
from contracts.roles import Role

__all__ = [
    "EVENTS",
    "Article",
    "Bearer",
    "Bilingual",
    "Carriage",
    "Cents",
    "Event",
    "Moment",
    "Part",
    "Place",
    "PriceBasis",
    "PriceTier",
    "Role",
    "Sale",
    "Season",
    "StockUnit",
    "Thousandths",
    "Unit",
    "billing",
    "catalog",
    "claim",
    "fee",
    "logistics",
    "mandate",
    "network",
    "notify",
    "ordering",
    "schedule",
]
