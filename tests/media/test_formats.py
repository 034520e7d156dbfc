"""One pass makes the film and its masters from the same frames; each is what its name says, with the same bytes."""

import os
import subprocess
import sys
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from builders import small_disk

from vgkit.errors import EncodeFailed, ParameterError, StoreError
from vgkit.media.ffmpeg import binary
from vgkit.media.formats import FILM, FILMS, MASTERS, film_file, master_named
from vgkit.media.frames import planes, tag_bt709
from vgkit.media.probe import probe

ALL = {"film": FILM, **MASTERS}
SIZE = (192, 108)
TOLD = {"title": "Aurora, cold for a day", "comment": "Made by vgkit with video sketch@local; run spring"}
SHOWN = {
    "film": ("h264 (High) (avc1", "yuv420p(tv, bt709", "aac (LC)"),
    "prores": ("prores (HQ) (apch", "yuv422p10le(tv, bt709", "pcm_s24le"),
    "lossless": ("ffv1", "yuv420p(tv, bt709", "flac, 48000 Hz, stereo, s32 (24 bit)"),
    "hevc": ("hevc (Main) (hvc1", "yuv420p(tv, bt709", "aac (LC)"),
    "av1": ("av1 (libdav1d) (Main) (av01", "yuv420p(tv, bt709", "aac (LC)"),
}


def picture(number: int, size: tuple[int, int] = SIZE) -> Any:
    """A yuv420p frame of soft colours that move."""
    frame = av.VideoFrame(*size, "yuv420p")
    for plane, step in zip(planes(frame), (3, 1, 2), strict=True):
        down, across = np.mgrid[: plane.shape[0], : plane.shape[1]]
        plane[:] = 126 + 90 * np.sin((across + step * number) / 17) * np.cos(down / 13)
    tag_bt709(frame)
    return frame


def noise(number: int) -> Any:
    frame = av.VideoFrame(*SIZE, "yuv420p")
    for plane in planes(frame):
        plane[:] = np.random.default_rng(number).integers(16, 235, plane.shape)
    return frame


def tone(count: int) -> np.ndarray:
    wave = 0.25 * np.sin(2 * np.pi * 440 * np.arange(count) / 48_000)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def write(folder: Path, names: list[str], *, count: int = 12) -> dict[str, Path]:
    """Write the same frames in several formats in one pass, with the sound in step."""
    files = {name: folder / f"{name}{ALL[name].suffix}" for name in names}
    sound = tone(1600 * count)
    with ExitStack() as stack:
        films = [
            stack.enter_context(film_file(path, ALL[name], size=SIZE, metadata=TOLD)) for name, path in files.items()
        ]
        for number in range(count):
            shown = picture(number)
            for film in films:
                film.show(shown)
                film.play(sound[1600 * number : 1600 * (number + 1)])
    return files


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write(tmp_path_factory.mktemp("formats"), list(ALL))


@pytest.mark.parametrize("quality", FILMS)
def test_a_film_has_a_key_frame_every_two_seconds_so_that_any_frame_is_soon_found(quality: str, tmp_path: Path) -> None:
    with film_file(tmp_path / "film.mp4", FILMS[quality], size=SIZE) as film:
        for number in range(150):
            film.show(picture(number))
    with av.open(tmp_path / "film.mp4") as written:
        keys = [number for number, frame in enumerate(written.decode(video=0)) if frame.key_frame]
    assert keys == [0, 60, 120]


@pytest.mark.parametrize("name", ALL)
def test_each_format_is_what_its_name_says(files: dict[str, Path], name: str) -> None:
    form, found = ALL[name], probe(files[name])
    assert (found.container, f"{found.codec} {found.profile or ''}".rstrip()) == (form.container, form.found_as)
    assert (found.width, found.height, found.fps, found.frames) == (*SIZE, Fraction(30), 12)
    assert found.pix_fmt == form.pix_fmt
    assert {found.colour_space, found.colour_primaries, found.colour_transfer} == {"bt709"}
    assert found.colour_range == "tv"
    assert (found.audio_codec, found.audio_rate_hz, found.audio_channels) == (form.sound, 48_000, 2)
    assert found.audio_duration_s == pytest.approx(found.duration_s, abs=1 / 30)
    assert found.moov_first is (None if form.container == "matroska" else True)
    assert {key: found.metadata[key] for key in TOLD} == TOLD


@pytest.mark.parametrize("name", ALL)
def test_another_ffmpeg_reads_the_same_of_it(files: dict[str, Path], name: str) -> None:
    command = [binary(), "-hide_banner", "-i", files[name]]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    for part in (*SHOWN[name], TOLD["title"], TOLD["comment"]):
        assert part in said


@pytest.mark.parametrize(("name", "least_db"), {"film": 40, "prores": 48, "hevc": 40, "av1": 40}.items())
def test_the_pictures_are_those_that_were_given(files: dict[str, Path], name: str, least_db: float) -> None:
    with av.open(str(files[name])) as opened:
        read = [frame.reformat(format="yuv420p") for frame in opened.decode(video=0)]
    for number, frame in enumerate(read):
        for given, found in zip(planes(picture(number)), planes(frame), strict=True):
            error = np.mean((given.astype(float) - found) ** 2)
            assert 10 * np.log10(255**2 / max(error, 1e-6)) > least_db


def test_the_lossless_master_gives_back_every_sample(files: dict[str, Path]) -> None:
    with av.open(str(files["lossless"])) as opened:
        for number, frame in enumerate(opened.decode(video=0)):
            for given, found in zip(planes(picture(number)), planes(frame), strict=True):
                assert np.array_equal(given, found)
    with av.open(str(files["lossless"])) as opened:
        heard = np.concatenate([part.to_ndarray().reshape(-1, 2) for part in opened.decode(audio=0)])
    assert np.abs(heard / 2.0**31 - tone(len(heard))).max() < 2.0**-22


@pytest.mark.parametrize("name", ALL)
def test_a_format_has_the_same_bytes_alone_as_among_others(files: dict[str, Path], name: str, tmp_path: Path) -> None:
    assert write(tmp_path, [name])[name].read_bytes() == files[name].read_bytes()


_IN_A_PROCESS = """
import hashlib, sys
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
import test_formats as t
out = Path(sys.argv[3]) / ("film" + t.ALL[sys.argv[4]].suffix)
with t.film_file(out, t.ALL[sys.argv[4]], size=(1056, 160), with_sound=False) as film:
    for number in range(24):
        film.show(t.picture(number, (1056, 160)))
print(hashlib.sha256(out.read_bytes()).hexdigest())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="glibc fills memory on request")
@pytest.mark.parametrize("name", ALL)
def test_a_film_has_the_same_bytes_whatever_lay_in_memory(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1056 pixels is a width at which x264 read what nobody wrote."""
    here = Path(__file__).parent
    command = [sys.executable, "-c", _IN_A_PROCESS, str(here), str(here.parent), str(tmp_path), name]
    digests = set()
    for fill in ("1", "3", "170"):
        monkeypatch.setenv("MALLOC_PERTURB_", fill)
        digests.add(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert len(digests) == 1


def test_a_film_without_sound_has_none(tmp_path: Path) -> None:
    with film_file(tmp_path / "film.mp4", FILMS["draft"], size=SIZE, with_sound=False) as film:
        film.show(picture(0))
        film.play(tone(1600))
    assert probe(tmp_path / "film.mp4").audio_codec is None


def test_another_name_is_refused_with_all_there_are() -> None:
    assert master_named("hevc").tag == "hvc1"
    with pytest.raises(ParameterError, match=r"no 'dnxhd'. Choose among prores, lossless, hevc, av1"):
        master_named("dnxhd")


@pytest.mark.parametrize("name", ALL)
def test_a_disk_that_fills_leaves_nothing(name: str, tmp_path: Path) -> None:
    out = tmp_path / f"film{ALL[name].suffix}"

    def fill() -> None:
        with film_file(out, ALL[name], size=SIZE, expected_s=30.0) as film:
            for number in range(60):
                film.show(noise(number))
                film.play(tone(1600))

    with small_disk(40_000), pytest.raises(StoreError, match=r"File too large\. It needs about \d+ MB; .* are free"):
        fill()
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_refuses_in_the_middle_leaves_the_old_film(tmp_path: Path) -> None:
    write(tmp_path, ["film"])
    before = (tmp_path / "film.mp4").read_bytes()

    def broken() -> None:
        with film_file(tmp_path / "film.mp4", FILM, size=SIZE) as film:
            film.show(picture(0))
            film.play(np.zeros((1600, 3), np.float32))

    with pytest.raises(EncodeFailed, match=r"shape \(1600, 3\); it must be \(samples, 2\)"):
        broken()
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]
    assert (tmp_path / "film.mp4").read_bytes() == before


def test_one_full_disk_takes_none_of_the_other_films_with_it_half_done(tmp_path: Path) -> None:
    """Films of one pass succeed or vanish together."""

    def fill() -> None:
        with (
            film_file(tmp_path / "film.mp4", FILM, size=SIZE) as film,
            film_file(tmp_path / "film.mkv", MASTERS["lossless"], size=SIZE) as master,
        ):
            for number in range(60):
                shown = noise(number)
                film.show(shown)
                master.show(shown)

    with small_disk(400_000), pytest.raises(StoreError):
        fill()
    assert not list(tmp_path.iterdir())


def test_no_frames_are_no_film(tmp_path: Path) -> None:
    with pytest.raises(EncodeFailed, match="no frames"), film_file(tmp_path / "film.mp4", FILM, size=SIZE):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="this system has no real-time ranks")
def test_no_encoder_leaves_this_process_with_another_rank(tmp_path: Path) -> None:
    """Run by root, SVT-AV1 makes its caller real-time, and every process begun from then on starves the machine."""
    before = os.sched_getscheduler(0)
    write(tmp_path, ["av1"])
    ranks = {os.sched_getscheduler(int(task.name)) for task in Path("/proc/self/task").iterdir()}
    assert ranks == {before} == {os.SCHED_OTHER}
