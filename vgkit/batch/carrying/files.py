"""Which files of a run travel, and how its record comes together again.

What only this machine has a use for stays: locks, drafts, and the joined cut, which is the largest of all and is joined
anew from the clips where a later phase needs it."""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from vgkit.batch.carrying.state import Shelf
from vgkit.files import sha256_of
from vgkit.ledger.events import locked_events, whole_lines

log = logging.getLogger(__name__)

CUT = "cut.mkv"
EVENTS = "events.jsonl"
_STAYS = {CUT, EVENTS}  # the events are part of the state itself
_AT_ONCE = 8


def travelling(folder: Path) -> list[str]:
    """Name the files of a run that travel, by their path in its folder; links are not followed."""
    found = []
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in inside.parts):
            found.append(inside.as_posix())
    return sorted(name for name in found if name not in _STAYS)


def sent_files(shelf: Shelf, folder: Path, *, known: Mapping[str, str]) -> dict[str, str]:
    """Send what has changed of a run's files; all of them, with their digests. Raises StoreError."""
    with ExitStack() as held:
        paths = {name: held.enter_context(_still(folder / name)) for name in travelling(folder)}
        digests = {name: sha256_of(path) for name, path in paths.items()}
        new = {digest: paths[name] for name, digest in digests.items() if digest not in known.values()}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(shelf.keep, new.values()))
    return digests


@contextmanager
def _still(path: Path) -> Iterator[Path]:
    """A file that nobody writes to: a log grows while it is read."""
    if path.suffix != ".log":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="vgkit-") as scratch:
        yield Path(shutil.copyfile(path, Path(scratch) / path.name))


def bring_files(shelf: Shelf, files: Mapping[str, str], folder: Path) -> set[str]:
    """Fetch what differs of a run's files; the names of those that are not whole, which their phases will find gone.

    First what phases made, then their records, then the run's own, without which there is no run.
    """

    torn = set()

    def bring(name: str) -> None:
        path = folder / name
        if not (path.is_file() and sha256_of(path) == files[name]) and not shelf.bring(files[name], path):
            torn.add(name)
            log.warning("%s is not whole at %s; what needs it is made again", name, shelf.address_of(files[name]))

    records = {name for name in files if name.startswith("phases/")}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for names in (files.keys() - records - {"run.json"}, records, files.keys() & {"run.json"}):
            list(pool.map(bring, sorted(names)))
    return torn


def merge_events(folder: Path, theirs: bytes) -> tuple[list[bytes], list[bytes]]:
    """Add to a run's events the lines that only the place has; the lines that only this machine had, and those.

    Lines are only ever added: who reads events goes on from where the last reading ended.
    """
    with locked_events(folder / EVENTS) as descriptor:
        ours = whole_lines(descriptor)
        here, there = ours.splitlines(keepends=True), theirs.splitlines(keepends=True)
        known, known_there = frozenset(here), frozenset(there)
        missing = [line for line in there if line not in known]
        if missing:
            added = b"".join([ours[os.fstat(descriptor).st_size :], *missing])
            while added:
                added = added[os.write(descriptor, added) :]
            os.fsync(descriptor)
        return [line for line in here if line not in known_there], missing
