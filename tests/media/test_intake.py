"""Our own clips as pictures: what is 4:2:0 and BT.709 is taken as it is, everything else by way of RGB."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from scenery import view

from vgkit.errors import NotAClip
from vgkit.media.decoding import raw_frames
from vgkit.media.frames import planes, read_frames, write_clip, write_lossless
from vgkit.media.intake import read_pictures
from vgkit.media.picture import from_rgb, to_rgb

COLOUR = (200, 60, 40)


def _frames(count: int = 4) -> list[np.ndarray]:
    return [to_rgb(view(2.0 * number))[:72, :128] for number in range(count)]


def _written(path: Path, rgb: tuple[int, int, int], size: tuple[int, int], pix_fmt: str, space: int, full: int) -> Path:
    """Write a clip of one colour as another tool might: ``space`` 1 is BT.709, 5 is BT.601, 2 says nothing."""
    coded = 5 if space == 2 else space
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("ffv1", rate=Fraction(8))
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        stream.codec_context.colorspace, stream.codec_context.color_range = space, 2 if full else 1
        for _ in range(3):
            frame: Any = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), rgb, np.uint8), format="rgb24")
            frame = frame.reformat(format=pix_fmt, dst_colorspace=coded, dst_color_range=2 if full else 1)
            frame.colorspace, frame.color_range = space, 2 if full else 1
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def test_a_clip_of_ours_is_taken_to_the_last_bit(tmp_path: Path) -> None:
    write_clip(_frames(), tmp_path / "clip.mp4", fps=8)
    pictures = list(read_pictures(tmp_path / "clip.mp4"))
    assert len(pictures) == 4
    for picture, frame in zip(pictures, raw_frames(tmp_path / "clip.mp4"), strict=True):
        luma, blue, red = planes(frame)
        assert np.array_equal(picture.luma, luma)
        assert np.array_equal(picture.chroma, np.dstack([blue, red]))
        assert (picture.luma.dtype, picture.chroma.dtype) == (np.float32, np.float32)


def test_an_rgb_clip_comes_by_way_of_rgb(tmp_path: Path) -> None:
    write_lossless(_frames(), tmp_path / "clip.mkv", fps=8)
    for picture, frame in zip(read_pictures(tmp_path / "clip.mkv"), _frames(), strict=True):
        assert np.array_equal(picture.luma, from_rgb(frame).luma)
        assert np.array_equal(picture.chroma, from_rgb(frame).chroma)


@pytest.mark.parametrize(
    ("pix_fmt", "space", "full"),
    [
        ("yuv420p", 1, 0),
        ("yuv420p", 1, 1),
        ("yuv420p", 5, 0),
        ("yuv420p", 2, 0),
        ("yuv444p", 1, 0),
        ("yuv420p10le", 1, 0),
    ],
    ids=["ours", "full range", "BT.601", "says nothing", "4:4:4", "10 bits"],
)
def test_colours_are_right_whatever_the_numbers_mean(tmp_path: Path, pix_fmt: str, space: int, full: int) -> None:
    clip = _written(tmp_path / "clip.mkv", COLOUR, (64, 36), pix_fmt, space, full)
    assert np.abs(to_rgb(next(read_pictures(clip))).astype(int) - COLOUR).max() <= 3


def test_both_ways_show_the_same(tmp_path: Path) -> None:
    write_clip(_frames(), tmp_path / "clip.mp4", fps=8)
    for taken, frame in zip(read_pictures(tmp_path / "clip.mp4"), read_frames(tmp_path / "clip.mp4"), strict=True):
        assert np.abs(taken.luma - from_rgb(frame).luma).mean() < 1
        # as planes, colour stands half a pixel further to the left
        assert np.abs(taken.chroma - from_rgb(frame).chroma).mean() < 1.5


def test_odd_sides_are_made_even(tmp_path: Path) -> None:
    clip = _written(tmp_path / "clip.mkv", COLOUR, (65, 37), "yuv420p", 1, 0)
    assert next(read_pictures(clip)).size == (66, 38)


def test_what_is_no_clip_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"not a clip at all" * 50)
    with pytest.raises(NotAClip, match=r"clip\.mp4"):
        read_pictures(tmp_path / "clip.mp4")
