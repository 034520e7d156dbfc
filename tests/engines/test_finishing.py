"""From what a model delivered to what its role asks for, on real clips of both models and on small made ones."""

import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import wishes
from builders import shared
from PIL import Image

from vgkit.errors import AssetError, EngineFailed, NotAClip
from vgkit.files import sha256_of
from vgkit.media.frames import Frame, read_clip, read_picture, write_clip, write_picture
from vgkit.media.probe import probe
from vgkit.media.sound import read_sound
from vgkit.storyboard import ClipShape

SMALL = ClipShape(frames=6, fps=8, width_px=128, height_px=72)


def shades(count: int, *, width_px: int = 160, height_px: int = 120) -> list[Frame]:
    """Plain frames that grow lighter, so that each can be told from the others."""
    return [np.full((height_px, width_px, 3), 20 + 200 * n // max(count - 1, 1), np.uint8) for n in range(count)]


def finished(raw: Path, shape: ClipShape = SMALL) -> tuple[Path, dict[str, object]]:
    out = raw.parent / "take.mp4"
    return out, dict(wishes.engine("zeroscope").finish(wishes.clip(shape=shape), [raw.parent / "draft.mp4", raw], out))


def gif(path: Path, frames: list[Frame], *, delay_ms: int) -> Path:
    first, *others = (Image.fromarray(frame) for frame in frames)
    first.save(path, save_all=True, append_images=others, duration=delay_ms, loop=0)
    return path


@pytest.mark.parametrize("name", ["v3_sunset.gif", "motion_pan_left.gif", "model_01_01.gif"])
def test_a_real_gif_of_animatediff_becomes_a_clip_of_the_planned_shape(name: str, tmp_path: Path) -> None:
    raw = tmp_path / name
    raw.write_bytes(shared(f"clips/animatediff/{name}").read_bytes())
    shape = ClipShape(frames=16, fps=8, width_px=256, height_px=144)
    out, facts = finished(raw, shape)
    found = probe(out)
    assert (found.frames, found.fps, found.width, found.height) == (16, 8, 256, 144)
    assert (facts["width_px"], facts["height_px"]) == (256, 256)
    assert (facts["frames"], facts.get("spread_over_frames")) == ((48, 16) if "model" in name else (16, None))


def test_a_real_clip_of_zeroscope_keeps_its_frames_and_gets_the_planned_rate(tmp_path: Path) -> None:
    raw = tmp_path / "raw.mp4"
    raw.write_bytes(shared("clips/zeroscope/zeroscope_num_frames_024.mp4").read_bytes())
    out, facts = finished(raw, ClipShape(frames=24, fps=8, width_px=576, height_px=320))
    assert facts == {"width_px": 576, "height_px": 320, "frames": 24, "fps": 24.0}
    assert probe(out).fps == 8
    apart = read_clip(out).astype(int) - read_clip(raw).astype(int)
    assert np.abs(apart).mean() < 3.5
    assert np.abs(apart.mean(axis=(0, 1, 2))).max() < 1


def test_a_gifs_claimed_rate_is_not_believed(tmp_path: Path) -> None:
    out, facts = finished(gif(tmp_path / "raw.gif", shades(6), delay_ms=40))
    assert (facts["frames"], facts["fps"]) == (6, 25.0)
    assert (probe(out).frames, probe(out).fps, probe(out).duration_s) == (6, 8, 0.75)


@pytest.mark.parametrize("count", [3, 5, 7, 24])
def test_another_number_of_frames_is_spread_over_the_planned_time_and_told(count: int, tmp_path: Path) -> None:
    raw = tmp_path / "raw.mp4"
    write_clip(shades(count), raw, fps=Fraction(24))
    out, facts = finished(raw)
    levels = read_clip(out).mean(axis=(1, 2, 3))
    assert (len(levels), facts["frames"], facts["spread_over_frames"]) == (6, count, 6)
    assert levels[0] == pytest.approx(20, abs=3)
    assert levels[-1] == pytest.approx(220, abs=3)
    assert (np.diff(levels) > -1).all()


def test_a_square_clip_is_cropped_evenly_to_a_wide_one(tmp_path: Path) -> None:
    frame = np.full((128, 128, 3), 40, np.uint8)
    frame[32:96] = 200
    raw = tmp_path / "raw.mp4"
    write_clip([frame] * 6, raw, fps=8)
    out, _ = finished(raw, ClipShape(frames=6, fps=8, width_px=128, height_px=72))
    rows = read_clip(out)[0].mean(axis=(1, 2))
    assert rows[1] < 60
    assert rows[-2] < 60
    assert rows[5:-5].min() > 180


def test_a_single_frame_is_no_clip_and_worth_another_try(tmp_path: Path) -> None:
    raw = gif(tmp_path / "raw.gif", shades(1), delay_ms=40)
    with pytest.raises(EngineFailed, match=r"s01/t01: 1 frame came where 6 were asked for.* Try another seed"):
        finished(raw)


def test_bytes_that_are_no_clip_are_told_as_such(tmp_path: Path) -> None:
    raw = tmp_path / "raw.mp4"
    raw.write_bytes(b"<html>gateway timeout</html>" * 40)
    with pytest.raises(NotAClip, match="does not decode"):
        finished(raw)
    assert not (tmp_path / "take.mp4").exists()


def test_finishing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    raw = gif(tmp_path / "raw.gif", shades(6), delay_ms=40)
    assert sha256_of(finished(raw)[0]) == sha256_of(finished(raw)[0])


@pytest.mark.parametrize(
    ("kind", "mode"),
    [*(("png", mode) for mode in ("RGB", "RGBA", "L", "P")), ("jpeg", "RGB"), ("jpeg", "L"), ("webp", "RGBA")],
)
def test_any_picture_becomes_a_png_of_exactly_the_asked_size(kind: str, mode: str, tmp_path: Path) -> None:
    raw, out = tmp_path / "raw.png", tmp_path / "k00.png"
    Image.fromarray(shades(1, width_px=224, height_px=128)[0]).convert(mode).save(raw, format=kind)
    facts = wishes.engine("sdxl").finish(wishes.picture(width_px=160, height_px=90), [raw], out)
    assert facts == {"width_px": 224, "height_px": 128}
    assert Image.open(out).format == "PNG"
    assert read_picture(out).shape == (90, 160, 3)
    assert read_picture(out).mean() == pytest.approx(20, abs=3)


@pytest.mark.parametrize("size", [(333, 201), (90, 161), (64, 64)])
def test_a_picture_may_be_asked_for_larger_or_in_another_aspect(size: tuple[int, int], tmp_path: Path) -> None:
    raw, out = tmp_path / "raw.png", tmp_path / "k00.png"
    write_picture(shades(1)[0], raw)
    wishes.engine("sdxl").finish(wishes.picture(width_px=size[0], height_px=size[1]), [raw], out)
    assert read_picture(out).shape == (size[1], size[0], 3)


def test_what_is_no_picture_is_told_as_such(tmp_path: Path) -> None:
    raw = tmp_path / "raw.png"
    raw.write_bytes(b"")
    with pytest.raises(AssetError, match="not a picture"):
        wishes.engine("sdxl").finish(wishes.picture(), [raw], tmp_path / "k00.png")


def tone(path: Path, *, seconds: float, level: float, channels: int = 2, rate_hz: int = 32_000) -> Path:
    """A hard-edged beat at MusicGen's rate: it overshoots as soon as it is resampled."""
    times = np.arange(round(rate_hz * seconds)) / rate_hz
    beat = np.sign(np.sin(2 * np.pi * 110 * times)) * (times % 0.5 < 0.3) * level
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(np.repeat((beat * 32_767).astype("<i2")[:, None], channels, axis=1).tobytes())
    return path


@pytest.mark.parametrize(("came_s", "channels"), [(9.0, 2), (4.0, 1)])
def test_music_has_exactly_the_asked_length_in_stereo(came_s: float, channels: int, tmp_path: Path) -> None:
    raw, out = tone(tmp_path / "raw.wav", seconds=came_s, level=0.5, channels=channels), tmp_path / "music.wav"
    facts = wishes.engine("musicgen").finish(wishes.music(duration_s=6.5), [raw], out)
    assert facts["seconds"] == pytest.approx(came_s, abs=0.01)
    assert read_sound(out).shape == (312_000, 2)


def test_music_that_fills_its_file_to_the_brim_is_turned_down_and_not_lost(tmp_path: Path) -> None:
    raw, out = tone(tmp_path / "raw.wav", seconds=7.0, level=1.0), tmp_path / "music.wav"
    assert np.abs(read_sound(raw)).max() > 1.1
    wishes.engine("musicgen").finish(wishes.music(), [raw], out)
    assert 0.99 < np.abs(read_sound(out)).max() <= 1.0


def test_silence_is_no_music_and_worth_another_try(tmp_path: Path) -> None:
    raw = tone(tmp_path / "raw.wav", seconds=7.0, level=0.0)
    with pytest.raises(EngineFailed, match=r"music: 7.0 s of silence came instead of music. Try another seed"):
        wishes.engine("musicgen").finish(wishes.music(), [raw], tmp_path / "music.wav")
