"""What catalog says: producers and what they offer."""

from typing import ClassVar

from contracts.event import Event, Thousandths
from contracts.goods import Article, Place, Season


class Producer(Event):
    """Somebody who sells through the hub. `seller_regime` is a code of the seller regimes table (VAT)."""

    service: ClassVar[str] = "catalog"
    aggregate: ClassVar[str] = "producer"

    name: str
    place: Place
    country: str = "FR"
    labels: tuple[str, ...] = ()
    seller_regime: str = "NORMAL"
    contact_name: str = ""
    email: str = ""
    phone: str = ""
    language: str = "fr"
    active: bool = True


class ProducerRegistered(Producer):
    """A producer joined the hub."""

    event: ClassVar[str] = "registered"


class ProducerChanged(Producer):
    """What is known of a producer changed; `active` false: it sells here no more."""

    event: ClassVar[str] = "changed"


class Product(Event):
    """One product of one producer. `id` equals `article.product_id`."""

    service: ClassVar[str] = "catalog"
    aggregate: ClassVar[str] = "product"

    article: Article
    producer_name: str
    season: Season | None = None
    allergens: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    available_thousandths: Thousandths | None = None
    note: str = ""


class ProductOffered(Product):
    """The product is on offer, or what is said of it changed. `available_thousandths` None: not bounded."""

    event: ClassVar[str] = "offered"


class ProductWithdrawn(Product):
    """The product is not on offer any more; cycles that already offer it keep it."""

    event: ClassVar[str] = "withdrawn"
