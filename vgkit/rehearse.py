"""Rehearses films: the same phases and the hosts' own clients, against hosts on this machine that cost nothing.

Each run has hosts of its own, in a folder beside the runs, so that one can be taken up again after a crash, and so that
the same seed brings the same fates whatever was rehearsed before."""

import atexit
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vgkit.engines.hosts import host
from vgkit.errors import HostUnavailable, Interrupted, RunBusy, VgkitError
from vgkit.keys import load_keys
from vgkit.ledger import Ledger, read_events
from vgkit.lock import RunLock, held_by
from vgkit.phases.leftovers import open_calls
from vgkit.pipeline import run_phases
from vgkit.places import rehearsal_dir
from vgkit.run import Run

if TYPE_CHECKING:
    from vgkit.rehearsal.server import Servers

_running: dict[Path, tuple[ExitStack, "Servers"]] = {}  # by the folder of their rehearsal


@dataclass(frozen=True)
class Rehearsed:
    """How a rehearsed run fared. The books are the ledger's, the bill is the hosts'; ``open_calls`` explain a gap.

    ``wall_s`` is real seconds, in which the hosts' own passed ``speed`` times as fast.
    """

    run: str
    state: str
    film: Path | None
    message: str
    booked_usd: Decimal
    billed_usd: Decimal
    open_calls: int
    wall_s: float
    speed: float
    faults: Mapping[str, int]

    @property
    def well(self) -> bool:
        """Whether it came to its end with a film, and the books agree with the bill."""
        return self.state in ("success", "degraded") and self.adds_up

    @property
    def adds_up(self) -> bool:
        """Whether the ledger says to the cent what the hosts do.

        What a host may have charged for a reply that was lost, and can't be asked about, is booked at its estimate.
        """
        return abs(self.booked_usd - self.billed_usd) < Decimal("0.01")

    @property
    def as_json(self) -> dict[str, Any]:
        """All of it, for a script."""
        return {**asdict(self), "adds_up": self.adds_up, "well": self.well}

    def __str__(self) -> str:
        met = ", ".join(f"{count} {name}" for name, count in sorted(self.faults.items())) or "none"
        sums = f"${self.booked_usd:.4f} by the ledger, ${self.billed_usd:.4f} by the hosts' bill"
        same = "the same" if self.booked_usd == self.billed_usd else "the same to the cent"
        gap = f"; open calls: {self.open_calls}" if self.open_calls else ""
        return "\n".join(
            [
                f"{self.run}: {self.state}, {self.wall_s:.0f} s with hosts at {self.speed:g} times their speed",
                *(f"  {line}" for line in (self.message, f"film: {self.film}" if self.film else "") if line),
                f"  cost: {sums}: {same if self.adds_up else 'NOT THE SAME'}{gap}",
                f"  faults met: {met}",
            ]
        )


@contextmanager
def hosts_of(run: Run) -> Iterator["Servers | None"]:
    """Run a rehearsal's hosts for one block, and lead all clients to them. A real run needs none.

    Where VGKIT_REHEARSAL is set, somebody else runs the hosts.
    """
    if run.rehearsal is None or os.environ.get("VGKIT_REHEARSAL"):
        yield None
        return
    # Imported here: the hosts draw and compose, and a real run passes through here without any.
    from vgkit.rehearsal.server import rehearsing

    folder = rehearsal_dir(run.world)
    folder.mkdir(parents=True, exist_ok=True)
    # Films of one batch share their hosts, and two servers would fall out over one folder.
    alone = RunLock(folder) if run.batch else nullcontext()
    with alone, rehearsing(folder, **run.rehearsal) as servers, _environment(servers.environment):
        yield servers


@contextmanager
def led_to_hosts(world: str, rehearsal: Mapping[str, Any]) -> Iterator[None]:
    """Lead all clients of this process to a rehearsal's hosts for one block; several processes may use the same.

    The first that asks runs them, until it ends or says ``stop_hosts``; the others speak to those. Raises RunBusy while
    another process only begins to. Where VGKIT_REHEARSAL is set, somebody else runs the hosts.
    """
    if os.environ.get("VGKIT_REHEARSAL"):
        yield
        return
    with _environment(_hosts_for_many(world, rehearsal)):
        yield


def hosts_elsewhere() -> bool:
    """Whether this process was started with VGKIT_REHEARSAL set: somebody else runs the hosts."""
    return bool(os.environ.get("VGKIT_REHEARSAL")) and not _company.led


@contextmanager
def joined_hosts(world: str, rehearsal: Mapping[str, Any] | None) -> Iterator[None]:
    """Lead all threads of this process to a rehearsal's hosts, which another runs, while one is in such a block.

    Real films, of no ``world``, join too: they must not meet those hosts. Raises RunBusy where other threads are in
    another world, and HostUnavailable where the hosts don't run. Where VGKIT_REHEARSAL is set from the start, somebody
    else leads there.
    """
    if hosts_elsewhere():
        yield
        return
    _company.join(world, rehearsal)
    try:
        yield
    finally:
        _company.leave()


class _Company:
    """The threads of this process that are in one world: there is one at a time, since the environment is shared."""

    def __init__(self) -> None:
        self._lock, self._there, self._world, self._held = threading.Lock(), 0, "", ExitStack()

    @property
    def led(self) -> bool:
        """Whether it is led to a rehearsal's hosts."""
        return bool(self._there and self._world)

    def join(self, world: str, rehearsal: Mapping[str, Any] | None) -> None:
        with self._lock:
            if self._there and world != self._world:
                raise RunBusy(f"This worker is at {self._world or 'real films'} now. Try again when those are done.")
            if not self._there and rehearsal is not None:
                self._held.enter_context(_environment(_hosts_of_another(world, rehearsal)))
            self._there, self._world = self._there + 1, world

    def leave(self) -> None:
        with self._lock:
            self._there -= 1
            if not self._there:
                self._held.close()


_company = _Company()


def _hosts_of_another(world: str, rehearsal: Mapping[str, Any]) -> Mapping[str, str]:
    from vgkit.rehearsal.server import environment_in

    folder = rehearsal_dir(world)
    running = held_by(folder) is not None
    if not (running and (environment := environment_in(folder, speed=float(rehearsal["speed"])))):
        raise HostUnavailable(f"The hosts of {world} are not running. Go on with `vgkit batch resume {world}`.")
    return environment


def stop_hosts(world: str) -> None:
    """Stop the hosts that ``led_to_hosts`` has run in this process, if it has."""
    if running := _running.pop(rehearsal_dir(world), None):
        running[0].close()


def _hosts_for_many(world: str, rehearsal: Mapping[str, Any]) -> Mapping[str, str]:
    from vgkit.rehearsal.server import environment_in, rehearsing

    folder = rehearsal_dir(world)
    if folder in _running:
        return _running[folder][1].environment
    folder.mkdir(parents=True, exist_ok=True)
    owner = held_by(folder)
    if owner and owner.pid != os.getpid():
        if not (environment := environment_in(folder, speed=float(rehearsal["speed"]))):
            raise RunBusy(f"The hosts of {world} are being started by {owner}. Try again in a moment.")
        return environment
    with ExitStack() as held:
        held.enter_context(RunLock(folder))
        servers = held.enter_context(rehearsing(folder, **rehearsal))
        _running[folder] = (held.pop_all(), servers)
        # Left to the end of the interpreter, they would wait for threads that are no more.
        atexit.register(stop_hosts, world)
    return servers.environment


def how_rehearsed(*, speed: float, faults: str, seed: int) -> dict[str, Any]:
    """What a run keeps of how it is rehearsed: ``faults`` is the name of a profile or the path of a file.

    Raises ParameterError for faults that can't be read.
    """
    from vgkit.rehearsal.faults import load_faults, profile_names

    load_faults(faults)
    named = faults if faults in profile_names() else str(Path(faults).expanduser().resolve())
    return {"speed": speed, "faults": named, "seed": seed}


def rehearse(run: Run) -> Rehearsed:
    """Make the film of a rehearsed run, and hold what it cost against what its hosts say.

    An error is how it fared, and is told; only Interrupted is raised.
    """
    begun, message = time.perf_counter(), ""
    with hosts_of(run) as servers:
        assert servers is not None
        try:
            run_phases(run)
        except Interrupted:
            raise
        except VgkitError as error:
            message = f"{type(error).__name__}: {error}"
        wall_s = time.perf_counter() - begun
        billed = sum((charge.usd for charge in servers.bill()), Decimal(0))
        faults = dict(Counter(servers.happened))
    ledger, ends = Ledger(run.folder.parent), read_events(run.events.path).of("run_finished")
    ledger.sync()
    film = run.path("film.mp4") if run.path("phases/refine.json").exists() else None
    return Rehearsed(
        run=run.name,
        state=str(ends[-1]["state"]) if ends else "failed",
        film=film,
        message=message,
        booked_usd=ledger.spent(run.name),
        billed_usd=billed,
        open_calls=len(open_calls(run)),
        wall_s=wall_s,
        speed=float((run.rehearsal or {})["speed"]),
        faults=faults,
    )


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for one block. Clients are made anew on both sides of it, since they keep where they speak to."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    host.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        host.cache_clear()
        load_keys.cache_clear()
