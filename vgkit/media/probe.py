"""Say what a media file really holds: size, exact rate, frames, codec, colour tags, sound, layout.

Frames are counted by reading every packet, because headers promise what a broken download does not hold.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from vgkit.errors import NotAClip

# ISO/IEC 23091-2 code points, by the names ffmpeg prints.
_SPACES = {0: "gbr", 1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc"}
_PRIMARIES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020"}
_TRANSFERS = {1: "bt709", 4: "gamma22", 6: "smpte170m", 13: "iec61966-2-1", 16: "smpte2084", 18: "arib-std-b67"}
_RANGES = {1: "tv", 2: "pc"}


@dataclass(frozen=True)
class Probe:
    """One video stream and, if there is one, its sound; ``moov_first`` is None where the format has no moov box."""

    width: int
    height: int
    fps: Fraction
    frames: int
    duration_s: float
    codec: str
    profile: str | None
    pix_fmt: str | None
    colour_space: str
    colour_primaries: str
    colour_transfer: str
    colour_range: str
    audio_codec: str | None = None
    audio_rate_hz: int | None = None
    audio_channels: int | None = None
    audio_duration_s: float | None = None
    moov_first: bool | None = None
    container: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)  # names in lower case


def probe(path: Path) -> Probe:
    """Read the whole file's packets and decode its first frame; raise NotAClip where that can't be done."""
    if not path.is_file():
        raise NotAClip(f"{path} is not there. Make or download the clip first.")
    try:
        with av.open(str(path)) as container:
            return _probe_open(path, container)
    except av.FFmpegError as reason:
        raise NotAClip(
            f"{path} does not decode: {reason.strerror or reason} "
            f"({path.stat().st_size:,} bytes). Make or download it again."
        ) from reason


def _probe_open(path: Path, container: Any) -> Probe:
    # A song's cover counts as a video stream, but nothing moves there.
    moving = [stream for stream in container.streams.video if not stream.disposition & stream.disposition.attached_pic]
    if not moving:
        raise NotAClip(f"{path} has no picture, only {len(container.streams)} other stream(s). Choose a video file.")
    video = moving[0]
    sound = container.streams.audio[0] if container.streams.audio else None
    frames, sound_end_s = _walk(container, video, sound)
    if frames == 0 or 0 < frames < video.frames:
        raise NotAClip(
            f"{path} is cut short: {frames} of {video.frames or 'some'} frames are there. Download it again."
        )
    fps = Fraction(video.average_rate or video.guessed_rate or 1)
    context = video.codec_context
    return Probe(
        width=context.width,
        height=context.height,
        fps=fps,
        frames=frames,
        duration_s=_duration_s(video) or float(frames / fps),
        codec=context.codec.canonical_name,
        profile=context.profile,
        pix_fmt=context.pix_fmt,
        colour_space=_SPACES.get(context.colorspace, "unknown"),
        colour_primaries=_PRIMARIES.get(context.color_primaries, "unknown"),
        colour_transfer=_TRANSFERS.get(context.color_trc, "unknown"),
        colour_range=_RANGES.get(context.color_range, "unknown"),
        audio_codec=sound.codec_context.codec.canonical_name if sound else None,
        audio_rate_hz=sound.rate if sound else None,
        audio_channels=sound.channels if sound else None,
        audio_duration_s=(_duration_s(sound) or sound_end_s) if sound else None,
        moov_first=_moov_first(path),
        container=_container_name(container),
        # Matroska shouts some of its names.
        metadata={name.lower(): value for name, value in container.metadata.items()},
    )


def _walk(container: Any, video: Any, sound: Any) -> tuple[int, float]:
    """Count picture packets, decode the first of them, and find where the sound ends, in seconds."""
    frames, decoded, sound_end_s = 0, 0, 0.0
    for packet in container.demux(*filter(None, (video, sound))):
        if packet.stream is sound:
            if packet.pts is not None:
                sound_end_s = float((packet.pts + (packet.duration or 0)) * packet.time_base)
            continue
        frames += packet.size > 0
        if decoded == 0:
            decoded += len(video.decode(packet))
    return frames, sound_end_s


def _duration_s(stream: Any) -> float | None:
    return float(stream.duration * stream.time_base) if stream.duration else None


def _container_name(container: Any) -> str:
    """Tell MP4 and QuickTime apart, which libav reads alike; other formats by libav's first name for them."""
    first = str(container.format.name).split(",")[0]
    if first != "mov":
        return first
    return "mov" if container.metadata.get("major_brand", "qt").strip() == "qt" else "mp4"


def _moov_first(path: Path) -> bool | None:
    """Tell whether the index comes before the media in an MP4, so that a browser can start at once."""
    with path.open("rb") as file:
        if file.read(8)[4:] != b"ftyp":
            return None
        file.seek(0)
        while len(head := file.read(8)) == 8:
            size, kind = struct.unpack(">I4s", head)
            if kind in (b"moov", b"mdat"):
                return bool(kind == b"moov")
            if size == 1:
                size = struct.unpack(">Q", file.read(8))[0] - 8
            if size < 8:
                return None
            file.seek(size - 8, 1)
    return None
