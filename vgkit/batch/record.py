"""What a batch knows of itself beside its runs, in ``runs/.batches/<name>``: how each film's turns ended, a line each.

The runs' own events are the truth; these lines say what the coordinator made of them: why a film is not there, and what
to do next."""

import json
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vgkit.batch.crew import Ending
from vgkit.errors import RunNotFound, StoreError
from vgkit.files import refused, write_json
from vgkit.ledger.plain import plain
from vgkit.ledger.redaction import redact
from vgkit.lock import RunLock
from vgkit.places import runs_dir

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class BatchRecord:
    """The folder of one batch. Only who holds it ``alone`` writes there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = runs_dir() / ".batches" / name
        self.results, self.summary = self.folder / "results.jsonl", self.folder / "summary.json"
        self.log, self._asked = self.folder / "batch.log", self.folder / "batch.json"

    def begin(self, file: Path, rehearsal: dict[str, Any] | None) -> None:
        """Remember from which file the batch is made, and how it is rehearsed. Raises StoreError."""
        write_json(self._asked, {"file": str(file.resolve()), "rehearsal": rehearsal})

    def asked_for(self) -> tuple[Path, dict[str, Any] | None]:
        """The file it was begun with, and how it is rehearsed. Raises RunNotFound where there is no such batch."""
        if not _NAME.fullmatch(self.name):
            raise RunNotFound(
                f"{self.name!r} can't name a batch. It is what the names of its films begin with: spring."
            )
        try:
            asked = json.loads(self._asked.read_text("utf-8"))
            return Path(asked["file"]), asked["rehearsal"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            known = sorted(path.parent.name for path in self.folder.parent.glob("*/batch.json"))
            raise RunNotFound(
                f"No batch {self.name!r} was begun from a file here. There {'are' if known else 'is'} "
                f"{', '.join(known[:10]) or 'none yet'}. Begin one with `vgkit batch run FILE`."
            ) from error

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the batch against a second process that would make it. Raises RunBusy and StoreError."""
        with RunLock(self.folder, make=True):
            self._end_torn_line()
            yield

    def add(self, ending: Ending) -> None:
        """Put on record how a film ended. Raises StoreError."""
        line = json.dumps(redact(plain(ending.as_json, place="ending")), ensure_ascii=False) + "\n"
        self._append(line.encode("utf-8", errors="replace"))

    def latest(self) -> dict[str, dict[str, Any]]:
        """How each film's last turn on record ended, by its run; what a crash tore is left out. Raises StoreError."""
        found: dict[str, dict[str, Any]] = {}
        for line in self._lines():
            try:
                ending = json.loads(line)
                found[ending["run"]] = ending
            except (ValueError, TypeError, KeyError):
                continue
        return found

    def write_summary(self, summary: dict[str, Any]) -> Path:
        """Keep the summary. Raises StoreError."""
        write_json(self.summary, plain(summary, place="summary"))
        return self.summary

    def _lines(self) -> Iterator[bytes]:
        try:
            with self.results.open("rb") as file:
                yield from file
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(
                f"Can't read {self.results}: {error.strerror}. Allow reading it, then try again."
            ) from error

    def _end_torn_line(self) -> None:
        """End a line that a crash tore, so that the next does not stick to it."""
        last = deque(self._lines(), maxlen=1)
        if last and not last[0].endswith(b"\n"):
            self._append(b"\n")

    def _append(self, line: bytes) -> None:
        try:
            with self.results.open("ab", buffering=0) as file:
                file.write(line)
        except OSError as error:
            raise refused(self.results, error) from error
