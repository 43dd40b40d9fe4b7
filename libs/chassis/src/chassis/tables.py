"""Tables of the chassis itself, in every service's database, and the column types services use."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Utc(TypeDecorator[datetime]):
    """An instant. Refuses naive times; gives back UTC on SQLite too, which knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def metadata_for(service: str) -> MetaData:
    """The MetaData a service hangs its tables on; constraints get names, which migrations need."""
    return MetaData(naming_convention=NAMING, info={"service": service})


metadata = MetaData(naming_convention=NAMING)

# SQLite gives out ids for INTEGER PRIMARY KEY only.
Serial = BigInteger().with_variant(Integer, "sqlite")

outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("subject", String(300), nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("published_at", Utc),
    # Where the stream has it, or a little later: a batch that was published whole has the place of its last.
    Column("sequence", BigInteger),
    sqlite_autoincrement=True,
)
# Partial: the relay asks for the few rows not yet published, over and over.
Index(
    "ix_outbox_unpublished",
    outbox.c.id,
    sqlite_where=outbox.c.published_at.is_(None),
    postgresql_where=outbox.c.published_at.is_(None),
)
Index("ix_outbox_published_at", outbox.c.published_at)
# Partial: what is announced in a transaction of the business does not pay for it.
Index(
    "ix_outbox_sequence",
    outbox.c.sequence,
    sqlite_where=outbox.c.sequence.is_not(None),
    postgresql_where=outbox.c.sequence.is_not(None),
)

inbox = Table(
    "inbox",
    metadata,
    Column("consumer", String(80), primary_key=True),
    Column("event_id", String(80), primary_key=True),
    Column("handled_at", Utc, nullable=False),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("consumer", String(80), nullable=False),
    Column("event_id", String(80), nullable=False),
    Column("type", String(200), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("buried_at", Utc, nullable=False),
    Column("resolved_at", Utc),
    UniqueConstraint("consumer", "event_id"),
)

timer = Table(
    "timer",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("key", String(120), primary_key=True),
    Column("due_at", Utc, nullable=False, index=True),
    Column("payload", JSON, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
)

Row = dict[str, Any]
