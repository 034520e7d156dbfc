"""Films of a person's own clips: each clip in its place to the frame, and no join that shows."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders import shared

from vgkit.assembly import Assembly, assemble, composed, laid_out
from vgkit.errors import InputError, NotAClip, ParameterError
from vgkit.media.edit import Treatment
from vgkit.media.footage import Footage, read_footage
from vgkit.media.formats import FILMS
from vgkit.media.frames import read_frames, write_clip, write_picture

DRAFT = FILMS["draft"]
ZEROSCOPE = [f"clips/zeroscope/zeroscope_{name}.mp4" for name in ("num_frames_024", "guidance_scale_1000", "upscale")]
ANIMATEDIFF = [f"clips/animatediff/{name}.gif" for name in ("model_01_01", "model_03_01", "v3_fireworks")]
MIXED = [ZEROSCOPE[0], ANIMATEDIFF[0], ZEROSCOPE[2]]


def footage(*counts: int, fps: int = 8) -> list[Footage]:
    return [Footage(Path(f"{n}.mp4"), (64, 36), Fraction(fps), n, (), lambda: iter(())) for n in counts]


def drifting(path: Path, count: int = 16) -> Path:
    random = np.random.default_rng(count)
    texture = cv2.resize(random.integers(30, 225, (10, 20, 3)).astype(np.uint8), (128, 72))
    write_clip([np.roll(texture, 2 * number, 1) for number in range(count)], path, fps=8)
    return path


def test_each_clip_lasts_as_long_as_it_does() -> None:
    segments = laid_out(footage(16, 24), Assembly())
    assert [segment.film_frames for segment in segments] == [57, 87]
    assert [(segment.first, segment.frames) for segment in segments] == [(0, 16), (16, 24)]
    assert [(segment.transition, segment.transition_frames) for segment in segments] == [("dissolve", 12), ("cut", 0)]


@pytest.mark.parametrize("seconds", [3, 6, 7, 30])
def test_a_films_length_is_shared_out_to_the_frame(seconds: int) -> None:
    segments = laid_out(footage(16, 24, 9), Assembly(seconds=seconds))
    assert sum(segment.film_frames for segment in segments) == seconds * 30
    assert segments[1].film_frames > segments[0].film_frames > segments[2].film_frames


def test_a_transition_takes_at_most_a_third_of_a_short_shot() -> None:
    segments = laid_out(footage(6, 24), Assembly(transition="push", transition_frames=20))
    assert [segment.film_frames for segment in segments] == [19, 87]
    assert segments[0].transition_frames == 6


def test_hard_cuts_share_no_frame() -> None:
    assert {segment.transition_frames for segment in laid_out(footage(16, 24), Assembly(transition="cut"))} == {0}


def test_a_clip_too_short_to_be_seen_is_named_with_the_cure() -> None:
    with pytest.raises(ParameterError, match=r"3\.mp4 would be seen for 8 of the film's frames; at least 12 are"):
        laid_out(footage(16, 3), Assembly())
    with pytest.raises(ParameterError, match=r"16\.mp4 would be seen for 8 .* say --fps 8 if that is its rate"):
        laid_out(footage(16, fps=60), Assembly())


def test_no_clips_and_clips_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="There are no clips"):
        assemble([], tmp_path / "film.mp4", Assembly(), music=composed)
    with pytest.raises(ParameterError, match=r"film\.mov: the film's name must end in \.mp4"):
        assemble([tmp_path / "none.mp4"], tmp_path / "film.mov", Assembly(), music=composed)
    with pytest.raises(NotAClip, match=r"none\.mp4 is not there"):
        assemble([drifting(tmp_path / "one.mp4"), tmp_path / "none.mp4"], tmp_path / "film.mp4", Assembly(),
                 music=composed)  # fmt: skip
    for number in range(2):
        write_picture(np.zeros((8, 8, 3), np.uint8), tmp_path / "pictures" / f"{number}.png")
    with pytest.raises(InputError, match="2 pictures and names no rate"):
        assemble([tmp_path / "pictures"], tmp_path / "film.mp4", Assembly(), music=composed)
    assert not list(tmp_path.glob("*film*"))


@pytest.mark.slow
@pytest.mark.parametrize("transition", ["dip", "match"])
def test_two_short_clips_make_a_film_of_less_than_four_seconds(tmp_path: Path, transition: str) -> None:
    clips = [drifting(tmp_path / "one.mp4"), drifting(tmp_path / "two.mp4", 17)]
    how = Assembly(aspect="1:1", transition=transition)  # type: ignore[arg-type]
    made = assemble(clips, tmp_path / "film.mp4", how, music=composed, form=DRAFT)
    assert [check.name for check in made.conformance.failed] == []
    assert made.shots == (57, 61)
    assert all("refine" not in check.cure for check in made.conformance.checks)


@pytest.mark.slow
def test_a_still_is_closed_in_on_and_never_stands(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    picture = cv2.resize(
        random.integers(0, 255, (30, 40, 3)).astype(np.uint8), (641, 481), interpolation=cv2.INTER_CUBIC
    )
    write_picture(picture, tmp_path / "still.png")
    made = assemble([tmp_path / "still.png"], tmp_path / "film.mp4", Assembly(aspect="1:1"), music=composed, form=DRAFT)
    assert made.conformance.passed
    assert made.shots == (61,)
    assert made.notes == ("still.png: one frame: a still", "still.png: closed in on for two seconds")
    steps = differences(tmp_path / "film.mp4")
    assert steps.min() > 0.3
    assert steps.max() < 2.5 * np.median(steps)


def differences(film: Path) -> np.ndarray:
    """By how many levels each frame differs from the one before, on average, at a size at which grain is gone."""
    small = [
        cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), (160, 90), interpolation=cv2.INTER_AREA).astype(float)
        for frame in read_frames(film)
    ]
    return np.array([np.abs(after - before).mean() for before, after in pairwise(small)])


def check_joins(film: Path, shots: tuple[int, ...], *, length: int = 12) -> None:
    """No step around a join is a jolt: none is over twice the steps around it, and a dissolve ends as it began."""
    steps = differences(film)
    assert len(steps) == sum(shots) - 1
    for border in np.cumsum(shots)[:-1]:
        near = range(border - length, border + length)
        for number in near:
            around = np.r_[steps[number - 4 : number], steps[number + 1 : number + 5]]
            assert steps[number] < 2 * np.median(around) + 0.5, f"frame {number} of {film.name}: {steps[near]}"
        whole = np.sort(steps[near])
        assert whole[-1] > 1.2 * np.median(steps[border - 2 * length : border - length]), "nothing was dissolved"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("clips", "aspect"),
    [(ZEROSCOPE, "16:9"), (ANIMATEDIFF, "16:9"), (MIXED, "16:9"), (MIXED, "9:16"), (MIXED, "1:1")],
    ids=["zeroscope", "animatediff", "mixed 16:9", "mixed 9:16", "mixed 1:1"],
)
def test_a_film_of_real_clips_is_to_specification_and_shows_no_seam(
    tmp_path: Path, clips: list[str], aspect: str
) -> None:
    files = [shared(clip) for clip in clips]
    how = Assembly(aspect=aspect, fps=Fraction(8), seconds=6, treatment=Treatment())  # type: ignore[arg-type]
    made = assemble(files, tmp_path / "film.mp4", how, music=composed, form=DRAFT)
    assert [check.name for check in made.conformance.failed] == []
    assert sum(made.shots) == 180
    held = [note for note in made.notes if "each frame comes 3 times" in note]
    assert len(held) == sum("model_" in clip for clip in clips)
    assert [read_footage(file, fps=Fraction(8)).count for file in files] == [
        16 if "animate" in c else 24 for c in clips
    ]
    check_joins(tmp_path / "film.mp4", made.shots)
