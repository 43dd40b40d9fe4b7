"""Words of transfers between households, and who may see a group's."""

from collections.abc import Mapping
from typing import Any

from billing.between.life import Move, Stage
from chassis.identity import Person, serves
from chassis.web import NotFound
from contracts import Role
from ui.i18n import marked as _

URL = "/billing/between"
MINE = URL + "/mine"
STAFF = (Role.COORDINATOR, Role.BOOKKEEPER)
KEEPS: Any = serves(*STAFF, Role.REFERENT)
READS: Any = serves(*STAFF, Role.REFERENT, Role.OPERATOR)

STAGES: Mapping[str, str] = {
    Stage.PROPOSED.value: _("To be paid"),
    Stage.PAID.value: _("Paid, says the payer"),
    Stage.RECEIVED.value: _("Received"),
    Stage.CALLED_OFF.value: _("Called off"),
}
BADGES = {Stage.PROPOSED: "waiting", Stage.PAID: "open", Stage.RECEIVED: "done", Stage.CALLED_OFF: "withdrawn"}
BUTTONS = {
    Move.SAY_PAID: _("It is paid"),
    Move.CONFIRM: _("It was received"),
    Move.NOT_HERE: _("It was not received"),
    Move.TAKE_BACK: _("Undo: it was not received"),
}
MY_BUTTONS = {
    Move.SAY_PAID: _("I have paid"),
    Move.CONFIRM: _("I have received it"),
    Move.NOT_HERE: _("I have not received it"),
}
NOT_PAID = _("I have not paid")
"""Of the payer who said it by mistake."""


def group_url(group_id: str) -> str:
    return f"{URL}/groups/{group_id}"


def sees(person: Person, group_id: str) -> bool:
    return person.has(*STAFF, Role.OPERATOR) or group_id in person.group_ids(Role.REFERENT)


def keeps(person: Person, group_id: str) -> bool:
    """Whether the person keeps the money of the group: who keeps the books, and the group's referent."""
    return person.has(*STAFF) or group_id in person.group_ids(Role.REFERENT)


def check_keeps(person: Person, group_id: str) -> None:
    """Raises NotFound: a group of others is not there."""
    if not keeps(person, group_id):
        raise NotFound
