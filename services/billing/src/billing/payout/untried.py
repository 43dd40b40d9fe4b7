"""Accounts in a payout that never got money from the hub: there a fraud would be."""

from billing.payout.account import Kept, accounts_of
from billing.payout.register import Payout, paid_before
from chassis.database import Reader


async def untried(reader: Reader, one: Payout) -> dict[str, Kept]:
    """Who noted them, when and why, by producer."""
    known = await paid_before(reader, [each.account.iban for each in one.transfers])
    new = {
        each.producer_id: each.account_number
        for each in one.transfers
        if (each.producer_id, each.account.iban) not in known
    }
    kept = await accounts_of(reader, new.keys())
    return {
        producer_id: next(each for each in kept[producer_id] if each.number == number)
        for producer_id, number in new.items()
    }
