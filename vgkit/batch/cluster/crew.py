"""A crew on a Dask cluster: each turn of a film is one task, given to a worker that has what the film needs."""

import contextlib
import logging
import queue
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from distributed import Client, Future, KilledWorker
from distributed.client import FutureCancelledError

from vgkit.batch.cluster.connecting import GONE
from vgkit.batch.cluster.heeding import Stop, event
from vgkit.batch.cluster.looking import Terms, Workers, look_at, workers_of
from vgkit.batch.cluster.needs import counted, hosts_by_phase, needs_of, places, unmet
from vgkit.batch.cluster.turns import Order, take
from vgkit.batch.crew import Ending, Job
from vgkit.batch.planned import Film
from vgkit.batch.threads import Turn
from vgkit.batch.turn import cancel, take_turn
from vgkit.errors import ClusterError, Interrupted, VgkitError

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 2.0
_RESULT_S = 10.0
_CUT_OFF = "scheduler-connection-lost"  # as Dask's client calls it
_STOPPED = "Stopped. What is finished is kept; run it again to go on from there."


class ClusterCrew:
    """A ``Crew`` of all workers of a cluster. ``at_once`` caps the films side by side, 0 where the workers do."""

    def __init__(
        self,
        client: Client,
        films: Sequence[Film],
        *,
        terms: Terms,
        workers: Workers,
        limits: Mapping[str, int],
        at_once: int = 0,
        turn: Turn = take_turn,
    ) -> None:
        self._client, self._terms, self._limits, self._turn = client, terms, limits, turn
        self._films = {film.name: film for film in films}
        self._kinds = tuple(counted(films))
        self._workers, self._at_once = workers, at_once
        self._name, self._address = secrets.token_hex(8), client.scheduler.address
        self._ended: queue.Queue[tuple[Job, Future | Ending | Exception]] = queue.Queue()
        self._under_way: dict[str, tuple[Job, Future | None]] = {}
        self._stop: Stop | None = None
        self._taken_back: set[str] = set()
        self._lost = False
        self._looked_at = time.monotonic()
        self._lacking: tuple[str, ...] = ()

    @property
    def dashboard(self) -> str:
        """The address of Dask's own page about this cluster; empty where it has none."""
        return str(self._client.dashboard_link or "")

    def room(self) -> int:
        # One where there is no worker: it waits at the scheduler, and goes to the first that comes.
        there = max(1, *(places(needs, self._workers.values()) for needs in self._kinds))
        return (min(there, self._at_once) if self._at_once else there) - len(self._under_way)

    def begin(self, job: Job) -> None:
        self._under_way[job.run] = (job, None)
        try:
            if self._terms.runs_at:
                from vgkit.batch.carry import send_run

                send_run(job.run, self._terms.runs_at)
            future = self._submitted(job)
        except VgkitError as error:
            self._ended.put((job, Ending.of(job, error)))
        except GONE as error:
            self._ended.put((job, error))
        else:
            self._hear_of(job, future)

    def _hear_of(self, job: Job, future: Future) -> None:
        self._under_way[job.run] = (job, future)
        future.add_done_callback(lambda done: self._ended.put((job, done)))

    def _submitted(self, job: Job) -> Future:
        film = self._films[job.run]
        order = Order(
            job,
            self._name,
            hosts_by_phase(film),
            self._limits,
            self._terms.probe,
            self._terms.runs_at,
            film.batch.name if film.rehearsal is not None else "",
            film.rehearsal,
            turn=self._turn,
        )
        key = (film.batch.name, job.run, job.attempt, secrets.token_hex(4))
        return self._client.submit(take, order, key=key, resources=dict(needs_of(film)), pure=False)

    def ended(self, timeout_s: float) -> Ending | None:
        if self._lost:
            return self._next_lost()
        try:
            job, done = self._ended.get(timeout=timeout_s)
        except queue.Empty:
            self._look()
            return None
        if isinstance(done, Exception):
            raise self._lose() from done
        ending = done if isinstance(done, Ending) else self._told(job, done)
        if ending:
            del self._under_way[job.run]
        return ending

    def _told(self, job: Job, done: Future) -> Ending | None:
        """How a turn ended by what the cluster says; None where another was given to it in its place."""
        _, given = self._under_way.get(job.run, (job, None))
        if given is None or given.key != done.key:
            return None
        try:
            return self._fetched(job, done.result(timeout=_RESULT_S))
        except TimeoutError:  # the worker that had the answer is lost, and another takes the turn again
            self._hear_of(job, done)
            return None
        except Exception as error:
            return self._given_up(job, done, error)

    def _given_up(self, job: Job, done: Future, error: Exception) -> Ending:
        """How a turn ended that did not tell of its end. Raises ClusterError where the scheduler went away."""
        if job.run in self._taken_back:
            if self._stop == "now":
                cancel(job.run)
            return Ending.of(job, Interrupted(_STOPPED))
        if isinstance(error, KilledWorker):
            return _killed(job, error)
        if done.status == "error":
            log.error("%s ended by an error that should not be", job.run, exc_info=error)
            return Ending.of(job, error)
        reason = error.reason if isinstance(error, FutureCancelledError) else _CUT_OFF
        if reason == _CUT_OFF:
            raise self._lose() from error
        return Ending.of(job, ClusterError(f"The cluster gave its turn up ({reason}); somebody may have canceled it."))

    def _fetched(self, job: Job, ending: Ending) -> Ending:
        """Bring home what a turn made elsewhere."""
        if self._terms.runs_at:
            from vgkit.batch.carry import fetch_run

            try:
                fetch_run(job.run, self._terms.runs_at)
            except VgkitError as error:
                return Ending.of(job, error, seconds=ending.seconds, cost_usd=ending.cost_usd)
        return ending

    def soon(self) -> None:
        self._ask("soon")

    def now(self) -> None:
        self._ask("soon")
        self._ask("now")

    def _ask(self, stop: Stop) -> None:
        self._stop = stop
        if not self._lost:
            with contextlib.suppress(*GONE):
                event(self._name, stop, self._client).set()
                self._take_back()

    def _take_back(self) -> None:
        """Take back the turns that no worker has: they would begin one day, and nobody would be told."""
        for job, future in self._with_no_worker():
            self._taken_back.add(job.run)
            future.cancel()

    def _give_again(self) -> None:
        """Give turns that no worker could take anew: Dask holds those against workers that come, but not against what
        one that is there offers by now."""
        for job, future in self._with_no_worker():
            self._hear_of(job, self._submitted(job))
            future.cancel()

    def _with_no_worker(self) -> list[tuple[Job, Future]]:
        pending = [(job, future) for job, future in self._under_way.values() if future and future.status == "pending"]
        given = {key for keys in self._client.processing().values() for key in keys} if pending else set()
        return [(job, future) for job, future in pending if future.key not in given]

    def _look(self) -> None:
        """See now and then who has come and who has gone. Raises ClusterError where the scheduler has."""
        if time.monotonic() - self._looked_at < _LOOK_EVERY_S:
            return
        if self._client.status != "running":
            raise self._lose()
        try:
            workers = workers_of(self._client)
            if new := {address: told for address, told in workers.items() if address not in self._workers}:
                for complaint in look_at(self._client, new, self._terms):
                    log.warning("%s.", complaint)
                workers = workers_of(self._client)
                self._give_again()
            self._workers = workers
            self._tell_of_lacks()
            if self._stop:
                self._take_back()
        except GONE as error:
            raise self._lose() from error
        self._looked_at = time.monotonic()

    def _tell_of_lacks(self) -> None:
        lacking = tuple(unmet(counted(self._films[run] for run in self._under_way), self._workers.values()))
        for said in {*lacking} - {*self._lacking}:
            log.warning("%s. They wait for it.", said)
        self._lacking = lacking

    def _lose(self) -> ClusterError:
        self._lost = True
        count, batch = len(self._under_way), next(iter(self._films.values())).batch.name
        return ClusterError(
            f"The scheduler at {self._address} went away with {count} film{'s'[: count != 1]} under way. What is "
            "finished is kept, and what was begun is taken up: start it again, then "
            f"`vgkit batch resume {batch} --scheduler {self._address}`."
        )

    def _next_lost(self) -> Ending | None:
        """Films that were under way when the scheduler went: how each ended there is not known."""
        for run in self._under_way:
            job, _ = self._under_way.pop(run)
            return Ending.of(job, Interrupted(_STOPPED))
        return None

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Leave nothing at the scheduler when the block ends."""
        try:
            yield
        finally:
            with contextlib.suppress(*GONE):
                for stop in ("soon", "now") if self._stop and not self._lost else ():
                    event(self._name, stop, self._client).clear()


def _killed(job: Job, error: Any) -> Ending:
    count = error.allowed_failures + 1
    message = (
        f"{count} worker{'s'[: count != 1]} died making it, the last at {error.last_worker.address}. Most often memory "
        "ran out: look at that worker's log, give it more or have it make fewer films at once, then "
        f"`vgkit resume {job.run}`."
    )
    return Ending(job.run, "failed", 0.0, Decimal(0), error="KilledWorker", message=message, attempt=job.attempt)
