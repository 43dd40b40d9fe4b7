"""`cabas provision SECRETS`: what a deployment's services find ready when they start.

PostgreSQL: a role and a database for each service, which no other may even connect to. NATS: the stream of each
service, the consumers of each. Done again at every start: what is there is compared and brought to this release.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from cabas.arguments import refuse
from cabas.broker_users import OPERATOR
from cabas.parts import NAMES
from cabas.secret_files import DATABASE_URL, NATS_PASSWORD, POSTGRES_URL
from cabas.talks import talks
from chassis.jetstream import (
    consumer_config,
    inbox_prefix,
    provision_consumer,
    provision_stream,
    stream_config,
    stream_of,
)
from chassis.settings import Settings

PATIENCE_SECONDS = 60.0


class NotProvisioned(Exception):
    """The message says what does not answer, or refuses."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("provision", help="make a deployment's databases, roles, streams and consumers")
    parser.add_argument("secrets", type=Path, metavar="SECRETS", help="the folder that `cabas secrets` made")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    try:
        asyncio.run(provision(arguments.secrets, Settings()))
    except NotProvisioned as error:
        return refuse(error)
    except OSError as error:
        return refuse(f"{error.filename}: {error.strerror}. Make the secrets first: cabas secrets FOLDER")
    print("Databases and streams are ready.")
    return 0


async def provision(secrets: Path, settings: Settings) -> None:
    """Raises NotProvisioned where database or broker do not answer in time or refuse, OSError without secrets."""
    try:
        server = make_url(_read(secrets, OPERATOR, POSTGRES_URL))
        databases = {name: make_url(_read(secrets, name, DATABASE_URL)) for name in NAMES}
    except ArgumentError as error:
        raise NotProvisioned(f"a file below {secrets} is no address of a database: {error}") from error
    await _until_it_answers("the database", lambda: make_databases(server, databases))
    password = _read(secrets, OPERATOR, NATS_PASSWORD)
    await _until_it_answers("the broker", lambda: make_streams(settings, password))


def _read(secrets: Path, owner: str, name: str) -> str:
    return (secrets / owner / name).read_text().strip()


async def _until_it_answers(who: str, work: Callable[[], Awaitable[None]]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            await work()
            return
        except (DBAPIError, NatsError, OSError, TimeoutError) as error:
            if time.monotonic() > deadline:
                raise NotProvisioned(f"{who} refuses or does not answer: {str(error) or repr(error)}") from error
        await asyncio.sleep(1)


async def make_databases(server: URL, databases: dict[str, URL]) -> None:
    """A role and a database for each; the password is that of the URL, so a changed secret is taken over."""
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            for url in databases.values():
                await _make_database(connection, url)
            # The databases that every server has are nobody's business.
            for name in ("postgres", "template1"):
                await connection.execute(text(f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC'))
    finally:
        await engine.dispose()


async def _make_database(connection: AsyncConnection, url: URL) -> None:
    role, database = url.username, url.database
    assert role
    assert database
    # Names come from our own table; the password is a literal because DDL takes no parameters.
    password = str(url.password).replace("'", "''")
    exists = await connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    verb = "ALTER" if exists else "CREATE"
    plain = "LOGIN NOCREATEDB NOCREATEROLE"
    await connection.execute(text(f"{verb} ROLE \"{role}\" {plain} PASSWORD '{password}'".replace(":", r"\:")))
    if not await connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": database}):
        # Whoever is not a superuser must be a member of the role to make it the owner.
        await connection.execute(text(f'GRANT "{role}" TO CURRENT_USER'))
        await connection.execute(text(f'CREATE DATABASE "{database}" OWNER "{role}"'))
        await connection.execute(text(f'REVOKE "{role}" FROM CURRENT_USER'))
    await connection.execute(text(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC'))


async def operator_client(urls: list[str], password: str) -> Client:
    """A connection as the operator's user. NatsError, OSError where the broker does not answer."""
    return await nats.connect(
        urls,
        user=OPERATOR,
        password=password,
        name="cabas-operator",
        inbox_prefix=inbox_prefix(OPERATOR),
        allow_reconnect=False,
        connect_timeout=5,
    )


async def make_streams(settings: Settings, password: str) -> None:
    """Streams first: a consumer is on the stream of another service."""
    client = await operator_client(settings.nats_urls, password)
    try:
        js = client.jetstream()
        everybody = talks()
        for talk in everybody:
            await provision_stream(js, stream_config(talk.service, settings), apply=True)
        for talk in everybody:
            for source, filters in talk.listening.filters().items() if talk.listening else ():
                assert talk.listening
                wanted = consumer_config(talk.listening.consumer(source), filters)
                await provision_consumer(js, stream_of(source), wanted, apply=True)
    finally:
        await client.close()
