"""The film file: what is asked for, frame by frame, in the right colours, and the same bytes when made again."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from builders import small_disk

from vgkit.errors import EncodeFailed, MediaError, StoreError
from vgkit.media.decoding import raw_frames
from vgkit.media.encode import encode_film
from vgkit.media.formats import FILM, FILMS, MASTERS, Format
from vgkit.media.frames import Frame, frame_digest, planes, read_clip
from vgkit.media.picture import Picture, flat, from_rgb
from vgkit.media.probe import probe

SIZE = (192, 108)
# Nearly without loss, so that what is seen is not the codec's doing.
FINE = replace(FILM, options={**FILM.options, "crf": "1"})


def _pictures(count: int = 12, height: int = 54, width: int = 96) -> list[Picture]:
    across = np.linspace(0, 1, width)[None, :, None] * np.array([200, 120, 60])
    down = np.linspace(0, 1, height)[:, None, None] * np.array([20, 100, 180])
    picture = (across + down).clip(0, 255).astype(np.uint8)
    return [from_rgb(np.roll(picture, 3 * number, axis=1)) for number in range(count)]


def _flat(rgb: tuple[int, int, int], count: int = 4) -> list[Picture]:
    return [flat((96, 54), rgb)] * count


def _lumas(path: Path) -> np.ndarray:
    return np.stack([planes(frame)[0].copy() for frame in raw_frames(path)])


def _tone(seconds: float) -> np.ndarray:
    wave = 0.25 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * 48_000)) / 48_000)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def _heard(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1).T


@dataclass(frozen=True)
class Box:
    """An overlay of one colour."""

    rgba: tuple[int, int, int, int]
    x: int = 40
    y: int = 30
    width: int = 31
    height: int = 21
    first: int = 0
    last: int = 4

    def draw(self, frame_index: int) -> tuple[Frame, int, int] | None:
        return np.full((self.height, self.width, 4), self.rgba, np.uint8), self.x, self.y


def test_the_film_is_what_a_player_expects(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    done = encode_film(
        iter(_pictures(12)),
        audio=_tone(0.4),
        out=film,
        size=SIZE,
        metadata={"title": "Tea", "comment": "made by sketch"},
    )
    seen = probe(film)
    assert done == seen.frames == 12
    assert (seen.width, seen.height, seen.fps, seen.codec, seen.profile) == (*SIZE, Fraction(30), "h264", "High")
    assert (seen.pix_fmt, seen.colour_space, seen.colour_range, seen.moov_first) == ("yuv420p", "bt709", "tv", True)
    assert (seen.audio_codec, seen.audio_rate_hz, seen.audio_channels) == ("aac", 48_000, 2)
    assert (seen.metadata["title"], seen.metadata["comment"]) == ("Tea", "made by sketch")
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("seconds", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("fps", [Fraction(30), Fraction(24000, 1001)])
def test_the_sound_is_as_long_as_the_picture(tmp_path: Path, seconds: float, fps: Fraction) -> None:
    film = tmp_path / "film.mp4"
    encode_film(_pictures(15), audio=_tone(seconds), out=film, size=SIZE, fps=fps)
    seen = probe(film)
    assert seen.frames == 15
    assert seen.duration_s == pytest.approx(15 / fps, abs=1e-3)
    assert seen.audio_duration_s == pytest.approx(15 / fps, abs=1e-3)


def test_the_sound_is_heard_in_time(tmp_path: Path) -> None:
    """A burst that starts half a second in starts there in the file too, and silence stays silent."""
    sound = np.concatenate([np.zeros((24_000, 2), np.float32), _tone(0.25)])
    encode_film(_pictures(30), audio=sound, out=tmp_path / "film.mp4", size=SIZE)
    loud = np.flatnonzero(np.abs(_heard(tmp_path / "film.mp4")[:, 0]) > 0.1)
    assert loud[0] == pytest.approx(24_000, abs=300)
    assert loud[-1] == pytest.approx(36_000, abs=300)


def test_a_film_without_sound_has_no_sound(tmp_path: Path) -> None:
    encode_film(_pictures(), audio=None, out=tmp_path / "film.mp4", size=SIZE)
    assert probe(tmp_path / "film.mp4").audio_codec is None


@pytest.mark.parametrize("rgb", [(255, 23, 40), (0, 255, 0), (10, 40, 240), (0, 0, 0), (255, 255, 255)])
def test_colours_arrive_within_two_levels(tmp_path: Path, rgb: tuple[int, int, int]) -> None:
    encode_film(_flat(rgb), audio=None, out=tmp_path / "film.mp4", size=SIZE)
    assert np.abs(read_clip(tmp_path / "film.mp4").astype(int) - rgb).max() <= 2


def test_the_same_frames_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.mp4", "two.mp4"):
        encode_film(_pictures(40), audio=_tone(1.3), out=tmp_path / name, size=SIZE)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_sound_that_is_made_late_makes_the_same_bytes(tmp_path: Path) -> None:
    shown, sound = threading.Event(), _tone(7.0)

    def late() -> np.ndarray:
        assert shown.wait(20)
        return sound

    def so_far(done: int) -> None:
        if done == 100:
            shown.set()

    pictures = [_pictures(1)[0]] * 210
    encode_film(pictures, audio=sound, out=tmp_path / "early.mp4", size=SIZE)
    encode_film(pictures, audio=late, out=tmp_path / "late.mp4", size=SIZE, on_frame=so_far)
    assert (tmp_path / "early.mp4").read_bytes() == (tmp_path / "late.mp4").read_bytes()


def test_pictures_wait_for_sound_that_comes_very_late(tmp_path: Path) -> None:
    shown: list[int] = []

    def late() -> np.ndarray:
        time.sleep(0.5)  # in which many more than five seconds of such small pictures could be encoded
        assert max(shown) <= 151
        return _tone(7.0)

    encode_film([_pictures(1)[0]] * 210, audio=late, out=tmp_path / "film.mp4", size=SIZE, on_frame=shown.append)
    assert shown[-1] == 210
    assert len(_heard(tmp_path / "film.mp4")) >= 7 * 48_000


def test_a_failure_of_the_sound_leaves_the_old_film(tmp_path: Path) -> None:
    def broken() -> np.ndarray:
        raise MediaError("The sound is silent.")

    (tmp_path / "film.mp4").write_bytes(b"old")
    with pytest.raises(MediaError, match="silent"):
        encode_film(_pictures(), audio=broken, out=tmp_path / "film.mp4", size=SIZE)
    assert (tmp_path / "film.mp4").read_bytes() == b"old"


@pytest.mark.parametrize("form", FILMS.values(), ids=FILMS)
def test_each_quality_makes_the_film_it_promises(tmp_path: Path, form: Format) -> None:
    encode_film(_pictures(6), audio=None, out=tmp_path / "film.mp4", size=SIZE, form=form)
    seen = probe(tmp_path / "film.mp4")
    assert f"{seen.codec} {seen.profile}" == form.found_as


def test_masters_come_from_the_same_pass_and_hold_the_same_frames(tmp_path: Path) -> None:
    """A film made with a master has the bytes it has without; and the lossless master is what another one is."""
    lossless = MASTERS["lossless"]
    heard: list[int] = []
    pictures = iter(_pictures(6))  # they can be read only once
    masters = {tmp_path / "master.mkv": lossless}
    encode_film(
        pictures, audio=_tone(0.2), out=tmp_path / "film.mp4", masters=masters, size=SIZE, on_frame=heard.append
    )
    assert heard == [1, 2, 3, 4, 5, 6]
    encode_film(_pictures(6), audio=_tone(0.2), out=tmp_path / "alone.mp4", size=SIZE)
    encode_film(_pictures(6), audio=_tone(0.2), out=tmp_path / "alone.mkv", form=lossless, size=SIZE)
    assert (tmp_path / "film.mp4").read_bytes() == (tmp_path / "alone.mp4").read_bytes()
    assert frame_digest(tmp_path / "master.mkv") == frame_digest(tmp_path / "alone.mkv")
    assert np.abs(_lumas(tmp_path / "film.mp4") - _lumas(tmp_path / "master.mkv").astype(float)).mean() < 2


@pytest.mark.parametrize("size", [(96, 54), SIZE], ids=["enlarged", "of the film's size"])
def test_a_ramp_softer_than_eight_bits_is_dithered_and_not_banded(tmp_path: Path, size: tuple[int, int]) -> None:
    """Two steps across the whole picture: eight columns' mean is what it should be to a tenth of a step."""
    ramp = np.linspace(100, 102, size[0], dtype=np.float32)[None].repeat(size[1], axis=0)
    picture = Picture(ramp, np.full((size[1] // 2, size[0] // 2, 2), 128.25, np.float32))
    encode_film([picture], audio=None, out=tmp_path / "film.mkv", form=MASTERS["lossless"], size=SIZE)
    luma, *colours = planes(next(raw_frames(tmp_path / "film.mkv")))
    got = luma.reshape(SIZE[1], -1, 8).mean(axis=(0, 2))
    assert got[1:-1] == pytest.approx(np.linspace(100, 102, SIZE[0]).reshape(-1, 8).mean(axis=1)[1:-1], abs=0.1)
    assert [float(plane.mean()) for plane in colours] == pytest.approx([128.25, 128.25], abs=0.05)


def test_grain_lies_over_the_picture_and_is_the_same_each_time(tmp_path: Path) -> None:
    for name, grain in (("plain", 0.0), ("one", 0.5), ("two", 0.5)):
        encode_film(
            _flat((120, 120, 120)),
            audio=None,
            out=tmp_path / f"{name}.mkv",
            form=MASTERS["lossless"],
            size=SIZE,
            grain=grain,
        )
    plain, one = (_lumas(tmp_path / f"{name}.mkv") for name in ("plain", "one"))
    assert plain.std() < 0.5
    assert one.astype(float).std() == pytest.approx(2.5, rel=0.1)
    assert not np.array_equal(one[0], one[1])
    assert frame_digest(tmp_path / "one.mkv") == frame_digest(tmp_path / "two.mkv")


def test_words_lie_over_the_grain(tmp_path: Path) -> None:
    box = Box((255, 255, 255, 255), x=40, y=30)
    encode_film(
        _flat((60, 60, 60), 1),
        audio=None,
        out=tmp_path / "film.mkv",
        form=MASTERS["lossless"],
        size=SIZE,
        overlays=[box],
        grain=2,
    )
    luma = _lumas(tmp_path / "film.mkv")[0]
    assert set(np.unique(luma[30:51, 40:71])) == {235}


@pytest.mark.parametrize(("height", "width"), [(54, 54), (90, 50), (50, 90)], ids=["square", "tall", "wide"])
def test_other_shapes_fill_the_film_and_lose_both_sides_evenly(tmp_path: Path, height: int, width: int) -> None:
    """A bright square marks the middle of the source; it has to be in the middle of the film, with no bars around."""
    frame = np.full((height, width, 3), 30, np.uint8)
    frame[height // 2 - 3 : height // 2 + 3, width // 2 - 3 : width // 2 + 3] = 230
    encode_film([from_rgb(frame)] * 3, audio=None, out=tmp_path / "film.mp4", size=SIZE)
    film = read_clip(tmp_path / "film.mp4")[1, ..., 0]
    rows, columns = np.nonzero(film > 130)
    assert film.shape == (108, 192)
    assert all(np.abs(edge.astype(int) - 30).max() <= 3 for edge in (film[:4], film[-4:], film[:, :4], film[:, -4:]))
    assert (rows.mean(), columns.mean()) == pytest.approx((53.5, 95.5), abs=2)


@pytest.mark.parametrize("alpha", [0, 96, 255])
def test_an_overlay_blends_as_it_would_in_rgb(tmp_path: Path, alpha: int) -> None:
    ground, ink = (60, 120, 200), (250, 200, 40)
    encode_film(
        _flat(ground), audio=None, out=tmp_path / "film.mp4", size=SIZE, overlays=[Box((*ink, alpha))], form=FINE
    )
    film = read_clip(tmp_path / "film.mp4")[1].astype(int)
    wanted = np.array(ground) + (np.array(ink) - ground) * alpha / 255
    assert np.abs(film[34:46, 46:66] - wanted).max() <= 3
    assert np.abs(film[:20] - ground).max() <= 3


def test_an_overlay_covers_exactly_its_pixels_even_at_odd_places(tmp_path: Path) -> None:
    box = Box((255, 255, 255, 255), x=41, y=31)
    encode_film(_flat((0, 0, 0)), audio=None, out=tmp_path / "film.mp4", size=SIZE, overlays=[box], form=FINE)
    rows, columns = np.nonzero(_lumas(tmp_path / "film.mp4")[0] > 128)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (31, 51, 41, 71)


def test_overlays_come_and_go_and_may_hang_over_the_edge(tmp_path: Path) -> None:
    overlays = [
        Box((255, 255, 255, 255), x=-10, y=-5, first=1, last=3),
        Box((255, 255, 255, 255), x=180, y=100, first=2, last=4),
        Box((255, 255, 255, 255), x=500, y=10),
    ]
    encode_film(_flat((0, 0, 0)), audio=None, out=tmp_path / "film.mp4", size=SIZE, overlays=overlays, form=FINE)
    film = read_clip(tmp_path / "film.mp4")
    assert [bool(frame[2, 2, 0] > 128) for frame in film] == [False, True, True, False]
    assert [bool(frame[-3, -3, 0] > 128) for frame in film] == [False, False, True, True]


def test_every_frame_is_heard_of(tmp_path: Path) -> None:
    heard: list[int] = []
    encode_film(_pictures(5), audio=None, out=tmp_path / "film.mp4", size=SIZE, on_frame=heard.append)
    assert heard == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("pictures", "audio", "message"),
    [
        (_pictures(2)[:0], None, r"no frames for film\.mp4"),
        (_pictures(2), np.zeros(100, np.float32), r"shape \(100,\)"),
    ],
)
def test_what_can_not_become_a_film_is_refused(
    tmp_path: Path, pictures: list[Picture], audio: np.ndarray | None, message: str
) -> None:
    with pytest.raises(EncodeFailed, match=message):
        encode_film(pictures, audio=audio, out=tmp_path / "film.mp4", size=SIZE)
    assert not list(tmp_path.iterdir())


def test_a_failure_among_the_frames_leaves_the_old_film(tmp_path: Path) -> None:
    def broken() -> Iterator[Picture]:
        yield from _pictures(3)
        raise EncodeFailed("no more")

    encode_film(_pictures(4), audio=None, out=tmp_path / "film.mp4", size=SIZE)
    before = (tmp_path / "film.mp4").read_bytes()
    with pytest.raises(EncodeFailed, match="no more"):
        encode_film(broken(), audio=_tone(0.1), out=tmp_path / "film.mp4", size=SIZE)
    assert (tmp_path / "film.mp4").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_full_disk_says_how_much_is_needed_and_free(tmp_path: Path) -> None:
    dice = np.random.default_rng(6)
    noise = [from_rgb(dice.integers(0, 255, (108, 192, 3), np.uint8)) for _ in range(40)]
    said = r"File too large\. It needs about 1 MB; .* MB are free there\."
    with small_disk(30_000), pytest.raises(StoreError, match=said):
        encode_film(noise, audio=None, out=tmp_path / "film.mp4", size=SIZE, expected_s=60)
    assert not list(tmp_path.iterdir())
