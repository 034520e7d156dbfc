"""Ends a launched run so that no process of it is left, whatever it is at."""

import contextlib
import os
import signal
import socket
import time
from datetime import UTC, datetime
from decimal import Decimal

from vgkit.errors import RunBusy
from vgkit.ledger import read_events
from vgkit.lock import RunLock, held_by, lives
from vgkit.run import Run
from vgkit.studio import launches

_PATIENCE_S = 2.5  # then it is killed
_LAST_S = 2.0
_LOOK_EVERY_S = 0.05
_STOPPED = "Stopped. What is finished is kept; go on from there when you like."


def stop(run: Run) -> None:
    """Stop a launched run, queued or at work, within 5 s; it may go on later from what is finished.

    Hosted calls that are open stay open, to be taken up or canceled (``vgkit.stopping.cancel_run``): what they may cost
    is in ``Sight.open_usd``. It waits, so a page calls it in a thread. Does nothing where nothing is at work. Raises
    RunBusy where what works in the run was not launched by the studio, since that may be a person's own notebook.
    """
    launch, alive = launches.launch_of(run.folder)
    if not alive:
        if owner := held_by(run.folder):
            raise RunBusy(f"{run.name} is made by {owner}, which was not launched from here. Stop it there.")
        return
    if launch and launch.host != socket.gethostname():
        raise RunBusy(f"{run.name} is made on {launch.host}. Stop it there.")
    _end(run)
    _write_down(run)


def _end(run: Run) -> None:
    """Ask the process to stop and, where it does not listen, kill it; its kernel goes with it."""
    asked = killed = False
    until = time.monotonic() + _PATIENCE_S
    while True:
        launch, alive = launches.launch_of(run.folder)
        if not alive:
            break
        late = time.monotonic() > until
        if launch and launch.pid and (not asked or (late and not killed)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(launch.pid, signal.SIGKILL if asked else signal.SIGTERM)
            asked, killed = True, asked
        time.sleep(_LOOK_EVERY_S)
    if killed:
        _await_last_of_it(run)


def _await_last_of_it(run: Run) -> None:
    """Of a killed process the system closes one file after the other, so its launch may be gone before its hold on the
    run is; and its kernel has yet to notice and to end."""
    kernels = [int(event.get("pid") or 0) for event in read_events(run.events.path).of("phase_started")]
    until = time.monotonic() + _LAST_S
    while ((kernels and lives(kernels[-1])) or held_by(run.folder)) and time.monotonic() < until:
        time.sleep(_LOOK_EVERY_S)


def _write_down(run: Run) -> None:
    """Put the end on record where the process had no time to."""
    with launches.taken(run.folder) as descriptor, RunLock(run.folder):
        events = read_events(run.events.path).events if run.events.path.exists() else ()
        starts = [number for number, event in enumerate(events) if event.kind == "run_started"]
        attempt = events[starts[-1] :] if starts else ()
        if attempt and not any(event.kind == "run_finished" for event in attempt):
            paid = [event.usd("cost_usd") for event in attempt if event.kind in ("call_settled", "call_failed")]
            run.events.write(
                "run_finished",
                state="stopped",
                seconds=(datetime.now(UTC) - attempt[0].at).total_seconds(),
                cost_usd=sum(paid, Decimal(0)),
                film="film.mp4" if run.path("phases/refine.json").exists() else None,
                message=_STOPPED,
            )
        launch, _ = launches.launch_of(run.folder)
        if launch is None or not launch.ended_at:
            launches.add(descriptor, ended_at=launches.now(), error="Interrupted", message=_STOPPED)
