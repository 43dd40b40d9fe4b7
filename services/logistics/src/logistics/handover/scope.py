"""Who may see and say which hand-overs. No I/O but the look at which place is whose."""

from collections.abc import Iterable
from dataclasses import dataclass

from chassis.database import Reader
from chassis.identity import Person
from coldchain.day import Carrier
from contracts import Role
from logistics.handover.expected import Expected, Party, PartyKind
from logistics.handover.log import Entry
from logistics.network.driver import driven_by
from logistics.network.site import SITES

SAYS = (Role.COORDINATOR, Role.DRIVER, Role.REFERENT, Role.PRODUCER)


@dataclass(frozen=True)
class Scope:
    """`everything`: every hand-over between farm and pickup point. Else those of these producers, at these sites, of
    these carriers. `households`: sees who collects, at all places (`everywhere`) or at these sites. `releases`: hands
    over what is held."""

    everything: bool = False
    everywhere: bool = False
    releases: bool = False
    producer_ids: frozenset[str] = frozenset()
    site_ids: frozenset[str] = frozenset()
    carrier_ids: frozenset[str] = frozenset()

    def covers(self, one: Expected | Entry) -> bool:
        gives, takes = (one.gives, one.takes) if isinstance(one, Expected) else (one.gave, one.took)
        if takes.kind is PartyKind.HOUSEHOLD:
            return self.sees_households(one.site_id)
        return self.everything or one.site_id in self.site_ids or self._is_of(gives) or self._is_of(takes)

    def sees_households(self, site_id: str) -> bool:
        return self.everywhere or site_id in self.site_ids

    def _is_of(self, party: Party) -> bool:
        if party.kind is PartyKind.PRODUCER:
            return party.id in self.producer_ids
        return party.kind is PartyKind.CARRIER and party.id in self.carrier_ids


async def scope_of(reader: Reader, person: Person, carriers: Iterable[Carrier]) -> Scope:
    """A coordinator says everything; a driver what its carriers take and give; a referent what happens at its group's
    place; a producer what it gives, and carries."""
    coordinates = person.has(Role.COORDINATOR)
    groups = person.group_ids(Role.REFERENT)
    sites = await SITES.all(reader) if groups else []
    own = frozenset(one.id for one in sites if one.sheet.group_id and one.sheet.group_id in groups)
    producers = person.producer_ids
    return Scope(
        everything=coordinates,
        everywhere=coordinates,
        releases=coordinates,
        producer_ids=producers,
        site_ids=own,
        carrier_ids=await driven_by(reader, person)
        | {one.id for one in carriers if one.producer_id and one.producer_id in producers},
    )


def of_link(carrier_id: str) -> Scope:
    return Scope(carrier_ids=frozenset({carrier_id}))
