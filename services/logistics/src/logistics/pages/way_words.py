"""What pages say of ways, in the words of who reads."""

from dataclasses import dataclass
from typing import Self

from fastapi import Request

from coldchain.road import Way
from logistics.road.asking import Failure
from logistics.road.survey import Survey
from logistics.road.way import Correction, Pair, Ways
from ui.decimals import typed as number
from ui.i18n import Translate
from ui.i18n import marked as _
from ui.pages import reading
from ui.words import NO_BREAK
from ui.words import Words as Plain

ENGINES = {"osrm": "OSRM", "valhalla": "Valhalla"}
FAILURES = {
    Failure.UNREACHABLE: _("it cannot be reached"),
    Failure.SLOW: _("it does not answer in time"),
    Failure.REFUSED: _("it refuses (%(detail)s)"),
    Failure.NONSENSE: _("it answers what cannot be (%(detail)s)"),
}


def km(metres: float, language: str) -> str:
    return f"{number(round(metres / 100), 1, language)}{NO_BREAK}km"


def minutes(seconds: int) -> str:
    return f"{-(-seconds // 60)}{NO_BREAK}min"


def trouble(request: Request, last: Survey | None, unanswered: int) -> str:
    """Why ways are reckoned though an engine is named; empty where none are and the engine answers."""
    eyes = reading(request)
    t = eyes.translate
    said = []
    if unanswered:
        many = t.plural(
            "%(num)s way is reckoned from the crow's flight: the road engine gives none.",
            "%(num)s ways are reckoned from the crow's flight: the road engine gives none.",
            unanswered,
        )
        said.append(many % {"num": unanswered})
    if last is not None and last.failing_since is not None:
        why = t(FAILURES[Failure(last.failure)]) % {"detail": last.detail}
        since = t(_("The road engine has failed since %(moment)s: %(why)s."))
        said.append(since % {"moment": eyes.words.moment(last.failing_since), "why": why})
    return " ".join(said)


@dataclass(frozen=True)
class Words:
    translate: Translate
    plain: Plain

    @classmethod
    def of(cls, request: Request) -> Self:
        eyes = reading(request)
        return cls(eyes.translate, eyes.words)

    def length(self, way: Way) -> str:
        return f"{km(way.metres, self.plain.language)}, {minutes(way.seconds)}"

    def known(self, ways: Ways, pair: Pair, plainly: Way) -> list[str]:
        """How long, and how that is known. `plainly`: as it is reckoned from the crow's flight."""
        by_hand, measured = ways.correction(pair), ways.measurement(pair)
        t = self.translate
        if by_hand is not None and by_hand.way is not None:
            said = t(_("corrected by %(who)s, %(day)s"))
            day = self.plain.short_day(by_hand.corrected_at)
            return [self.length(by_hand.way), said % {"who": by_hand.corrected_by, "day": day}]
        if measured is None:
            return [self.length(plainly), t(_("reckoned from the crow's flight"))]
        engine = " ".join(filter(None, (ENGINES.get(measured.engine, measured.engine), measured.data)))
        stamp = {"engine": engine, "day": self.plain.short_day(measured.measured_at)}
        if measured.way is None:
            said = t(_("%(engine)s knows no road (%(day)s): reckoned from the crow's flight"))
            return [self.length(plainly), said % stamp]
        return [self.length(measured.way), t(_("measured by %(engine)s, %(day)s")) % stamp]

    def corrected(self, one: Correction) -> list[str]:
        length = self.length(one.way) if one.way else self.translate(_("taken back"))
        return [length, one.why, one.corrected_by]

    def counted(self, all_: int, by_hand: int, measured: int, left: int) -> list[tuple[str, str]]:
        t, write = self.translate, self.plain.number
        return [
            (t(_("Ways between places in use")), write(all_)),
            (t(_("Measured by a road engine")), write(measured)),
            (t(_("Corrected by hand")), write(by_hand)),
            (t(_("Reckoned from the crow's flight")), write(left)),
        ]

    def facts(self, ways: Ways, pair: Pair, by_crow: float, plainly: Way) -> list[tuple[str, str]]:
        t = self.translate
        length, how = self.known(ways, pair, plainly)
        return [
            (t(_("Plans reckon with")), length),
            (t(_("How it is known")), how),
            (t(_("As the crow flies")), km(by_crow, self.plain.language)),
            (t(_("Reckoned from it")), self.length(plainly)),
        ]
