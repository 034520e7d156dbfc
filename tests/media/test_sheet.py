from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from vgkit.errors import MediaError, NotAClip
from vgkit.media.frames import write_clip
from vgkit.media.sheet import contact_sheet, film_frame, film_sheet, write_jpeg

RED, GREEN, BLUE = (200, 30, 30), (30, 200, 30), (30, 30, 200)


def plain(colour, *, size=(160, 90)):
    return np.full((size[1], size[0], 3), colour, np.uint8)


def cells(sheet, colour):
    """How many separate places of ``colour`` there are, by their top left corners."""
    is_colour = (np.abs(sheet.astype(int) - colour).max(axis=2) < 12).astype(np.int8)
    corners = is_colour[1:, 1:] * (1 - is_colour[:-1, 1:]) * (1 - is_colour[1:, :-1])
    return int(corners.sum())


@pytest.fixture
def film(tmp_path):
    """Three seconds: red, green, blue."""
    frames = [plain(colour) for colour in (RED, GREEN, BLUE) for _ in range(10)]
    write_clip(frames, tmp_path / "film.mp4", fps=Fraction(10))
    return tmp_path / "film.mp4"


def test_pictures_stand_in_rows_on_dark_ground():
    sheet = contact_sheet([plain(RED)] * 5, columns=3, width_px=700)

    assert sheet.shape[1] == 700
    assert cells(sheet, RED) == 5
    assert sheet[0, 0].max() < 40
    assert sheet[-1, -1].max() < 40


def test_a_title_and_labels_take_room_of_their_own():
    bare = contact_sheet([plain(RED)] * 4, columns=2, width_px=700)
    labelled = contact_sheet(
        [plain(RED)] * 4, columns=2, width_px=700, labels=["s01", "朝", "", "x" * 200], title="Cut"
    )

    assert labelled.shape[0] > bare.shape[0] + 40
    assert cells(labelled, RED) == 4


def test_labels_stay_below_their_own_picture():
    """A label that is far too long is cut: the column beside it stays dark."""
    sheet = contact_sheet([plain(RED)] * 2, columns=2, width_px=700, labels=["wide " * 60, ""])
    foot = sheet[-40:]

    assert foot[:, 20:340].max() > 120
    assert foot[:, 352:].max() < 40


def test_a_picture_of_another_shape_is_shown_whole():
    sheet = contact_sheet([plain(RED), plain(BLUE, size=(60, 90))], columns=2, width_px=700)
    blue = (np.abs(sheet.astype(int) - BLUE).max(axis=2) < 12).nonzero()

    assert np.ptp(blue[1]) / np.ptp(blue[0]) == pytest.approx(60 / 90, rel=0.05)


def test_nothing_to_show_and_labels_that_do_not_match_are_refused():
    with pytest.raises(MediaError, match="at least one picture"):
        contact_sheet([], columns=3)
    with pytest.raises(MediaError, match="2 labels for 1 pictures"):
        contact_sheet([plain(RED)], columns=3, labels=["a", "b"])


def test_a_film_sheet_shows_frames_from_all_of_the_film(film):
    sheet = film_sheet(film, count=6, columns=3, width_px=600)

    assert [cells(sheet, colour) for colour in (RED, GREEN, BLUE)] == [2, 2, 2]


def test_a_film_with_fewer_frames_than_asked_shows_each_once(tmp_path):
    write_clip([plain(RED), plain(GREEN)], tmp_path / "two.mp4", fps=10)
    sheet = film_sheet(tmp_path / "two.mp4", count=9, columns=3, width_px=600)

    assert [cells(sheet, colour) for colour in (RED, GREEN)] == [1, 1]


def test_one_frame_of_a_film_comes_at_its_own_size(film):
    frame = film_frame(film, 15)

    assert frame.shape == (90, 160, 3)
    assert np.abs(frame.astype(int) - GREEN).max() < 12


def test_a_frame_after_the_end_and_a_broken_film_are_told(film, tmp_path):
    with pytest.raises(NotAClip, match="has no frame 30: it holds 30"):
        film_frame(film, 30)
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    with pytest.raises(NotAClip, match="can't be opened"):
        film_sheet(tmp_path / "broken.mp4", count=3, columns=3)


def test_a_jpeg_is_written_whole(tmp_path):
    write_jpeg(plain(GREEN), tmp_path / "sheet.jpg")

    with Image.open(tmp_path / "sheet.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (160, 90))
    assert [file.name for file in tmp_path.iterdir()] == ["sheet.jpg"]
