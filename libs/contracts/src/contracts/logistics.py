"""What logistics says: what each producer must bring."""

from datetime import date
from typing import ClassVar

from contracts.event import Cents, Event, Moment, Part, Thousandths
from contracts.goods import Article


class PickHousehold(Part):
    """One household's share, named only where its group wants bags."""

    household_id: str
    household_name: str
    quantity_thousandths: Thousandths


class PickSplit(Part):
    """One group's share of a line."""

    group_id: str
    group_name: str
    quantity_thousandths: Thousandths
    households: tuple[PickHousehold, ...] = ()


class PickLine(Part):
    """One article to bring; the splits add up to the quantity."""

    article: Article
    quantity_thousandths: Thousandths
    gross_cents: Cents
    splits: tuple[PickSplit, ...]


class PickListIssued(Event):
    """One producer's pick list over all groups of a closed cycle.

    `path` opens the list and its PDF (`path` + ".pdf") without an account; it carries a signed, dated secret.
    """

    service: ClassVar[str] = "logistics"
    aggregate: ClassVar[str] = "pick_list"
    event: ClassVar[str] = "issued"

    cycle_id: str
    cycle_name: str
    delivers_on: date
    producer_id: str
    producer_name: str
    issued_at: Moment
    lines: tuple[PickLine, ...]
    quantity_thousandths: Thousandths
    gross_cents: Cents
    path: str


class RepublicationRequested(Event):
    """Orders of a closed cycle's manifest did not arrive within the limit: ordering, please say them again."""

    service: ClassVar[str] = "logistics"
    aggregate: ClassVar[str] = "cycle"
    event: ClassVar[str] = "republication_requested"

    orders_expected: int
    orders_held: int
