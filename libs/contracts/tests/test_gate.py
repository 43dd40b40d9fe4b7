"""The gate lets optional additions pass and refuses everything else; each kind of breach is planted here."""

import copy
import shutil
import subprocess
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import ConfigDict, Field

from contracts import EVENTS, Event, Part
from contracts.gate.committed import Folder, parsed, rendered
from contracts.gate.compare import breaches
from contracts.gate.judgement import judge, refusals, write

HERE = Folder(Path(__file__).parents[1])
PLACED = "cabas.ordering.order.placed.v1"


def test_the_events_may_stand_as_they_are_committed() -> None:
    assert judge(HERE, EVENTS) == []


# --- one model against the next -------------------------------------------------------------------------------------


class Taste(StrEnum):
    SWEET = "sweet"
    SOUR = "sour"


class OnlySweet(StrEnum):
    SWEET = "sweet"


class AlsoSalty(StrEnum):
    SWEET = "sweet"
    SOUR = "sour"
    SALTY = "salty"


class Label(Part):
    text: str


class LabelInColour(Part):
    text: str
    colour: str = "green"


class LabelWithout(Part):
    colour: str = "green"


class Jar(Part):
    name: str
    taste: Taste
    weight: Annotated[int, Field(ge=1, le=5000)]
    tags: Annotated[tuple[str, ...], Field(min_length=1)]
    label: Label
    labels: tuple[Label, ...]
    kind: Literal["jam", "honey"] = "jam"
    note: str = ""
    best_before: int | None = None
    spare: Label | None = None


def changed(**fields: Any) -> type[Part]:
    """`Jar` with some fields replaced or added; a field given as None is removed. A default follows a comma."""
    spaces = dict(Jar.__annotations__)
    defaults = {"kind": "jam", "note": "", "best_before": None, "spare": None}
    for name, field in fields.items():
        spaces.pop(name, None)
        defaults.pop(name, None)
        if field is not None:
            kind, *default = field if isinstance(field, tuple) else (field,)
            spaces[name] = kind
            defaults |= dict.fromkeys([name], default[0]) if default else {}
    in_order = sorted(spaces, key=lambda name: name in defaults)
    return type(
        "Jar", (Part,), {"__annotations__": {n: spaces[n] for n in in_order}, "__module__": __name__, **defaults}
    )


ALLOWED = {
    "nothing": {},
    "a new optional field": {"harvested": (int, 0)},
    "a new optional part": {"lid": (Label | None, None)},
    "a new optional field inside a part": {"label": LabelInColour},
    "a new optional field inside parts of a list": {"labels": tuple[LabelInColour, ...]},
    "a new optional field inside an optional part": {"spare": (LabelInColour | None, None)},
    "a description": {"name": Annotated[str, Field(description="what people call it", examples=["Figue"])]},
}

REFUSED = {
    "a removed field": ({"name": None}, "name: the field is removed"),
    "a removed optional field": ({"note": None}, "note: the field is removed"),
    "a renamed field": ({"name": None, "title": (str, "")}, "name: the field is removed"),
    "a new required field": ({"harvested": int}, "harvested: a new field is required"),
    "an optional field made required": ({"note": str}, "note: an optional field became required"),
    "a required field made optional": ({"name": (str, "")}, "name: a required field became optional"),
    "another default": ({"note": (str, "none")}, "note: its default was '' and is 'none'"),
    "another type": ({"weight": str}, "weight: its type was integer and is string"),
    "cents made a float": ({"weight": float}, "weight: its type was integer and is number"),
    "a text made an instant": ({"name": Annotated[str, Field(json_schema_extra={"format": "date-time"})]}, "`format`"),
    "a part made a list": ({"label": tuple[Label, ...]}, "label: its type was object and is array"),
    "null let in": ({"name": (str | None)}, "name: its type was string and is one of several"),
    "null shut out": ({"best_before": (int, 0)}, "best_before: its type was one of several and is integer"),
    "another choice": ({"best_before": (str | None, None)}, "best_before: it cannot be integer any more"),
    "one choice more": ({"best_before": (int | str | None, None)}, "best_before: it can now be string"),
    "a narrowed enum": ({"taste": OnlySweet}, "taste: 'sour' is no longer a value"),
    "a widened enum": ({"taste": AlsoSalty}, "taste: 'salty' is a new value"),
    "an enum set free": ({"taste": str}, "taste: its values were 'sweet', 'sour' and are anything"),
    "a text made an enum": ({"name": Taste}, "name: its values were anything and are 'sweet', 'sour'"),
    "a narrowed literal": ({"kind": (Literal["jam"], "jam")}, "kind: 'honey' is no longer a value"),
    "a tightened lower bound": ({"weight": Annotated[int, Field(ge=2, le=5000)]}, "`minimum` was 1 and is 2"),
    "a tightened upper bound": ({"weight": Annotated[int, Field(ge=1, le=10)]}, "`maximum` was 5000 and is 10"),
    "a loosened bound": ({"weight": Annotated[int, Field(le=5000)]}, "`minimum` was 1 and is absent"),
    "a new bound": ({"name": Annotated[str, Field(max_length=20)]}, "`maxLength` was absent and is 20"),
    "a new pattern": ({"name": Annotated[str, Field(pattern="^[a-z]")]}, "`pattern` was absent"),
    "a longer list asked for": ({"tags": Annotated[tuple[str, ...], Field(min_length=2)]}, "`minItems` was 1 and is 2"),
    "another type in a list": (
        {"tags": Annotated[tuple[int, ...], Field(min_length=1)]},
        "tags[]: its type was string",
    ),
    "a removed field inside a part": ({"label": LabelWithout}, "label.text: the field is removed"),
    "a removed field inside a list": ({"labels": tuple[LabelWithout, ...]}, "labels[].text: the field is removed"),
    "a removed field inside an optional part": (
        {"spare": (LabelWithout | None, None)},
        "spare.text: the field is removed",
    ),
}


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED.keys())
def test_an_addition_passes(change: dict[str, Any]) -> None:
    assert breaches(Jar.model_json_schema(), changed(**change).model_json_schema()) == []


@pytest.mark.parametrize(("change", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_breaking_change_is_refused_and_named(change: dict[str, Any], sentence: str) -> None:
    found = [str(breach) for breach in breaches(Jar.model_json_schema(), changed(**change).model_json_schema())]
    assert any(sentence in line for line in found), f"expected {sentence!r} in {found}"


def test_unknown_fields_may_not_become_forbidden() -> None:
    strict = type("Jar", (Jar,), {"model_config": ConfigDict(frozen=True, extra="forbid"), "__module__": __name__})
    assert "unknown fields" in str(breaches(Jar.model_json_schema(), strict.model_json_schema())[0])


def test_a_part_may_get_another_name() -> None:
    """Names of Python classes are not part of the promise."""
    tag = type("Tag", (Part,), {"__annotations__": {"text": str}, "__module__": __name__})
    assert breaches(Jar.model_json_schema(), changed(label=tag).model_json_schema()) == []


@pytest.mark.parametrize("name", EVENTS)
def test_every_field_of_every_event_is_watched(name: str) -> None:
    """Whatever field is taken out of whatever part of a real event, the gate says so."""
    schema = parsed(rendered(EVENTS[name]))
    parts = {"": schema, **schema.get("$defs", {})}
    for part, definition in parts.items():
        for field in definition.get("properties", {}):
            spoilt = copy.deepcopy(schema)
            target = spoilt["$defs"][part] if part else spoilt
            del target["properties"][field]
            target["required"] = [f for f in target.get("required", []) if f != field]
            assert breaches(schema, spoilt), f"{part}.{field} can be removed unseen"


def test_the_sentence_says_what_to_do() -> None:
    old, new = Jar.model_json_schema(), changed(name=None).model_json_schema()
    (sentence,) = refusals("cabas.catalog.jar.filled.v1", old, new, "compared with its schema file")
    assert "say the new thing in cabas.catalog.jar.filled.v2" in sentence
    assert "`v: ClassVar[int] = 2`" in sentence


# --- the folder and its past ----------------------------------------------------------------------------------------


class Filled(Event):
    service: ClassVar[str] = "pantry"
    aggregate: ClassVar[str] = "jar"
    event: ClassVar[str] = "filled"
    name: str
    weight: int = 1


def next_filled(**fields: Any) -> dict[str, type[Event]]:
    """What `Filled` may become tomorrow; not registered, as there is one already."""
    spaces = {name: (f[0] if isinstance(f, tuple) else f) for name, f in fields.items()}
    defaults = {name: f[1] for name, f in fields.items() if isinstance(f, tuple)}
    names = {"service": "pantry", "aggregate": "jar"}
    base = type("Base", (Event,), {"__annotations__": {}, "__module__": __name__, **names})
    made = type("Filled", (base,), {"__annotations__": spaces, "__module__": __name__, **defaults})
    made.event = "filled"
    return {Filled.type_name(): made}


del EVENTS[Filled.type_name()]
TODAY = {Filled.type_name(): Filled}
SAME = {"name": str, "weight": (int, 1)}
WIDER = {**SAME, "lid": (str, "")}


@pytest.fixture
def pantry(tmp_path: Path) -> Folder:
    """A folder like libs/contracts with one event, committed."""
    folder = Folder(tmp_path)
    write(folder, TODAY)
    example(folder, "001-fig.json", '{"id": "1", "version": 1, "name": "fig", "weight": 370}')
    git(folder, "init", "-q")
    commit(folder)
    return folder


def example(folder: Folder, name: str, text: str) -> None:
    file = folder.root / "examples" / Filled.type_name() / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def git(folder: Folder, *words: str) -> None:
    who = ["-c", "user.name=test", "-c", "user.email=test@cabas.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder.root, check=True, capture_output=True)


def commit(folder: Folder) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "as it is", "--no-verify")


def test_what_was_committed_may_stand(pantry: Folder) -> None:
    assert judge(pantry, TODAY) == []


def test_a_new_optional_field_needs_its_schema_written_and_an_example(pantry: Folder) -> None:
    tomorrow = next_filled(**WIDER)
    sentences = judge(pantry, tomorrow)
    assert any("out of date" in s and "make contracts" in s for s in sentences)
    assert any("no golden example shows `lid`" in s for s in sentences)
    assert write(pantry, tomorrow) == [Filled.type_name()]
    example(pantry, "002-with-lid.json", '{"id": "1", "version": 2, "name": "fig", "lid": "tin"}')
    assert judge(pantry, tomorrow) == []
    assert write(pantry, tomorrow) == []


BREAKING = {"removed": {"name": str}, "required": {**SAME, "lid": str}, "retyped": {"name": str, "weight": (str, "")}}


@pytest.mark.parametrize("fields", BREAKING.values(), ids=BREAKING.keys())
@pytest.mark.parametrize("step", ["model", "written", "committed", "committed twice"])
def test_a_breaking_change_is_refused_at_every_step_of_hiding_it(pantry: Folder, fields: Any, step: str) -> None:
    tomorrow = next_filled(**fields)
    if step != "model":
        write(pantry, tomorrow)
    if step.startswith("committed"):
        commit(pantry)
    if step == "committed twice":
        example(pantry, "002-more.json", '{"id": "1", "version": 2, "name": "plum"}')
        commit(pantry)
    assert any("say the new thing in cabas.pantry.jar.filled.v2" in sentence for sentence in judge(pantry, tomorrow))


def test_a_vanished_event_is_refused(pantry: Folder) -> None:
    assert any("its model is gone" in sentence for sentence in judge(pantry, {}))


def test_a_vanished_event_is_refused_when_its_files_went_too(pantry: Folder) -> None:
    shutil.rmtree(pantry.root / "schemas")
    shutil.rmtree(pantry.root / "examples")
    commit(pantry)
    assert any("its model is gone" in sentence for sentence in judge(pantry, {}))


def test_an_event_without_schema_is_refused(pantry: Folder) -> None:
    pantry.schema_file(Filled.type_name()).unlink()
    assert any("it has no schema" in sentence for sentence in judge(pantry, TODAY))


def changing(folder: Folder) -> None:
    example(folder, "001-fig.json", '{"id": "1", "version": 1, "name": "plum", "weight": 370}')


def removing(folder: Folder) -> None:
    (folder.root / "examples" / Filled.type_name() / "001-fig.json").unlink()


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("deed", [changing, removing])
def test_a_golden_example_is_for_ever(pantry: Folder, deed: Callable[[Folder], None], committed: bool) -> None:
    deed(pantry)
    if committed:
        commit(pantry)
    assert any("golden example was" in sentence for sentence in judge(pantry, TODAY))


def test_a_golden_example_that_is_not_read_is_refused(pantry: Folder) -> None:
    example(pantry, "002-nameless.json", '{"id": "1", "version": 1, "weight": 2}')
    assert any("`name` is refused" in sentence for sentence in judge(pantry, TODAY))


def test_a_golden_example_with_a_field_that_is_not_read_is_refused(pantry: Folder) -> None:
    """A renamed optional field validates: what it said is silently lost. The gate compares what was read."""
    example(pantry, "002-mass.json", '{"id": "1", "version": 1, "name": "fig", "mass": 2}')
    assert any("`mass` is not read any more" in sentence for sentence in judge(pantry, TODAY))


def test_without_git_the_files_are_compared(pantry: Folder) -> None:
    shutil.rmtree(pantry.root / ".git")
    assert judge(pantry, TODAY) == []
    assert judge(pantry, next_filled(name=str))


def test_versions_before_the_promise_do_not_count(pantry: Folder) -> None:
    """Negative control: without the line in `promised-since` the same change is refused."""
    first = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=pantry.root, check=True, capture_output=True, text=True
    ).stdout
    tomorrow = next_filled(name=str, weight=(int, 1), lid=str)
    write(pantry, tomorrow)
    removing(pantry)
    example(pantry, "001-lid.json", '{"id": "1", "version": 2, "name": "fig", "weight": 2, "lid": "tin"}')
    commit(pantry)
    assert judge(pantry, tomorrow)
    (pantry.root / "promised-since").write_text(first + "nothing had been released by then\n")
    assert judge(pantry, tomorrow) == []
