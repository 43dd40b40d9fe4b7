"""The smallest service there can be, for the tests of the chassis: it counts, and says so.

It borrows events of the contracts: `Group` stands for any aggregate, `OrderWithdrawn` for something heard.
"""

from typing import Any

from fastapi import FastAPI, Request
from sqlalchemy import Column, Integer, String, Table, select

from chassis.database import Writer
from chassis.identity import PUBLIC, Person, serves
from chassis.listening import Listening
from chassis.service import Service
from chassis.settings import Settings
from chassis.tables import metadata_for
from chassis.timers import Timer
from contracts import Place, Role, ordering

metadata = metadata_for("ordering")
counter = Table(
    "counter",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("heard", Integer, nullable=False, default=0),
)


def group(group_id: str, version: int, name: str = "Limoux") -> ordering.GroupChanged:
    return ordering.GroupChanged(
        id=group_id,
        version=version,
        name=name,
        pickup_place=Place(name=name),
        pickup_weekday=4,
        pickup_from="17:00",
        pickup_until="18:00",
    )


async def count(writer: Writer, counter_id: str = "a") -> int:
    """Read, add one, write: loses updates unless transactions are what they should be. Announces the new value."""
    row = await writer.first(select(counter).where(counter.c.id == counter_id).with_for_update())
    version = row["version"] + 1 if row else 1
    if row:
        await writer.execute(counter.update().where(counter.c.id == counter_id).values(version=version))
    else:
        await writer.execute(counter.insert().values(id=counter_id, version=version, heard=0))
    await writer.announce(group(counter_id, version))
    return version


class Refusal(Exception):
    """What the handler below raises for groups called "poison"."""


async def hear(writer: Writer, event: ordering.GroupChanged) -> None:
    if event.name == "poison":
        raise Refusal("this one cannot be swallowed")
    await writer.keep_newest(counter, {"id": f"heard-{event.id}", "version": event.version})
    mine = counter.c.id == f"heard-{event.id}"
    await writer.execute(counter.update().where(mine).values(heard=counter.c.heard + 1))


async def ring(writer: Writer, timer: Timer) -> None:
    if timer.payload.get("fails"):
        raise Refusal("no")
    await count(writer, f"rung-{timer.key}")


def create_app(settings: Settings, **injected: Any) -> FastAPI:
    service = Service(
        "ordering",
        settings,
        metadata=metadata,
        migrations="counter.migrations",
        announces=(ordering.GroupChanged,),
        listening=Listening("ordering", {ordering.GroupChanged: hear}, ignored=(ordering.GroupRegistered,)),
        timers={"ring": ring},
        **injected,
    )
    app = service.app

    @app.get("/ordering/count")
    async def look(request: Request, person: Person = serves(Role.MEMBER)) -> dict[str, Any]:
        async with Service.of(request).database.read() as reader:
            return {"person": person.name, "version": await reader.scalar(select(counter.c.version))}

    @app.post("/ordering/count")
    async def add(request: Request, person: Person = serves(Role.MEMBER)) -> dict[str, Any]:
        async with Service.of(request).database.write() as writer:
            return {"version": await count(writer)}

    @app.get("/ordering/open/{secret}")
    async def opened(request: Request, secret: str, person: Person | None = serves(PUBLIC)) -> dict[str, Any]:
        return {"length": len(secret)}

    @app.post("/ordering/public")
    async def anybody(request: Request, person: Person | None = serves(PUBLIC)) -> dict[str, Any]:
        return {"known": person is not None}

    return app
