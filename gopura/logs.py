"""Logs of the processes: Kong-like lines or JSON, to the error log and, in the foreground, to stderr.

Texts of log calls never contain the value of a setting, a credential or an entity's secret field.
"""

from __future__ import annotations

import logging
import sys
import time
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

import orjson

from gopura.settings import Settings

NOTICE, ALERT, EMERG = 25, 60, 70
LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "notice": NOTICE,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "crit": logging.CRITICAL,
    "alert": ALERT,
    "emerg": EMERG,
}
_NAMES = {number: name for name, number in LEVELS.items()}
_STREAMS = {"/dev/stdout": "stdout", "/dev/stderr": "stderr"}
# Libraries that tell at `info` what only a developer wants to know.
_CHATTY = ("websockets", "uvicorn", "asyncio", "alembic", "sqlalchemy")


class LogError(Exception):
    """A log file cannot be written; the text names it and the reason."""


class TextFormatter(logging.Formatter):
    """nginx's form: `2026/11/24 12:00:00 [notice] 123#0: text`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s [%(kind)s] %(process)d#0: %(message)s", "%Y/%m/%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback after it when there is one."""
        record.kind = level_name(record.levelno)
        return super().format(record)


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, pid, logger, message and, after an exception, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object as text."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03}Z",
            "level": level_name(record.levelno),
            "pid": record.process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def level_name(number: int) -> str:
    """Kong's word for a level of Python's logging."""
    return (
        _NAMES.get(number)
        or max((n, name) for n, name in _NAMES.items() if n <= max(number, logging.DEBUG))[1]
    )


def configure(settings: Settings, destination: str, foreground: bool) -> None:
    """Send everything that is logged to a file (relative to the prefix) and, in the foreground, to stderr.

    LogError, and everything as before, when the file cannot be written.
    """
    handlers, root = _handlers(settings, destination, foreground), logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
        root.addHandler(handler)
    set_level(settings.log_level)


def set_level(name: str) -> None:
    """Change the least severe level that is written, at run time."""
    logging.getLogger().setLevel(LEVELS[name])
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(max(LEVELS[name], logging.WARNING))
    logging.captureWarnings(True)


def reopen() -> None:
    """Open the log files again under their names, after something else has renamed them."""
    loggers = [logging.getLogger(), *logging.getLogger().manager.loggerDict.values()]
    for handler in [handler for logger in loggers for handler in getattr(logger, "handlers", ())]:
        if isinstance(handler, WatchedFileHandler):
            handler.acquire()
            handler.reopenIfNeeded()
            handler.release()


class LogFile(WatchedFileHandler):
    """A file that is opened again when another lies in its place.

    Who may not make the file goes on with the old one, until the supervisor has made it.
    """

    def reopenIfNeeded(self) -> None:  # noqa: N802 - the name of the standard library
        """Open the file again if it was renamed."""
        if self.stream is None or self._is_the_same():
            return
        try:
            fresh = self._open()
        except OSError:
            return
        self.stream.close()
        self.stream = fresh
        self._statstream()

    def _is_the_same(self) -> bool:
        try:
            found = Path(self.baseFilename).stat()
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == (self.dev, self.ino)


def log_handler(path: Path) -> logging.Handler:
    """Writes to a file, or to a stream of this process that a link in its place leads to; LogError when it cannot."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink() and (stream := _STREAMS.get(str(path.readlink()))):
            return logging.StreamHandler(getattr(sys, stream))
        return LogFile(path)
    except OSError as error:
        raise LogError(f"cannot write to the log {path}: {error.strerror}") from None


def _handlers(settings: Settings, destination: str, foreground: bool) -> list[logging.Handler]:
    handlers: list[logging.Handler] = []
    if destination in _STREAMS:
        return [logging.StreamHandler(getattr(sys, _STREAMS[destination]))]
    if destination != "off":
        handlers.append(log_handler(settings.path(destination)))
    if foreground:
        handlers.append(logging.StreamHandler(sys.stderr))
    return handlers


logging.addLevelName(NOTICE, "notice")
logging.addLevelName(ALERT, "alert")
logging.addLevelName(EMERG, "emerg")
