"""One line of the doctor's report."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """warn: it works, and somebody should look; fail: orders or people's trust are at risk."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """`about`: what was looked at; `sentence`: how it is; `advice`: what to do, "" when nothing."""

    about: str
    state: State
    sentence: str
    advice: str = ""


def ok(about: str, sentence: str) -> Finding:
    return Finding(about, State.OK, sentence)


def warn(about: str, sentence: str, advice: str) -> Finding:
    return Finding(about, State.WARN, sentence, advice)


def fail(about: str, sentence: str, advice: str) -> Finding:
    return Finding(about, State.FAIL, sentence, advice)
