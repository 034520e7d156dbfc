"""Pictures of sound."""

import numpy as np
import pytest
from sounds import tone

from vgkit.media.waveform import BACKGROUND, CUT, SHORT_TERM, loudness_picture, waveform_picture


def test_the_picture_has_the_size_asked_and_shows_the_cuts():
    picture = waveform_picture(tone(length_s=7), width_px=400, height_px=160, beats_s=(0.0, 0.5), cuts_s=(3.5,))

    assert picture.shape == (160, 400, 3)
    assert picture.dtype == np.uint8
    orange = np.flatnonzero((picture[80] == CUT).all(axis=1))
    assert len(orange) == 1
    assert abs(int(orange[0]) - 200) <= 2


def rows_of(picture: np.ndarray, colour: tuple[int, int, int], column: int) -> np.ndarray:
    return np.flatnonzero((picture[24:, column] == colour).all(axis=1)) + 24


@pytest.mark.parametrize(("level_db", "where"), [(-14, "on"), (-24, "under"), (-8, "over")])
def test_loudness_is_drawn_where_it_belongs_by_the_line_wanted(level_db, where):
    sound = tone(hertz=1000, length_s=8, level=10 ** (level_db / 20))
    picture = loudness_picture(sound, width_px=480, height_px=200)

    assert picture.shape == (200, 480, 3)
    wanted = rows_of(picture, CUT, 60)
    assert len(wanted) == 1
    drawn = rows_of(picture, SHORT_TERM, 400).mean()
    assert {"on": abs(drawn - wanted[0]) <= 1, "under": drawn > wanted[0] + 5, "over": drawn < wanted[0] - 5}[where]


def test_the_loudness_of_silence_lies_at_the_bottom():
    picture = loudness_picture(np.zeros((6 * 48_000, 2), np.float32), width_px=480, height_px=200)
    assert rows_of(picture, SHORT_TERM, 400).min() > 170
    assert (picture[2, 240] == BACKGROUND).all()
