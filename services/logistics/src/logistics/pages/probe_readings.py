"""What probes send: a batch of readings as JSON, with the probe's key. Every answer is JSON that says what was taken,
or what is wrong and where; a batch is taken whole or not at all."""

import json
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from chassis.identity import Person, Serves
from chassis.service import Service
from logistics.cold import plausible
from logistics.cold.probe import LISTEN, ProbeSheet, opened_by, series
from logistics.cold.reading import Measured, Source
from logistics.cold.recording import Contradiction, record
from logistics.network.kept import Kept
from ui import Pages

router = APIRouter()

URL = "/logistics/probes"
MOST_BYTES = 64 * 1024
MOST_READINGS = 500
MOST_BATCHES = 30
"""Of one probe within `WINDOW`, in this process."""
WINDOW = timedelta(minutes=1)
OLDEST = timedelta(days=31)
"""What a probe kept while it had no network."""
EARLY = timedelta(minutes=5)


class ServesProbes(Serves):
    """Lets in who has the probe's key; a person's session counts for nothing here. No form can be forged: another
    site's page cannot send the header, and no cookie opens this."""

    def __init__(self) -> None:
        super().__init__(frozenset(), public=True)

    async def __call__(self, request: Request) -> Person | None:
        request.state.person = None
        return None


PROBE: Any = Depends(ServesProbes())


class Sent(BaseModel):
    """One reading. `celsius`: degrees; hundredths are rounded to tenths."""

    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime
    celsius: Annotated[Decimal, Field(ge=-1000, le=1000)]


class Batch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    readings: Annotated[list[Sent], Field(min_length=1, max_length=MOST_READINGS)]


class Pace:
    """How often each probe may ask."""

    def __init__(self) -> None:
        self._asked: dict[str, deque[datetime]] = {}

    def too_fast(self, probe_id: str, now: datetime) -> bool:
        asked = self._asked.setdefault(probe_id, deque())
        while asked and asked[0] <= now - WINDOW:
            asked.popleft()
        if len(asked) >= MOST_BATCHES:
            return True
        asked.append(now)
        return False


def wrong(status: int, said: str, **more: Any) -> Response:
    return JSONResponse({"error": said, **more}, status_code=status)


@router.post(URL + "/{probe_id}/readings")
async def take(request: Request, probe_id: str, person: Person | None = PROBE) -> Response:
    service = Service.of(request)
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret or len(secret) > 200 or len(probe_id) > 60:
        return wrong(403, "send the probe's key: Authorization: Bearer KEY")
    async with service.database.read() as reader:
        one = await opened_by(reader, probe_id, secret.strip())
    if one is None:
        return wrong(403, "unknown probe, or not its key")
    now = service.clock.now()
    if pace_of(request).too_fast(one.id, now):
        answer = wrong(429, f"at most {MOST_BATCHES} batches a minute: send several readings in one")
        answer.headers["retry-after"] = str(int(WINDOW.total_seconds()))
        return answer
    body = await _body(request)
    if body is None:
        return wrong(413, f"at most {MOST_BYTES} bytes and {MOST_READINGS} readings in one batch")
    read = _read(body, one, now)
    if isinstance(read, Response):
        return read
    try:
        async with service.database.write() as writer:
            done = await record(writer, read, Pages.of(request).zone)
            await writer.call_at(LISTEN, one.id, writer.now + one.sheet.patience)
    except Contradiction as error:
        return wrong(
            409,
            "this probe said another temperature of this moment before; nothing of this batch was taken",
            at=error.measured.at.isoformat(),
            held_tenths=error.said,
            sent_tenths=error.measured.temperature,
        )
    return JSONResponse({"taken": done.kept, "known": done.known, "beyond_limit": done.broke})


def pace_of(request: Request) -> Pace:
    state = request.app.state
    if not hasattr(state, "probe_pace"):
        state.probe_pace = Pace()
    pace: Pace = state.probe_pace
    return pace


async def _body(request: Request) -> bytes | None:
    """None where it is too long; no more of it is read than that takes."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return body


def _read(body: bytes, one: Kept[ProbeSheet], now: datetime) -> list[Measured] | Response:
    """The readings, or the answer that says what is wrong with which."""
    try:
        json.loads(body)
        batch = Batch.model_validate_json(body)
    except (ValueError, RecursionError) as error:
        if isinstance(error, ValidationError):
            return wrong(422, "nothing of this batch was taken", faults=_faults(error))
        return wrong(400, 'this is no JSON: send {"readings": [{"at": "2026-11-27T06:30:00Z", "celsius": 3.5}]}')
    faults = list(_impossible(batch.readings, now))
    if faults:
        return wrong(422, "nothing of this batch was taken", faults=faults)
    return [
        Measured(
            f"{one.id[:36]}-{int(sent.at.timestamp())}",
            sent.at.astimezone(UTC),
            one.sheet.measures,
            tenths(sent.celsius),
            Source.PROBE,
            series(one.id),
            one.sheet.name,
            instrument=one.sheet.name,
        )
        for sent in batch.readings
    ]


def tenths(celsius: Decimal) -> int:
    """The nearest; halves away from zero."""
    return int((celsius * 10).quantize(Decimal(1), ROUND_HALF_UP))


def _impossible(readings: Sequence[Sent], now: datetime) -> Iterator[dict[str, str]]:
    for number, sent in enumerate(readings):
        place = f"readings[{number}]"
        if not plausible.possible(tenths(sent.celsius)):
            said = f"{sent.celsius} °C: no food and no cold room has that; the probe is broken, or sends another unit"
            yield {"at": f"{place}.celsius", "error": said}
        if sent.at > now + EARLY:
            yield {"at": f"{place}.at", "error": "this moment is still to come: set the probe's clock"}
        if sent.at < now - OLDEST:
            yield {"at": f"{place}.at", "error": f"older than {OLDEST.days} days: set the probe's clock"}
        if sent.at.microsecond:
            yield {"at": f"{place}.at", "error": "whole seconds, please"}


def _faults(error: ValidationError) -> list[dict[str, str]]:
    told = error.errors(include_url=False, include_input=False)[:20]
    return [{"at": _path(one["loc"]), "error": str(one["msg"])} for one in told]


def _path(place: tuple[int | str, ...]) -> str:
    """`readings[3].celsius`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
