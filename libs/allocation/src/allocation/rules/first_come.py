"""First come: lines are served wholly in the order of their arrival; those that came at once are drawn."""

from allocation.rules.claim import Sharing, in_turn


def share(sharing: Sharing) -> list[int]:
    claims = sharing.claims
    return in_turn(sorted(range(len(claims)), key=lambda i: (claims[i].arrival, sharing.drawn(claims[i]))), sharing)
