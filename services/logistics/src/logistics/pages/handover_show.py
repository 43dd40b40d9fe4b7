"""What pages say of hand-overs, in the words of who reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import Request

from chassis.service import Service
from logistics.handover.board import Board
from logistics.handover.expected import Expected, PartyKind, band_of
from logistics.handover.log import Came, Entry, State
from logistics.handover.scope import Scope
from logistics.pages.cold_words import said_held
from logistics.pages.handover_form import STATES, came_field, fits
from logistics.pages.network_show import degrees
from ui.decimals import typed as number
from ui.forms import Form
from ui.i18n import Translate
from ui.i18n import marked as _
from ui.pages import Reading, reading
from ui.words import Words

URL = "/logistics/handovers"
WORDS = {
    State.AS_PLANNED: _("As planned"),
    State.LESS: _("Less than planned"),
    State.DAMAGED: _("Damaged"),
    State.REFUSED: _("Refused"),
    State.MISSING: _("Not there"),
    State.VOID: _("It did not happen"),
}
WORDS_OF_HOUSEHOLD = WORDS | {
    State.AS_PLANNED: _("Collected, all there"),
    State.LESS: _("Collected, something is missing"),
    State.DAMAGED: _("Collected, something is damaged"),
    State.REFUSED: _("Did not want it"),
    State.MISSING: _("Nobody came"),
}


def day_url(on: date) -> str:
    return f"{URL}/{on.isoformat()}"


@dataclass(frozen=True)
class GoodsRow:
    """`field`: where less is typed; `keyboard`: of a quantity."""

    name: str
    quantity: str
    unit: str
    field: str
    keyboard: str


@dataclass(frozen=True)
class Card:
    """One hand-over on a page. `entry`: what was said of it; `state`, `said`: that, and by whom; `held`: why it waits
    for the coordinator's word; `free`: whoever reads can hand it over."""

    one: Expected
    title: str
    way: str
    planned: str
    goods: tuple[GoodsRow, ...]
    boxes: str
    limit: str
    states: tuple[tuple[str, str], ...]
    entry: Entry | None
    state: str
    said: str
    differences: tuple[str, ...]
    held: str
    free: bool


@dataclass(frozen=True)
class Eyes:
    """Of who reads."""

    t: Translate
    words: Words
    now: datetime
    asks: Reading

    @classmethod
    def of(cls, request: Request) -> "Eyes":
        eyes = reading(request)
        return cls(eyes.translate, eyes.words, Service.of(request).clock.now(), eyes)

    def card(self, one: Expected, board: Board, scope: Scope) -> Card:
        entry, held = board.holds.get(one.step), self.held(one, board)
        household = one.takes.kind is PartyKind.HOUSEHOLD
        said = WORDS_OF_HOUSEHOLD if household else WORDS
        consignment = one.consignment
        band = band_of(consignment) if consignment else None
        return Card(
            one=one,
            title=one.takes.name if household else self.title(one, board),
            way=self.way(one),
            planned=self.span(one),
            goods=tuple(self._goods(one, board)),
            boxes=self.words.listing([board.box_names.get(box, box) for box in one.box_ids]),
            limit=self.limit(band.highest) if band and band.highest is not None else "",
            states=tuple((state.value, self.t(said[state])) for state in STATES),
            entry=entry,
            state=self.state(entry) if entry else "",
            said=self.who(entry) if entry else "",
            differences=tuple(self.differences(entry, board)) if entry else (),
            held=held,
            free=entry is None and (not held or scope.releases),
        )

    def held(self, one: Expected, board: Board) -> str:
        """Why it waits for the coordinator's word, in a sentence; empty where it does not."""
        why = board.why_held(one)
        if isinstance(why, str):
            return self.t(_("Called back: %(why)s.")) % {"why": why}
        return said_held(why, self.asks) if why else ""

    def title(self, one: Expected, board: Board) -> str:
        """Whose goods, for where."""
        assert one.consignment is not None, "households have no title of goods"
        sites = {site.id: site.name for site in board.published.day.sites}
        producer = self.producer_of(one, board)
        return f"{producer} → {sites.get(one.consignment.to_site, one.consignment.to_site)}"

    def producer_of(self, one: Expected, board: Board) -> str:
        return next(
            (each.gives.name for each in board.expected if each.thing == one.thing),
            one.thing,
        )

    def way(self, one: Expected) -> str:
        if one.takes.kind is PartyKind.HOUSEHOLD:
            return ""
        said = {
            PartyKind.PRODUCER: _("%(gives)s hands over to %(takes)s"),
            PartyKind.CARRIER: _("%(gives)s puts down at %(takes)s"),
        }.get(one.gives.kind, _("%(takes)s takes on at %(gives)s"))
        return self.t(said) % {"gives": one.gives.name, "takes": one.takes.name}

    def span(self, one: Expected) -> str:
        return f"{self.words.clock_time(one.at)} – {self.words.clock_time(one.until)}"

    def limit(self, tenths: int) -> str:
        return self.t(_("%(degrees)s at most")) % {"degrees": degrees(tenths, self.words.language)}

    def _goods(self, one: Expected, board: Board) -> Iterable[GoodsRow]:
        for at, goods in enumerate(one.goods):
            unit = board.unit_of(goods.product_id, goods.quantity)
            yield GoodsRow(
                goods.name,
                self.words.quantity(goods.quantity, unit),
                self.words.unit_name(unit, 2000),
                came_field(one, at),
                fits(unit),
            )

    def state(self, entry: Entry) -> str:
        return self.t((WORDS_OF_HOUSEHOLD if entry.took.kind is PartyKind.HOUSEHOLD else WORDS)[entry.state])

    def said(self, entry: Entry) -> str:
        told = {"state": self.state(entry), "who": entry.said_by, "moment": self.words.short_moment(entry.at)}
        return self.t(_("%(state)s, said by %(who)s: %(moment)s")) % told

    def quantity(self, line: Came, thousandths: int, board: Board) -> str:
        return self.words.quantity(thousandths, board.unit_of(line.product_id, line.expected))

    def came(self, lines: Iterable[Came], board: Board) -> str:
        """What came otherwise, line by line."""
        return self.words.listing(self._otherwise(lines, board))

    def _otherwise(self, lines: Iterable[Came], board: Board) -> list[str]:
        return [
            self.t(_("%(name)s: %(came)s of %(expected)s"))
            % {
                "name": line.name,
                "came": self.quantity(line, line.came, board),
                "expected": self.quantity(line, line.expected, board),
            }
            for line in lines
            if line.came != line.expected
        ]

    def who(self, entry: Entry) -> str:
        told = {"who": entry.said_by, "moment": self.words.short_moment(entry.at)}
        return self.t(_("said by %(who)s: %(moment)s")) % told

    def differences(self, entry: Entry, board: Board) -> list[str]:
        """What came otherwise, with the temperature and the note."""
        found = self._otherwise(entry.lines, board)
        if entry.temperature is not None:
            found.append(degrees(entry.temperature, self.words.language))
        return [each for each in (*found, entry.note, entry.reason) if each]

    def names(self, entry: Entry, board: Board) -> str:
        """Of a consignment's goods, for where."""
        sites = {site.id: site.name for site in board.published.day.sites}
        to = next((one.to_site for one in board.published.day.consignments if one.id == entry.thing), "")
        goods = ", ".join(sorted({line.name for line in entry.lines}))
        return f"{goods} → {sites.get(to, to)}" if to else goods


@dataclass(frozen=True)
class Group:
    """What one carrier puts down and takes on at a site. `form`: as it was typed, of this group only."""

    carrier_id: str
    title: str
    hours: str
    down: tuple[Card, ...]
    on: tuple[Card, ...]
    form: Form
    form_id: str

    @property
    def cards(self) -> tuple[Card, ...]:
        return self.down + self.on

    @property
    def open(self) -> list[Card]:
        return [card for card in self.cards if card.entry is None]

    @property
    def whole(self) -> list[tuple[str, int]]:
        """The buttons that note much at once: value, how many. What is put down and what is taken on happen one after
        the other: each has its own."""
        return [(value, len(steps)) for value in ("down", "on") if (steps := self.steps(value))]

    def steps(self, value: str) -> list[str]:
        """What one of these buttons notes: that, and nothing that a newer version brings."""
        return [card.one.step for card in (self.down if value == "down" else self.on) if card.free]


def groups_of(
    request: Request, board: Board, scope: Scope, site_id: str, typed: tuple[str, Form] | None = None
) -> list[Group]:
    """By carrier in the order they come. `typed`: carrier and form of what was refused."""
    eyes, ids = Eyes.of(request), Service.of(request).ids
    mine: dict[str, list[Expected]] = {}
    for one in board.expected:
        if one.site_id == site_id and scope.covers(one):
            mine.setdefault(one.carrier_id, []).append(one)
    found = []
    for carrier_id, steps in mine.items():
        form = typed[1] if typed and typed[0] == carrier_id else Form()
        cards = [eyes.card(one, board, scope) for one in steps]
        begins, ends = min(one.at for one in steps), max(one.until for one in steps)
        found.append(
            Group(
                carrier_id,
                board.carriers[carrier_id].name,
                f"{eyes.words.clock_time(begins)} – {eyes.words.clock_time(ends)}",
                tuple(card for card in cards if not card.one.taken_on),
                tuple(card for card in cards if card.one.taken_on),
                form,
                form.value("form_id") or ids.new(),
            )
        )
    return found


@dataclass(frozen=True)
class Place:
    """A site on the list of stops: how many of its hand-overs are said."""

    id: str
    name: str
    hours: str
    carriers: str
    done: int
    total: int
    households: int


def places_of(request: Request, board: Board, scope: Scope, households: dict[str, int]) -> list[Place]:
    """In the order in which somebody comes first."""
    words = Eyes.of(request).words
    mine: dict[str, list[Expected]] = {}
    for one in sorted((each for each in board.expected if scope.covers(each)), key=lambda each: each.at):
        mine.setdefault(one.site_id, []).append(one)
    return [
        Place(
            site_id,
            steps[0].site_name,
            f"{words.clock_time(steps[0].at)} – {words.clock_time(max(one.until for one in steps))}",
            words.listing(list(dict.fromkeys(board.carriers[one.carrier_id].name for one in steps))),
            sum(one.step in board.holds for one in steps),
            len(steps),
            households.get(site_id, 0) if scope.sees_households(site_id) else 0,
        )
        for site_id, steps in mine.items()
    ]


def figures(tenths: int | None, language: str) -> str:
    """For a field: empty where nothing was measured."""
    return "" if tenths is None else number(tenths, 1, language)
