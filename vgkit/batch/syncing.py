"""Brings the ledger up to date while a batch is made, since it is read in the meantime.

In a process of its own: DuckDB takes hundreds of megabytes and gives few back, and the films need not wait for it."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Self

_EVERY_S = 60.0
_SYNC = "import sys; from vgkit.ledger import Ledger; Ledger(sys.argv[1]).sync()"


class Syncing:
    """Syncs now and then, one sync at a time, the last of which a ``with`` block waits for. What one could not bring in
    the next does."""

    def __init__(self, runs_dir: Path, *, every_s: float = _EVERY_S) -> None:
        self._runs_dir, self._every_s = runs_dir, every_s
        self._begun_at = time.monotonic()
        self._process: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Begin a sync where it is time for one."""
        if time.monotonic() - self._begun_at >= self._every_s and self._ended():
            self._begun_at = time.monotonic()
            command = [sys.executable, "-c", _SYNC, str(self._runs_dir)]
            nowhere = subprocess.DEVNULL
            # Ctrl-C is the batch's to hear.
            self._process = subprocess.Popen(
                command, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.wait()

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None
