"""One turn of one run, by whoever it falls to, and how it ended as a record that can be passed on."""

import contextlib
import logging
import time
from decimal import Decimal
from pathlib import Path

from vgkit.batch.crew import Ending, Job, State
from vgkit.errors import (
    CreditExhausted,
    EngineFailed,
    HostUnavailable,
    Interrupted,
    KernelDied,
    KeyMissing,
    KeyRejected,
    OrderRejected,
    PhaseFailed,
    PromptRefused,
    RunBusy,
    StoreError,
    VgkitError,
)
from vgkit.halt import Halt
from vgkit.ledger.reading import read_kinds
from vgkit.phases.leftovers import cancel_open
from vgkit.pipeline import Gate, run_phases
from vgkit.places import runs_dir
from vgkit.run import Run

log = logging.getLogger(__name__)

# What another turn may mend: a host that was away, a crash, results that came out useless under these seeds.
_AGAIN = (HostUnavailable, EngineFailed, PhaseFailed, KernelDied, RunBusy)
_NEVER = (PromptRefused, OrderRejected)
_HOPELESS = (KeyMissing, KeyRejected, CreditExhausted, StoreError)


def take_turn(job: Job, *, halt: Halt, gate: Gate) -> Ending:
    """Make what is missing of a run. What goes wrong is how it ended, and is told; nothing is raised for it."""
    begun = time.perf_counter()
    folder = runs_dir() / job.run
    try:
        outcome = run_phases(Run.open(folder), halt=halt, gate=gate, sync=False)
    except VgkitError as error:
        return _ending(job, error, time.perf_counter() - begun, folder)
    except Exception as error:  # one film must not end a night's batch; what it was is on record
        log.exception("%s ended by an error that should not be", job.run)
        return _ending(job, error, time.perf_counter() - begun, folder)
    state: State = "degraded" if outcome.degraded else "success"
    return Ending(job.run, state, outcome.seconds, outcome.cost_usd, attempt=job.attempt)


def cancel(run: str) -> None:
    """Cancel and settle what a stopped run has open on its hosts; what can't be is left to ``vgkit cancel``."""
    try:
        cancel_open(Run.open(runs_dir() / run))
    except VgkitError as error:
        log.warning("%s has calls open that could not be canceled: %s", run, error)


def _ending(job: Job, error: Exception, seconds: float, folder: Path) -> Ending:
    stopped = isinstance(error, Interrupted)
    return Ending(
        job.run,
        "stopped" if stopped else "failed",
        seconds,
        _cost_of_last_turn(folder),
        phase=_failed_phase(folder),
        error=type(error).__name__,
        message=str(error),
        attempt=job.attempt,
        again=isinstance(error, _AGAIN) and not isinstance(error, _NEVER),
        hopeless=isinstance(error, _HOPELESS),
    )


def _cost_of_last_turn(folder: Path) -> Decimal:
    with contextlib.suppress(VgkitError):
        if ends := read_kinds(folder / "events.jsonl", ("run_finished",)):
            return ends[-1].usd("cost_usd")
    return Decimal(0)


def _failed_phase(folder: Path) -> str:
    with contextlib.suppress(VgkitError):
        if failures := read_kinds(folder / "events.jsonl", ("phase_started", "phase_failed")):
            return str(failures[-1]["phase"])
    return ""
