"""What is announced of a nonconformity."""

from datetime import datetime

from contracts.logistics import BrokenGoods, NonconformityOpened
from logistics.cold.nonconformity import Breach, Nonconformity

NONCONFORMITIES = "/logistics/nonconformities"


def nonconformity_opened(one: Nonconformity, place: str, breach: Breach, now: datetime) -> NonconformityOpened:
    """As it is after the readings of `breach`."""
    assert one.since is not None
    return NonconformityOpened(
        id=one.id,
        version=one.seen,
        delivers_on=one.on,
        place=place,
        opened_at=now,
        since=one.since,
        coldest=breach.coldest,
        warmest=breach.warmest,
        again=one.seen > 1,
        goods=tuple(
            BrokenGoods(
                name=line.name,
                producer_id=line.producer_id,
                consignment_id=line.consignment_id,
                lowest=line.lowest,
                highest=line.highest,
            )
            for line in one.undecided
        ),
        path=f"{NONCONFORMITIES}/{one.id}",
    )
