"""Judges the models against everything that was promised; each sentence says what to do."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from contracts.event import Event
from contracts.gate.committed import Folder, parsed, rendered
from contracts.gate.compare import Schema, breaches

Events = Mapping[str, type[Event]]


def judge(folder: Folder, events: Events) -> list[str]:
    """Everything that is wrong, one sentence each; empty when the events may stand as they are."""
    return [*_schemas(folder, events), *_examples(folder, events), *_past(folder, events)]


def refusals(type_name: str, old: Schema, new: Schema, where: str) -> list[str]:
    """One sentence per breach between a committed schema and the model of today."""
    name, _, number = type_name.rpartition(".v")
    advice = (
        f"Keep {type_name} as it is and say the new thing in {name}.v{int(number) + 1}: a class with "
        f"`v: ClassVar[int] = {int(number) + 1}`; announce both until nobody listens to v{number} (docs/events.md)."
    )
    return [f"{type_name}: {breach}; {where}. {advice}" for breach in breaches(old, new)]


def write(folder: Folder, events: Events) -> list[str]:
    """Writes the schemas anew and returns the names of those that changed. Schemas of vanished events stay."""
    before = folder.schemas()
    changed = [name for name, event in sorted(events.items()) if before.get(name) != rendered(event)]
    for name in changed:
        folder.schema_file(name).parent.mkdir(parents=True, exist_ok=True)
        folder.schema_file(name).write_text(rendered(events[name]))
    return changed


def _schemas(folder: Folder, events: Events) -> Iterator[str]:
    committed = folder.schemas()
    for name in sorted(committed.keys() - events.keys()):
        yield _vanished(name)
    for name, event in sorted(events.items()):
        if name not in committed:
            yield f"{name}: it has no schema. Run `make contracts` and commit what it writes."
        elif committed[name] != rendered(event):
            refused = refusals(name, parsed(committed[name]), parsed(rendered(event)), "compared with its schema file")
            yield from refused or [
                f"{name}: its schema file is out of date. Run `make contracts` and commit what it writes."
            ]


def _examples(folder: Folder, events: Events) -> Iterator[str]:
    examples = folder.examples()
    for name in sorted(examples.keys() - events.keys()):
        yield _vanished(name)
    for name, event in sorted(events.items()):
        shown: set[str] = set()
        for file, text in examples.get(name, {}).items():
            shown |= _paths(parsed(text))
            if (problem := unread(event, text)) is not None:
                yield f"{name}: {problem} in examples/{name}/{file}. Golden examples are read for ever: {NEW_VERSION}"
        schema = parsed(rendered(event))
        for path in sorted(_schema_paths(schema, schema) - shown):
            yield f"{name}: no golden example shows `{path}`. Add one more file to examples/{name}/ that does."


def _past(folder: Folder, events: Events) -> Iterator[str]:
    examples = folder.examples()
    for past in folder.past() or ():
        kind, *_, name = past.file.with_suffix("").parts
        if kind == "schemas":
            if name not in events:
                yield _vanished(name)
            else:
                yield from refusals(
                    name, parsed(past.text), parsed(rendered(events[name])), f"compared with commit {past.commit}"
                )
        elif (text := examples.get(past.file.parent.name, {}).get(past.file.name)) != past.text:
            what = "removed" if text is None else "changed"
            yield f"{past.file}: a golden example was {what} since commit {past.commit}. Put it back, add a new one."


NEW_VERSION = "give the change a new version of the event."


def _vanished(name: str) -> str:
    return f"{name}: its model is gone, but it was said once and lies in the streams. Put the model back; {NEW_VERSION}"


def unread(event: type[Event], text: str) -> str | None:
    """Why the event cannot be read from the text without loss; None when it can."""
    try:
        read = event.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        return f"`{'.'.join(str(part) for part in first['loc'])}` is refused ({first['msg']})"
    lost = _paths(parsed(text)) - _paths(read.model_dump(mode="json", exclude_unset=True))
    if lost:
        return f"{', '.join(f'`{path}`' for path in sorted(lost))} is not read any more"
    if read.model_dump(mode="json", exclude_unset=True) != parsed(text):
        return "a value is read differently from how it was written"
    return None


def _paths(value: Any, path: str = "") -> set[str]:
    """Names of all fields in a payload: `lines[].article.name`."""
    if isinstance(value, dict):
        return {p for key, inner in value.items() for p in _paths(inner, f"{path}.{key}" if path else key)} | _self(
            path
        )
    if isinstance(value, list):
        return {p for inner in value for p in _paths(inner, f"{path}[]")} | _self(path)
    return _self(path)


def _schema_paths(node: Schema, root: Schema, path: str = "") -> set[str]:
    """The same names, from a schema."""
    if "$ref" in node:
        node = root["$defs"][str(node["$ref"]).removeprefix("#/$defs/")]
    out = _self(path)
    for key, inner in node.get("properties", {}).items():
        out |= _schema_paths(inner, root, f"{path}.{key}" if path else key)
    if "items" in node:
        out |= _schema_paths(node["items"], root, f"{path}[]")
    for choice in node.get("anyOf", ()):
        out |= _schema_paths(choice, root, path)
    return out


def _self(path: str) -> set[str]:
    return {path} if path else set()
