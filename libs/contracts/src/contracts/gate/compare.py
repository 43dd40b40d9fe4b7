"""The structural difference of two JSON Schemas of one event, as far as it breaks a reader."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

SAYS_NOTHING = frozenset({"$defs", "$id", "$schema", "title", "description", "examples"})
"""Keywords for people: they may change."""
WALKED = frozenset(
    {"$ref", "properties", "required", "items", "prefixItems", "anyOf", "enum", "const", "additionalProperties"}
)
"""Keywords compared by their own rule; all others must stay as they are."""
TIGHTER = {
    "minimum": lambda old, new: new > old,
    "exclusiveMinimum": lambda old, new: new > old,
    "minLength": lambda old, new: new > old,
    "minItems": lambda old, new: new > old,
    "maximum": lambda old, new: new < old,
    "exclusiveMaximum": lambda old, new: new < old,
    "maxLength": lambda old, new: new < old,
    "maxItems": lambda old, new: new < old,
}
OLD_EVENTS = "events already stored would be refused"
OLD_READERS = "readers installed before this change would refuse it"


@dataclass(frozen=True)
class Breach:
    """A change that is not allowed within a version. `path` names the field: `lines[].article.name`."""

    path: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.path or 'the event'}: {self.what} ({self.why})"


def breaches(old: Schema, new: Schema) -> list[Breach]:
    """What in `new` breaks a reader or a stored event of `old`; empty when only optional fields were added."""
    return list(dict.fromkeys(_node(old, new, "", _Roots(old, new), frozenset())))


@dataclass(frozen=True)
class _Roots:
    old: Schema
    new: Schema


def _node(old: Schema, new: Schema, path: str, roots: _Roots, above: frozenset[tuple[str, str]]) -> Iterator[Breach]:
    pair = (old.get("$ref", ""), new.get("$ref", ""))
    if pair != ("", ""):
        if pair in above:
            return
        above |= {pair}
    old, new = _resolved(old, roots.old), _resolved(new, roots.new)
    if old.get("type") != new.get("type") or ("anyOf" in old) != ("anyOf" in new):
        yield Breach(path, f"its type was {_kind(old)} and is {_kind(new)}", f"{OLD_EVENTS}, or {OLD_READERS}")
        return
    yield from _values(old, new, path)
    yield from _bounds(old, new, path)
    yield from _fields(old, new, path, roots, above)
    yield from _choices(old, new, path, roots, above)
    if "items" in old and "items" in new:
        yield from _node(old["items"], new["items"], f"{path}[]", roots, above)
    if len(old.get("prefixItems", ())) != len(new.get("prefixItems", ())):
        yield Breach(path, "its number of places changed", f"{OLD_EVENTS}, or {OLD_READERS}")
    for place, (before, after) in enumerate(zip(old.get("prefixItems", ()), new.get("prefixItems", ()), strict=False)):
        yield from _node(before, after, f"{path}[{place}]", roots, above)


def _fields(old: Schema, new: Schema, path: str, roots: _Roots, above: frozenset[tuple[str, str]]) -> Iterator[Breach]:
    before, after = old.get("properties", {}), new.get("properties", {})
    was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
    for name, field in before.items():
        here = f"{path}.{name}" if path else name
        if name not in after:
            yield Breach(here, "the field is removed", "readers installed before this change look for it")
            continue
        if name in is_required - was_required:
            yield Breach(here, "an optional field became required", OLD_EVENTS)
        if name in was_required - is_required:
            yield Breach(here, "a required field became optional", OLD_READERS)
        if name not in was_required | is_required and field.get("default") != after[name].get("default"):
            change = f"its default was {field.get('default')!r} and is {after[name].get('default')!r}"
            yield Breach(here, change, "events already stored would say something else")
        yield from _node(field, after[name], here, roots, above)
    for name in after.keys() - before.keys():
        if name in is_required:
            yield Breach(f"{path}.{name}" if path else name, "a new field is required", OLD_EVENTS)
    if old.get("additionalProperties", True) != new.get("additionalProperties", True):
        yield Breach(path, "what it does with unknown fields changed", "a newer sender could not add a field any more")


def _values(old: Schema, new: Schema, path: str) -> Iterator[Breach]:
    before, after = _allowed(old), _allowed(new)
    if before == after:
        return
    if before is None or after is None:
        why = OLD_EVENTS if before is None else OLD_READERS
        yield Breach(path, f"its values were {_listed(before)} and are {_listed(after)}", why)
        return
    if gone := [value for value in before if value not in after]:
        yield Breach(path, f"{_listed(gone)} is no longer a value", OLD_EVENTS)
    if fresh := [value for value in after if value not in before]:
        yield Breach(path, f"{_listed(fresh)} is a new value", OLD_READERS)


def _bounds(old: Schema, new: Schema, path: str) -> Iterator[Breach]:
    for keyword in sorted((old.keys() | new.keys()) - SAYS_NOTHING - WALKED - {"default", "type"}):
        before, after = old.get(keyword), new.get(keyword)
        if before == after:
            continue
        tightened = before is None or (after is not None and keyword in TIGHTER and TIGHTER[keyword](before, after))
        change = f"`{keyword}` was {_shown(before)} and is {_shown(after)}"
        yield Breach(path, change, OLD_EVENTS if tightened else OLD_READERS)


def _choices(old: Schema, new: Schema, path: str, roots: _Roots, above: frozenset[tuple[str, str]]) -> Iterator[Breach]:
    """`anyOf`: each old choice needs its new counterpart, whatever the order. The first one of its kind is it."""
    before, left = list(old.get("anyOf", ())), list(new.get("anyOf", ()))
    for choice in before:
        kind = _kind(_resolved(choice, roots.old))
        candidates = [c for c in left if _kind(_resolved(c, roots.new)) == kind]
        if not candidates:
            yield Breach(path, f"it cannot be {kind} any more", OLD_EVENTS)
            continue
        unbroken = [c for c in candidates if not list(_node(choice, c, path, roots, above))]
        match = (unbroken or candidates)[0]
        left.remove(match)
        yield from _node(choice, match, path, roots, above)
    for choice in left:
        yield Breach(path, f"it can now be {_kind(_resolved(choice, roots.new))}", OLD_READERS)


def _resolved(node: Schema, root: Schema) -> Schema:
    """The node with what it refers to; what stands beside `$ref` (a default, a description) goes on top."""
    if "$ref" not in node:
        return node
    target = root["$defs"][str(node["$ref"]).removeprefix("#/$defs/")]
    return {**_resolved(target, root), **{key: value for key, value in node.items() if key != "$ref"}}


def _kind(node: Schema) -> str:
    if "anyOf" in node:
        return "one of several"
    return str(node.get("type", "anything")) + (f" ({node['format']})" if "format" in node else "")


def _allowed(node: Schema) -> list[Any] | None:
    return [node["const"]] if "const" in node else node.get("enum")


def _listed(values: list[Any] | None) -> str:
    return "anything" if values is None else ", ".join(repr(value) for value in values)


def _shown(bound: object) -> str:
    return "absent" if bound is None else repr(bound)
