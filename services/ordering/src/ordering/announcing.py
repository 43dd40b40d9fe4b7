"""What ordering tells the other services: from the state of an aggregate to the event that carries it.

Noun files call these functions in the transaction of the change: `await writer.announce(announcing.group(...))`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from contracts import Place, ordering

ANNOUNCES = (
    # people
    ordering.GroupRegistered,
    ordering.GroupChanged,
    ordering.HouseholdRegistered,
    ordering.HouseholdChanged,
    ordering.SignInRequested,
    # cycles and orders
)
"""Every event this service publishes; its AsyncAPI document lists them."""

# people


def group_registered(row: RowMapping) -> ordering.GroupRegistered:
    return ordering.GroupRegistered(**_group(row))


def group_changed(row: RowMapping) -> ordering.GroupChanged:
    return ordering.GroupChanged(**_group(row))


def _group(row: RowMapping) -> dict[str, Any]:
    """`row` of the table `group`."""
    return {
        "id": row["id"],
        "version": row["version"],
        "name": row["name"],
        "pickup_place": place_of(row),
        "pickup_address": row["address"],
        "pickup_weekday": row["weekday"],
        "pickup_from": row["pickup_from"],
        "pickup_until": row["pickup_until"],
        "bags": row["bags"],
        "active": row["active"],
    }


def place_of(row: RowMapping) -> Place:
    """Where a group collects. `row` of the table `group`."""
    return Place(
        name=row["place"],
        postcode=row["postcode"],
        insee=row["insee"],
        latitude=row["latitude"],
        longitude=row["longitude"],
    )


def household_registered(row: RowMapping, people: Sequence[RowMapping]) -> ordering.HouseholdRegistered:
    return ordering.HouseholdRegistered(**_household(row, people))


def household_changed(row: RowMapping, people: Sequence[RowMapping]) -> ordering.HouseholdChanged:
    return ordering.HouseholdChanged(**_household(row, people))


def _household(row: RowMapping, people: Sequence[RowMapping]) -> dict[str, Any]:
    """`row` of the table `household`, `people` of the table `person`. Phone numbers stay here."""
    return {
        "id": row["id"],
        "version": row["version"],
        "group_id": row["group_id"],
        "name": row["name"],
        "people": tuple(
            ordering.HouseholdPerson(person_id=p["id"], name=p["name"], email=p["email"], language=p["language"])
            for p in people
        ),
        "active": row["active"],
    }


def sign_in_requested(link_id: str, row: RowMapping, path: str, expires_at: datetime) -> ordering.SignInRequested:
    """`row` of the table `person`."""
    return ordering.SignInRequested(
        id=link_id,
        version=1,
        person_id=row["id"],
        name=row["name"],
        email=row["email"],
        language=row["language"],
        path=path,
        expires_at=expires_at,
    )
