"""Deflicker and smoothing against clips whose flicker was put there, and on real clips.

Every version of a clip is judged along one and the same motion, of the clean clip where there is one, else of the clip
as it came: the ruler must not bend with what it measures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import fmean

from vgkit.bench.flickering import flickering
from vgkit.bench.known_motion import KnownClip, known_clips
from vgkit.bench.textures import SHARED
from vgkit.bench.verdict import kept
from vgkit.media.flow import Motion
from vgkit.media.footage import read_footage
from vgkit.media.measures import flicker, sharpness, warp_error
from vgkit.media.picture import Picture, from_rgb
from vgkit.media.steady import motions_of, steadied
from vgkit.phases.report import Table

LEAST_FLICKER_DOWN, LEAST_EXCESS_DOWN, LEAST_SHARP = 0.80, 0.60, 0.97
LEAST_SHARP_REAL = 0.95
_REAL = ("clips/zeroscope/*.mp4", "clips/animatediff/*.gif")


@dataclass(frozen=True)
class Steadiness:
    """One version of a clip in three figures; see ``vgkit.media.measures``."""

    flicker: float
    warp_error: float
    sharpness: float


@dataclass(frozen=True)
class Repair:
    """A clip before it was damaged, after, and repaired; and whether the undamaged one is left as it is."""

    clip: str
    clean: Steadiness
    damaged: Steadiness
    repaired: Steadiness
    clean_left: bool

    @property
    def flicker_down(self) -> float:
        """The share of the damaged clip's flicker that is gone."""
        return 1 - self.repaired.flicker / self.damaged.flicker

    @property
    def excess_down(self) -> float:
        """The share of the warp error above the clean clip's that is gone."""
        return 1 - (self.repaired.warp_error - self.clean.warp_error) / (
            self.damaged.warp_error - self.clean.warp_error
        )

    @property
    def sharp(self) -> float:
        """How sharp it is, against what was put in."""
        return self.repaired.sharpness / self.damaged.sharpness


@dataclass(frozen=True)
class Change:
    """A real clip, before and after."""

    clip: str
    before: Steadiness
    after: Steadiness

    @property
    def sharp(self) -> float:
        """How sharp it is, against what it was."""
        return self.after.sharpness / self.before.sharpness


def steady_tables() -> Iterator[Table]:
    """Repair the twelve clips, then steady the real ones there are, and say whether we keep our word."""
    yield repairs_table([repaired(clip, seed) for seed, clip in enumerate(known_clips())])
    if files := real_clips():
        yield changes_table([changed(file) for file in files])


def repaired(clip: KnownClip, seed: int) -> Repair:
    """Damage a clip, repair it, and measure all three."""
    clean = [from_rgb(frame) for frame in clip.source]
    damaged = [from_rgb(frame) for frame in flickering(clip.source, seed)]
    motions = motions_of(clean)
    versions = (clean, damaged, steadied(damaged).pictures)
    was, became, is_now = (steadiness(version, motions) for version in versions)
    return Repair(clip.name, was, became, is_now, clean_left=not steadied(clean).steps)


def changed(file: Path) -> Change:
    """Steady a real clip and measure it before and after."""
    before = [from_rgb(frame) for frame in read_footage(file, fps=Fraction(8), undither=False).frames()]
    motions = motions_of(before)
    after = steadied(before).pictures
    return Change(file.stem, steadiness(before, motions), steadiness(after, motions))


def steadiness(pictures: Sequence[Picture], motions: Sequence[Motion]) -> Steadiness:
    """Measure a clip along given motions."""
    lumas = [picture.luma for picture in pictures]
    return Steadiness(flicker(lumas), warp_error(lumas, motions), sharpness(lumas))


def real_clips() -> list[Path]:
    """Name the clips of real models that lie beside the project."""
    return [file for pattern in _REAL for file in sorted(SHARED.glob(pattern))]


def repairs_table(repairs: Sequence[Repair]) -> Table:
    """Lay the figures out, and what is asked for below them."""
    rows = [
        (
            *(repair.clip, *_each(repair, "flicker"), f"{repair.flicker_down:.0%}"),
            *(
                *_each(repair, "warp_error"),
                f"{repair.excess_down:.0%}",
                f"{repair.sharp:.1%}",
                kept(repair.clean_left),
            ),
        )
        for repair in repairs
    ]
    down, excess = (fmean(getattr(repair, name) for repair in repairs) for name in ("flicker_down", "excess_down"))
    sharp = min(repair.sharp for repair in repairs)
    left, blank = sum(repair.clean_left for repair in repairs), ("", "", "")
    rows += [
        (
            "mean, mean, least",
            *blank,
            f"{down:.0%}",
            *blank,
            f"{excess:.0%}",
            f"{sharp:.1%}",
            f"{left} of {len(repairs)}",
        ),
        (
            *("asked for", *blank, f">= {LEAST_FLICKER_DOWN:.0%}"),
            *(*blank, f">= {LEAST_EXCESS_DOWN:.0%}", f">= {LEAST_SHARP:.0%}", "all"),
        ),
        (
            *("kept", *blank, kept(down >= LEAST_FLICKER_DOWN)),
            *(*blank, kept(excess >= LEAST_EXCESS_DOWN), kept(sharp >= LEAST_SHARP), kept(left == len(repairs))),
        ),
    ]
    columns = (
        *("clip", "flicker: clean", "damaged", "repaired", "down"),
        *("warp error: clean", "damaged", "repaired", "excess down", "sharpness", "clean left"),
    )
    return Table("Clips with known flicker, repaired; all in 8-bit levels", columns, tuple(rows))


def _each(repair: Repair, measure: str) -> list[str]:
    versions = (repair.clean, repair.damaged, repair.repaired)
    return [f"{getattr(version, measure):.2f}" for version in versions]


def changes_table(changes: Sequence[Change]) -> Table:
    """Lay the real clips' figures out, and what is asked for below them."""
    rows = [
        (
            *(change.clip, f"{change.before.flicker:.2f}", f"{change.after.flicker:.2f}"),
            *(f"{change.before.warp_error:.2f}", f"{change.after.warp_error:.2f}", f"{change.sharp:.1%}"),
        )
        for change in changes
    ]
    worse = [change for change in changes if change.after.warp_error > change.before.warp_error]
    before, after = (fmean(getattr(c, side).warp_error for c in changes) for side in ("before", "after"))
    sharp = min(change.sharp for change in changes)
    rows += [
        (f"mean, least; {len(worse)} of {len(changes)} worse", "", "", f"{before:.2f}", f"{after:.2f}", f"{sharp:.1%}"),
        ("asked for", "", "", "", "down", f">= {LEAST_SHARP_REAL:.0%}"),
        ("kept", "", "", "", kept(not worse and after < before), kept(sharp >= LEAST_SHARP_REAL)),
    ]
    columns = ("real clip", "flicker before", "after", "warp error before", "after", "sharpness")
    return Table("Clips of real models, steadied; all in 8-bit levels", columns, tuple(rows))
