"""A preview shows all through the film, in its colours, small enough to be mailed."""

from pathlib import Path

import numpy as np
import pytest
from builders import shared, small_disk
from PIL import Image

from vgkit.errors import MediaError, NotAClip, StoreError
from vgkit.media.frames import read_clip, write_clip
from vgkit.media.preview import WIDTH_PX, write_gif, write_webp
from vgkit.media.sound import write_wav

WRITERS = {"gif": write_gif, "webp": write_webp}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds, one colour for each: what second a frame is from can be seen on it."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    colours = [(30 * second, 120, 230 - 30 * second) for second in range(8)]
    pictures = (np.full((72, 128, 3), colours[number // 30], np.uint8) for number in range(240))
    write_clip(pictures, path, fps=30)
    return path


def shown(preview: Path) -> tuple[list[np.ndarray], list[int]]:
    """All frames of an animated picture, and how long each stands, in milliseconds."""
    with Image.open(preview) as opened:
        frames, lengths = [], []
        for number in range(getattr(opened, "n_frames", 1)):
            opened.seek(number)
            frames.append(np.asarray(opened.convert("RGB")))
            lengths.append(opened.info["duration"])
        assert opened.info["loop"] == 0
    return frames, lengths


@pytest.mark.parametrize("kind", WRITERS)
def test_a_preview_shows_parts_from_all_through_the_film_in_its_colours(kind: str, film: Path, tmp_path: Path) -> None:
    WRITERS[kind](film, tmp_path / f"preview.{kind}", width_px=64, fps=10, seconds=2.0)
    frames, lengths = shown(tmp_path / f"preview.{kind}")
    # libwebp keeps a picture standing where nothing changes, as a GIF's reader does not.
    assert sum(lengths) == 2000
    assert frames[0].shape == (36, 64, 3)
    seen = {round(float(frame[..., 0].mean()) / 30) for frame in frames}
    assert seen == {0, 1, 2, 3, 4, 5, 6, 7} & seen
    assert len(seen) == 8
    for frame in frames:
        second = round(float(frame[..., 0].mean()) / 30)
        assert np.abs(frame.mean(axis=(0, 1)) - (30 * second, 120, 230 - 30 * second)).max() < 6


@pytest.mark.parametrize("kind", WRITERS)
def test_a_film_shorter_than_the_preview_is_shown_whole(kind: str, film: Path, tmp_path: Path) -> None:
    for seconds in (None, 20.0):
        WRITERS[kind](film, tmp_path / f"preview.{kind}", width_px=32, fps=5, seconds=seconds)
        assert sum(shown(tmp_path / f"preview.{kind}")[1]) == 8000


@pytest.mark.parametrize("kind", WRITERS)
def test_the_same_film_has_the_same_preview(kind: str, film: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        WRITERS[kind](film, tmp_path / name, width_px=64, seconds=1.0)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("kind", WRITERS)
def test_a_preview_of_real_clips_can_be_mailed_and_is_near_the_picture(kind: str, tmp_path: Path) -> None:
    names = ("num_frames_024", "guidance_scale_300", "num_frames_032", "guidance_scale_1250")
    clips = [read_clip(shared(f"clips/zeroscope/zeroscope_{name}.mp4")) for name in names]
    frames = np.concatenate([np.repeat(clip, 4, axis=0)[:90] for clip in clips])
    write_clip(frames, tmp_path / "film.mp4", fps=30)
    WRITERS[kind](tmp_path / "film.mp4", tmp_path / f"preview.{kind}")
    assert (tmp_path / f"preview.{kind}").stat().st_size < 6_000_000
    pictures, _ = shown(tmp_path / f"preview.{kind}")
    assert pictures[0].shape[1] == WIDTH_PX
    first = round((len(frames) / 4 - 45) / 2)  # of a preview of four parts, 1.5 s each
    small = np.asarray(Image.fromarray(frames[first]).resize(pictures[0].shape[1::-1], Image.Resampling.BOX))
    soft = [np.asarray(Image.fromarray(each).reduce(4), float) for each in (small, pictures[0])]
    assert np.abs(soft[0] - soft[1]).mean() < 6


@pytest.mark.parametrize("kind", WRITERS)
def test_a_disk_that_fills_leaves_nothing(kind: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 255, (30, 72, 128, 3), np.uint8)
    write_clip(noise, tmp_path / "film.mp4", fps=30)
    with small_disk(20_000), pytest.raises(StoreError, match="File too large"):
        WRITERS[kind](tmp_path / "film.mp4", tmp_path / f"preview.{kind}")
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("kind", WRITERS)
def test_what_is_no_film_is_said_and_leaves_nothing(kind: str, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film")
    write_wav(np.zeros((48_000, 2), np.float32), tmp_path / "music.wav")
    for name, said in (("film.mp4", "does not decode"), ("music.wav", "has no picture"), ("none.mp4", "none.mp4")):
        with pytest.raises(NotAClip, match=said):
            WRITERS[kind](tmp_path / name, tmp_path / f"preview.{kind}")
    assert not (tmp_path / f"preview.{kind}").exists()


def test_a_preview_of_nothing_is_refused(film: Path, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="0 fps"):
        write_gif(film, tmp_path / "preview.gif", fps=0)
