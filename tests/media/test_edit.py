"""The film's pictures: as many as the segments own, each segment where it belongs, transitions around their borders."""

import logging
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from scenery import pan, psnr, same

from vgkit.errors import NotAClip
from vgkit.media.edit import AS_IT_IS, Reach, Segment, Treatment, film_pictures, source_times
from vgkit.media.frames import Frame, write_lossless
from vgkit.media.grade import Lut, graded_picture, identity
from vgkit.media.looks import look
from vgkit.media.picture import Picture, flat
from vgkit.media.steady import Steadied

NATIVE = Fraction(8)
_NOBODY = Reach(before=0, after=0)
_GREYS = (40, 120, 200)
_INTO_TWO = Lut("black or white", (identity(17) > 0.5).astype(np.float32))


def _clip(grey: int, frames: int = 6) -> list[Frame]:
    return [np.full((36, 64, 3), grey, np.uint8)] * frames


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    """Three clips of six frames, each of one grey."""
    write_lossless([frame for grey in _GREYS for frame in _clip(grey)], tmp_path / "cut.mkv", fps=8)
    return tmp_path / "cut.mkv"


def _segments(transition: str, length: int, **fields: Any) -> list[Segment]:
    return [
        Segment(0, 6, 20, transition, length, **fields),  # type: ignore[arg-type]
        Segment(6, 6, 17, transition, length, **fields),  # type: ignore[arg-type]
        Segment(12, 6, 23),
    ]


def _level(picture: Picture) -> float:
    return round((float(picture.luma.mean()) - 16) * 255 / 219, 2)


def _levels(cut: Path, segments: list[Segment], **how: Any) -> list[float]:
    return [_level(picture) for picture in film_pictures(cut, segments, native_fps=NATIVE, **how)]


def test_hard_cuts_show_each_segment_for_the_frames_it_owns(cut: Path) -> None:
    assert _levels(cut, _segments("cut", 0)) == [40] * 20 + [120] * 17 + [200] * 23


@pytest.mark.parametrize("length", [1, 8, 13])
@pytest.mark.parametrize("transition", ["dissolve", "wipe", "push"])
def test_transitions_lie_around_their_border_and_cost_no_frame(cut: Path, transition: str, length: int) -> None:
    levels = _levels(cut, _segments(transition, length))
    start, end = 20 - length // 2, 20 + length - length // 2
    assert len(levels) == 60
    assert set(levels[:start]) == {40}
    assert set(levels[end : 37 - length // 2]) == {120}
    assert all(40 < level < 120 for level in levels[start:end])
    assert levels[start:end] == sorted(levels[start:end])


def test_a_dip_goes_through_its_colour(cut: Path) -> None:
    to_white = _levels(cut, _segments("dip", 9), treatment=Treatment(steadying="off", dip=(255, 255, 255)))
    to_black = _levels(cut, _segments("dip", 9), treatment=Treatment(steadying="off", dip=(0, 0, 0)))
    assert (to_white[20], to_black[20]) == (255, 0)
    assert to_white[:16] == to_black[:16] == [40] * 16


def test_a_dissolve_starts_and_ends_gently(cut: Path) -> None:
    steps = np.diff(_levels(cut, _segments("dissolve", 13))[13:28])
    assert steps[0] < steps[6] / 2 > steps[-1]


@pytest.mark.parametrize(("side", "ends"), [("right", (40, 120)), ("left", (120, 40))])
def test_a_wipe_moves_a_soft_edge_in_from_its_side(cut: Path, side: str, ends: tuple[int, int]) -> None:
    film = film_pictures(cut, _segments("wipe", 13, side=side), native_fps=NATIVE)
    row = (list(film)[20].luma[10] - 16) * 255 / 219
    assert (row[0], row[-1]) == pytest.approx(ends, abs=0.1)
    assert 2 < ((row > 45) & (row < 115)).sum() < 16


def test_segments_need_not_use_every_frame_of_the_cut(cut: Path) -> None:
    assert _levels(cut, [Segment(1, 4, 10), Segment(13, 5, 9)]) == [40] * 10 + [200] * 9


def test_shots_may_come_as_pictures_of_any_sizes(cut: Path) -> None:
    """Where two meet, the smaller is enlarged to the larger; each for itself stays as large as it is."""
    shots = [[flat((64, 36), (40, 40, 40))] * 6, [flat((128, 72), (120, 120, 120))] * 3]
    segments = [Segment(0, 6, 20, "dissolve", 4), Segment(6, 3, 10)]
    film = list(film_pictures(shots, segments, native_fps=NATIVE))
    assert [picture.size for picture in film] == [(64, 36)] * 18 + [(128, 72)] * 12
    assert [_level(picture) for picture in film] == _levels(cut, segments)


def test_shots_are_taken_in_as_they_are_needed() -> None:
    taken = []

    def shots() -> Iterator[list[Picture]]:
        for number in range(6):
            taken.append(number)
            yield [flat((64, 36), (40, 40, 40))] * 6

    segments = [Segment(6 * number, 6, 40) for number in range(6)]
    film = film_pictures(shots(), segments, native_fps=NATIVE)
    for number, _ in enumerate(film):
        # the one that is seen up to 24 pictures later, the next, and nothing beyond
        assert len(taken) <= min(6, (number + 1 + 24) // 40 + 2)


def test_a_look_is_on_every_frame(cut: Path) -> None:
    darker = Lut("half", identity(17) / 2)
    assert darker.is_smooth
    treatment = Treatment(look=darker, steadying="off", sharpen=0)
    assert set(_levels(cut, _segments("cut", 0), treatment=treatment)) == {20, 60, 100}


def _film(shot: list[Picture], lut: Lut | None) -> list[Picture]:
    treatment = Treatment(look=lut, steadying="off", sharpen=0)
    return list(film_pictures([shot], [Segment(0, len(shot), 9)], native_fps=NATIVE, treatment=treatment))


def test_a_look_with_hard_steps_is_laid_over_the_moved_pictures() -> None:
    shot = pan(4, step_px=5)
    late = [graded_picture(picture, _INTO_TWO) for picture in _film(shot, None)]
    assert all(map(same, _film(shot, _INTO_TWO), late))


def test_a_smooth_look_is_laid_on_before_moving_and_nobody_sees_that() -> None:
    shot, warm = pan(4, step_px=5), look("warm_story")
    late = [graded_picture(picture, warm) for picture in _film(shot, None)]
    early = _film(shot, warm)
    assert not all(map(same, early, late))
    assert min(psnr(*pair) for pair in zip(early, late, strict=True)) > 45


def test_every_shot_is_told_how_steady_it_was(cut: Path) -> None:
    heard: dict[int, Steadied] = {}
    list(film_pictures(cut, _segments("cut", 0), native_fps=NATIVE, treatment=Treatment(), on_shot=heard.__setitem__))
    assert list(heard) == [0, 1, 2]
    assert all(str(steady).startswith("left as it is; flicker 0.00 to 0.00") for steady in heard.values())


def test_sharpness_is_part_of_the_treatment() -> None:
    shot = pan(3)
    segments = [Segment(0, 3, 5)]
    plain, sharper = (
        next(film_pictures([shot], segments, native_fps=NATIVE, treatment=each))
        for each in (AS_IT_IS, Treatment(steadying="off", sharpen=1))
    )
    assert sharper.luma.std() > plain.luma.std()


@pytest.mark.parametrize("framing", ["fill", "fit"])
@pytest.mark.parametrize("size", [(1080, 1920), (1080, 1080), (1920, 1080)])
def test_every_picture_has_the_shape_of_the_film(cut: Path, size: tuple[int, int], framing: Any) -> None:
    treatment = Treatment(steadying="off", framing=framing)
    film = film_pictures(cut, _segments("push", 4), native_fps=NATIVE, size=size, treatment=treatment)
    shapes = {picture.size for picture in film}
    assert len(shapes) == 1
    width, height = shapes.pop()
    assert abs(width - height * size[0] / size[1]) <= 2


def test_motion_is_drawn_between_the_cuts_frames(tmp_path: Path) -> None:
    """A spot that moves 12 pixels a frame at 8 fps moves about 3.2 at 30 fps, where repeating would give 0 and 12."""
    frames = []
    for number in range(8):
        frame = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 60, (90, 160, 3), np.uint8), (0, 0), 3)
        cv2.circle(frame, (30 + 12 * number, 48), 14, (250, 250, 250), -1, cv2.LINE_AA)
        frames.append(frame)
    write_lossless(frames, tmp_path / "cut.mkv", fps=8)
    drawn = film_pictures(tmp_path / "cut.mkv", [Segment(0, 8, 26)], native_fps=NATIVE)
    places = [cv2.moments((picture.luma > 145).astype(np.uint8), True) for picture in drawn]
    x = np.array([place["m10"] / place["m00"] for place in places])
    assert np.diff(x).mean() == pytest.approx(3.2, abs=0.05)
    assert np.diff(x) == pytest.approx(3.2, abs=2)


def test_a_clip_longer_than_its_place_shows_its_middle_at_normal_speed() -> None:
    times = source_times(Segment(0, 24, 61), _NOBODY, fps=Fraction(30), native_fps=NATIVE)
    assert np.diff(times).tolist() == [Fraction(4, 15)] * 60
    assert times[0] + times[-1] == 23


def test_a_clip_of_its_own_rate_runs_at_that() -> None:
    times = source_times(Segment(0, 60, 31, fps=Fraction(25)), _NOBODY, fps=Fraction(30), native_fps=NATIVE)
    assert np.diff(times).tolist() == [Fraction(5, 6)] * 30


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
        film_pictures(cut, segments, native_fps=NATIVE)


def test_a_cut_that_ends_early_is_named(cut: Path) -> None:
    with pytest.raises(NotAClip, match=r"cut\.mkv ends early: segment 1 wants its frames 15 to 20, 3 of them"):
        list(film_pictures(cut, [Segment(0, 6, 20), Segment(15, 6, 20)], native_fps=NATIVE))


def test_a_reader_who_stops_early_stops_the_work(cut: Path) -> None:
    before = set(threading.enumerate())
    film = film_pictures(cut, _segments("cut", 0), native_fps=NATIVE)
    next(film)
    film.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=60)
    assert set(threading.enumerate()) <= before
