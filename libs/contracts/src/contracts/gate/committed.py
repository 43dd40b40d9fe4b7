"""What is committed beside the models: one schema per event, golden examples, and their past in git."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.event import Event


def rendered(event: type[Event]) -> str:
    """The text of the event's schema file, made from its model as a reader sees it."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": event.type_name(),
        **event.model_json_schema(mode="validation"),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Past:
    """One committed version of a file. `file` is relative to libs/contracts; `commit` is its short name."""

    file: Path
    commit: str
    text: str


@dataclass(frozen=True)
class Folder:
    """libs/contracts as it lies on disk. `root` holds `schemas/<type>.json` and `examples/<type>/<NNN-name>.json`."""

    root: Path

    def schema_file(self, type_name: str) -> Path:
        return self.root / "schemas" / f"{type_name}.json"

    def schemas(self) -> dict[str, str]:
        return {file.stem: file.read_text() for file in sorted((self.root / "schemas").glob("*.json"))}

    def examples(self) -> dict[str, dict[str, str]]:
        """Texts by type name and file name."""
        out: dict[str, dict[str, str]] = {}
        for file in sorted((self.root / "examples").glob("*/*.json")):
            out.setdefault(file.parent.name, {})[file.name] = file.read_text()
        return out

    def past(self) -> list[Past] | None:
        """Every version of every schema and example that was ever committed, newest first; None without git.

        Looking at all of them, not at the last, means that a breaking change cannot pass by being committed in two
        steps. A first line in the file `promised-since` names the commit after which versions count.
        """
        marker = self.root / "promised-since"
        since = marker.read_text().split()[0] if marker.exists() else ""
        span = f"{since}..HEAD" if since else "HEAD"
        log = self._git("log", "--raw", "--no-abbrev", "--no-renames", "--relative", "--format=@%h", span, "--", ".")
        return None if log is None else list(self._versions(log))

    def _versions(self, log: str) -> Iterator[Past]:
        commit, seen = "", set()
        for line in log.splitlines():
            if line.startswith("@"):
                commit = line[1:]
            if not line.startswith(":"):
                continue
            fields, _, name = line.partition("\t")
            blob, status = fields.split()[3:5]
            of_interest = name.startswith(("schemas/", "examples/")) and name.endswith(".json")
            if of_interest and status != "D" and (name, blob) not in seen:
                seen.add((name, blob))
                yield Past(Path(name), commit, self._git("cat-file", "blob", blob) or "")

    def _git(self, *words: str) -> str | None:
        try:
            answer = subprocess.run(["git", *words], cwd=self.root, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return None
        return answer.stdout if answer.returncode == 0 else None


def parsed(text: str) -> dict[str, Any]:
    content = json.loads(text)
    assert isinstance(content, dict)
    return content
