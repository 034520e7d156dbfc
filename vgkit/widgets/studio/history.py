"""The films made before: open one, or watch two side by side."""

from collections.abc import Callable, Sequence

from vgkit.progress_table import clock, usd
from vgkit.studio.history import PastRun
from vgkit.widgets.look import heading, quiet, state_in_words, state_tone
from vgkit.widgets.parts import button, hide, markup, refill, row, stack
from vgkit.widgets.studio.media import thumbnail
from vgkit.widgets.studio.tiles import Tile, Tiles

AT_ONCE = 12


class HistoryView:
    """Past runs as tiles, the newest ``shown`` of them; ``box`` is what is shown.

    ``on_open`` is called with a run's name, ``on_compare`` with two, ``on_more`` where older ones are wanted.
    """

    def __init__(
        self,
        *,
        on_open: Callable[[str], None],
        on_compare: Callable[[str, str], None],
        on_more: Callable[[], None],
    ) -> None:
        self.shown = AT_ONCE
        self._on_compare, self._on_more = on_compare, on_more
        self.tiles = Tiles(label="Films made before", least="196px", on_open=on_open)
        self.tiles.add_class("vg-history-tiles")
        self.tiles.observe(lambda _: self._follow_picked(), names="picked")
        self.compare = button("Compare the two", "vg-compare", self._compare)
        self.more = button("Show more", "vg-older", self._show_more)
        self._said = markup("", quiet("None yet. Your first film will be here."))
        self.beside = stack(name="vg-beside")
        self.box = stack(
            row(markup("", heading("Films so far")), self.compare, name="vg-head"),
            *(self._said, self.beside, self.tiles, self.more),
            name="vg-card vg-history",
        )
        self._follow_picked()
        hide(self.more, unless=False)

    def show(self, runs: Sequence[PastRun], *, now: str = "") -> None:
        """Show these runs, the newest first, and mark the one that is open; one more than are shown means there are
        older ones."""
        self.tiles.show([_tile(run) for run in runs[: self.shown]])
        self.tiles.now = now
        there = {run.name for run in runs}
        self.tiles.picked = [name for name in self.tiles.picked if name in there]
        hide(self._said, unless=not runs)
        hide(self.compare, unless=len(runs) > 1)
        hide(self.more, unless=len(runs) > self.shown)

    def set_beside(self, *shown: object) -> None:
        """Put the players of two films above the tiles, or a sentence."""
        refill(self.beside, *shown)

    def _follow_picked(self) -> None:
        count = len(self.tiles.picked)
        self.compare.disabled = count != 2
        self.compare.description = "Compare the two" if count == 2 else "Tick two to compare"
        if count < 2:
            self.set_beside()

    def _compare(self) -> None:
        if len(self.tiles.picked) == 2:
            first, second = self.tiles.picked
            self._on_compare(first, second)

    def _show_more(self) -> None:
        self.shown += AT_ONCE
        self._on_more()


def _tile(run: PastRun) -> Tile:
    when = f"{run.created_at.astimezone():%d %b %Y, %H:%M}"
    took = f", {clock(run.seconds)}" if run.seconds is not None else ""
    state = "unexported" if run.unexported else run.state
    paid = "rehearsed" if run.rehearsed else usd(run.cost_usd)
    return Tile(
        key=run.name,
        title=run.title,
        lines=(when, f"{run.duration_s} s, {run.aspect}, {run.profile}", f"{paid}{took}"),
        chip=(state_in_words(state), state_tone(state)),
        picture=thumbnail(run.poster, width_px=400),
        instead="" if run.state in ("queued", "running") else "no film yet",
        pickable=run.film is not None,
    )
