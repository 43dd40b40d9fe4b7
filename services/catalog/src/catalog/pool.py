"""Pools: sizes of one product that fill the same cases. 1, 5 and 10 kg of lemons all come out of crates of 10 kg.

A pool has one unit, which each of its products holds so much of. Goods of another pool of the same producer may
complete its cases (a crate of lemons topped up with clementines), and what is available counts for all sizes together.
Products name their pool; what is said of the pool travels in each of their events, so they are said again when it
changes. The producer's row is the lock, as for products.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    RowMapping,
    String,
    Table,
    UniqueConstraint,
    select,
)

from catalog.author import Author
from catalog.nomenclature import folded
from catalog.packing import Packing
from catalog.producer import locked
from catalog.refusal import Faulty, NotThere, Stale
from catalog.schema import metadata
from catalog.sentence import Fault, _
from catalog.terms import MOST_AVAILABLE, MOST_CONTENT, Terms, check_plain_text
from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts import Bilingual, Unit
from contracts.catalog import Pool as SaidPool
from contracts.catalog import SharingRule, SharingRules

pool = Table(
    "pool",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("producer_id", String(36), ForeignKey("producer.id"), nullable=False),
    Column("name_fr", String(120), nullable=False),
    Column("name_en", String(120), nullable=False),
    Column("name_key", String(240), nullable=False),
    Column("unit", String(10), nullable=False),
    Column("case_thousandths", BigInteger),
    Column("available_thousandths", BigInteger),
    # Ids of the producer's other pools whose goods may complete a case.
    Column("completes_with", JSON, nullable=False),
    Column("shortage_rule", String(20), nullable=False),
    Column("extra_rule", String(20), nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("changed_by_name", String(120), nullable=False),
    UniqueConstraint("producer_id", "name_key"),
)


@dataclass(frozen=True)
class PoolSheet:
    """What is said of a pool. Quantities in thousandths of `unit`; no case: any quantity is handed over."""

    name_fr: str
    name_en: str = ""
    unit: Unit = Unit.KG
    case_thousandths: int | None = None
    available_thousandths: int | None = None
    completes_with: tuple[str, ...] = ()
    shortage_rule: SharingRule = SharingRule.MAX_MIN
    extra_rule: SharingRule = SharingRule.COST_BALANCED

    @property
    def sharing(self) -> SharingRules:
        return SharingRules(shortage=self.shortage_rule, extra=self.extra_rule)


@dataclass(frozen=True)
class Pool:
    id: str
    version: int
    producer_id: str
    sheet: PoolSheet

    def name(self, language: str) -> str:
        return self.sheet.name_en if language == "en" and self.sheet.name_en else self.sheet.name_fr

    def said_with(self, packing: Packing) -> SaidPool:
        """The pool as the event of one of its products says it."""
        sheet = self.sheet
        return SaidPool(
            pool_id=self.id,
            name=Bilingual(fr=sheet.name_fr, en=sheet.name_en),
            unit=sheet.unit,
            size_thousandths=packing.measure(1000),
            case_thousandths=sheet.case_thousandths,
            completes_with=sheet.completes_with,
            available_thousandths=sheet.available_thousandths,
        )


def check(sheet: PoolSheet) -> list[Fault]:
    """Everything that is wrong with a sheet by itself, field by field."""
    faults = []
    if not sheet.name_fr:
        faults.append(Fault("name_fr", _("A pool needs a name in French.")))
    for name in ("name_fr", "name_en"):
        fault = check_plain_text(name, getattr(sheet, name))
        if fault is not None:
            faults.append(fault)
    for name, value, least, most in (
        ("case", sheet.case_thousandths, 1, MOST_CONTENT),
        ("available", sheet.available_thousandths, 0, MOST_AVAILABLE),
    ):
        if value is None:
            continue
        if not least <= value <= most:
            faults.append(Fault(name, _("A number of at most %(most)s, please.", most=most // 1000)))
        elif sheet.unit is Unit.PIECE and value % 1000:
            faults.append(Fault(name, _("Pieces are counted in whole numbers.")))
    if sheet.completes_with and sheet.case_thousandths is None:
        faults.append(Fault("case", _("Say how much fills a case: another pool is to complete it.")))
    return faults


def check_size(packing: Packing, sheet: PoolSheet) -> Fault | None:
    """Whether a product can be a size of the pool: it holds some of the pool's unit."""
    if packing.measure_unit is sheet.unit:
        return None
    sentence = _("This pool is counted in another unit than the product: say what one holds of that unit.")
    return Fault("pool_id", sentence)


def still_fits(held: Terms, terms: Terms) -> list[Fault]:
    """A price list does not turn a size of a pool into something else."""
    if terms.pool_id is None or terms.packing.measure_unit is held.packing.measure_unit:
        return []
    return [Fault("content_unit", _("It is a size of a pool: its unit stays what it is."))]


# --- operations ---


async def add(writer: Writer, pool_id: str, producer_id: str, sheet: PoolSheet, author: Author) -> str:
    """Add a pool under an id that the form was given: sent twice, it is one pool. Raises NotThere, Faulty."""
    await locked(writer, producer_id)
    held = await writer.first(select(pool.c.producer_id).where(pool.c.id == pool_id))
    if held is not None:
        if held["producer_id"] != producer_id:
            raise NotThere
        return pool_id
    await _judge(writer, producer_id, pool_id, sheet)
    await writer.execute(pool.insert().values(id=pool_id, producer_id=producer_id, **_row(sheet, 1, writer, author)))
    return pool_id


async def change(writer: Writer, pool_id: str, version: int, sheet: PoolSheet, author: Author) -> Pool:
    """Change a pool, as seen at `version`; its products on offer are said again. Raises NotThere, Stale, Faulty."""
    from catalog import product  # products know their pool, so this way round it is late

    old = await find(writer, pool_id)
    if old is None:
        raise NotThere
    owner = await locked(writer, old.producer_id)
    old = await find(writer, pool_id)
    assert old is not None, "pools are never deleted"
    if old.version != version:
        raise Stale
    await _judge(writer, old.producer_id, pool_id, sheet)
    sizes = await product.sizes_of(writer, [pool_id])
    wrong = [size.terms.name_fr for size in sizes if check_size(size.terms.packing, sheet) is not None]
    if wrong:
        sentence = _("These sizes are counted in another unit: %(names)s.", names=", ".join(wrong)[:200])
        raise Faulty([Fault("unit", sentence)])
    if sheet == old.sheet:
        return old
    new = replace(old, version=version + 1, sheet=sheet)
    await writer.execute(pool.update().where(pool.c.id == pool_id).values(**_row(sheet, new.version, writer, author)))
    await product.say_again(writer, owner, [size for size in sizes if size.offered])
    return new


async def set_sizes(writer: Writer, pool_id: str, product_ids: Collection[str], author: Author) -> None:
    """Make these products, and no others, the sizes of a pool. What changes is said again. Raises NotThere, Faulty."""
    from catalog import product

    one = await find(writer, pool_id)
    if one is None:
        raise NotThere
    owner = await locked(writer, one.producer_id)
    goods = (await product.by_reference(writer, owner.id)).values()
    wanted = set(product_ids)
    if wanted - {item.id for item in goods}:
        raise Faulty([Fault("sizes", _("Choose from the list."))])
    changed = []
    for item in goods:
        filled = pool_id if item.id in wanted else None if item.terms.pool_id == pool_id else item.terms.pool_id
        if filled == item.terms.pool_id:
            continue
        if filled is not None and (wrong := check_size(item.terms.packing, one.sheet)) is not None:
            raise Faulty([replace(wrong, field="sizes")])
        terms = replace(item.terms, pool_id=filled)
        changed.append((item, replace(item, version=item.version + 1, terms=terms)))
    await product.store(writer, owner, [], changed, author)


async def _judge(writer: Writer, producer_id: str, pool_id: str, sheet: PoolSheet) -> None:
    faults = check(sheet)
    others = {one.id: one for one in await of_producers(writer, [producer_id]) if one.id != pool_id}
    if folded(sheet.name_fr) in {folded(one.sheet.name_fr) for one in others.values()}:
        faults.append(Fault("name_fr", _("This producer has a pool of this name already.")))
    if set(sheet.completes_with) - set(others):
        faults.append(Fault("completes_with", _("Choose from the list.")))
    crate = _crate_of(pool_id, sheet, others)
    if wrong := [one.sheet.name_fr for one in crate if one.sheet.unit is not sheet.unit]:
        faults.append(Fault("completes_with", _("“%(name)s” is counted in another unit.", name=", ".join(wrong))))
    elif wrong := [one.sheet.name_fr for one in crate if not _same_case(one.sheet, sheet)]:
        sentence = _("“%(name)s” comes in cases of another size: a mixed crate has one size.", name=", ".join(wrong))
        faults.append(Fault("completes_with", sentence))
    if faults:
        raise Faulty(faults)


def _same_case(one: PoolSheet, other: PoolSheet) -> bool:
    """A pool without cases goes into any crate."""
    cases = {one.case_thousandths, other.case_thousandths} - {None}
    return len(cases) < 2


def _crate_of(pool_id: str, sheet: PoolSheet, others: Mapping[str, Pool]) -> list[Pool]:
    """The other pools whose goods would be in one crate with this one's: those that complete it, those that it
    completes, and those that complete these. `others`: the producer's."""
    beside = {other: set(one.sheet.completes_with) for other, one in others.items()} | {
        pool_id: set(sheet.completes_with)
    }
    together, grown = {pool_id}, True
    while grown:
        near = {other for one in together for other in beside.get(one, ())}
        near |= {one for one, its in beside.items() if its & together}
        grown = not near <= together
        together |= near
    return [one for other, one in others.items() if other in together]


def _row(sheet: PoolSheet, version: int, writer: Writer, author: Author) -> dict[str, Any]:
    return {
        "version": version,
        "name_fr": sheet.name_fr,
        "name_en": sheet.name_en,
        "name_key": folded(sheet.name_fr),
        "unit": sheet.unit.value,
        "case_thousandths": sheet.case_thousandths,
        "available_thousandths": sheet.available_thousandths,
        "completes_with": list(sheet.completes_with),
        "shortage_rule": sheet.shortage_rule.value,
        "extra_rule": sheet.extra_rule.value,
        "changed_at": writer.now,
        "changed_by_name": author.name,
    }


# --- queries ---


def from_row(row: RowMapping) -> Pool:
    sheet = PoolSheet(
        row["name_fr"],
        row["name_en"],
        Unit(row["unit"]),
        row["case_thousandths"],
        row["available_thousandths"],
        tuple(row["completes_with"]),
        SharingRule(row["shortage_rule"]),
        SharingRule(row["extra_rule"]),
    )
    return Pool(row["id"], row["version"], row["producer_id"], sheet)


async def find(reader: Reader, pool_id: str) -> Pool | None:
    row = await reader.first(select(pool).where(pool.c.id == pool_id))
    return from_row(row) if row else None


async def of_producers(reader: Reader, producer_ids: Collection[str] | None) -> list[Pool]:
    """In the order of their names; None: of all producers."""
    statement = select(pool).order_by(pool.c.name_key, pool.c.id)
    if producer_ids is not None:
        statement = statement.where(pool.c.producer_id.in_(producer_ids))
    return [from_row(row) for row in await reader.all(statement)]


async def by_id(reader: Reader, pool_ids: Sequence[str]) -> dict[str, Pool]:
    if not pool_ids:
        return {}
    return {row["id"]: from_row(row) for row in await reader.all(select(pool).where(pool.c.id.in_(pool_ids)))}
