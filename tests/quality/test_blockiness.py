"""Blockiness grows with what a codec throws away, is 1 where no grid is, and knows the grid by its place."""

import numpy as np
import pytest
from looks import coded, found, grainy, number, plain, rich

from vgkit.quality.blockiness import MEASURE


@pytest.mark.parametrize("rgb", [(0, 0, 0), (90, 120, 200)])
def test_one_colour_has_no_grid(rgb: tuple[int, int, int]) -> None:
    assert number(MEASURE, plain(*rgb)) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("picture", [rich(), grainy(plain(128, 128, 128, size=(576, 320)), 20)], ids=["rich", "grain"])
def test_what_was_never_coded_has_no_grid(picture: np.ndarray) -> None:
    assert number(MEASURE, picture) == pytest.approx(1, abs=0.05)


def test_the_harder_a_picture_is_coded_the_more_blocks_it_shows() -> None:
    shown = [number(MEASURE, coded(rich(), quality)) for quality in (95, 80, 50, 30, 20, 10, 5)]
    assert shown == sorted(shown)
    assert shown[0] < 1.1
    assert shown[-1] > 5


def test_steps_of_two_levels_among_steps_of_one_are_a_ratio_of_two() -> None:
    """Rows that rise by 1, and by 2 at every eighth; columns that do not rise at all have no grid and count as 1."""
    rises = np.where(np.arange(1, 96) % 8 == 0, 2, 1)
    column = np.concatenate([[20], 20 + np.cumsum(rises)]).astype(np.uint8)
    picture = np.ascontiguousarray(np.broadcast_to(column[:, None, None], (96, 64, 3)))
    step = 219 / 255
    assert number(MEASURE, picture) == pytest.approx(((2 * step + 0.1) / (step + 0.1) + 1) / 2, rel=1e-3)


def test_a_picture_that_was_cropped_since_hides_its_grid() -> None:
    picture = coded(rich(), 20)
    assert number(MEASURE, picture) > 2.5
    assert number(MEASURE, np.ascontiguousarray(picture[3:, 3:])) < 1.1


def test_a_frame_smaller_than_two_cells_is_named_with_its_size() -> None:
    answer = found(MEASURE, [plain(9, 9, 9, size=(41, 15))])
    assert (answer.value, answer.reason) == (None, "an 8x8 grid needs two cells each way, the frames have 41x15 pixels")
