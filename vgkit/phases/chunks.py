"""Phase 4: one clip for each shot, and the cut.

Nearly all of a hosted film's money is spent here, so every clip goes through the door on its own, and a stopped run
takes up at the clip it stopped at."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from vgkit.draft import seed_for
from vgkit.engines.base import Ask, ClipRequest
from vgkit.errors import EngineFailed, ParameterError
from vgkit.files import sha256_of, write_json
from vgkit.ledger import read_events
from vgkit.phases.animatic import keyframe_path
from vgkit.phases.asking import ask_all, engine, engine_mark, staging
from vgkit.phases.calls_told import calls_told
from vgkit.phases.intermediates import record_of
from vgkit.phases.report import Figure, PhaseReport, Table
from vgkit.phases.scores import SCORES, Scorer
from vgkit.phases.step import Inputs, Step, begin, catch_up, made_digest
from vgkit.phases.takes import choices_lost, decided_by, decisions, rule_of, takes_table
from vgkit.run import Run
from vgkit.storyboard import Shot, Storyboard

PHASE = "chunks"
_MOST_TAKES = 8
_FIRST_TAKE = "t01"
_STILL = "still"
_MOST_STILLS = 1 / 3
_PICKS = "chunks/picks.json"
_JOINED = (_PICKS, "cut.mkv", "cut.json")


def inputs(run: Run, *, takes: int = 1) -> Inputs:
    """What the clips and the cut follow from."""
    return {**_clip_inputs(run), "takes": str(takes), **decided_by(run, takes=takes)}


def _clip_inputs(run: Run) -> Inputs:
    """What decides each single clip."""
    stills = [keyframe_path(run, k).name for k in run.storyboard.keyframes]
    product = made_digest(run, "references", "references/product.png") if run.asset("product") else "none"
    return {
        "storyboard.json": made_digest(run, "validate", "storyboard.json"),
        **{f"animatic/{name}": made_digest(run, "animatic", f"animatic/{name}") for name in stills},
        "references/product.png": product,
        "engines.video": engine_mark(run, "video"),
    }


def check_settings(*, takes: int = 1) -> None:
    """Raise ParameterError for a number of takes that is out of range."""
    if not 1 <= takes <= _MOST_TAKES:
        raise ParameterError(f"takes: {takes} is out of range; ask for 1 to {_MOST_TAKES} takes of each shot.")


def asks(run: Run, *, takes: int = 1) -> list[Ask]:
    """What the phase asks engines for: the takes of each shot."""
    storyboard, maker = run.storyboard, engine(run, "video")
    return [
        Ask("video", maker, clip_request(run, storyboard, shot, take), run.take_path(shot, take))
        for take in (f"t{number:02d}" for number in range(1, takes + 1))
        for shot in storyboard.shots
    ]


def make_chunks(run: Run, *, takes: int = 1) -> PhaseReport:
    """Make ``takes`` clips of each shot, score them, pick one of each, and join the picks to the cut without loss.

    Clips that stand are kept; with another rule or another choice only the cut is made anew. Raises ParameterError for
    takes outside 1 to 8 or a rule that can't pick, BudgetExceeded before a call that the cap does not allow.
    """
    check_settings(takes=takes)
    rule_of(run.profile)
    catch_up(run, PHASE)
    with begin(run, PHASE, inputs(run, takes=takes)) as step:
        if step.needed:
            before = _Before.of(run)
            picks = _make_takes(step, before, takes)
            if _is_joined(step, before, picks):
                for name in _JOINED:
                    step.keep(run.path(name))
            else:
                _join(step, run.storyboard, picks)
    return report(run)


def report(run: Run) -> PhaseReport:
    """Show the picked clips."""
    storyboard = run.storyboard
    picks = picks_of(run)
    figures = tuple(
        Figure(run.take_path(shot, picks[shot.id]), f"{shot.id} {shot.beat.replace('_', ' ')}", width_px=260)
        for shot in storyboard.shots
    )
    clip = storyboard.clip
    shape = f"{clip.frames} frames at {clip.fps} a second, {clip.width_px} x {clip.height_px}"
    rows = tuple((shot.id, picks[shot.id], f"{shot.frames} film frames", shot.transition) for shot in storyboard.shots)
    return PhaseReport(
        run,
        PHASE,
        lines=(f"{len(storyboard.shots)} shots by {engine_mark(run, 'video')}: {shape} each.",),
        alerts=(*_stills_told(picks), *choices_lost(run)),
        figures=figures,
        tables=(Table("The cut", ("shot", "take", "lasts", "then"), rows), takes_table(run), *calls_told(run, PHASE)),
    )


def picks_of(run: Run) -> dict[str, str]:
    """Read which take of each shot the cut shows. Raises PhaseNotReady before there is one."""
    picks: dict[str, str] = json.loads(run.made(_PICKS, phase=PHASE).read_text("utf-8"))
    return picks


def _stills_told(picks: dict[str, str]) -> tuple[str, ...]:
    stills = [shot for shot, take in picks.items() if take == _STILL]
    told = f"Degraded: {', '.join(stills)} have no clip and show their still in motion."
    again = "`vgkit resume --from chunks --force` tries those again; what is there costs nothing."
    return (f"{told} {again}",) if stills else ()


@dataclass(frozen=True)
class _Before:
    """What the phase made the last time, with digests; nothing where its clips would now be made of something else."""

    made: Mapping[Path, str]
    takes: str = ""

    @classmethod
    def of(cls, run: Run) -> Self:
        record = record_of(run, PHASE)
        inputs: Inputs = record.get("inputs", {})
        if not _clip_inputs(run).items() <= inputs.items():
            return cls({})
        return cls({run.path(name): digest for name, digest in record["outputs"].items()}, inputs["takes"])

    def stands(self, path: Path) -> bool:
        return path in self.made and path.is_file() and sha256_of(path) == self.made[path]


def _make_takes(step: Step, before: _Before, takes: int) -> dict[str, str]:
    """Make and score all takes, and pick one of each shot; a shot without any keeps its still, set in motion.

    Raises EngineFailed where too many shots have none: that is no film any more.
    """
    run = step.run
    kept, due = _sorted_out(before, asks(run, takes=takes), takes)
    with Scorer(run) as scorer:
        for ask in kept:
            step.keep(ask.out)
            scorer.begin(ask)
        failures = ask_all(step, due, spare=True, on_made=scorer.begin) if due else []
        failed = {ask.out for ask, _ in failures}
        for ask in due:
            if ask.out not in failed:
                step.make(ask.out, **dict(zip(("shot", "take"), ask.subject.split("/"), strict=True)))
        step.progress(len(kept) + len(due), len(kept) + len(due), "scores")
        scores = scorer.scores()
    write_json(run.path(SCORES), scores)
    step.make(run.path(SCORES))
    picks = {shot: decision.take for shot, decision in decisions(run, scores).items()}
    bare = [shot for shot in run.storyboard.shots if shot.id not in picks]
    if len(bare) > len(run.storyboard.shots) * _MOST_STILLS:
        names = ", ".join(shot.id for shot in bare)
        raise EngineFailed(
            f"chunks: {len(bare)} of {len(run.storyboard.shots)} shots have no clip ({names}); at most a third may be "
            f"stills. The last failure: {failures[-1][1]}"
        ) from failures[-1][1]
    for shot in bare:
        _fall_back(step, shot, failures)
    return {shot.id: picks.get(shot.id, _STILL) for shot in run.storyboard.shots}


def _sorted_out(before: _Before, wanted: Sequence[Ask], takes: int) -> tuple[list[Ask], list[Ask]]:
    """Sort the takes into those that stand as they were made, and those to ask for.

    What no engine delivered the last time is asked for again only where another number of takes is: who chooses among
    the others is not to pay for it.
    """
    kept = [ask for ask in wanted if before.stands(ask.out)]
    given_up = [ask for ask in wanted if before.takes == str(takes) and ask.out not in before.made]
    return kept, [ask for ask in wanted if ask not in kept and ask not in given_up]


def _fall_back(step: Step, shot: Shot, failures: Sequence[tuple[Ask, EngineFailed]]) -> None:
    """Put the shot's own still, slowly closed in on, where its clip should be; the run then counts as degraded."""
    from vgkit.engines.adapters import push_in

    run = step.run
    keyframe = keyframe_path(run, run.storyboard.keyframe_of(shot))
    out = run.take_path(shot, _STILL)
    push_in(keyframe, run.storyboard.clip, out)
    step.make(out, shot=shot.id, take=_STILL)
    step.degraded.append(shot.id)
    why = [str(failure) for ask, failure in failures if ask.subject.startswith(shot.id)]
    known = [event for event in read_events(run.events.path).of("fallback") if event["subject"] == shot.id]
    message = why[0] if why else known[-1]["message"]
    run.events.write(
        "fallback", phase=PHASE, subject=shot.id, engine=engine_mark(run, "video").split()[0], message=message
    )


def clip_request(run: Run, storyboard: Storyboard, shot: Shot, take: str) -> ClipRequest:
    """What is asked of an engine for a take of a shot."""
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


def _most_shown(storyboard: Storyboard) -> int | None:
    """How much of each clip the film may show where other engines make the same film, so that the freedom to move a
    border or to choose a moment is the same for all; None where nothing is common."""
    return round(storyboard.common.seconds * storyboard.clip.fps) if storyboard.common else None


def _is_joined(step: Step, before: _Before, picks: dict[str, str]) -> bool:
    """Whether the cut that is there holds these very takes: joined anew it has other bytes, and phase 5 would begin."""
    run = step.run
    takes = [f"chunks/{shot}/{take}.mp4" for shot, take in picks.items()]
    same = all(step.outputs[name] == before.made.get(run.path(name)) for name in takes)
    return same and all(before.stands(run.path(name)) for name in _JOINED) and picks_of(run) == picks


def _join(step: Step, storyboard: Storyboard, picks: dict[str, str]) -> None:
    """Join the picks without loss into ``cut.mkv``; where each lies and how it gives way stands in ``cut.json``."""
    from vgkit.media.joining import join_clips

    run, segments = step.run, []
    cut = run.path("cut.mkv")
    takes = [run.take_path(shot, picks[shot.id]) for shot in storyboard.shots]
    counts = join_clips(takes, cut, fps=storyboard.clip.fps)
    shown = _most_shown(storyboard)
    for number, shot in enumerate(storyboard.shots):
        segments.append(
            {
                "shot": shot.id,
                "take": picks[shot.id],
                "first": sum(counts[:number]),
                "frames": min(counts[number], shown or counts[number]),
                "film_frames": shot.frames,
                "transition": shot.transition,
                "transition_frames": shot.transition_frames,
            }
        )
    write_json(run.path("cut.json"), {"fps": storyboard.clip.fps, "segments": segments})
    write_json(run.path(_PICKS), picks)
    for name in _JOINED:
        step.make(run.path(name))
