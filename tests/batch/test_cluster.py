"""Films on a Dask cluster in this process: who is given which, who waits for whom, and how a stop reaches a worker."""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import dask
import pytest
from batches import films
from distributed import LocalCluster
from schedulers import scheduler

from vgkit.batch.cluster import cluster_crew
from vgkit.batch.cluster.connecting import connected
from vgkit.batch.cluster.crew import ClusterCrew
from vgkit.batch.cluster.looking import Terms, looked_over
from vgkit.batch.crew import Ending, Job
from vgkit.batch.planned import Film
from vgkit.batch.threads import Turn
from vgkit.errors import ClusterError
from vgkit.halt import Halt
from vgkit.lock import RunLock

PATIENCE_S = 120.0
Gate = Callable[[str], AbstractContextManager[None]]

MET: "queue.Queue[bool]" = queue.Queue()
BEGUN: "queue.Queue[tuple[str, Halt]]" = queue.Queue()
MEETING = threading.Barrier(2)


def at_once(job: Job, *, halt: Halt, gate: Gate) -> Ending:
    return Ending(job.run, "success", attempt=job.attempt)


def until_halted(job: Job, *, halt: Halt, gate: Gate) -> Ending:
    BEGUN.put((job.run, halt))
    until = time.monotonic() + PATIENCE_S
    while not halt.asked and time.monotonic() < until:
        time.sleep(0.02)
    return Ending(job.run, "stopped" if halt.asked else "success", attempt=job.attempt)


def meets(job: Job, *, halt: Halt, gate: Gate) -> Ending:
    """Whether another film is in the same phase."""
    with gate("chunks"):
        try:
            MEETING.wait(2.0)
            MET.put(True)
        except threading.BrokenBarrierError:
            MET.put(False)
    return Ending(job.run, "success")


def kills_its_worker(job: Job, *, halt: Halt, gate: Gate) -> Ending:
    os._exit(1)


def loses_its_way(job: Job, *, halt: Halt, gate: Gate) -> Ending:
    raise ValueError("odd")


@pytest.fixture(autouse=True)
def _hosts_elsewhere(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No film is made here, so none needs hosts."""
    monkeypatch.setenv("VGKIT_REHEARSAL", "elsewhere")


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0") as one:
        yield one


@contextmanager
def crew_of(
    address: str, planned: Sequence[Film], turn: Turn, *, limits: dict[str, int] | None = None
) -> Iterator[ClusterCrew]:
    """The crew that ``cluster_crew`` gives, with another turn."""
    with connected(address) as client, Terms.of(planned, runs_at="") as terms:
        workers = looked_over(client, planned, terms)
        crew = ClusterCrew(client, planned, terms=terms, workers=workers, limits=limits or {}, turn=turn)
        with crew.closing():
            yield crew


def begin(crew: ClusterCrew, planned: Sequence[Film]) -> None:
    for film in planned:
        film.folder.mkdir(parents=True, exist_ok=True)
        crew.begin(Job(film.name, attempt=2))


def endings(crew: ClusterCrew, count: int) -> dict[str, str]:
    """How the next films end, by their names in the batch."""
    ended: dict[str, str] = {}
    until = time.monotonic() + PATIENCE_S
    while len(ended) < count and time.monotonic() < until:
        if ending := crew.ended(0.2):
            ended[ending.run.split(".")[1]] = ending.state
    return ended


def test_a_worker_that_dask_started_offers_a_film_for_each_thread_and_endings_come_home(cluster: LocalCluster) -> None:
    planned = films(3)
    with crew_of(cluster.scheduler_address, planned, at_once) as crew:
        assert crew.room() == 2
        begin(crew, planned)
        assert crew.room() == -1
        assert endings(crew, 3) == {"f00": "success", "f01": "success", "f02": "success"}
        assert crew.room() == 2
        assert crew.ended(0.0) is None


def test_fewer_at_once_are_made_where_that_is_asked(cluster: LocalCluster) -> None:
    with cluster_crew(cluster.scheduler_address, films(2), at_once=1) as crew:
        assert crew.room() == 1


def test_the_probe_and_the_stop_are_gone_when_the_batch_is_over(cluster: LocalCluster, runs: Path) -> None:
    planned = films(1)
    with crew_of(cluster.scheduler_address, planned, until_halted) as crew:
        assert len(list((runs / ".batches" / "kites-rehearsed").glob(".probe-*"))) == 1
        begin(crew, planned)
        BEGUN.get(timeout=PATIENCE_S)
        crew.soon()
        assert endings(crew, 1) == {"f00": "stopped"}
    assert list((runs / ".batches").rglob(".probe-*")) == []
    assert not cluster.scheduler.extensions["events"]._events


def test_now_reaches_a_film_under_way_and_one_that_waits_is_not_begun(cluster: LocalCluster) -> None:
    planned = films(3)
    with crew_of(cluster.scheduler_address, planned, until_halted) as crew:
        begin(crew, planned)
        begun = dict(BEGUN.get(timeout=PATIENCE_S) for _ in range(2))
        crew.now()
        assert endings(crew, 3) == {"f00": "stopped", "f01": "stopped", "f02": "stopped"}
    assert len(begun) == 2
    assert BEGUN.empty()


def test_a_turn_whose_driver_is_gone_stops_by_itself(cluster: LocalCluster) -> None:
    planned = films(1)
    with crew_of(cluster.scheduler_address, planned, until_halted) as crew:
        begin(crew, planned)
        _, halt = BEGUN.get(timeout=PATIENCE_S)
        assert not halt.asked
    until = time.monotonic() + PATIENCE_S
    while not halt.asked and time.monotonic() < until:
        time.sleep(0.02)
    assert halt.asked


@pytest.mark.parametrize(("limits", "together"), [({}, True), ({"openai": 1}, True), ({"replicate": 1}, False)])
def test_no_more_films_than_the_limit_are_in_a_phase_that_asks_the_host(
    cluster: LocalCluster, limits: dict[str, int], together: bool
) -> None:
    planned = films(2)
    MEETING.reset()
    with crew_of(cluster.scheduler_address, planned, meets, limits=limits) as crew:
        begin(crew, planned)
        assert set(endings(crew, 2).values()) == {"success"}
    assert [MET.get(timeout=PATIENCE_S) for _ in range(2)] == [together, together]


def test_a_run_that_another_still_works_in_is_waited_for(cluster: LocalCluster) -> None:
    planned = films(1)
    with crew_of(cluster.scheduler_address, planned, at_once) as crew:
        planned[0].folder.mkdir(parents=True)
        with RunLock(planned[0].folder):
            begin(crew, planned)
            assert crew.ended(1.5) is None
        assert endings(crew, 1) == {"f00": "success"}


def test_who_waits_for_a_run_can_be_stopped(cluster: LocalCluster) -> None:
    planned = films(1)
    planned[0].run()
    with crew_of(cluster.scheduler_address, planned, at_once) as crew, RunLock(planned[0].folder):
        begin(crew, planned)
        crew.soon()
        assert endings(crew, 1) == {"f00": "stopped"}


def test_an_error_that_should_not_be_is_how_a_film_ended(
    cluster: LocalCluster, caplog: pytest.LogCaptureFixture
) -> None:
    planned = films(1)
    with crew_of(cluster.scheduler_address, planned, loses_its_way) as crew:
        begin(crew, planned)
        assert endings(crew, 1) == {"f00": "failed"}
    assert "kites-rehearsed.f00 ended by an error that should not be" in caplog.text


def test_films_that_no_worker_can_take_are_refused_before_any_begins() -> None:
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=":0", resources={"host:local": 1}) as cluster,
        pytest.raises(ClusterError, match="no worker offers host:rehearsal: 3 films need it"),
        cluster_crew(cluster.scheduler_address, films(3)),
    ):
        pass


@pytest.mark.parametrize(("late_s", "said"), [(100.0, "ahead by 100 s"), (-100.0, "behind by 100 s")])
def test_a_worker_whose_clock_is_far_off_is_refused(cluster: LocalCluster, late_s: float, said: str) -> None:
    terms = Terms(rehearsed=True, clock=lambda: time.time() - late_s)
    with connected(cluster.scheduler_address) as client, pytest.raises(ClusterError, match=said) as refused:
        looked_over(client, films(1), terms)
    assert "Traceback" not in str(refused.value)


def test_a_clock_that_is_a_little_off_is_told(cluster: LocalCluster, caplog: pytest.LogCaptureFixture) -> None:
    terms = Terms(rehearsed=True, clock=lambda: time.time() - 20.0)
    with connected(cluster.scheduler_address) as client:
        assert looked_over(client, films(1), terms)
    assert "has a clock that is ahead by 20 s; set it by NTP" in caplog.text


def test_a_cluster_without_workers_says_how_to_start_one() -> None:
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster,
        pytest.raises(ClusterError, match="No worker is at inproc://.* with `vgkit worker inproc://"),
        cluster_crew(cluster.scheduler_address, films(1)),
    ):
        pass


@pytest.mark.parametrize("address", ["", "10.0.0.5", "foo://10.0.0.5:8786", "tcp://10.0.0.5"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ClusterError, match="No Dask scheduler answers at"), cluster_crew(address, films(1)):
        pass


def test_a_worker_that_goes_away_is_told_and_the_film_waits_for_the_next(caplog: pytest.LogCaptureFixture) -> None:
    planned = films(2)
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster,
        crew_of(cluster.scheduler_address, planned, at_once) as crew,
        caplog.at_level(logging.WARNING, logger="vgkit"),
    ):
        cluster.scale(0)
        until = time.monotonic() + PATIENCE_S
        while cluster.scheduler.workers and time.monotonic() < until:
            time.sleep(0.02)
        begin(crew, planned[:1])
        while "no worker offers host:rehearsal: 1 film needs it" not in caplog.text and time.monotonic() < until:
            assert crew.ended(0.2) is None
        assert crew.room() == 0
        cluster.scale(1)
        assert endings(crew, 1) == {"f00": "success"}


def test_a_film_that_no_worker_has_is_taken_back_when_all_are_to_stop() -> None:
    planned = films(1)
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as cluster,
        crew_of(cluster.scheduler_address, planned, at_once) as crew,
    ):
        cluster.scale(0)
        until = time.monotonic() + PATIENCE_S
        while cluster.scheduler.workers and time.monotonic() < until:
            time.sleep(0.02)
        begin(crew, planned)
        crew.soon()
        assert endings(crew, 1) == {"f00": "stopped"}


@pytest.mark.slow
def test_a_film_that_kills_its_workers_fails_for_good_and_says_what_to_do() -> None:
    planned = films(1)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster,
        crew_of(cluster.scheduler_address, planned, kills_its_worker) as crew,
    ):
        begin(crew, planned)
        ending = None
        while ending is None:
            ending = crew.ended(0.2)
    assert (ending.state, ending.error, ending.again) == ("failed", "KilledWorker", False)
    assert ending.message.startswith("1 worker died making it, the last at tcp://127.0.0.1:")
    assert ending.message.endswith("then `vgkit resume kites-rehearsed.f00`.")


@pytest.mark.slow
def test_a_scheduler_that_goes_away_ends_the_batch_and_says_how_to_go_on() -> None:
    planned = films(2)
    with (
        scheduler(os.environ) as running,
        connected(running.address) as client,
        Terms.of(planned, runs_at="") as terms,
    ):
        crew = ClusterCrew(client, planned, terms=terms, workers={}, limits={})
        begin(crew, planned)
        assert crew.ended(0.2) is None
        running.process.kill()
        with pytest.raises(ClusterError, match="vgkit batch resume kites-rehearsed --scheduler") as lost:
            endings(crew, 1)
        assert "went away with 2 films under way" in str(lost.value)
        crew.now()
        assert endings(crew, 2) == {"f00": "stopped", "f01": "stopped"}
