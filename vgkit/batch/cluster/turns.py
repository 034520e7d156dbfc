"""One turn of a film on a worker, which heeds its crew.

A worker takes it as it comes: the run may still be held by the turn of a driver that is gone, which ends by itself."""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Any

from distributed import Semaphore, get_worker

from vgkit import __version__
from vgkit.batch.cluster.heeding import Heeding, heeding
from vgkit.batch.crew import Ending, Job
from vgkit.batch.threads import Cores, Turn
from vgkit.batch.turn import cancel, take_turn
from vgkit.errors import ClusterError, VgkitError
from vgkit.halt import Halt
from vgkit.lock import held_by
from vgkit.pipeline import Gate
from vgkit.places import runs_dir
from vgkit.rehearse import joined_hosts

_LOOK_EVERY_S = 0.5
_PATIENCE_S = 900.0  # the turn of a driver that is gone ends with the phase it is in

_cores = Cores()  # of this machine, for all turns of this process
_semaphores: dict[tuple[str, str], Semaphore] = {}
_making = threading.Lock()


@dataclass(frozen=True)
class Order:
    """All that travels to a worker: which run, whose turn it is to stop it, and what its phases wait for.

    ``hosts`` has the hosts that each phase asks, ``limits`` in how many films at once a host may be asked, on the whole
    cluster; ``probe`` is in the runs' folder, ``world`` and ``rehearsal`` are of rehearsed films.
    """

    job: Job
    crew: str
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    probe: str = ""
    runs_at: str = ""
    world: str = ""
    rehearsal: Mapping[str, Any] | None = None
    version: str = __version__
    turn: Turn = take_turn


def take(order: Order) -> Ending:
    """Take a film's turn on this worker. What goes wrong is how it ended, and is told; nothing is raised for it."""
    halt, begun = Halt(), time.perf_counter()
    with heeding(order.crew, halt) as heeds:
        try:
            halt.check()
            _check_worker(order)
            with joined_hosts(order.world, order.rehearsal):
                return _taken(order, halt, heeds)
        except VgkitError as error:
            return Ending.of(order.job, error, seconds=time.perf_counter() - begun)


def _taken(order: Order, halt: Halt, heeds: Heeding) -> Ending:
    run, until = order.job.run, time.monotonic() + _PATIENCE_S
    while True:
        _wait_until_free(run, halt, until)
        with _carried(order, _Gate(order, halt)) as gate:
            ending = order.turn(order.job, halt=halt, gate=gate)
            if heeds.canceling and not ending.well:
                cancel(run)
        # Another may have come first; a run that another machine took up from its place is not ours to wait for.
        if ending.error != "RunBusy" or halt.asked or order.runs_at or time.monotonic() > until:
            return ending


def _check_worker(order: Order) -> None:
    """A worker that came when the batch was under way has not been looked at. Another turn may fall to another."""
    sees_runs = not order.probe or (runs_dir() / order.probe).exists()
    if order.version != __version__ or not sees_runs:
        raise ClusterError(
            f"{get_worker().address} has vgkit {__version__}, the driver {order.version}, and "
            f"{'sees' if sees_runs else f'does not see, by its VGKIT_RUNS {runs_dir()},'} the driver's runs. Stop that "
            "worker, then make the batch again."
        )


def _wait_until_free(run: str, halt: Halt, until: float) -> None:
    """Wait for whoever works in the run: the turn of a driver that is gone, say. Raises Interrupted."""
    while held_by(runs_dir() / run) and time.monotonic() < until:
        halt.check()
        time.sleep(_LOOK_EVERY_S)


def _carried(order: Order, gate: Gate) -> AbstractContextManager[Gate]:
    if not order.runs_at:
        return contextlib.nullcontext(gate)
    from vgkit.batch.carry import carried

    return carried(order.job.run, order.runs_at, gate=gate)


class _Gate:
    """Has a phase wait for a place at each host that it asks, then for a core where it computes: always in this order,
    so that no two films wait for each other."""

    def __init__(self, order: Order, halt: Halt) -> None:
        self._order, self._halt = order, halt

    @contextlib.contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        asked, limits = self._order.hosts.get(phase, ()), self._order.limits
        with ExitStack() as held:
            for host in sorted({*asked} & {*limits}):
                held.enter_context(self._place(host, limits[host]))
            held.enter_context(_cores.gate(phase, hosted=bool(asked)))
            yield

    @contextlib.contextmanager
    def _place(self, host: str, most: int) -> Iterator[None]:
        places = _semaphore(f"vgkit-{host}-{most}", most)
        while not places.acquire(timeout=_LOOK_EVERY_S):
            self._halt.check()
        try:
            yield
        finally:
            places.release()


def _semaphore(name: str, most: int) -> Semaphore:
    """The cluster's semaphore of a name, one object for all of this worker: each keeps its leases alive by a timer."""
    key = (get_worker().address, name)
    with _making:
        if key not in _semaphores:
            _semaphores[key] = Semaphore(most, name)
        return _semaphores[key]
