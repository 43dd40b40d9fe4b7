"""What every event has in common, and the register of all of them."""

from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Cents = Annotated[int, Field(description="money, in integer euro cents, VAT included unless the name says otherwise")]
Thousandths = Annotated[int, Field(description="quantity, in integer thousandths of its unit: 0.735 kg is 735")]
Moment = Annotated[AwareDatetime, Field(description="an instant, in UTC")]

__all__ = ["EVENTS", "Cents", "Event", "Moment", "Part", "Thousandths"]


class Part(BaseModel):
    """A piece of an event. Frozen; fields it does not know are dropped, so that a newer sender can add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Part):
    """The whole state of one aggregate after a change, with its version.

    `id` names the aggregate, `version` counts its changes from 1. A reader keeps the newest version and ignores
    the others, so duplicates, replays and reordering change nothing.

    The type name is `cabas.<service>.<aggregate>.<event>.v<N>`; the subject adds the aggregate's id.
    """

    service: ClassVar[str]
    aggregate: ClassVar[str]
    event: ClassVar[str]
    v: ClassVar[int] = 1

    id: Annotated[str, Field(pattern=r"^[^\s.*>]+$", description="one token of a subject: no space, dot or wildcard")]
    version: Annotated[int, Field(ge=1)]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        if "event" in cls.__dict__:
            if cls.type_name() in EVENTS:
                raise ValueError(f"two events are called {cls.type_name()}")
            EVENTS[cls.type_name()] = cls

    @classmethod
    def type_name(cls) -> str:
        return f"cabas.{cls.service}.{cls.aggregate}.{cls.event}.v{cls.v}"

    @property
    def subject(self) -> str:
        return f"{self.type_name()}.{self.id}"


EVENTS: dict[str, type[Event]] = {}
"""Every event of the hub by type name; filled when the modules of this package are imported."""
