"""Real clips of one prompt and seed with one parameter varied at a time, scored by every measure.

Their authors have said what people see in them, which is what a measure that is to be trusted has to show."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vgkit.bench.textures import SHARED
from vgkit.errors import InputError
from vgkit.quality.measure import Measure, Scored
from vgkit.quality.registry import CLIP_MEASURES
from vgkit.scoring import score_clip

# What a file's name says, by the parameter, and how many of its units make one of ours.
_PARAMETERS = {"num_frames": ("frames", 1), "guidance_scale": ("guidance", 100), "num_inference_steps": ("steps", 1)}
_NAMED = re.compile(rf"({'|'.join(_PARAMETERS)})_(\d+)$")
# The settings that are held while another is varied, so that each sweep has a clip of the same ones.
BASE = {"frames": 24.0, "guidance": 12.5, "steps": 50.0}


@dataclass(frozen=True)
class Point:
    """One clip of a sweep: the parameter's value, and what each measure found, in their order."""

    at: float
    scores: tuple[Scored, ...]


@dataclass(frozen=True)
class Curve:
    """One measure along one sweep, the parameter rising; without the clips for which it has no number."""

    at: tuple[float, ...]
    values: tuple[float, ...]

    def where(self, least: float, most: float = float("inf")) -> "Curve":
        """Return the part from one value of the parameter to another, both included."""
        kept = [(at, value) for at, value in zip(self.at, self.values, strict=True) if least <= at <= most]
        return Curve(tuple(at for at, _ in kept), tuple(value for _, value in kept))

    def value_at(self, wanted: float) -> float | None:
        """Return the value at exactly this setting."""
        return dict(zip(self.at, self.values, strict=True)).get(wanted)


@dataclass(frozen=True)
class Sweep:
    """The clips of one parameter, in its order."""

    parameter: str
    points: tuple[Point, ...]

    def curve(self, name: str) -> Curve:
        """Return one measure's numbers along the sweep."""
        found = [
            (point.at, score.value)
            for point in self.points
            for score in point.scores
            if score.measure.name == name and score.value is not None
        ]
        return Curve(tuple(at for at, _ in found), tuple(value for _, value in found))


def sweeps_folder() -> Path:
    """Where the clips lie: VGKIT_SWEEPS, else beside the project. Raises InputError where there are none."""
    given = os.environ.get("VGKIT_SWEEPS")
    folder = Path(given) if given else SHARED / "clips" / "zeroscope"
    if not any(map(_setting, folder.glob("*.mp4"))):
        raise InputError(
            f"{folder} holds no clips named as *_num_frames_024.mp4, *_guidance_scale_1250.mp4 (hundredths) or "
            "*_num_inference_steps_050.mp4. Set VGKIT_SWEEPS to a folder that does."
        )
    return folder


def score_sweeps(folder: Path, measures: Sequence[Measure] = CLIP_MEASURES) -> list[Sweep]:
    """Score all clips of a folder that belong to a sweep; raise what opening one of them raises."""
    points: dict[str, list[Point]] = {parameter: [] for parameter, _ in _PARAMETERS.values()}
    for file in sorted(folder.glob("*.mp4")):
        if setting := _setting(file):
            parameter, at = setting
            points[parameter].append(Point(at, score_clip(file, measures=measures).scores))
    ordered = {name: sorted(found, key=lambda point: point.at) for name, found in points.items()}
    return [Sweep(name, tuple(found)) for name, found in ordered.items() if found]


def _setting(file: Path) -> tuple[str, float] | None:
    """Return which parameter a clip varies and its value; None for another file."""
    if (named := _NAMED.search(file.stem)) is None:
        return None
    parameter, units = _PARAMETERS[named[1]]
    return parameter, int(named[2]) / units
