"""Phase 5: from the cut to the film.

Steadying, grading, motion, words and sound meet in one pass, and the film is then measured against its specification
by other tools than those that made it."""

import json
from typing import Any

from vgkit import cut
from vgkit.phases import soundtrack
from vgkit.phases.calls_told import calls_told
from vgkit.phases.films import Wishes, film_name, listed, make_films
from vgkit.phases.report import Figure, PhaseReport, Table
from vgkit.phases.soundtrack import asks, mix_sound, record_sound
from vgkit.phases.step import Inputs, begin, catch_up, digest_of, made_digest
from vgkit.run import Run

__all__ = ["PHASE", "asks", "check_settings", "inputs", "refine_film", "report"]

PHASE = "refine"
_VERSION = "3"  # raise with every change a viewer could see


def inputs(run: Run, **wishes: Any) -> Inputs:
    """What the film follows from; ``wishes`` are those of ``refine_film``."""
    wanted = Wishes(**wishes)
    return {
        "storyboard.json": made_digest(run, "validate", "storyboard.json"),
        "cut.mkv": made_digest(run, "chunks", "cut.mkv"),
        "cut.json": made_digest(run, "chunks", "cut.json"),
        "look": digest_of(cut.look_path(run)),
        "assets.logo": digest_of(run.asset("logo")),
        "quality": wanted.quality,
        "steady": wanted.steady or run.profile.steady,
        "framing": wanted.framing or run.template.framing,
        "also": ", ".join(listed(wanted.also)),
        "masters": ", ".join(listed(wanted.masters)),
        "grain": f"{wanted.grain:g}",
        "method": _VERSION,
        **soundtrack.inputs(run, transition_sounds=wanted.transition_sounds),
    }


def check_settings(**wishes: Any) -> None:
    """Raise ParameterError for a choice that is none."""
    Wishes(**wishes).check()


def refine_film(
    run: Run,
    *,
    quality: str = "review",
    steady: str = "",
    framing: str = "",
    also: str = "",
    masters: str = "",
    grain: float = 0.0,
    transition_sounds: bool = False,
) -> PhaseReport:
    """Make the sound and the film, and check the film.

    ``quality`` is draft, review or delivery; ``steady`` off, auto or full, else as the profile has it; ``framing`` fill
    or fit, else as the template has it. ``also`` names further aspects, ``masters`` further formats, by commas.
    Raises ParameterError, and FilmNotConformant, naming what is off, for a film that is not to specification; it can
    still be looked at.
    """
    wishes = Wishes(quality, steady, framing, also, masters, grain, transition_sounds)
    wishes.check()
    catch_up(run, PHASE)
    with begin(run, PHASE, inputs(run, **vars(wishes))) as step:
        if step.needed:
            make_films(step, wishes, mix_sound(step, transition_sounds=transition_sounds))
            record_sound(run, PHASE)
    return report(run, also=also)


def report(run: Run, *, also: str = "", **_: Any) -> PhaseReport:
    """Show the films, their sound and what was measured."""
    others = [name for name in (film_name(run, aspect) for aspect in listed(also)) if name != "film.mp4"]
    return PhaseReport(
        run,
        PHASE,
        lines=(f"{run.storyboard.title}: {'all films are' if others else 'the film is'} to specification.",),
        figures=(
            Figure(run.path("film.mp4"), "The film", width_px=960),
            *(Figure(run.path(name), name, width_px=300) for name in others),
            *soundtrack.figures(run),
        ),
        tables=(_conformance(run), _steadiness(run), *calls_told(run, PHASE)),
    )


def _conformance(run: Run) -> Table:
    checks = json.loads(run.made("conform.json", phase=PHASE).read_text("utf-8"))
    rows = tuple((c["name"], c["wanted"], c["found"], "yes" if c["passed"] else "NO") for c in checks)
    return Table("Conformance", ("check", "wanted", "found", "passed"), rows)


def _steadiness(run: Run) -> Table:
    """Lay out what was done to steady each shot, and the figures as generated and as in the film."""
    shots = json.loads(run.made("steadiness.json", phase=PHASE).read_text("utf-8"))
    rows = tuple(
        (
            shot["shot"],
            ", ".join(shot["steps"]) or "left as it is",
            *(
                f"{_figure(shot['before'][name])} → {_figure(shot['after'][name])}"
                for name in ("flicker", "warp_error")
            ),
            f"{shot['after']['sharpness'] / max(shot['before']['sharpness'], 1e-9):.1%}",
        )
        for shot in shots
    )
    return Table("Steadiness, in 8-bit levels", ("shot", "done", "flicker", "warp error", "sharpness kept"), rows)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
