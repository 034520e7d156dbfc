"""Clips as people really have them are read right, or refused by name with the numbers and the cure."""

import shlex
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from builders import shared
from PIL import Image

from vgkit.errors import InputError, NotAClip
from vgkit.media.ffmpeg import run_ffmpeg
from vgkit.media.footage import Footage, read_footage
from vgkit.media.frames import read_clip, write_lossless, write_picture

_HALF_CLEAR = "format=rgba,geq=r=220:g=60+mod(N\\,2):b=30:a=if(lt(X\\,32)\\,255\\,{a})"
_SOURCE = "testsrc2=s=64x48:r=8:d=1"
_H264 = ("-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p")


def made(path: Path, *how: str, source: str = _SOURCE) -> Path:
    """A clip made by ffmpeg."""
    run_ffmpeg(["-y", "-v", "error", "-f", "lavfi", "-i", source, *how, path], deadline_s=60)
    return path


def greys(levels: list[int], *, height: int = 16, width: int = 24) -> np.ndarray:
    """Frames of one grey each, by which one tells them apart."""
    return np.broadcast_to(np.array(levels, np.uint8)[:, None, None, None], (len(levels), height, width, 3))


def all_of(footage: Footage) -> np.ndarray:
    return np.stack(list(footage.frames()))


def levels_of(footage: Footage) -> list[int]:
    return [round(float(frame.mean())) for frame in footage.frames()]


def distance(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def test_a_plain_clip_is_its_frames_at_its_rate(tmp_path: Path) -> None:
    write_lossless(greys([10, 60, 90, 120]), tmp_path / "plain.mkv", fps=8)
    footage = read_footage(tmp_path / "plain.mkv")
    assert (footage.size, footage.fps, footage.count, footage.notes) == ((24, 16), 8, 4, ())
    assert footage.duration_s == 0.5
    assert np.array_equal(all_of(footage), read_clip(tmp_path / "plain.mkv"))
    assert levels_of(footage) == levels_of(footage) == [10, 60, 90, 120]


@pytest.mark.parametrize(("name", "codec"), [("odd.mkv", "ffv1"), ("odd.mp4", "libx264"), ("odd.webm", "libvpx-vp9")])
def test_odd_sizes_are_read_as_they_are(tmp_path: Path, name: str, codec: str) -> None:
    odd = made(tmp_path / name, "-vf", "format=yuv444p", "-c:v", codec, source="color=red:s=63x47:r=8:d=0.5")
    footage = read_footage(odd)
    assert footage.size == (63, 47)
    assert distance(all_of(footage), np.array([253, 0, 0])) <= 4


@pytest.mark.parametrize(
    ("turn", "note"),
    [
        (("-display_rotation:v:0", "90"), "rotated by 270°"),
        (("-display_rotation:v:0", "180"), "rotated by 180°"),
        (("-display_rotation:v:0", "270"), "rotated by 90°"),
        (("-display_hflip:v:0",), "mirrored"),
        (("-display_rotation:v:0", "90", "-display_hflip:v:0"), "rotated and mirrored"),
    ],
)
def test_a_clip_stands_upright_as_ffmpeg_turns_it(tmp_path: Path, turn: tuple[str, ...], note: str) -> None:
    plain = made(tmp_path / "plain.mp4", "-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv444p")
    run_ffmpeg([*turn, "-i", plain, "-c", "copy", tmp_path / "turned.mp4"], deadline_s=60)
    run_ffmpeg(["-i", tmp_path / "turned.mp4", "-c:v", "ffv1", tmp_path / "upright.mkv"], deadline_s=60)
    footage = read_footage(tmp_path / "turned.mp4")
    upright = read_clip(tmp_path / "upright.mkv")
    assert footage.notes == (note,)
    assert footage.size == (upright.shape[2], upright.shape[1])
    assert distance(all_of(footage), upright) <= 1


def test_a_clip_that_stands_askew_is_refused(tmp_path: Path) -> None:
    plain = made(tmp_path / "plain.mp4", *_H264)
    run_ffmpeg(["-display_rotation:v:0", "30", "-i", plain, "-c", "copy", tmp_path / "askew.mp4"], deadline_s=60)
    with pytest.raises(NotAClip, match=r"askew\.mp4 is rotated by \d+° .*only quarter turns.*ffmpeg -i askew\.mp4"):
        read_footage(tmp_path / "askew.mp4")


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("clear.mov", ("-c:v", "qtrle")),
        ("clear.webm", ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0", "-crf", "2")),
        ("clear.apng", ("-f", "apng", "-plays", "0")),
        ("clear.webp", ("-c:v", "libwebp_anim", "-lossless", "1")),
        ("clear.mkv", ("-c:v", "ffv1", "-pix_fmt", "bgra")),
    ],
)
@pytest.mark.parametrize("ground", [(0, 0, 0), (0, 128, 255)])
def test_transparency_is_laid_on_the_ground(
    tmp_path: Path, name: str, how: tuple[str, ...], ground: tuple[int, int, int]
) -> None:
    footage = read_footage(made(tmp_path / name, "-vf", _HALF_CLEAR.format(a=102), *how), ground=ground)
    frames = all_of(footage)
    mixed = 0.4 * np.array([220, 60, 30]) + 0.6 * np.array(ground)
    assert frames.shape == (8, 48, 64, 3)
    assert distance(frames[:, 4:-4, 4:28], np.array([220, 60, 30])) <= 4
    assert distance(frames[:, 4:-4, 36:-4], mixed.round()) <= 4
    assert footage.notes == ("alpha laid on " + ("black" if ground == (0, 0, 0) else "#0080ff"),)


def test_a_gif_with_clear_parts_is_laid_on_the_ground(tmp_path: Path) -> None:
    palette = "split[a][b];[a]palettegen=reserve_transparent=1[p];[b][p]paletteuse"
    gif = made(tmp_path / "clear.gif", "-vf", f"{_HALF_CLEAR.format(a=0)},{palette}")
    footage = read_footage(gif, ground=(255, 255, 255))
    assert (all_of(footage)[:, :, 32:] == 255).all()
    assert distance(all_of(footage)[:, :, :32], np.array([220, 60, 30])) <= 4
    assert (footage.fps, footage.count) == (8, 8)


@pytest.mark.parametrize("depth", ["yuv420p10le", "yuv422p12le"])
def test_deep_colours_read_as_the_8_bit_version_does(tmp_path: Path, depth: str) -> None:
    made(tmp_path / "deep.mkv", "-vf", f"format=yuv420p,format={depth}", "-c:v", "ffv1")
    made(tmp_path / "plain.mkv", "-vf", "format=yuv420p", "-c:v", "ffv1")
    deep = read_footage(tmp_path / "deep.mkv")
    assert deep.notes == (f"{depth[7:9]}-bit brought to 8",)
    apart = np.abs(all_of(deep).astype(int) - read_clip(tmp_path / "plain.mkv"))
    assert apart.mean() < 0.5
    assert np.percentile(apart, 99 if "420" in depth else 90) <= 1


@pytest.mark.parametrize(
    "tagged",
    [
        "zscale=pin=709:tin=709:min=gbr:m=709:p=709:t=709:r=tv,format=yuv444p",
        "zscale=pin=709:tin=709:min=gbr:m=709:p=709:t=709:r=pc,format=yuv444p",
        "zscale=pin=709:tin=709:min=gbr:m=170m:p=709:t=709:r=tv,format=yuv444p",
        "zscale=pin=709:tin=709:min=gbr:m=470bg:p=709:t=709:r=pc,format=yuv444p",
        "zscale=pin=709:tin=709:min=gbr:m=2020_ncl:p=709:t=709:r=tv,format=yuv444p10le",
    ],
)
def test_colours_come_back_by_their_tags(tmp_path: Path, tagged: str) -> None:
    bars = "smptebars=s=70x48:r=8:d=0.25"
    truth = made(tmp_path / "truth.mkv", "-vf", "format=gbrp", "-c:v", "ffv1", "-pix_fmt", "bgr0", source=bars)
    clip = made(tmp_path / "tagged.mkv", "-vf", f"format=gbrp,{tagged}", "-c:v", "ffv1", source=bars)
    assert distance(all_of(read_footage(clip)), read_clip(truth)) <= 3


def test_bt2020_colours_keep_their_look(tmp_path: Path) -> None:
    """Read by its numbers alone, a wide clip would look pale."""
    colour = "color=0xc03020:s=64x48:r=8:d=0.25"
    wide = "format=gbrp,zscale=pin=709:tin=709:min=gbr:p=2020:t=709:m=2020_ncl:r=tv,format=yuv444p10le"
    tags = "setparams=color_primaries=bt2020:color_trc=bt2020-10:colorspace=bt2020nc"
    clip = made(tmp_path / "wide.mkv", "-vf", f"{wide},{tags}", "-c:v", "ffv1", source=colour)
    footage = read_footage(clip)
    assert distance(all_of(footage), np.array([0xC0, 0x30, 0x20])) <= 6
    assert footage.notes == ("10-bit brought to 8", "BT.2020 brought to BT.709")


@pytest.mark.parametrize(("curve", "kind"), [("smpte2084", "PQ"), ("arib-std-b67", "HLG")])
def test_hdr_is_refused_with_a_cure_that_works(tmp_path: Path, curve: str, kind: str) -> None:
    tags = f"setparams=color_trc={curve}:color_primaries=bt2020:colorspace=bt2020nc:range=tv"
    made(tmp_path / "phone.mkv", "-vf", f"format=yuv420p10le,{tags}", "-c:v", "ffv1")
    with pytest.raises(NotAClip, match=rf"phone\.mkv is HDR \({kind}\).*Export it as SDR BT\.709") as refused:
        read_footage(tmp_path / "phone.mkv")
    cure = str(refused.value).partition("ffmpeg ")[2]
    for name in ("phone.mkv", "sdr.mp4"):
        cure = cure.replace(name, str(tmp_path / name))
    run_ffmpeg(shlex.split(cure), deadline_s=60)
    assert read_footage(tmp_path / "sdr.mp4").count == 8


def test_a_variable_rate_is_evened_by_the_times(tmp_path: Path) -> None:
    """Four steps of an eighth of a second, then three of a quarter: these frames stand twice as long."""
    write_lossless(greys([20, 50, 80, 110, 140, 170, 200, 230]), tmp_path / "even.mkv", fps=8)
    later = "setpts=if(lt(N\\,5)\\,N/8/TB\\,(0.5+(N-4)/4)/TB)"
    how = ("-vf", later, "-fps_mode", "vfr", "-c:v", "ffv1", "-pix_fmt", "bgr0")
    run_ffmpeg(["-i", tmp_path / "even.mkv", *how, tmp_path / "uneven.mkv"], deadline_s=60)
    footage = read_footage(tmp_path / "uneven.mkv")
    assert footage.fps == 8
    assert levels_of(footage)[:11] == [20, 50, 80, 110, 140, 140, 170, 170, 200, 200, 230]
    assert footage.count == len(levels_of(footage))
    assert footage.notes == (f"variable rate evened to 8 fps (8 frames made {footage.count})",)


def test_a_given_rate_takes_each_frame_as_one_step(tmp_path: Path) -> None:
    write_lossless(greys([20, 90, 160]), tmp_path / "clip.mkv", fps=25)
    footage = read_footage(tmp_path / "clip.mkv", fps=Fraction(8))
    assert (footage.fps, footage.count, levels_of(footage)) == (8, 3, [20, 90, 160])
    assert footage.notes == ("taken at 8 fps; its header says 25",)


def test_a_clip_that_shows_each_frame_three_times_gives_each_once(tmp_path: Path) -> None:
    slow = np.random.default_rng(5).integers(0, 255, (6, 32, 48, 3), np.uint8)
    write_lossless(np.repeat(slow, 3, axis=0)[:17], tmp_path / "held.mkv", fps=24)
    footage = read_footage(tmp_path / "held.mkv")
    assert (footage.fps, footage.count) == (8, 6)
    assert np.array_equal(all_of(footage), slow)
    assert footage.notes == ("each frame comes 3 times and is taken once (17 made 6)",)


def test_a_clip_that_stops_for_a_while_or_for_good_keeps_its_frames(tmp_path: Path) -> None:
    write_lossless(greys([40] * 9), tmp_path / "still.mkv", fps=8)
    write_lossless(greys([40, 40, 90, 140, 140, 140, 200, 230]), tmp_path / "halting.mkv", fps=8)
    assert read_footage(tmp_path / "still.mkv").count == 9
    assert read_footage(tmp_path / "halting.mkv").count == 8


def test_animatediff_gifs_are_16_frames_of_8_fps() -> None:
    gifs = sorted(shared("clips/animatediff").glob("*_0?.gif"))
    assert len(gifs) == 8
    for gif in gifs:
        footage = read_footage(gif, fps=Fraction(8))
        assert (footage.size, footage.fps, footage.count) == ((256, 256), 8, 16)
        assert "taken at 8 fps; its header says 25" in footage.notes


def test_one_frame_is_a_still(tmp_path: Path) -> None:
    write_lossless(greys([77]), tmp_path / "one.mkv", fps=8)
    write_picture(greys([77])[0], tmp_path / "one.png")
    for name in ("one.mkv", "one.png"):
        footage = read_footage(tmp_path / name)
        assert (footage.count, levels_of(footage), footage.notes) == (1, [77], ("one frame: a still",))


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path) -> None:
    made(tmp_path / "anamorphic.mp4", "-vf", "setsar=2/1", *_H264)
    made(tmp_path / "narrow.mp4", "-vf", "setsar=8/9", *_H264)
    assert read_footage(tmp_path / "anamorphic.mp4").size == (128, 48)
    narrow = read_footage(tmp_path / "narrow.mp4")
    assert all_of(narrow).shape == (8, 54, 64, 3)
    assert narrow.notes == ("stretched from 64x48 to 64x54 square pixels",)


def test_interlaced_clips_are_read_and_told(tmp_path: Path) -> None:
    weave = ("-vf", "tinterlace=interleave_top,fieldorder=tff", "-flags", "+ilme+ildct")
    woven = made(tmp_path / "woven.mp4", *weave, *_H264, source="testsrc2=s=64x48:r=16:d=1")
    assert read_footage(woven).notes == ("interlaced: both fields of a frame are shown at once",)


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _spoilt(content: bytes) -> bytes:
    at = len(content) * 2 // 3
    return content[:at] + bytes(byte ^ 0x5A for byte in content[at : at + 60]) + content[at + 60 :]


@pytest.mark.parametrize(
    ("name", "how", "harm", "message"),
    [
        ("take.mp4", _H264, _half, r"take\.mp4 does not decode: .*\([\d,]+ bytes\)"),
        ("take.mp4", (*_H264, "-movflags", "+faststart"), _half, r"take\.mp4 is cut short: \d+ frames, .* of 4\.00 s"),
        ("take.mkv", ("-c:v", "ffv1"), _half, r"take\.mkv is cut short: \d+ frames, .* of 4\.00 s, are there"),
        ("take.webm", ("-c:v", "libvpx-vp9", "-b:v", "1M"), _half, r"take\.webm is cut short: \d+ frames"),
        ("take.gif", (), _half, r"take\.gif is cut short: its end mark is missing"),
        ("take.apng", ("-f", "apng"), _half, r"take\.apng is cut short: its end mark is missing"),
        ("take.webp", ("-c:v", "libwebp_anim"), _half, r"take\.webp does not decode after 0 frames"),
        ("take.mkv", ("-c:v", "ffv1", "-slicecrc", "1"), _spoilt, r"take\.mkv is damaged near frame \d+"),
        ("take.mp4", _H264, _spoilt, r"take\.mp4 (is damaged at|does not decode near) frame \d+"),
        ("take.mp4", _H264, lambda content: b"", r"take\.mp4 does not decode: .*\(0 bytes\)"),
    ],
)  # fmt: skip
def test_what_is_not_whole_is_refused_with_its_numbers(
    tmp_path: Path, name: str, how: tuple[str, ...], harm: Callable[[bytes], bytes], message: str
) -> None:
    take = made(tmp_path / name, *how, source="testsrc2=s=64x48:r=8:d=4")
    take.write_bytes(harm(take.read_bytes()))
    with pytest.raises(NotAClip, match=rf"{message}.*Make or download it again"):
        all_of(read_footage(take))


def test_sound_alone_is_no_clip(tmp_path: Path) -> None:
    sound = made(tmp_path / "sound.mp4", "-c:a", "aac", source="sine=d=0.5")
    with pytest.raises(NotAClip, match=r"sound\.mp4 has no picture, only 1 other stream.*Choose a video file"):
        read_footage(sound)


def test_a_songs_cover_is_no_clip(tmp_path: Path) -> None:
    write_picture(greys([77])[0], tmp_path / "cover.png")
    cover = (
        "-i",
        str(tmp_path / "cover.png"),
        "-map",
        "0",
        "-map",
        "1",
        "-c:v",
        "copy",
        "-disposition:v",
        "attached_pic",
    )
    song = made(tmp_path / "song.mp3", *cover, source="sine=d=0.5")
    with pytest.raises(NotAClip, match=r"song\.mp3 has no picture"):
        read_footage(song)


def test_zero_frames_are_no_clip(tmp_path: Path) -> None:
    made(tmp_path / "none.mp4", "-frames:v", "0", *_H264)
    with pytest.raises(NotAClip, match=r"none\.mp4 (has no picture|holds no frames)"):
        read_footage(tmp_path / "none.mp4")


def test_a_clip_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotAClip, match=r"gone\.mp4 is not there\. Make or download"):
        read_footage(tmp_path / "gone.mp4")


def test_a_huge_clip_is_refused_with_its_size(tmp_path: Path) -> None:
    huge = made(tmp_path / "huge.mkv", "-c:v", "ffv1", source="color=s=8200x16:r=8:d=0.25")
    with pytest.raises(NotAClip, match=r"huge\.mkv is 8200x16; up to 8192 a side.*ffmpeg -i huge\.mkv -vf scale"):
        read_footage(huge)


def test_a_clip_that_changes_its_size_is_refused_at_the_frame(tmp_path: Path) -> None:
    how = ("-c:v", "mpeg2video", "-f", "mpegts")
    one = made(tmp_path / "one.ts", *how)
    other = made(tmp_path / "other.ts", *how, source="testsrc2=s=96x64:r=8:d=1")
    (tmp_path / "both.ts").write_bytes(one.read_bytes() + other.read_bytes())
    with pytest.raises(NotAClip, match=r"both\.ts changes its size: frame \d is 96x64, the first was 64x48\. Give it"):
        all_of(read_footage(tmp_path / "both.ts"))


@pytest.mark.parametrize("where", ["shots", "shots/*.png", "shots/%d.png"])
def test_pictures_come_in_the_order_of_their_numbers(tmp_path: Path, where: str) -> None:
    for number in (1, 2, 10):
        write_picture(greys([20 * number])[0], tmp_path / "shots" / f"{number}.png")
    footage = read_footage(tmp_path / where, fps=Fraction(8))
    assert (footage.count, footage.fps, levels_of(footage)) == (3, 8, [20, 40, 200])


def test_pictures_of_any_kind_read_right(tmp_path: Path) -> None:
    """16 bits, palettes, transparency and a camera's turn are seen to as in a clip."""
    (tmp_path / "shots").mkdir()
    deep = (np.full((16, 24), 90, np.uint16) * 257).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "shots" / "1.png")
    Image.fromarray(greys([90])[0]).quantize(4).save(tmp_path / "shots" / "2.png")
    Image.new("RGBA", (24, 16), (180, 180, 180, 128)).save(tmp_path / "shots" / "3.png")
    turned = Image.Exif()
    turned[274] = 6
    Image.fromarray(greys([90], height=24, width=16)[0]).save(tmp_path / "shots" / "4.jpg", exif=turned, quality=100)
    assert levels_of(read_footage(tmp_path / "shots", fps=Fraction(8))) == [90, 90, 90, 90]


def test_a_folder_of_pictures_asks_for_a_rate(tmp_path: Path) -> None:
    for number in range(3):
        write_picture(greys([20])[0], tmp_path / "shots" / f"{number}.png")
    with pytest.raises(InputError, match=r"shots is 3 pictures and names no rate\. Give one, such as 8 fps"):
        read_footage(tmp_path / "shots")


def test_pictures_of_two_sizes_are_refused_by_name(tmp_path: Path) -> None:
    write_picture(greys([20])[0], tmp_path / "shots" / "1.png")
    write_picture(greys([20], height=18)[0], tmp_path / "shots" / "2.png")
    with pytest.raises(NotAClip, match=r"2\.png is 24x18, 1\.png is 24x16\. Give all pictures one size"):
        all_of(read_footage(tmp_path / "shots", fps=Fraction(8)))


def test_a_place_without_pictures_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("none here")
    with pytest.raises(NotAClip, match=r"holds no pictures among its 1 files\. Give a folder of PNG"):
        read_footage(tmp_path, fps=Fraction(8))
    with pytest.raises(NotAClip, match=r"\*\.png matches no picture"):
        read_footage(tmp_path / "*.png", fps=Fraction(8))


@pytest.mark.parametrize("fps", [Fraction(0), Fraction(-8), Fraction(1000)])
def test_an_impossible_rate_is_refused(tmp_path: Path, fps: Fraction) -> None:
    with pytest.raises(InputError, match=r"fps is not possible\. Give more than 0 and at most 240"):
        read_footage(tmp_path / "any.mp4", fps=fps)


def test_the_dither_of_a_palette_is_smoothed_out_and_edges_stay(tmp_path: Path) -> None:
    """A GIF of a soft ramp beside a hard edge: the ramp is even again, the edge as steep as before."""
    ramp = np.linspace(90, 150, 64)[None, :, None] * np.ones((48, 1, 3))
    picture = ramp.astype(np.uint8)
    picture[:, 48:] = (230, 240, 250)
    clip = tmp_path / "dithered.gif"
    palette = Image.fromarray(picture).quantize(6)
    few = Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    few.save(clip, save_all=True, append_images=[few.rotate(180)], duration=125)

    plain = next(read_footage(clip, undither=False).frames()).astype(float)
    footage = read_footage(clip)
    smooth = next(footage.frames()).astype(float)

    rough, even = (np.abs(np.diff(frame[4:-4, 4:40, 1], axis=0)).mean() for frame in (plain, smooth))
    assert even < rough / 2
    assert np.ptp(smooth[24, 44:52, 1]) > 0.9 * np.ptp(plain[24, 44:52, 1])
    assert "the dither of its palette is smoothed out" in footage.notes
