"""Which take of each shot is in the cut, and why: the profile's rule picks, and a person may choose otherwise.

A choice is kept with the run, apart from what phases make, and holds for the very clip it was made of: made anew of
another still, a take of the same name is not what the person saw."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vgkit.errors import ParameterError, PhaseNotReady, RunError
from vgkit.files import write_json
from vgkit.lock import RunLock
from vgkit.phases.picking import Criterion, Pick, pick
from vgkit.phases.report import Table
from vgkit.phases.scores import Scores, scores_of
from vgkit.phases.step import Inputs
from vgkit.profiles import Profile
from vgkit.run import Run

CHOICES = "choices.json"
AUTO = "auto"


@dataclass(frozen=True)
class Decision:
    """The take of a shot that is in the cut and the reason, what the rule says, and a choice that no longer holds."""

    take: str
    why: str
    ruled: Pick
    lost: str = ""


def rule_of(profile: Profile) -> list[Criterion]:
    """Read the rule of a profile. Raises ParameterError for a measure by which no take is the better one."""
    from vgkit.quality.registry import clip_measures

    ranking = {measure.name: measure for measure in clip_measures() if measure.direction in ("higher", "lower")}
    for name in profile.pick:
        if name not in ranking:
            raise ParameterError(
                f"profile {profile.name}: pick weighs {name!r}, by which no take is better than another. "
                f"Weigh some of {', '.join(ranking)}."
            )
    return [Criterion(name, ranking[name].direction == "higher", weight) for name, weight in profile.pick.items()]


def decided_by(run: Run, *, takes: int) -> Inputs:
    """What decides beside the takes themselves: the rule, where there is anything to pick from, and the choices."""
    rule = ", ".join(f"{name} {weight:g}" for name, weight in run.profile.pick.items())
    chosen = ", ".join(f"{shot} {choice['take']}" for shot, choice in choices(run).items())
    return {"pick": rule if takes > 1 else "the only take", "choices": chosen or "none"}


def decisions(run: Run, scores: Scores) -> dict[str, Decision]:
    """Decide on a take for each shot that has any."""
    rule, chosen = rule_of(run.profile), choices(run)
    return {shot: _decision(takes, rule, chosen.get(shot)) for shot, takes in _by_shot(scores).items()}


def _decision(takes: Scores, rule: Sequence[Criterion], choice: Mapping[str, str] | None) -> Decision:
    ruled = pick({take: _values(scored) for take, scored in takes.items()}, rule)
    if choice is None:
        return Decision(ruled.take, ruled.why, ruled)
    take = choice["take"]
    if take not in takes or takes[take]["sha256"] != choice["sha256"]:
        return Decision(ruled.take, ruled.why, ruled, lost=take)
    other = "" if take == ruled.take else f"; the rule would take {ruled.take}"
    return Decision(take, f"chosen by you{other}", ruled)


def _by_shot(scores: Scores) -> dict[str, dict[str, Mapping[str, Any]]]:
    shots: dict[str, dict[str, Mapping[str, Any]]] = {}
    for subject, scored in scores.items():
        shot, take = subject.split("/")
        shots.setdefault(shot, {})[take] = scored
    return shots


def _values(scored: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: figure["value"] for name, figure in scored["measures"].items()}


def choices(run: Run) -> dict[str, dict[str, str]]:
    """What a person chose: of each shot the take and its clip's SHA-256. Raises RunError for a damaged file."""
    path = run.path(CHOICES)
    try:
        chosen = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return {shot: {"take": str(one["take"]), "sha256": str(one["sha256"])} for shot, one in chosen.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{path} can't be read ({error}). Delete it, and choose again.") from error


def choose_take(run: Run, *, shot: str, take: str) -> str:
    """Put a take of your choice into the cut or, with ``auto``, the rule's pick again; return what that means.

    It is a vote on record, and holds until you choose again. Phase 4 then joins the takes anew and asks for no clip.
    Raises ParameterError, naming those there are, for a shot or take there is not; PhaseNotReady before there are any
    and after they were let go; RunBusy.
    """
    there = _takes_of(run, shot)
    if take != AUTO and take not in there:
        has = f"It has {', '.join(there)}" if there else "It has none, and shows its still"
        raise ParameterError(f"take: shot {shot} of {run.name} has no take {take!r}. {has}; {AUTO} is the rule's pick.")
    with RunLock(run.folder):
        chosen = choices(run)
        before = chosen.pop(shot, {"take": take})["take"]
        if before != take:
            run.events.write("vote", subject=shot, take=before, value=0, note="no longer chosen")
        if take != AUTO:
            chosen[shot] = {"take": take, "sha256": there[take]["sha256"]}
            run.events.write("vote", subject=shot, take=take, value=1, note="chosen for the cut")
        write_json(run.path(CHOICES), dict(sorted(chosen.items())))
    return f"{shot} shows {'what the rule picks' if take == AUTO else take} once the cut is joined anew."


def takes_by_shot(run: Run) -> dict[str, tuple[str, ...]]:
    """Name the takes of each shot that has any. Raises PhaseNotReady before they were scored."""
    return {shot: tuple(takes) for shot, takes in _by_shot(scores_of(run)).items()}


def _takes_of(run: Run, shot: str) -> Scores:
    known = [each.id for each in run.storyboard.shots]
    if shot not in known:
        raise ParameterError(f"shot: {run.name} has no shot {shot!r}. Its shots are {', '.join(known)}.")
    takes = _by_shot(scores_of(run)).get(shot, {})
    if not all(run.path(f"chunks/{shot}/{take}.mp4").exists() for take in takes):
        raise PhaseNotReady(
            f"The takes of {run.name} were let go to free room. `vgkit resume {run.name} --from chunks --force` brings "
            "them back, at no cost while they are in the cache."
        )
    return takes


def takes_table(run: Run) -> Table:
    """Lay out what each take scored by the rule's measures; where shots have several, also the points these give it,
    and why it is in the cut."""
    scores, rule = scores_of(run), rule_of(run.profile)
    decided = decisions(run, scores)
    several = any(len(decision.ruled.points) > 1 for decision in decided.values())
    rows = []
    for subject, scored in scores.items():
        shot, take = subject.split("/")
        decision, values = decided[shot], _values(scored)
        points = f"{decision.ruled.points[take]:.2f}" if len(decision.ruled.points) > 1 else ""
        why = decision.why if take == decision.take else ""
        picked = (points, why) if several else ()
        rows.append((shot, take, *(_shown(values.get(each.name)) for each in rule), *picked))
    columns = ("shot", "take", *(each.words for each in rule))
    if not several:
        return Table("Takes, one of each shot", columns, tuple(rows))
    weights = ", ".join(f"{each.words} {each.weight:g}" for each in rule)
    return Table(f"Takes, weighed by {weights}", (*columns, "points", "in the cut"), tuple(rows))


def choices_lost(run: Run) -> tuple[str, ...]:
    """Say which choices no longer hold, for whoever made them."""
    lost = [f"{each.lost} of {shot}" for shot, each in decisions(run, scores_of(run)).items() if each.lost]
    again = "is no longer the clip that you chose, so the rule picked. Look at the takes, and choose again."
    return (f"{', '.join(lost)} {again}",) if lost else ()


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
