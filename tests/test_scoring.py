"""Whatever a person brings is scored right or refused by name; no measure makes up a number for it."""

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vgkit.errors import InputError, NotAClip
from vgkit.media.ffmpeg import run_ffmpeg
from vgkit.media.frames import Frame, write_clip, write_lossless, write_picture
from vgkit.quality.measure import Scored
from vgkit.quality.registry import clip_measures
from vgkit.scoring import score_clip, shown

_LOOKS = ("sharpness", "contrast", "colourfulness", "clipping", "noise", "blockiness", "piqe")


def frames(count: int = 9, *, size: tuple[int, int] = (96, 64)) -> list[Frame]:
    """A texture that moves to the left by two pixels a frame."""
    width, height = size
    dots = np.random.default_rng(5).integers(40, 215, (height // 8 + 1, width // 4 + 1, 3)).astype(np.uint8)
    texture = cv2.resize(dots, (width + 2 * count, height), interpolation=cv2.INTER_CUBIC)
    return [np.ascontiguousarray(texture[:, 2 * number : 2 * number + width]) for number in range(count)]


def clip(path: Path, shots: list[Frame] | None = None) -> Path:
    write_lossless(frames() if shots is None else shots, path, fps=8)
    return path


def pictures(folder: Path, shots: list[Frame]) -> Path:
    for number, frame in enumerate(shots):
        write_picture(frame, folder / f"{number}.png")
    return folder


def recoded(source: Path, target: Path, *how: str) -> Path:
    run_ffmpeg(["-v", "error", "-i", source, *how, target], deadline_s=60)
    return target


def scores(path: Path, *, fps: Fraction | None = None) -> dict[str, float | None]:
    return {found.measure.name: found.value for found in score_clip(path, fps=fps).scores}


def check(found: tuple[Scored, ...]) -> None:
    """Each measure has a finite number within its span, or says why it has none."""
    for each in found:
        least, most = each.measure.span
        if each.value is None:
            assert each.reason, each.measure.name
        else:
            assert math.isfinite(each.value), each.measure.name
            assert least <= each.value <= most, each.measure.name


def taken(found: dict[str, float | None]) -> dict[str, float]:
    """Only the measures that have a number."""
    return {name: value for name, value in found.items() if value is not None}


def near(found: dict[str, float | None], *, within: float = 1e-6) -> Any:
    """The same measures taken, and the same numbers but for rounding."""
    return pytest.approx(taken(found), rel=within, abs=within)


def test_measures_have_names_of_their_own() -> None:
    names = [measure.name for measure in clip_measures()]
    assert len({*names}) == len(names)


def test_all_but_what_needs_a_keyframe_or_a_model_have_a_number_for_a_plain_clip(tmp_path: Path) -> None:
    scored = score_clip(clip(tmp_path / "plain.mkv"))
    check(scored.scores)
    assert [found.measure.name for found in scored.scores if found.value is None] == [
        "keyframe_adherence",
        "clip_score",
    ]


def test_a_keyframe_is_held_against_the_first_frame(tmp_path: Path) -> None:
    own, other = frames()[0], np.rot90(frames()[0], 2)
    found = [
        {each.measure.name: each.value for each in score_clip(clip(tmp_path / "clip.mkv"), keyframe=still).scores}
        for still in (own, other)
    ]
    assert found[0]["keyframe_adherence"] == pytest.approx(1)
    assert (found[1]["keyframe_adherence"] or 0) < 0.5


def test_a_folder_of_pictures_an_mp4_and_a_webp_score_as_the_frames_they_hold(tmp_path: Path) -> None:
    plain = clip(tmp_path / "plain.mkv")
    assert taken(scores(pictures(tmp_path / "shot", frames()), fps=Fraction(8))) == near(scores(plain))
    webp = recoded(plain, tmp_path / "clip.webp", "-c:v", "libwebp_anim", "-lossless", "1", "-pix_fmt", "bgra")
    assert taken(scores(webp)) == near(scores(plain))
    write_clip(frames(), tmp_path / "clip.mp4", fps=8, crf=1)
    coded, whole = scores(tmp_path / "clip.mp4"), scores(plain)
    names = ("contrast", "camera_pan", "warp_error")
    assert taken({name: coded[name] for name in names}) == near({name: whole[name] for name in names}, within=0.15)


def test_a_gif_is_scored_with_its_dither(tmp_path: Path) -> None:
    ramp = np.repeat(np.linspace(90, 150, 96).astype(np.uint8)[None, :, None], 64, 0).repeat(3, 2)
    plain = clip(tmp_path / "ramp.mkv", [np.roll(ramp, 3 * number, 0) for number in range(4)])
    how = "split[a][b];[a]palettegen=max_colors=6[p];[b][p]paletteuse=dither=sierra2"
    noisy = scores(recoded(plain, tmp_path / "ramp.gif", "-filter_complex", how))["noise"]
    assert (noisy or 0) > 4 * (scores(plain)["noise"] or 0)


def test_one_frame_has_looks_and_no_motion(tmp_path: Path) -> None:
    write_picture(frames()[0], tmp_path / "one.png")
    for path in (tmp_path / "one.png", clip(tmp_path / "one.mkv", frames(1))):
        scored = score_clip(path)
        check(scored.scores)
        found = {each.measure.name for each in scored.scores if each.value is not None}
        assert found == {*_LOOKS, "black_stretch"}


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 2), (8, 8), (15, 17), (33, 9), (97, 63)])
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_smallest_clips_and_odd_ones_are_scored_or_told(tmp_path: Path, size: tuple[int, int], count: int) -> None:
    check(score_clip(pictures(tmp_path / "small", frames(count, size=size)), fps=Fraction(8)).scores)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_clip_of_one_colour_has_no_faults_but_that_it_stands_still(tmp_path: Path, level: int) -> None:
    scored = score_clip(clip(tmp_path / "flat.mkv", [np.full((64, 96, 3), level, np.uint8)] * 8))
    check(scored.scores)
    found = {each.measure.name: each.value for each in scored.scores}
    assert (found["sharpness"], found["contrast"], found["noise"], found["unplanned_cuts"]) == (0, 0, 0, 0)
    assert found["frozen_stretch"] == 1
    assert found["black_stretch"] == (1 if level == 0 else 0)


def test_an_odd_size_scores_as_the_even_one_it_was_cut_from(tmp_path: Path) -> None:
    even = clip(tmp_path / "even.mkv", frames(size=(128, 96)))
    odd = clip(tmp_path / "odd.mkv", [np.ascontiguousarray(frame[:-1, :-1]) for frame in frames(size=(128, 96))])
    names = ("contrast", "colourfulness", "sharpness", "clipping", "camera_pan")
    cut, whole = scores(odd), scores(even)
    assert taken({name: cut[name] for name in names}) == near({name: whole[name] for name in names}, within=0.05)


def test_transparency_is_scored_as_it_is_seen_on_black(tmp_path: Path) -> None:
    half = [np.dstack([frame, np.full(frame.shape[:2], 128, np.uint8)]) for frame in frames()]
    clear = pictures(tmp_path / "clear", half)
    seen = clip(
        tmp_path / "seen.mkv", [((frame.astype(int) * 128 + 127) // 255).astype(np.uint8) for frame in frames()]
    )
    assert taken(scores(clear, fps=Fraction(8))) == near(scores(seen))


def test_ten_bits_score_as_eight(tmp_path: Path) -> None:
    plain = recoded(clip(tmp_path / "rgb.mkv"), tmp_path / "plain.mkv", "-pix_fmt", "yuv444p", "-c:v", "ffv1")
    deep = recoded(plain, tmp_path / "deep.mkv", "-pix_fmt", "yuv444p10le", "-c:v", "ffv1")
    assert taken(scores(deep)) == near(scores(plain), within=0.03)


def test_a_variable_rate_is_scored_by_its_times(tmp_path: Path) -> None:
    """Three frames an eighth of a second apart, then each a quarter: as if the later ones came twice."""
    shots = frames(8)
    later = "setpts=if(lt(N\\,3)\\,N/8/TB\\,(0.25+(N-2)/4)/TB)"
    how = ("-vf", later, "-fps_mode", "vfr", "-c:v", "ffv1", "-pix_fmt", "bgr0")
    uneven = score_clip(recoded(clip(tmp_path / "even.mkv", shots), tmp_path / "uneven.mkv", *how))
    assert "variable rate evened to" in uneven.footage.notes[0]
    write_lossless(uneven.footage.frames(), tmp_path / "played.mkv", fps=uneven.footage.fps)
    assert taken({each.measure.name: each.value for each in uneven.scores}) == near(scores(tmp_path / "played.mkv"))


def test_a_clip_that_shows_each_frame_three_times_scores_as_if_once(tmp_path: Path) -> None:
    held = [frame for frame in frames() for _ in range(3)]
    write_lossless(held, tmp_path / "held.mkv", fps=24)
    assert taken(scores(tmp_path / "held.mkv")) == near(scores(clip(tmp_path / "plain.mkv")))


def test_a_given_rate_changes_what_counts_in_seconds_and_nothing_else(tmp_path: Path) -> None:
    slow, fast = (scores(clip(tmp_path / "clip.mkv"), fps=Fraction(rate)) for rate in (8, 16))
    assert fast["camera_pan"] == pytest.approx(2 * (slow["camera_pan"] or 0))
    assert taken({name: fast[name] for name in _LOOKS}) == near({name: slow[name] for name in _LOOKS})


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    ("name", "make", "harm", "message"),
    [
        ("cut.mkv", ("-c:v", "ffv1"), _half, r"cut\.mkv is cut short: \d+ frames"),
        ("cut.mp4", ("-c:v", "libx264"), _half, r"cut\.mp4 does not decode"),
        ("cut.gif", (), _half, r"cut\.gif is cut short: its end mark is missing"),
        ("none.mp4", ("-c:v", "libx264", "-frames:v", "0"), bytes, r"none\.mp4 (has no picture|holds no frames)"),
        ("empty.mp4", ("-c:v", "libx264"), lambda content: b"", r"empty\.mp4 does not decode: .*\(0 bytes\)"),
    ],
)
def test_what_is_not_whole_is_refused_and_not_scored(
    tmp_path: Path, name: str, make: tuple[str, ...], harm: Callable[[bytes], bytes], message: str
) -> None:
    broken = recoded(clip(tmp_path / "whole.mkv", frames(32)), tmp_path / name, *make)
    broken.write_bytes(harm(broken.read_bytes()))
    with pytest.raises(NotAClip, match=message):
        score_clip(broken)


def test_sound_alone_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    sound = tmp_path / "sound.mp4"
    run_ffmpeg(["-v", "error", "-f", "lavfi", "-i", "sine=d=0.5", "-c:a", "aac", sound], deadline_s=60)
    with pytest.raises(NotAClip, match=r"sound\.mp4 has no picture, only 1 other stream"):
        score_clip(sound)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotAClip, match="holds no pictures among its 0 files"):
        score_clip(tmp_path / "empty")


def test_pictures_without_a_rate_ask_for_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names no rate"):
        score_clip(pictures(tmp_path / "shot", frames(2)))


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.00021384, "0.0002138"), (0.5, "0.5"), (99.987, "99.99"), (18140.4, "18140")]
)
def test_numbers_are_written_with_four_digits_and_no_exponent(value: float | None, text: str) -> None:
    assert shown(value) == text
