"""Runs that threads of one driver make are stopped from outside: after the phase they are in, or at once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from builders import run as started

from vgkit.errors import Interrupted
from vgkit.halt import Halt
from vgkit.ledger import read_events
from vgkit.phases.step import PHASES
from vgkit.pipeline import Gate, run_phases
from vgkit.run import Run
from vgkit.runner import NotebookRunner

PATIENCE_S = 60.0
FIRST = PHASES[:3]


class Counted(NotebookRunner):
    """A runner without a kernel, that counts how often it is stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.stops = 0

    def stop(self) -> None:
        self.stops += 1


def test_soon_lets_runners_be_and_begins_nothing_more() -> None:
    halt, runner = Halt(), Counted()
    with halt.over(runner):
        halt.check()
        halt.soon()
        assert halt.asked
        with pytest.raises(Interrupted, match="What is finished is kept"):
            halt.check()
    assert runner.stops == 0


def test_now_stops_the_runners_that_are_at_work_and_those_that_come_later() -> None:
    halt, before, during, after = Halt(), Counted(), Counted(), Counted()
    with halt.over(before):
        pass
    with halt.over(during):
        halt.now()
    with halt.over(after):
        pass
    assert (before.stops, during.stops, after.stops) == (0, 1, 1)
    assert halt.asked


def kinds(run: Run) -> list[tuple[str, str]]:
    """What the run's record says of its phases, in order."""
    told = read_events(run.events.path).of("phase_started", "phase_finished", "phase_failed", "phase_skipped")
    return [(event["phase"], event.kind.removeprefix("phase_")) for event in told]


def gate_that_stops(run: Run, phase: str, stop: Callable[[], None]) -> Gate:
    """A gate that says stop once a phase has begun, while it is at work."""

    def ring() -> None:
        looks = threading.Event()
        for _ in range(int(PATIENCE_S / 0.01)):
            if (phase, "started") in kinds(run):
                break
            looks.wait(0.01)
        stop()

    @contextmanager
    def gate(entered: str) -> Iterator[None]:
        if entered == phase:
            threading.Thread(target=ring, daemon=True).start()
        yield

    return gate


@pytest.mark.slow
def test_a_run_told_to_stop_soon_ends_the_phase_it_is_in_and_begins_no_other(runs: Path) -> None:
    run, halt = started(name="kite"), Halt()
    with pytest.raises(Interrupted):
        run_phases(run, phases=FIRST, halt=halt, gate=gate_that_stops(run, "animatic", halt.soon))
    assert kinds(run)[-2:] == [("animatic", "started"), ("animatic", "finished")]
    assert read_events(run.events.path).of("run_finished")[-1]["state"] == "stopped"


@pytest.mark.slow
def test_a_run_stopped_at_once_says_so_and_goes_on_where_it_was(runs: Path) -> None:
    run, halt = started(name="kite"), Halt()
    with pytest.raises(Interrupted):
        run_phases(run, phases=FIRST, halt=halt, gate=gate_that_stops(run, "animatic", halt.now))
    assert kinds(run)[-2:] == [("animatic", "started"), ("animatic", "failed")]
    (failed,) = read_events(run.events.path).of("phase_failed")
    assert failed["error"] == "Interrupted"
    assert read_events(run.events.path).of("run_finished")[-1]["state"] == "stopped"
    before = len(kinds(run))
    run_phases(run, phases=FIRST)
    again = kinds(run)[before:]
    assert again[0] == ("validate", "skipped")
    assert again[-1] == ("references", "finished")


def test_a_run_that_was_told_before_it_began_makes_nothing(runs: Path) -> None:
    run, halt = started(name="kite"), Halt()
    halt.soon()
    with pytest.raises(Interrupted):
        run_phases(run, phases=FIRST, halt=halt)
    assert kinds(run) == []
