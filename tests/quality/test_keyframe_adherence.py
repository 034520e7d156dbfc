"""Adherence is near 1 for a clip's own still and near 0 for any other, and has a reason where there is none."""

from itertools import islice

import cv2
import numpy as np
import pytest
from builders import shared
from looks import blurred, found, plain, rich
from scenery import texture

from vgkit.errors import NotMeasured
from vgkit.media.footage import read_footage
from vgkit.media.frames import Frame, read_picture
from vgkit.quality.keyframe_adherence import MEASURE, adherence


def other() -> Frame:
    return np.ascontiguousarray(texture(9, spread_px=16)[:320, :576])


def test_the_keyframe_itself_is_1() -> None:
    assert adherence(rich(), rich()) == pytest.approx(1)


def test_its_negative_is_minus_1_and_something_else_about_0() -> None:
    grey = np.dstack([cv2.cvtColor(rich(), cv2.COLOR_RGB2GRAY)] * 3)
    assert adherence(grey, 255 - grey) < -0.5
    assert adherence(rich(), other()) == pytest.approx(0, abs=0.25)


def test_a_keyframe_of_another_size_and_shape_is_scaled_to_cover_and_cropped() -> None:
    frame = rich()
    larger = cv2.resize(frame, (1152, 640), interpolation=cv2.INTER_CUBIC)
    taller = cv2.copyMakeBorder(larger, 200, 200, 0, 0, cv2.BORDER_CONSTANT)
    wider = cv2.copyMakeBorder(larger, 0, 0, 300, 300, cv2.BORDER_CONSTANT)
    for keyframe in (larger, taller, wider):
        assert adherence(np.asarray(keyframe, np.uint8), frame) > 0.99


def test_small_movement_costs_little_and_other_light_colour_or_composition_more() -> None:
    frame = texture(0, spread_px=24)[:320, :576]
    moved = adherence(frame, np.roll(frame, 6, axis=1))
    darker, swapped = adherence(frame, frame // 2), adherence(frame, frame[..., ::-1].copy())
    mirrored = adherence(frame, frame[:, ::-1].copy())
    assert moved > 0.95
    assert adherence(frame, blurred(frame, 3)) > 0.99
    assert max(darker, swapped, mirrored) < 0.8


def test_it_looks_at_the_frame_that_was_to_show_the_keyframe() -> None:
    clip = [other(), other(), rich()]
    at_the_end, at_the_start = (found(MEASURE, clip, keyframe=rich(), at=at).value for at in (2, 0))
    assert at_the_end == pytest.approx(1)
    assert at_the_start == pytest.approx(0, abs=0.25)


def test_no_keyframe_is_a_reason_and_so_is_a_frame_that_is_not_there() -> None:
    assert found(MEASURE, [rich()]).reason == "no keyframe was given"
    answer = found(MEASURE, [rich()], keyframe=rich(), at=3)
    assert (answer.value, answer.reason) == (None, "frame 3 was to show the keyframe, the clip has 1")


def test_flat_pictures_are_0_apart_or_a_reason() -> None:
    assert adherence(plain(0, 0, 0), plain(200, 200, 200)) == 0
    assert adherence(rich(), plain(0, 0, 0)) == 0
    with pytest.raises(NotMeasured, match="of one colour, the same"):
        adherence(plain(9, 90, 9), plain(9, 90, 9))


def test_a_keyframe_of_one_pixel_is_a_colour() -> None:
    assert adherence(plain(9, 90, 9, size=(1, 1)), rich()) == pytest.approx(0, abs=1e-6)


def test_clips_grown_from_stills_adhere_to_their_own_and_to_no_other() -> None:
    names = ("fireworks", "sunset")
    stills = [read_picture(shared(f"clips/animatediff/v3_{name}_keyframe.png"))[..., :3] for name in names]
    clips = [list(islice(read_footage(shared(f"clips/animatediff/v3_{name}.gif")).frames(), 16)) for name in names]
    table = [[found(MEASURE, clip, keyframe=still).value for still in stills] for clip in clips]
    assert min(table[0][0] or 0, table[1][1] or 0) > 0.95
    assert max(abs(table[0][1] or 1), abs(table[1][0] or 1)) < 0.1
