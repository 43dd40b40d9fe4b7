"""`cabas demo --url`: a hub that runs already, somewhere else. What the demo does there stays there."""

import argparse
import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from cabas.operator_token import token_by
from chassis.clock import Clock

PATIENCE_SECONDS = 120.0
TOKEN_MINUTES = 60


class NotUsable(Exception):
    """The hub cannot be used with what was given. The message says why."""


@dataclass(frozen=True)
class RemoteHub:
    """`trust`: the certificates to believe, None for the machine's own."""

    url: str
    token: Callable[[], str]
    trust: ssl.SSLContext | None

    async def answer(self) -> None:
        """Returns when the hub is ready. Raises NotUsable."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        async with httpx.AsyncClient(base_url=self.url, verify=self.trust or True, trust_env=False) as client:
            while True:
                try:
                    answer = await client.get("/health/ready")
                    if answer.status_code == 200:
                        return
                    said = f"{answer.status_code} {answer.text[:200]}"
                except httpx.TransportError as error:
                    said = str(error) or repr(error)
                    if "CERTIFICATE_VERIFY_FAILED" in said:
                        raise NotUsable(
                            f"{self.url} shows a certificate this machine does not trust. "
                            "Name the one that signed it: --ca FILE"
                        ) from error
                if loop.time() > deadline:
                    raise NotUsable(f"{self.url} is not ready: {said}")
                await asyncio.sleep(1)


def add(parser: argparse.ArgumentParser) -> None:
    remote = parser.add_argument_group("a hub that runs already")
    remote.add_argument("--url", help="its address; the week's producers, households and orders stay in it")
    remote.add_argument("--leave-data", action="store_true", help="say that this is meant; needed with --url")
    remote.add_argument("--key", type=Path, metavar="FILE", help="its token.pem: signs the demo's token")
    remote.add_argument("--token-file", type=Path, metavar="FILE", help="a token instead; read before every call")
    remote.add_argument("--ca", type=Path, metavar="FILE", help="certificate that signed the hub's own (PEM)")


def of(arguments: argparse.Namespace, clock: Clock) -> RemoteHub:
    """The hub that the arguments name. Raises NotUsable."""
    if urlsplit(arguments.url).scheme not in ("http", "https") or not urlsplit(arguments.url).hostname:
        raise NotUsable(f"{arguments.url} is no address such as https://hub.example.org")
    if arguments.data or arguments.port or arguments.keep or arguments.weeks:
        raise NotUsable("--data, --port, --keep and --weeks are for a hub of the demo's own, not for --url")
    if not arguments.leave_data:
        raise NotUsable(
            f"The demo's producers, households and orders would stay in the hub at {arguments.url}: nothing takes them "
            "away again. Say --leave-data if that is meant"
        )
    if (arguments.key is None) == (arguments.token_file is None):
        raise NotUsable("Say who asks: --key FILE (the hub's token.pem) or --token-file FILE")

    def token() -> str:
        if arguments.key is not None:
            return token_by(arguments.key, "demo", clock.now(), TOKEN_MINUTES)
        return str(arguments.token_file.read_text(encoding="ascii").strip())

    try:
        token()
        trust = ssl.create_default_context(cafile=arguments.ca) if arguments.ca else None
    except ssl.SSLError as error:
        raise NotUsable(f"{arguments.ca} is no certificate in PEM") from error
    except OSError as error:
        raise NotUsable(f"{error.filename or arguments.ca}: {error.strerror}") from error
    except ValueError as error:
        raise NotUsable(f"{arguments.key or arguments.token_file} cannot be used: {error}") from error
    return RemoteHub(arguments.url.rstrip("/"), token, trust)
