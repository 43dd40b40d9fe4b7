"""Which request or event the code now running serves: ids that go from the browser to the last consumer."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Trace:
    """`correlation_id`: the request that began it all; `causation_id`: the request or event just before; `together`:
    where many events are taken in at once the id of each, in their order."""

    correlation_id: str = ""
    causation_id: str = ""
    together: tuple[str, ...] = ()


_current: ContextVar[Trace] = ContextVar("trace", default=Trace())  # noqa: B039 frozen, so it cannot be shared by mistake


def current() -> Trace:
    return _current.get()


@contextmanager
def tracing(correlation_id: str, causation_id: str, together: tuple[str, ...] = ()) -> Iterator[Trace]:
    token = _current.set(Trace(correlation_id, causation_id, together))
    try:
        yield current()
    finally:
        _current.reset(token)
