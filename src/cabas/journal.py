"""Where the embedded hub writes: everything as JSON lines to its log file, only what needs somebody to the console."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from chassis import logs

FILE_BYTES = 20 * 1024**2
FILES_KEPT = 5


class LastWords(logging.Handler):
    """Remembers the newest critical message: the reason why a service asked the process to end."""

    def __init__(self) -> None:
        super().__init__(logging.CRITICAL)
        self.said: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self.said = plain(record)


class Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"{record.levelname.lower()}: {plain(record)}"


def plain(record: logging.LogRecord) -> str:
    """A record as a sentence: "service: what happened: error"."""
    if not isinstance(record.msg, dict):
        return record.getMessage()
    said = record.msg
    words = [str(said[key]) for key in ("service", "event", "error") if said.get(key)]
    return ": ".join(words)


def open_journal(file: Path, level: str) -> LastWords:
    """Send the log to `file`, errors to standard error in plain words too."""
    logs.configure(level)
    root = logging.getLogger()
    formatter = root.handlers[0].formatter
    file.parent.mkdir(parents=True, exist_ok=True)
    to_file = RotatingFileHandler(file, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8")
    to_file.setFormatter(formatter)
    console = logging.StreamHandler()
    console.setLevel(logging.ERROR)
    console.setFormatter(Plain())
    last_words = LastWords()
    root.handlers = [to_file, console, last_words]
    return last_words
