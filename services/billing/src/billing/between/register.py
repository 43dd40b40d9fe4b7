"""What households of a group paid for each other, and the transfers between them, as they are kept and read.

None of it is money of the hub. An advance is in the book of its producer; a transfer is in no book, for it moves
neither the hub's money nor a producer's: it stands here alone.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    func,
    select,
)

from billing.between.life import STANDING, Stage
from billing.cycle import cycle
from billing.many import among
from billing.payment.life import Kind
from billing.schema import metadata
from chassis.database import Reader
from chassis.tables import Utc

advance = Table(
    "advance",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("group_id", String(100), nullable=False),
    Column("cycle_id", String(100), nullable=False),
    Column("household_id", String(100), nullable=False),
    Column("producer_id", String(100), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("rounding_cents", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("reference", Text, nullable=False),
    Column("noted_at", Utc, nullable=False),
    Column("noted_by", Text, nullable=False),
    Column("undone_at", Utc),
    Column("undone_by", Text, nullable=False),
    Column("undone_because", Text, nullable=False),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""`id`: the form's own. `household_id`: who paid the producer for several. `undone_…`: where it was a mistake."""
Index("ix_advance_cycle_id", advance.c.cycle_id)
Index("ix_advance_household_id", advance.c.household_id)

advance_part = Table(
    "advance_part",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("advance_id", String(36), nullable=False),
    Column("household_id", String(100), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("at", Utc, nullable=False),
    Column("undone_at", Utc),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""For whom an advance is; the parts that hold come to its cents. `undone_at`: None for what holds."""
Index("ix_advance_part_advance_id", advance_part.c.advance_id)
Index("ix_advance_part_household_id", advance_part.c.household_id)

between_round = Table(
    "between_round",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("group_id", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("called_off_at", Utc),
)
"""Transfers that settle some cycles of a group together. `id`: the form's own; `version`: how often they were drawn up;
`called_off_at`: None for one that holds."""
Index("ix_between_round_group_id", between_round.c.group_id)

round_cycle = Table(
    "between_round_cycle",
    metadata,
    Column("round_id", String(36), primary_key=True),
    Column("cycle_id", String(100), primary_key=True),
)

transfer = Table(
    "between_transfer",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("round_id", String(36), nullable=False),
    Column("payer_id", String(100), nullable=False),
    Column("receiver_id", String(100), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("stage", String(12), nullable=False),
    Column("made_at", Utc, nullable=False),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""Written once; only its stage changes, see `life`."""
Index("ix_between_transfer_round_id", transfer.c.round_id)
Index("ix_between_transfer_payer_id", transfer.c.payer_id)
Index("ix_between_transfer_receiver_id", transfer.c.receiver_id)

history = Table(
    "between_history",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("transfer_id", String(36), nullable=False),
    Column("at", Utc, nullable=False),
    Column("what", String(12), nullable=False),
    Column("who", Text, nullable=False),
)
"""Rows are only added. `what`: a move of `life`."""
Index("ix_between_history_transfer_id", history.c.transfer_id)

HOLDS = advance.c.undone_at.is_(None)
OPEN = (Stage.PROPOSED, Stage.PAID)
"""Received by nobody yet."""
SHOWN = 60
"""The newest rounds of a group, and transfers of a household, that are told with those of which something is open."""
PART_HOLDS = advance_part.c.undone_at.is_(None)
ROUND_HOLDS = between_round.c.called_off_at.is_(None)


@dataclass(frozen=True)
class Advance:
    """`parts`: cents that hold, by household; `covered`: for whom it was ever."""

    id: str
    group_id: str
    cycle_id: str
    household_id: str
    producer_id: str
    kind: Kind
    cents: int
    rounding_cents: int
    day: date
    reference: str
    noted_at: datetime
    noted_by: str
    undone_at: datetime | None
    undone_by: str
    undone_because: str
    parts: Mapping[str, int]
    covered: frozenset[str]


@dataclass(frozen=True)
class Transfer:
    id: str
    round_id: str
    payer_id: str
    receiver_id: str
    cents: int
    stage: Stage
    made_at: datetime

    @property
    def is_proposed(self) -> bool:
        return self.stage is Stage.PROPOSED


@dataclass(frozen=True)
class Round:
    """`cycle_ids`: in their order of delivery is the reader's affair; `transfers`: all that were ever drawn up."""

    id: str
    group_id: str
    version: int
    made_at: datetime
    made_by: str
    called_off_at: datetime | None
    cycle_ids: tuple[str, ...]
    transfers: tuple[Transfer, ...]

    @property
    def standing(self) -> tuple[Transfer, ...]:
        return tuple(each for each in self.transfers if each.stage is not Stage.CALLED_OFF)

    @property
    def settled(self) -> bool:
        return all(each.stage is Stage.RECEIVED for each in self.standing)

    @property
    def may_be_called_off(self) -> bool:
        return not any(each.stage in STANDING for each in self.transfers)


async def advances(
    reader: Reader, *, cycle_ids: Collection[str] = (), group_id: str = "", advance_id: str = ""
) -> list[Advance]:
    """Of some cycles, of one group or of all, or one by its id; the first that was noted first."""
    a, p = advance.c, advance_part.c
    chosen = select(advance).order_by(a.noted_at, a.id)
    chosen = chosen.where(a.id == advance_id) if advance_id else chosen.where(a.cycle_id.in_(sorted(cycle_ids)))
    rows = await reader.all(chosen.where(a.group_id == group_id) if group_id else chosen)
    if not rows:
        return []
    parts: dict[str, dict[str, int]] = {row["id"]: {} for row in rows}
    covered: dict[str, set[str]] = {row["id"]: set() for row in rows}
    for row in await reader.all(select(advance_part).where(p.advance_id.in_(sorted(parts))).order_by(p.household_id)):
        covered[row["advance_id"]].add(row["household_id"])
        if row["undone_at"] is None:
            parts[row["advance_id"]][row["household_id"]] = row["cents"]
    return [
        Advance(**{**row, "kind": Kind(row["kind"])}, parts=parts[row["id"]], covered=frozenset(covered[row["id"]]))
        for row in rows
    ]


def nets_of(found: Iterable[Advance]) -> dict[str, int]:
    """Cents by household: above zero what others paid for it, below what it paid for others. They come to nothing."""
    nets: dict[str, int] = {}
    for each in found:
        if each.undone_at is None:
            nets[each.household_id] = nets.get(each.household_id, 0) - each.cents
            for household_id, cents in each.parts.items():
                nets[household_id] = nets.get(household_id, 0) + cents
    return nets


async def rounds(
    reader: Reader, *, group_id: str = "", cycle_id: str = "", round_ids: Collection[str] = ()
) -> list[Round]:
    """Those that hold of a group (the newest, and older ones of which something is to be paid), or with a cycle; or
    some by their ids. The newest first."""
    r = between_round.c
    chosen = select(between_round).order_by(r.made_at.desc(), r.id.desc())
    if group_id:
        newest = select(r.id).where(r.group_id == group_id, ROUND_HOLDS).order_by(r.made_at.desc(), r.id.desc())
        still_open = select(transfer.c.round_id).where(transfer.c.stage.in_(OPEN))
        chosen = chosen.where(r.group_id == group_id, ROUND_HOLDS)
        chosen = chosen.where(r.id.in_(newest.limit(SHOWN)) | r.id.in_(still_open))
    elif cycle_id:
        with_it = select(round_cycle.c.round_id).where(round_cycle.c.cycle_id == cycle_id)
        chosen = chosen.where(r.id.in_(with_it), ROUND_HOLDS)
    else:
        chosen = chosen.where(r.id.in_(sorted(round_ids)))
    rows = await reader.all(chosen)
    ids = [row["id"] for row in rows]
    cycles: dict[str, list[str]] = {each: [] for each in ids}
    drawn: dict[str, list[Transfer]] = {each: [] for each in ids}
    if ids:
        theirs = select(round_cycle).where(round_cycle.c.round_id.in_(ids)).order_by(round_cycle.c.cycle_id)
        for row in await reader.all(theirs):
            cycles[row["round_id"]].append(row["cycle_id"])
        t = transfer.c
        for row in await reader.all(select(transfer).where(t.round_id.in_(ids)).order_by(t.payer_id, t.made_at, t.id)):
            drawn[row["round_id"]].append(transfer_of(row))
    return [Round(**row, cycle_ids=tuple(cycles[row["id"]]), transfers=tuple(drawn[row["id"]])) for row in rows]


def transfer_of(row: RowMapping) -> Transfer:
    return Transfer(**{**row, "stage": Stage(row["stage"])})


async def find_transfer(reader: Reader, transfer_id: str) -> Transfer | None:
    row = await reader.first(select(transfer).where(transfer.c.id == transfer_id))
    return None if row is None else transfer_of(row)


async def transfers_of(reader: Reader, household_ids: Collection[str]) -> list[Transfer]:
    """What some households pay and receive, of rounds that hold and without what was called off: first what nobody has
    confirmed, then the newest of the others."""
    t, mine = transfer.c, sorted(household_ids)
    theirs = select(transfer).join(between_round, between_round.c.id == t.round_id)
    theirs = theirs.where(t.payer_id.in_(mine) | t.receiver_id.in_(mine), ROUND_HOLDS, t.stage != Stage.CALLED_OFF)
    rows = await reader.all(theirs.order_by(t.made_at.desc(), t.id.desc()))
    found = [transfer_of(row) for row in rows]
    return [each for each in found if each.stage in OPEN] + [each for each in found if each.stage not in OPEN][:SHOWN]


@dataclass(frozen=True)
class OwedRound:
    """`cycle_name`: of all its cycles; `cents` that a household still pays to others, confirmed by nobody yet."""

    round_id: str
    cycle_name: str
    made_at: datetime
    cents: int


@dataclass(frozen=True)
class Owed:
    """What a household owes to others of its group. `undrawn_cents`: what others paid for it, of which no transfers are
    drawn up yet. What only the payer says is paid is owed until it is confirmed."""

    drawn: tuple[OwedRound, ...]
    undrawn_cents: int

    @property
    def drawn_cents(self) -> int:
        return sum(each.cents for each in self.drawn)

    @property
    def cents(self) -> int:
        return self.drawn_cents + self.undrawn_cents


NOTHING_OWED = Owed((), 0)


async def owed_between(reader: Reader, household_ids: Collection[str]) -> dict[str, Owed]:
    """By household, only of those that owe anything."""
    t, b, mine = transfer.c, between_round.c, sorted(household_ids)
    open_ones = (
        select(t.payer_id, t.round_id, b.made_at, func.sum(t.cents).label("cents"))
        .join(between_round, b.id == t.round_id)
        .where(among(t.payer_id, mine), ROUND_HOLDS, t.stage.in_(OPEN))
        .group_by(t.payer_id, t.round_id, b.made_at)
        .order_by(b.made_at, t.round_id)
    )
    rows = await reader.all(open_ones)
    names = await names_of_rounds(reader, {row["round_id"] for row in rows}) if rows else {}
    drawn: dict[str, list[OwedRound]] = {}
    for row in rows:
        # PostgreSQL sums BIGINT as NUMERIC.
        one = OwedRound(row["round_id"], ", ".join(names[row["round_id"]]), row["made_at"], int(row["cents"]))
        drawn.setdefault(row["payer_id"], []).append(one)
    undrawn = await _undrawn(reader, mine)
    ids = drawn.keys() | {each for each, cents in undrawn.items() if cents > 0}
    return {each: Owed(tuple(drawn.get(each, ())), max(0, undrawn.get(each, 0))) for each in sorted(ids)}


async def names_of_rounds(reader: Reader, round_ids: Collection[str]) -> dict[str, list[str]]:
    """The names of their cycles, by delivery."""
    named = select(round_cycle.c.round_id, cycle.c.name).join(cycle, cycle.c.id == round_cycle.c.cycle_id)
    theirs = named.where(round_cycle.c.round_id.in_(sorted(round_ids))).order_by(cycle.c.delivers_on, cycle.c.id)
    found: dict[str, list[str]] = {each: [] for each in round_ids}
    for row in await reader.all(theirs):
        found[row["round_id"]].append(row["name"])
    return found


async def _undrawn(reader: Reader, household_ids: Collection[str]) -> dict[str, int]:
    """What others paid for households less what they paid, of cycles of which no transfers are drawn up."""
    a, p, b = advance.c, advance_part.c, between_round.c
    drawn = (
        select(round_cycle.c.cycle_id)
        .join(between_round, b.id == round_cycle.c.round_id)
        .where(b.group_id == a.group_id, ROUND_HOLDS, round_cycle.c.cycle_id == a.cycle_id)
        .exists()
    )
    for_them = (
        select(p.household_id, func.sum(p.cents).label("cents"))
        .join(advance, a.id == p.advance_id)
        .where(among(p.household_id, household_ids), PART_HOLDS, HOLDS, ~drawn)
        .group_by(p.household_id)
    )
    by_them = (
        select(a.household_id, func.sum(a.cents).label("cents"))
        .where(among(a.household_id, household_ids), HOLDS, ~drawn)
        .group_by(a.household_id)
    )
    found = {row["household_id"]: int(row["cents"]) for row in await reader.all(for_them)}
    for row in await reader.all(by_them):
        found[row["household_id"]] = found.get(row["household_id"], 0) - int(row["cents"])
    return found
