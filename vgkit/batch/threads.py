"""Makes films on this machine: a thread for each, whose notebook kernels are processes of their own.

Films mostly wait for hosts, so there are more of them than cores; the phases that compute take turns on the cores."""

import contextlib
import functools
import os
import queue
import threading
from collections.abc import Callable, Iterator, Mapping

from vgkit.batch.crew import Ending, Job
from vgkit.batch.turn import cancel, take_turn
from vgkit.brief import Role
from vgkit.engines.registry import full_name
from vgkit.halt import Halt
from vgkit.places import runs_dir
from vgkit.run import Run

Turn = Callable[..., Ending]

_FILM_BYTES = 3 << 29  # of a film under way while it computes, with all its processes
_WAITING_BYTES = 250_000_000  # of one that waits: its kernel
_MOST_WAITING = 16
_COMPUTING = {"refine"}
_DRAWING: Mapping[str, Role] = {"animatic": "picture", "chunks": "video"}


def sized(*, hosted: bool) -> int:
    """How many films this machine makes at once: as many as it has cores where it draws them itself, else as many as
    fit its memory, up to 16, since they wait for hosts."""
    cores, memory = os.cpu_count() or 1, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if not hosted:
        return max(1, min(cores, memory // _FILM_BYTES))
    return max(1, min(_MOST_WAITING, (memory - cores * _FILM_BYTES) // _WAITING_BYTES))


class Cores:
    """This machine's cores, ``count`` of them or all: phases that compute take turns on them."""

    def __init__(self, count: int = 0) -> None:
        self._free = threading.Semaphore(count or os.cpu_count() or 1)

    @contextlib.contextmanager
    def gate(self, phase: str, *, hosted: bool) -> Iterator[None]:
        """Hold a core while a phase runs that computes; one whose pictures come from hosts waits, and needs none."""
        computes = phase in (_COMPUTING if hosted else {*_COMPUTING, *_DRAWING})
        with self._free if computes else contextlib.nullcontext():
            yield


class ThreadCrew:
    """A ``Crew`` of threads in this process; ``at_once`` films, of which no more compute than there are ``cores``.

    ``hosted`` says of all films whether their pictures come from hosts; left out, the engines of each say it.
    """

    def __init__(self, *, at_once: int, hosted: bool | None = None, cores: int = 0, turn: Turn = take_turn) -> None:
        self.at_once = at_once
        self._turn = turn
        self._halt = Halt()
        self._cores, self._hosted = Cores(cores), hosted
        self._endings: queue.Queue[Ending] = queue.Queue()
        self._under_way: set[str] = set()
        self._canceling = False

    def room(self) -> int:
        return self.at_once - len(self._under_way)

    def begin(self, job: Job) -> None:
        self._under_way.add(job.run)
        threading.Thread(target=self._make, args=(job,), name=f"vgkit-{job.run}", daemon=True).start()

    def ended(self, timeout_s: float) -> Ending | None:
        try:
            ending = self._endings.get(timeout=timeout_s)
        except queue.Empty:
            return None
        self._under_way.discard(ending.run)
        return ending

    def soon(self) -> None:
        self._halt.soon()

    def now(self) -> None:
        self._canceling = True
        self._halt.now()

    def _make(self, job: Job) -> None:
        ending = self._turn(job, halt=self._halt, gate=functools.partial(self._gate, job.run))
        if self._canceling and not ending.well:
            cancel(job.run)
        self._endings.put(ending)

    @contextlib.contextmanager
    def _gate(self, run: str, phase: str) -> Iterator[None]:
        hosted = _hosted(run, phase) if self._hosted is None else self._hosted
        with self._cores.gate(phase, hosted=hosted):
            yield


def _hosted(run: str, phase: str) -> bool:
    """Whether what a phase of a run draws, if it does, comes from a host."""
    if phase not in _DRAWING:
        return True
    role = _DRAWING[phase]
    return not full_name(role, Run.open(runs_dir() / run).profile.engines[role]).endswith("@local")
