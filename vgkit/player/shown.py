"""What the player is to show of a film, a take or any clip: its facts, its marks and its strips.

A clip that can't be shown is a fact like another: it has its sentence, and whatever stands beside it plays."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from vgkit.brief import FILM_FPS
from vgkit.errors import MediaError, PhaseNotReady, VgkitError
from vgkit.player.strips import Reading, Strip, kept_reading, reading_of
from vgkit.run import Run

# What browsers play; 10 bits and fuller colour than 4:2:0 they mostly don't.
_CODECS = {"h264": "video/mp4", "vp8": "video/webm", "vp9": "video/webm", "av1": "video/mp4"}
_PIXELS = ("yuv420p", "yuvj420p")


@dataclass(frozen=True)
class Mark:
    """Something that begins at a moment, in seconds, and lasts until the next begins."""

    at_s: float
    label: str


@dataclass(frozen=True)
class Shown:
    """A film or clip as the player shows it. Where ``trouble`` is not empty it can't be, and the rest says nothing.

    ``shots`` and ``beats`` begin at 0, or are empty where nobody knows them. ``type`` is what a browser calls it.
    ``note`` is what a person should know of it, such as why it has no strips.
    """

    path: Path
    title: str
    fps: Fraction = Fraction(FILM_FPS)
    frames: int = 0
    size: tuple[int, int] = (0, 0)
    type: str = "video/mp4"
    sound: bool = False
    shots: tuple[Mark, ...] = ()
    beats: tuple[Mark, ...] = ()
    strips: tuple[Strip, ...] = ()
    trouble: str = ""
    note: str = ""

    @property
    def duration_s(self) -> float:
        """How long it lasts, in seconds."""
        return float(self.frames / self.fps)

    @property
    def state(self) -> str:
        """Why it can't be shown now; empty where it can. A file may be gone since it was looked at."""
        return self.trouble or ("" if self.path.is_file() else _gone(self.path))


def shown_clip(path: Path | str, *, title: str = "") -> Shown:
    """Look at any clip; its cuts are marked where it has been measured."""
    clip = Path(path)
    shown = _looked_at(clip, title or clip.name)
    kept = None if shown.trouble else kept_reading(clip)
    return shown if kept is None else _with(shown, kept)


def shown_film(run: Run, *, title: str = "") -> Shown:
    """Look at a run's film, with the beats and shots that it was made of."""
    named = title or run.name
    film = run.path("film.mp4")
    if not film.is_file():
        why = f"{run.name} has no film.mp4: it is not made yet, or was deleted. Make it with `vgkit resume {run.name}`."
        return Shown(film, named, trouble=why)
    shown = shown_clip(film, title=named)
    if shown.trouble:
        return shown
    shots, beats = _marks(run)
    return replace(shown, shots=shots or shown.shots, beats=beats)


def shown_take(run: Run, *, shot: str, take: str) -> Shown:
    """Look at a take of a shot."""
    title, clip = f"{shot}/{take} of {run.name}", run.path(f"chunks/{shot}/{take}.mp4")
    if not clip.is_file():
        again = f"`vgkit resume {run.name} --from chunks --force` brings takes back that were let go."
        return Shown(clip, title, trouble=f"{run.name} has no take {take} of {shot}. {again}")
    return shown_clip(clip, title=title)


def with_strips(shown: Shown) -> Shown:
    """Have a clip measured unless it has been: about 30 s for 30 s of film. One in trouble stays as it is."""
    if shown.strips or shown.note or shown.state:
        return shown
    try:
        return _with(shown, reading_of(shown.path))
    except (MediaError, OSError) as why:
        return replace(shown, note=f"{shown.title} can't be measured: {why}")


def notices(shown: Sequence[Shown]) -> Iterator[str]:
    """Say what a person must know to read them side by side: notes, other lengths, rates or shapes."""
    yield from filter(None, (each.note for each in shown))
    known = [each for each in shown if not each.state]
    if len(known) < 2:
        return
    a, b = known
    shorter, longer = sorted(known, key=lambda each: each.duration_s)
    if longer.duration_s - shorter.duration_s > 1e-3:
        both = f"{longer.title} lasts {longer.duration_s:.2f} s, {shorter.title} {shorter.duration_s:.2f} s"
        yield f"{both}: they stop together at {shorter.duration_s:.2f} s."
    if a.fps != b.fps:
        yield f"{float(a.fps):g} and {float(b.fps):g} frames a second: a step is one frame of the faster."
    if a.size[0] * b.size[1] != b.size[0] * a.size[1]:
        shapes = " and ".join("x".join(map(str, each.size)) for each in known)
        yield f"Their shapes differ, {shapes}: one over the other, both are fitted into that of the first."


def _looked_at(clip: Path, title: str) -> Shown:
    # Imported here, as it takes the libraries of pictures along.
    from vgkit.media.probe import probe

    if not clip.is_file():
        return Shown(clip, title, trouble=_gone(clip))
    try:
        found = probe(clip)
    except VgkitError as why:
        return Shown(clip, title, trouble=str(why))
    if found.codec not in _CODECS or found.pix_fmt not in _PIXELS:
        what = f"{found.codec} in {found.pix_fmt}"
        cure = f"Make one that they play: ffmpeg -i {clip.name} -pix_fmt yuv420p playable.mp4"
        return Shown(clip, title, trouble=f"{clip.name} is {what}, which browsers don't play. {cure}")
    return Shown(
        path=clip,
        title=title,
        fps=found.fps,
        frames=found.frames,
        size=(found.width, found.height),
        type=_CODECS[found.codec],
        sound=found.audio_codec is not None,
    )


def _gone(path: Path) -> str:
    return f"{path.name} is no longer in {path.parent}, or was never there. Make it again, or choose another."


def _with(shown: Shown, reading: Reading) -> Shown:
    """Add what was measured; where nobody planned any shots, those that were seen are marked."""
    seen = (0, *reading.cuts)
    cuts = tuple(Mark(float(at / shown.fps), f"view {number}") for number, at in enumerate(seen, start=1))
    return replace(shown, strips=reading.strips, shots=shown.shots or cuts)


def _marks(run: Run) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
    """Where shots and beats begin in the film as it was joined: on the music's beat, a few frames off the plan."""
    try:
        shots = run.storyboard.shots
        lengths = json.loads(run.made("joins.json", phase="refine").read_text("utf-8"))
        starts = [0, *accumulate(lengths)][: len(shots)]
    except (PhaseNotReady, ValueError):
        return (), ()
    begun = {shot.beat: at / FILM_FPS for shot, at in reversed(list(zip(shots, starts, strict=True)))}
    beats = (Mark(at_s, beat.replace("_", " ")) for beat, at_s in sorted(begun.items(), key=lambda each: each[1]))
    return tuple(Mark(at / FILM_FPS, shot.id) for shot, at in zip(shots, starts, strict=True)), tuple(beats)
