"""A grid over two axes: the trial of the page varied, its price on one button, tiles that fill in as they come."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from vgkit.errors import Interrupted, VgkitError
from vgkit.lab.grids import MOST_TILES, Grid, best, foresee_grid, measures_of, render_grid
from vgkit.lab.grids import Tile as Cell
from vgkit.lab.lab import Lab
from vgkit.lab.trial import Rendered, Trial
from vgkit.lab.trials import settable
from vgkit.widgets.look import heading, quiet
from vgkit.widgets.parts import hide, markup, row, stack
from vgkit.widgets.prompt_lab.axis import AxisFields, Chosen
from vgkit.widgets.prompt_lab.desk import Desk
from vgkit.widgets.prompt_lab.doer import Doer, Work
from vgkit.widgets.prompt_lab.fields import Field, choice
from vgkit.widgets.prompt_lab.prompts import in_words
from vgkit.widgets.prompt_lab.results import Results, made
from vgkit.widgets.prompt_lab.tiles import Tile
from vgkit.widgets.prompt_lab.work import Change, Newest, Stage

_NO_MEASURE = ""


class GridPanel:
    """``show`` takes the trial that is varied; ``on_spent`` is called when money may have been spent."""

    def __init__(
        self,
        stage: Stage,
        desk: Desk,
        *,
        fill: Callable[[str], str],
        patterns: Callable[[], Sequence[str]],
        on_spent: Callable[[], None],
    ) -> None:
        self._stage, self._desk, self._on_spent = stage, desk, on_spent
        self._trial: Trial | None = None
        self._cells: dict[tuple[int, int], Cell] = {}
        self._shape = (0, 0)
        self.across = AxisFields("Across", "across", "seed", self.reprice, fill=fill, patterns=patterns)
        self.down = AxisFields("Down", "down", "prompt", self.reprice, fill=fill, patterns=patterns)
        self.measure = Field(choice("Best by", [("", _NO_MEASURE)]), "measure", self._mark)
        self.doer = Doer(stage, "grid", "Render grid", self._prepare)
        self.results = Results("The grid", "grid")
        self._about, self.prices = markup("vg-grid-about"), Newest(stage)
        axes = row(self.across.box, self.down.box, name="vg-fields vg-axes")
        foot = row(self.doer.box, self.measure.box, name="vg-grid-foot")
        card = stack(markup("", heading("Grid")), self._about, axes, foot, name="vg-card")
        self.box = stack(card, self.results.box, name="vg-grid-panel")
        self._offer_measures()

    def show(self, trial: Trial | None) -> None:
        """Vary another trial."""
        self._trial = trial
        if trial is not None:
            settings = settable(trial.engine, trial.kind)
            self.across.offer(trial, settings, optional=False)
            self.down.offer(trial, settings, optional=True)
            engine = trial.engine.partition("@")[0]
            told = f"Varies what is set under Render: {trial.which} by {engine}. At most {MOST_TILES} tiles."
            self._about.value = quiet(told)
        self.reprice()

    def reprice(self) -> None:
        """Put today's price of all tiles on the button, or say beside the axes what is wrong."""
        across, down = self.across.chosen, self.down.chosen
        same = across.axis and down.axis and across.axis.name == down.axis.name
        twice = "is what varies across already; choose another"
        self.across.values.complain(across.wrong)
        self.down.values.complain(twice if same else down.wrong)
        wrong = across.wrong or down.wrong or (twice if same else "")
        grid = self._grid(across, down)
        self.prices.drop()
        if wrong:
            self.doer.price("", refused="Something above can't be used.")
        elif grid is None:
            self.doer.price("", refused="The words can't be used yet; see what is said beside them.")
        else:
            self.doer.pend()
            self.prices.order(lambda: self._priced(grid))

    def _grid(self, across: Chosen, down: Chosen) -> Grid | None:
        if self._trial is None or across.axis is None:
            return None
        return Grid(self._trial, across.axis, down.axis)

    def _priced(self, grid: Grid) -> Change:
        try:
            lab = self._desk.lab
            with self._desk.at_record:
                told = str(foresee_grid(lab, grid))
        except VgkitError as refusal:
            said = str(refusal)
            return lambda: self.doer.price("", refused=said)
        return lambda: self.doer.price(told)

    def _prepare(self) -> Work:
        across, down, lab = self.across.chosen, self.down.chosen, self._desk.lab
        grid = self._grid(across, down)
        assert grid is not None
        rows = down.headings or ("",)
        self._shape, self._cells = (len(rows), len(across.headings)), {}
        labels = [[", ".join(filter(None, (right, left))) for right in across.headings] for left in rows]
        waiting = [
            Tile(_id(y, x), label, y, "working") for y, line in enumerate(labels) for x, label in enumerate(line)
        ]
        self.results.lay(waiting, columns=across.headings, rows=rows)
        self._offer_measures()
        blanks = {tile.id: tile for tile in waiting}
        return lambda stopping: self._render(lab, grid, blanks, stopping)

    def _render(self, lab: Lab, grid: Grid, blanks: Mapping[str, Tile], stopping: threading.Event) -> str:
        def on_tile(row: int, column: int, cell: Cell) -> None:
            tile = _tile(blanks[_id(row, column)], cell, lab)
            self._stage.show(lambda: self._came(row, column, cell, tile, lab))

        cells = render_grid(lab, grid, on_tile=on_tile, stopping=stopping)
        flat = [cell for line in cells for cell in line]
        if any(isinstance(cell, Interrupted) for cell in flat):
            raise Interrupted("cancelled")
        failed = sum(not isinstance(cell, Rendered) for cell in flat)
        cost = sum(cell.cost_usd for cell in flat if isinstance(cell, Rendered))
        rehearsed = " in play money" if lab.rehearsal is not None and cost else ""
        lost = f" {failed} failed; the others are not touched by that." if failed else ""
        return f"{len(flat) - failed} tiles for {f'${cost:.4f}{rehearsed}' if cost else 'nothing'}.{lost}"

    def _came(self, row: int, column: int, cell: Cell, tile: Tile, lab: Lab) -> None:
        self._cells[row, column] = cell
        if isinstance(cell, Rendered):
            self.results.know(tile.id, cell, lab)
        self.results.board.put(tile)
        self._offer_measures()
        self._mark()
        self.reprice()
        self._on_spent()

    def _lines(self) -> list[list[Cell]]:
        """What there is so far, with a stand-in for what is not there yet."""
        height, width = self._shape
        nothing = Interrupted("not there yet")
        return [[self._cells.get((y, x), nothing) for x in range(width)] for y in range(height)]

    def _offer_measures(self) -> None:
        names = measures_of(self._lines())
        found = [(in_words(name), name) for name in names] or [("", _NO_MEASURE)]
        hide(self.measure.box, unless=bool(names))
        chosen = self.measure.value
        self.measure.offer(found, chosen if chosen in names else found[0][1])

    def _mark(self) -> None:
        """Mark the best tile by the chosen measure, and under each tile the measures it is best by."""
        lines, chosen = self._lines(), str(self.measure.value)
        leads = {in_words(name): best(lines, name) for name in measures_of(lines)}
        changed = []
        for (y, x), cell in self._cells.items():
            if isinstance(cell, Rendered):
                tile = self.results.board.tiles[_id(y, x)]
                marked = (replace(score, best=leads.get(score.name) == (y, x)) for score in tile.scores)
                scores = tuple(sorted(marked, key=lambda score: score.name != in_words(chosen)))
                is_best = leads.get(in_words(chosen)) == (y, x)
                changed.append(replace(tile, scores=scores, best=in_words(chosen) if is_best else ""))
        self.results.board.put(*changed)


def _id(row: int, column: int) -> str:
    return f"grid-{row}-{column}"


def _tile(blank: Tile, cell: Cell, lab: Lab) -> Tile:
    """A tile as it came out."""
    if isinstance(cell, Rendered):
        return made(blank.id, cell, lab, label=blank.label, row=blank.row)
    if isinstance(cell, Interrupted):
        return replace(blank, state="stopped")
    return replace(blank, state="failed", said=str(cell))
