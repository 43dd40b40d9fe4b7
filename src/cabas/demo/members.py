"""Who orders in the demo: groups of villages in the Aude, and made-up households with an address nobody reads."""

from dataclasses import dataclass
from random import Random
from typing import Any

from cabas.demo.goods import DATA, places, slug

GROUPS = (
    "Limoux",
    "Quillan",
    "Carcassonne",
    "Lagrasse",
    "Caunes-Minervois",
    "Sigean",
    "Bugarach",
    "Mouthoumet",
    "Laroque-de-Fa",
    "Soulatgé",
    "Homps",
    "Narbonne",
    "Espéraza",
    "Couiza",
    "Chalabre",
    "Castelnaudary",
    "Alet-les-Bains",
    "Saint-Hilaire",
    "Axat",
    "Tuchan",
    "Durban-Corbières",
    "Lézignan-Corbières",
    "Leucate",
    "Bize-Minervois",
    "Tréziers",
)
SLOTS = (("17:00", "18:00"), ("17:30", "18:30"), ("18:00", "19:00"), ("18:30", "19:30"))
FRIDAY = 4


@dataclass(frozen=True)
class Home:
    """A household as ordering's API takes it, but for the id of its group."""

    group: str
    name: str
    people: list[dict[str, Any]]


def groups(count: int) -> list[dict[str, Any]]:
    """The first `count` groups, as ordering's API takes them. Every fourth has its goods bagged by household."""
    villages = places()
    found = []
    for number, name in enumerate(GROUPS[:count]):
        starts, ends = SLOTS[number % len(SLOTS)]
        found.append(
            {
                "name": name,
                "pickup_place": villages[name],
                "pickup_address": "Salle des fêtes" if number % 2 else "Place de la mairie",
                "pickup_weekday": FRIDAY,
                "pickup_from": starts,
                "pickup_until": ends,
                "bags": number % 4 == 3,
            }
        )
    return found


def households(count: int, group_names: list[str], random: Random) -> list[Home]:
    """`count` households, spread over the groups in turn. A name may come again in another village."""
    first_names = (DATA / "first_names.txt").read_text(encoding="utf-8").split()
    last_names = (DATA / "last_names.txt").read_text(encoding="utf-8").split()
    found = []
    for number in range(count):
        group = group_names[number % len(group_names)]
        turn, which = divmod(number // len(group_names), len(last_names))
        # Neighbouring groups begin at different names; within a group none comes twice before all have come.
        last = last_names[(which + 7 * (number % len(group_names))) % len(last_names)]
        people = [
            {"name": f"{first} {last}", "email": f"{slug(first)}.{slug(last)}.{number}@{slug(group)}.example"}
            for first in random.sample(first_names, 1 + (number % 3 == 0))
        ]
        found.append(Home(group, f"Famille {last}" + (f" {turn + 1}" if turn else ""), people))
    return found
