"""Producers: who sells through the hub, from where, under which labels and VAT regime.

A producer's row is also the lock of its products: whoever changes a product or applies a price list holds it, so
references stay unique and two hands never write one product at once.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Float, Integer, RowMapping, Select, String, Table, func, select

from catalog import announcing, certificate, minimum, nomenclature
from catalog.author import Author
from catalog.place import completed
from catalog.refusal import Faulty, NotThere, Stale
from catalog.schema import metadata
from catalog.sentence import Fault, _
from catalog.terms import check_plain_text
from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts import Place, Sale
from contracts.catalog import Minimum

producer = Table(
    "producer",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", String(120), nullable=False),
    # The folded name: "bioespuna" and "BioEspuña" are one producer.
    Column("name_key", String(240), nullable=False, unique=True),
    Column("place_name", String(120), nullable=False),
    Column("postcode", String(12), nullable=False),
    Column("insee", String(5), nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("country", String(2), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("seller_regime", String(40), nullable=False),
    Column("contact_name", String(120), nullable=False),
    Column("email", String(254), nullable=False),
    Column("phone", String(40), nullable=False),
    Column("language", String(2), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("minimum", JSON(none_as_null=True)),
    Column("sale", String(10), nullable=False),
    Column("resells", Boolean, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("changed_by", String(36), nullable=False),
    Column("changed_by_name", String(120), nullable=False),
)

LANGUAGES = ("fr", "en")


@dataclass(frozen=True)
class Sheet:
    """What is said of a producer. The contact is for coordinators, referents and the producer, not for members.
    `minimum`: what must come together before it delivers at all. `sale`: how its goods reach households; under
    mandate they are offered only while a contract, which is billing's, covers the delivery. `resells`: it sells what
    others made."""

    name: str
    place: Place
    country: str = "FR"
    labels: tuple[str, ...] = ()
    seller_regime: str = "NORMAL"
    contact_name: str = ""
    email: str = ""
    phone: str = ""
    language: str = "fr"
    active: bool = True
    minimum: Minimum | None = None
    sale: Sale = Sale.DIRECT
    resells: bool = False

    def sale_of(self, own: Sale | None) -> Sale:
        """How a product is sold. `own`: what is said of that product alone."""
        return own or self.sale

    def intermediaries(self, declared: int | None, own: Sale | None) -> int | None:
        """How many stand between who made something and the household. `declared`: those before the producer; `own`: as
        in `sale_of`.

        An agent with a mandate never owns the goods, so the hub counts only where it buys and sells again. Of somebody
        who sells what others made nothing is known until they say; who makes it needs not say so.
        """
        before = 0 if declared is None and not self.resells else declared
        return None if before is None else before + (self.sale_of(own) is Sale.RESALE)


@dataclass(frozen=True)
class Producer:
    id: str
    version: int
    sheet: Sheet

    @property
    def name(self) -> str:
        return self.sheet.name


def check(sheet: Sheet) -> list[Fault]:
    """Everything that is wrong with a sheet, field by field."""
    faults = []
    if not sheet.name:
        faults.append(Fault("name", _("A producer needs a name.")))
    for field, text, most in (
        ("name", sheet.name, 120),
        ("place", sheet.place.name, 120),
        ("contact_name", sheet.contact_name, 120),
        ("postcode", sheet.place.postcode, 12),
        ("phone", sheet.phone, 40),
    ):
        if len(text) > most:
            faults.append(Fault(field, _("Too long: at most %(most)s characters.", most=most)))
    fault = check_plain_text("name", sheet.name)
    return [
        *faults,
        *([fault] if fault else []),
        *_check_place(sheet.place),
        *_check_codes(sheet),
        *minimum.check(sheet.minimum),
    ]


def _check_place(place: Place) -> list[Fault]:
    faults = []
    if not place.name:
        faults.append(Fault("place", _("Say the village or town.")))
    # Corsican codes have a letter: 2A004.
    if place.insee and not (len(place.insee) == 5 and place.insee.isalnum() and place.insee.isascii()):
        faults.append(Fault("insee", _("An INSEE code has five characters, for example 11206.")))
    if (place.latitude is None) != (place.longitude is None):
        faults.append(Fault("longitude", _("Give latitude and longitude, or neither.")))
    if place.latitude is not None and not -90 <= place.latitude <= 90:
        faults.append(Fault("latitude", _("A latitude lies between -90 and 90.")))
    if place.longitude is not None and not -180 <= place.longitude <= 180:
        faults.append(Fault("longitude", _("A longitude lies between -180 and 180.")))
    return faults


def _check_codes(sheet: Sheet) -> list[Fault]:
    faults = []
    if sheet.seller_regime not in nomenclature.seller_regimes():
        faults.append(Fault("seller_regime", _("Choose a seller regime.")))
    if sheet.country not in nomenclature.countries():
        faults.append(Fault("country", _("Choose a country.")))
    if any(label not in nomenclature.labels() for label in sheet.labels):
        faults.append(Fault("labels", _("Choose labels from the list.")))
    if sheet.language not in LANGUAGES:
        faults.append(Fault("language", _("Choose a language.")))
    if sheet.email and ("@" not in sheet.email or len(sheet.email) > 254):
        faults.append(Fault("email", _("Type an e-mail address, for example name@example.org.")))
    return faults


# --- rows ---


def from_row(row: RowMapping) -> Producer:
    place = Place(
        name=row["place_name"],
        postcode=row["postcode"],
        insee=row["insee"],
        latitude=row["latitude"],
        longitude=row["longitude"],
    )
    said = {name: row[name] for name in ("name", "country", "seller_regime", "contact_name", "email", "phone")}
    sheet = Sheet(
        **said,
        place=place,
        labels=tuple(row["labels"]),
        language=row["language"],
        active=bool(row["active"]),
        minimum=Minimum.model_validate(row["minimum"]) if row["minimum"] else None,
        sale=Sale(row["sale"]),
        resells=bool(row["resells"]),
    )
    return Producer(row["id"], row["version"], sheet)


def _row(sheet: Sheet, version: int, writer: Writer, author: Author) -> dict[str, Any]:
    return {
        "version": version,
        "name": sheet.name,
        "name_key": nomenclature.folded(sheet.name),
        "place_name": sheet.place.name,
        "postcode": sheet.place.postcode,
        "insee": sheet.place.insee,
        "latitude": sheet.place.latitude,
        "longitude": sheet.place.longitude,
        "country": sheet.country,
        "labels": list(sheet.labels),
        "seller_regime": sheet.seller_regime,
        "contact_name": sheet.contact_name,
        "email": sheet.email,
        "phone": sheet.phone,
        "language": sheet.language,
        "active": sheet.active,
        "minimum": sheet.minimum.model_dump(mode="json") if sheet.minimum else None,
        "sale": sheet.sale.value,
        "resells": sheet.resells,
        "changed_at": writer.now,
        "changed_by": author.person_id,
        "changed_by_name": author.name,
    }


# --- operations ---


async def register(writer: Writer, producer_id: str, sheet: Sheet, author: Author) -> str:
    """Add a producer under an id that the form was given: sent twice, it is one producer. Gives back its id.

    Raises Faulty, also when another producer has the name.
    """
    if await writer.scalar(select(producer.c.id).where(producer.c.id == producer_id)):
        return producer_id
    faults = check(sheet)
    if faults:
        raise Faulty(faults)
    sheet = replace(sheet, place=completed(sheet.place))
    insert = writer.insert(producer).values(id=producer_id, **_row(sheet, 1, writer, author))
    if not (await writer.execute(insert.on_conflict_do_nothing())).rowcount:
        # Somebody registered the id or the name at the same instant, or long before.
        if await writer.scalar(select(producer.c.id).where(producer.c.id == producer_id)):
            return producer_id
        raise Faulty([Fault("name", _("There is a producer of this name already."))])
    await announcing.registered(writer, Producer(producer_id, 1, sheet))
    return producer_id


async def change(writer: Writer, producer_id: str, version: int, sheet: Sheet, author: Author) -> Producer:
    """Change what is said of a producer, as seen at `version`. Raises NotThere, Stale, Faulty.

    Its name and its way to the household stand in the events of its products: when they change those are announced
    again. Of a producer that stops, everything on offer is withdrawn.
    """
    from catalog import product  # products know their producer, so this way round it is late

    old = await locked(writer, producer_id)
    if old.version != version:
        raise Stale
    faults = check(sheet)
    sheet = replace(sheet, place=completed(sheet.place))
    name_key = nomenclature.folded(sheet.name)
    namesake = select(producer.c.id).where(producer.c.name_key == name_key, producer.c.id != producer_id)
    if not faults and await writer.scalar(namesake):
        faults = [Fault("name", _("There is a producer of this name already."))]
    if faults:
        raise Faulty(faults)
    if sheet == old.sheet:
        return old
    new = Producer(producer_id, version + 1, sheet)
    mine = producer.c.id == producer_id
    await writer.execute(producer.update().where(mine).values(**_row(sheet, new.version, writer, author)))
    await announcing.changed(writer, new, await certificate.standing(writer, [producer_id]))
    if old.sheet.active and not sheet.active:
        await product.withdraw_all(writer, new, author)
    elif any(getattr(old.sheet, name) != getattr(sheet, name) for name in ("name", "sale", "resells")):
        await product.say_again(writer, new)
    return new


async def say_again(writer: Writer, one: Producer) -> None:
    """Announce a producer again: the proof of one of its labels came or went. Its row is locked."""
    row = await writer.first(select(producer).where(producer.c.id == one.id))
    assert row is not None, "producers are never deleted"
    new = replace(from_row(row), version=row["version"] + 1)
    await writer.execute(producer.update().where(producer.c.id == one.id).values(version=new.version))
    await announcing.changed(writer, new, await certificate.standing(writer, [one.id]))


async def locked(writer: Writer, producer_id: str) -> Producer:
    """The producer, whose row stays locked until the transaction ends. Raises NotThere."""
    row = await writer.first(select(producer).where(producer.c.id == producer_id).with_for_update())
    if row is None:
        raise NotThere
    return from_row(row)


# --- queries ---


async def find(reader: Reader, producer_id: str) -> Producer | None:
    row = await reader.first(select(producer).where(producer.c.id == producer_id))
    return from_row(row) if row else None


async def find_by_name(reader: Reader, name: str) -> Producer | None:
    row = await reader.first(select(producer).where(producer.c.name_key == nomenclature.folded(name)))
    return from_row(row) if row else None


def among(only: frozenset[str] | None, search: str = "") -> Select[Any]:
    """Producers in the order of their names; `only` these where given."""
    statement = select(producer).order_by(producer.c.name_key)
    if only is not None:
        statement = statement.where(producer.c.id.in_(only))
    words = nomenclature.folded(search)
    if words:
        place = func.lower(producer.c.place_name)
        statement = statement.where(
            producer.c.name_key.contains(words, autoescape=True)
            | place.contains(search.strip().lower(), autoescape=True)
        )
    return statement


async def list_of(
    reader: Reader, only: frozenset[str] | None = None, search: str = "", limit: int = 1000, offset: int = 0
) -> list[Producer]:
    return [from_row(row) for row in await reader.all(among(only, search).limit(limit).offset(offset))]


async def last_change(reader: Reader, producer_id: str) -> RowMapping | None:
    columns = (producer.c.changed_at, producer.c.changed_by_name)
    return await reader.first(select(*columns).where(producer.c.id == producer_id))
