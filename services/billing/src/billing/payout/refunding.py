"""What a payout sent to a household, a volunteer or a supplier, in the books: the same entries as of what is paid by
hand."""

from datetime import date
from zoneinfo import ZoneInfo

from billing.expense import desk
from billing.payment import caution, wallet
from billing.payment.life import Kind
from billing.payout.register import Payout, Transfer, What
from billing.purchase import booking
from chassis.database import Writer
from chassis.identity import Person


async def book(writer: Writer, one: Payout, each: Transfer, day: date, by: Person, zone: ZoneInfo) -> None:
    """The bank has sent it on `day`. Its id is also that of what was paid back."""
    event, words = f"payout:{one.id}", each.end_to_end_id
    if each.what is What.WALLET:
        back = wallet.Out(each.of, Kind.TRANSFER, each.cents, day, words)
        await wallet.paid_back(writer, each.id, back, event, by, zone)
    elif each.what is What.CAUTION:
        out = caution.Out(each.of, caution.What.REFUNDED, each.cents, day, Kind.TRANSFER, words)
        await caution.given_out(writer, each.id, out, event, by, zone)
    elif each.what is What.SUPPLIER:
        await booking.paid_by_payout(writer, each.of, each.id, day, event, by)
    else:
        await desk.paid_by_payout(writer, each.of, each.id, day, event, by)


async def take_back(writer: Writer, each: Transfer, day: date, by: Person, reason: str) -> None:
    """The bank gave it back on `day`: it lies in the wallet again, is held as a caution, or is to be paid."""
    event = f"payout:{each.payout_id}"
    if each.what is What.WALLET:
        await wallet.APART.taken_back(writer, each.id, day, event, by, reason)
    elif each.what is What.CAUTION:
        await caution.APART.taken_back(writer, each.id, day, event, by, reason)
    elif each.what is What.SUPPLIER:
        await booking.came_back(writer, each.of, each.id, day, event, by)
    else:
        await desk.came_back(writer, each.of, each.id, day, event, by, reason)
