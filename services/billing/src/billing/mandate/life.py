"""What can become of a mandate contract, and of one version of its terms: two small machines, without a database.

    contract   preparing --signed by both--> signed --tacitly--> renewed --tacitly--> renewed …
                   |                           `------ notice -----> in_notice
                   `--dropped                 signed, renewed, in_notice ------> ended

    version    draft --propose--> proposed --signed by both--> signed
                                      |`--> refused   the producer says why
                                      `---> withdrawn the hub takes it back

What was once proposed is never written to again: whoever wants other words makes another version. A contract that is
signed stays so while its next version is a draft.
"""

from enum import StrEnum


class Life(StrEnum):
    """Of the contract."""

    PREPARING = "preparing"
    SIGNED = "signed"
    RENEWED = "renewed"
    IN_NOTICE = "in_notice"
    ENDED = "ended"
    DROPPED = "dropped"


class Turn(StrEnum):
    """What happens to a contract.

    SIGN needs a version that both have signed; RENEW that its term is over and renews tacitly; GIVE_NOTICE a last day
    that keeps the notice agreed; END that its last day is over, or a reason to end it at once; DROP that nothing of it
    was ever signed by both.
    """

    SIGN = "sign"
    RENEW = "renew"
    GIVE_NOTICE = "give_notice"
    END = "end"
    DROP = "drop"


TURNS: dict[tuple[Life, Turn], Life] = {
    (Life.PREPARING, Turn.SIGN): Life.SIGNED,
    (Life.PREPARING, Turn.DROP): Life.DROPPED,
    # Another version of a contract that runs.
    (Life.SIGNED, Turn.SIGN): Life.SIGNED,
    (Life.RENEWED, Turn.SIGN): Life.RENEWED,
    (Life.SIGNED, Turn.RENEW): Life.RENEWED,
    (Life.RENEWED, Turn.RENEW): Life.RENEWED,
    (Life.SIGNED, Turn.GIVE_NOTICE): Life.IN_NOTICE,
    (Life.RENEWED, Turn.GIVE_NOTICE): Life.IN_NOTICE,
    (Life.SIGNED, Turn.END): Life.ENDED,
    (Life.RENEWED, Turn.END): Life.ENDED,
    (Life.IN_NOTICE, Turn.END): Life.ENDED,
}
IN_FORCE = (Life.SIGNED, Life.RENEWED, Life.IN_NOTICE)
OPEN = (Life.PREPARING, *IN_FORCE)
"""Of these a producer has one at most."""


class Stage(StrEnum):
    """Of one version."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    SIGNED = "signed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What happens to a version.

    PROPOSE needs every clause (`clauses.faults`) and an address the link can go to; COMPLETE the signatures of both
    under the text that was proposed; REFUSE a reason; WITHDRAW nothing but that it is not signed by both yet.
    """

    PROPOSE = "propose"
    COMPLETE = "complete"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


STEPS: dict[tuple[Stage, Step], Stage] = {
    (Stage.DRAFT, Step.PROPOSE): Stage.PROPOSED,
    (Stage.PROPOSED, Step.COMPLETE): Stage.SIGNED,
    (Stage.PROPOSED, Step.REFUSE): Stage.REFUSED,
    (Stage.PROPOSED, Step.WITHDRAW): Stage.WITHDRAWN,
}


class OutOfTurn(Exception):
    """This cannot happen to a contract, or a version, that stands where this one stands: somebody was faster."""


def turned(life: Life, turn: Turn) -> Life:
    """Raises OutOfTurn."""
    if (life, turn) not in TURNS:
        raise OutOfTurn(f"{turn} a contract that is {life}")
    return TURNS[life, turn]


def stepped(stage: Stage, step: Step) -> Stage:
    """Raises OutOfTurn."""
    if (stage, step) not in STEPS:
        raise OutOfTurn(f"{step} a version that is {stage}")
    return STEPS[stage, step]
