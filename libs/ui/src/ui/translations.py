"""Keeps the French of a package complete: what its code and templates say, against its `messages.po`.

In every package's tests:   assert translations.problems(Path(catalog.__file__).parent) == []
While writing:              python -m ui.translations services/catalog/src/catalog
adds what is missing to the `.po` (to be filled in), and takes out what nobody says any more.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "marked": None,
    "translate": None,
    "plural": (1, 2),
    "context": ((1, "c"), 2),
    "Refused": None,
    "TooMany": None,
}
"""Calls whose first words are sentences for people, in Python and in templates."""

_TEMPLATE_OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "extensions": "jinja2.ext.do", "silent": "false"}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def po_file(package_dir: Path, language: str = "fr") -> Path:
    return package_dir / "locale" / language / "LC_MESSAGES" / "messages.po"


def said(package_dir: Path) -> Catalog:
    """Every sentence of the package's Python and templates."""
    catalog = Catalog(locale="fr", fuzzy=False)
    for file, method in _sources(package_dir):
        options = _TEMPLATE_OPTIONS if method == "jinja2" else {}
        with file.open("rb") as source:
            for _line, sentence, _comments, context in extract(method, source, KEYWORDS, options=options):
                if (sentence[0] if isinstance(sentence, tuple) else sentence or "").strip():
                    catalog.add(sentence, context=context)
    return catalog


def _sources(package_dir: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted(package_dir.rglob("*.py")):
        if "migrations" not in file.parts:
            yield file, "python"
    for file in sorted((package_dir / "templates").rglob("*.html")):
        yield file, "jinja2"


def _read(file: Path) -> Catalog:
    if not file.is_file():
        return Catalog(locale="fr", fuzzy=False)
    return read_po(io.BytesIO(file.read_bytes()), locale="fr", ignore_obsolete=False)


def _strings(message: Message) -> list[str]:
    """Its translations: one, or one for each plural form; never none."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ("",))


def _key(message: Message) -> tuple[str, str]:
    return message.id if isinstance(message.id, str) else message.id[0], message.context or ""


def _shared(package_dir: Path) -> set[tuple[str, str]]:
    """Sentences of ui's: every package may say them."""
    here = Path(__file__).parent
    return set() if package_dir.resolve() == here else {_key(message) for message in _read(po_file(here)) if message.id}


def problems(package_dir: Path) -> list[str]:
    """What is wrong with the French of a package, one line each; [] when all is well."""
    wanted = {_key(message): message for message in said(package_dir) if message.id}
    held_catalog = _read(po_file(package_dir))
    held = {_key(message): message for message in held_catalog if message.id}
    shared = _shared(package_dir)
    found = [f"not in messages.po: {key[0]!r}" for key in wanted if key not in held and key not in shared]
    found += [f"nobody says it any more: {key[0]!r}" for key in held if key not in wanted]
    found += [f"nobody says it any more: {_key(message)[0]!r}" for message in held_catalog.obsolete.values()]
    for key, message in held.items():
        strings = _strings(message)
        if not all(strings):
            found.append(f"not translated: {key[0]!r}")
        elif message.fuzzy:
            found.append(f"fuzzy: {key[0]!r}")
        else:
            found += _placeholder_problems(message, strings)
    return found


def _placeholder_problems(message: Message, strings: list[str]) -> list[str]:
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    wanted = set(_PLACEHOLDER.findall(ids[-1]))
    for string in strings:
        given = set(_PLACEHOLDER.findall(string))
        # "one" may do without its number.
        if given != wanted and not (len(ids) > 1 and given < wanted and string == strings[0]):
            return [f"other placeholders than the original: {string!r}"]
    return []


def update(package_dir: Path) -> int:
    """Bring `messages.po` up to date; gives back how many sentences still lack their French."""
    file, catalog, shared = po_file(package_dir), said(package_dir), _shared(package_dir)
    held = {_key(message): message for message in _read(file) if message.id}
    fresh = Catalog(locale="fr", fuzzy=False, project=package_dir.name, charset="utf-8")
    missing = 0
    for message in sorted((m for m in catalog if m.id), key=_key):
        known = held.get(_key(message))
        if known is None and _key(message) in shared:
            continue
        fresh.add(message.id, known.string if known else None, context=message.context)
        missing += 0 if known and all(_strings(known)) else 1
    fresh.header_comment = "#"
    file.parent.mkdir(parents=True, exist_ok=True)
    text = io.BytesIO()
    write_po(text, fresh, width=120, omit_header=True, no_location=True)
    header = (
        'msgid ""\nmsgstr ""\n"Language: fr\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
    )
    file.write_text(header + text.getvalue().decode().strip() + "\n", encoding="utf-8")
    return missing


def main(arguments: list[str]) -> int:
    for folder in arguments:
        missing = update(Path(folder))
        sys.stdout.write(f"{po_file(Path(folder))}: {missing} to translate\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
