"""A seal as a text: short, for people to keep and for `cabas billing verify` to read again. Nothing here does I/O.

Whoever can write in the database can make whole chains of hashes anew; against that helps only what is known outside.
A seal names, of each book and each series of papers, how many there were and the hash of the last. The `root` is the
SHA-256 of that text; the hub signs it with the key of its archives (Ed25519).

Mails break lines and put `>` before what they quote: a seal is words, however they are parted, and its lines are made
anew from them before the root is worked out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

BEGIN, SHORT, END = "CABAS-SEAL-1", "CABAS-SEAL-SHORT-1", "END-OF-SEAL"
NONE = "-"
"""Where no key signed it."""


class NoSeal(Exception):
    """The text has no seal that can be read to its end. The message says what is wrong with it."""


@dataclass(frozen=True)
class OfBook:
    """Of one taxable person. `hash`, `closing_hash`: of its last entry and closing; `moved_cents`: all that was ever
    booked, on one side."""

    book: str
    entries: int
    hash: str
    closings: int
    closing_hash: str
    moved_cents: int


@dataclass(frozen=True)
class OfSeries:
    """Of one series of papers."""

    series: str
    papers: int
    hash: str


@dataclass(frozen=True)
class Seal:
    """`day`: the last one that is over; what was booked after it and before `made_at` is sealed as well."""

    hub: str
    day: date
    made_at: datetime
    books: tuple[OfBook, ...]
    series: tuple[OfSeries, ...]

    @property
    def text(self) -> str:
        """What the root is of."""
        head = [BEGIN, f"hub {_word(self.hub)}", f"day {self.day}", f"made {self.made_at.isoformat()}"]
        return "\n".join([*head, *(_line("book", each) for each in self.books), *_lines(self.series), ""])

    @property
    def root(self) -> str:
        return sha256(self.text.encode()).hexdigest()

    def same_books(self, other: "Seal") -> bool:
        """Whether nothing was booked, closed or issued between the two."""
        return (self.books, self.series) == (other.books, other.series)


@dataclass(frozen=True)
class Signed:
    """What leaves the hub. `seal`: None where only its root is known (the code on paper); `key`: the public key, and
    `signature`: in hexadecimal digits, NONE without a key."""

    day: date
    root: str
    key: str
    signature: str
    seal: Seal | None = None

    @property
    def text(self) -> str:
        assert self.seal is not None
        return f"{self.seal.text}root {self.root}\nkey {self.key}\nsignature {self.signature}\n{END}\n"

    @property
    def short(self) -> str:
        """For a code that a telephone reads."""
        return f"{SHORT} day {self.day} root {self.root} key {self.key} signature {self.signature} {END}"

    @property
    def fingerprint(self) -> str:
        """Of the key, as archives tell it; "" without one."""
        if self.key == NONE:
            return ""
        der = _public(self.key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return sha256(der).hexdigest()

    @property
    def faults(self) -> list[str]:
        """What of it is not as the hub wrote it."""
        if self.seal is not None and self.seal.root != self.root:
            return ["the seal itself was changed: its root is another one"]
        if self.key == NONE:
            return []
        try:
            _public(self.key).verify(bytes.fromhex(self.signature), _signed_bytes(self.root))
        except (InvalidSignature, ValueError):
            return ["the signature of the seal is not that of its key"]
        return []


def sign(seal: Seal, key: Ed25519PrivateKey | None) -> Signed:
    if key is None:
        return Signed(seal.day, seal.root, NONE, NONE, seal)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    return Signed(seal.day, seal.root, public, key.sign(_signed_bytes(seal.root)).hex(), seal)


def read(text: str) -> list[Signed]:
    """All seals in a text, the oldest first; whatever else stands around them is passed over. Raises NoSeal."""
    words = [word for word in text.split() if word.strip(">")]
    found = []
    while (start := next((place for place, word in enumerate(words) if word in (BEGIN, SHORT)), None)) is not None:
        if END not in words[start:]:
            raise NoSeal("a seal is cut: it has no end")
        end = words.index(END, start)
        try:
            found.append(_read(words[start:end]))
        except StopIteration as error:
            raise NoSeal("a seal cannot be read: words are missing") from error
        except ValueError as error:
            raise NoSeal(f"a seal cannot be read: {error}") from error
        words = words[end + 1 :]
    if not found:
        raise NoSeal("there is no seal in it")
    return sorted(found, key=lambda one: one.day)


def _read(words: Sequence[str]) -> Signed:
    rest = iter(words[1:])
    if words[0] == SHORT:
        day = date.fromisoformat(_after(rest, "day"))
        return Signed(day, _after(rest, "root"), _after(rest, "key"), _after(rest, "signature"))
    hub, day = unquote(_after(rest, "hub")), date.fromisoformat(_after(rest, "day"))
    made_at = datetime.fromisoformat(_after(rest, "made"))
    books, series = [], []
    for word in rest:
        if word == "book":
            books.append(_taken(OfBook, rest))
        elif word == "series":
            series.append(_taken(OfSeries, rest))
        elif word == "root":
            seal = Seal(hub, day, made_at, tuple(books), tuple(series))
            return Signed(day, next(rest), _after(rest, "key"), _after(rest, "signature"), seal)
        else:
            raise ValueError(f"{word!r} is not expected there")
    raise ValueError("it has no root")


def _after(rest: Iterator[str], name: str) -> str:
    if (word := next(rest)) != name:
        raise ValueError(f"{word!r} stands where {name!r} is expected")
    return next(rest)


Of = TypeVar("Of", OfBook, OfSeries)


def _taken(kind: type[Of], rest: Iterator[str]) -> Of:
    said: dict[str, Any] = {}
    for each in fields(kind):
        word = next(rest)
        said[each.name] = int(word) if each.type is int else unquote(word)
    return kind(**said)


def _lines(series: Sequence[OfSeries]) -> list[str]:
    return [_line("series", each) for each in series]


def _line(name: str, of: OfBook | OfSeries) -> str:
    return " ".join([name, *(_word(getattr(of, each.name)) for each in fields(of))])


def _word(value: Any) -> str:
    return quote(str(value), safe="") or "%20"


def _public(key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))


def _signed_bytes(root: str) -> bytes:
    return f"cabas seal {root}".encode()
