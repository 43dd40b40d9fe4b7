"""Accounts in a payout that never got money from the hub: there a fraud would be."""

from billing.payout.account import Kept, accounts_of, accounts_of_payees
from billing.payout.register import Payout, paid_before
from chassis.database import Reader


async def untried(reader: Reader, one: Payout) -> dict[str, Kept]:
    """Who noted them, when and why, by owner."""
    known = await paid_before(reader, [each.account.iban for each in one.transfers])
    new = {each.owner: each for each in one.transfers if (each.owner, each.account.iban) not in known}
    kept = await accounts_of(reader, [each for each, to in new.items() if not to.payee])
    kept |= await accounts_of_payees(reader, [each for each, to in new.items() if to.payee])
    return {owner: next(each for each in kept[owner] if each.number == to.account_number) for owner, to in new.items()}
