"""From a trial to what engines are asked: the very requests of a film's phases, with what the person changed.

Alike to the byte, so that a film finds in the cache what the lab has made, and the lab what a film has."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from vgkit.engines.base import Ask, ClipRequest, PictureRequest
from vgkit.engines.fingerprints import ask_mark
from vgkit.engines.registry import engine_for, engines_of
from vgkit.engines.settings import Setting, setting_named, settings_of, with_settings
from vgkit.errors import EngineError, ParameterError
from vgkit.lab.lab import Lab
from vgkit.lab.trial import ROLES, Kind, Trial
from vgkit.phases.animatic import still_request
from vgkit.phases.chunks import clip_request
from vgkit.profiles import profile_for
from vgkit.run import Run

_MOST_SEED = 2**31 - 1
_LONGEST_PROMPT = 1200
Asking = TypeVar("Asking", PictureRequest, ClipRequest)
_TAKE = "t01"  # has the seed of the keyframe, so that the clip is the still set in motion


@dataclass(frozen=True)
class Asked:
    """What a trial asks of its engine. The file lies at ``ask.out``, whose name tells what it was made of.

    A clip's request has no keyframe yet; ``grown_from`` puts it in.
    """

    id: str
    ask: Ask
    weights: Mapping[str, float] | None = None

    def grown_from(self, keyframe: Path | None) -> Ask:
        """The ask with the keyframe that a clip grows from."""
        request = self.ask.request
        return (
            replace(self.ask, request=replace(request, keyframe=keyframe))
            if isinstance(request, ClipRequest)
            else self.ask
        )


def engines_for(kind: Kind) -> tuple[str, ...]:
    """Name the engines that can make a keyframe or a clip, as ``name@host``."""
    return engines_of(ROLES[kind])


def settable(engine: str, kind: Kind) -> tuple[Setting, ...]:
    """What an engine lets one set beside seed and words; nothing for one on this machine. Raises EngineUnknown."""
    return settings_of(engine_for(ROLES[kind], engine))


def engine_of(trial: Trial) -> str:
    """The trial's engine as it was named, else the brief's. Raises ParameterError for words with complaints."""
    brief, _, _ = trial.words.drafted
    return trial.engine or profile_for(brief).engines[ROLES[trial.kind]]


def complaints_of(trial: Trial) -> Mapping[str, str]:
    """What is wrong with a trial, by field: ``words``, ``which``, ``engine``, ``still_engine``, ``seed``, ``prompt``,
    ``negative``, ``params.<name>``."""
    if trial.words.storyboard is None:
        return {"words": "; ".join(f"{name}: {said}" for name, said in trial.words.complaints.items())}
    found = {
        "which": _which_told(trial),
        "seed": _seed_told(trial.seed),
        "prompt": _text_told(trial.prompt, least=1),
        "negative": _text_told(trial.negative, least=0),
        **_engine_told(trial),
    }
    return {name: said for name, said in found.items() if said}


def asked_of(lab: Lab, trial: Trial) -> Asked:
    """What a trial asks. Raises ParameterError with what is wrong with it."""
    if found := complaints_of(trial):
        raise ParameterError("\n".join(f"{name}: {said}" for name, said in found.items()))
    return _keyframe(lab, trial) if trial.kind == "keyframe" else _clip(lab, trial)


def _keyframe(lab: Lab, trial: Trial) -> Asked:
    _, _, storyboard = trial.words.drafted
    keyframe = next(each for each in storyboard.keyframes if each.id == trial.which)
    request = still_request(_as_run(lab, trial), storyboard, keyframe)
    ask = Ask("picture", _engine(trial), _changed(request, trial), Path())
    return replace(_placed(lab, trial, ask, ".png"), weights=keyframe.weights)


def _clip(lab: Lab, trial: Trial) -> Asked:
    run, engine = _as_run(lab, trial), _engine(trial)
    _, _, storyboard = trial.words.drafted
    request = clip_request(run, storyboard, storyboard.shot(trial.which), _TAKE)
    shape = engine.shape(storyboard.aspect)
    request = replace(_changed(request, trial), shape=shape, keyframe=None, product=run.asset("product"))
    still = trial.still
    assert still
    return _placed(lab, trial, Ask("video", engine, request, Path()), ".mp4", of=asked_of(lab, still).id)


def _engine(trial: Trial) -> Any:
    brief, _, _ = trial.words.drafted
    engine = engine_for(ROLES[trial.kind], engine_of(trial), usage=brief.usage)
    return with_settings(engine, trial.params)


def _changed(request: Asking, trial: Trial) -> Asking:
    return replace(
        request,
        seed=request.seed if trial.seed is None else trial.seed,
        prompt=request.prompt if trial.prompt is None else trial.prompt,
        negative=request.negative if trial.negative is None else trial.negative,
    )


def _placed(lab: Lab, trial: Trial, ask: Ask, suffix: str, *, of: str = "") -> Asked:
    """Name it after all that decides it: words, settings, engine and, for a clip, the keyframe."""
    digest = hashlib.sha256(f"{ask_mark(ask)} {of}".encode()).hexdigest()[:10]
    id = f"{trial.which}-{digest}"
    out = lab.folder / "trials" / f"{id}{suffix}"
    return Asked(id, replace(ask, request=replace(ask.request, subject=id), out=out))


def _as_run(lab: Lab, trial: Trial) -> Run:
    """The trial's brief as the phases know one, with its picture where the person has it."""
    brief, template, _ = trial.words.drafted
    if product := brief.assets.product:
        assets = brief.assets.model_copy(update={"product": product.expanduser().resolve()})
        brief = brief.model_copy(update={"assets": assets})
    return Run(lab.folder, brief, template)


def _which_told(trial: Trial) -> str:
    _, _, storyboard = trial.words.drafted
    there = [each.id for each in (storyboard.keyframes if trial.kind == "keyframe" else storyboard.shots)]
    return (
        "" if trial.which in there else f"there is no {trial.which!r} in this film. It has {there[0]} to {there[-1]}."
    )


def _seed_told(seed: object) -> str:
    if seed is None or (isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed <= _MOST_SEED):
        return ""
    return f"{seed!r} is no seed. Take a whole number from 0 to {_MOST_SEED}."


def _text_told(text: str | None, *, least: int) -> str:
    if text is None or (len(text.strip()) >= least and len(text) <= _LONGEST_PROMPT):
        return ""
    return f"has {len(text)} characters; write {least} to {_LONGEST_PROMPT}."


def _engine_told(trial: Trial) -> dict[str, str]:
    brief, _, _ = trial.words.drafted
    try:
        engine = engine_for(ROLES[trial.kind], engine_of(trial), usage=brief.usage)
    except EngineError as error:
        return {"engine": str(error)}
    known, found = settings_of(engine), {}
    for name, value in trial.params.items():
        setting = setting_named(known, name)
        has = ", ".join(each.name for each in known) or "none"
        found[f"params.{name}"] = (
            setting.complaint(value) if setting else f"{engine.name} has no setting {name!r}. It has {has}."
        )
    if trial.kind == "clip" and trial.still_engine:
        try:
            engine_for("picture", trial.still_engine, usage=brief.usage)
        except EngineError as error:
            found["still_engine"] = str(error)
    return found
