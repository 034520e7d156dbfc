"""The film's frames: as many as the segments own, each segment where it belongs, transitions around their borders."""

import logging
import threading
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from vgkit.errors import NotAClip
from vgkit.media.ahead import ahead
from vgkit.media.edit import Reach, Segment, film_frames, source_times
from vgkit.media.frames import Frame, write_lossless
from vgkit.media.grade import Lut, identity

NATIVE = Fraction(8)
_NOBODY = Reach(before=0, after=0)
_GREYS = (40, 120, 200)


def _clip(grey: int, frames: int = 6) -> list[Frame]:
    return [np.full((36, 64, 3), grey, np.uint8)] * frames


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    """Three clips of six frames, each of one grey."""
    write_lossless([frame for grey in _GREYS for frame in _clip(grey)], tmp_path / "cut.mkv", fps=8)
    return tmp_path / "cut.mkv"


def _segments(transition: str, length: int) -> list[Segment]:
    return [
        Segment(0, 6, 20, transition, length),  # type: ignore[arg-type]
        Segment(6, 6, 17, transition, length),  # type: ignore[arg-type]
        Segment(12, 6, 23),
    ]


def _levels(cut: Path, segments: list[Segment], look: Lut | None = None) -> list[float]:
    return [float(frame.mean()) for frame in film_frames(cut, segments, native_fps=NATIVE, look=look)]


def test_hard_cuts_show_each_segment_for_the_frames_it_owns(cut: Path) -> None:
    assert _levels(cut, _segments("cut", 0)) == [40] * 20 + [120] * 17 + [200] * 23


@pytest.mark.parametrize("length", [1, 8, 13])
@pytest.mark.parametrize("transition", ["dissolve", "wipe"])
def test_transitions_lie_around_their_border_and_cost_no_frame(cut: Path, transition: str, length: int) -> None:
    levels = _levels(cut, _segments(transition, length))
    start, end = 20 - length // 2, 20 + length - length // 2
    assert len(levels) == 60
    assert set(levels[:start]) == {40}
    assert set(levels[end : 37 - length // 2]) == {120}
    assert all(40 < level < 120 for level in levels[start:end])
    assert levels[start:end] == sorted(levels[start:end])


def test_a_dissolve_starts_and_ends_gently(cut: Path) -> None:
    steps = np.diff(_levels(cut, _segments("dissolve", 13))[13:28])
    assert steps[0] < steps[6] / 2 > steps[-1]


def test_a_wipe_moves_a_soft_edge_across(cut: Path) -> None:
    middle = list(film_frames(cut, _segments("wipe", 13), native_fps=NATIVE))[20]
    row = middle[10, :, 0].astype(int)
    assert (row[0], row[-1]) == (120, 40)
    assert 2 < ((row > 45) & (row < 115)).sum() < 12


def test_segments_need_not_use_every_frame_of_the_cut(cut: Path) -> None:
    assert _levels(cut, [Segment(1, 4, 10), Segment(13, 5, 9)]) == [40] * 10 + [200] * 9


def test_the_look_is_on_every_frame(cut: Path) -> None:
    darker = Lut("half", identity(17) / 2)
    assert set(_levels(cut, _segments("cut", 0), look=darker)) == {20, 60, 100}


def test_motion_is_drawn_between_the_cuts_frames(tmp_path: Path) -> None:
    """A spot that moves 12 pixels a frame at 8 fps moves about 3.2 at 30 fps, where repeating would give 0 and 12."""
    frames = []
    for number in range(8):
        frame = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 60, (96, 160, 3), np.uint8), (0, 0), 3)
        cv2.circle(frame, (30 + 12 * number, 48), 14, (250, 250, 250), -1, cv2.LINE_AA)
        frames.append(frame)
    write_lossless(frames, tmp_path / "cut.mkv", fps=8)
    drawn = film_frames(tmp_path / "cut.mkv", [Segment(0, 8, 26)], native_fps=NATIVE)
    places = [cv2.moments((frame[..., 0] > 150).astype(np.uint8), True) for frame in drawn]
    x = np.array([place["m10"] / place["m00"] for place in places])
    assert np.diff(x).mean() == pytest.approx(3.2, abs=0.05)
    assert np.diff(x) == pytest.approx(3.2, abs=2)


def test_a_clip_longer_than_its_place_shows_its_middle_at_normal_speed() -> None:
    times = source_times(Segment(0, 24, 61), _NOBODY, fps=Fraction(30), native_fps=NATIVE)
    assert np.diff(times).tolist() == [Fraction(4, 15)] * 60
    assert times[0] + times[-1] == 23


def test_a_clip_shorter_than_its_place_is_slowed_and_never_leaves_its_frames() -> None:
    times = source_times(Segment(0, 24, 90), Reach(before=6, after=7), fps=Fraction(30), native_fps=NATIVE)
    assert len(times) == 103
    assert (times[0], times[-1]) == (0, 23)


def test_a_clip_slowed_beyond_sixty_percent_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        source_times(Segment(0, 8, 60), _NOBODY, fps=Fraction(30), native_fps=NATIVE, name="segment 3")
    assert "segment 3 is slowed to 0.44 of its speed: 8 frames for 60" in caplog.text


def test_one_source_frame_can_fill_a_segment(cut: Path) -> None:
    assert _levels(cut, [Segment(0, 1, 5), Segment(6, 6, 1)]) == [40] * 5 + [120]


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ([], "a film needs segments"),
        ([Segment(0, 6, 20), Segment(5, 6, 20)], "segment 1 starts at frame 5, inside the one before"),
        ([Segment(0, 6, 0)], "segment 0 is empty"),
        ([Segment(0, 6, 4, "dissolve", 10), Segment(6, 6, 20)], "share more than its 4 frames"),
        ([Segment(0, 6, 20, "wipe", 4)], "nothing follows the last"),
    ],
)
def test_segments_that_make_no_film_are_refused(cut: Path, segments: list[Segment], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        film_frames(cut, segments, native_fps=NATIVE)


def test_a_cut_that_ends_early_is_named(cut: Path) -> None:
    with pytest.raises(NotAClip, match=r"cut\.mkv ends early: segment 1 wants its frames 15 to 20, 3 of them"):
        list(film_frames(cut, [Segment(0, 6, 20), Segment(15, 6, 20)], native_fps=NATIVE))


def test_a_reader_who_stops_early_stops_the_work(cut: Path) -> None:
    frames = film_frames(cut, _segments("cut", 0), native_fps=NATIVE)
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name == "vgkit-ahead"]


def test_what_fails_ahead_fails_at_the_reader() -> None:
    def broken() -> object:
        yield 1
        raise NotAClip("gone")

    read = ahead(broken(), depth=4)  # type: ignore[var-annotated, arg-type]
    assert next(read) == 1
    with pytest.raises(NotAClip, match="gone"):
        next(read)
