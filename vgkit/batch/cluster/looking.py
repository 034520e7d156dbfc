"""A look at every worker before a batch begins: what would fail on one at night is told at once, with the cure."""

import logging
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from distributed import Client

from vgkit import __version__
from vgkit.batch.cluster.needs import counted, unmet
from vgkit.batch.cluster.offering import offer, offers
from vgkit.batch.planned import Film
from vgkit.batch.record import BatchRecord
from vgkit.errors import ClusterError
from vgkit.files import refused
from vgkit.places import runs_dir
from vgkit.rehearse import hosts_elsewhere

log = logging.getLogger(__name__)

Workers = dict[str, dict[str, Any]]  # by address, each as Dask's scheduler tells of it
Seen = Mapping[str, Any]

_FIRST_WORKER_S = 5.0
_ODD_CLOCK_S, _WRONG_CLOCK_S = 5.0, 60.0
_PROBE = ".probe-"


def look(probe: str) -> Seen:
    """What a worker sees of the driver's world, as plain values: a worker of another version reads them too."""
    return {
        "version": __version__,
        "machine": socket.gethostname(),
        "runs": str(runs_dir()),
        "sees_runs": (runs_dir() / probe).exists(),
        "hosts_elsewhere": hosts_elsewhere(),
        "at": time.time(),
    }


@dataclass(frozen=True)
class Terms:
    """What a worker must agree with the driver in. ``probe`` is a file in the runs' folder that only who shares it
    sees; empty where runs are carried to ``runs_at``."""

    rehearsed: bool
    probe: str = ""
    runs_at: str = ""
    clock: Callable[[], float] = time.time

    @classmethod
    @contextmanager
    def of(cls, films: Sequence[Film], *, runs_at: str) -> Iterator["Terms"]:
        """The terms of a batch, whose probe is there while the block runs. Raises StoreError."""
        rehearsed = films[0].rehearsal is not None
        if runs_at:
            yield cls(rehearsed, runs_at=runs_at)
            return
        folder = BatchRecord(films[0].batch.name).folder
        probe = folder / f"{_PROBE}{secrets.token_hex(8)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for left in folder.glob(f"{_PROBE}*"):
                left.unlink(missing_ok=True)
            probe.touch()
        except OSError as error:
            raise refused(probe, error) from error
        try:
            yield cls(rehearsed, probe=str(probe.relative_to(runs_dir())))
        finally:
            with suppress(OSError):
                probe.unlink()

    def complaints(self, seen: Seen | Exception, *, asked_at: float, told_at: float) -> Iterator[str]:
        """Say what is wrong with a worker, and the cure."""
        if isinstance(seen, Exception):
            yield f"has no vgkit that can answer ({type(seen).__name__}: {seen}). Install vgkit {__version__} there"
            return
        if seen["version"] != __version__:
            yield f"has vgkit {seen['version']}, and here is {__version__}. Install the same on both"
        if self.probe and not seen["sees_runs"]:
            yield (
                f"does not see the runs of {runs_dir()}: its own are in {seen['runs']}. Set VGKIT_RUNS there to where "
                "that folder is shared, or carry runs with --runs-at"
            )
        late_s = behind_s(seen["at"], asked_at=asked_at, told_at=told_at)
        if abs(late_s) > _WRONG_CLOCK_S:
            yield f"has a clock that is {_off(late_s)} by {abs(late_s):,.0f} s. Set it by NTP, there or here"
        yield from self._about_hosts(seen)

    def _about_hosts(self, seen: Seen) -> Iterator[str]:
        if seen["hosts_elsewhere"] and not self.rehearsed:
            yield "was started with VGKIT_REHEARSAL, and these films are real. Unset it there"
        here = seen["machine"] == socket.gethostname() and not self.runs_at and not hosts_elsewhere()
        if self.rehearsed and not (seen["hosts_elsewhere"] or here):
            yield (
                "can't reach the hosts that rehearse here. Run them with `python -m vgkit.rehearsal`, and set what its "
                "--port-file says, VGKIT_REHEARSAL among it, there and here"
            )


def behind_s(at: float, *, asked_at: float, told_at: float) -> float:
    """By how many seconds a clock is behind (ahead below zero) that was read at a moment between two of ours."""
    return asked_at - at if at < asked_at else min(told_at - at, 0.0)


def _off(late_s: float) -> str:
    return "behind" if late_s > 0 else "ahead"


def looked_over(client: Client, films: Sequence[Film], terms: Terms) -> Workers:
    """Look at all workers that are there, and have those offer what they have that were not told to.

    Raises ClusterError with all that is wrong.
    """
    # A cluster that grows with its work may have none yet.
    with suppress(TimeoutError):
        client.wait_for_workers(1, timeout=_FIRST_WORKER_S)
    if not (workers := workers_of(client)):
        raise ClusterError(
            f"No worker is at {_address(client)}. Start one on each machine that is to make films, with "
            f"`vgkit worker {_address(client)}`."
        )
    wrong = look_at(client, workers, terms)
    workers = workers_of(client)
    wrong += [] if wrong else list(unmet(counted(films), workers.values()))
    if wrong:
        told = "\n".join(f"  {complaint}." for complaint in wrong)
        raise ClusterError(f"The workers at {_address(client)} can't make these films:\n{told}")
    return workers


def look_at(client: Client, workers: Workers, terms: Terms) -> list[str]:
    """Look at some workers: what is wrong with each. One that is well offers what it has, if it does not yet."""
    asked_at = terms.clock()
    seen = client.run(look, terms.probe, workers=[*workers], on_error="return")
    told_at = terms.clock()
    wrong = []
    for address, what in sorted(seen.items()):
        complaints = list(terms.complaints(what, asked_at=asked_at, told_at=told_at))
        wrong += [f"{address} {complaint}" for complaint in complaints]
        if complaints:
            continue
        if abs(late_s := behind_s(what["at"], asked_at=asked_at, told_at=told_at)) > _ODD_CLOCK_S:
            log.warning("%s has a clock that is %s by %.0f s; set it by NTP", address, _off(late_s), abs(late_s))
        if not offers(workers[address].get("resources") or {}):
            client.run(offer, workers=[address], on_error="ignore")
    return wrong


def workers_of(client: Client) -> Workers:
    """The workers that are there, by address."""
    return dict(client.scheduler_info(n_workers=-1)["workers"])


def _address(client: Client) -> str:
    return str(client.scheduler.address)
