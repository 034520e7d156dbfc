"""Along Zeroscope's guidance the looks go as its authors say: grey when it is too low, burnt out when too high."""

import pytest
from builders import shared
from looks import along

from vgkit.quality import clipping, colourfulness
from vgkit.quality.measure import Measure

GUIDANCE = ("100", "300", "700", "1000", "1500", "2500")


@pytest.mark.parametrize(
    ("measure", "grey", "burnt"),
    [(colourfulness.MEASURE, 30, 90), (clipping.MEASURE, 0.001, 0.2)],
    ids=["colour", "clip"],
)
def test_colour_and_clipping_grow_from_a_grey_start(measure: Measure, grey: float, burnt: float) -> None:
    grown = along(measure, [shared(f"clips/zeroscope/zeroscope_guidance_scale_{scale}.mp4") for scale in GUIDANCE])
    assert grown == sorted(grown)
    assert grown[0] < grey
    assert grown[-1] > burnt
