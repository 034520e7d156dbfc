"""A run's log: what happened in words, times in UTC. The events say what counts; this is for whoever asks why."""

import contextlib
import contextvars
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from vgkit.ledger.redaction import redact_text

_FORMAT = "%(asctime)sZ %(levelname)-7s %(name)s: %(message)s"
_LOOK_EVERY_S = 0.2
# Which log the lines of this thread belong to, since a driver may make several films at once; threads that do not say
# belong to all, which in a phase's own process is the one film.
_OURS: contextvars.ContextVar[Path | None] = contextvars.ContextVar("vgkit_log", default=None)


class _Redacted(logging.Formatter):
    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        return redact_text(super().format(record))


@contextlib.contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Append vgkit's log to a file while the block runs; a disk that refuses is no reason to stop."""
    logger = logging.getLogger("vgkit")
    level = logger.level
    handler: logging.Handler
    try:
        handler = logging.FileHandler(path, encoding="utf-8", delay=False)
    except OSError:
        handler = logging.NullHandler()
    handler.addFilter(lambda _: _OURS.get() in (path, None))
    handler.setFormatter(_Redacted(_FORMAT, datefmt="%Y-%m-%dT%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(min(level or logging.INFO, logging.INFO))
    ours = _OURS.set(path)
    try:
        yield
    finally:
        _OURS.reset(ours)
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()


@contextlib.contextmanager
def showing(path: Path, out: TextIO) -> Iterator[None]:
    """Show what is added to a log while the block runs, whichever process writes it."""
    ended = threading.Event()
    follower = threading.Thread(target=_follow, args=(path, out, ended), daemon=True)
    follower.start()
    try:
        yield
    finally:
        ended.set()
        follower.join()


def _follow(path: Path, out: TextIO, ended: threading.Event) -> None:
    offset = path.stat().st_size if path.exists() else 0
    last_look = False
    while not last_look:
        last_look = ended.wait(_LOOK_EVERY_S)
        if path.exists():
            with path.open(encoding="utf-8", errors="replace") as log:
                log.seek(offset)
                out.write(log.read())
                offset = log.tell()
            out.flush()
