"""A day's schedule as logistics says it: two farms, two groups, two who drive. Hours are those of the hub's clocks."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from contracts import Place
from contracts.catalog import ProducerRegistered
from contracts.ordering import GroupReferents, HouseholdPerson, ReferentsChanged
from contracts.schedule import (
    Schedule,
    ScheduleChanged,
    ScheduledCarrier,
    ScheduledConsignment,
    ScheduledProducer,
    ScheduledRound,
    ScheduledSite,
    ScheduledStop,
    SchedulePublished,
)

FRIDAY = date(2026, 11, 27)
THURSDAY_EVENING = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
NAMES = {"pic": "Fromagerie du Pic", "roc": "Chèvrerie du Roc"}
MARCEL = ScheduledCarrier(
    carrier_id="marcel", name="Marcel", email="marcel@example.org", language="fr", path="/logistics/rounds/open/marcel"
)
ODETTE = ScheduledCarrier(carrier_id="odette", name="Odette")
"""Without an address: somebody has to phone."""
LOLA = ScheduledCarrier(carrier_id="lola", name="Lola", producer_id="roc", path="/logistics/rounds/open/lola")


def at(clock: str) -> datetime:
    """07:05 in Limoux, in November."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, 27, hour, minute, tzinfo=UTC) - timedelta(hours=1)


@dataclass(frozen=True)
class Planned:
    """Pic's goods go to both groups, with `driver`; those of the Roc to Limoux, with Lola, who is of the Roc."""

    fetched: str = "08:05"
    driver: ScheduledCarrier = MARCEL
    quillan: bool = True
    lola: str = "09:30"
    opens: str = "17:00"
    limoux: str = "09:02"

    def but(self, **other: object) -> "Planned":
        return replace(self, **other)

    def said(self, version: int = 1, when: datetime = THURSDAY_EVENING) -> Schedule:
        pairs = [("pic", "Limoux"), ("roc", "Limoux")] + [("pic", "Quillan")] * self.quillan
        kind = SchedulePublished if version == 1 else ScheduleChanged
        mine = (0, 2) if self.quillan else (0,)
        stops = [
            ScheduledStop(site_id="dock", arrives_at=at("07:30"), departs_at=at("07:30")),
            ScheduledStop(site_id="farm-pic", arrives_at=at(self.fetched), departs_at=at("08:20"), loads=mine),
            _stop("Limoux", self.limoux, (0,)),
        ]
        stops += [_stop("Quillan", "09:50", (2,))] * self.quillan
        brought = [
            ScheduledStop(site_id="farm-roc", arrives_at=at("09:00"), departs_at=at("09:05"), loads=(1,)),
            _stop("Limoux", self.lola, (1,)),
        ]
        return kind(
            id=FRIDAY.isoformat(),
            version=version,
            delivers_on=FRIDAY,
            published_at=when,
            published_by="Nadia",
            sites=(
                ScheduledSite(site_id="dock", name="Quai de Limoux"),
                *(ScheduledSite(site_id=f"farm-{one}", name=name) for one, name in NAMES.items()),
                *(self._point(group) for group in ("Limoux", "Quillan")),
            ),
            producers=tuple(ScheduledProducer(producer_id=one, name=name) for one, name in NAMES.items()),
            carriers=(self.driver, LOLA),
            consignments=tuple(
                ScheduledConsignment(
                    consignment_id=f"{farm}/{group}",
                    producer_id=farm,
                    from_site=f"farm-{farm}",
                    to_site=f"point-{group}",
                )
                for farm, group in pairs
            ),
            rounds=(
                ScheduledRound(
                    round_id="one", carrier_id=self.driver.carrier_id, vehicle_name="Kangoo", stops=tuple(stops)
                ),
                ScheduledRound(round_id="two", carrier_id="lola", vehicle_name="Berlingo", stops=tuple(brought)),
            ),
        )

    def _point(self, group: str) -> ScheduledSite:
        opens = at(self.opens if group == "Limoux" else "18:00")
        return ScheduledSite(
            site_id=f"point-{group}",
            name=f"Foyer de {group}",
            group_id=f"g-{group}",
            address="12 rue de la Mairie",
            opens_at=opens,
            closes_at=opens + timedelta(hours=2),
        )


def _stop(group: str, clock: str, unloads: tuple[int, ...]) -> ScheduledStop:
    arrives = at(clock)
    return ScheduledStop(
        site_id=f"point-{group}", arrives_at=arrives, departs_at=arrives + timedelta(minutes=5), unloads=unloads
    )


def farm(producer_id: str, language: str = "fr", version: int = 1, email: str | None = None) -> ProducerRegistered:
    return ProducerRegistered(
        id=producer_id,
        version=version,
        name=NAMES[producer_id],
        place=Place(name="Quillan"),
        email=f"{producer_id}@example.org" if email is None else email,
        language=language,
    )


def referents(version: int = 1, **by_group: HouseholdPerson) -> ReferentsChanged:
    """`Limoux=person("Josette")`."""
    groups = tuple(GroupReferents(group_id=f"g-{group}", people=(who,)) for group, who in by_group.items())
    return ReferentsChanged(id="referents", version=version, groups=groups)
