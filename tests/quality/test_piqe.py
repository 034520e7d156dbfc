"""PIQE agrees with the authors' own and with pypiqe, and rises with blur, grain and hard coding of a sharp picture."""

import cv2
import numpy as np
import pytest
from looks import blurred, coded, found, grainy, number, plain, rich

from vgkit.media.frames import Frame
from vgkit.quality.piqe import MEASURE, piqe


def stretched(picture: Frame) -> Frame:
    """A picture in grey whose lightest pixel is white: pypiqe scales others so, which the authors' code does not."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.dstack([np.round(grey * (255 / grey.max())).astype(np.uint8)] * 3)


@pytest.mark.parametrize(
    ("picture", "pypiqe"),
    [
        (rich(), 32.98),
        (blurred(rich(), 1), 47.02),
        (grainy(rich(), 5), 55.54),
        (grainy(rich(), 20), 71.51),
        (coded(rich(), 50), 29.04),
        (coded(rich(), 10), 83.71),
    ],
    ids=["as it is", "blur", "grain", "strong grain", "jpeg 50", "jpeg 10"],
)
def test_it_agrees_with_pypiqe(picture: Frame, pypiqe: float) -> None:
    """Figures of pypiqe 1.2; they hold for frames of whole blocks, as it mirrors what is missing of the last."""
    assert piqe(stretched(picture)) == pytest.approx(pypiqe, abs=0.1)


def test_blur_raises_it() -> None:
    scores = [number(MEASURE, picture) for picture in (rich(), blurred(rich(), 1), blurred(rich(), 2))]
    assert scores == sorted(scores)
    assert scores[-1] == 100


def test_grain_on_a_sharp_picture_raises_it() -> None:
    scores = [number(MEASURE, picture) for picture in (rich(), *(grainy(rich(), sigma) for sigma in (5, 10, 20, 40)))]
    assert scores == sorted(scores)
    assert scores[-1] > scores[0] + 40


def test_a_little_grain_on_a_soft_picture_passes_for_detail() -> None:
    """A weakness of PIQE, which whoever reads it should know of."""
    soft = blurred(rich(), 2)
    assert number(MEASURE, grainy(soft, 5)) < number(MEASURE, soft) - 30


def test_harder_coding_raises_it() -> None:
    scores = [number(MEASURE, coded(rich(), quality)) for quality in (80, 50, 30, 20, 10, 5)]
    assert scores == sorted(scores)


def test_every_second_frame_is_looked_at() -> None:
    sharp, soft = rich(), blurred(rich(), 2)
    assert number(MEASURE, sharp, soft, sharp, soft, sharp) == number(MEASURE, sharp)


def test_sizes_that_are_no_whole_blocks_are_padded_by_their_last_pixels() -> None:
    picture = rich()[:307, :569]
    padded = np.pad(picture, ((0, 13), (0, 7), (0, 0)), mode="edge")
    assert number(MEASURE, np.ascontiguousarray(picture)) == pytest.approx(number(MEASURE, padded))


@pytest.mark.parametrize("rgb", [(0, 0, 0), (255, 255, 255), (90, 120, 200)])
def test_one_colour_has_no_quality_to_speak_of(rgb: tuple[int, int, int]) -> None:
    answer = found(MEASURE, [plain(*rgb)] * 3)
    assert (answer.value, answer.reason) == (None, "every frame that was looked at is of one colour")


def test_a_black_frame_in_a_clip_counts_for_nothing() -> None:
    picture, black = rich(), plain(0, 0, 0, size=(576, 320))
    assert number(MEASURE, black, black, picture) == number(MEASURE, picture)
