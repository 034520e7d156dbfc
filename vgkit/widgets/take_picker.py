"""A control with which a person puts another take into the cut.

It shows and hands on; what a choice means is decided where the command line decides it, too."""

from typing import Any

from vgkit.errors import VgkitError
from vgkit.phases.chunks import PHASE, make_chunks
from vgkit.phases.report import Figure, PhaseReport
from vgkit.phases.scores import scores_of
from vgkit.phases.takes import AUTO, choose_take, decisions, takes_by_shot
from vgkit.run import Run

_PLAYER_PX = 420


class TakePicker:
    """One shot at a time: its takes side by side, and a button that joins the cut anew with the one that is chosen."""

    def __init__(self, run: Run, takes: int) -> None:
        # Imported here, as it takes a fifth of a second that a run without a choice need not spend.
        import ipywidgets

        self._run, self._takes = run, takes
        self._there = {shot: there for shot, there in takes_by_shot(run).items() if len(there) > 1}
        self.shot = ipywidgets.Dropdown(options=list(self._there), description="shot")
        self.take = ipywidgets.ToggleButtons(description="take")
        self.use = ipywidgets.Button(description="Use it", button_style="primary")
        self.players, self.said = ipywidgets.Output(), ipywidgets.Output()
        self.shot.observe(lambda _: self._turn(), names="value")
        self.use.on_click(lambda _: self._choose())
        self._turn()
        self.box = ipywidgets.VBox([self.shot, self.players, self.take, self.use, self.said])

    def _turn(self) -> None:
        """Show another shot's takes."""
        shot, there = self.shot.value, self._there[self.shot.value]
        decision = decisions(self._run, scores_of(self._run))[shot]
        self.take.options, self.take.value = [AUTO, *there], decision.take
        figures = tuple(Figure(self._run.path(f"chunks/{shot}/{take}.mp4"), take, _PLAYER_PX) for take in there)
        told = f"{decision.take} is in the cut: {decision.why}."
        _show(self.players, PhaseReport(self._run, PHASE, lines=(told,), figures=figures, totals=False))

    def _choose(self) -> None:
        try:
            choose_take(self._run, shot=self.shot.value, take=self.take.value)
            _show(self.said, make_chunks(self._run, takes=self._takes))
            self._turn()
        except VgkitError as refusal:
            _show(self.said, PhaseReport(self._run, PHASE, alerts=(str(refusal),), totals=False))


def take_picker(run: Run, *, takes: int) -> Any:
    """Let a person choose among the takes of each shot; where no shot has several, say so."""
    if any(len(there) > 1 for there in takes_by_shot(run).values()):
        return TakePicker(run, takes).box
    return "Each shot has one take. With takes = 2 or more there is something to choose."


def _show(output: Any, report: PhaseReport) -> None:
    shown = {"text/html": report._repr_html_(), "text/plain": repr(report)}
    output.outputs = ({"output_type": "display_data", "data": shown, "metadata": {}},)
