"""A published day as the pages of its papers need it: the version, its goods, whom to call, and the words for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from fastapi import Request

from chassis.database import Reader
from chassis.identity import serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from logistics.network.carrier import CARRIERS
from logistics.network.kept import Register
from logistics.network.site import SITES
from logistics.network.vehicle import VEHICLES
from logistics.pages.paper_words import Known, PaperWords
from logistics.papers.goods import Goods, goods_of
from logistics.papers.sheets import Paper
from logistics.producer import producers_by_id
from logistics.schedule import published
from logistics.schedule.published import Published
from ui import Pages
from ui.i18n import Translate, translator
from ui.i18n import marked as _
from ui.pages import reading
from ui.words import Words

DAYS = "/logistics/days"
OVERSEES = (Role.COORDINATOR, Role.OPERATOR)
READS: Any = serves(*OVERSEES)
"""Who sees what everybody carries."""
READS_ROUNDS: Any = serves(*OVERSEES, Role.DRIVER)
"""A driver reads the rounds of its carriers only."""

NOON = time(12)


def day_in(typed: str) -> date:
    """Of an address. Raises NotFound."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise NotFound from None


@dataclass(frozen=True)
class PaperDay:
    """`held`: version that is shown; `newest`: number of the one that holds."""

    held: Published
    newest: int
    goods: Goods
    say: PaperWords
    words: Words
    t: Translate
    hub: str

    @property
    def url(self) -> str:
        return f"{DAYS}/{self.held.on.isoformat()}"

    @property
    def older(self) -> str:
        """What addresses of an older version end in."""
        return f"?version={self.held.version}" if self.held.version != self.newest else ""

    @property
    def version(self) -> str:
        said = {"number": self.held.version, "moment": self.words.short_moment(self.held.published_at)}
        return self.t(_("version %(number)s, published %(moment)s")) % said

    @property
    def outdated(self) -> str:
        if self.held.version == self.newest:
            return ""
        return self.t(_("This schedule does not hold any more: version %(number)s does.")) % {"number": self.newest}

    def paper(self, **sheets: Any) -> Paper:
        return Paper(
            language=self.words.language,
            hub=self.hub,
            day=self.words.day(self.held.on),
            version=self.version,
            outdated=self.outdated,
            labels=labels(self.t),
            **sheets,
        )


def labels(t: Translate) -> dict[str, str]:
    """The fixed words of the papers."""
    return {
        "route": t("Route sheet"),
        "dock": t("Dock plan"),
        "packing": t("Packing list"),
        "page": t("Page"),
        "vehicle": t("Vehicle"),
        "setting": t("Set the compartments to"),
        "off": t("Put down"),
        "on": t("Take on, in this order"),
        "into": t("into"),
        "for": t("for"),
        "from": t("from"),
        "then": t("Leaves the vehicle at"),
        "access": t("Access"),
        "key": t("Key"),
        "collect": t("Households collect"),
        "nothing": t("Nothing to load or put down."),
        "villages": t("What leaves for which village"),
        "village": t("Pickup point"),
        "with": t("With"),
        "leaves": t("Leaves at"),
        "consignments": t("Consignments"),
        "boxes": t("Boxes"),
        "size": t("Volume and weight"),
        "arrivals": t("Who arrives"),
        "departures": t("Who leaves"),
        "rooms": t("Cold rooms of the dock"),
        "puts_to": t("Goes to"),
        "stands": t("Stands"),
        "load_first": t("In the order of loading: what is put down last goes in first."),
        "ready": t("Ready at"),
        "left": t("Not planned"),
        "in_all": t("In all"),
    }


async def load(request: Request, on: date, *, newest_only: bool = False) -> PaperDay | None:
    """The version that holds, or the one the address names (`?version=1`). None: nothing is published for the day."""
    typed = "" if newest_only else request.query_params.get("version", "")
    wanted = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else None
    async with Service.of(request).database.read() as reader:
        held = await published.current(reader, on)
        if held is None:
            return None
        newest = held.version
        if wanted not in (None, newest):
            held = await published.at_version(reader, on, wanted or 0)
            if held is None:
                raise NotFound
        return await _with_words(request, reader, held, newest)


async def _with_words(request: Request, reader: Reader, held: Published, newest: int) -> PaperDay:
    eyes = reading(request)
    goods = await goods_of(reader, held.day)
    known = await known_of(reader, held)
    noon = datetime.combine(held.on, NOON, UTC)
    say = PaperWords(goods, known, eyes.words, eyes.translate, noon)
    hub = Service.of(request).settings.hub_name
    return PaperDay(held, newest, goods, say, eyes.words, eyes.translate, hub)


def spoken_in(found: PaperDay, language: str, request: Request) -> PaperDay:
    """The same in another language: a producer's paper is in the producer's, whoever prints it."""
    words, t = Words(language, Pages.of(request).zone), translator("logistics", language)
    noon = datetime.combine(found.held.on, NOON, UTC)
    say = PaperWords(found.goods, found.say.known, words, t, noon)
    return PaperDay(found.held, found.newest, found.goods, say, words, t, found.hub)


async def known_of(reader: Reader, held: Published) -> Known:
    """What the network says now of those who are in the plan; those that are retired too."""
    sites = await _sheets(reader, SITES)
    ids = {one.producer_id for one in held.day.consignments}
    phones = {each: row["phone"] for each, row in (await producers_by_id(reader, ids)).items()}
    return Known(sites, await _sheets(reader, CARRIERS), await _sheets(reader, VEHICLES), phones)


async def _sheets(reader: Reader, register: Register[Any]) -> Mapping[str, Any]:
    every = [*await register.all(reader, retired=True), *await register.all(reader)]
    return {one.id: one.sheet for one in every}
