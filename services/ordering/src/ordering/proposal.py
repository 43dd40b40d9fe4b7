"""What was put off to the next cycle: a household's lines, proposed to it again and ordered only if it saves them.

A proposal is for the first cycle that opens after it was made and offers the goods. When that closes it is gone, taken
or not.
"""

from collections.abc import Iterable

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, RowMapping, String, Table, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from ordering.allocation import Asked
from ordering.cycle import Cycle
from ordering.cycle_offer import cycle_offer
from ordering.tables import metadata
from ordering.wanted import Terms, Wanted

proposal = Table(
    "proposal",
    metadata,
    Column("household_id", String(36), primary_key=True),
    Column("product_id", String(60), primary_key=True),
    Column("from_cycle_id", String(60), ForeignKey("cycle.id"), nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("quantity_thousandths", BigInteger, nullable=False),
    Column("tolerance_thousandths", BigInteger, nullable=False),
    Column("least_thousandths", BigInteger, nullable=False),
    Column("substitute", Boolean, nullable=False),
)


async def propose(writer: Writer, cycle_id: str, lines: Iterable[Asked]) -> None:
    """Put these lines of a cycle off to the next one; a proposal of the same product before counts no more."""
    rows = [
        {
            "household_id": line.household_id,
            "product_id": line.product_id,
            "from_cycle_id": cycle_id,
            "made_at": writer.now,
            "quantity_thousandths": line.quantity_thousandths,
            "tolerance_thousandths": line.terms.tolerance,
            "least_thousandths": line.terms.least,
            "substitute": line.terms.substitute,
        }
        for line in lines
        if line.quantity_thousandths
    ]
    if rows:
        made = writer.insert(proposal)
        keys = ("household_id", "product_id")
        fresh = {column.name: made.excluded[column.name] for column in proposal.c if column.name not in keys}
        await writer.execute(made.on_conflict_do_update(index_elements=keys, set_=fresh), rows)


async def withdraw(writer: Writer, cycle_id: str) -> None:
    """What this cycle put off is decided anew."""
    await writer.execute(proposal.delete().where(proposal.c.from_cycle_id == cycle_id))


async def forget(writer: Writer, of: Cycle) -> None:
    """A cycle has closed: what was proposed for it is past."""
    offered = select(cycle_offer.c.product_id).where(cycle_offer.c.cycle_id == of.id)
    p = proposal.c
    await writer.execute(proposal.delete().where(p.product_id.in_(offered), p.made_at <= of.opened_at))


async def proposed_to(reader: Reader, household_id: str, of: Cycle) -> list[Wanted]:
    """What is proposed to the household for this cycle, by product; what the cycle does not offer included."""
    if of.opened_at is None:
        return []
    p = proposal.c
    mine = select(proposal).where(p.household_id == household_id, p.made_at <= of.opened_at)
    return [_wanted(row) for row in await reader.all(mine.order_by(p.product_id))]


def _wanted(row: RowMapping) -> Wanted:
    terms = Terms(row["tolerance_thousandths"], row["least_thousandths"], row["substitute"])
    return Wanted(row["product_id"], row["quantity_thousandths"], terms=terms)
