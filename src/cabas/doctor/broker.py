"""What the broker tells of itself: whether it syncs every message to disk, its clock, and who lags behind."""

from datetime import datetime
from typing import Any

import httpx

from cabas.data_folder import DataFolder
from cabas.doctor.finding import Finding, fail, ok, warn
from cabas.doctor.folder import compared

LAG = 1_000
"""More events than this not yet taken in by one service: it does not keep up."""
FULL = 0.8
"""A stream fuller than this part of its limit soon refuses."""


async def ask(folder: DataFolder) -> dict[str, Any] | None:
    """`/jsz` of the running broker with its configuration, streams and consumers; None when it does not answer."""
    url = folder.monitor_url()
    if url is None:
        return None
    try:
        async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
            answer = await client.get(f"{url}/jsz", params={"config": "true", "streams": "true", "consumers": "true"})
            told: dict[str, Any] = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return None
    # Another broker may have taken the port since this hub last ran.
    mine = told.get("config", {}).get("store_dir", "").startswith(str(folder.nats.resolve()))
    return told if mine else None


def sync(folder: DataFolder, told: dict[str, Any] | None) -> Finding:
    """A running broker is asked what it does; of a stopped one, the configuration it was last started with is read."""
    about, advice = "disk sync of the broker", "acknowledged events would die with the power: use the hub's own broker"
    if told is not None:
        always = told["config"].get("sync_always") is True
        return ok(about, "every message (asked the running broker)") if always else fail(about, "not always", advice)
    try:
        configured = (folder.nats / "nats.conf").read_text()
    except OSError:
        return warn(about, "never started yet", "start the hub: cabas up")
    always = "sync_interval: always" in (line.strip() for line in configured.splitlines())
    return ok(about, "every message (by its configuration)") if always else fail(about, "not always", advice)


def clock(told: dict[str, Any], now: datetime) -> Finding:
    # Go writes nanoseconds, which Python does not read.
    text = told["now"].rstrip("Z")[:26]
    return compared("clock of the broker", datetime.fromisoformat(text + "+00:00"), now)


def lag(told: dict[str, Any]) -> list[Finding]:
    """One finding per consumer that is behind; one in all when none is."""
    behind = []
    consumers = 0
    for account in told.get("account_details", []):
        for stream in account.get("stream_detail") or []:
            for consumer in stream.get("consumer_detail") or []:
                consumers += 1
                waiting = consumer.get("num_pending", 0) + consumer.get("num_ack_pending", 0)
                if waiting > LAG:
                    about = f"lag of {consumer['name']}"
                    behind.append(
                        warn(about, f"{waiting} events not yet taken in", "see the log; wait, or restart the hub")
                    )
    return behind or [ok("lag", f"{consumers} consumers keep up")]


def room(told: dict[str, Any]) -> list[Finding]:
    """Streams that are nearly full: they refuse rather than forget."""
    found = []
    for account in told.get("account_details", []):
        for stream in account.get("stream_detail") or []:
            limit = (stream.get("config") or {}).get("max_bytes") or 0
            used = stream["state"]["bytes"]
            if limit > 0 and used > FULL * limit:
                sentence = f"{used * 100 // limit} % full"
                found.append(fail(f"stream {stream['name']}", sentence, "raise CABAS_STREAM_MAX_BYTES and restart"))
    return found
