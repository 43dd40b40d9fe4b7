"""What is paid in cash where the law rounds it. Nothing here does I/O.

Belgium: the total that a consumer pays in cash is rounded to the nearest 5 cents, above 5 cents (Code de droit
économique art. VI.7/1, since 1 December 2019); who pays it has paid in full. What counts is who is paid: the country of
the producer, or the hub's own. Cheques, transfers and debits are to the cent.
"""

STEPS = {"BE": 5}
"""Cents to which cash is rounded, by ISO 3166 code of the payee's country; elsewhere it is to the cent."""


def in_cash(cents: int, country: str) -> int:
    """What is taken in cash for a sum above zero."""
    step = STEPS.get(country, 1)
    # An odd step has no middle: each sum has one nearest.
    return cents if cents <= step else (cents + step // 2) // step * step


def settled(typed_cents: int, left_cents: int, country: str) -> tuple[int, int]:
    """What of a debt a sum typed as cash pays, and by how much what was taken is more: below zero where it is less.
    Who types what is left is taken what it is rounded to; who types that has paid all that is left."""
    if typed_cents == in_cash(left_cents, country):
        return left_cents, typed_cents - left_cents
    return typed_cents, in_cash(typed_cents, country) - typed_cents
