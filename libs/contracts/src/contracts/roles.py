"""Who people are to the hub."""

from enum import StrEnum


class Role(StrEnum):
    """Roles a person can hold; most are held for one group, household or producer (see `chassis.identity.Grant`)."""

    COORDINATOR = "coordinator"
    BOOKKEEPER = "bookkeeper"
    REFERENT = "referent"
    MEMBER = "member"
    PRODUCER = "producer"
    DRIVER = "driver"
    OPERATOR = "operator"
