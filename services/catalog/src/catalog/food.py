"""What must be told of food before it is bought at a distance, and what of it is missing.

Regulation EU 1169/2011: article 9 lists what is mandatory, article 14 asks for all of it, but the date, before the
purchase is concluded. Allergens, net quantity, unit price and storage temperature are in the product's terms; here is
the rest. In French, as article 15 and the consumer code ask.
"""

from dataclasses import dataclass

from catalog.sentence import Fault, _
from contracts import Unit
from contracts.catalog import Food

TEXT_LENGTHS = {
    "legal_name": 160,
    "ingredients": 1500,
    "origin": 160,
    "storage": 300,
    "instructions": 600,
    "operator": 300,
    "nutrition": 600,
    "category": 40,
    "variety": 80,
    "animal_origin": 300,
}
"""Fields of Food that are text, and how long they may be."""

EDIBLE = frozenset({"FOOD", "CONFECTIONERY", "ALCOHOL", "TAKEAWAY"})
"""VAT classes whose goods are eaten or drunk."""
_FISH = frozenset({"FRESH_FISH", "LIVE_SHELLFISH"})
_MEAT = frozenset({"MEAT_CUTS", "MEAT_CARCASS", "MINCED_MEAT", "OFFAL", "POULTRY"})


@dataclass(frozen=True)
class Told:
    """What of a product decides which facts it needs. `net_quantity`: it says how much one buys."""

    vat_class: str
    temperature_class: str
    net_quantity: bool


def told_of(vat_class: str, temperature_class: str, unit: Unit, content_thousandths: int | None) -> Told:
    return Told(vat_class, temperature_class, unit is not Unit.PIECE or content_thousandths is not None)


def missing(food: Food | None, told: Told) -> list[str]:
    """The mandatory facts that nobody has told: fields of Food, and `net_quantity`. Nothing for what is not eaten.

    Ingredients are not asked of what is one ingredient (article 19: fresh fruit and vegetables, vinegar, cheese...);
    whoever sells it says so by naming one. Nutrition is not asked of small producers of local goods (annex V, 19).
    """
    if told.vat_class not in EDIBLE:
        return []
    facts = food or Food()
    needed = ["legal_name", "ingredients", "origin"]
    if told.temperature_class != "AMBIENT":
        needed.append("storage")
    if told.temperature_class in _FISH | _MEAT:
        needed.append("animal_origin")
    absent = [name for name in needed if not getattr(facts, name)]
    if told.vat_class == "ALCOHOL" and facts.alcohol_tenths is None:
        absent.append("alcohol")
    return absent if told.net_quantity else [*absent, "net_quantity"]


def check(food: Food | None) -> list[Fault]:
    """What is too long; the fields are named as in the form."""
    if food is None:
        return []
    return [
        Fault(name, _("Too long: at most %(most)s characters.", most=most))
        for name, most in TEXT_LENGTHS.items()
        if len(getattr(food, name)) > most
    ]


def or_none(food: Food) -> Food | None:
    """None where nothing is told at all."""
    return None if food == Food() else food
