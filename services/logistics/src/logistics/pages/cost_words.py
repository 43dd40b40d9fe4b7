"""What pages say of costs, in the words of who reads."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from fastapi import Request

from contracts.logistics import CostBearer, SharedBy, TransportShare
from logistics.cost.month import Month
from logistics.cost.register import Content, Shared
from logistics.cost.rule import CostRule
from logistics.pages.network_show import kilos
from logistics.pages.way_words import km
from ui.decimals import typed
from ui.i18n import Translate
from ui.i18n import marked as _
from ui.pages import reading
from ui.words import NO_BREAK
from ui.words import Words as Plain

BEARERS = {
    CostBearer.HUB: _("The hub bears it"),
    CostBearer.PRODUCERS: _("The producers"),
    CostBearer.GROUPS: _("The groups"),
    CostBearer.HOUSEHOLDS: _("The households"),
}
SHARED_BY = {
    SharedBy.EQUAL: _("equally"),
    SharedBy.VOLUME: _("by volume"),
    SharedBy.WEIGHT: _("by weight"),
    SharedBy.VALUE: _("by what the goods cost"),
}


def hours(seconds: int) -> str:
    """3 h 05."""
    whole, minutes = divmod(-(-seconds // 60), 60)
    return f"{whole}{NO_BREAK}h{NO_BREAK}{minutes:02d}"


@dataclass(frozen=True)
class Words:
    translate: Translate
    plain: Plain

    @classmethod
    def of(cls, request: Request) -> Self:
        eyes = reading(request)
        return cls(eyes.translate, eyes.words)

    def rule(self, one: CostRule | Content) -> str:
        """Who bears it, and by what it is shared."""
        bearer = self.translate(BEARERS[one.bearer])
        return bearer if one.bearer is CostBearer.HUB else f"{bearer}, {self.translate(SHARED_BY[one.shared_by])}"

    def came(self, one: Content) -> str:
        """On what it is shared."""
        t, stamp = self.translate, {"some": one.recorded_lines, "all": one.lines}
        if not one.recorded_lines:
            return t(_("Nothing is recorded of what was delivered yet: shared on what was ordered."))
        if one.recorded_lines < one.lines:
            return t(_("Of %(some)s of %(all)s lines what was delivered is recorded; the others as ordered.")) % stamp
        return t(_("Shared on what was delivered."))

    def free(self, one: Content) -> str:
        """Rounds that cost nothing because nobody said otherwise; empty where there are none."""
        names = [each.carrier_name for each in one.rounds if each.metres and not each.cents]
        said = self.translate(_("Nobody said what a kilometre or an hour costs: nothing is counted for %(rounds)s."))
        return said % {"rounds": self.plain.listing(names)} if names else ""

    def rounds(self, one: Content) -> list[list[str]]:
        return [
            [
                each.carrier_name,
                km(each.metres, self.plain.language),
                hours(each.seconds),
                kilos(each.co2_grams, self.plain.language),
                self.plain.money(each.cents),
            ]
            for each in one.rounds
        ]

    def total(self, one: Content) -> list[str]:
        sums = [km(one.metres, self.plain.language), hours(one.seconds), kilos(one.co2_grams, self.plain.language)]
        return [self.translate(_("In all")), *sums, self.plain.money(one.cents)]

    def traced(self, one: Content) -> list[list[str]]:
        """Each bearer with what it bears of each round."""
        carriers = {each.round_id: each.carrier_name for each in one.rounds}
        rows = [
            [
                share.name,
                ", ".join(f"{carriers[part.round_id]} {self.plain.money(part.cents)}" for part in share.rounds),
                self.plain.money(share.cents),
            ]
            for share in one.shares
        ]
        if one.hub_cents or not rows:
            rows.append([self.translate(_("The hub itself")), "", self.plain.money(one.hub_cents)])
        return rows

    def shares(self, some: Iterable[TransportShare]) -> list[list[str]]:
        return [
            [
                one.name,
                km(one.metres, self.plain.language),
                kilos(one.co2_grams, self.plain.language),
                self.plain.money(one.cents),
            ]
            for one in some
        ]

    def compared(self, metres: int, alone: int) -> str:
        """Against one trip of each producer."""
        t, language = self.translate, self.plain.language
        stamp = {"driven": km(metres, language), "alone": km(alone, language)}
        if metres <= alone:
            less = t(_("%(driven)s instead of %(alone)s, if each producer had made a trip of its own: %(less)s less."))
            return less % (stamp | {"less": km(alone - metres, language)})
        more = t(_("%(driven)s; if each producer had made a trip of its own it would have been %(alone)s only."))
        return more % stamp

    def days(self, month: Month) -> list[list[str]]:
        return [
            [
                self.plain.short_day(one.on),
                km(one.content.metres, self.plain.language),
                km(sum(one.content.alone_metres.values()), self.plain.language),
                kilos(one.content.co2_grams, self.plain.language),
                self.plain.money(one.content.cents),
            ]
            for one in month.days
        ]

    def mine(self, days: Sequence[Shared], producer_ids: Collection[str]) -> list[list[str]]:
        """Of these producers alone, the newest day first."""
        language, several = self.plain.language, len(producer_ids) > 1
        return [
            [
                self.plain.short_day(one.on) + (f" · {share.name}" if several else ""),
                km(share.metres, language),
                km(one.content.alone_metres.get(share.bearer_id, 0), language),
                kilos(share.co2_grams, language),
            ]
            for one in reversed(days)
            for share in one.content.producers
            if share.bearer_id in producer_ids
        ]

    def of_groups(self, days: Sequence[Shared], group_ids: Collection[str]) -> list[list[str]]:
        """Of these groups alone, the newest day first: what it cost, whoever bears it, and what they bear."""
        language, several = self.plain.language, len(group_ids) > 1
        rows = []
        for one in reversed(days):
            bears = one.content.bearer is CostBearer.GROUPS
            for share in one.content.groups:
                if share.bearer_id not in group_ids:
                    continue
                own = sum(each.cents for each in one.content.shares if bears and each.bearer_id == share.bearer_id)
                rows.append(
                    [
                        self.plain.short_day(one.on) + (f" · {share.name}" if several else ""),
                        km(share.metres, language),
                        kilos(share.co2_grams, language),
                        self.plain.money(share.cents),
                        self.rule(one.content),
                        self.plain.money(own) if bears else "–",
                    ]
                )
        return rows

    def month_total(self, month: Month) -> list[str]:
        language = self.plain.language
        sums = [km(month.metres, language), km(month.alone_metres, language), kilos(month.co2_grams, language)]
        return [self.translate(_("In all")), *sums, self.plain.money(month.cents)]

    def days_of(self, one: CostRule) -> list[str]:
        """From when until when a rule holds."""
        first, last = one.first_day, one.last_day
        return [self.plain.short_day(first) if first else "", self.plain.short_day(last) if last else ""]


def cells(some: Sequence[TransportShare], kind: str, day: str, language: str) -> list[list[str | int]]:
    """Rows of a file: whole numbers are cents there."""
    return [[day, kind, one.name, typed(one.metres, 3, language), str(one.co2_grams), one.cents] for one in some]
