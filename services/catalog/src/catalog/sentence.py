"""What a rule has to tell a person, before it is known in which language: an English sentence and its values.

Rules know no pages; the page or the API translates with `text % values`. `_` also marks the sentence for the
translators.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sentence:
    """`text` is the English msgid, with %(name)s where a value goes."""

    text: str
    values: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values

    def plain(self) -> dict[str, Any]:
        """For storing as JSON."""
        return {"text": self.text, "values": self.values}

    @classmethod
    def from_plain(cls, stored: dict[str, Any]) -> "Sentence":
        return cls(stored["text"], stored["values"])


def _(text: str, /, **values: object) -> Sentence:
    return Sentence(text, {name: str(value) for name, value in values.items()})


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field of something a person gave."""

    field: str
    sentence: Sentence
