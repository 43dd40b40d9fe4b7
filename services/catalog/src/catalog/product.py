"""Products: what a producer offers or has withdrawn, at which terms.

Every change goes through `store`, in few statements however many products change: versions count up, the price
history grows, and one event per product says the whole of it. The producer's row is locked by the caller.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    Select,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    select,
)

from catalog import announcing, nomenclature, pool
from catalog.author import Author
from catalog.price import BY_HAND, price
from catalog.producer import Producer, locked
from catalog.producer import say_again as producers_say_again
from catalog.refusal import Faulty, NotThere, Stale
from catalog.schema import metadata
from catalog.season import in_season
from catalog.sentence import Fault, _
from catalog.terms import FIELDS, Terms, check, reference_key
from chassis.database import Reader, Writer
from chassis.tables import Utc

OFFERED = "offered"
WITHDRAWN = "withdrawn"

product = Table(
    "product",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("producer_id", String(36), ForeignKey("producer.id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("reference", String(40), nullable=False),
    Column("reference_key", String(80), nullable=False),
    Column("name_fr", String(120), nullable=False),
    Column("name_en", String(120), nullable=False),
    # Folded name and reference, for looking things up without accents.
    Column("words", String(600), nullable=False),
    Column("unit", String(10), nullable=False),
    Column("pack_label", String(60), nullable=False),
    Column("content_thousandths", BigInteger),
    Column("content_unit", String(10)),
    Column("price_cents", BigInteger, nullable=False),
    Column("price_basis", String(10), nullable=False),
    Column("vat_class", String(40), nullable=False),
    Column("temperature_class", String(40), nullable=False),
    Column("season_from", Integer),
    Column("season_to", Integer),
    Column("weighed", Boolean, nullable=False),
    Column("allergens", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("available_thousandths", BigInteger),
    Column("note", String(600), nullable=False),
    Column("case_thousandths", BigInteger),
    Column("stock_unit", String(10), nullable=False),
    Column("weight_margin_percent", Integer, nullable=False),
    Column("deposit_cents", BigInteger, nullable=False),
    Column("tiers", JSON, nullable=False),
    Column("minimum", JSON(none_as_null=True)),
    Column("breakdown", JSON(none_as_null=True)),
    Column("food", JSON(none_as_null=True)),
    Column("intermediaries", Integer),
    # Pools are never deleted; `pool.check_size` and `_judge` hold that it is one of the producer's.
    Column("pool_id", String(36)),
    # How it is shared out; where it is a size of a pool, the pool's rules count.
    Column("shortage_rule", String(20), nullable=False),
    Column("extra_rule", String(20), nullable=False),
    # How it is sold, where that is not how all goods of its producer are.
    Column("sale", String(10)),
    # Who carries it when it measures more or less than was ordered; None: the household.
    Column("bearer", String(10)),
    # What carrying it takes (contracts.Carriage); None: nobody said.
    Column("carriage", JSON(none_as_null=True)),
    # The last day of a price that is promised for the season; `price_lock` says who promised and why.
    Column("price_locked_until", Date),
    # It lacks a fact that must be told before a purchase (`Terms.facts_missing`).
    Column("incomplete", Boolean, nullable=False),
    Column("changed_at", Utc, nullable=False),
    UniqueConstraint("producer_id", "reference_key"),
)
Index("ix_product_state_words", product.c.state, product.c.words)


@dataclass(frozen=True)
class Product:
    id: str
    version: int
    producer_id: str
    state: str
    terms: Terms
    price_locked_until: date | None = None

    @property
    def offered(self) -> bool:
        return self.state == OFFERED

    def sold_on(self, day: date) -> bool:
        return in_season(self.terms.season, day)


def from_row(row: RowMapping) -> Product:
    terms = Terms.read({name: row[name] for name in FIELDS})
    return Product(row["id"], row["version"], row["producer_id"], row["state"], terms, row["price_locked_until"])


def _row(item: Product, writer: Writer) -> dict[str, Any]:
    terms = item.terms
    return {
        **terms.plain(),
        "version": item.version,
        "producer_id": item.producer_id,
        "state": item.state,
        "price_locked_until": item.price_locked_until,
        "incomplete": bool(terms.facts_missing),
        "reference_key": reference_key(terms.reference),
        "words": nomenclature.folded(f"{terms.name_fr} {terms.name_en} {terms.reference}"),
        "changed_at": writer.now,
    }


# --- operations ---


async def offer(writer: Writer, producer_id: str, product_id: str, terms: Terms, author: Author) -> str:
    """Add a product to what a producer offers, under an id that the form was given: sent twice, it is one product.

    Raises NotThere (no such producer), Faulty (also: the reference is taken, the producer has stopped).
    """
    owner = await locked(writer, producer_id)
    held = await writer.first(select(product.c.producer_id).where(product.c.id == product_id))
    if held is not None:
        if held["producer_id"] != producer_id:
            raise NotThere
        return product_id
    await _judge(writer, owner, terms, product_id)
    await store(writer, owner, [Product(product_id, 1, producer_id, OFFERED, terms)], [], author)
    return product_id


async def change(
    writer: Writer, product_id: str, version: int, terms: Terms, author: Author, reason: str = ""
) -> Product:
    """Change the terms, as seen at `version`; `reason`: why the price changes, for its history. A product on offer is
    announced again. Raises NotThere, Stale, Faulty (also: the price is locked)."""
    owner, old = await held_with_owner(writer, product_id, version)
    await _judge(writer, owner, terms, product_id, old)
    if terms == old.terms:
        return old
    new = replace(old, version=old.version + 1, terms=terms)
    await store(writer, owner, [], [(old, new)], author, reason=reason)
    return new


async def withdraw(writer: Writer, product_id: str, version: int, author: Author) -> Product:
    """Take a product off offer; asked again, nothing happens. Cycles that offer it keep it. Raises NotThere, Stale."""
    return await _put(writer, product_id, version, WITHDRAWN, author)


async def offer_again(writer: Writer, product_id: str, version: int, author: Author) -> Product:
    """Raises NotThere, Stale, Faulty (the producer has stopped)."""
    return await _put(writer, product_id, version, OFFERED, author)


async def _put(writer: Writer, product_id: str, version: int, state: str, author: Author) -> Product:
    owner, old = await held_with_owner(writer, product_id, None)
    if old.state == state:
        return old
    if old.version != version:
        raise Stale
    if state == OFFERED and not owner.sheet.active:
        raise Faulty([_stopped()])
    new = replace(old, version=old.version + 1, state=state)
    await store(writer, owner, [], [(old, new)], author)
    return new


async def held_with_owner(writer: Writer, product_id: str, version: int | None) -> tuple[Producer, Product]:
    """The product and its locked producer; the product is read after the lock is held. Raises NotThere, Stale."""
    producer_id = await writer.scalar(select(product.c.producer_id).where(product.c.id == product_id))
    if producer_id is None:
        raise NotThere
    owner = await locked(writer, producer_id)
    row = await writer.first(select(product).where(product.c.id == product_id))
    assert row is not None, "products are never deleted"
    held = from_row(row)
    if version is not None and held.version != version:
        raise Stale
    return owner, held


async def _judge(writer: Writer, owner: Producer, terms: Terms, product_id: str, old: Product | None = None) -> None:
    faults = check(terms)
    if old is None and not owner.sheet.active:
        faults.append(_stopped())
    if old is not None:
        faults += locked_price(old, terms)
    key = reference_key(terms.reference)
    twin = select(product.c.id).where(
        product.c.producer_id == owner.id, product.c.reference_key == key, product.c.id != product_id
    )
    if await writer.scalar(twin):
        faults.append(Fault("reference", _("This producer has a product with this reference already.")))
    if terms.pool_id is not None and not faults:
        filled = await pool.find(writer, terms.pool_id)
        if filled is None or filled.producer_id != owner.id:
            faults.append(Fault("pool_id", _("Choose one of the list.")))
        elif (wrong := pool.check_size(terms.packing, filled.sheet)) is not None:
            faults.append(wrong)
    if faults:
        raise Faulty(faults)


def locked_price(held: Product, terms: Terms) -> list[Fault]:
    """Why these terms cannot follow: the price is promised until a day, and theirs is another one."""
    if held.price_locked_until is None or _price_of(held.terms) == _price_of(terms):
        return []
    until = held.price_locked_until.strftime("%d/%m/%Y")
    sentence = _("The price is locked until %(day)s: unlock it first, and say why.", day=until)
    return [Fault("price", sentence)]


def _stopped() -> Fault:
    return Fault("", _("This producer has stopped: make the producer active before offering anything."))


async def withdraw_all(writer: Writer, owner: Producer, author: Author) -> int:
    """Withdraw everything a producer offers, when the producer stops."""
    held = await offered_by(writer, owner.id)
    pairs = [(old, replace(old, version=old.version + 1, state=WITHDRAWN)) for old in held]
    await store(writer, owner, [], pairs, author)
    return len(pairs)


async def say_again(writer: Writer, owner: Producer, those: Sequence[Product] | None = None) -> None:
    """Announce what a producer offers again, or `those` of it: its name, a pool or a label's proof changed."""
    if those is None:
        those = await offered_by(writer, owner.id)
    nobody = Author("", "")
    await store(writer, owner, [], [(old, replace(old, version=old.version + 1)) for old in those], nobody)


async def say_label(writer: Writer, owner: Producer, label: str, product_id: str | None) -> None:
    """Announce what carries a label whose proof came or went: the products on offer, and the producer that has it."""
    held = await offered_by(writer, owner.id)
    carrying = [item for item in held if label in item.terms.labels and product_id in (None, item.id)]
    await say_again(writer, owner, carrying)
    if product_id is None and label in owner.sheet.labels:
        await producers_say_again(writer, owner)


async def store(
    writer: Writer,
    owner: Producer,
    new: Sequence[Product],
    changed: Sequence[tuple[Product, Product]],
    author: Author,
    source: str = BY_HAND,
    reason: str = "",
) -> None:
    """Write new products and changed ones (old, new) of one producer, their prices and their events."""
    if new:
        await writer.execute(product.insert(), [{"id": item.id, **_row(item, writer)} for item in new])
    if changed:
        rows = [{f"new_{name}": value for name, value in _row(item, writer).items()} for _old, item in changed]
        for row, (_old, item) in zip(rows, changed, strict=True):
            row["held_id"] = item.id
        columns: dict[str, Any] = {name.removeprefix("new_"): bindparam(name) for name in rows[0] if name != "held_id"}
        await writer.execute(product.update().where(product.c.id == bindparam("held_id")).values(columns), rows)
    priced = [*new, *(item for old, item in changed if _price_of(old.terms) != _price_of(item.terms))]
    if priced:
        await writer.execute(price.insert(), [_price_row(item, writer, author, source, reason) for item in priced])
    said = [*new, *(item for old, item in changed if old.offered or item.offered)]
    await announcing.offers(writer, owner, said)


def _price_of(terms: Terms) -> tuple[object, ...]:
    return terms.price_cents, terms.price_basis, terms.tiers


def _price_row(item: Product, writer: Writer, author: Author, source: str, reason: str) -> dict[str, Any]:
    return {
        "product_id": item.id,
        "version": item.version,
        "price_cents": item.terms.price_cents,
        "price_basis": item.terms.price_basis.value,
        "set_at": writer.now,
        "set_by": author.person_id,
        "set_by_name": author.name,
        "source": source,
        "reason": reason,
    }


# --- queries ---


def _of(producer_id: str) -> Select[Any]:
    return select(product).where(product.c.producer_id == producer_id).order_by(product.c.reference_key)


async def find(reader: Reader, product_id: str) -> Product | None:
    row = await reader.first(select(product).where(product.c.id == product_id))
    return from_row(row) if row else None


async def offered_by(reader: Reader, producer_id: str) -> list[Product]:
    """Everything a producer offers, in the order of references."""
    return [from_row(row) for row in await reader.all(_of(producer_id).where(product.c.state == OFFERED))]


async def sizes_of(reader: Reader, pool_ids: Collection[str]) -> list[Product]:
    """The products that fill the cases of these pools, withdrawn ones too, in the order of their references."""
    sizes = select(product).where(product.c.pool_id.in_(pool_ids)).order_by(product.c.reference_key)
    return [from_row(row) for row in await reader.all(sizes)]


async def by_reference(reader: Reader, producer_id: str, keys: Collection[str] | None = None) -> dict[str, Product]:
    """Products of a producer by folded reference: all, or those with one of `keys`."""
    statement = _of(producer_id)
    if keys is not None:
        statement = statement.where(product.c.reference_key.in_(keys))
    return {row["reference_key"]: from_row(row) for row in await reader.all(statement)}


async def offered_beside(reader: Reader, producer_id: str, keys: Collection[str]) -> list[RowMapping]:
    """What a producer offers under none of these folded references: id, reference, name_fr."""
    columns = (product.c.id, product.c.reference, product.c.reference_key, product.c.name_fr)
    mine = select(*columns).where(product.c.producer_id == producer_id, product.c.state == OFFERED)
    rows = await reader.all(mine.order_by(product.c.reference_key))
    return [row for row in rows if row["reference_key"] not in keys]
