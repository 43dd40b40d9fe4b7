"""A tour: all that one carrier does on the day, with one vehicle, as calls in the order in which they are made."""

from collections.abc import Mapping
from dataclasses import dataclass

from coldchain.day import Carrier, Vehicle
from logistics.solver.errand import Errand, Stage


@dataclass(frozen=True)
class Call:
    """At a site: what is put down, then what is taken on. At a dock one calls either to bring or to take, so that
    whoever waits for goods does not keep others from theirs."""

    site: str
    brings: tuple[Errand, ...] = ()
    takes: tuple[Errand, ...] = ()


@dataclass(frozen=True)
class Tour:
    """`calls` without the start and the end, which are the carrier's."""

    carrier: Carrier
    vehicle: Vehicle
    calls: tuple[Call, ...] = ()

    @property
    def errands(self) -> list[Errand]:
        return [errand for call in self.calls for errand in call.takes]

    @property
    def first_free(self) -> int:
        """Where calls may be put in without delaying what others wait for at a dock."""
        last = [index for index, call in enumerate(self.calls) if any(e.stage is Stage.COLLECT for e in call.brings)]
        return last[-1] + 1 if last else 0

    def without(self, gone: frozenset[int]) -> "Tour":
        """Less these errands (by number)."""
        return self.swapped(dict.fromkeys(gone))

    def swapped(self, swap: Mapping[int, Errand | None]) -> "Tour":
        """With others in the place of these errands (by number), None: with none. Calls at which nothing is left to do
        fall away."""
        calls = []
        for call in self.calls:
            brings = tuple(one for errand in call.brings if (one := swap.get(errand.number, errand)) is not None)
            takes = tuple(one for errand in call.takes if (one := swap.get(errand.number, errand)) is not None)
            if brings or takes:
                calls.append(Call(call.site, brings, takes))
        return Tour(self.carrier, self.vehicle, tuple(calls))

    def emptied(self) -> "Tour":
        return Tour(self.carrier, self.vehicle)
