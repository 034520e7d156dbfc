"""Moments between frames: exact on a source frame, near the truth between two, honest where nothing can be followed."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from vgkit.media.flow import Motion, between, motion_between, retime

WIDTH, HEIGHT = 256, 144


def _texture(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (400, 600, 3), np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 4), None, 0, 255, cv2.NORM_MINMAX)


def _view(picture: np.ndarray, shift_px: float) -> np.ndarray:
    """Look at a picture through a window that has moved to the right and a little down."""
    move = np.float32([[1, 0, -60 - shift_px], [0, 1, -60 - shift_px / 2]])
    return cv2.warpAffine(picture, move, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)


def _psnr(one: np.ndarray, other: np.ndarray) -> float:
    inside = (slice(16, -16), slice(16, -16))
    return float(10 * np.log10(255**2 / np.mean((one[inside].astype(float) - other[inside]) ** 2)))


def _quarters(last: int) -> list[Fraction]:
    return [Fraction(number, 4) for number in range(4 * last + 1)]


def test_whole_times_give_the_source_frames_themselves() -> None:
    source = [_view(_texture(), 3.0 * number) for number in range(3)]
    drawn = list(retime(source, _quarters(2)))
    assert len(drawn) == 9
    assert all(np.array_equal(drawn[4 * number], source[number]) for number in range(3))


@pytest.mark.parametrize("size", [WIDTH, 3 * WIDTH], ids=["followed at full size", "followed at half size"])
def test_a_moving_picture_is_drawn_where_it_would_have_been(size: int) -> None:
    """Blending, which is what a person would see without flow, stays more than 8 dB behind."""
    picture, factor = _texture(), size // WIDTH
    grown = (size, HEIGHT * factor)
    first, second, truth = (cv2.resize(_view(picture, shift), grown) for shift in (0.0, 7.0, 3.5))
    drawn = between(first, second, motion_between(first, second), 0.5)
    blended = cv2.addWeighted(first, 0.5, second, 0.5, 0)
    assert _psnr(drawn, truth) > 36
    assert _psnr(drawn, truth) > _psnr(blended, truth) + 8


def test_flow_counts_pixels_of_the_frame_it_was_given() -> None:
    first, second = (cv2.resize(_view(_texture(), shift), (3 * WIDTH, 3 * HEIGHT)) for shift in (0.0, 4.0))
    motion = motion_between(first, second)
    assert motion.forward.shape == (3 * HEIGHT, 3 * WIDTH, 2)
    assert np.median(motion.forward, axis=(0, 1)) == pytest.approx([-12.0, -6.0], abs=0.5)
    assert np.median(motion.backward, axis=(0, 1)) == pytest.approx([12.0, 6.0], abs=0.5)


def test_a_still_picture_stays_as_it_is() -> None:
    still = _view(_texture(), 0)
    (drawn,) = retime([still, still], [Fraction(1, 3)])
    assert np.abs(drawn.astype(int) - still).max() <= 1


def test_a_cut_inside_a_clip_stays_a_cut() -> None:
    first, second = _view(_texture(1), 0), 255 - _view(_texture(2), 0)
    motion = motion_between(first, second)
    assert motion.is_cut
    assert np.array_equal(between(first, second, motion, 0.3), first)
    assert np.array_equal(between(first, second, motion, 0.7), second)


def test_what_can_not_be_followed_but_looks_alike_is_blended() -> None:
    first, second = _view(_texture(1), 0), _view(_texture(2), 0)
    nowhere = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    lost = Motion(forward=nowhere, backward=nowhere, agreement=0.2, difference=9.0)
    assert np.array_equal(between(first, second, lost, 0.5), cv2.addWeighted(first, 0.5, second, 0.5, 0))


def test_the_same_frames_are_drawn_again() -> None:
    source = [_view(_texture(), 4.0 * number) for number in range(3)]
    once, again = (list(retime(source, _quarters(2))) for _ in range(2))
    assert np.array_equal(once, again)


def test_a_stream_is_read_only_as_far_as_it_is_needed() -> None:
    taken = []

    def stream() -> object:
        for number in range(10):
            taken.append(number)
            yield _view(_texture(), 2.0 * number)

    drawn = retime(stream(), iter([Fraction(0), Fraction(5, 2), Fraction(8)]))  # type: ignore[arg-type]
    next(drawn)
    assert taken == [0]
    next(drawn)
    assert taken == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([Fraction(-1, 2)], "start below 0"),
        ([Fraction(1), Fraction(1, 2)], "1/2 comes after 1"),
        ([Fraction(3, 2)], "source frame 2 is asked for, but there are only 2"),
    ],
)
def test_times_outside_the_clip_are_refused(times: list[Fraction], message: str) -> None:
    frame = np.zeros((32, 32, 3), np.uint8)
    with pytest.raises(ValueError, match=message):
        list(retime([frame, frame], times))


def test_a_gleam_that_passes_does_not_tear_the_edges_it_passes() -> None:
    """What brightens is not what moves: a white frame round a dark picture stays whole while a gleam crosses it."""
    still = np.full((288, 512, 3), 30, np.uint8)
    cv2.rectangle(still, (120, 60), (390, 230), (235, 230, 220), 12)
    cv2.line(still, (330, 100), (330, 220), (90, 90, 90), 2)
    across = np.add.outer(0.45 * np.arange(288), np.arange(512)).astype(np.float32)
    inside = np.zeros((288, 512), np.float32)
    inside[66:225, 126:385] = 1
    frames = [
        np.clip(still + (inside * 70 * np.exp(-(((across - 380 - 26 * n) / 45) ** 2)))[..., None], 0, 255).astype(
            np.uint8
        )
        for n in range(4)
    ]
    drawn = list(retime(frames, [Fraction(n, 4) for n in range(13)]))
    border = still[..., 0] > 200
    assert min(frame[border].min() for frame in drawn) > 190
