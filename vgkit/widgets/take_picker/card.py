"""One shot's takes on the page of the take picker: a line, and when it is opened a player, figures and buttons."""

from collections.abc import Callable
from functools import partial

import ipywidgets

from vgkit.phases.choosing import ShotTakes
from vgkit.phases.takes import AUTO
from vgkit.player import shown_take
from vgkit.run import Run
from vgkit.widgets.parts import button, markup, row, stack
from vgkit.widgets.player import player
from vgkit.widgets.take_picker.words import measured, summary, told


class TakeCard:
    """Shows one shot, and in it what is ``said`` of the page's doings.

    ``on_turn`` is called to open or fold it, ``on_choose`` with the take that a person wants.
    """

    def __init__(
        self,
        run: Run,
        shot: ShotTakes,
        said: ipywidgets.HTML,
        *,
        on_turn: Callable[[], None],
        on_choose: Callable[[str], None],
    ) -> None:
        self._run, self.shot = run, shot
        self.summary, self._told, self._measured = markup("vg-take-line"), markup("vg-take-told"), markup("")
        self.turn = button("", "vg-take-turn", on_turn)
        self.uses = {
            take: button("Let the rule pick", f"vg-take-use-{take}", partial(on_choose, take))
            for take in (*shot.takes, AUTO)
        }
        self.left, self.right = (
            ipywidgets.Dropdown(options=shot.takes, value=take, description=label)
            for label, take in (("Left", shot.in_the_cut), ("Right", shot.beside))
        )
        for side in (self.left, self.right):
            side.observe(lambda _: self._play(), names="value")
        self._stage = ipywidgets.VBox()
        self._head = row(self.summary, self.turn, name="vg-head")
        sides = [row(self.left, self.right)] if len(shot.takes) > 2 else []
        self._body = stack(self._told, *sides, self._stage, row(*self.uses.values()), said, self._measured)
        self.box = stack(self._head, name=f"vg-card vg-take-{shot.shot}")
        self.show(shot, may_choose=True)

    @property
    def is_open(self) -> bool:
        """Whether its takes are on the page."""
        return bool(self._stage.children)

    def show(self, shot: ShotTakes, *, may_choose: bool) -> None:
        """Say how the shot stands now; while an earlier choice is being followed, none may be made."""
        self.shot = shot
        self.summary.value, self._told.value, self._measured.value = summary(shot), told(shot), measured(shot)
        self.turn.description = f"{'Close' if self.is_open else 'Compare the takes of'} {shot.shot}"
        for take in shot.takes:
            self.uses[take].description = f"{'Keep' if take == shot.in_the_cut else 'Use'} {take}"
        stands = shot.decision.take if shot.chose else AUTO
        for take, use in self.uses.items():
            use.disabled = not may_choose or (take == stands and shot.is_settled)

    def open(self) -> None:
        """Bring the takes onto the page; only then are their clips loaded."""
        self._play()
        self.box.children = (self._head, self._body)

    def fold(self) -> None:
        """Take them off it."""
        self.box.children = (self._head,)
        self._clear()

    def _play(self) -> None:
        self._clear()
        takes = dict.fromkeys((self.left.value, self.right.value))  # the same on both sides is shown once
        self._stage.children = (player(*(shown_take(self._run, shot=self.shot.shot, take=take) for take in takes)),)

    def _clear(self) -> None:
        shown, self._stage.children = self._stage.children, ()
        for each in shown:
            each.close()
