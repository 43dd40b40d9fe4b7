"""Two sentences for each rule: how it is broken, and what would mend it. The rules' values go into them."""


def marked(sentence: str) -> str:
    """Marks a sentence for translation where it is written."""
    return sentence


UNKNOWN_SITE = marked("Its farm or its pickup point is not among the sites of the day.")
NO_COMMON_TEMPERATURE = marked("Its goods bear no temperature together.")
EGGS_TOO_FAR = marked("Eggs without a packing centre are not sold that far from the farm.")
OVER_THE_CAP = marked("It is more than the weekly cap of the dispensation.")
NOBODY_DRIVES = marked("Who must bring it does not drive on this day.")
NO_ROOM_AT_THE_PLACE = marked("The pickup point has no room left.")
NOT_FROM_THE_FARM = marked("No carrier can fetch it from the farm in time, with room for it and cold enough.")
NOT_FROM_THE_DOCK = marked("No carrier can bring it from the dock in time, with room for it and cold enough.")
ONLY_IN_BOXES = marked(
    "The pickup point has no room that keeps it until households have it, and no cool box was found that does."
)
BREAKS_A_RULE = marked("Each way that was found breaks a hard rule.")
WHY = frozenset({
    UNKNOWN_SITE, NO_COMMON_TEMPERATURE, EGGS_TOO_FAR, OVER_THE_CAP, NOBODY_DRIVES, NO_ROOM_AT_THE_PLACE,
    NOT_FROM_THE_FARM, NOT_FROM_THE_DOCK, ONLY_IN_BOXES, BREAKS_A_RULE,
})  # fmt: skip
"""Why a planner leaves goods behind."""

SENTENCES: dict[str, tuple[str, str]] = {
    # Goods
    "loaded-elsewhere": (
        marked("%(lines)s: %(carrier)s loads it at %(site)s, where it does not stand."),
        marked("Load it where it stands then, or bring it there earlier."),
    ),
    "loaded-again": (
        marked("%(lines)s: %(carrier)s takes it away from %(site)s, though it has arrived."),
        marked("Take this loading out."),
    ),
    "not-aboard": (
        marked("%(lines)s: %(carrier)s is to unload it at %(site)s, but does not carry it."),
        marked("Load it on this round before, or take this unloading out."),
    ),
    "left-behind": (
        marked("%(lines)s: nobody fetches it at %(origin)s for %(site)s. %(why)s"),
        marked("Give it to a carrier, or tell producer and households that it does not come."),
    ),
    "not-delivered": (
        marked("%(lines)s: it leaves %(origin)s and does not arrive at %(site)s."),
        marked("Unload it at %(site)s, at the end of one of the rounds."),
    ),
    "not-ready": (
        marked("%(lines)s: it is loaded at %(site)s at %(at)s, but is ready only at %(limit_at)s."),
        marked("Come later, or agree on an earlier hour with the producer."),
    ),
    "after-hand-over-opens": (
        marked("%(lines)s: it arrives at %(site)s at %(at)s; households collect from %(limit_at)s on."),
        marked("Start earlier, visit %(site)s earlier on the round, or give it to another carrier."),
    ),
    # Time
    "time-backwards": (
        marked("%(carrier)s: at %(site)s the times run backwards, from %(at)s to %(limit_at)s."),
        marked("Correct the hours of the stops."),
    ),
    "too-fast": (
        marked("%(carrier)s: %(minutes)s min from %(origin)s to %(site)s; the way takes %(limit_minutes)s min."),
        marked("Leave earlier, arrive later, or give the hub the measured time of this way."),
    ),
    "handling-too-short": (
        marked("%(carrier)s: %(minutes)s min at %(site)s; loading and unloading take %(limit_minutes)s min."),
        marked("Stay longer, or say at the place that handling takes less."),
    ),
    "place-closed": (
        marked("%(carrier)s is at %(site)s from %(at)s to %(until)s, when the place is not open."),
        marked("Come while it is open, or agree on other hours."),
    ),
    "outside-hours": (
        marked("%(carrier)s is on the way from %(at)s to %(until)s, but drives from %(limit_at)s to %(limit_until)s."),
        marked("Shorten the round, give some of it to another carrier, or agree on other hours."),
    ),
    "driving-too-long": (
        marked("%(carrier)s would be at the wheel for %(minutes)s min; %(limit_minutes)s min are agreed."),
        marked("Shorten the rounds, or give some stops to another carrier."),
    ),
    # Vehicles and carriers
    "vehicle-twice": (
        marked("%(what)s is to leave at %(at)s, while its round before ends at %(limit_at)s."),
        marked("Start the second round later, or with another vehicle."),
    ),
    "vehicle-elsewhere": (
        marked("%(what)s is to start at %(site)s, but stands at %(origin)s."),
        marked("Begin the round where the vehicle is, or end the round before there."),
    ),
    "carrier-twice": (
        marked("%(what)s is to leave at %(at)s, while the round before ends at %(limit_at)s."),
        marked("Start the second round later, or give it to another carrier."),
    ),
    "carrier-elsewhere": (
        marked("%(what)s is to start at %(site)s, but is at %(origin)s."),
        marked("Begin the round where the carrier is, or end the round before there."),
    ),
    "not-their-vehicle": (
        marked("%(carrier)s does not drive %(vehicle)s."),
        marked("Take another vehicle, or say that the carrier may drive this one."),
    ),
    "wrong-start": (
        marked("%(carrier)s starts at %(site)s instead of %(origin)s."),
        marked("Begin the first round at %(origin)s."),
    ),
    "wrong-end": (
        marked("%(carrier)s ends at %(site)s instead of %(origin)s."),
        marked("End the last round at %(origin)s."),
    ),
    # Room
    "compartment-full": (
        marked("%(vehicle)s, %(room)s (%(carrier)s): %(volume)s; %(limit_volume)s fit."),
        marked("Take some of it in another compartment, on another round or in another vehicle."),
    ),
    "compartment-too-heavy": (
        marked("%(vehicle)s, %(room)s (%(carrier)s): %(weight)s; it bears %(limit_weight)s."),
        marked("Take some of it in another compartment, on another round or in another vehicle."),
    ),
    "vehicle-too-heavy": (
        marked("%(vehicle)s (%(carrier)s): %(weight)s; it may carry %(limit_weight)s."),
        marked("Take some of it on another round or in another vehicle."),
    ),
    "room-full": (
        marked("%(site)s, %(room)s: %(volume)s at %(at)s; %(limit_volume)s fit."),
        marked("Bring some of it later, fetch some of it earlier, or put it into another room."),
    ),
    "room-too-heavy": (
        marked("%(site)s, %(room)s: %(weight)s at %(at)s; it bears %(limit_weight)s."),
        marked("Bring some of it later, fetch some of it earlier, or put it into another room."),
    ),
    "floor-full": (
        marked("%(site)s: %(volume)s on the floor at %(at)s; %(limit_volume)s fit."),
        marked("Bring some of it later, fetch some of it earlier, or put it into a room."),
    ),
    # Boxes
    "box-elsewhere": (
        marked("%(lines)s: %(box)s is to be filled at %(site)s, but is not there."),
        marked("Take a box that stands there."),
    ),
    "box-taken": (
        marked("%(lines)s: %(box)s is to be filled at %(site)s, but other goods are in it."),
        marked("Take an empty box, or unpack this one before."),
    ),
    "box-parted": (
        marked("%(lines)s: at %(site)s a part of what is in %(box)s would go another way."),
        marked("Unpack all of it, move all of it in the same way, or fill two boxes."),
    ),
    "box-shared-otherwise": (
        marked("%(lines)s share %(box)s, but not all their boxes, compartment and stop."),
        marked("Fill a box for each."),
    ),
    "box-full": (
        marked("%(lines)s: %(volume)s in %(box)s; %(limit_volume)s fit."),
        marked("Take one more box, or a larger one."),
    ),
    # The cold
    "setting-impossible": (
        marked("%(place)s, %(where)s cannot be kept at %(temperature)s."),
        marked("Set it within what it can do."),
    ),
    "compartment-mixed": (
        marked(
            "%(place)s, %(where)s: %(line)s must be at %(temperature)s at most, %(other)s at %(limit_temperature)s at "
            "least."
        ),
        marked("Put one of the two into another compartment or into a cool box."),
    ),
    "wrong-temperature": (
        marked("%(lines)s: %(place)s, %(where)s is kept at %(temperature)s; the limit is %(limit_temperature)s."),
        marked("Set it otherwise, or put these goods into another compartment or a cool box."),
    ),
    "wrong-temperature-usage": (
        marked(
            "%(lines)s: %(place)s, %(where)s is kept at %(temperature)s; it should be %(limit_temperature)s by usage."
        ),
        marked("Set it otherwise, or put these goods into another compartment or a cool box."),
    ),
    "uncooled-too-long": (
        marked(
            "%(lines)s: %(minutes)s min without cooling, while it is up to %(temperature)s; %(limit_minutes)s min are "
            "borne (limit %(limit_temperature)s)."
        ),
        marked("Put it into a cool box, a cooled compartment or a cold room, or shorten the time outside."),
    ),
    "uncooled-too-long-usage": (
        marked(
            "%(lines)s: %(minutes)s min without cooling, while it is up to %(temperature)s; by usage %(limit_minutes)s "
            "min are borne (%(limit_temperature)s)."
        ),
        marked("Put it into a cool box or a cooled compartment, or shorten the time outside."),
    ),
    "box-held-too-short": (
        marked("%(lines)s: the box holds until %(held)s only (%(place)s)."),
        marked("Unpack it into a cold room before, fill the box later, or take a box that holds longer."),
    ),
    "box-of-wrong-temperature": (
        marked("%(lines)s: %(where)s is at %(temperature)s; the limit is %(limit_temperature)s."),
        marked("Take a box of another temperature."),
    ),
    "box-of-wrong-temperature-usage": (
        marked("%(lines)s: %(where)s is at %(temperature)s; it should be %(limit_temperature)s by usage."),
        marked("Take a box of another temperature."),
    ),
    "frozen-uncooled": (
        marked("%(lines)s: it is frozen and stands without cooling (%(place)s, from %(at)s)."),
        marked("Put it into a freezing compartment or into a box that freezes."),
    ),
    "hot-out-of-a-box": (
        marked("%(lines)s: it must stay at %(limit_temperature)s and is out of a hot box (%(place)s, from %(at)s)."),
        marked("Carry it in a hot box, and leave it closed until households collect."),
    ),
    "shellfish-on-ice": (
        marked("%(lines)s: live shellfish next to fresh fish on ice."),
        marked("Put one of the two into another box or compartment."),
    ),
    "frost-or-heat": (
        marked("%(lines)s: up to %(temperature)s (%(place)s); by usage %(limit_temperature)s."),
        marked("Put it into a room that is neither freezing nor hot, if these goods mind."),
    ),
    # Transport
    "uncertified-too-far": (
        marked(
            "%(lines)s: %(vehicle)s (%(carrier)s) goes %(metres)s from the place of loading without certificate for "
            "it; the limit is %(limit_metres)s."
        ),
        marked("Take a certified vehicle or certified boxes, or change vehicles nearer."),
    ),
    "uncertified-break-of-load": (
        marked(
            "%(lines)s: %(vehicle)s (%(carrier)s) takes it on at %(site)s after a break of load, without certificate "
            "for it."
        ),
        marked("Take a certified vehicle or certified boxes, or carry it directly."),
    ),
    "certificate-expired": (
        marked("%(vehicle)s: its certificate held until %(date)s; it counts as none for %(lines)s."),
        marked("Have the vehicle certified again, or take another one."),
    ),
    # Sale
    "eggs-resold": (
        marked("%(lines)s (%(site)s): eggs without packing centre cannot be resold."),
        marked("Give the code of the packing centre, or let the producer sell them in person."),
    ),
    "eggs-too-far": (
        marked(
            "%(lines)s: %(metres)s as the crow flies from %(origin)s to %(site)s; eggs without packing centre may go "
            "%(limit_metres)s."
        ),
        marked("Give the code of the packing centre, or sell them nearer."),
    ),
    "eggs-without-producer": (
        marked(
            "%(lines)s: eggs without packing centre must be handed over at %(site)s by their producer, present for the "
            "whole hand-over; here %(carrier)s brings them."
        ),
        marked("Let the producer bring them and stay, or give the code of the packing centre."),
    ),
    "minced-meat-under-dispensation": (
        marked("%(lines)s: minced meat is never under the dispensation from approval."),
        marked("Take it out of the delivery, or have it cut in an approved workshop."),
    ),
    "dispensation-not-declared": (
        marked("%(lines)s: this producer has declared no dispensation for “%(category)s”."),
        marked("Enter the declaration, or take the goods out of the delivery."),
    ),
    "dispensation-cap": (
        marked(
            "%(lines)s: %(quantity)s this week under “%(category)s” (of it %(used_quantity)s on other days); the cap "
            "is %(limit_quantity)s."
        ),
        marked("Carry less of it this week."),
    ),
    "dispensation-too-far": (
        marked(
            "%(lines)s: %(metres)s as the crow flies from %(origin)s to %(site)s; under dispensation it may go "
            "%(limit_metres)s."
        ),
        marked("Sell it nearer; in a constrained zone the hub can set the limit of that zone."),
    ),
    "organic-bulk-at-dock": (
        marked("%(lines)s: organic goods in bulk stand at %(site)s, which is not certified for them."),
        marked("Have them packed and closed at the farm, carry them directly, or have the dock certified."),
    ),
    # What people fixed
    "not-by-its-producer": (
        marked("%(lines)s: its producer delivers it in person; here %(carrier)s carries it."),
        marked("Give it to its producer, or ask whether it may be carried by another."),
    ),
    "pinned-otherwise": (
        marked("%(lines)s: it is pinned to %(other)s; here %(carrier)s brings it."),
        marked("Give it to %(other)s, or take the pin off."),
    ),
    "fixed-round-by-another": (
        marked("%(lines)s: %(site)s is on the fixed round of %(other)s; here %(carrier)s brings it."),
        marked("Give it to %(other)s, or pin it to %(carrier)s."),
    ),
    "fixed-round-in-another-order": (
        marked("%(carrier)s: the fixed round is %(sites)s, in this order."),
        marked("Put the stops in this order."),
    ),
}
