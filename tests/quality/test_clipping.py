"""Clipping counts pixels that have come to an end of the range in any channel, each once."""

import numpy as np
import pytest
from looks import number, plain, rich

from vgkit.quality.clipping import MEASURE


@pytest.mark.parametrize(
    ("rgb", "share"),
    [((0, 0, 0), 1), ((255, 255, 255), 1), ((255, 0, 90), 1), ((0, 90, 90), 1), ((1, 254, 90), 0), ((16, 235, 90), 0)],
)
def test_one_channel_at_an_end_is_enough(rgb: tuple[int, int, int], share: float) -> None:
    assert number(MEASURE, plain(*rgb)) == share


def test_it_is_a_share_of_the_pixels() -> None:
    picture = plain(90, 90, 90, size=(100, 50))
    picture[:10, :20] = (255, 0, 0)
    assert number(MEASURE, picture) == pytest.approx(0.04)


def test_more_exposure_clips_more() -> None:
    shares = [
        number(MEASURE, (rich() * np.float32(gain)).clip(0, 255).astype(np.uint8)) for gain in (0.9, 1.2, 1.6, 2.2)
    ]
    assert shares == sorted(shares)
    assert shares[0] < 0.001 < 0.3 < shares[-1]
