"""A board of what was rendered, with what a person does to it: stars go on record, two are looked at side by side."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import ipywidgets

from vgkit.errors import VgkitError
from vgkit.lab.lab import Lab
from vgkit.lab.trial import Rendered
from vgkit.lab.versions import star_trial, starred_trials
from vgkit.player import shown_clip
from vgkit.widgets.look import note, quiet
from vgkit.widgets.parts import hide, markup, stack
from vgkit.widgets.player import player
from vgkit.widgets.prompt_lab import tiles
from vgkit.widgets.prompt_lab.prompts import in_words
from vgkit.widgets.prompt_lab.settings import label_of
from vgkit.widgets.prompt_lab.tiles import Tile, Tiles


class Results:
    """The board and, below it, the two that were chosen to be compared; ``on_seen`` is called when a page shows it."""

    def __init__(self, caption: str, name: str, *, on_seen: Callable[[], None] = lambda: None) -> None:
        self.board = Tiles(caption, on_star=self._star, on_pair=self._pair, on_seen=on_seen)
        self.board.add_class(f"vg-{name}-board")
        self._made: dict[str, tuple[Rendered, Lab]] = {}
        self._said, self.side = markup(""), ipywidgets.VBox()
        self.side.add_class(f"vg-{name}-pair")
        # Out of sight, not out of the page: what is hidden still tells that somebody sees the page.
        self.box = stack(self.board, self._said, self.side, name="vg-card vg-hidden")

    def lay(self, tiles: Sequence[Tile], *, columns: Sequence[str] = (), rows: Sequence[str] = ()) -> None:
        """Show other tiles."""
        self.board.lay(tiles, columns=columns, rows=rows)
        hide(self.box, unless=bool(tiles))
        self._made = {known: kept for known, kept in self._made.items() if known in self.board.tiles}
        self._pair(self.board.picked)

    def know(self, tile: str, rendered: Rendered, lab: Lab) -> None:
        """Remember what a tile shows, so that it can be starred."""
        self._made[tile] = rendered, lab

    def rendered(self, tile: str) -> Rendered | None:
        """What a tile shows; None where it shows nothing yet."""
        return self._made[tile][0] if tile in self._made else None

    def _star(self, tile: Tile, on: bool) -> None:
        """Put a star on what a tile shows, or take it away, on all tiles that show the same."""
        if tile.id not in self._made:
            return
        rendered, lab = self._made[tile.id]
        try:
            star_trial(lab, rendered.id, starred=on)
        except VgkitError as refusal:
            self._said.value = note(str(refusal), "bad")
            return
        alike = [each for each, (other, _) in self._made.items() if other.id == rendered.id]
        self.board.put(*(replace(self.board.tiles[each], starred=on) for each in alike))

    def _pair(self, picked: tuple[Tile, ...]) -> None:
        told = ("", "Choose another to compare it with.", "Side by side:")
        self._said.value = quiet(told[len(picked)])
        self.side.children = [_side_by_side(picked)] if len(picked) == 2 else []
        hide(self.side, unless=bool(self.side.children))


def made(id: str, rendered: Rendered, lab: Lab, *, label: str, row: int = 0) -> Tile:
    """The tile of what was made."""
    scores = tuple(
        tiles.Score(in_words(score.name), _short(score.value)) for score in rendered.scores if score.value is not None
    )
    starred = rendered.id in starred_trials(lab)
    return Tile(id, label, row, "made", rendered.path, note_of(rendered), scores=scores, starred=starred)


def told_of(rendered: Rendered) -> str:
    """What was rendered, from which seed, and with which settings of its own."""
    turned = (f"{label_of(name)} {value:g}" for name, value in rendered.params.items())
    return ", ".join((rendered.which, f"seed {rendered.seed}", *turned))


def note_of(rendered: Rendered) -> str:
    """By what it was made, and what that cost and took this time."""
    engine, _, host = rendered.engine.partition("@")
    if rendered.cached:
        return f"{engine} · free, from the cache"
    cost = "free" if host == "local" else f"${rendered.cost_usd:.4f}{', rehearsed' if rendered.rehearsal else ''}"
    return f"{engine} · {cost} · {rendered.seconds:.1f} s"


def _short(value: float) -> str:
    return "under 0.001" if 0 < value < 0.001 else f"{value:.3g}"


def _side_by_side(pair: tuple[Tile, ...]) -> Any:
    """Two clips in the player, in step; anything else as two large pictures."""
    if all(tile.is_clip and tile.path for tile in pair):
        return player(*(shown_clip(tile.path, title=tile.label) for tile in pair if tile.path))
    board = Tiles("Side by side", plain=True)
    board.lay([replace(tile, row=0, best="") for tile in pair], columns=[tile.label for tile in pair], rows=[""])
    return board
