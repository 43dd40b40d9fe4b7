"""How a rule says that it is broken: by names people know, for the sentences in `words.py`."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from coldchain.day import Line
from coldchain.sources import PHYSICS
from coldchain.violation import Rule, Violation, Weight

MOST = 4
"""Names told at once."""


def hard(name: str, source: str = PHYSICS) -> Rule:
    return Rule(name, Weight.HARD, source)


def soft(name: str, source: str) -> Rule:
    return Rule(name, Weight.SOFT, source)


def found(
    rule: Rule,
    consignments: Iterable[str] = (),
    lines: Iterable[Line] = (),
    round_id: str = "",
    site_id: str = "",
    **values: str | int,
) -> Violation:
    """`values` go into the sentences; the names of the lines go with them."""
    lines = tuple(lines)
    consignment_ids, line_ids = tuple(dict.fromkeys(consignments)), tuple(line.id for line in lines)
    if lines:
        values["lines"] = names(line.name for line in lines)
    told = json.dumps([rule.name, consignment_ids, line_ids, round_id, site_id, values], sort_keys=True)
    return Violation(
        id=sha256(told.encode()).hexdigest()[:20],
        rule=rule.name,
        weight=rule.weight,
        source=rule.source,
        consignment_ids=consignment_ids,
        line_ids=line_ids,
        round_id=round_id,
        site_id=site_id,
        values=values,
    )


def names(told: Iterable[str]) -> str:
    """`Faisselle, Tomme, Agneau, Merlu (+3)`."""
    every = list(dict.fromkeys(told))
    more = f" (+{len(every) - MOST})" if len(every) > MOST else ""
    return ", ".join(every[:MOST]) + more


def at(moment: datetime) -> str:
    return moment.isoformat()


def minutes(length: timedelta) -> int:
    """Begun minutes."""
    return -(-int(length.total_seconds()) // 60)
