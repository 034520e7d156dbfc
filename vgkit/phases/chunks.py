"""Phase 4: one clip for each shot, and the cut.

Nearly all of a hosted film's money is spent here, so every clip goes through the door on its own, and a stopped run
takes up at the clip it stopped at."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from vgkit.draft import seed_for
from vgkit.engines.base import ClipRequest
from vgkit.errors import ParameterError
from vgkit.files import write_json
from vgkit.phases.animatic import keyframe_path
from vgkit.phases.asking import door, engine, engine_mark, staging
from vgkit.phases.report import Figure, PhaseReport, Table
from vgkit.phases.step import Inputs, Step, begin, catch_up, made_digest
from vgkit.run import Run
from vgkit.storyboard import Shot, Storyboard

PHASE = "chunks"
_MOST_TAKES = 8
_FIRST_TAKE = "t01"


def inputs(run: Run, *, takes: int = 1) -> Inputs:
    """What the clips and the cut follow from."""
    storyboard = run.storyboard
    stills = [keyframe_path(run, k).name for k in storyboard.keyframes]
    product = made_digest(run, "references", "references/product.png") if run.asset("product") else "none"
    return {
        "storyboard.json": made_digest(run, "validate", "storyboard.json"),
        **{f"animatic/{name}": made_digest(run, "animatic", f"animatic/{name}") for name in stills},
        "references/product.png": product,
        "engines.video": engine_mark(run, "video"),
        "takes": str(takes),
    }


def check_settings(*, takes: int = 1) -> None:
    """Raise ParameterError for a number of takes that is out of range."""
    if not 1 <= takes <= _MOST_TAKES:
        raise ParameterError(f"takes: {takes} is out of range; ask for 1 to {_MOST_TAKES} takes of each shot.")


def make_chunks(run: Run, *, takes: int = 1) -> PhaseReport:
    """Make ``takes`` clips of each shot, pick one of each, and join the picks to the cut without loss.

    Raises ParameterError for takes outside 1 to 8, BudgetExceeded before a call that the cap does not allow.
    """
    check_settings(takes=takes)
    catch_up(run, PHASE)
    with begin(run, PHASE, inputs(run, takes=takes)) as step:
        if step.needed:
            _make_takes(step, takes)
            picks = {shot.id: _FIRST_TAKE for shot in run.storyboard.shots}
            write_json(run.path("chunks/picks.json"), picks)
            step.make(run.path("chunks/picks.json"))
            _join(step, run.storyboard, picks)
    return report(run)


def report(run: Run) -> PhaseReport:
    """Show the picked clips."""
    storyboard = run.storyboard
    figures = tuple(
        Figure(run.take_path(shot, _FIRST_TAKE), f"{shot.id} {shot.beat.replace('_', ' ')}", width_px=260)
        for shot in storyboard.shots
    )
    clip = storyboard.clip
    shape = f"{clip.frames} frames at {clip.fps} a second, {clip.width_px} x {clip.height_px}"
    rows = tuple((shot.id, _FIRST_TAKE, f"{shot.frames} film frames", shot.transition) for shot in storyboard.shots)
    return PhaseReport(
        run,
        PHASE,
        lines=(f"{len(storyboard.shots)} shots by {engine_mark(run, 'video')}: {shape} each.",),
        figures=figures,
        tables=(Table("The cut", ("shot", "take", "lasts", "then"), rows),),
    )


def _make_takes(step: Step, takes: int) -> None:
    run, storyboard = step.run, step.run.storyboard
    ask, maker = door(run, PHASE), engine(run, "video")
    wanted = [(shot, f"t{take:02d}") for take in range(1, takes + 1) for shot in storyboard.shots]

    def make(shot: Shot, take: str) -> Path:
        return ask.ask("video", maker, maker.animate, _request(run, storyboard, shot, take), run.take_path(shot, take))

    step.progress(0, len(wanted), wanted[0][0].id)
    with ThreadPoolExecutor(_side_by_side(maker)) as pool:
        pending = {pool.submit(make, shot, take): f"{shot.id}/{take}" for shot, take in wanted}
        try:
            for done, future in enumerate(as_completed(pending), 1):
                future.result()
                step.progress(done, len(wanted), pending[future])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    for shot, take in wanted:
        step.make(run.take_path(shot, take), shot=shot.id, take=take)


def _side_by_side(maker: Any) -> int:
    """Calls at once: cores for an engine on this machine, a few for one that is waited for."""
    return min(os.cpu_count() or 1, 4) if maker.host == "local" else 4


def _request(run: Run, storyboard: Storyboard, shot: Shot, take: str) -> ClipRequest:
    # The first take has the seed of the keyframes, so that the clip is the still set in motion.
    seed = shot.seed if take == _FIRST_TAKE else seed_for(shot.seed, take)
    return ClipRequest(
        subject=f"{shot.id}/{take}",
        prompt=shot.prompt,
        negative=shot.negative,
        seed=seed,
        shape=storyboard.clip,
        staging=staging(run, storyboard, shot),
        keyframe=keyframe_path(run, storyboard.keyframe_of(shot)),
        product=run.path("references/product.png") if run.asset("product") else None,
    )


def _join(step: Step, storyboard: Storyboard, picks: dict[str, str]) -> None:
    """Join the picks without loss into ``cut.mkv``; where each lies and how it gives way stands in ``cut.json``."""
    from vgkit.media.frames import Frame, read_frames, write_lossless

    run, segments = step.run, []
    counts: list[int] = []

    def frames() -> Iterator[Frame]:
        for shot in storyboard.shots:
            counts.append(0)
            for frame in read_frames(run.take_path(shot, picks[shot.id])):
                counts[-1] += 1
                yield frame

    cut = run.path("cut.mkv")
    write_lossless(frames(), cut, fps=storyboard.clip.fps)
    for number, shot in enumerate(storyboard.shots):
        segments.append(
            {
                "shot": shot.id,
                "take": picks[shot.id],
                "first": sum(counts[:number]),
                "frames": counts[number],
                "film_frames": shot.frames,
                "transition": shot.transition,
                "transition_frames": shot.transition_frames,
            }
        )
    write_json(run.path("cut.json"), {"fps": storyboard.clip.fps, "segments": segments})
    step.make(cut)
    step.make(run.path("cut.json"))
