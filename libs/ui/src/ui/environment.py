"""Jinja as the pages of Cabas use it: one environment per language, everything escaped, formats as filters.

One environment per language, because macros imported by templates see the globals of their environment only: so
every component speaks the right language without being told.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from chassis.identity import form_token
from ui import decimals, words
from ui.i18n import LANGUAGES, Translate

STATIC = Path(__file__).parent / "static"
STATIC_URL = "/ui/static"


@cache
def environment(
    package: str, language: str, zone: ZoneInfo, *, hub_name: str = "", development: bool = False
) -> Environment:
    """The templates of `package`, then those of ui, in `language` and in the time of `zone`.

    Kept: compiling the templates is half of what the first page costs, and every app of a test would pay it again.
    """
    packages = (package, "ui") if package != "ui" else ("ui",)
    env = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in packages if _has_templates(name)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=development,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    translate = Translate(packages, language)
    env.install_gettext_callables(  # type: ignore[attr-defined]
        translate, translate.plural, newstyle=True, pgettext=translate.context
    )
    spoken = words.Words(language, zone)
    env.filters.update({name: getattr(spoken, name) for name in words.FILTERS})
    env.filters.update(
        iso=words.iso,
        typed_money=lambda cents: decimals.typed_money(cents, language),
        typed_quantity=lambda thousandths: decimals.typed(thousandths, 3, language),
        price_parts=price_parts,
    )
    # `draw` is `icon` under a name that macros with a parameter called icon can reach.
    env.globals.update(icon=icon, draw=icon, static=static_url, language=language, languages=LANGUAGES, words=spoken)
    env.globals.update(beside=beside, hub_name=hub_name, development=development, form_token=form_token)
    return env


def _has_templates(package: str) -> bool:
    from importlib.resources import files

    return (files(package) / "templates").is_dir()


@cache
def icon(name: str, label: str = "") -> Markup:
    """A Lucide icon as inline SVG, hidden from screen readers unless it has a `label` of its own.

    Without the browser files (`make setup`) pages show no icons; an unknown name is a mistake of the template.
    """
    folder = STATIC / "vendor" / "icons"
    if not folder.is_dir():
        return Markup("")
    source = (folder / f"{name}.svg").read_text(encoding="utf-8")
    paths = " ".join(source[source.index(">", source.index("<svg")) + 1 : source.index("</svg>")].split())
    heard = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="icon" {} focusable="false" width="24" height="24" viewBox="0 0 24 24" fill="none"'
        ' stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{}</svg>'
    ).format(heard, Markup(paths))  # noqa: S704 our own file, not a person's text


def beside(columns: Sequence[str], cells: Sequence[object]) -> Iterator[tuple[str, object]]:
    """Each cell of a row with its column. A row may be shorter than its table; one that is longer is a mistake."""
    if len(cells) > len(columns):
        raise ValueError(f"{len(cells)} cells for {len(columns)} columns")
    return zip(columns, cells, strict=False)


@cache
def static_version() -> str:
    """Twelve hexadecimal digits that change when a static file does; browsers may keep what carries them for ever."""
    digest = sha256()
    for file in sorted(STATIC.glob("*.*")):
        digest.update(file.name.encode() + file.read_bytes())
    lock = STATIC / "vendor" / "package-lock.json"
    digest.update(lock.read_bytes() if lock.is_file() else b"")
    return digest.hexdigest()[:12]


def static_url(path: str) -> str:
    return f"{STATIC_URL}/{static_version()}/{path}"


def price_parts(written: str) -> tuple[str, str, str]:
    """`12,50 €` -> before the whole euros, the whole euros, the rest: price tags print the rest small."""
    match = re.fullmatch(r"(?P<before>\D*)(?P<whole>.*\d)(?P<after>[.,]\d\d\D*)", written)
    return (match["before"], match["whole"], match["after"]) if match else ("", written, "")
