"""Brings the ledger up to date while a batch is made, since it is read in the meantime, and at its end.

In a process of its own: DuckDB takes hundreds of megabytes and gives few back, and the films need not wait for it."""

import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

log = logging.getLogger(__name__)

_EVERY_S = 60.0
_SYNC = """
import sys
from vgkit.errors import VgkitError
from vgkit.ledger import Ledger
try:
    Ledger(sys.argv[1]).sync()
except VgkitError as refusal:
    sys.exit(str(refusal))
"""


class Syncing:
    """Syncs now and then while a ``with`` block lasts, one sync at a time, and once more at its good end.

    What one could not bring in the next does: the events are the truth.
    """

    def __init__(self, runs_dir: Path, *, every_s: float = _EVERY_S) -> None:
        self._runs_dir, self._every_s = runs_dir, every_s
        self._begun_at = time.monotonic()
        self._process: subprocess.Popen[str] | None = None

    def look(self) -> None:
        """Begin a sync where it is time for one."""
        if time.monotonic() - self._begun_at >= self._every_s and (
            not self._process or self._process.poll() is not None
        ):
            self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._wait()
        if kind is None:
            self._begin()
            self._wait()

    def _begin(self) -> None:
        self._wait()
        self._begun_at = time.monotonic()
        # Ctrl-C is the batch's to hear.
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SYNC, str(self._runs_dir)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _wait(self) -> None:
        """Wait for the sync that goes on, if one does, and tell why one brought nothing in."""
        if self._process:
            _, said = self._process.communicate()
            if self._process.returncode:
                log.warning("the ledger was not brought up to date: %s", " ".join(said.split())[-300:])
            self._process = None
