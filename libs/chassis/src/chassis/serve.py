"""Running one service as a process of its own: what `python -m <service>` does."""

import asyncio
import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

from chassis import crash, logs
from chassis.settings import Settings

S = TypeVar("S", bound=Settings)


def read_settings(kind: type[S], **given: Any) -> S:
    """Settings from the environment, and from the files of `CABAS_SECRETS_DIR` where it is set; `given` wins over
    both. Raises pydantic's ValidationError."""
    folder = os.environ.get("CABAS_SECRETS_DIR")
    return kind(_secrets_dir=Path(folder) if folder else None, **given)


def what_is_wrong(error: ValidationError) -> str:
    """The settings that cannot be, by the names people set them with. Not their values: some are secret."""
    return "\n".join(f"CABAS_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors())


class _Server(uvicorn.Server):
    """Ends what streams to browsers before it waits for them: otherwise every one costs the whole grace period."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_stop()
        super().handle_exit(sig, frame)


def server_for(
    app: Callable[..., object], settings: Settings, on_stop: Callable[[], object] = lambda: None
) -> uvicorn.Server:
    """A uvicorn server that ends within the grace period; `on_stop` is called first when it is asked to."""
    return _Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            proxy_headers=True,
            server_header=False,
            date_header=True,
            # Longer than any client or front server keeps a connection: whoever closes first must not be us, or a
            # request sent at that moment is lost.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=int(settings.graceful_timeout),
        ),
        on_stop,
    )


def rare_collections() -> None:
    """Keep the garbage collector from looking again and again at what lives: call it when start-up is over.

    What start-up made lives for ever, so it is taken out of its rounds (a third more requests, measured). Rows and
    events of a batch live until its commit: at its default of 700 new objects a collection meets them many times.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def main(create_app: Callable[[S], FastAPI], kind: type[S]) -> None:
    try:
        settings = read_settings(kind)
        logs.configure(settings.log_level)
        app = create_app(settings)
    except ValidationError as error:
        sys.exit(what_is_wrong(error))
    except crash.Misspelt as error:
        sys.exit(str(error))

    async def run() -> None:
        rare_collections()
        await server_for(app, settings, app.state.service.stopping.set).serve()

    asyncio.run(run())
