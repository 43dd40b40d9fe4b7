"""A day and a plan as JSON, read with every slip told in plain words at its place in the file."""

import json
from typing import Any

from pydantic import ValidationError

from coldchain.day import FORMAT, Day
from coldchain.day_faults import check_day
from coldchain.faults import Fault, Wrong, shown
from coldchain.plan import Plan

LARGEST = 32 * 1024 * 1024
"""Bytes of a file: beyond is a slip. A day of a thousand consignments has less than two million."""

OF_ANOTHER_FORMAT = "this release reads format %s; the file says %s"


def read_day(text: bytes) -> Day:
    """Raises Wrong."""
    _parsed(text, "day")
    try:
        day = Day.model_validate_json(text)
    except ValidationError as error:
        raise Wrong(_faults(error)) from None
    check_day(day)
    return day


def read_plan(text: bytes) -> Plan:
    """Raises Wrong. Whether it is a plan of some day, `plan_faults` says."""
    _parsed(text, "plan")
    try:
        return Plan.model_validate_json(text)
    except ValidationError as error:
        raise Wrong(_faults(error)) from None


def _parsed(text: bytes, what: str) -> None:
    """Whether it is an object in JSON of this release's format. Raises Wrong."""
    if len(text) > LARGEST:
        raise Wrong([Fault("", f"This is no {what}: it has more than {LARGEST // 1024 // 1024} MiB")])
    try:
        data = json.loads(text)
    except RecursionError:
        raise Wrong([Fault("", f"This is no {what}: too many brackets within brackets")]) from None
    except ValueError as error:
        # Also of what is no UTF-8.
        raise Wrong([Fault("", f"This is no JSON: {error}")]) from None
    if not isinstance(data, dict):
        raise Wrong([Fault("", f"This is no {what}: it must be an object: {{...}}")])
    told = data.get("format", FORMAT)
    if told != FORMAT or isinstance(told, bool):
        raise Wrong([Fault("format", OF_ANOTHER_FORMAT % (FORMAT, shown(told)))])


SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "there is no such field",
    "model_type": "must be an object: {...}",
    "model_attributes_type": "must be an object: {...}",
    "tuple_type": "must be a list: [...]",
    "string_type": "must be text",
    "string_too_short": "is empty",
    "too_short": "is empty: at least one",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "timezone_aware": "says no time zone: write 2026-11-27T06:30:00Z",
    "recursion_loop": "refers to itself",
}
"""By the kind of error; others are said by `_sentence`."""

MISTYPED = {
    "int_": "must be a whole number",
    "float_": "must be a number",
    "finite_number": "must be a number",
    "datetime_": "is no instant: write 2026-11-27T06:30:00Z",
    "timezone_": "is no instant: write 2026-11-27T06:30:00Z",
    "date_": "is no date: write 2026-11-27",
}
"""By how the kind of error begins."""

COORDINATES = ("latitude", "longitude")


def _faults(error: ValidationError) -> list[Fault]:
    return [Fault(_path(one["loc"]), _sentence(one)) for one in error.errors(include_url=False)]


def _path(place: tuple[int | str, ...]) -> str:
    """`sites[3].latitude`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def _sentence(error: Any) -> str:
    kind, given, context = error["type"], error.get("input"), error.get("ctx", {})
    if error["loc"] and error["loc"][-1] in COORDINATES and (kind == "missing" or given is None):
        return "the place has no coordinates"
    if kind in SENTENCES:
        return SENTENCES[kind]
    for beginning, sentence in MISTYPED.items():
        if kind.startswith(beginning):
            return f"{sentence}, not {shown(given)}"
    if kind == "greater_than_equal":
        low = context["ge"]
        return "is less than 0" if low == 0 else f"is less than {low}: {shown(given)}"
    if kind == "less_than_equal":
        return f"is more than {context['le']}: {shown(given)}"
    if kind == "string_too_long":
        return f"has more than {context['max_length']} characters"
    if kind == "enum":
        return f"must be one of {context['expected'].replace(' or ', ', ')}, not {shown(given)}"
    return str(error["msg"])
