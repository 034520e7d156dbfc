"""Phase 2: the film in stills. It is the last moment at which changing one's mind costs next to nothing."""

from collections.abc import Iterator
from pathlib import Path

from vgkit.brief import FILM_FPS
from vgkit.engines.base import Ask, PictureRequest
from vgkit.phases.asking import ask_all, engine, engine_mark, staging
from vgkit.phases.calls_told import calls_told
from vgkit.phases.report import Figure, PhaseReport
from vgkit.phases.step import Inputs, Step, begin, catch_up, digest_of, made_digest
from vgkit.run import Run
from vgkit.storyboard import Keyframe, Storyboard

PHASE = "animatic"
_PREVIEW_FPS = 10


def inputs(run: Run) -> Inputs:
    """What the stills follow from."""
    return {
        "storyboard.json": made_digest(run, "validate", "storyboard.json"),
        "assets.product": digest_of(run.asset("product")),
        "engines.picture": engine_mark(run, "picture"),
    }


def asks(run: Run) -> list[Ask]:
    """What the phase asks engines for: a picture of each keyframe."""
    storyboard, drawer = run.storyboard, engine(run, "picture")
    return [
        Ask("picture", drawer, still_request(run, storyboard, keyframe), keyframe_path(run, keyframe))
        for keyframe in storyboard.keyframes
    ]


def draw_animatic(run: Run) -> PhaseReport:
    """Draw every keyframe, a contact sheet of them, and a moving preview in the film's own timing."""
    catch_up(run, PHASE)
    with begin(run, PHASE, inputs(run)) as step:
        if step.needed:
            storyboard = run.storyboard
            ask_all(step, asks(run))
            for keyframe in storyboard.keyframes:
                step.make(keyframe_path(run, keyframe))
            _draw_sheet(step, storyboard)
            _write_preview(step, storyboard)
    return report(run)


def report(run: Run) -> PhaseReport:
    """Show the contact sheet and the moving preview."""
    storyboard = run.storyboard
    return PhaseReport(
        run,
        PHASE,
        lines=(f"{len(storyboard.keyframes)} keyframes by {engine_mark(run, 'picture')}.",),
        figures=(
            Figure(run.path("animatic/sheet.png"), "Every keyframe, one each two seconds"),
            Figure(run.path("animatic/animatic.mp4"), "The film's timing in stills", width_px=640),
        ),
        tables=calls_told(run, PHASE),
    )


def keyframe_path(run: Run, keyframe: Keyframe) -> Path:
    """Where a keyframe's picture lies: ``animatic/00.png`` for k00."""
    return run.path(f"animatic/{keyframe.id[1:]}.png")


def still_request(run: Run, storyboard: Storyboard, keyframe: Keyframe) -> PictureRequest:
    """What is asked of an engine for a keyframe: its words, its place in the shot, how the shot is set up."""
    shot = storyboard.shot(keyframe.shot)
    return PictureRequest(
        subject=keyframe.id,
        prompt=keyframe.prompt,
        negative=shot.negative,
        seed=shot.seed,
        width_px=storyboard.pace.width_px,
        height_px=storyboard.pace.height_px,
        at=(keyframe.time_s * FILM_FPS - shot.first_frame) / shot.frames,
        staging=staging(run, storyboard, shot),
        product=run.asset("product"),
    )


def _draw_sheet(step: Step, storyboard: Storyboard) -> None:
    from vgkit.media.frames import read_picture, write_picture
    from vgkit.media.sheet import contact_sheet

    pictures = [read_picture(keyframe_path(step.run, keyframe)) for keyframe in storyboard.keyframes]
    labels = [f"{k.time_s:.0f} s  {storyboard.shot(k.shot).beat.replace('_', ' ')}" for k in storyboard.keyframes]
    columns = 5 if storyboard.aspect != "9:16" else 8
    sheet = contact_sheet(pictures, columns=columns, labels=labels, width_px=1600, title=storyboard.title)
    path = step.run.path("animatic/sheet.png")
    write_picture(sheet, path)
    step.make(path)


def _write_preview(step: Step, storyboard: Storyboard) -> None:
    from vgkit.media.frames import Frame, read_picture, write_clip

    def frames() -> Iterator[Frame]:
        stills = [(k.time_s, keyframe_path(step.run, k)) for k in storyboard.keyframes]
        for number, (start_s, path) in enumerate(stills):
            end_s = stills[number + 1][0] if number + 1 < len(stills) else storyboard.duration_s
            still = read_picture(path)
            yield from (still for _ in range(round((end_s - start_s) * _PREVIEW_FPS)))

    path = step.run.path("animatic/animatic.mp4")
    write_clip(frames(), path, fps=_PREVIEW_FPS, crf=23)
    step.make(path)
