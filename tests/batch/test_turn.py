"""How a turn of a run ended, as a record: of this turn alone, whatever went before."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from builders import run as started

from vgkit.batch.crew import Ending, Job
from vgkit.batch.turn import take_turn
from vgkit.errors import (
    BudgetExceeded,
    HostUnavailable,
    Interrupted,
    KeyRejected,
    OrderRejected,
    PhaseFailed,
    PromptRefused,
    RunBusy,
    StoreError,
)
from vgkit.halt import Halt
from vgkit.lock import RunLock


def turn(name: str) -> Ending:
    return take_turn(Job(name, attempt=2), halt=Halt(), gate=lambda _: contextlib.nullcontext())


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Another thread works in a run while the block runs."""
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with RunLock(folder):
            taken.set()
            done.wait()

    apart = threading.Thread(target=hold)
    apart.start()
    taken.wait()
    try:
        yield
    finally:
        done.set()
        apart.join()


def test_a_turn_that_never_began_has_neither_the_cost_nor_the_phase_of_the_one_before(runs: Path) -> None:
    run = started(name="kite")
    run.events.write("phase_failed", phase="chunks", error="EngineFailed", message="no clip")
    run.events.write("run_finished", state="failed", seconds=9.0, cost_usd=Decimal("0.40"))
    with held(run.folder):
        ending = turn("kite")
    assert (ending.state, ending.error, ending.phase, ending.cost_usd) == ("failed", "RunBusy", "", Decimal(0))
    assert (ending.attempt, ending.again, ending.hopeless) == (2, True, False)


def test_what_a_machine_told_whose_clock_was_ahead_is_not_of_this_turn(runs: Path) -> None:
    run = started(name="kite")
    run.events.write("phase_failed", phase="chunks", error="EngineFailed", message="no clip")
    record = run.events.path.read_text()
    run.events.path.write_text(record.replace('"at":"20', '"at":"21'))
    with held(run.folder):
        ending = turn("kite")
    assert (ending.error, ending.phase) == ("RunBusy", "")


def test_a_run_that_is_not_there_is_how_it_ended(runs: Path) -> None:
    ending = turn("kite")
    assert (ending.state, ending.error, ending.again) == ("failed", "RunNotFound", False)
    assert "There is no run" in ending.message


@pytest.mark.parametrize(
    ("error", "state", "again", "hopeless"),
    [
        (HostUnavailable("away"), "failed", True, False),
        (PhaseFailed("a cell"), "failed", True, False),
        (RunBusy("in use"), "failed", True, False),
        (PromptRefused("no"), "failed", False, False),
        (OrderRejected("422"), "failed", False, False),
        (BudgetExceeded("$2"), "failed", False, False),
        (KeyRejected("401"), "failed", False, True),
        (StoreError("full"), "failed", False, True),
        (Interrupted("stop"), "stopped", False, False),
        (ValueError("odd"), "failed", False, False),
    ],
)
def test_what_an_error_means_for_the_batch(error: Exception, state: str, again: bool, hopeless: bool) -> None:
    ending = Ending.of(Job("kites.a"), error)
    assert (ending.state, ending.again, ending.hopeless, ending.well) == (state, again, hopeless, False)
    assert (ending.error, ending.message) == (type(error).__name__, str(error))
