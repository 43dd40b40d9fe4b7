"""What catalog needs to know beside what every service does."""

from chassis.settings import Settings
from contracts import Place


class CatalogSettings(Settings):
    hub_latitude: float | None = None
    hub_longitude: float | None = None
    """Where the hub is, to tell how far away producers are. None: the distance is not shown."""

    price_list_hours: int = 24
    """How long a preview of a price list can be applied."""

    @property
    def hub_place(self) -> Place:
        return Place(name=self.hub_name, latitude=self.hub_latitude, longitude=self.hub_longitude)
