"""What carrying a product takes, and what the law asks of who carries it.

The label's temperature: order of 8 October 2013, annex I, and regulation 853/2004 for meat and fish. Shell eggs need
the code of a packing centre unless their producer hands them over itself. Categories of the dispensation from approval:
order of 8 June 2006, annex III; minced meat is excluded.
"""

from catalog import nomenclature
from catalog.sentence import Fault, _
from coldchain import temperature as temperatures
from contracts import Carriage

COLDEST, WARMEST = -600, 1000
"""Tenths of a degree."""
MOST_MILLILITRES = 2_000_000
MOST_GRAMS = 2_000_000
MOST_CENTRE = 30
EGGS = "EGGS"
MINCED = "MINCED_MEAT"


def check(said: Carriage | None, temperature_class: str) -> list[Fault]:
    """What cannot be; the fields are named as in the form."""
    if said is None:
        return []
    return [*_check_label(said.label_max, temperature_class), *_check_law(said, temperature_class)]


def _check_label(label_max: int | None, temperature_class: str) -> list[Fault]:
    if label_max is None:
        return []
    if not COLDEST <= label_max <= WARMEST:
        return [Fault("label_max", _("A temperature is between -60 and 100 °C."))]
    known = temperatures.temperature_class(temperature_class)
    if known.max_c is not None and not known.label_prevails and label_max > known.max_c * 10:
        most = known.max_c
        return [Fault("label_max", _("The law allows %(most)s °C at most: no label can allow more.", most=most))]
    return []


def _check_law(said: Carriage, temperature_class: str) -> list[Fault]:
    faults = []
    if said.volume is not None and not 0 < said.volume <= MOST_MILLILITRES:
        faults.append(Fault("volume", _("The volume is a number above zero, at most %(most)s.", most=2000)))
    if said.weight is not None and not 0 < said.weight <= MOST_GRAMS:
        faults.append(Fault("weight", _("The weight is a number above zero, at most %(most)s.", most=2000)))
    if said.packing_centre and temperature_class != EGGS:
        faults.append(Fault("packing_centre", _("Only hen eggs in shell have a packing centre.")))
    if len(said.packing_centre) > MOST_CENTRE:
        faults.append(Fault("packing_centre", _("Too long: at most %(most)s characters.", most=MOST_CENTRE)))
    if said.dispensation and said.dispensation not in nomenclature.dispensations():
        faults.append(Fault("dispensation", _("Choose one of the list.")))
    elif said.dispensation and temperature_class == MINCED:
        faults.append(Fault("dispensation", _("Minced meat is never sold under the dispensation.")))
    return faults


def or_none(said: Carriage) -> Carriage | None:
    """None where nothing is said at all."""
    return None if said == Carriage() else said


def repacked(said: Carriage | None) -> Carriage | None:
    """What still holds of it when the order unit becomes another one."""
    return or_none(said.model_copy(update={"volume": None, "weight": None})) if said else None
