"""By whose word a rule holds, as people can look it up (field.md 4.1 to 4.3)."""

from coldchain.sentences import marked

PHYSICS = marked("It cannot happen")
HOUSE = marked("What the hub agreed with its people")
CLASSES = marked("Orders of 21 December 2009 and 8 October 2013 (annexes), regulation 853/2004")
CLASSES_AND_USAGE = marked(
    "Orders of 21 December 2009 and 8 October 2013 (annexes), regulation 853/2004; how long it takes to become too "
    "warm: usage (La Ruche qui dit Oui)"
)
FROZEN_CLASSES = marked(
    "Orders of 21 December 2009 and 8 October 2013 (annexes), regulation 853/2004; 3 °C at the surface while loading "
    "and unloading"
)
HOT_DISHES = marked("Order of 21 December 2009: at least +63 °C")
USAGE = marked("Usage of the trade; no figure in law")
CERTIFICATE = marked(
    "Order of 1 July 2008, article 3, replaced by the order of 27 November 2020, articles 2 to 5: its wording is not "
    "verified; ATP: code rural R.231-44 to R.231-50"
)
EGGS = marked("Eggs without packing centre: regulation 589/2008; direct sale by the producer in person only")
DISPENSATION = marked("Order of 8 June 2006, annex III; regulation 853/2004, article 1(5)(b)")
ORGANIC = marked("Regulation 2018/848, article 34")
