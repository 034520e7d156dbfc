"""A run's log: what happened in words, times in UTC. The events say what counts; this is for whoever asks why."""

import contextlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path

from vgkit.ledger.redaction import redact_text

_FORMAT = "%(asctime)sZ %(levelname)-7s %(name)s: %(message)s"


class _Redacted(logging.Formatter):
    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        return redact_text(super().format(record))


def formatter() -> logging.Formatter:
    """Format lines as in ``run.log``; anything that looks like a key is left out."""
    return _Redacted(_FORMAT, datefmt="%Y-%m-%dT%H:%M:%S")


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
    handler.setFormatter(formatter())
    logger.addHandler(handler)
    logger.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()
