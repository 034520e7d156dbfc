"""What a prediction asks for, in numbers: the model's own size, frames, rate and container, with the input's wishes
over them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from vgkit.engines.catalog import Entry
from vgkit.errors import NotAClip
from vgkit.media.probe import probe
from vgkit.rehearsal.book import Prediction
from vgkit.rehearsal.wares import pass_of, shelf

CLIPS = (".mp4", ".gif", ".mkv", ".webm")
_MUSIC_S = 8.0
_FRAMES = ("num_frames", "frames", "length")
_RATES = ("fps", "playback_frames_per_second")
_HEIGHTS_PX = {"FHD": 1080, "2k": 1440, "4k": 2160}


@dataclass(frozen=True)
class Source:
    """A picture or clip that was attached, and its shape; a picture has one frame."""

    path: Path
    width_px: int
    height_px: int
    frames: int = 1
    fps: float = 0.0


@dataclass(frozen=True)
class Job:
    """One thing to make. ``wishes`` are all parameters but the attachment."""

    role: str
    suffix: str
    prompt: str
    seed: int
    width_px: int = 0
    height_px: int = 0
    frames: int = 1
    fps: int = 8
    duration_s: float = 0.0
    source: Source | None = None
    wishes: Mapping[str, Any] = field(default_factory=dict)


def suffix_of(prediction: Prediction) -> str:
    """The ending of the file that a prediction gives."""
    return f".{shelf()[prediction.version].output}"


def job_for(prediction: Prediction) -> Job:
    """What a prediction asks for. Reads the shape of its attachment."""
    return job_of(shelf()[prediction.version], prediction.input, prediction.files)


def job_of(entry: Entry, sent: Mapping[str, Any], files: Mapping[str, str]) -> Job:
    """What an input asks of a model; ``files`` has the bytes of its attachments."""
    this = pass_of(entry, sent)
    source = _source(Path(next(iter(files.values())))) if files else None
    width, height = _size(entry, sent, source)
    duration = next((sent[name] for name, value in this.input.items() if value == "$duration_s" and name in sent), 0)
    seed = sent.get("seed")
    taken = source.frames if source and source.frames > 1 else 0
    return Job(
        role=entry.role,
        suffix=f".{entry.output}",
        prompt=str(sent.get("prompt", "")),
        seed=seed if isinstance(seed, int) and seed >= 0 else 0,
        width_px=width - width % 2,
        height_px=height - height % 2,
        frames=_first(sent, _FRAMES) or taken or entry.frames or 1,
        fps=_first(sent, _RATES) or entry.fps or round(source.fps if source else 0) or 8,
        duration_s=float(duration or _MUSIC_S),
        source=source,
        wishes={name: value for name, value in sent.items() if name not in files},
    )


def _source(path: Path) -> Source | None:
    """The shape of an attachment; None where it can't be read, which leaves a model with the words."""
    try:
        if path.suffix in CLIPS:
            clip = probe(path)
            return Source(path, clip.width, clip.height, clip.frames, float(clip.fps))
        with Image.open(path) as picture:
            return Source(path, picture.width, picture.height)
    except (NotAClip, OSError):
        return None


def _first(sent: Mapping[str, Any], names: tuple[str, ...]) -> int:
    return next((int(sent[name]) for name in names if isinstance(sent.get(name), int)), 0)


def _size(entry: Entry, sent: Mapping[str, Any], source: Source | None) -> tuple[int, int]:
    width, height = sent.get("width"), sent.get("height")
    if isinstance(width, int) and isinstance(height, int):
        return width, height
    asked = {str(aspect): size for aspect, size in entry.size.items()}.get(str(sent.get("aspect_ratio")))
    if asked:
        return asked
    if entry.size:
        aspect = source.width_px / source.height_px if source else 16 / 9
        return min(entry.size.values(), key=lambda size: abs(size[0] / size[1] - aspect))
    if source is None:
        return 512, 512
    tall = _HEIGHTS_PX.get(str(sent.get("resolution")), source.height_px)
    return round(source.width_px * tall / source.height_px), tall
