"""What catalog says: producers and what they offer."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Cents, Event, Moment, Part, Thousandths
from contracts.goods import Article, Bilingual, Place, Sale, Season, StockUnit, Unit


class MinimumKind(StrEnum):
    """What a minimum counts."""

    MONEY = "money"
    WEIGHT = "weight"
    CASES = "cases"


class Minimum(Part):
    """What must come together before a producer delivers, or brings a product.

    `amount`: cents for money, thousandths of a kilo for weight, whole cases for cases. Of money only: `net` without
    VAT, `with_deposits` when the deposits on containers count too.
    """

    kind: MinimumKind
    amount: Annotated[int, Field(gt=0)]
    net: bool = False
    with_deposits: bool = False


class Pool(Part):
    """Sizes of one product that fill the same cases: 1, 5 and 10 kg of the same lemons.

    `size_thousandths` of `unit` is what one order unit of this product takes; `case_thousandths` of `unit` fill one
    case. `completes_with`: pools whose goods may complete a case of this one (lemons with clementines).
    `available_thousandths` of `unit`, for all sizes together; None: not bounded.
    """

    pool_id: str
    name: Bilingual
    unit: Unit
    size_thousandths: Annotated[Thousandths, Field(gt=0)]
    case_thousandths: Annotated[Thousandths, Field(gt=0)] | None = None
    completes_with: tuple[str, ...] = ()
    available_thousandths: Annotated[Thousandths, Field(ge=0)] | None = None


class SharingRule(StrEnum):
    """How goods are shared out where households cannot simply get what they asked; told in `docs/allocation.md`."""

    COST_BALANCED = "cost_balanced"
    MAX_MIN = "max_min"
    PRO_RATA = "pro_rata"
    SOLIDARITY_FIRST = "solidarity_first"
    LOTTERY = "lottery"
    FIRST_COME = "first_come"


class SharingRules(Part):
    """The rules of one product: who gets less where there is not enough, who takes the more that fills a case."""

    shortage: SharingRule = SharingRule.MAX_MIN
    extra: SharingRule = SharingRule.COST_BALANCED


class Claim(Part):
    """A label with its proof: who certified it (FR-BIO-01), under which number, until when, and where to read it."""

    label: str
    body: str = ""
    number: str = ""
    valid_until: date
    proof_url: str = ""


class Breakdown(Part):
    """What a producer shows of how its price comes about. The parts add up to the price."""

    production_cents: Annotated[Cents, Field(ge=0)]
    packing_cents: Annotated[Cents, Field(ge=0)]
    transport_cents: Annotated[Cents, Field(ge=0)]
    margin_cents: Annotated[Cents, Field(ge=0)]


class Food(Part):
    """What must be told of food before it is bought at a distance (regulation EU 1169/2011, articles 9 and 14).

    In French, the language the law asks for. `alcohol_tenths`: tenths of a percent by volume (125 is 12.5 %).
    `operator`: name and address of who answers for it, where that is not the producer. `category` and `variety`: of
    fruit and vegetables; `animal_origin`: of meat, and of fish the Latin name, method, zone and gear.
    """

    legal_name: str = ""
    ingredients: str = ""
    origin: str = ""
    storage: str = ""
    instructions: str = ""
    operator: str = ""
    alcohol_tenths: Annotated[int, Field(ge=0, le=1000)] | None = None
    nutrition: str = ""
    category: str = ""
    variety: str = ""
    animal_origin: str = ""
    defrosted: bool = False


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
    minimum: Minimum | None = None
    sale: Sale = Sale.DIRECT


class Certificate(Event):
    """The proof of a label, when it needs somebody: `label_name` in words, `valid_until` its last day.

    Of one product where `product_name` says so, else of everything of the producer that carries the label. Said only
    while no other certificate takes its place. `said_at`: of what is older nobody needs to hear.
    """

    service: ClassVar[str] = "catalog"
    aggregate: ClassVar[str] = "certificate"

    producer_id: str
    producer_name: str
    product_name: str = ""
    label: str
    label_name: Bilingual
    body: str = ""
    number: str
    valid_until: date
    said_at: Moment


class CertificateEndsSoon(Certificate):
    """A certificate ends within a month, and there is no next one."""

    event: ClassVar[str] = "ends_soon"


class CertificateExpired(Certificate):
    """A certificate has ended, and there is no next one: its label is not shown any more."""

    event: ClassVar[str] = "expired"


class ProducerRegistered(Producer):
    """A producer joined the hub."""

    event: ClassVar[str] = "registered"


class ProducerChanged(Producer):
    """What is known of a producer changed; `active` false: it sells here no more."""

    event: ClassVar[str] = "changed"


class Product(Event):
    """One product of one producer. `id` equals `article.product_id`.

    `labels` are those that hold today: one whose certificate has expired is not among them. `claims` say the proof of
    those that have one on file. `available_thousandths` of the order unit, for all groups together, whatever
    `stock_unit` the producer counts in. `intermediaries` 0: sold by who made it; None: not known. `sharing`: of what is
    in a pool it is the pool's, for sizes that fill the same cases are shared out together. `sale`: under mandate it is
    offered only while a contract covers the day of delivery.
    """

    service: ClassVar[str] = "catalog"
    aggregate: ClassVar[str] = "product"

    article: Article
    producer_name: str
    season: Season | None = None
    allergens: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    available_thousandths: Thousandths | None = None
    note: str = ""
    stock_unit: StockUnit = StockUnit.ORDER
    pool: Pool | None = None
    minimum: Minimum | None = None
    claims: tuple[Claim, ...] = ()
    food: Food | None = None
    breakdown: Breakdown | None = None
    price_locked_until: date | None = None
    intermediaries: Annotated[int, Field(ge=0, le=9)] | None = None
    sharing: SharingRules = SharingRules()
    sale: Sale = Sale.DIRECT


class ProductOffered(Product):
    """The product is on offer, or what is said of it changed. `available_thousandths` None: not bounded."""

    event: ClassVar[str] = "offered"


class ProductWithdrawn(Product):
    """The product is not on offer any more; cycles that already offer it keep it."""

    event: ClassVar[str] = "withdrawn"
