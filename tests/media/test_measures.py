"""Figures for steadiness and sharpness: each sees its own fault, and not the others'."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from vgkit.media.measures import Step, flicker, sharpness, tenengrad, warp_error

HEIGHT, WIDTH = 120, 160


@dataclass(frozen=True)
class Shift:
    """A whole picture that moves by (x, y) pixels."""

    x: float
    y: float

    @property
    def forward(self) -> np.ndarray:
        return np.full((HEIGHT, WIDTH, 2), (self.x, self.y), np.float32)

    @property
    def backward(self) -> np.ndarray:
        return -self.forward


def texture(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 1, (HEIGHT + 80, WIDTH + 80)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 30, 220, cv2.NORM_MINMAX)


def panned(count: int, step_px: int = 4) -> list[np.ndarray]:
    return [texture()[20 : 20 + HEIGHT, step_px * n : step_px * n + WIDTH].copy() for n in range(count)]


def test_what_brightens_steadily_does_not_flicker() -> None:
    assert flicker(np.full((8, 8), 50 + 3 * n, np.float32) for n in range(6)) == pytest.approx(0, abs=1e-6)


def test_flicker_counts_levels_of_mean_luma() -> None:
    """Brightness that alternates by 2 levels has second differences of 4."""
    assert flicker([np.full((8, 8), 100 + 2 * (n % 2), np.float32) for n in range(9)]) == pytest.approx(4)
    assert flicker([np.zeros((8, 8), np.float32)] * 2) == 0


def test_an_exact_move_has_no_warp_error_and_the_wrong_motion_has_much() -> None:
    moved = panned(4)
    assert warp_error(moved, [Shift(-4, 0)] * 3) < 0.01
    assert warp_error(moved, [Shift(4, 0)] * 3) > 5


def test_warp_error_counts_levels_by_which_what_is_followed_changes() -> None:
    moved = [luma + np.float32(6 * (n % 2)) for n, luma in enumerate(panned(4))]
    assert warp_error(moved, [Shift(-4, 0)] * 3) == pytest.approx(6, abs=0.01)


def test_pixels_that_leave_the_picture_or_do_not_come_home_are_not_judged() -> None:
    home = Step.of(Shift(-40, 0)).home
    assert home.shape == (HEIGHT // 2, WIDTH // 2)
    assert not home[:, :20].any()
    assert home[:, 20:].all()


def test_a_cut_says_nothing_about_steadiness() -> None:
    @dataclass(frozen=True)
    class Lost(Shift):
        @property
        def backward(self) -> np.ndarray:
            return self.forward

    first, second = panned(2)
    assert np.isnan(warp_error([first, second], [Lost(9, 9)]))
    assert warp_error([first, second, second], [Lost(9, 9), Shift(0, 0)]) == 0


def test_a_motion_for_each_step_is_asked_for() -> None:
    with pytest.raises(ValueError, match="3 pictures have 2 steps between them, not 1"):
        warp_error(panned(3), [Shift(-4, 0)])


def test_blur_lowers_sharpness_and_grain_hardly_moves_it() -> None:
    sharp = texture()
    grained = sharp + np.random.default_rng(1).normal(0, 2, sharp.shape).astype(np.float32)
    assert tenengrad(cv2.GaussianBlur(sharp, (0, 0), 1.5)) < 0.7 * tenengrad(sharp)
    assert tenengrad(grained) == pytest.approx(tenengrad(sharp), rel=0.03)
    assert sharpness([sharp, sharp]) == pytest.approx(tenengrad(sharp))


def test_an_edge_of_known_height_has_the_gradient_worked_out_by_hand() -> None:
    """A ramp of one level a pixel has a Sobel gradient of 8 wherever the border is far."""
    ramp = np.tile(np.arange(64, dtype=np.float32), (64, 1))
    inner = ramp[8:-8, 8:-8]
    assert tenengrad(ramp) == pytest.approx(64, rel=0.08)
    assert tenengrad(inner.T.copy()) == pytest.approx(tenengrad(inner))
