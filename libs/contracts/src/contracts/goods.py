"""Goods and places, as they appear inside the events of several services."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contracts.event import Cents, Part, Thousandths


class Unit(StrEnum):
    """What members order in. A piece is a whole thing (a cheese, a net, a crate); kg and litre take decimals."""

    PIECE = "piece"
    KG = "kg"
    LITRE = "litre"


class PriceBasis(StrEnum):
    """What the price is for: one order unit, or one unit of content (a crate of 10 kg priced by the kg)."""

    UNIT = "unit"
    CONTENT = "content"


class StockUnit(StrEnum):
    """What a producer counts what it has in: order units, their content (240 kg of lemons), or whole cases."""

    ORDER = "order"
    CONTENT = "content"
    CASE = "case"


class Bilingual(Part):
    """A text that people see. `en` is empty where nobody translated it: show `fr` then."""

    fr: str
    en: str = ""


class Place(Part):
    """A village or an address. `insee` is the French commune code; names alone are ambiguous."""

    name: str
    postcode: str = ""
    insee: str = ""
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class Season(Part):
    """The months of sale, both included; `from_month` after `to_month` wraps over New Year (11 to 5)."""

    from_month: Annotated[int, Field(ge=1, le=12)]
    to_month: Annotated[int, Field(ge=1, le=12)]


class Sale(StrEnum):
    """How the hub brings goods and households together: each household pays the producer, who sells itself; the hub
    sells in the producer's name, under a mandate contract; or the hub buys and sells again."""

    DIRECT = "direct"
    MANDATE = "mandate"
    RESALE = "resale"


class Bearer(StrEnum):
    """Who carries it when something comes that measures more or less than was ordered. The household: it pays what was
    measured. The buyers: the producer's bill is shared out over what each of them was weighed (rule of three). The
    producer: households pay as they ordered. The hub, or the solidarity fund: households pay what was measured, and
    what that is less than the producer's bill is paid to the producer."""

    HOUSEHOLD = "household"
    BUYERS = "buyers"
    PRODUCER = "producer"
    HUB = "hub"
    FUND = "fund"


class PriceTier(Part):
    """From this quantity of order units on a line, all of the line costs this price, on the article's basis."""

    from_thousandths: Annotated[Thousandths, Field(gt=0)]
    price_cents: Annotated[Cents, Field(gt=0)]


class Carriage(Part):
    """What carrying goods takes, as their producer says it; where nothing is said of volume and weight, they are
    reckoned from unit, content and temperature class.

    `volume`, `weight`: of one order unit as it travels, in millilitres and grams. `label_max`: what the packer's label
    says, in tenths of a degree Celsius. `packing_centre`: code of the centre that classed shell eggs; empty: none.
    `organic_bulk`: organic and not packed. `dispensation`: category of the dispensation from approval.
    """

    label_max: Annotated[int, Field(ge=-600, le=1000)] | None = None
    volume: Annotated[int, Field(gt=0)] | None = None
    weight: Annotated[int, Field(gt=0)] | None = None
    packing_centre: str = ""
    organic_bulk: bool = False
    dispensation: str = ""


class Article(Part):
    """A product as it stood when it was offered, ordered or listed: events copy what they need to print.

    `content_thousandths` of `content_unit` is what one order unit holds (a crate: 10000 of kg); None where the
    unit says it all. `price_cents` is gross, for one unit or one unit of content as `price_basis` says.
    `case_thousandths` of the order unit make one case, and the producer hands over whole cases only; None: any
    quantity. Of what is weighed, the content is what one should weigh, give or take `weight_margin_percent`.
    `deposit_cents` is the deposit on the returnable container of one order unit, on top of the price, outside VAT
    (CGI 267). `tiers` in rising order of quantity. `sale`: None where an earlier release froze it; then nobody but its
    producer sells it. `bearer`: of what is measured; None: nobody chose, and the household pays what was measured.
    `carriage`: None where nobody said anything of it.
    """

    product_id: str
    producer_id: str
    reference: str
    name: Bilingual
    unit: Unit
    pack_label: str = ""
    content_thousandths: Thousandths | None = None
    content_unit: Unit | None = None
    price_cents: Cents
    price_basis: PriceBasis
    vat_class: str
    temperature_class: str
    weighed: bool = False
    case_thousandths: Annotated[Thousandths, Field(gt=0)] | None = None
    weight_margin_percent: Annotated[int, Field(ge=0, le=50)] = 0
    deposit_cents: Annotated[Cents, Field(ge=0)] = 0
    tiers: tuple[PriceTier, ...] = ()
    sale: Sale | None = None
    bearer: Bearer | None = None
    carriage: Carriage | None = None
