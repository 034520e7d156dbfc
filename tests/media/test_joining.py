"""One cut of many clips, in which every picture is what it was in its own."""

import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scenery import same, view

from vgkit.errors import EncodeFailed, NotAClip
from vgkit.media.decoding import raw_frames
from vgkit.media.ffmpeg import binary
from vgkit.media.frames import read_frames, write_clip, write_lossless
from vgkit.media.intake import read_pictures
from vgkit.media.joining import join_clips
from vgkit.media.picture import to_rgb
from vgkit.media.probe import probe


def _frames(seed: int, count: int, *, size: tuple[int, int] = (128, 72)) -> list[np.ndarray]:
    return [to_rgb(view(2.0 * number, seed=seed, size=size)) for number in range(count)]


@pytest.fixture
def plain(tmp_path: Path) -> list[Path]:
    """Three clips as models hand them over, of 3, 5 and 2 pictures."""
    clips = [tmp_path / f"{name}.mp4" for name in "abc"]
    for seed, (clip, count) in enumerate(zip(clips, (3, 5, 2), strict=True)):
        write_clip(_frames(seed, count), clip, fps=8)
    return clips


def _untagged(clip: Path, to: Path) -> Path:
    """Copy a clip's packets without what says how its colours are meant."""
    silent = "h264_metadata=colour_primaries=2:transfer_characteristics=2:matrix_coefficients=2"
    asked = [binary(), "-v", "error", "-i", clip, "-c", "copy", "-bsf:v", silent, to]
    subprocess.run([str(word) for word in asked], check=True)
    return to


def test_every_picture_of_the_cut_is_that_of_its_clip(tmp_path: Path, plain: list[Path]) -> None:
    counts = join_clips(plain, tmp_path / "cut.mkv", fps=8)
    assert counts == [3, 5, 2]
    wanted = [picture for clip in plain for picture in read_pictures(clip)]
    assert all(map(same, read_pictures(tmp_path / "cut.mkv"), wanted))
    in_rgb = [frame for clip in plain for frame in read_frames(clip)]
    assert np.array_equal(list(read_frames(tmp_path / "cut.mkv")), in_rgb)


def test_the_cut_says_what_it_is(tmp_path: Path, plain: list[Path]) -> None:
    join_clips(plain, tmp_path / "cut.mkv", fps=Fraction(8))
    seen = probe(tmp_path / "cut.mkv")
    assert (seen.codec, seen.pix_fmt, seen.colour_space, seen.colour_range) == ("ffv1", "yuv420p", "bt709", "tv")
    assert (seen.width, seen.height, seen.frames, seen.fps) == (128, 72, 10, Fraction(8))


def test_clips_that_do_not_say_what_their_colours_mean_stay_as_they_were(tmp_path: Path, plain: list[Path]) -> None:
    """They are shown as BT.601, and so is the cut."""
    silent = [_untagged(clip, tmp_path / f"silent_{clip.name}") for clip in plain]
    join_clips(silent, tmp_path / "cut.mkv", fps=8)
    assert next(raw_frames(tmp_path / "cut.mkv")).format.name == "yuv420p"
    wanted = [frame for clip in silent for frame in read_frames(clip)]
    assert np.array_equal(list(read_frames(tmp_path / "cut.mkv")), wanted)
    assert not np.array_equal(wanted[0], next(read_frames(plain[0])))


@pytest.mark.parametrize("other", ["lossless", "untagged"])
def test_clips_of_different_kinds_are_joined_as_they_are_shown(tmp_path: Path, plain: list[Path], other: str) -> None:
    strange = tmp_path / "strange.mkv"
    if other == "lossless":
        write_lossless(_frames(5, 4), strange, fps=8)
    else:
        strange = _untagged(plain[1], tmp_path / "strange.mp4")
    clips = [plain[0], strange, plain[2]]
    counts = join_clips(clips, tmp_path / "cut.mkv", fps=8)
    wanted = [frame for clip in clips for frame in read_frames(clip)]
    assert counts == [3, len(wanted) - 5, 2]
    assert np.array_equal(list(read_frames(tmp_path / "cut.mkv")), wanted)
    assert probe(tmp_path / "cut.mkv").pix_fmt == "bgr0"


def test_clips_of_different_sizes_are_refused(tmp_path: Path, plain: list[Path]) -> None:
    write_clip(_frames(4, 2, size=(160, 90)), tmp_path / "large.mp4", fps=8)
    with pytest.raises(EncodeFailed, match=r"Give them one size"):
        join_clips([plain[0], tmp_path / "large.mp4"], tmp_path / "cut.mkv", fps=8)
    assert not (tmp_path / "cut.mkv").exists()


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_clip_that_is_not_whole_leaves_no_cut(tmp_path: Path, plain: list[Path], kept: float) -> None:
    whole = plain[1].read_bytes()
    plain[1].write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(NotAClip, match=r"b\.mp4"):
        join_clips(plain, tmp_path / "cut.mkv", fps=8)
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4", "b.mp4", "c.mp4"}
