"""What a prediction asks for, in numbers: the model's own size, frames, rate and container, with the input's wishes
over them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vgkit.engines.catalog import Entry
from vgkit.rehearsal.book import Prediction
from vgkit.rehearsal.wares import pass_of, shelf

_MUSIC_S = 8.0
_FRAMES = ("num_frames", "frames", "length")
_RATES = ("fps", "playback_frames_per_second")


@dataclass(frozen=True)
class Job:
    """One thing to make. ``source`` is the picture or clip that was attached; ``wishes`` all other parameters."""

    role: str
    suffix: str
    prompt: str
    seed: int
    width_px: int = 0
    height_px: int = 0
    frames: int = 1
    fps: int = 8
    duration_s: float = 0.0
    source: Path | None = None
    wishes: Mapping[str, Any] = field(default_factory=dict)


def job_for(prediction: Prediction) -> Job:
    """What a prediction asks for."""
    return job_of(shelf()[prediction.version], prediction.input, prediction.files)


def job_of(entry: Entry, sent: Mapping[str, Any], files: Mapping[str, str]) -> Job:
    """What an input asks of a model; ``files`` has the bytes of its attachments."""
    this = pass_of(entry, sent)
    width, height = _size(entry, sent)
    duration = next((sent[name] for name, value in this.input.items() if value == "$duration_s" and name in sent), 0)
    seed = sent.get("seed")
    return Job(
        role=entry.role,
        suffix=f".{entry.output}",
        prompt=str(sent.get("prompt", "")),
        seed=seed if isinstance(seed, int) and seed >= 0 else 0,
        width_px=width,
        height_px=height,
        frames=_first(sent, _FRAMES) or entry.frames or 1,
        fps=_first(sent, _RATES) or entry.fps or 8,
        duration_s=float(duration or sent.get("duration") or _MUSIC_S),
        source=Path(next(iter(files.values()))) if files else None,
        wishes={name: value for name, value in sent.items() if name not in files},
    )


def _first(sent: Mapping[str, Any], names: tuple[str, ...]) -> int:
    return next((int(sent[name]) for name in names if isinstance(sent.get(name), int)), 0)


def _size(entry: Entry, sent: Mapping[str, Any]) -> tuple[int, int]:
    width, height = sent.get("width"), sent.get("height")
    if isinstance(width, int) and isinstance(height, int):
        return width, height
    sizes = {str(aspect): size for aspect, size in entry.size.items()}
    asked = str(sent.get("aspect_ratio", "16:9"))
    return sizes.get(asked) or next(iter(sizes.values()), (512, 512))
