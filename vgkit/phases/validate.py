"""Phase 1: settle the storyboard.

After it everything about words and time is fixed, and next to nothing has been paid yet."""

from vgkit.brief import FILM_FPS
from vgkit.draft import draft_storyboard
from vgkit.engines.base import Ask, PlanRequest
from vgkit.errors import BriefError
from vgkit.files import write_text
from vgkit.phases.asking import ask_all, engine, engine_mark
from vgkit.phases.calls_told import calls_told
from vgkit.phases.report import PhaseReport, Table
from vgkit.phases.step import Inputs, begin, digest_of
from vgkit.run import Run
from vgkit.storyboard import Plan, Storyboard
from vgkit.timing import beat_borders, snap_shots

PHASE = "validate"
_TIMELESS = {"profile", "usage", "caps", "engines"}  # they decide who works, which the engines' marks tell


def inputs(run: Run) -> Inputs:
    """What the storyboard follows from."""
    fields = run.brief.model_dump(mode="json", exclude=_TIMELESS | {"assets"})
    video = engine(run, "video")
    common = {"batch.common": str(run.common_clip)} if run.common_clip else {}
    return {
        **{f"brief.{name}": str(value) for name, value in fields.items()},
        "template": run.template.model_dump_json(),
        "assets.product": digest_of(run.asset("product")),
        "engines.plan": engine_mark(run, "plan"),
        "engines.video.clip": str(video.shape(run.brief.aspect)),
        **common,
    }


def asks(run: Run) -> list[Ask]:
    """What the phase asks engines for: a plan."""
    request = PlanRequest("plan", run.brief, run.template, run.asset("product"), run.brief.seed)
    return [Ask("plan", engine(run, "plan"), request, run.path("plan.json"))]


def plan_storyboard(run: Run) -> PhaseReport:
    """Ask the planner for words, put them on the film's time, check them, and write ``storyboard.json``."""
    with begin(run, PHASE, inputs(run)) as step:
        if step.needed:
            ask_all(step, asks(run))
            step.make(run.path("plan.json"))
            plan = Plan.model_validate_json(run.path("plan.json").read_text("utf-8"))
            clip = engine(run, "video").shape(run.brief.aspect)
            storyboard = draft_storyboard(run.brief, run.template, plan, clip, common=run.common_clip)
            _check_words(storyboard)
            _record_prompts(run, storyboard)
            path = run.path("storyboard.json")
            write_text(path, storyboard.model_dump_json(indent=2) + "\n")
            step.make(path)
    return report(run)


def report(run: Run) -> PhaseReport:
    """Show the storyboard: shots, words on screen, colours."""
    storyboard = run.storyboard
    palette = storyboard.palette
    dropped = len(run.template.beats) - len(
        beat_borders(snap_shots(run.template, frames=storyboard.frames, clip=storyboard.pace))
    )
    short = f" {dropped} beat(s) of the template were left out: the film is short." if dropped else ""
    return PhaseReport(
        run,
        PHASE,
        lines=(
            f"{storyboard.title}: {storyboard.duration_s:g} s in {len(storyboard.shots)} shots, "
            f"{storyboard.place}, {storyboard.light} light, {storyboard.mood}.{short}",
        ),
        swatches=(palette.sky, palette.far, palette.mid, palette.near, palette.accent, palette.ink, palette.light),
        tables=(_shot_table(storyboard), _word_table(storyboard), *calls_told(run, PHASE)),
    )


def _check_words(storyboard: Storyboard) -> None:
    """Refuse words that no shipped font can draw. Raises BriefError."""
    from vgkit.media.fonts import unsupported

    card = storyboard.end_card
    spoken = [text for caption in storyboard.captions for text in (caption.text, caption.kicker)]
    for text in (*spoken, card.brand, card.tagline, card.call_to_action):
        if missing := unsupported(text):
            letters = ", ".join(f"{letter!r}" for letter in missing[:5])
            raise BriefError(f"prompt: {text!r} would be shown; no shipped font draws {letters}. Write it otherwise.")


def _record_prompts(run: Run, storyboard: Storyboard) -> None:
    for shot in storyboard.shots:
        run.events.write("prompt", phase=PHASE, subject=shot.id, role="video", text=shot.prompt, negative=shot.negative)
    for keyframe in storyboard.keyframes:
        run.events.write(
            "prompt", phase=PHASE, subject=keyframe.id, role="picture", text=keyframe.prompt, weights=keyframe.weights
        )


def _shot_table(storyboard: Storyboard) -> Table:
    rows = tuple(
        (
            shot.id,
            shot.beat,
            f"{shot.first_frame / FILM_FPS:.1f}-{shot.end_frame / FILM_FPS:.1f} s",
            f"{shot.size}, {shot.camera.replace('_', ' ')}",
            shot.scene.replace("_", " "),
            shot.transition,
            shot.prompt,
        )
        for shot in storyboard.shots
    )
    return Table("Shots", ("shot", "beat", "time", "view", "scene", "then", "prompt"), rows)


def _word_table(storyboard: Storyboard) -> Table:
    card = storyboard.end_card
    spoken = [(c.text, c.kicker, c.first_frame, c.end_frame) for c in storyboard.captions]
    spoken.append(
        (
            " · ".join(filter(None, (card.brand, card.tagline, card.call_to_action))),
            "end card",
            card.first_frame,
            card.end_frame,
        )
    )
    rows = tuple((f"{first / FILM_FPS:.1f}-{end / FILM_FPS:.1f} s", text, note) for text, note, first, end in spoken)
    return Table("Words on screen", ("time", "words", "with"), rows)
