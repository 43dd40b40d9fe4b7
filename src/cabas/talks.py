"""What every service says and hears, as its tables have it."""

import importlib
import importlib.util
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cabas.parts import NAMES, Part
from chassis.identity import new_key_pair
from chassis.listening import Listening, Together
from chassis.service import Service
from contracts import Event


@dataclass(frozen=True)
class Talk:
    """What one service says and hears."""

    service: str
    announces: tuple[type[Event], ...]
    listening: Listening | None

    def hears(self, event: type[Event]) -> str | None:
        """The name of the function that takes the event in; None where the service does not."""
        handler = self.listening.handlers.get(event) if self.listening else None
        if isinstance(handler, Together):
            handler = handler.take
        # A handler may be a method or a function made by another one: its own name is what people look for.
        return None if handler is None else getattr(handler, "__name__", type(handler).__name__)

    def ignores(self, event: type[Event]) -> bool:
        return self.listening is not None and event in self.listening.ignored


def talks() -> tuple[Talk, ...]:
    """Of every service that is installed, without starting it: the tables are those of the app it would start."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys"
        keys.mkdir()
        for name, pem in zip(("token.pem", "token.pub.pem"), new_key_pair(), strict=True):
            (keys / name).write_bytes(pem)
        return tuple(_talk(name, Path(folder)) for name in NAMES if importlib.util.find_spec(f"{name}.app"))


def _talk(name: str, folder: Path) -> Talk:
    part = Part(name, importlib.import_module(f"{name}.app").create_app)
    service: Service = part.app({"data_dir": folder}).state.service
    return Talk(name, service.announces, service.listening)
