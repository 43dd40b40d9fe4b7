"""Which day it is where the hub is."""

from datetime import date, tzinfo

from chassis.database import Reader


def today_at(reader: Reader, zone: tzinfo) -> date:
    return reader.now.astimezone(zone).date()
