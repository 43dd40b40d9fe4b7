"""Whose baskets a person may see and fill: their own household's, a group's as its referent, all as coordinator."""

from sqlalchemy import RowMapping

from chassis.database import Reader
from chassis.identity import Person
from chassis.web import NotFound
from contracts import Role
from ordering import cycle, household
from ordering.cycle import Cycle, State

DECIDERS = (Role.COORDINATOR, Role.REFERENT)
ORDERERS = (Role.MEMBER, Role.REFERENT, Role.COORDINATOR)


def in_reach(person: Person, household_id: str, group_id: str) -> bool:
    return (
        person.has(Role.COORDINATOR)
        or household_id in person.household_ids
        or group_id in person.group_ids(Role.REFERENT)
    )


async def household_in_reach(reader: Reader, person: Person, household_id: str) -> RowMapping:
    """Raises NotFound for one that is not there, and for one that is not theirs: both look alike."""
    row = await household.find(reader, household_id)
    if row is None or not in_reach(person, household_id, row["group_id"]):
        raise NotFound
    return row


def groups_in_reach(person: Person, of: Cycle) -> frozenset[str]:
    """The groups of the cycle whose orders the person looks after."""
    return of.group_ids if person.has(Role.COORDINATOR) else of.group_ids & person.group_ids(Role.REFERENT)


async def cycle_in_reach(reader: Reader, person: Person, cycle_id: str) -> Cycle:
    """A cycle as those who run it see it. A referent sees those of their group that members know of. NotFound else."""
    held = await cycle.by_id(reader, cycle_id)
    if held is None or not (person.has(Role.COORDINATOR) or groups_in_reach(person, held)):
        raise NotFound
    if held.state is State.DRAFT and not person.has(Role.COORDINATOR):
        raise NotFound
    return held


def goods_in_reach(person: Person) -> frozenset[str] | None:
    """The producers about whose goods a person decides: as their referent; None: of all, as coordinator."""
    if person.has(Role.COORDINATOR):
        return None
    return frozenset(one.producer_id for one in person.grants if one.role is Role.REFERENT and one.producer_id)


def basket_url(person: Person, cycle_id: str, household_id: str) -> str:
    """Where the basket of a household is filled: members find it in the shop, others under the cycle."""
    if household_id in person.household_ids:
        return f"/ordering/shop/{cycle_id}/{household_id}"
    return f"/ordering/cycles/{cycle_id}/orders/{household_id}"
