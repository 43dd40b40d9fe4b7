"""Readings of the planned Friday, and what they left behind."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from schedule_desk import FRIDAY

from coldchain.temperature import Band
from logistics.cold import nonconformity, reading
from logistics.cold.limit import Followed
from logistics.cold.nonconformity import Nonconformity
from logistics.cold.place import Kind, Place

PARIS = ZoneInfo("Europe/Paris")


def stays(followed: Followed, *, at_pickup: bool = False) -> list[tuple[Place, datetime, Band]]:
    """Places with goods in them, a moment at which they are there, and what they ask then."""
    found = []
    for place in followed.places():
        stay = followed.whole_day(place)
        if stay is None or place.kind is Kind.BOX or (at_pickup and not place.id.startswith("pickup-")):
            continue
        at = (stay.begins + timedelta(minutes=1)).replace(second=0, microsecond=0)
        limit = followed.limit(place, at)
        if limit.asked and stay.ends - at > timedelta(minutes=5):
            found.append((place, at, limit.band))
    return found


def cooled_stay(followed: Followed, *, at_pickup: bool = False) -> tuple[Place, datetime, Band]:
    """Chilled goods in a room of a site."""
    return next(
        one
        for one in stays(followed, at_pickup=at_pickup)
        if one[0].kind is Kind.SITE and one[2].highest is not None and 0 < one[2].highest < 100
    )


def frozen_stay(followed: Followed) -> tuple[Place, datetime, Band]:
    return next(one for one in stays(followed) if one[0].kind is Kind.SITE and (one[2].highest or 0) < 0)


def typed(at: datetime, temperature: str, **other: str) -> dict[str, str]:
    """The form as a person sends it: local time."""
    local = at.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")
    return {"id": "reading-1", "temperature": temperature, "at": local, "clean": "", **other}


async def readings(app: FastAPI) -> list[reading.Kept]:
    begins = datetime(2026, 11, 20, tzinfo=UTC)
    async with app.state.service.database.read() as reader:
        return await reading.between(reader, begins, begins + timedelta(days=30))


async def incident(app: FastAPI) -> list[Nonconformity]:
    async with app.state.service.database.read() as reader:
        return await nonconformity.of_day(reader, FRIDAY)
