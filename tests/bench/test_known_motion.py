"""Clips for measuring: their motion is what they say, every moment of it, and their damage too."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from vgkit.bench.flickering import flickering
from vgkit.bench.known_motion import CAMERAS, SPEEDS_PX, KnownClip, known_clips
from vgkit.bench.textures import dead_leaves
from vgkit.media.measures import tenengrad
from vgkit.media.picture import from_rgb

SMALL = (288, 160)


def clip(number: int = 0, *, sprites: bool = False) -> KnownClip:
    whole = known_clips(12, size=SMALL, drawn_only=True)[number]
    return whole if sprites else replace(whole, sprites=())


def luma(frame: np.ndarray) -> np.ndarray:
    return from_rgb(frame).luma


def test_twelve_clips_have_each_camera_at_each_speed() -> None:
    assert [known.name for known in known_clips()] == [f"{speed} {camera}" for camera in CAMERAS for speed in SPEEDS_PX]


def test_every_half_second_the_truth_is_a_source_frame() -> None:
    known = clip(sprites=True)
    assert (len(known.source), len(known.truth)) == (24, 87)
    assert all(np.array_equal(known.truth[15 * n], known.source[4 * n]) for n in range(6))


def followed(known: KnownClip, first: float, second: float) -> np.ndarray:
    """The motion between two moments as OpenCV finds it, which knows nothing of how they were drawn."""
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return dis.calc(*(luma(known.at(moment)).astype(np.uint8) for moment in (first, second)), None)


@pytest.mark.parametrize("number", [0, 1, 2], ids=list(SPEEDS_PX))
def test_a_pan_moves_by_what_it_says_between_frames_too(number: int) -> None:
    known = clip(number)
    for first, second in ((0.0, 1.0), (5.25, 5.75)):
        found = np.median(followed(known, first, second), axis=(0, 1))
        assert np.hypot(*found) == pytest.approx(known.speed_px * (second - first), abs=0.05)


@pytest.mark.parametrize("number", [4, 7, 10], ids=["zoom", "turn", "handheld"])
def test_the_fastest_parts_of_other_cameras_go_as_fast_as_they_say(number: int) -> None:
    known = clip(number)
    speeds = [np.linalg.norm(followed(known, at, at + 1), axis=2) for at in range(0, 23, 3)]
    assert max(np.percentile(speed, 95) for speed in speeds) == pytest.approx(known.speed_px, rel=0.35)


def test_frames_between_are_as_sharp_as_others() -> None:
    """A picture shifted by half a pixel with a poor kernel loses a tenth of its gradient; these do not pulse."""
    known = clip()
    sharp = [tenengrad(luma(known.at(moment))) for moment in np.arange(0, 1, 0.125)]
    assert max(sharp) / min(sharp) < 1.03


def test_sprites_pass_before_the_ground_and_move_on_their_own() -> None:
    first, second = ((clip(sprites=True).at(at) != clip().at(at)).any(axis=2) for at in (4.0, 16.0))
    assert 0.01 < first.mean() < 0.25
    assert (first ^ second).any()


def test_the_same_clip_is_drawn_again() -> None:
    assert np.array_equal(clip(11, sprites=True).at(7.25), clip(11, sprites=True).at(7.25))


def test_drawn_textures_have_edges_and_flat_parts() -> None:
    grey = cv2.cvtColor(dead_leaves(3), cv2.COLOR_RGB2GRAY).astype(np.float32)
    steps = np.abs(np.diff(cv2.GaussianBlur(grey, (0, 0), 1), axis=1))
    assert np.percentile(steps, 99) > 20 * np.percentile(steps, 40)


def test_damage_flickers_by_three_percent_and_leaves_grain_of_two_levels() -> None:
    grey = [np.full((96, 128, 3), 128, np.uint8)] * 60
    damaged = np.array(flickering(grey, 1), np.float32)
    gains = damaged.mean(axis=(1, 2)) / 128
    assert gains.mean(axis=1).std() == pytest.approx(0.03, rel=0.3)
    assert (gains - gains.mean(axis=1, keepdims=True)).std() == pytest.approx(0.01, rel=0.4)
    grain = np.diff(damaged, axis=2) / np.sqrt(2)
    assert grain.std() == pytest.approx(2.0, rel=0.1)
    places = damaged.mean(axis=3)
    local = [cv2.GaussianBlur(frame, (0, 0), 4).std() / 128 for frame in places]
    assert np.mean(local) == pytest.approx(0.02, rel=0.25)


def test_the_same_seed_damages_alike_and_another_does_not() -> None:
    frames = [np.full((32, 48, 3), 90, np.uint8)] * 2
    assert np.array_equal(flickering(frames, 5), flickering(frames, 5))
    assert not np.array_equal(flickering(frames, 5), flickering(frames, 6))
