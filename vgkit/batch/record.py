"""What a batch knows of itself beside its runs, in ``runs/.batches/<name>``: how each film's turns ended, a line each.

The runs' own events are the truth; these lines say what the coordinator made of them: why a film is not there, and what
to do next."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vgkit.batch.crew import Ending
from vgkit.errors import RunNotFound
from vgkit.files import refused, write_json
from vgkit.ledger.plain import plain
from vgkit.lock import RunLock
from vgkit.places import runs_dir


class BatchRecord:
    """The folder of one batch."""

    def __init__(self, name: str) -> None:
        self.folder = runs_dir() / ".batches" / name
        self.results, self.summary = self.folder / "results.jsonl", self.folder / "summary.json"
        self.log, self._asked = self.folder / "batch.log", self.folder / "batch.json"

    def begin(self, file: Path, rehearsal: dict[str, Any] | None) -> None:
        """Remember from which file the batch is made, and how it is rehearsed. Raises StoreError."""
        write_json(self._asked, {"file": str(file.resolve()), "rehearsal": rehearsal})

    def asked_for(self) -> tuple[Path, dict[str, Any] | None]:
        """The file it was begun with, and how it is rehearsed. Raises RunNotFound where there is no such batch."""
        try:
            asked = json.loads(self._asked.read_text("utf-8"))
            return Path(asked["file"]), asked["rehearsal"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            known = sorted(path.parent.name for path in self.folder.parent.glob("*/batch.json"))
            raise RunNotFound(
                f"No batch {self.folder.name!r} was begun here. There {'are' if known else 'is'} "
                f"{', '.join(known[-10:]) or 'none yet'}. Begin one with `vgkit batch run FILE`."
            ) from error

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the batch against a second process that would make it. Raises RunBusy and StoreError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refused(self.folder, error) from error
        with RunLock(self.folder):
            yield

    def add(self, ending: Ending) -> None:
        """Put on record how a film ended. Raises StoreError."""
        line = json.dumps(plain(ending.as_json, place="ending"), ensure_ascii=False) + "\n"
        try:
            descriptor = os.open(self.results, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            raise refused(self.results, error) from error

    def latest(self) -> dict[str, dict[str, Any]]:
        """How each film's last turn on record ended, by its run; half a line of a crash is left out."""
        found: dict[str, dict[str, Any]] = {}
        for line in _lines(self.results):
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


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from file
    except FileNotFoundError:
        return
