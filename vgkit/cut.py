"""What is to be made of a run's cut: where each shot lies in it, and how all of them are treated.

Phase 5, a person's own edits in a notebook and further aspects of the same film all start from here, so that they show
the same shots in the same light."""

import json
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vgkit.brief import FILM_FPS
from vgkit.places import templates_dir
from vgkit.run import Run

if TYPE_CHECKING:
    from vgkit.media.edit import Segment, Treatment
    from vgkit.media.samples import Sound

_FIELDS = ("first", "frames", "film_frames", "transition", "transition_frames")
_SEEN_PULSE = 0.15  # below this clarity music has no beat to cut on
_FEWEST_OF_OWN = 0.9  # a shot keeps this much of its frames


def look_path(run: Run) -> Path:
    """The person's own LUT, else the template's look."""
    return run.asset("lut") or templates_dir() / "looks" / f"{run.storyboard.look}.cube"


def film_fps() -> Fraction:
    """How many frames a second every film shows."""
    return Fraction(FILM_FPS)


def native_fps(run: Run) -> Fraction:
    """How many frames a second the cut holds."""
    return Fraction(_cut(run)["fps"])


def segments_of(run: Run) -> "list[Segment]":
    """Read where each shot lies in the cut and in the film, as the storyboard has it."""
    from vgkit.media.edit import Segment
    from vgkit.media.transitions import side_of

    shots = {shot.id: shot for shot in run.storyboard.shots}
    return [
        Segment(**{name: segment[name] for name in _FIELDS}, side=side_of(shots[segment["shot"]].camera))
        for segment in _cut(run)["segments"]
    ]


def beats_of(music: "Sound") -> tuple[float, ...]:
    """Return, in seconds, the beats of (n, 2) at 48 kHz; none where the music has no clear pulse."""
    from vgkit.media.rhythm import find_rhythm

    rhythm = find_rhythm(music)
    return rhythm.beats_s if rhythm.clarity >= _SEEN_PULSE else ()


def on_the_beat(run: Run, segments: "list[Segment]", music: "Sound") -> "list[Segment]":
    """Move the borders between shots onto the beats of the film's music, (n, 2) at 48 kHz, where the clips allow."""
    from vgkit.media.borders import on_the_beat as moved
    from vgkit.media.borders import slack
    from vgkit.media.edit import reaches

    beats_s = beats_of(music)
    if not beats_s or len(segments) < 2:
        return segments
    lengths = [
        slack(
            clip_frames=segment.frames,
            native_fps=native_fps(run),
            fps=Fraction(FILM_FPS),
            owned=segment.film_frames,
            shared=reach.before + reach.after,
            least_frames=round(_FEWEST_OF_OWN * segment.film_frames),
        )
        for segment, reach in zip(segments, reaches(segments), strict=True)
    ]
    borders = [0, *accumulate(segment.film_frames for segment in segments)]
    found = moved(borders, lengths, beats_s)
    return [
        replace(segment, film_frames=end - first)
        for segment, first, end in zip(segments, found, found[1:], strict=False)
    ]


def matched(run: Run, segments: "list[Segment]") -> "list[Segment]":
    """Bring the likest moments of two shots to the border where one matches the next."""
    from vgkit.media import matching
    from vgkit.media.edit import shots_of

    shots = shots_of(run.made("cut.mkv", phase="chunks"), segments)
    return matching.matched(shots, segments, fps=film_fps(), native_fps=native_fps(run))


def framing_of(run: Run) -> Any:
    """How clips of another shape are framed: as the run was set, else as its template says."""
    return run.settings.get("framing") or run.template.framing


def steadying_of(run: Run) -> Any:
    """How steady shots are made: as the run was set, else as its profile says."""
    return run.settings.get("steady") or run.profile.steady


def treatment_of(run: Run, **chosen: Any) -> "Treatment":
    """How every shot is treated: its look and dips as planned, and what was ``chosen`` over it."""
    from vgkit.media.edit import Treatment
    from vgkit.media.grade import read_cube

    storyboard = run.storyboard
    look = read_cube(look_path(run)).at_strength(storyboard.look_strength)
    ink = storyboard.palette.ink
    return Treatment(look=look, dip=(int(ink[1:3], 16), int(ink[3:5], 16), int(ink[5:7], 16)), **chosen)


def shot_clips(run: Run) -> list[Any]:
    """Return each shot as a moviepy clip; see ``Run.clips``."""
    from vgkit.media import editor

    return editor.shot_clips(run.made("cut.mkv", phase="chunks"), segments_of(run), **_how(run))


def film_clip(run: Run) -> Any:
    """Return the film as a moviepy clip; see ``Run.film_clip``."""
    from vgkit.media import editor
    from vgkit.media.sound import read_sound

    music = read_sound(run.made("music.wav", phase="refine"))
    segments = matched(run, on_the_beat(run, segments_of(run), music))
    return editor.film_clip(run.made("cut.mkv", phase="chunks"), segments, audio=music, **_how(run))


def _how(run: Run) -> dict[str, Any]:
    treatment = treatment_of(run, steadying=steadying_of(run), framing=framing_of(run))
    return {
        "size": (run.storyboard.width_px, run.storyboard.height_px),
        "fps": film_fps(),
        "native_fps": native_fps(run),
        "treatment": treatment,
    }


def _cut(run: Run) -> Any:
    return json.loads(run.made("cut.json", phase="chunks").read_text("utf-8"))
