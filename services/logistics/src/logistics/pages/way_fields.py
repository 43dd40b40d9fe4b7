"""What is typed to correct a way."""

from dataclasses import dataclass
from decimal import Decimal

from coldchain.road import Way
from logistics.road.engine import FASTEST_KMH
from ui.decimals import typed as number
from ui.forms import Form
from ui.i18n import Translate
from ui.i18n import marked as _

FARTHEST_KM = 1_000
LONGEST_MINUTES = 24 * 60


@dataclass(frozen=True)
class Typed:
    """`way` None: the last correction is taken back. `seen`: the number of the last one when the page was opened."""

    id: str
    seen: int
    way: Way | None
    why: str
    both_ways: bool


def read_correction(form: Form, t: Translate, by_crow: float) -> Typed | None:
    """None: `form.errors` says why. `by_crow`: metres as the crow flies."""
    form_id, seen = form.text("id", required=True, max_length=60), form.integer("seen", required=True, minimum=0)
    why = form.text("why", required=True)
    way = None
    if not form.boolean("take_back"):
        km = form.decimal("km", places=1, required=True, maximum=Decimal(FARTHEST_KM))
        minutes = form.integer("minutes", required=True, minimum=1, maximum=LONGEST_MINUTES)
        if km is not None and minutes is not None:
            way = Way(int(km * 1000), minutes * 60)
            # A tenth of a kilometre is what can be typed.
            if way.metres + 100 < by_crow:
                form.error(
                    "km", t(_("No road is shorter than as the crow flies: %(km)s km.")) % {"km": _km(by_crow, t)}
                )
            elif way.metres * 60 > FASTEST_KMH * 1000 * minutes:
                form.error("minutes", t(_("Nobody drives so far in so short a time.")))
    if not form.ok or seen is None:
        return None
    return Typed(form_id, seen, way, why, form.boolean("both_ways"))


def _km(metres: float, t: Translate) -> str:
    return number(round(metres / 100), 1, t.language)
