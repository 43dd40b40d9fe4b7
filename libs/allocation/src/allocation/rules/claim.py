"""One sharing: so much there is, these claim it. What every rule is given, and the draw that settles ties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple


class Claim(NamedTuple):
    """What one line may get at most, in whole steps; every claim of a sharing has the same step.

    `cost`: of one step, in any unit that all claims share. `first`: served before others by the solidarity rule.
    """

    line: str
    household: str
    most: int
    cost: int = 0
    arrival: int = 0
    first: bool = False


@dataclass(frozen=True, slots=True)
class Sharing:
    """`amount` steps, never more than is claimed, are shared out wholly.

    `goods` names what is shared, so that the luck of a household differs from one to the next. `borne`: household ->
    cost it already bears, in the unit of `Claim.cost`.
    """

    claims: Sequence[Claim]
    amount: int
    seed: str = ""
    goods: str = ""
    borne: Mapping[str, int] = field(default_factory=dict)

    def ticket(self, household: str) -> bytes:
        """The lot of a household: the lowest is served first. SHA-256 of seed, goods and household, one a line."""
        return sha256(f"{self.seed}\n{self.goods}\n{household}".encode()).digest()

    def drawn(self, claim: Claim) -> tuple[bytes, str]:
        """The order of the draw; lines of one household are in the order of their names."""
        return self.ticket(claim.household), claim.line


def in_turn(order: Sequence[int], sharing: Sharing) -> list[int]:
    """Everybody wholly, one after another, until nothing is left. `order`: positions of the claims."""
    given = [0] * len(sharing.claims)
    left = sharing.amount
    for index in order:
        given[index] = min(sharing.claims[index].most, left)
        left -= given[index]
        if not left:
            break
    return given
