"""The five services as the hub in one process runs them, and which of them answers for which address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from fastapi import FastAPI

from chassis.clock import Clock
from chassis.serve import read_settings
from chassis.settings import Settings

FRONT = "ordering"
"""Owns the home page, and says "no such page" for addresses that belong to nobody."""
HOME = "/ordering/home"


@dataclass(frozen=True)
class Part:
    """One service: its name is the first segment of its addresses. `clock`: None for the machine's."""

    name: str
    create_app: Callable[..., FastAPI]
    clock: Clock | None = None

    def app(self, shared: Mapping[str, Any]) -> FastAPI:
        """The service's app; of its settings, `shared` wins over the environment. Raises pydantic's ValidationError."""
        kind: type[Settings] = get_type_hints(self.create_app)["settings"]
        injected = {"clock": self.clock} if self.clock else {}
        return self.create_app(read_settings(kind, **shared), **injected)


def five_services() -> tuple[Part, ...]:
    """Every service of the hub, in the order in which they start."""
    # Imported here: `cabas doctor` and `cabas version` must work where a service cannot even be imported.
    import billing.app
    import catalog.app
    import logistics.app
    import notify.app
    import ordering.app

    return (
        Part("catalog", catalog.app.create_app),
        Part("ordering", ordering.app.create_app),
        Part("logistics", logistics.app.create_app),
        Part("billing", billing.app.create_app),
        Part("notify", notify.app.create_app),
    )


NAMES = ("catalog", "ordering", "logistics", "billing", "notify")


def owner_of(path: str) -> tuple[str, str]:
    """The service that answers for `path`, and the path to ask it for. The same for every kind of front server."""
    if path in ("", "/"):
        return FRONT, HOME
    first = path.split("/", 2)[1]
    return (first if first in NAMES else FRONT), path
