"""What the camera does is named and measured: on clips made to show it, and on ones whose motion is known."""

from math import hypot

import cv2
import numpy as np
import pytest
from builders import shared
from moving import BLACK, SIZE, measured, moving, number, numbers

from vgkit.media.footage import read_footage
from vgkit.media.frames import Frame
from vgkit.quality.camera import MEASURES, PAN, ROLL, TILT, ZOOM, Camera, movement

MOVEMENTS = [
    *("pan left", "pan right", "tilt up", "tilt down"),
    *("zoom in", "zoom out", "roll clockwise", "roll anticlockwise"),
]
DIAGONAL = hypot(*SIZE)
FLOW = 0.07  # what a flow seen at a quarter of so small a picture may be off by: 0.15 px in a step of 2


def camera_of(frames: list[Frame], *, fps: int = 8) -> Camera:
    return Camera(*numbers(frames, *MEASURES, fps=fps))


@pytest.mark.parametrize("name", MOVEMENTS)
def test_all_eight_movements_of_animatediff_are_named(name: str) -> None:
    clip = read_footage(shared(f"clips/animatediff/motion_{name.replace(' ', '_')}.gif"))
    assert movement(camera_of(list(clip.frames()))) == name


def test_a_camera_that_turns_right_lets_the_picture_go_left() -> None:
    camera = camera_of(moving(8, right_px=-3))
    assert camera.pan == pytest.approx(100 * 3 * 8 / DIAGONAL, rel=FLOW)
    assert (camera.tilt, camera.zoom, camera.roll) == pytest.approx((0, 0, 0), abs=0.5)
    assert movement(camera) == "pan right"


def test_a_camera_that_turns_up_lets_the_picture_go_down() -> None:
    camera = camera_of(moving(8, down_px=2))
    assert camera.tilt == pytest.approx(100 * 2 * 8 / DIAGONAL, rel=FLOW)
    assert movement(camera) == "tilt up"


def test_zooming_in_is_growth_in_per_cent_a_second() -> None:
    camera = camera_of(moving(8, growth=0.03))
    assert camera.zoom == pytest.approx(100 * 0.03 * 8, rel=FLOW)
    assert movement(camera) == "zoom in"


def test_rolling_clockwise_turns_the_picture_clockwise() -> None:
    frames = moving(8, clockwise_deg=2)
    camera = camera_of(frames)
    assert camera.roll == pytest.approx(2 * 8, rel=FLOW)
    assert movement(camera) == "roll clockwise"


def test_movements_that_come_together_are_told_apart() -> None:
    camera = camera_of(moving(8, right_px=4, down_px=-3, growth=-0.02, clockwise_deg=-1))
    assert camera.zoom == pytest.approx(-16, rel=FLOW)
    assert camera.roll == pytest.approx(-8, rel=FLOW)
    assert (camera.pan, camera.tilt) == pytest.approx((-100 * 32 / DIAGONAL, -100 * 24 / DIAGONAL), rel=FLOW)


def test_speeds_are_the_same_at_half_the_size_and_twice_the_rate() -> None:
    frames = moving(9, right_px=-4, growth=0.04, size=(384, 216))
    halved = [cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for frame in frames]
    whole, half = camera_of(frames), camera_of(halved)  # type: ignore[arg-type]
    assert (half.pan, half.zoom) == pytest.approx((whole.pan, whole.zoom), rel=FLOW)
    each_second = camera_of(frames[::2])
    assert camera_of(frames, fps=16).pan == pytest.approx(each_second.pan, rel=FLOW)


def test_something_large_that_goes_its_own_way_is_not_the_camera() -> None:
    ground, thing = moving(8, right_px=-2), moving(8, right_px=4, seed=3)
    for behind, before in zip(ground, thing, strict=True):
        behind[40:, 60:190] = before[40:, 60:190]
    camera = camera_of(ground)
    assert camera.pan == pytest.approx(100 * 16 / DIAGONAL, rel=0.1)
    assert abs(camera.zoom) < 1


def test_a_plain_sky_does_not_hold_the_camera_back() -> None:
    frames = moving(8, right_px=-4)
    for frame in frames:
        frame[:90] = (190, 205, 225)
    assert number(frames, PAN) == pytest.approx(100 * 4 * 8 / DIAGONAL, rel=FLOW)


def test_a_camera_that_goes_out_and_comes_back_has_not_moved() -> None:
    there = moving(5, right_px=3)
    assert number([*there, *there[-2::-1]], PAN) == pytest.approx(0, abs=0.1)


def test_a_cut_is_no_movement() -> None:
    frames = [*moving(5, right_px=-3), *moving(5, right_px=-3, seed=7)]
    assert number(frames, PAN) == pytest.approx(100 * 3 * 8 / DIAGONAL, rel=FLOW)


def test_a_frozen_clip_stands_still() -> None:
    camera = camera_of(moving(1) * 6)
    assert (camera.pan, camera.tilt, camera.zoom, camera.roll) == pytest.approx((0, 0, 0, 0), abs=1e-6)
    assert movement(camera) == "still"


@pytest.mark.parametrize("frames", [[], moving(1), [BLACK] * 6], ids=["no frame", "one frame", "black"])
def test_where_nothing_tells_what_the_camera_does_there_is_a_reason(frames: list[Frame]) -> None:
    for found in measured(frames, *MEASURES):
        assert found.value is None
        assert found.reason.startswith("in too few steps")


def test_a_clip_whose_parts_go_every_way_has_no_camera() -> None:
    frames = moving(6)
    for column in range(4):
        for row in range(2):
            part = (slice(72 * row, 72 * row + 72), slice(64 * column, 64 * column + 64))
            for frame, other in zip(
                frames, moving(6, right_px=6 * column - 9, down_px=9 * row - 4.5, seed=3), strict=True
            ):
                frame[part] = other[part]
    assert measured(frames, PAN)[0].value is None


def test_grain_on_a_plain_ground_tells_nothing_of_the_camera() -> None:
    dice = np.random.default_rng(1)
    frames = [np.clip(128 + dice.normal(0, 4, BLACK.shape), 0, 255).astype(np.uint8) for _ in range(5)]
    assert [found.value for found in measured(frames, ZOOM)] == [None]


@pytest.mark.parametrize(
    ("camera", "name"),
    [
        (Camera(pan=3, tilt=-2, zoom=0, roll=0), "pan right"),
        (Camera(pan=-3, tilt=2, zoom=0, roll=0), "pan left"),
        (Camera(pan=2, tilt=-3, zoom=0, roll=0), "tilt down"),
        (Camera(pan=2, tilt=0, zoom=6, roll=0), "pan right"),
        (Camera(pan=2, tilt=0, zoom=-8, roll=0), "zoom out"),
        (Camera(pan=2, tilt=0, zoom=0, roll=-4.5), "roll anticlockwise"),
        (Camera(pan=0.4, tilt=-0.4, zoom=1, roll=0.5), "still"),
    ],
)
def test_the_movement_that_carries_the_picture_furthest_gives_the_name(camera: Camera, name: str) -> None:
    assert movement(camera) == name


def test_each_camera_measure_says_which_it_is() -> None:
    assert [(measure.name, measure.unit) for measure in (PAN, TILT, ZOOM, ROLL)] == [
        ("camera_pan", "% of diagonal/s"),
        ("camera_tilt", "% of diagonal/s"),
        ("camera_zoom", "%/s"),
        ("camera_roll", "°/s"),
    ]
