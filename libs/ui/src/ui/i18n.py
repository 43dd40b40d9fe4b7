"""French first, English second: translations read from `.po` files, and whose language a page speaks.

The sentence in the code is English; `locale/fr/LC_MESSAGES/messages.po` of each package has the French. There are
no `.mo` files. `ui`'s own sentences are found by every service.
"""

import gettext
import io
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = {"fr": "Français", "en": "English"}
DEFAULT = "fr"
COOKIE = "cabas_language"

_NARROW, _WIDE = "\u202f", "\u00a0"


def french_typography(text: str) -> str:
    """No-break spaces where French wants them, so that `.po` files can be typed with ordinary spaces."""
    text = re.sub(r" ([;!?]|%%)", _NARROW + r"\1", text)
    return text.replace(" :", f"{_WIDE}:").replace("« ", f"«{_WIDE}").replace(" »", f"{_WIDE}»").replace("'", "’")


def _catalog(package: str, language: str) -> gettext.NullTranslations:
    source = files(package) / "locale" / language / "LC_MESSAGES" / "messages.po"
    if not source.is_file():
        return gettext.NullTranslations()
    catalog = read_po(io.BytesIO(source.read_bytes()), locale=language)
    if language == "fr":
        for message in catalog:
            if message.id and isinstance(message.string, str):
                message.string = french_typography(message.string)
            elif message.id:
                message.string = tuple(french_typography(string) for string in message.string or ())
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def translations(packages: tuple[str, ...], language: str) -> gettext.NullTranslations:
    """The sentences of `packages` in `language`; the first package that has a sentence says it."""
    chain = gettext.NullTranslations()
    for package in packages:
        chain.add_fallback(_catalog(package, language))
    return chain


@dataclass(frozen=True)
class Translate:
    """Says a sentence in one language: `translate("Closed")`, `translate.plural("%(n)d crate", "%(n)d crates", n)`."""

    packages: tuple[str, ...]
    language: str

    def __call__(self, sentence: str) -> str:
        # gettext gives the header of the file for "".
        return translations(self.packages, self.language).gettext(sentence) if sentence else ""

    def plural(self, one: str, many: str, n: int) -> str:
        return translations(self.packages, self.language).ngettext(one, many, n)

    def context(self, context: str, sentence: str) -> str:
        return translations(self.packages, self.language).pgettext(context, sentence)


def translator(package: str, language: str) -> Translate:
    """For sentences said outside of a page: mails, documents."""
    return Translate((package, "ui"), language if language in LANGUAGES else DEFAULT)


def marked(sentence: str) -> str:
    """Marks a sentence for translation where it is written; it is translated where it is shown."""
    return sentence


def preferred(accept_language: str) -> str | None:
    """The language of ours that an Accept-Language header likes best."""
    wanted: list[tuple[float, int, str]] = []
    for position, item in enumerate(accept_language[:500].split(",")):
        tag, _semicolon, parameters = item.strip().partition(";")
        match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*", parameters) if parameters else None
        weight = float(match[1]) if match else (0.0 if parameters else 1.0)
        language = tag.partition("-")[0].lower()
        if language in LANGUAGES and weight > 0:
            wanted.append((-weight, position, language))
    return min(wanted)[2] if wanted else None


def language_of(cookie: str | None, person: str | None, accept_language: str) -> str:
    """What was chosen on this device, else what the person said, else what the browser likes, else French."""
    for choice in (cookie, person, preferred(accept_language)):
        if choice in LANGUAGES:
            return choice
    return DEFAULT
