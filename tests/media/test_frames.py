"""Frames survive the way into a file and back, and a writer that fails leaves nothing behind."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from builders import small_disk

from vgkit.errors import AssetError, EncodeFailed, NotAClip, StoreError
from vgkit.media.frames import (
    frame_digest,
    read_clip,
    read_frames,
    read_picture,
    write_clip,
    write_lossless,
    write_picture,
)


def _noise(count: int = 6, height: int = 48, width: int = 64) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 255, (count, height, width, 3), np.uint8)


def _colour(rgb: tuple[int, int, int]) -> np.ndarray:
    return np.broadcast_to(np.array(rgb, np.uint8), (4, 48, 64, 3))


@pytest.mark.parametrize("size", [(48, 64), (47, 63)])
def test_lossless_frames_read_back_exactly(tmp_path: Path, size: tuple[int, int]) -> None:
    frames = _noise(5, *size)
    write_lossless(frames, tmp_path / "cut.mkv", fps=8)
    assert np.array_equal(read_clip(tmp_path / "cut.mkv"), frames)


@pytest.mark.parametrize(
    "rgb", [(255, 23, 40), (0, 255, 0), (20, 40, 250), (0, 0, 0), (255, 255, 255), (128, 128, 128)]
)
def test_a_clips_colours_come_back_within_two_levels(tmp_path: Path, rgb: tuple[int, int, int]) -> None:
    write_clip(_colour(rgb), tmp_path / "clip.mp4", fps=8)
    assert np.abs(read_clip(tmp_path / "clip.mp4").astype(int) - rgb).max() <= 2


def test_frames_are_read_one_by_one_in_order(tmp_path: Path) -> None:
    steps = np.repeat(np.arange(10, 250, 20, dtype=np.uint8), 16 * 16 * 3).reshape(-1, 16, 16, 3)
    write_lossless(iter(steps), tmp_path / "cut.mkv", fps=Fraction(8))
    assert [int(frame[0, 0, 0]) for frame in read_frames(tmp_path / "cut.mkv")] == list(range(10, 250, 20))


def test_the_digest_knows_the_same_pictures_and_other_pictures(tmp_path: Path) -> None:
    frames = _noise()
    changed = frames.copy()
    changed[3, 5, 5, 1] ^= 1
    for name, given, fps in (("one", frames, 8), ("again", frames, 25), ("other", changed, 8)):
        write_lossless(given, tmp_path / f"{name}.mkv", fps=fps)
    one, again, other = (frame_digest(tmp_path / f"{name}.mkv") for name in ("one", "again", "other"))
    assert one == again != other


@pytest.mark.parametrize("channels", [3, 4])
def test_a_picture_keeps_its_pixels_and_its_transparency(tmp_path: Path, channels: int) -> None:
    picture = np.random.default_rng(3).integers(0, 255, (20, 30, channels), np.uint8)
    write_picture(picture, tmp_path / "new" / "poster.png")
    assert np.array_equal(read_picture(tmp_path / "new" / "poster.png"), picture)


def test_what_is_no_picture_or_clip_is_named(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_text("not a picture")
    with pytest.raises(AssetError, match=r"logo\.png is not a picture we can read.*Give a PNG"):
        read_picture(tmp_path / "logo.png")
    with pytest.raises(NotAClip, match=r"logo\.png does not decode"):
        read_clip(tmp_path / "logo.png")


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (_noise(0), "no frames to write"),
        (_noise(2, 47, 64), "even sides, these frames are 64x47"),
        ([_noise(1)[0], _noise(1, 32, 32)[0]], r"Frame 1 is \(32, 32, 3\), the first was \(48, 64, 3\)"),
    ],
)
def test_frames_that_make_no_clip_are_refused_with_their_numbers(tmp_path: Path, frames: object, message: str) -> None:
    with pytest.raises(EncodeFailed, match=message):
        write_clip(frames, tmp_path / "clip.mp4", fps=8)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_failed_writer_keeps_the_old_file_and_leaves_no_other(tmp_path: Path) -> None:
    write_clip(_noise(), tmp_path / "clip.mp4", fps=8)
    before = frame_digest(tmp_path / "clip.mp4")
    with pytest.raises(EncodeFailed):
        write_clip(_noise(0), tmp_path / "clip.mp4", fps=8)
    assert frame_digest(tmp_path / "clip.mp4") == before
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


@pytest.mark.parametrize("write", [write_clip, write_lossless])
def test_a_full_disk_is_a_store_error_with_numbers(tmp_path: Path, write: object) -> None:
    said = r"take\.\w+: .* It needs more than .* MB; .* MB are free there\. Make room"
    with small_disk(20_000), pytest.raises(StoreError, match=said):
        write(_noise(40, 96, 128), tmp_path / "take.mkv", fps=8)  # type: ignore[operator]
    assert not list(tmp_path.iterdir())


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="Check the folder"):
        write_clip(_noise(), tmp_path / "file" / "clip.mp4", fps=8)
