"""Values that many rows repeat, each written once, under a key made of its content.

Ten thousand orders name the same few hundred articles. Where every order keeps only keys it is a tenth of the size,
and whoever sums over all orders compares short keys instead of texts.
"""

from collections.abc import Callable, Collection, Hashable, Iterable
from hashlib import blake2b
from typing import Generic, TypeVar

from sqlalchemy import Column, MetaData, String, Table, Text, select

from chassis.database import Reader, Writer

KEY_LENGTH = 24
MOST_KNOWN = 100_000
"""Values kept in memory; past it they are forgotten and looked at anew."""

V = TypeVar("V")


def repeated_table(name: str, metadata: MetaData) -> Table:
    return Table(
        name,
        metadata,
        Column("key", String(KEY_LENGTH), primary_key=True),
        Column("content", Text, nullable=False),
    )


def key_of(content: str) -> str:
    """96 bits of the content's hash: equal keys mean equal contents."""
    return blake2b(content.encode(), digest_size=12).hexdigest()


class Repeated(Generic[V]):
    """Writes values to a `repeated_table`. `content` is the text of a value; `mark` something cheap by which most
    different values differ. Remembers what was written, so that most calls need no statement."""

    def __init__(self, table: Table, *, content: Callable[[V], str], mark: Callable[[V], Hashable]) -> None:
        self.table = table
        self._content = content
        self._mark = mark
        self._seen: dict[Hashable, tuple[V, str]] = {}
        self._written: set[str] = set()

    async def keys(self, writer: Writer, values: Iterable[V]) -> list[str]:
        """The key of each value, in their order. Values that are not held yet are written in this transaction."""
        found, new = [], {}
        for value in values:
            mark = self._mark(value)
            seen = self._seen.get(mark)
            if seen is None or seen[0] != value:
                seen = self._seen[mark] = (value, key_of(self._content(value)))
            key = seen[1]
            found.append(key)
            if key not in self._written and key not in new:
                new[key] = self._content(value)
        if new:
            # In order of key: two replicas that insert in opposite order would wait for each other.
            rows = [{"key": key, "content": content} for key, content in sorted(new.items())]
            await writer.execute(writer.insert(self.table).on_conflict_do_nothing(), rows)
            # Not before the commit: what is undone must be written again.
            writer.after_commit.append(lambda: self._remember(new.keys()))
        return found

    def _remember(self, committed: Collection[str]) -> None:
        if len(self._seen) > MOST_KNOWN or len(self._written) > MOST_KNOWN:
            self._seen.clear()
            self._written.clear()
        self._written.update(committed)


async def contents_of(reader: Reader, table: Table, keys: Collection[str]) -> dict[str, str]:
    """Contents by key, of those held."""
    found: dict[str, str] = {}
    wanted = sorted(keys)
    for start in range(0, len(wanted), 500):
        chosen = select(table).where(table.c.key.in_(wanted[start : start + 500]))
        found |= {row["key"]: row["content"] for row in await reader.all(chosen)}
    return found
