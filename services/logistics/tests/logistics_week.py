"""A week of the hub as events: groups, a cycle, households that order, the closing with its manifest, and what came
after: what was allocated, and closings revised."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from contracts import Article, Bilingual, Event, Place, PriceBasis, Unit
from contracts.catalog import ProducerRegistered
from contracts.ordering import (
    AllocatedLine,
    CycleClosed,
    CycleOffer,
    CycleOpened,
    CyclePickup,
    CycleRevised,
    Manifest,
    OrderAllocated,
    OrderLine,
    OrderPlaced,
    OrderWithdrawn,
    ProducerTotal,
    manifest_digest,
)

CLOSES = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
DELIVERS = date(2026, 11, 27)


def article(
    product_id: str,
    producer_id: str,
    name: str,
    unit: Unit = Unit.PIECE,
    *,
    cents: int = 300,
    temperature: str = "AMBIENT",
    pack: str = "",
    content: tuple[int, Unit] | None = None,
    weighed: bool = False,
) -> Article:
    return Article(
        product_id=product_id,
        producer_id=producer_id,
        reference=product_id.upper(),
        name=Bilingual(fr=name),
        unit=unit,
        pack_label=pack,
        content_thousandths=content[0] if content else None,
        content_unit=content[1] if content else None,
        price_cents=cents,
        price_basis=PriceBasis.UNIT,
        vat_class="FOOD",
        temperature_class=temperature,
        weighed=weighed,
    )


PELARDON = article("pel", "pic", "Pélardon affiné", cents=320, temperature="PERISHABLE", pack="pièce de 90 g")
FAISSELLE = article("fai", "pic", "Faisselle de chèvre", cents=280, temperature="VERY_PERISHABLE", pack="pot de 500 g")
GLACE = article("gla", "pic", "Glace au lait de chèvre", cents=550, temperature="FROZEN", pack="pot de 500 ml")
TOMME = article("tom", "pic", "Tomme de brebis", Unit.KG, cents=2400, temperature="PERISHABLE", weighed=True)
ORANGES = article("ora", "bio", "Oranges", cents=2200, pack="caisse 10 kg", content=(10_000, Unit.KG))
HUILE = article("hui", "bio", "Huile d’olive", Unit.LITRE, cents=1400)
OEUFS = article("oeu", "bio", "Œufs plein air", cents=360, temperature="EGGS", pack="boîte de 6")
GOODS = (PELARDON, FAISSELLE, GLACE, TOMME, ORANGES, HUILE, OEUFS)
NAMES = {"pic": "Fromagerie du Pic", "bio": "BioEspuña"}


def pickup(group_id: str, name: str, hour: int, *, bags: bool = False, days: int = 0) -> CyclePickup:
    starts = datetime(2026, 11, 27, hour, 0, tzinfo=UTC) + timedelta(days=days)
    place = Place(name=name)
    return CyclePickup(
        group_id=group_id,
        group_name=f"Groupe de {name}",
        place=place,
        address="Foyer municipal",
        starts_at=starts,
        ends_at=starts + timedelta(hours=1, minutes=30),
        bags=bags,
    )


LIMOUX, QUILLAN, SIGEAN = (
    pickup("limoux", "Limoux", 16),
    pickup("quillan", "Quillan", 17, bags=True),
    pickup("sigean", "Sigean", 9, days=1),
)


def producer(producer_id: str, language: str = "fr", version: int = 1) -> ProducerRegistered:
    return ProducerRegistered(
        id=producer_id, version=version, name=NAMES[producer_id], place=Place(name="Aude"), language=language
    )


def line(of: Article, thousandths: int) -> OrderLine:
    gross = (of.price_cents * thousandths + 500) // 1000
    name = NAMES.get(of.producer_id, of.producer_id)
    return OrderLine(article=of, producer_name=name, quantity_thousandths=thousandths, gross_cents=gross)


def allocated_line(of: Article, asked: int, thousandths: int) -> AllocatedLine:
    return AllocatedLine(
        article=of,
        producer_name=NAMES[of.producer_id],
        asked_thousandths=asked,
        quantity_thousandths=thousandths,
        gross_cents=(of.price_cents * thousandths + 500) // 1000,
        reason=None if asked == thousandths else Bilingual(fr="Il en manque.", en="There is not enough."),
    )


@dataclass
class Week:
    """Orders by id, each with its versions; `closing()` tells of the newest of each."""

    id: str = "cycle-1"
    pickups: tuple[CyclePickup, ...] = (QUILLAN, SIGEAN, LIMOUX)
    said: dict[str, list[OrderPlaced | OrderAllocated | OrderWithdrawn]] = field(default_factory=dict)
    closings: int = 0

    def opening(self) -> CycleOpened:
        offers = tuple(CycleOffer(product_id=a.product_id, producer_id=a.producer_id) for a in GOODS)
        return CycleOpened(**self._cycle(), version=1, offers=offers)

    def order(self, household: str, group: CyclePickup, *lines: OrderLine) -> OrderPlaced:
        """The household's order as it stands now: a second call changes it."""
        said = self._next(household)
        placed = OrderPlaced(
            **self._order(household, group),
            version=len(said) + 1,
            placed_at=self._moment(household),
            placed_by="person",
            closes_at=CLOSES,
            lines=lines,
            gross_cents=sum(one.gross_cents for one in lines),
        )
        said.append(placed)
        return placed

    def allocate(self, household: str, **given: int) -> OrderAllocated:
        """What the household gets, in thousandths by product; of the others what it got before."""
        last = next(one for one in reversed(self.said[household]) if not isinstance(one, OrderWithdrawn))
        lines = []
        for each in last.lines:
            asked = each.asked_thousandths if isinstance(each, AllocatedLine) else each.quantity_thousandths
            quantity = given.pop(each.article.product_id, each.quantity_thousandths)
            lines.append(allocated_line(each.article, asked, quantity))
        by_id = {goods.product_id: goods for goods in GOODS}
        lines += [allocated_line(by_id[product], 0, quantity) for product, quantity in given.items()]
        kept = {name: getattr(last, name) for name in (*self._order(household, LIMOUX), "placed_at", "placed_by")}
        allocated = OrderAllocated(
            **kept,
            version=len(self.said[household]) + 1,
            allocated_at=CLOSES,
            lines=tuple(lines),
            gross_cents=sum(one.gross_cents for one in lines),
        )
        self.said[household].append(allocated)
        return allocated

    def withdraw(self, household: str, group: CyclePickup) -> OrderWithdrawn:
        said = self._next(household)
        withdrawn = OrderWithdrawn(
            **self._order(household, group), version=len(said) + 1, withdrawn_at=self._moment(household)
        )
        said.append(withdrawn)
        return withdrawn

    def standing(self) -> list[OrderPlaced | OrderAllocated]:
        return [one for said in self.said.values() if not isinstance(one := said[-1], OrderWithdrawn)]

    def manifest(self) -> Manifest:
        orders = self.standing()
        lines = [each for order in orders for each in order.lines if each.quantity_thousandths]
        totals = []
        for producer_id in sorted({each.article.producer_id for each in lines}):
            of = [each for each in lines if each.article.producer_id == producer_id]
            totals.append(
                ProducerTotal(
                    producer_id=producer_id,
                    lines=len(of),
                    quantity_thousandths=sum(each.quantity_thousandths for each in of),
                    gross_cents=sum(each.gross_cents for each in of),
                )
            )
        return Manifest(
            orders=len(orders),
            lines=len(lines),
            quantity_thousandths=sum(each.quantity_thousandths for each in lines),
            gross_cents=sum(each.gross_cents for each in lines),
            digest=manifest_digest([(order.id, order.version) for order in orders]),
            producers=tuple(totals),
        )

    def closing(self, manifest: Manifest | None = None) -> CycleClosed:
        return CycleClosed(**self._cycle(), version=2, closed_at=CLOSES, manifest=manifest or self.manifest())

    def revising(self) -> CycleRevised:
        """The closing revised: it tells of the newest of every order. Each call is the next revision."""
        self.closings = max(self.closings, 1) + 1
        return CycleRevised(
            **self._cycle(),
            version=1 + self.closings,
            closed_at=CLOSES,
            revised_at=CLOSES + timedelta(hours=self.closings),
            revision=self.closings,
            because=Bilingual(fr="Le producteur ne peut pas tout apporter.", en="The producer cannot bring it all."),
            manifest=self.manifest(),
        )

    def events(self) -> list[Event]:
        """Everything ordering said, in its order."""
        return [self.opening(), *(one for said in self.said.values() for one in said), self.closing()]

    def _next(self, household: str) -> list[OrderPlaced | OrderAllocated | OrderWithdrawn]:
        return self.said.setdefault(household, [])

    def _moment(self, household: str) -> datetime:
        return CLOSES - timedelta(days=2) + timedelta(minutes=len(self.said) * 10 + len(self.said[household]))

    def _cycle(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": "Semaine 48",
            "opens_at": CLOSES - timedelta(days=5),
            "closes_at": CLOSES,
            "delivers_on": DELIVERS,
            "pickups": self.pickups,
        }

    def _order(self, household: str, group: CyclePickup) -> dict[str, str]:
        return {
            "id": f"{self.id}-{household}",
            "cycle_id": self.id,
            "cycle_name": "Semaine 48",
            "household_id": household,
            "household_name": f"Foyer {household.title()}",
            "group_id": group.group_id,
            "group_name": group.group_name,
        }


def usual_week(cycle_id: str = "cycle-1") -> Week:
    """Five households of three groups, one of which changed its order and one withdrew it."""
    week = Week(cycle_id)
    week.order("vidal", LIMOUX, line(PELARDON, 3000), line(TOMME, 735), line(ORANGES, 2000))
    week.order("éboué", QUILLAN, line(PELARDON, 2000), line(GLACE, 1000), line(HUILE, 1500))
    week.order("abadie", QUILLAN, line(FAISSELLE, 4000), line(OEUFS, 2000))
    week.order("abadie", QUILLAN, line(FAISSELLE, 2000), line(OEUFS, 1000), line(TOMME, 400))
    week.order("roux", SIGEAN, line(PELARDON, 1000))
    week.withdraw("roux", SIGEAN)
    week.order("zaragoza", SIGEAN, line(ORANGES, 3000), line(GLACE, 2000))
    return week
