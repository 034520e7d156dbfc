"""Two players side by side and three buttons; what they show and what a click means is ``compare.blind``'s business."""

import base64
from typing import Any

from vgkit.compare.blind import CHOICES, Ballot, BlindVote, Choice, Of
from vgkit.compare.comparison import Comparison
from vgkit.compare.films import short_names
from vgkit.widgets.attended import attended

_LABELS: dict[Choice, str] = {"left": "Left is better", "same": "No difference", "right": "Right is better"}


class VotingView:
    """A sitting as a person sees it: ``box`` is the widget, and changes as votes come in."""

    def __init__(self, sitting: BlindVote, names: tuple[str, ...]) -> None:
        import ipywidgets

        self._sitting, self._names = sitting, names
        self._said, self._players = ipywidgets.HTML(), ipywidgets.HTML()
        self.buttons: dict[Choice, Any] = {choice: ipywidgets.Button(description=_LABELS[choice]) for choice in CHOICES}
        for choice, button in self.buttons.items():
            button.on_click(lambda _, choice=choice: self._vote(choice))
        row = ipywidgets.HBox([self.buttons["left"], self.buttons["same"], self.buttons["right"]])
        self.box = ipywidgets.VBox([self._said, self._players, row])
        self._show()

    @property
    def said(self) -> str:
        """The line above the players."""
        return str(self._said.value)

    def _vote(self, choice: Choice) -> None:
        self._sitting.vote(choice)
        self._show()

    def _show(self) -> None:
        ballot = self._sitting.current
        if ballot is None:
            self._said.value, self._players.value = self._outcome(), ""
            for button in self.buttons.values():
                button.disabled = True
            return
        place = self._sitting.count - len(self._sitting.ballots) + 1
        self._said.value = f"Pair {place} of {self._sitting.count}. Which is better?"
        self._players.value = _players(ballot)

    def _outcome(self) -> str:
        a, b = self._names
        found = self._sitting.outcome()
        interval = found.more_interval
        how_sure = (
            "too few films for an interval"
            if interval is None
            else (f"95 % interval {100 * interval.low:.0f} to {100 * interval.high:.0f} %")
        )
        return f"All votes are in: {b} is preferred to {a} in {found.more:g} of {found.pairs} ({how_sure})."


def blind_vote(found: Comparison, *, voter: str, of: Of = "films", seed: int = 0) -> Any:
    """Show the pairs that a person has not voted on yet; without a name, or where nobody is, only say how to begin."""
    if not voter:
        return "To vote, set `voter` to your name in the first code cell and run the page again."
    if not attended():
        return f"{voter} votes in JupyterLab: open this notebook there and run it."
    pairs = found.pairs if of == "films" else found.same_shots
    sitting = BlindVote(pairs, voter=voter, of=of, seed=seed)
    return VotingView(sitting, short_names(found.a, found.b)).box


def _players(ballot: Ballot) -> str:
    # Embedded, since a path would tell the engine; muted, or no browser starts them by itself.
    return "".join(
        "<video autoplay loop muted controls style='width:49%;margin-right:1%' "
        f"src='data:video/mp4;base64,{base64.b64encode(path.read_bytes()).decode()}'></video>"
        for path in (ballot.left, ballot.right)
    )
