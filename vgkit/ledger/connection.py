"""Opens the ledger's file for one block, under our own lock. DuckDB 2.0.0 reads the file's header before it takes its
lock and can then overwrite what another process committed in between, so ours is held from before until after."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from vgkit.errors import RecordError, StoreError

log = logging.getLogger(__name__)

# All openings are alike: within a process DuckDB refuses one file with two configurations.
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",  # offline it would try the network for seconds
    "enable_external_access": "false",  # COPY … TO could overwrite the ledger itself
    "lock_configuration": "true",
    "TimeZone": "UTC",
}


class IndexDamaged(RecordError):
    """The file is absent, broken or of another schema: build it from the events."""


@contextmanager
def locked(database: Path, *, exclusive: bool) -> Iterator[None]:
    """Hold the lock beside the database: alone to write, with others to read.

    A reader who may not even create the lock goes without it. Raises StoreError when a writer may not.
    """
    lock = database.with_name(f"{database.name}.lock")
    with ExitStack() as held:
        try:
            database.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
            held.callback(os.close, descriptor)
            _take(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH, lock)
        except OSError as error:
            folder, reason = database.parent, error.strerror
            if exclusive:
                raise StoreError(f"Can't write in {folder}: {reason}. Allow it, then try again.") from error
            log.warning("The ledger's lock can't be held in %s (%s); reading without it.", folder, reason)
        yield


def _take(descriptor: int, mode: int, lock: Path) -> None:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        log.info("Another process uses the ledger; waiting for %s.", lock)
        fcntl.flock(descriptor, mode)


@contextmanager
def connected(database: Path | None, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Connect for one block (None: in memory) and turn DuckDB's errors into ours; the caller holds the lock."""
    try:
        with duckdb.connect(database or ":memory:", read_only=read_only, config=_SETTINGS) as connection:
            yield connection
    except duckdb.Error as error:
        refusal = _refusal(database, error)
        if isinstance(refusal, IndexDamaged | StoreError):
            raise refusal from error
        # The person's own SQL: DuckDB's hint is in the message, and its traceback would only hide it.
        raise refusal from None


def _refusal(database: Path | None, error: duckdb.Error) -> RecordError | StoreError:
    text = str(error).strip()
    if "Could not set lock" in text or "different configuration" in text:
        return RecordError(f"{database} is held open by another program. Close it there and try again. ({text})")
    if "No space left" in text or "Read-only file system" in text or "Permission denied" in text:
        return StoreError(f"Can't write {database}: {text}. Make room or allow writing there, then sync again.")
    # Checksum errors come as the bare base class.
    broken = duckdb.IOException | duckdb.InternalException | duckdb.FatalException | duckdb.SerializationException
    if isinstance(error, broken) or type(error) is duckdb.Error:
        return IndexDamaged(f"{database} can't be read: {text}")
    return RecordError(f"The ledger can't answer that. {text}")
