"""Pages of docs/ that are made from the code: `python -m cabas.docs write|check <folder docs>`.

`events.md` says who says what and who listens; `asyncapi/<service>.json` is what the service serves at
`/<service>/asyncapi`; `plan/*.schema.json` tell what a day and a plan are (`cabas plan`). `check` compares and exits
with 1 where a page is out of date.
"""

import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cabas.talks import Talk, talks
from chassis import asyncapi
from coldchain.day import Day
from coldchain.plan import Plan
from contracts import EVENTS, Event

NOBODY = "nobody yet"
AWAITED: frozenset[type[Event]] = frozenset()
"""Heard already, and said by nobody yet."""


def pages(everybody: Sequence[Talk]) -> dict[str, str]:
    """Text of every generated page by its path below docs/."""
    out = {"events.md": events_page(everybody)}
    for talk in everybody:
        document = asyncapi.document(talk.service, talk.announces, talk.listening)
        out[f"asyncapi/{talk.service}.json"] = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    for name, model in (("day", Day), ("plan", Plan)):
        out[f"plan/{name}.schema.json"] = json.dumps(model.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
    return out


def events_page(everybody: Sequence[Talk]) -> str:
    lines = [
        "# Who says what, who listens",
        "",
        "Made from the tables in each service's `announcing.py` and `listening.py` by `make docs`; a test holds it.",
        "Subjects are `<type>.<aggregate id>`; every event carries the whole state of its aggregate and its version.",
        "Payloads are in `libs/contracts/schemas`, with examples beside them; per service they are told as AsyncAPI,",
        "under [asyncapi](asyncapi/) and at `/<service>/asyncapi`.",
    ]
    for talk in everybody:
        lines += ["", f"## {talk.service}", ""]
        lines += ["| says | when | heard by |", "|---|---|---|"]
        lines += [_row(event, everybody) for event in _sorted(talk.announces)]
        heard = {} if talk.listening is None else talk.listening.handlers
        lines += ["", f"It listens to {_sources(heard)}."]
    return "\n".join(lines) + "\n"


def _row(event: type[Event], everybody: Sequence[Talk]) -> str:
    heard = [f"{talk.service} (`{talk.hears(event)}`)" for talk in everybody if talk.hears(event)]
    heard += [f"{talk.service} (knows and needs it not)" for talk in everybody if talk.ignores(event)]
    return f"| `{event.type_name()}` | {meaning(event)} | {', '.join(heard) or NOBODY} |"


def meaning(event: type[Event]) -> str:
    """First sentence on the event, its own or that of the aggregate it is about."""
    said = next(kind.__dict__["__doc__"] for kind in event.__mro__ if kind.__dict__.get("__doc__"))
    paragraph = inspect.cleandoc(said).split("\n\n")[0]
    return " ".join(paragraph.split()).replace("|", "\\|")


def _sources(heard: Mapping[type[Event], object]) -> str:
    if not heard:
        return "nobody"
    by_source: dict[str, list[str]] = {}
    for event in _sorted(heard):
        by_source.setdefault(event.service, []).append(f"{event.aggregate} {event.event} v{event.v}")
    return "; ".join(f"**{source}** ({', '.join(events)})" for source, events in sorted(by_source.items()))


def _sorted(events: Sequence[type[Event]] | Mapping[type[Event], object]) -> list[type[Event]]:
    return sorted(events, key=lambda event: event.type_name())


def mismatches(everybody: Sequence[Talk]) -> list[str]:
    """Where the tables contradict each other, one sentence each."""
    present = {talk.service for talk in everybody}
    said = {event for talk in everybody for event in talk.announces}
    out = []
    for talk in everybody:
        for event in talk.announces:
            if event.service != talk.service:
                out.append(f"{talk.service} announces {event.type_name()}, which is {event.service}'s to say")
        for event in (*talk.listening.handlers, *talk.listening.ignored) if talk.listening else ():
            if event.service in present and event not in said | AWAITED:
                out.append(f"{talk.service} listens to {event.type_name()}, which nobody says")
    for event in EVENTS.values():
        if event.service in present and event not in said | AWAITED:
            out.append(f"{event.type_name()} is promised and nobody says it")
    out += [f"{event.type_name()} is said: it is awaited no more" for event in AWAITED & said]
    return out


def out_of_date(folder: Path, everybody: Sequence[Talk]) -> list[str]:
    """Names of the pages that differ from what the code says, vanished services' pages included."""
    wanted = pages(everybody)
    there = {f"asyncapi/{file.name}" for file in (folder / "asyncapi").glob("*.json")}
    differ = [
        name for name, text in wanted.items() if not (folder / name).exists() or (folder / name).read_text() != text
    ]
    return sorted({*differ, *(there - wanted.keys())})


def main(words: list[str]) -> int:
    """Exit status 0: done, or as it should be; 1: out of date or contradictory; 2: not understood."""
    match words:
        case ["write", folder]:
            for name, text in pages(talks()).items():
                file = Path(folder) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return 0
        case ["check", folder]:
            everybody = talks()
            wrong = [*mismatches(everybody)]
            wrong += [f"docs/{name} is out of date: run `make docs`" for name in out_of_date(Path(folder), everybody)]
            print("\n".join(wrong) if wrong else "docs: the generated pages are as the code says.")
            return 1 if wrong else 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
