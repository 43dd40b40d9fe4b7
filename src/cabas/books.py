"""`cabas billing verify`: was anything changed in the books? Every entry and closing is worked out anew.

It only reads, while the hub runs or not: the database of the data folder, or the one that CABAS_DATABASE_URL names.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from cabas.arguments import refuse, takes_data
from chassis import schema
from chassis.clock import RandomIds, SystemClock
from chassis.database import Database
from chassis.serve import read_settings, what_is_wrong
from chassis.settings import Settings

if TYPE_CHECKING:
    from billing.ledger.proof import Proof
    from billing.paper.proof import PaperProof
    from billing.seal.checking import SealProof
    from billing.seal.text import Signed

SERVICE = "billing"
MOST = 20
"""Faults of one book, or series of papers, that are told."""


class NoBooks(Exception):
    """The message says why there is nothing to look at."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("billing", help="look after the books: verify")
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    verify = actions.add_parser("verify", help="was any entry, closing or paper of the books changed or removed?")
    takes_data(verify)
    verify.add_argument(
        "--archive", type=Path, metavar="FILE", help="look at a signed archive instead, without a hub; - to hand it in"
    )
    verify.add_argument(
        "--seal", type=Path, metavar="FILE", action="append", default=[],
        help="do the books still hold what this seal says? A file with the text of one or several, or - to type it",
    )  # fmt: skip
    verify.add_argument("--json", action="store_true", help="print what was found as one JSON object")
    verify.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if arguments.archive is not None:
        return run_on_archive(arguments.archive, as_json=arguments.json)
    try:
        settings = read_settings(Settings, data_dir=arguments.data)
        outside = read_seals(arguments.seal)
        books, papers, seals = asyncio.run(prove(settings.url_of_database(SERVICE), outside))
    except ValidationError as error:
        return refuse(what_is_wrong(error))
    except NoBooks as error:
        return refuse(error)
    except (DBAPIError, sqlite3.Error, OSError) as error:
        return refuse(f"the books cannot be read: {error}")
    faulty = any(one.faults for one in books) or any(one.faults for one in papers) or any(one.faults for one in seals)
    if arguments.json:
        found = {"books": [asdict(proof) for proof in books], "papers": [asdict(proof) for proof in papers]}
        if seals:
            found["seals"] = [asdict(proof) | {"day": proof.day.isoformat()} for proof in seals]
        print(json.dumps({"ok": not faulty, **found}, ensure_ascii=False))
    else:
        for proof in books:
            print("\n".join(_told(proof)))
        for series in papers:
            print("\n".join(_told_of_papers(series)))
        for seal in seals:
            print("\n".join(_told_of_seal(seal)))
    return int(faulty)


def read_seals(files: Sequence[Path]) -> "list[Signed]":
    """Of all files, the oldest first. Raises NoBooks, OSError."""
    if not files:
        return []
    from billing.seal.text import NoSeal, read

    text = "\n".join(sys.stdin.read() if str(each) == "-" else each.read_text(errors="replace") for each in files)
    try:
        return read(text)
    except NoSeal as error:
        raise NoBooks(str(error)) from error


def run_on_archive(path: Path, *, as_json: bool) -> int:
    from billing.archive.checking import NoArchive, check

    try:
        proof = check(sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes())
    except NoArchive as error:
        return refuse(f"{path}: {error}")
    except OSError as error:
        return refuse(error)
    if as_json:
        print(json.dumps({"ok": not proof.faults, "archive": asdict(proof)}, ensure_ascii=False))
    else:
        print(f"{'FAIL' if proof.faults else 'ok  '}  {proof.hub} {proof.since} to {proof.until}: {proof.files} files")
        print(f"        signed with the key {proof.fingerprint}")
        print("\n".join(_told_faults(proof.faults)))
    return int(bool(proof.faults))


async def prove(url: str, outside: "Sequence[Signed]" = ()) -> "tuple[list[Proof], list[PaperProof], list[SealProof]]":
    """Raises NoBooks, and what a database raises that cannot be read. `outside`: seals that were kept elsewhere."""
    # Imported here: `cabas doctor` and `cabas version` must work where a service cannot even be imported.
    from billing.ledger.proof import proofs
    from billing.paper.proof import paper_proofs
    from billing.seal.checking import seal_proofs

    database = Database(url, service=SERVICE, clock=SystemClock(), ids=RandomIds())
    try:
        if database.is_sqlite and not os.path.exists(str(database.url.database)):  # noqa: ASYNC240, PTH110 nobody waits
            raise NoBooks(f"there is no database {database.url.database}: start the hub once, or name its folder")
        await _is_of_this_release(url)
        async with database.read() as reader:
            return await proofs(reader), await paper_proofs(reader), await seal_proofs(reader, outside)
    finally:
        await database.close()


async def _is_of_this_release(url: str) -> None:
    # An engine of its own: a service's writing engine would take the write lock to look.
    engine = create_async_engine(url)
    try:
        if await schema.pending(engine, Path(import_module(f"{SERVICE}.migrations").__path__[0])):
            raise NoBooks("the database is of an earlier release: start the hub, it migrates")
    finally:
        await engine.dispose()


def _told(proof: "Proof") -> Iterator[str]:
    yield f"{'FAIL' if proof.faults else 'ok  '}  {proof.book}: {proof.entries} entries, {proof.closings} closings"
    if not proof.faults:
        yield f"        last entry {proof.hash}"
        yield f"        last closing {proof.closing_hash}"
    yield from _told_faults(proof.faults)


def _told_of_papers(proof: "PaperProof") -> Iterator[str]:
    yield f"{'FAIL' if proof.faults else 'ok  '}  {proof.series}: {proof.papers} papers"
    if not proof.faults:
        yield f"        last paper {proof.hash}"
    yield from _told_faults(proof.faults)


def _told_of_seal(proof: "SealProof") -> Iterator[str]:
    yield f"{'FAIL' if proof.faults else 'ok  '}  seal of {proof.day}: {proof.books} books"
    yield f"        {f'signed with the key {proof.fingerprint}' if proof.fingerprint else 'not signed'}"
    yield from _told_faults(proof.faults)


def _told_faults(faults: Sequence[str]) -> Iterator[str]:
    for fault in faults[:MOST]:
        yield f"        {fault}"
    if len(faults) > MOST:
        yield f"        and {len(faults) - MOST} more"
