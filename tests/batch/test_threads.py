"""A crew of threads: how many films it takes on, in which order they end, and who waits for a core."""

import os
import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from rehearsed import rehearsed_run

from vgkit.batch.crew import Ending, Job
from vgkit.batch.threads import ThreadCrew, sized
from vgkit.halt import Halt

PATIENCE_S = 120.0
Gate = Callable[[str], AbstractContextManager[None]]


class Turns:
    """Turns that end when the test says so."""

    def __init__(self) -> None:
        self.begun: queue.Queue[str] = queue.Queue()
        self.halts: list[Halt] = []
        self._may_end: dict[str, threading.Event] = {}

    def __call__(self, job: Job, *, halt: Halt, gate: Gate) -> Ending:
        self.halts.append(halt)
        may_end = self._may_end.setdefault(job.run, threading.Event())
        self.begun.put(job.run)
        assert may_end.wait(PATIENCE_S)
        return Ending(job.run, "stopped" if halt.asked else "success", attempt=job.attempt)

    def end(self, run: str) -> None:
        self._may_end[run].set()


def begun(crew: ThreadCrew, turns: Turns, *runs: str) -> None:
    for run in runs:
        crew.begin(Job(run, attempt=2))
        assert turns.begun.get(timeout=PATIENCE_S) == run


def test_films_are_told_in_the_order_they_end_and_leave_room() -> None:
    turns = Turns()
    crew = ThreadCrew(at_once=3, hosted=True, turn=turns)
    begun(crew, turns, "a", "b", "c")
    assert crew.room() == 0
    assert crew.ended(0.0) is None
    for run in ("b", "c", "a"):
        turns.end(run)
        assert crew.ended(PATIENCE_S) == Ending(run, "success", attempt=2)
    assert crew.room() == 3


def test_soon_and_now_reach_every_film_that_is_under_way_and_those_that_begin_later() -> None:
    turns = Turns()
    crew = ThreadCrew(at_once=3, hosted=True, turn=turns)
    begun(crew, turns, "a", "b")
    crew.soon()
    begun(crew, turns, "c")
    assert [halt.asked for halt in turns.halts] == [True, True, True]
    turns.end("a")
    ending = crew.ended(PATIENCE_S)
    assert ending
    assert ending.state == "stopped"
    for run in ("b", "c"):  # no thread outlives its test
        turns.end(run)
        assert crew.ended(PATIENCE_S)


def test_an_ending_is_heard_even_where_its_calls_can_not_be_canceled(
    runs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    turns = Turns()
    crew = ThreadCrew(at_once=1, hosted=True, turn=turns)
    begun(crew, turns, "a")
    crew.now()
    turns.end("a")
    assert crew.ended(PATIENCE_S) == Ending("a", "stopped", attempt=2)
    assert "a has calls open that could not be canceled: There is no run" in caplog.text


class Meeting:
    """Turns that say whether two of them were in a phase at once."""

    def __init__(self, phase: str, *, together: bool) -> None:
        self._phase, self._patience_s = phase, PATIENCE_S if together else 0.3
        self._meeting = threading.Barrier(2)

    def __call__(self, job: Job, *, halt: Halt, gate: Gate) -> Ending:
        with gate(self._phase):
            try:
                self._meeting.wait(self._patience_s)
            except threading.BrokenBarrierError:
                return Ending(job.run, "stopped")
        return Ending(job.run, "success")


def met(crew: ThreadCrew) -> list[bool]:
    for run in ("a", "b"):
        crew.begin(Job(run))
    endings = [crew.ended(2 * PATIENCE_S) for _ in range(2)]
    return [ending is not None and ending.well for ending in endings]


@pytest.mark.parametrize(
    ("phase", "hosted", "together"),
    [
        ("refine", True, False),
        ("chunks", True, True),
        ("refine", False, False),
        ("chunks", False, False),
        ("animatic", False, False),
        ("validate", False, True),
    ],
)
def test_only_phases_that_compute_take_turns_on_the_cores(phase: str, hosted: bool, together: bool) -> None:
    crew = ThreadCrew(at_once=2, hosted=hosted, cores=1, turn=Meeting(phase, together=together))
    assert met(crew) == [together, together]


@pytest.mark.parametrize(
    ("engines", "together"),
    [(("sketch", "sketch"), False), (("sketch", "zeroscope-draft"), True), (("zeroscope-draft",) * 2, True)],
)
def test_of_one_batch_those_films_wait_for_a_core_that_this_machine_draws(
    runs: Path, engines: tuple[str, str], together: bool
) -> None:
    for name, engine in zip("ab", engines, strict=True):
        rehearsed_run(name=name, engines={"plan": "gpt", "picture": "sdxl", "video": engine})
    assert met(ThreadCrew(at_once=2, cores=1, turn=Meeting("chunks", together=together))) == [together, together]


def test_a_machine_takes_on_more_films_that_wait_than_films_it_draws() -> None:
    assert 1 <= sized(hosted=False) <= (os.cpu_count() or 1)
    assert 1 <= sized(hosted=True) <= 16
