"""Ends a launched run so that no process of it is left, whatever it is at."""

from vgkit.run import Run


def stop(run: Run) -> None:
    """Stop a launched run, queued or at work, within 5 s; it may go on later from what is finished.

    Hosted calls that are open stay open, to be taken up or canceled (``vgkit.stopping.cancel_run``): what they may cost
    is in ``Sight.open_usd``. It waits, so a page calls it in a thread. Does nothing where nothing is at work. Raises
    RunBusy where what works in the run was not launched by the studio, since that may be a person's own notebook.
    """
    raise NotImplementedError
