"""Was a paper changed or removed? Every series is counted and linked anew, and each account is held against its books.

What is found is told in a sentence.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Table, func, select

from billing.invoice.register import invoice
from billing.ledger.book import entry
from billing.ledger.entry import GENESIS
from billing.paper.register import Kind, link_of_paper, paper, series
from chassis.database import Reader


@dataclass
class PaperProof:
    """Of one series: how many papers it has, its last link, and `faults`, empty where nothing was changed."""

    series: str
    papers: int = 0
    hash: str = GENESIS
    faults: list[str] = field(default_factory=list)


async def paper_proofs(reader: Reader) -> list[PaperProof]:
    """Of all series, in the order of their names."""
    heads = {row["id"]: row for row in await reader.all(select(series))}
    of_sales = {row["series"] for row in await reader.all(select(invoice.c.series).distinct())}
    names = heads.keys() | {row["series"] for row in await reader.all(select(paper.c.series).distinct())}
    found = []
    for name in sorted(names | of_sales):
        proof = PaperProof(name)
        await _prove(reader, proof, invoice if name in of_sales else paper)
        await _prove_last(reader, proof)
        head = heads.get(name)
        kept = (head["papers"], head["hash"]) if head else (0, GENESIS)
        if kept != (proof.papers, proof.hash):
            proof.faults.append(f"the series had {kept[0]} papers, {proof.papers} are there")
        found.append(proof)
    await _prove_periods(reader, {proof.series: proof for proof in found})
    return found


async def _prove(reader: Reader, proof: PaperProof, table: Table) -> None:
    of = select(table).where(table.c.series == proof.series).order_by(table.c.place)
    async for rows in reader.portions(of):
        for row in rows:
            number = row["number"]
            if (row["place"], number) != (proof.papers + 1, f"{proof.series}-{proof.papers + 1:05d}"):
                proof.faults.append(f"there is no paper {proof.series}-{proof.papers + 1:05d}")
            if row["hash"] != link_of_paper(proof.hash, row, table):
                proof.faults.append(f"paper {number} was changed, or the one before it")
            proof.papers, proof.hash = row["place"], row["hash"]


async def _prove_last(reader: Reader, proof: PaperProof) -> None:
    same = (entry.c.book == paper.c.producer_id) & (entry.c.number == paper.c.last)
    parted = select(paper.c.number).select_from(paper.outerjoin(entry, same))
    wrong = func.coalesce(entry.c.hash, "") != paper.c.last_hash
    for row in await reader.all(parted.where(paper.c.series == proof.series, wrong).order_by(paper.c.place)):
        proof.faults.append(f"the last entry of {row['number']} is not what it was")


async def _prove_periods(reader: Reader, proofs: dict[str, PaperProof]) -> None:
    """Accounts of a producer follow each other without a gap, in days and in entries."""
    p = paper.c
    columns = (p.producer_id, p.series, p.number, p.since, p.until, p.after, p.last)
    ordered = select(*columns).where(p.kind == Kind.RENDERING).order_by(p.producer_id, p.until)
    before = None
    for row in await reader.all(ordered):
        same = before is not None and before["producer_id"] == row["producer_id"]
        begins = (before["until"] + timedelta(days=1), before["last"]) if before and same else (row["since"], 0)
        if (row["since"], row["after"]) != begins:
            told = f"account {row['number']} does not begin where the one before it ended"
            proofs[row["series"]].faults.append(told)
        before = row
