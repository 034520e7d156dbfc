"""Stops a run that is at work, and what it has under way on hosts, so that nothing goes on costing."""

import os
import signal
import socket
import time

from vgkit.errors import RunBusy
from vgkit.ledger import Ledger
from vgkit.lock import RunLock, held_by
from vgkit.phases.leftovers import Settled, cancel_open
from vgkit.rehearse import hosts_of
from vgkit.run import Run

_PATIENCE_S = 30.0  # a run brings home what has just come in before it ends
_LOOK_EVERY_S = 0.1


def cancel_run(run: Run, *, stop: bool) -> list[Settled]:
    """Cancel and settle what a run has open on hosts; with ``stop``, end the process that works in it first.

    Raises RunBusy where one works in it and may not or can't be stopped, HostError where a host can't be worked with.
    """
    owner = held_by(run.folder)
    if owner and not stop:
        raise RunBusy(
            f"Run {run.name} is in use: {owner} works in it, and would ask for more. "
            f"`vgkit cancel {run.name} --yes` stops it first."
        )
    if owner:
        _end_work(run)
    with hosts_of(run), RunLock(run.folder):
        settled = cancel_open(run)
    Ledger(run.folder.parent).sync()
    return settled


def _end_work(run: Run) -> None:
    """Ask the process that works in a run to stop, as Ctrl-C does, and wait until it has."""
    asked: set[int] = set()
    until = time.monotonic() + _PATIENCE_S
    while owner := held_by(run.folder):
        if owner.host != socket.gethostname():
            raise RunBusy(f"Run {run.name} is in use: {owner} works in it. Stop it there, then try again.")
        if time.monotonic() > until:
            raise RunBusy(
                f"Run {run.name} is in use: {owner} was asked to stop {_PATIENCE_S:.0f} s ago and still works. "
                f"End it with `kill -9 {owner.pid}`, then try again; nothing is lost by it."
            )
        if owner.pid not in asked:
            asked.add(owner.pid)
            os.kill(owner.pid, signal.SIGTERM)
        time.sleep(_LOOK_EVERY_S)
