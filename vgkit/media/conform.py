"""Whether a finished film is to specification. ffmpeg's own filters measure it: not the code that made it.

Structure is read by ``probe``; loudness, peaks, and black, frozen and silent stretches come from one decoding pass.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from math import log
from pathlib import Path

from vgkit.brief import FILM_FPS, FILM_SIZES, Aspect
from vgkit.errors import FilmNotConformant
from vgkit.media.ffmpeg import run_ffmpeg
from vgkit.media.formats import FILM, Format
from vgkit.media.probe import Probe, probe
from vgkit.media.stretches import Measured, Stretch, beyond_plan, measure_args, read_report, steps

LOUDNESS_LUFS, LOUDNESS_TOLERANCE_LU, PEAK_DBTP = -14.0, 1.0, -1.0
BLACK_S, FROZEN_S, SILENT_S = 0.15, 0.5, 0.7

_REMAKE = "Run the refine phase again from the cut."
_REMIX = "Mix the sound again: it is limited before AAC, which adds a little."
# What helps a file that no run made, by the check that it fails.
_CURES = {
    "container": "Write it as an MP4.",
    "size": "Scale it to fill that size and cut off what hangs over, or say another --aspect.",
    "frame rate": "Convert it to 30 frames a second; a clip of 8 looks best interpolated.",
    "frames": "Cut it to that length, or say another with --seconds.",
    "video codec": "Encode it as H.264 with the profile High.",
    "pixel format": "Encode it with 8 bits and 4:2:0, which every player shows.",
    "colour tags": "Convert it to BT.709 in limited range and tag it so; if it is BT.709 already, only tag it.",
    "layout": "Write it with its index first (-movflags +faststart), so that a browser starts at once.",
    "sound": "Lay sound under it, as AAC with 48000 Hz in stereo.",
    "sound and picture end": "Cut the sound, or pad it with silence, to the length of the picture.",
    "loudness": "Raise or lower the whole sound by the difference, then limit its peaks.",
    "true peak": "Limit it to -2.5 dBTP before AAC, which adds a little.",
    "black stretches": "Look at it there and cut it shorter.",
    "frozen stretches": "Look at it there and cut it shorter.",
    "silent stretches": "Listen there and lay something under it.",
}


@dataclass(frozen=True)
class FilmSpec:
    """What a film must be: size, rate, frames, format; and the stretches, in seconds, that the storyboard plans so."""

    width: int
    height: int
    fps: int
    frames: int
    planned_still: tuple[Stretch, ...] = ()
    planned_black: tuple[Stretch, ...] = ()
    planned_silent: tuple[Stretch, ...] = ()
    format: Format = FILM


@dataclass(frozen=True)
class Check:
    """One demand: its name, what was wanted and found, whether it passed, and what to do where it did not."""

    name: str
    wanted: str
    found: str
    passed: bool
    cure: str = _REMAKE


@dataclass(frozen=True)
class Conformance:
    """All checks of one film; ``steps``, where asked for, are what changes from each frame to the next, in levels."""

    film: Path
    checks: tuple[Check, ...]
    steps: tuple[float, ...] = ()

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.passed)

    def require(self) -> None:
        """Raise FilmNotConformant where a check failed, with every number and the next move."""
        if self.failed:
            lines = "\n".join(f"  {c.name}: {c.found}; wanted {c.wanted}. {c.cure}" for c in self.failed)
            count = f"{len(self.failed)} of {len(self.checks)} checks"
            raise FilmNotConformant(f"{self.film.name} is not to specification, {count} failed:\n{lines}")

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{'✓' if c.passed else '<b style=color:#d33>✗</b>'}</td><td>{escape(c.name)}</td>"
            f"<td>{escape(c.wanted)}</td><td>{escape(c.found)}</td></tr>"
            for c in self.checks
        )
        head = "<tr><th></th><th>check</th><th>wanted</th><th>found</th></tr>"
        verdict = "conforms" if self.passed else f"fails {len(self.failed)} of {len(self.checks)} checks"
        return f"<p><b>{escape(self.film.name)}</b> {verdict}</p><table>{head}{rows}</table>"


def conform(path: Path, spec: FilmSpec, *, deadline_s: float = 300, with_steps: bool = False) -> Conformance:
    """Measure the film at ``path`` against ``spec``. Raises NotAClip where it does not decode.

    ``with_steps`` costs 20 kB of memory for each frame.
    """
    found = probe(path)
    args = measure_args(path, has_sound=found.audio_codec is not None, with_steps=with_steps)
    report = run_ffmpeg(args, deadline_s=deadline_s)
    measured = read_report(report.stderr, duration_s=found.duration_s)
    checks = (*_picture_checks(found, spec), *_sound_checks(found, spec, measured), *_stretch_checks(measured, spec))
    return Conformance(path, checks, steps(report.stdout) if with_steps else ())


def conform_file(
    path: Path, *, aspect: Aspect | None = None, seconds: float | None = None, deadline_s: float = 300
) -> Conformance:
    """Measure any video file against what we deliver, with cures for a file that no run made.

    The aspect is the nearest and the length the file's own, where they are not given. Raises NotAClip.
    """
    spec = delivery_spec(probe(path), aspect=aspect, seconds=seconds)
    return of_no_run(conform(path, spec, deadline_s=deadline_s))


def of_no_run(found: Conformance) -> Conformance:
    """The same with cures for a file that no run made."""
    return replace(found, checks=tuple(replace(check, cure=_CURES[check.name]) for check in found.checks))


def delivery_spec(found: Probe, *, aspect: Aspect | None = None, seconds: float | None = None) -> FilmSpec:
    """What a file would have to be to be delivered as a film of its aspect and length."""
    width, height = FILM_SIZES[aspect or _nearest_aspect(found.width / found.height)]
    frames = max(1, round((seconds or found.duration_s) * FILM_FPS))
    return FilmSpec(width=width, height=height, fps=FILM_FPS, frames=frames)


def _nearest_aspect(ratio: float) -> Aspect:
    return min(FILM_SIZES, key=lambda aspect: abs(log(ratio * FILM_SIZES[aspect][1] / FILM_SIZES[aspect][0])))


def _picture_checks(found: Probe, spec: FilmSpec) -> Iterator[Check]:
    form = spec.format
    yield _equal("container", form.container, found.container)
    yield _equal("size", f"{spec.width}x{spec.height}", f"{found.width}x{found.height}")
    yield _equal("frame rate", f"{spec.fps}/1 fps", f"{found.fps.numerator}/{found.fps.denominator} fps")
    yield _equal("frames", f"{spec.frames:,}", f"{found.frames:,}")
    yield _equal("video codec", form.found_as, f"{found.codec} {found.profile or ''}".rstrip())
    yield _equal("pixel format", form.pix_fmt, found.pix_fmt or "unknown")
    tags = (found.colour_primaries, found.colour_transfer, found.colour_space, found.colour_range)
    yield _equal("colour tags", "bt709/bt709/bt709/tv", "/".join(tags))
    if form.container != "matroska":
        order = {True: "moov first", False: "moov last", None: "no moov"}[found.moov_first]
        yield _equal("layout", "moov first", order)


def _sound_checks(found: Probe, spec: FilmSpec, measured: Measured) -> Iterator[Check]:
    wanted = f"{spec.format.sound} 48000 Hz, 2 channels"
    if found.audio_codec is None or found.audio_duration_s is None:
        yield Check("sound", wanted, "no sound", passed=False)
        return
    is_sound = f"{found.audio_codec} {found.audio_rate_hz} Hz, {found.audio_channels} channels"
    yield _equal("sound", wanted, is_sound)
    apart_s = found.audio_duration_s - found.duration_s
    yield Check(
        "sound and picture end",
        f"within {1 / spec.fps:.3f} s",
        f"sound {apart_s:+.3f} s",
        passed=abs(apart_s) <= 1 / spec.fps + 1e-6,
    )
    off_lu = abs(measured.loudness_lufs - LOUDNESS_LUFS)
    yield Check(
        "loudness",
        f"{LOUDNESS_LUFS:g} LUFS ±{LOUDNESS_TOLERANCE_LU:g}",
        f"{measured.loudness_lufs:.1f} LUFS",
        passed=off_lu <= LOUDNESS_TOLERANCE_LU,
        cure=_REMIX,
    )
    yield Check(
        "true peak",
        f"at most {PEAK_DBTP:g} dBTP",
        f"{measured.true_peak_dbtp:.1f} dBTP",
        passed=measured.true_peak_dbtp <= PEAK_DBTP,
        cure=_REMIX,
    )


def _stretch_checks(measured: Measured, spec: FilmSpec) -> Iterator[Check]:
    look = "Look at the film there; make that chunk again or plan it so in the storyboard."
    yield _stretch("black", measured.black, spec.planned_black, longest_s=BLACK_S, cure=look)
    yield _stretch("frozen", measured.frozen, spec.planned_still, longest_s=FROZEN_S, cure=look)
    yield _stretch("silent", measured.silent, spec.planned_silent, longest_s=SILENT_S, cure=_REMIX)


def _stretch(
    name: str, found: tuple[Stretch, ...], planned: tuple[Stretch, ...], *, longest_s: float, cure: str
) -> Check:
    unplanned = [part for part in beyond_plan(found, planned) if part[1] - part[0] > longest_s]
    said = ", ".join(f"{start:.2f}-{end:.2f} s" for start, end in unplanned) or "none"
    return Check(f"{name} stretches", f"none over {longest_s:g} s unplanned", said, passed=not unplanned, cure=cure)


def _equal(name: str, wanted: str, found: str) -> Check:
    return Check(name, wanted, found, passed=found == wanted)
