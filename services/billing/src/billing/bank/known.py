"""Which lines of a file are there already. Nothing here does I/O.

Periods overlap, and the same day comes once as camt and once as OFX; but two equal transfers of one day are two. So
each line of the file is held against one kept line of the same day and sum, and each kept line against one of the file:
first by the bank's own reference, then by the same words, and between two formats, which cut and write the words
differently, by a word they share.
"""

import re
import unicodedata
from collections.abc import Sequence
from hashlib import sha256

from billing.bank.register import Kept
from billing.bank.statement import Line

_WORD = re.compile(r"[A-Z0-9]{3,}")
_SAYS_NOTHING = frozenset(
    {"VIR", "VIREMENT", "SEPA", "RECU", "INST", "INSTANTANE", "PRLV", "CHEQUE", "REMISE", "CARTE"}
)


def known(lines: Sequence[Line], kind: str, kept: Sequence[Kept]) -> list[Kept | None]:
    """For each line the kept one that it is, None for a new one. `kind`: the format of the file."""
    left: dict[tuple[object, int], list[Kept]] = {}
    for each in kept:
        left.setdefault((each.said.day, each.said.cents), []).append(each)
    found: list[Kept | None] = [None] * len(lines)
    for same in (_same_reference, _same_words, _like_words):
        for place, line in enumerate(lines):
            among = left.get((line.day, line.cents), [])
            one = next((each for each in among if same(line, kind, each)), None) if found[place] is None else None
            if one is not None:
                found[place] = one
                among.remove(one)
    return found


def _same_reference(line: Line, kind: str, kept: Kept) -> bool:
    return bool(line.bank_reference) and line.bank_reference == kept.said.bank_reference


def _same_words(line: Line, kind: str, kept: Kept) -> bool:
    return not _differ(line, kind, kept) and _said(line) == _said(kept.said)


def _like_words(line: Line, kind: str, kept: Kept) -> bool:
    if kind == kept.format:
        return False
    mine, theirs = words(_whole(line)), words(_whole(kept.said))
    return not mine or not theirs or bool(mine & theirs)


def _differ(line: Line, kind: str, kept: Kept) -> bool:
    """Two references of one kind that are not the same: the bank says that these are two."""
    both = line.bank_reference and kept.said.bank_reference
    return bool(both) and kind == kept.format and line.bank_reference != kept.said.bank_reference


def _said(line: Line) -> tuple[str, ...]:
    return (line.end_to_end, line.reference, line.text, line.party_name, line.party_iban)


def _whole(line: Line) -> str:
    return f"{line.text} {line.party_name} {line.reference} {line.end_to_end}"


def words(text: str) -> frozenset[str]:
    """Those that can tell one from another: without accents, in capitals."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
    return frozenset(_WORD.findall(plain)) - _SAYS_NOTHING


def keys(lines: Sequence[Line], taken: Sequence[str]) -> list[str]:
    """A key for each new line: what the bank says of it, and the how manieth it is that says the same; `taken`: those
    of the lines that are kept."""
    there: dict[str, int] = {}
    for key in taken:
        base, _colon, nth = key.rpartition(":")
        there[base] = max(there.get(base, 0), int(nth))
    found = []
    for line in lines:
        said = "\n".join([line.day.isoformat(), str(line.cents), line.bank_reference, *_said(line)])
        base = sha256(said.encode()).hexdigest()
        there[base] = there.get(base, 0) + 1
        found.append(f"{base}:{there[base]}")
    return found
