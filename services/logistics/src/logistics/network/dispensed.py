"""How much of a week producers sell under their dispensations: caps count from Monday to Sunday."""

from collections.abc import Iterable
from datetime import date, timedelta

from chassis.database import Reader
from coldchain.day import Dispensation, Line
from logistics.cycle import cycles_of_day
from logistics.network.carriage import line_of
from logistics.network.dispensation import every, in_force, planned
from logistics.pick_list import lists_of_cycle


async def weekly_caps(reader: Reader, on: date) -> tuple[Dispensation, ...]:
    """What is declared on that day, with what the other days of its week take already."""
    declared = in_force(await every(reader), on)
    if not declared:
        return ()
    monday = on - timedelta(days=on.weekday())
    others = [day for number in range(7) if (day := monday + timedelta(days=number)) != on]
    used = sold_under([line for day in others for line in await _lines(reader, day)])
    return tuple(planned(declared[key], used.get(key, 0)) for key in sorted(declared))


def sold_under(lines: Iterable[Line]) -> dict[tuple[str, str], int]:
    """Producer and category -> what counts against the cap, in thousandths of its unit."""
    sums: dict[tuple[str, str], int] = {}
    for line in lines:
        if line.dispensation:
            key = line.producer_id, line.dispensation
            sums[key] = sums.get(key, 0) + line.against_cap
    return sums


async def _lines(reader: Reader, day: date) -> list[Line]:
    """Lines of the lists that are out for a day, as far as they are under a dispensation."""
    articles = [
        (line.article, line.quantity_thousandths)
        for cycle in await cycles_of_day(reader, day)
        if cycle.state == "issued"
        for each in (await lists_of_cycle(reader, cycle.id)).values()
        for line in each.lines
    ]
    return [line_of(article, thousandths, "line", article.name.fr) for article, thousandths in articles]
