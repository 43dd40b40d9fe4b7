"""The daily HACCP sheet: what was measured, of which lots, what was clean, what was decided; to sign and to keep."""

import json
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from coldchain.day import Consignment, Line
from coldchain.words import degrees
from contracts import Role
from logistics.cold import nonconformity, reading
from logistics.cold.limit import Followed
from logistics.cold.nonconformity import Decided, Nonconformity
from logistics.cold.place import Kind, Place
from logistics.cold.reading import Kept
from logistics.cold.retention import HACCP_YEARS
from logistics.pages.cold import URL, bounds, day_of, followed_day
from logistics.pages.cold_lots import Lots, lots_by_list, said_lots
from logistics.pages.cold_words import CLEAN, DECISIONS, SOURCES, STAGES, listed, place_name, said_limit, said_range
from logistics.pages.papers import pdf
from logistics.press import Press
from logistics.producer import producers_in_use
from ui.i18n import marked as _
from ui.pages import Reading
from ui.pages import reading as eyes_of

router = APIRouter()

READS: Any = serves(Role.COORDINATOR, Role.OPERATOR)

LABELS = {
    "title": _("HACCP sheet"),
    "page": _("page"),
    "rooms": _("Rooms, vehicles and boxes"),
    "where": _("Where"),
    "asked": _("Asked"),
    "measured": _("Measured"),
    "readings": _("Readings"),
    "clean": _("Clean"),
    "receipt": _("Goods when they came and when they left"),
    "goods": _("Goods"),
    "producer": _("Producer"),
    "lots": _("Lots and dates"),
    "when": _("When, by whom"),
    "nonconformities": _("Nonconformities and decisions"),
    "none": _("None on this day."),
    "undecided": _("NOT DECIDED YET: these goods are held."),
    "notes": _("Notes"),
    "by_hand": _("To fill in by hand where a box is empty. °C = temperature in the product or between two packs."),
    "signed": _("Checked by (name, date, signature)"),
}
KEEP = _(
    "Keep this sheet %(years)s years (records of own checks; regulation 852/2004, article 5). Limits: orders of 21 "
    "December 2009 and 8 October 2013, regulation 853/2004."
)


@router.get(URL + "/{day}/sheet.pdf")
async def sheet(request: Request, day: str, person: Person = READS) -> Response:
    on, service, eyes = day_of(day), Service.of(request), eyes_of(request)
    async with service.database.read() as reader:
        followed = await followed_day(request, reader, on)
        found = await reading.between(reader, *bounds(request, on))
        problems = await nonconformity.of_day(reader, on)
        lots = await lots_by_list(reader, (line.id for one in followed.delicate() for line in one.lines))
        producers = {row["id"]: row["name"] for row in await producers_in_use(reader)}
        now = reader.now
    say = _Sheet(followed, found, eyes, lots, producers)
    paper = {
        "hub": service.settings.hub_name,
        "language": eyes.language,
        "day": eyes.words.day(on),
        "version": eyes.translate(_("version %(version)s, printed %(moment)s"))
        % {"version": followed.published.version, "moment": eyes.words.short_moment(now)},
        "labels": {name: eyes.translate(word) for name, word in LABELS.items()},
        "keep": eyes.translate(KEEP) % {"years": HACCP_YEARS},
        "rooms": say.rooms(),
        "receipts": say.receipts(),
        "problems": [say.problem(one) for one in problems],
        "notes": say.notes(),
    }
    press: Press = request.app.state.press
    content = await press.paper("haccp_sheet.typ", json.dumps(paper))
    return pdf(f"haccp_{on.isoformat()}", content)


class _Sheet:
    def __init__(
        self,
        followed: Followed,
        found: list[Kept],
        eyes: Reading,
        lots: Lots,
        producers: dict[str, str],
    ) -> None:
        self._followed, self._found, self._eyes = followed, found, eyes
        self._lots, self._producers = lots, producers

    def rooms(self) -> list[list[str]]:
        """Where, asked, measured, readings, clean."""
        t, words = self._eyes.translate, self._eyes.words
        rows = []
        for place in self._followed.places():
            stay = self._followed.whole_day(place)
            mine = [one for one in self._found if one.place == place]
            told = [one.temperature for one in mine]
            hours = f"{words.clock_time(stay.begins)} – {words.clock_time(stay.ends)}" if stay else ""
            sources = listed(t(SOURCES[one.source]) for one in mine)
            rows.append([
                place_name(self._followed, place, self._eyes),
                "\n".join(filter(None, (said_limit(stay.band, self._eyes) if stay else "", hours))),
                said_range(min(told), max(told), self._eyes) if told else "",
                f"{len(mine)} ({sources})" if mine else "",
                listed(t(CLEAN[one.clean]) for one in mine if one.clean in CLEAN),
            ])  # fmt: skip
        return sorted(rows, key=lambda row: row[0].casefold())

    def receipts(self) -> list[dict[str, Any]]:
        """Each consignment that asks for a temperature, with what was measured of it; nothing measured: to fill in."""
        found = []
        for one in sorted(self._followed.delicate(), key=self._order):
            mine = [each for each in self._found if each.place.kind is Kind.GOODS and each.place.id == one.id]
            found.append({
                "goods": [line.name for line in one.lines],
                "producer": self._producers.get(one.producer_id, one.producer_id),
                "to": self._followed.scene.sites[one.to_site].name,
                "asked": said_limit(self._followed.limit(Place(Kind.GOODS, one.id), self._now()).band, self._eyes),
                "lots": [lot for line in one.lines for lot in self._lots_of(line)],
                "readings": [self._reading(each) for each in mine],
            })  # fmt: skip
        return found

    def _order(self, one: Consignment) -> tuple[str, str]:
        return self._followed.scene.sites[one.to_site].name.casefold(), self._producers.get(one.producer_id, "")

    def _now(self) -> datetime:
        """What goods themselves bear hangs on no moment."""
        return self._followed.published.published_at

    def _lots_of(self, line: Line) -> list[str]:
        return said_lots(self._lots, line.id, line.product_id, self._eyes)

    def _reading(self, one: Kept) -> dict[str, Any]:
        t, words = self._eyes.translate, self._eyes.words
        line = self._followed.scene.lines.get(one.place.part)
        stage = t(STAGES[one.stage]) if one.stage else ""
        return {
            "temperature": degrees(one.temperature, words),
            "said": ", ".join(filter(None, (line.name if line else "", stage, words.clock_time(one.at), one.by))),
            "broke": one.broke,
        }

    def problem(self, one: Nonconformity) -> dict[str, Any]:
        eyes = self._eyes
        decided = [
            {
                "what": eyes.translate(DECISIONS[step.what.decision]),
                "goods": listed(one.lines[each].name for each in step.what.line_ids if each in one.lines),
                "why": step.what.why,
                "core": "" if step.what.core is None else degrees(step.what.core, eyes.words),
                "by": f"{step.by}, {eyes.words.short_moment(step.at)}",
                "measured_by": step.what.measured_by,
            }
            for step in one.steps
            if isinstance(step.what, Decided)
        ]
        return {
            "where": place_name(self._followed, one.place, self._eyes),
            "since": eyes.words.short_moment(one.since) if one.since else "",
            "measured": said_range(one.coldest, one.warmest, eyes),
            "goods": listed(f"{line.name} ({said_limit(line.band, eyes)})" for line in one.lines.values()),
            "decided": decided,
            "undecided": bool(one.undecided),
        }

    def notes(self) -> list[str]:
        words = self._eyes.words
        return [
            f"{words.clock_time(one.at)} · {place_name(self._followed, one.place, self._eyes)} · {one.note} ({one.by})"
            for one in self._found
            if one.note
        ]
