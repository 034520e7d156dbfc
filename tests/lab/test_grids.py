"""Grids on this machine: their tiles, their estimate, and what one failing tile means to the others."""

import threading
from pathlib import Path

import pytest
from labs import trial, with_brush, words

from vgkit.errors import EngineFailed, Interrupted, ParameterError
from vgkit.lab.grids import Axis, Grid, Tile, best, foresee_grid, measures_of, render_grid
from vgkit.lab.lab import Lab
from vgkit.lab.trials import Rendered, render
from vgkit.lab.words import BeatEdit, Edits
from vgkit.ledger import read_events


@pytest.fixture(autouse=True)
def brush(monkeypatch: pytest.MonkeyPatch) -> None:
    with_brush(monkeypatch)


def test_tiles_come_one_by_one_and_lie_in_rows_and_columns(runs: Path) -> None:
    lab, came = Lab.open("a"), []
    grid = Grid(trial(engine="brush"), Axis("seed", (1, 2, 3)), Axis("prompt", ("rain", "sun")))
    render(lab, trial(engine="brush", seed=2, prompt="sun"))
    assert str(foresee_grid(lab, grid)) == "6 tiles, 1 cached, free"
    tiles = render_grid(lab, grid, on_tile=lambda row, column, tile: came.append((row, column, tile)))
    assert sorted((row, column) for row, column, _ in came) == [
        (row, column) for row in range(2) for column in range(3)
    ]
    assert all(tiles[row][column] is tile for row, column, tile in came)
    made = [[(tile.prompt, tile.seed) for tile in row if isinstance(tile, Rendered)] for row in tiles]
    assert made == [[(prompt, seed) for seed in (1, 2, 3)] for prompt in ("rain", "sun")]
    assert str(foresee_grid(lab, grid)) == "6 tiles, 6 cached, free"


def test_one_failing_tile_stops_no_other_and_tells_why(runs: Path) -> None:
    tiles = render_grid(Lab.open("a"), Grid(trial(engine="brush"), Axis("prompt", ("a", "fail", "b"))))
    assert [type(tile) for tile in tiles[0]] == [Rendered, EngineFailed, Rendered]
    assert "the brush is dry" in str(tiles[0][1])
    assert best(tiles, "sharpness") in ((0, 0), (0, 2))


def test_clips_whose_keyframe_can_not_be_had_all_tell_so_and_it_is_asked_for_once(runs: Path) -> None:
    lab, dry = Lab.open("a"), words(Edits({"hook": BeatEdit(prompt="fail")}))
    grid = Grid(trial("s01", of=dry, still_engine="brush"), Axis("seed", (1, 2)), Axis("negative", ("a", "b")))
    tiles = [tile for row in render_grid(lab, grid) for tile in row]
    assert [type(tile) for tile in tiles] == [EngineFailed] * 4
    assert len(read_events(lab.events.path).of("call_reserved")) == 1


def test_who_stops_in_the_middle_keeps_what_came_and_the_rest_says_so(runs: Path) -> None:
    lab, stopping = Lab.open("a"), threading.Event()

    def stop(row: int, column: int, tile: Tile) -> None:
        stopping.set()

    grid = Grid(trial(engine="brush"), Axis("seed", tuple(range(20))))
    (row,) = render_grid(lab, grid, on_tile=stop, stopping=stopping)
    kinds = {type(tile) for tile in row}
    assert kinds == {Rendered, Interrupted}


def test_an_error_of_whoever_is_told_ends_the_grid(runs: Path) -> None:
    def refuse(row: int, column: int, tile: Tile) -> None:
        raise RuntimeError("the page is gone")

    with pytest.raises(RuntimeError, match="the page is gone"):
        render_grid(Lab.open("a"), Grid(trial(engine="brush"), Axis("seed", tuple(range(20)))), on_tile=refuse)


def test_grids_that_make_no_sense_are_refused_with_the_reason() -> None:
    clip = trial("s01", engine="zeroscope")
    for grid, said in (
        (Grid(clip, Axis("seed", range(7)), Axis("guidance", (1, 2, 3, 4, 5, 6))), "42 tiles; the most is 36"),
        (Grid(clip, Axis("seed", ())), "seed: there is nothing to vary it by"),
        (Grid(clip, Axis("seed", (1,)), Axis("seed", (2,))), "both axes vary it"),
        (Grid(clip, Axis("glow", (1, 2))), "params.glow: zeroscope has no setting 'glow'"),
        (Grid(clip, Axis("engine", ("zeroscope", "sdxl"))), "engine: engines.video: 'sdxl' is no engine for video"),
        (Grid(clip, Axis("guidance", (0.5, 7))), "params.guidance: 0.5 is out of range"),
        (Grid(clip, Axis("prompt", ("rain", " "))), "prompt: has 1 characters; write 1 to 1200"),
    ):
        with pytest.raises(ParameterError, match=said):
            grid.rows()


def test_the_best_tile_is_told_by_measures_that_say_what_is_better(runs: Path) -> None:
    tiles = render_grid(Lab.open("a"), Grid(trial(engine="brush"), Axis("seed", (1, 2, 3, 4))))
    found = [tile for tile in tiles[0] if isinstance(tile, Rendered)]
    assert "sharpness" in measures_of(tiles)
    assert "contrast" not in measures_of(tiles)
    assert "clip_score" not in measures_of(tiles)
    sharp = [tile.score("sharpness") or 0.0 for tile in found]
    noisy = [tile.score("noise") or 0.0 for tile in found]
    assert best(tiles, "sharpness") == (0, sharp.index(max(sharp)))
    assert best(tiles, "noise") == (0, noisy.index(min(noisy)))
    assert best(tiles, "contrast") is None
