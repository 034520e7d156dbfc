from itertools import product
from typing import get_args

import numpy as np
import pytest

from vgkit.engines.sketch.camera import ZOOMS, Framing, affine, eased, pose
from vgkit.template import Camera, ShotSize

CAMERAS = get_args(Camera)
SIZES = get_args(ShotSize)
FRAMES = {"16:9": (1024, 576), "9:16": (576, 1024), "1:1": (768, 768)}
MARGIN = 0.22
MOMENTS = np.linspace(0, 1, 24)


def framing(size: str, *, stand_y: float | None = None) -> Framing:
    """A product on the right third; close views let it stand lower, as ``compose`` does."""
    stands = {"wide": 0.77, "medium": 0.77, "close": 0.88, "detail": 1.12}
    stand = (0.6, stands[size] if stand_y is None else stand_y)
    return Framing(zoom=ZOOMS[size], foot=(0.6, 0.77), stand=stand, heart=(0.57, min(0.62, stand[1] - 0.35)))


def path_of(camera: str, point: tuple[float, float], *, depth: float, size: str = "medium", frame=(1024, 576)):
    """Where a point of the frame's middle view goes over a clip; (24, 2)."""
    width, height = frame
    at = np.array([point[0] * width, point[1] * height, 1.0])
    steps = [
        affine(pose(camera, t), framing(size), depth=depth, width_px=width, height_px=height) @ at for t in MOMENTS
    ]
    return np.array(steps)


def test_progress_runs_from_start_to_end_and_never_stops():
    way = np.array([eased(t) for t in MOMENTS])

    assert (way[0], way[-1]) == (0, 1)
    assert np.diff(way).min() > 0.3 / 23


@pytest.mark.parametrize("camera", CAMERAS)
def test_no_move_is_too_fast_for_the_optical_flow_that_smooths_it(camera):
    for depth, corner in product((0.0, 0.5, 1.0, 1.7), product((0, 1), (0, 1))):
        steps = np.linalg.norm(np.diff(path_of(camera, corner, depth=depth), axis=0), axis=1)
        assert steps.max() < 12


@pytest.mark.parametrize("camera", CAMERAS)
def test_something_always_moves(camera):
    moving = np.linalg.norm(np.diff(path_of(camera, (0, 0), depth=0.3), axis=0), axis=1)

    assert moving.min() > 0.05


@pytest.mark.parametrize("camera", CAMERAS)
def test_moves_are_smooth(camera):
    path = path_of(camera, (0.1, 0.9), depth=1)

    assert np.linalg.norm(np.diff(path, n=2, axis=0), axis=1).max() < 1.2


@pytest.mark.parametrize(("camera", "size", "aspect"), list(product(CAMERAS, SIZES, FRAMES)))
def test_layers_cover_the_frame_at_any_time(camera, size, aspect):
    width, height = FRAMES[aspect]
    frame_corners = np.array([[0, width, width, 0], [0, 0, height, height]], np.float64)
    for depth, t in product((0.0, 0.15, 0.42, 0.8), np.linspace(0, 1, 5)):
        matrix = affine(pose(camera, t), framing(size), depth=depth, width_px=width, height_px=height)
        seen = np.linalg.inv(matrix[:, :2]) @ (frame_corners - matrix[:, 2:])
        assert seen[0].min() >= -MARGIN * width
        assert seen[0].max() <= (1 + MARGIN) * width
        assert seen[1].min() >= -MARGIN * height
        assert seen[1].max() <= (1 + MARGIN) * height


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("size", SIZES)
def test_the_ground_moves_as_the_product_does_where_it_stands(camera, size):
    for t in (0, 0.3, 1):
        moment, view = pose(camera, t), framing(size)
        foot = np.array([0.6 * 1024, 0.77 * 576, 1.0])
        leaned = affine(moment, view, depth=1, width_px=1024, height_px=576, ground=True) @ foot
        upright = affine(moment, view, depth=1, width_px=1024, height_px=576) @ foot
        assert np.linalg.norm(leaned - upright) < 1.0


def test_near_things_move_more_than_far_ones_in_a_pan():
    far, plane, near = (np.ptp(path_of("pan_left", (0.5, 0.5), depth=d)[:, 0]) for d in (0.1, 1.0, 1.7))

    assert far < 0.5 * plane < plane < near


def test_an_orbit_moves_far_and_near_apart():
    far = path_of("orbit", (0.6, 0.6), depth=0.2)[:, 0]
    near = path_of("orbit", (0.6, 0.6), depth=1.7)[:, 0]

    assert (far[-1] - far[0]) * (near[-1] - near[0]) < 0


def test_a_closer_shot_shows_things_larger():
    def width_of(size: str) -> float:
        left, right = (path_of("static", (x, 0.5), depth=1, size=size)[0, 0] for x in (0.4, 0.8))
        return float(right - left)

    widths = [width_of(size) for size in ("wide", "medium", "close", "detail")]
    assert widths == sorted(widths)
    assert len(set(widths)) == 4
