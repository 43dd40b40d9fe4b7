"""Taking a file of the bank in: looked at first, then its new lines are kept, once."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping, delete, select

from billing.bank import reading
from billing.bank.known import keys, known
from billing.bank.reading import BankFile, Gap
from billing.bank.register import (
    Kept,
    Stage,
    What,
    account,
    bank_file,
    history,
    kept_of,
    line,
    row_of,
    statement,
    statements_of,
)
from billing.bank.statement import Line
from billing.bank.table import Mapping
from chassis.database import Reader, Writer
from chassis.identity import Person

LOOKED_AT = timedelta(days=7)
"""So long a file that was only looked at stays."""


class NoFile(Exception):
    """There is no such file, or it was put aside."""


class NoAccount(Exception):
    """There is no such account."""


@dataclass(frozen=True)
class Sent:
    """A file as a person sends it. `id`: the form's own, so that a form sent twice is one file."""

    id: str
    account_id: str
    name: str
    content: bytes


@dataclass(frozen=True)
class Preview:
    """`fresh`: the lines that are not there yet. `gap`: between the last statement kept and this one."""

    told: BankFile
    fresh: Sequence[Line]
    known: int
    gap: Gap | None


def mapping_of(held: RowMapping) -> Mapping | None:
    return Mapping(**json.loads(held["mapping"])) if held["mapping"] else None


async def look_at(writer: Writer, sent: Sent, told: BankFile, by: Person) -> None:
    """Keep a file to be looked at. Raises NoAccount."""
    held = await writer.first(select(account).where(account.c.id == sent.account_id).with_for_update())
    if held is None:
        raise NoAccount
    old = bank_file.c.sent_at < writer.now - LOOKED_AT
    await writer.execute(delete(bank_file).where(bank_file.c.kept_at.is_(None), old))
    if await writer.scalar(select(bank_file.c.id).where(bank_file.c.id == sent.id)) is not None:
        return
    row = {"id": sent.id, "account_id": sent.account_id, "name": sent.name, "format": told.format.value}
    row |= {"sent_by": by.name, "kept_by": ""}
    await writer.execute(bank_file.insert().values(**row, content=sent.content, sent_at=writer.now))


async def read_aside(content: bytes, held: RowMapping) -> BankFile:
    """In a thread: a large file takes a while, and pages must not wait for it. Raises Unreadable."""
    return await asyncio.to_thread(reading.read, content, held["iban"], mapping_of(held))


async def find_file(reader: Reader, account_id: str, file_id: str) -> RowMapping:
    """Raises NoFile."""
    mine = (bank_file.c.id == file_id, bank_file.c.account_id == account_id)
    row = await reader.first(select(bank_file).where(*mine))
    if row is None:
        raise NoFile
    return row


async def preview(reader: Reader, held: RowMapping, file: RowMapping) -> Preview:
    """Raises Unreadable: how this bank writes tables can have been changed since."""
    told = await read_aside(file["content"], held)
    fresh = await _fresh(reader, held["id"], told)
    return Preview(told, fresh, len(told.lines) - len(fresh), await _gap(reader, held["id"], told))


async def _fresh(reader: Reader, account_id: str, told: BankFile) -> list[Line]:
    found = known(told.lines, told.format, await _kept_between(reader, account_id, told))
    return [each for each, there in zip(told.lines, found, strict=True) if there is None]


async def _kept_between(reader: Reader, account_id: str, told: BankFile) -> list[Kept]:
    mine = select(line).where(line.c.account_id == account_id, line.c.day.between(told.since, told.until))
    return [kept_of(row) for row in await reader.all(mine.order_by(line.c.day, line.c.id))]


async def _gap(reader: Reader, account_id: str, told: BankFile) -> Gap | None:
    before = [
        row
        for row in await statements_of(reader, account_id)
        if row["until"] <= told.since and row["closing_cents"] is not None and row["since"] < told.since
    ]
    opens = told.opening_cents
    if not before or opens is None or before[0]["closing_cents"] == opens:
        return None
    return Gap(before[0]["until"], before[0]["closing_cents"], opens)


async def keep(writer: Writer, account_id: str, file_id: str, told: BankFile, by: Person) -> list[str]:
    """Take the new lines of a file in; done twice, it is done once. The ids of the new lines. Raises NoFile.

    The account is held: of two people who take the same lines in the second finds them there.
    """
    held = await writer.first(select(account).where(account.c.id == account_id).with_for_update())
    file = await find_file(writer, account_id, file_id)
    if held is None or file["kept_at"] is not None:
        return []
    fresh = await _fresh(writer, account_id, told)
    mine = (line.c.account_id == account_id, line.c.day.between(told.since, told.until))
    taken = [row["key"] for row in await writer.all(select(line.c.key).where(*mine))]
    rows: list[dict[str, Any]] = []
    for said, key in zip(fresh, keys(fresh, taken), strict=True):
        # What moves nothing has nothing to be matched with.
        stage = Stage.OPEN if said.cents else Stage.ASIDE
        row = {"id": writer.ids.new(), "account_id": account_id, "key": key, "format": told.format.value}
        rows.append({**row, **row_of(said), "stage": stage.value, "how": ""})
    told_of = [
        {"id": writer.ids.new(), "line_id": row["id"], "at": writer.now, "what": What.KEPT.value, "who": by.name}
        for row in rows
    ]
    if rows:
        await writer.execute(line.insert(), rows)
        await writer.execute(history.insert(), [{**each, "reason": file["name"]} for each in told_of])
    await _keep_statements(writer, account_id, file_id, told)
    kept = bank_file.update().where(bank_file.c.id == file_id)
    await writer.execute(kept.values(kept_at=writer.now, kept_by=by.name))
    return [row["id"] for row in rows]


async def _keep_statements(writer: Writer, account_id: str, file_id: str, told: BankFile) -> None:
    names = ("since", "until", "opening_cents", "closing_cents")
    there = {tuple(row[name] for name in names) for row in await statements_of(writer, account_id)}
    for each in told.statements:
        values = {name: getattr(each, name) for name in names}
        if tuple(values.values()) not in there:
            there.add(tuple(values.values()))
            row = {"id": writer.ids.new(), "account_id": account_id, "file_id": file_id}
            await writer.execute(statement.insert().values(**row, **values))


async def put_aside(writer: Writer, account_id: str, file_id: str) -> None:
    """Forget a file that was only looked at; one whose lines were taken in stays."""
    mine = (bank_file.c.id == file_id, bank_file.c.account_id == account_id, bank_file.c.kept_at.is_(None))
    await writer.execute(delete(bank_file).where(*mine))
