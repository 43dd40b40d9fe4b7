"""What can be chosen in the forms of a draft's page."""

from fastapi import Request

from chassis.service import Service
from logistics.network.carrier import CARRIERS
from logistics.network.kept import names_of
from logistics.pages.network_show import names_for
from logistics.pages.plan_show import PlanWords
from logistics.schedule.draft import Draft
from logistics.schedule.wishes import FIELDS, Kind
from ui.pages import reading

FALLS_OUT = (Kind.CARRIER, Kind.VEHICLE, Kind.SITE)


def words_of(request: Request, one: Draft) -> PlanWords:
    """Of a draft that is planned."""
    assert one.plan is not None
    eyes = reading(request)
    return PlanWords(one.day, one.plan, eyes.words, eyes.translate)


async def names_now(request: Request) -> dict[str, str]:
    """Of carriers, vehicles and places by id, those that are retired too."""
    async with Service.of(request).database.read() as reader:
        found = await names_for(reader)
        for retired in (True, False):
            found |= names_of(await CARRIERS.all(reader, retired=retired))
    return found


def things(one: Draft) -> dict[str, str]:
    """What can fall out: carriers, vehicles, and places that have goods."""
    used = {site for each in one.day.consignments for site in (each.from_site, each.to_site)}
    return {
        **{f"{Kind.CARRIER}:{each.id}": each.name for each in one.day.carriers},
        **{f"{Kind.VEHICLE}:{each.id}": each.name for each in one.day.vehicles},
        **{f"{Kind.SITE}:{each.id}": each.name for each in one.day.sites if each.id in used},
    }


def fallen(one: Draft, names: dict[str, str]) -> dict[str, str]:
    """What fell out, and can be there again."""
    return {f"{kind}:{each}": names.get(each, each) for kind in FALLS_OUT for each in getattr(one.wishes, FIELDS[kind])}


def goods_of(words: PlanWords) -> list[tuple[str, str]]:
    """All consignments, by where they come from and go."""
    return sorted(((one, words.named(one)) for one in words.consignments), key=lambda pair: pair[1])


def pinned(one: Draft, words: PlanWords) -> list[tuple[str, str, str]]:
    """Consignment, its goods, and to whom it is pinned."""
    return [
        (pin.consignment_id, words.named(pin.consignment_id), words.carriers[pin.carrier_id].name)
        for pin in one.day.pins
    ]
