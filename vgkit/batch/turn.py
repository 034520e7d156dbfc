"""One turn of one run, by whoever it falls to, and how it ended as a record that can be passed on."""

import contextlib
import logging
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from vgkit.batch.crew import Ending, Job, State
from vgkit.errors import VgkitError
from vgkit.halt import Halt
from vgkit.ledger import Event
from vgkit.ledger.kinds import Kind
from vgkit.ledger.reading import read_kinds
from vgkit.phases.leftovers import cancel_open
from vgkit.pipeline import Gate, run_phases
from vgkit.places import runs_dir
from vgkit.run import Run

log = logging.getLogger(__name__)

_TELLING: tuple[Kind, ...] = ("phase_started", "phase_finished", "phase_failed", "run_finished")


def take_turn(job: Job, *, halt: Halt, gate: Gate) -> Ending:
    """Make what is missing of a run. What goes wrong is how it ended, and is told; nothing is raised for it."""
    begun, before = time.perf_counter(), _told_so_far(job.run)
    try:
        outcome = run_phases(Run.open(runs_dir() / job.run), halt=halt, gate=gate, sync=False)
    except Exception as error:  # one film must not end a night's batch; what it was is on record
        if not isinstance(error, VgkitError):
            log.exception("%s ended by an error that should not be", job.run)
        told = _told_since(job.run, before)
        return Ending.of(
            job, error, seconds=time.perf_counter() - begun, cost_usd=_cost_usd(told), phase=_failed_phase(told)
        )
    state: State = "degraded" if outcome.degraded else "success"
    return Ending(job.run, state, outcome.seconds, outcome.cost_usd, attempt=job.attempt)


def cancel(run: str) -> None:
    """Cancel and settle what a stopped run has open on its hosts; what can't be is left to ``vgkit cancel``."""
    try:
        cancel_open(Run.open(runs_dir() / run))
    except Exception as error:  # its film has ended, and the others' endings are to be heard too
        log.warning("%s has calls open that could not be canceled: %s", run, error)


def _told_so_far(run: str) -> int:
    """How long the run's record is: what comes after is of this turn, whatever any clock says."""
    with contextlib.suppress(OSError):
        return _record(run).stat().st_size
    return 0


def _told_since(run: str, before: int) -> tuple[Event, ...]:
    """What the run's record says of this turn's phases and end."""
    try:
        return read_kinds(_record(run), _TELLING, offset=before)
    except VgkitError:
        return ()


def _record(run: str) -> Path:
    return runs_dir() / run / "events.jsonl"


def _cost_usd(told: Sequence[Event]) -> Decimal:
    return sum((event.usd("cost_usd") for event in told if event.kind == "run_finished"), Decimal(0))


def _failed_phase(told: Sequence[Event]) -> str:
    """The phase that it was in, or that failed; none where it ended between two."""
    phases = [event for event in told if event.kind != "run_finished"]
    return str(phases[-1]["phase"]) if phases and phases[-1].kind != "phase_finished" else ""
