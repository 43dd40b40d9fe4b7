from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """`rule`: the promise that was broken, by its name; `what`: a sentence with the ids."""

    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.what}"
