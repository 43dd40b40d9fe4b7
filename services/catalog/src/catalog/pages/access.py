"""Who may see and change what in the catalogue. What is not somebody's to see does not exist for them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.author import Author
from catalog.sentence import Fault
from chassis.identity import Person
from chassis.web import NotFound
from contracts import Role
from ui.forms import Form, Translate

READERS = (
    Role.COORDINATOR,
    Role.BOOKKEEPER,
    Role.REFERENT,
    Role.MEMBER,
    Role.PRODUCER,
    Role.OPERATOR,
)
"""Who looks at producers and products; a producer sees its own only."""
SELLERS = (Role.COORDINATOR, Role.PRODUCER)
"""Who writes; a producer its own only."""

_ID = re.compile(r"[0-9a-zA-Z-]{1,36}")


@dataclass(frozen=True)
class Access:
    person: Person

    @property
    def coordinates(self) -> bool:
        return self.person.has(Role.COORDINATOR)

    @property
    def only(self) -> frozenset[str] | None:
        """The producers that exist for this person; None: all."""
        everything = self.person.has(*(role for role in READERS if role is not Role.PRODUCER))
        return None if everything else self.person.producer_ids

    def check_sees(self, producer_id: str) -> None:
        """Raises NotFound."""
        if self.only is not None and producer_id not in self.only:
            raise NotFound

    def edits(self, producer_id: str) -> bool:
        return self.coordinates or producer_id in self.person.producer_ids

    def check_edits(self, producer_id: str) -> None:
        """Raises NotFound."""
        if not self.edits(producer_id):
            raise NotFound

    def sees_contact(self, producer_id: str) -> bool:
        """Name, e-mail and telephone are not for members: a person's data goes to those who need it."""
        return self.edits(producer_id) or self.person.has(Role.REFERENT, Role.OPERATOR)

    @property
    def author(self) -> Author:
        return Author(self.person.id[:36], self.person.name[:120])


def given_id(typed: Mapping[str, Any]) -> str:
    """The id that a form was given for what it makes, so that sending it twice makes one. Raises NotFound."""
    value = typed.get("id", "")
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise NotFound
    return value


def show_faults(form: Form, faults: list[Fault], translate: Translate) -> None:
    """Put what a rule found beside the field it is about."""
    for fault in faults:
        form.error(fault.field, translate(fault.sentence.text) % fault.sentence.values)
