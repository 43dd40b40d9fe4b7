"""What is read on the papers of a day, in the words of one reader: the one source of the screen, the PDF and the CSV.

Plain data: nothing is reckoned from it any more. Instants are said as hours of the hub.
"""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Item:
    """So much of one product: "12 pièces", "Pélardon affiné, pièce de 90 g"."""

    figure: str
    name: str


@dataclass(frozen=True)
class ClassPart:
    """The goods of one temperature class. `limits`: "8 °C au plus", or empty."""

    name: str
    limits: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class PieceSheet:
    """A consignment in somebody's hands. `mark`: first letters of its code, by which paper, label and screen are
    compared. `boxes`: "Glacière G-07: à remplir". `room`: compartment it is in. `stands`: where it is put, or fetched
    from. `next`: where it leaves the vehicle."""

    producer: str
    origin: str
    goal: str
    group: str
    mark: str
    room: str
    boxes: str
    stands: str
    next: str
    size: str
    classes: tuple[ClassPart, ...]


@dataclass(frozen=True)
class Contact:
    """Whom to call, where it is and how one gets in. `dial`: the number as a telephone wants it; empty: none."""

    name: str
    phone: str
    dial: str
    address: str
    access: str
    key: str
    map: str


@dataclass(frozen=True)
class HaltSheet:
    """`site`: its id, as addresses want it. `hours`: "8 h 23 – 8 h 28". `handover`: when households collect there; `km`
    from the halt before."""

    number: int
    site: str
    place: str
    kind: str
    at: str
    hours: str
    km: str
    handover: str
    contact: Contact
    off: tuple[PieceSheet, ...]
    on: tuple[PieceSheet, ...]


@dataclass(frozen=True)
class RoomSheet:
    """`setting`: "4 °C", or that nothing cools it."""

    name: str
    setting: str


@dataclass(frozen=True)
class WaySheet:
    """One round. `map`: a drawing of it (SVG), empty where there is none."""

    vehicle: str
    plate: str
    hours: str
    km: str
    rooms: tuple[RoomSheet, ...]
    halts: tuple[HaltSheet, ...]
    map: str = ""


@dataclass(frozen=True)
class RouteSheet:
    carrier: str
    phone: str
    dial: str
    hours: str
    km: str
    ways: tuple[WaySheet, ...]


@dataclass(frozen=True)
class MoveSheet:
    """Somebody who comes to the dock or leaves it. `pieces`: in the order they are put down, or go into the vehicle."""

    at: str
    until: str
    carrier: str
    dial: str
    phone: str
    vehicle: str
    pieces: tuple[PieceSheet, ...]


@dataclass(frozen=True)
class VillageSheet:
    """What leaves the dock for one pickup point with one carrier. `consignments`: how many; `boxes`: their names."""

    place: str
    carrier: str
    at: str
    consignments: str
    boxes: str
    size: str


@dataclass(frozen=True)
class DockSheet:
    place: str
    contact: Contact
    rooms: tuple[RoomSheet, ...]
    villages: tuple[VillageSheet, ...]
    arrivals: tuple[MoveSheet, ...]
    departures: tuple[MoveSheet, ...]


@dataclass(frozen=True)
class FetchSheet:
    """`at`: the hour by which all of it stands ready. `how`: "Marcel le prend à la ferme", or that the producer brings
    it itself, where and by when."""

    at: str
    how: str
    phone: str
    dial: str
    pieces: tuple[PieceSheet, ...]


@dataclass(frozen=True)
class PackingSheet:
    producer_id: str
    producer: str
    sums: str
    fetchings: tuple[FetchSheet, ...]
    left: tuple[PieceSheet, ...]


@dataclass(frozen=True)
class Label:
    """`kind`: "box", "crate" or "bag". `code`: the address it says; `mark`: its first letters, for eyes. `lines`: what
    is in it. `part`: "2/3" where a bag needs several."""

    kind: str
    title: str
    subtitle: str
    day: str
    keep: str
    notes: tuple[str, ...]
    lines: tuple[str, ...]
    code: str
    mark: str
    part: str = ""


@dataclass(frozen=True)
class Paper:
    """A document: the frame and what is in it. `version`: "version 2, publiée jeu. 26 nov., 20 h". `outdated`: that
    another version holds, or empty. `labels`: the fixed words."""

    language: str
    hub: str
    day: str
    version: str
    outdated: str
    labels: dict[str, str]
    routes: tuple[RouteSheet, ...] = ()
    docks: tuple[DockSheet, ...] = ()
    packings: tuple[PackingSheet, ...] = ()
    stickers: tuple[Label, ...] = ()

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)
