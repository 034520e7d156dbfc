"""Phase 5: from the cut to the film.

Grading, motion, words and sound meet in one pass, and the film is then measured against its specification by other
tools than those that made it."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from vgkit.brief import FILM_FPS
from vgkit.errors import ParameterError
from vgkit.phases import soundtrack
from vgkit.phases.calls_told import calls_told
from vgkit.phases.report import Figure, PhaseReport, Table
from vgkit.phases.soundtrack import asks, make_sound, record_sound
from vgkit.phases.step import Inputs, Step, begin, catch_up, digest_of, made_digest
from vgkit.places import templates_dir
from vgkit.run import Run
from vgkit.storyboard import Storyboard

__all__ = ["PHASE", "asks", "before_and_after", "check_settings", "inputs", "refine_film", "report"]

PHASE = "refine"
_VERSION = "2"  # raise with every change a viewer could see or hear
_PRESETS = {"draft": ("superfast", 22), "review": ("veryfast", 19), "delivery": ("medium", 18)}
_PROGRESS_STEP = 30


def inputs(run: Run, *, quality: str = "review") -> Inputs:
    """What the film follows from."""
    return {
        "storyboard.json": made_digest(run, "validate", "storyboard.json"),
        "cut.mkv": made_digest(run, "chunks", "cut.mkv"),
        "cut.json": made_digest(run, "chunks", "cut.json"),
        "look": digest_of(_look_path(run)),
        "assets.logo": digest_of(run.asset("logo")),
        "quality": quality,
        "method": _VERSION,
        **soundtrack.inputs(run),
    }


def check_settings(*, quality: str = "review") -> None:
    """Raise ParameterError for a quality there is not."""
    if quality not in _PRESETS:
        raise ParameterError(f"quality: there is no {quality!r}. Use one of {', '.join(_PRESETS)}.")


def refine_film(run: Run, *, quality: str = "review") -> PhaseReport:
    """Make the music and the film, and check the film.

    Raises FilmNotConformant, naming what is off, for a film that is not to specification; it can still be looked at.
    """
    check_settings(quality=quality)
    catch_up(run, PHASE)
    with begin(run, PHASE, inputs(run, quality=quality)) as step:
        if step.needed:
            make_sound(step)
            _make_film(step, quality)
            _check(step)
    return report(run)


def report(run: Run) -> PhaseReport:
    """Show the film, its sound and what was measured."""
    checks = json.loads(run.made("conform.json", phase=PHASE).read_text("utf-8"))
    rows = tuple((c["name"], c["wanted"], c["found"], "yes" if c["passed"] else "NO") for c in checks)
    return PhaseReport(
        run,
        PHASE,
        lines=(f"{run.storyboard.title}: the film is to specification.",),
        figures=(
            Figure(run.path("film.mp4"), "The film", width_px=960),
            *soundtrack.figures(run),
        ),
        tables=(Table("Conformance", ("check", "wanted", "found", "passed"), rows), *calls_told(run, PHASE)),
    )


def before_and_after(run: Run) -> PhaseReport:
    """Show the middle of the first, a middle and the last shot as generated, each beside the film's own frame."""
    from vgkit.media.frames import write_picture
    from vgkit.media.sheet import contact_sheet, film_frame

    storyboard = run.storyboard
    _, segments = _segments(run)
    pictures, labels = [], []
    for number in (0, len(segments) // 2, len(segments) - 1):
        shot, segment = storyboard.shots[number], segments[number]
        pictures.append(film_frame(run.path("cut.mkv"), segment.first + segment.frames // 2))
        pictures.append(film_frame(run.path("film.mp4"), shot.first_frame + shot.frames // 2))
        labels += [f"{shot.id} as generated", f"{shot.id} in the film"]
    path = run.path("before_after.png")
    write_picture(contact_sheet(pictures, columns=2, labels=labels, width_px=1400), path)
    return PhaseReport(run, PHASE, figures=(Figure(path, "Left as generated, right in the film"),), totals=False)


def _look_path(run: Run) -> Path:
    """The person's own LUT, else the template's look."""
    return run.asset("lut") or templates_dir() / "looks" / f"{run.storyboard.look}.cube"


def _make_film(step: Step, quality: str) -> None:
    from vgkit.media.edit import film_frames
    from vgkit.media.encode import encode_film
    from vgkit.media.grade import read_cube
    from vgkit.media.sound import read_sound

    run, storyboard = step.run, step.run.storyboard
    native_fps, segments = _segments(run)
    preset, crf = _PRESETS[quality]
    film = run.path("film.mp4")

    def tell(done: int) -> None:
        if done % _PROGRESS_STEP == 0:
            step.progress(done, storyboard.frames, f"frame {done}")

    encode_film(
        film_frames(
            run.made("cut.mkv", phase="chunks"),
            segments,
            fps=Fraction(FILM_FPS),
            native_fps=native_fps,
            look=read_cube(_look_path(run)).at_strength(storyboard.look_strength),
        ),
        audio=read_sound(run.path("music.wav")),
        out=film,
        size=(storyboard.width_px, storyboard.height_px),
        fps=Fraction(FILM_FPS),
        overlays=_overlays(run, storyboard),
        metadata=_metadata(run, storyboard),
        preset=preset,
        crf=crf,
        on_frame=tell,
    )
    step.make(film, frames=storyboard.frames, width=storyboard.width_px, height=storyboard.height_px)


def _segments(run: Run) -> tuple[Fraction, list[Any]]:
    from vgkit.media.edit import Segment

    cut = json.loads(run.path("cut.json").read_text("utf-8"))
    fields = ("first", "frames", "film_frames", "transition", "transition_frames")
    return Fraction(cut["fps"]), [Segment(**{name: segment[name] for name in fields}) for segment in cut["segments"]]


def _overlays(run: Run, storyboard: Storyboard) -> list[Any]:
    from vgkit.media.captions import CaptionStyle, caption_overlays, end_card_overlays

    size = (storyboard.width_px, storyboard.height_px)
    style = CaptionStyle(accent=storyboard.palette.accent)
    overlays: list[Any] = []
    for caption in storyboard.captions:
        overlays += caption_overlays(
            caption.text,
            kicker=caption.kicker,
            first=caption.first_frame,
            last=caption.end_frame,
            fps=FILM_FPS,
            size=size,
            style=style,
        )
    card = storyboard.end_card
    overlays += end_card_overlays(
        card.brand,
        card.tagline,
        card.call_to_action,
        logo=run.asset("logo"),
        first=card.first_frame,
        last=card.end_frame,
        fps=FILM_FPS,
        size=size,
        style=style,
    )
    return overlays


def _metadata(run: Run, storyboard: Storyboard) -> dict[str, str]:
    engines = ", ".join(f"{role} {reference}" for role, reference in run.profile.engines.items())
    return {"title": storyboard.title, "comment": f"Made by vgkit with {engines}; run {run.name}", "encoder": "vgkit"}


def _check(step: Step) -> None:
    """Measure the film against its specification, put the figures on record, and refuse a film that is off."""
    from vgkit.files import write_json
    from vgkit.media.conform import FilmSpec, conform

    run, storyboard = step.run, step.run.storyboard
    spec = FilmSpec(width=storyboard.width_px, height=storyboard.height_px, fps=FILM_FPS, frames=storyboard.frames)
    found = conform(run.path("film.mp4"), spec)
    rows = [{"name": c.name, "wanted": str(c.wanted), "found": str(c.found), "passed": c.passed} for c in found.checks]
    write_json(run.path("conform.json"), rows)
    step.make(run.path("conform.json"))
    record_sound(run, PHASE)
    found.require()
