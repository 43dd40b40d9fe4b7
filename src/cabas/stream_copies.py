"""Copies of the broker's streams, taken while it runs, and put back into an empty broker.

The broker itself makes the copy (`$JS.API.STREAM.SNAPSHOT`, ADR: nats-server's stream backup) and sends it in chunks
that are answered one by one. Consumers are left out: who handled what is in the inbox of each database, which is
copied after the streams. A restored consumer reads from the start; the inbox drops what was handled.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg

CHUNK_BYTES = 128 * 1024
SILENCE_SECONDS = 60.0
"""No chunk for so long: the copy failed."""


class NotCopied(Exception):
    """A stream could not be copied or put back. The message says which, and what the broker said."""


@dataclass(frozen=True)
class Copied:
    """What a copy holds: number of messages, and the last sequence."""

    stream: str
    messages: int
    last_sequence: int


async def save(client: Client, folder: Path) -> list[Copied]:
    """Copy every stream into `folder`: `<STREAM>.json` (configuration and state) and `<STREAM>.snapshot`.

    Raises NotCopied, NatsError, TimeoutError, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 nothing else runs meanwhile
    listed = await _asked(client, "$JS.API.STREAM.LIST", {})
    if listed["total"] > len(listed["streams"] or []):
        raise NotCopied(f"the broker has {listed['total']} streams and told {len(listed['streams'] or [])}")
    return [await _save(client, one["config"]["name"], folder) for one in listed["streams"] or []]


async def _save(client: Client, stream: str, folder: Path) -> Copied:
    inbox = client.new_inbox()
    chunks = await client.subscribe(inbox, pending_bytes_limit=-1, pending_msgs_limit=-1)
    try:
        request = {"deliver_subject": inbox, "no_consumers": True, "chunk_size": CHUNK_BYTES, "jsck": True}
        told = await _asked(client, f"$JS.API.STREAM.SNAPSHOT.{stream}", request)
        with (folder / f"{stream}.snapshot").open("wb") as file:
            while True:
                chunk: Msg = await chunks.next_msg(timeout=SILENCE_SECONDS)
                if not chunk.data:
                    break
                file.write(chunk.data)
                if chunk.reply:
                    await client.publish(chunk.reply)
        status = (chunk.headers or {}).get("Status", "204")
        if status != "204":
            raise NotCopied(f"{stream}: {status} {(chunk.headers or {}).get('Description', '')}")
    except TimeoutError as error:
        raise NotCopied(f"{stream}: the broker stopped in the middle") from error
    finally:
        await chunks.unsubscribe()
    (folder / f"{stream}.json").write_text(json.dumps({"config": told["config"], "state": told["state"]}))
    return Copied(stream, told["state"]["messages"], told["state"]["last_seq"])


async def restore(client: Client, folder: Path) -> list[Copied]:
    """Put every copied stream back; none of them may exist. Raises NotCopied, NatsError, TimeoutError, OSError."""
    copies = sorted(folder.glob("*.json"))  # noqa: ASYNC240 nothing else runs meanwhile
    return [await _restore(client, copy.stem, folder) for copy in copies]


async def _restore(client: Client, stream: str, folder: Path) -> Copied:
    told = await _asked(client, f"$JS.API.STREAM.RESTORE.{stream}", json.loads((folder / f"{stream}.json").read_text()))
    with (folder / f"{stream}.snapshot").open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            _read(stream, await client.request(told["deliver_subject"], chunk, timeout=SILENCE_SECONDS))
    done = _read(stream, await client.request(told["deliver_subject"], b"", timeout=SILENCE_SECONDS))
    return Copied(stream, done["state"]["messages"], done["state"]["last_seq"])


async def _asked(client: Client, subject: str, body: dict[str, Any]) -> dict[str, Any]:
    return _read(subject, await client.request(subject, json.dumps(body).encode(), timeout=SILENCE_SECONDS))


def _read(about: str, answer: Msg) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(answer.data) if answer.data else {}
    if "error" in said:
        raise NotCopied(f"{about}: {said['error'].get('description', 'refused')} ({said['error'].get('err_code', 0)})")
    return said
