"""Make a clip steady: even its light, calm its grain and its boiling, and leave alone what is steady already.

Each step is tried, measured on the clip, and kept only where it pays: ``auto`` takes no step whose fault is not there,
nor one that makes neighbours differ more or the picture softer. What was found and done is told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.media.deflicker import brightened, brightness_path, even_path, global_gains, local_gains
from vgkit.media.flow import Motion, fetched, grown, motion_between
from vgkit.media.measures import Step, flicker, mean_error, sharpness
from vgkit.media.picture import Picture, Plane
from vgkit.media.smoothing import neighbours, smoothed

Steadying = Literal["off", "auto", "full"]

# Measured: clips that are clean stay below these, those of Zeroscope and AnimateDiff and flickering ones do not.
_FLICKERS_LEVELS, _UNEVEN_LEVELS = 0.3, 0.5
_GRAINY_LEVELS, _GRAINY_WHERE_LIGHT_JUMPS = 1.2, 0.7
_PAYS, _HARMS = 0.99, 1.01  # of the warp error is left
_SHARP_ENOUGH = 0.96
_JUDGED = 6  # pairs of pictures, spread over the clip


@dataclass(frozen=True)
class Figures:
    """Flicker and warp error in 8-bit levels, and sharpness (Tenengrad), of one version of a clip."""

    flicker: float
    warp_error: float
    sharpness: float


@dataclass(frozen=True)
class Steadied:
    """A clip made steady: its pictures, what moves between them, what was done, and the figures before and after."""

    pictures: list[Picture]
    motions: list[Motion]
    steps: tuple[str, ...]
    before: Figures
    after: Figures

    def __str__(self) -> str:
        done = ", ".join(self.steps) or "left as it is"
        if self.before.warp_error != self.before.warp_error:
            return f"{done}; no two neighbouring frames could be followed"
        return (
            f"{done}; flicker {self.before.flicker:.2f} to {self.after.flicker:.2f}, {self._warp_error}, sharpness "
            f"{self.after.sharpness / max(self.before.sharpness, 1e-9):.1%}"
        )

    @property
    def _warp_error(self) -> str:
        if np.isnan(self.before.warp_error):
            return "nothing could be followed"
        return f"warp error {self.before.warp_error:.2f} to {self.after.warp_error:.2f}"


def motions_of(pictures: Sequence[Picture]) -> list[Motion]:
    """Follow pixels from each picture to the next."""
    return [motion_between(first, second) for first, second in pairwise(pictures)]


def steadied(pictures: Sequence[Picture], *, how: Steadying = "auto", strength: float = 1.0) -> Steadied:
    """Even a clip's light and calm its grain, by ``strength`` 0 to 1 at most.

    ``off`` only follows the motion, ``auto`` takes the steps that pay, ``full`` takes all of them.
    """
    trial = _Trial(list(pictures), motions_of(pictures), forced=how == "full")
    before = trial.figures
    if how != "off" and len(pictures) > 2:
        path = brightness_path(trial.pictures, trial.motions)
        if trial.forced or trial.level * float(np.std(path - even_path(path, trial.motions))) > _FLICKERS_LEVELS:
            gains = global_gains(path, trial.motions) ** strength
            trial.attempt("light evened", lambda clip: _evened(clip, gains), _less_flicker)
        uneven = local_gains(trial.pictures, trial.motions)
        if trial.forced or trial.level * float(np.std(uneven)) > _UNEVEN_LEVELS:
            trial.attempt("regions evened", lambda clip: _regions_evened(clip, uneven, strength), _steadier)
        if trial.forced or trial.grainy():
            trial.attempt("smoothed", lambda clip: smoothed(clip, trial.motions, strength=strength), _steadier)
            if "smoothed" not in trial.steps:
                half = strength / 2
                trial.attempt("half smoothed", lambda clip: smoothed(clip, trial.motions, strength=half), _steadier)
    return Steadied(trial.pictures, trial.motions, tuple(trial.steps), before, trial.figures)


class _Trial:
    """A clip as far as it is steady, and the judge of every further step."""

    def __init__(self, pictures: list[Picture], motions: list[Motion], *, forced: bool) -> None:
        self.pictures, self.motions, self.forced = pictures, motions, forced
        self.steps: list[str] = []
        spread = np.linspace(0, len(motions) - 1, min(_JUDGED, len(motions))).round().astype(int)
        self._judged = [(int(number), Step.of(motions[number])) for number in spread]
        self.figures = self._measured(pictures)
        self.level = float(np.mean([cv2.mean(picture.luma)[0] for picture in pictures])) - 16

    def attempt(
        self, name: str, step: Callable[[list[Picture]], list[Picture]], pays: Callable[[Figures, Figures], bool]
    ) -> None:
        """Take a step, measure, and keep it where it pays, or where it was asked for whatever it does."""
        tried = step(self.pictures)
        found = self._measured(tried)
        if self.forced or pays(self.figures, found):
            self.steps.append(name)
            self.pictures, self.figures = tried, found

    def grainy(self) -> bool:
        """Whether pixels stand out from both their neighbours in time; where the light flickered, less will do."""
        inner = len(self.pictures) - 2
        spread = np.linspace(1, inner, min(_JUDGED // 2, inner)).round().astype(int)
        found = [_standing_out(int(number), self.pictures, self.motions) for number in spread]
        return float(np.mean(found)) > (_GRAINY_WHERE_LIGHT_JUMPS if self.steps else _GRAINY_LEVELS)

    def _measured(self, pictures: list[Picture]) -> Figures:
        """Measure a version of the clip along the motion of the one that came: its own would hide its faults."""
        lumas = [picture.luma for picture in pictures]
        return Figures(
            flicker=flicker(lumas),
            warp_error=mean_error(step.error(lumas[n], lumas[n + 1]) for n, step in self._judged),
            sharpness=sharpness([lumas[n] for n, _ in self._judged] or lumas),
        )


def _evened(pictures: list[Picture], gains: NDArray[np.float64]) -> list[Picture]:
    return [brightened(picture, float(gain)) for picture, gain in zip(pictures, gains, strict=True)]


def _regions_evened(pictures: list[Picture], uneven: list[Plane], strength: float) -> list[Picture]:
    factors = [np.exp(np.float32(strength) * gain) for gain in uneven]
    return [brightened(picture, factor) for picture, factor in zip(pictures, factors, strict=True)]


def _less_flicker(before: Figures, after: Figures) -> bool:
    return after.flicker < before.flicker and not after.warp_error > before.warp_error * _HARMS


def _steadier(before: Figures, after: Figures) -> bool:
    return after.warp_error < before.warp_error * _PAYS and after.sharpness > before.sharpness * _SHARP_ENOUGH


def _standing_out(number: int, pictures: Sequence[Picture], motions: Sequence[Motion]) -> float:
    """Return by how many levels a picture stands out from both its neighbours to the same side, on average.

    What moves on differs from its neighbours to different sides; what goes and comes back is grain, or boiling.
    """
    here, found = pictures[number], neighbours(number, motions)
    if len(found) < 2:
        return 0.0
    first, second = (fetched(pictures[at].luma, flow, kernel=cv2.INTER_CUBIC) - here.luma for at, flow, _ in found)
    sure = grown(found[0][2] * found[1][2], here.size) > 0.5
    nearer = np.maximum(np.minimum(first, second), 0) - np.minimum(np.maximum(first, second), 0)
    return float(nearer[sure].mean()) if sure.any() else 0.0
