"""How a place keeps a run: one small object that says all, and the bytes it names.

``<run>/state`` is a line of JSON, then the run's events as they are. The line says who holds the run, and names each of
its files, and each result it has paid for, by digest; ``<run>/files/<digest>`` has the bytes, sent before they are
named and never altered. So whoever reads, at whatever moment, finds a run as it once stood, whole, and never half of
two. The state is only ever swapped: written where it is still what the writer knows."""

import functools
import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Self

from vgkit.errors import RunBusy, RunError, StoreError
from vgkit.files import refused, sha256_of, write_json
from vgkit.ledger.events import CARRIED
from vgkit.store import Place, content_of, place_for

TRIES = 5  # to swap a state that others write too
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_RESULT = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,8}")


@dataclass(frozen=True)
class State:
    """A run as a place keeps it: ``by`` marks who holds it, ``files`` and ``results`` map names to digests.

    ``results`` are of calls that are paid for, under their names in the cache of a ``world``, a rehearsal or the real.
    """

    world: str
    by: str = field(default_factory=lambda: secrets.token_hex(8))
    files: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, str] = field(default_factory=dict)
    events: bytes = b""

    @property
    def written(self) -> bytes:
        """As it lies at the place."""
        named = {"world": self.world, "by": self.by, "files": {**self.files}, "results": {**self.results}}
        return json.dumps(named, separators=(",", ":")).encode() + b"\n" + self.events

    @classmethod
    def read(cls, written: bytes, address: str) -> Self:
        """Read what lies at a place. Raises RunError for what is no state, and for names that lead out of a run."""
        line, _, events = written.partition(b"\n")
        try:
            named = json.loads(line)
            state = cls(str(named["world"]), str(named["by"]), {**named["files"]}, {**named["results"]}, events)
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(
                f"{address} is not what a run's state looks like. Remove the run there to send it anew."
            ) from error
        wrong = [name for name in state.files if not _inside(name)]
        wrong += [name for name in state.results if not _RESULT.fullmatch(name)]
        wrong += [state.world] if state.world and not _RUN.fullmatch(state.world) else []
        digests = (*state.files.values(), *state.results.values())
        if wrong or not all(_DIGEST.fullmatch(str(digest)) for digest in digests):
            raise RunError(
                f"{address} names {wrong[0] if wrong else 'a digest'!r}, which is nothing of a run's. Who may write "
                "there? Remove the run there to send it anew."
            )
        return state


@dataclass(frozen=True)
class Note:
    """What this machine knows of a run that it holds, where all processes at work in the run see it.

    ``tag`` is the state's as this machine wrote it last; ``ours`` says that the copy was made by carrying it here.
    """

    at: str
    tag: str
    ours: bool
    world: str
    by: str
    files: Mapping[str, str]
    results: Mapping[str, str]

    def state(self, events: bytes) -> State:
        """The run as it stands here, with these events."""
        return State(self.world, self.by, self.files, self.results, events)

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """The note in a run's folder; None where the run is not held here, or the note can't be read."""
        try:
            return cls(**json.loads((folder / CARRIED).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def save(self, folder: Path) -> None:
        """Leave it in a run's folder."""
        write_json(folder / CARRIED, asdict(self))


class Shelf:
    """Where a place keeps one run. Raises RunError for a name that is none, and ParameterError for a place."""

    def __init__(self, run: str, at: str) -> None:
        if not _RUN.fullmatch(run):
            raise RunError(f"{run!r} can't name a run. Use letters, digits, dots, dashes and underscores.")
        self.run, self.at, self.place = run, at, _place(at)
        self._state = f"{run}/state"

    @property
    def address(self) -> str:
        """Where the run's state lies."""
        return self.place.address(self._state)

    def address_of(self, digest: str) -> str:
        """Where the bytes of a digest lie."""
        return self.place.address(self._key(digest))

    def state(self) -> tuple[State, str] | None:
        """The run as it stands there and the state's tag; None where it was never sent."""
        there = self.place.read(self._state)
        return None if there is None else (State.read(there[0], self.address), there[1])

    def swap(self, state: State, tag: str) -> str | None:
        """Write a state where the one there still has ``tag``; its new tag, None where it hasn't."""
        return self.place.swap(self._state, state.written, tag)

    def hold_on(self, state: State, tag: str) -> str:
        """Write a state where this machine still holds the run; its tag.

        A reply that was lost leaves a tag that is not the one known here, but the mark of who wrote it. Raises RunBusy
        where another machine has taken the run up since.
        """
        for _ in range(TRIES):
            if new := self.swap(state, tag):
                return new
            there = self.state()
            if there is None:
                raise RunError(f"{self.address} is not there any more. Make the batch again to send the run anew.")
            if there[0].by != state.by:
                raise RunBusy(
                    f"Run {self.run} was taken up by another machine, which goes on with it. Nothing more is done "
                    "here, and what is open on hosts is that one's."
                )
            tag = there[1]
        raise unsettled(self)

    def keep(self, path: Path) -> str:
        """Send a file's bytes, unless they are there; their digest."""
        content = content_of(path)
        key = self._key(content.sha256)
        if self.place.put(content, key) is None:  # what lies there is not what its name says
            there = self.place.read(key)
            self.place.swap(key, path.read_bytes(), there[1] if there else "")
        return content.sha256

    def bring(self, digest: str, path: Path) -> bool:
        """Fetch bytes into a file, whole or not at all; False where they are not there as they were sent."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # A folder of its own: several runs may bring the same result at once.
            with tempfile.TemporaryDirectory(prefix=".bring-", dir=path.parent) as scratch:
                draft = Path(scratch) / path.name
                if not (self.place.fetch(self._key(digest), draft) and sha256_of(draft) == digest):
                    return False
                with draft.open("rb") as brought:
                    os.fsync(brought.fileno())
                draft.replace(path)
        except OSError as error:
            raise refused(path, error) from error
        return True

    def check_conditions(self) -> None:
        """Raise StoreError where the store takes a state under a condition that does not hold; then nothing would keep
        two machines from paying for the same."""
        if self.at not in _tried:
            tried, put = f"{self.run}/conditions", self.place.swap
            put(tried, b"tried", "")
            if put(tried, b"tried", "") or put(tried, b"tried", f'"{"0" * 32}"'):
                raise StoreError(
                    f"{self.address}: the store ignores conditions on writes (If-Match), so two machines "
                    "could pay for the same call. Choose a store that keeps to them, as AWS S3 does, or a folder."
                )
            _tried.add(self.at)

    def _key(self, digest: str) -> str:
        return f"{self.run}/files/{digest}"


_tried: set[str] = set()


@functools.cache
def _place(at: str) -> Place:
    """One place, and one client, for all runs of a process."""
    return place_for(at)


def unsettled(shelf: Shelf) -> StoreError:
    """Say that others wrote a state each time before we could."""
    return StoreError(f"{shelf.address} changed {TRIES} times while it was written. Let one driver make the batch.")


def _inside(name: Any) -> bool:
    """Whether a name leads to a file in a run's folder, and to none that only this machine knows."""
    path = PurePosixPath(name) if isinstance(name, str) else PurePosixPath("/")
    parts = path.parts
    plain = bool(parts) and str(path) == name and name.isprintable() and "\\" not in name
    return plain and not path.is_absolute() and not any(part.startswith(".") for part in parts)
