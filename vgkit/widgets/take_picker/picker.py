"""A control with which a person puts another take into the cut.

It shows and hands on; what a choice means is decided where the command line decides it, too."""

from typing import Any

from vgkit.phases.takes import takes_by_shot
from vgkit.run import Run
from vgkit.widgets.attended import attended


def take_picker(run: Run, *, takes: int) -> Any:
    """Let a person choose among the takes of each shot; where no shot has several, or nobody is there, say so.

    Raises PhaseNotReady before there are any.
    """
    several = {shot: there for shot, there in takes_by_shot(run).items() if len(there) > 1}
    if not several:
        return "Each shot has one take. With takes = 2 or more there is something to choose."
    if not attended():
        shot, there = next(iter(several.items()))
        otherwise = f"choose with `vgkit take {run.name} {shot} {there[-1]}`"
        return f"{len(several)} shots have several takes. Compare them here in JupyterLab, or {otherwise}."
    # Imported here, as it takes a fifth of a second that a run at which nobody sits need not spend.
    from vgkit.widgets.take_picker.page import TakePage

    return TakePage(run, takes=takes).box
