"""What a person needs to see in order to choose among a shot's takes, and what a choice sets in motion.

The rule goes by a few measures; a person may care for others, so all are shown, those that the rule weighs first."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vgkit.phases.chunks import make_chunks, picks_of
from vgkit.phases.picking import Criterion
from vgkit.phases.scores import Scores, scores_of
from vgkit.phases.takes import Decision, choices, choose_take, decisions, rule_of, takes_by_shot
from vgkit.run import Run


@dataclass(frozen=True)
class Reading:
    """What one measure says of a shot's takes: ``values`` by take, and which of them are ``ahead``.

    ``weight`` is 0 where the rule does not go by it; a measure by which no take is better has nobody ahead.
    """

    words: str
    unit: str
    weight: float
    values: Mapping[str, float | None]
    ahead: frozenset[str]


@dataclass(frozen=True)
class ShotTakes:
    """The takes of one shot, what was measured of them, and which one ought to be in the cut.

    ``in_the_cut`` is the one that is, which is another where a choice was made and the cut not joined since.
    ``chose`` says that a person decided, not the rule.
    """

    shot: str
    beat: str
    takes: tuple[str, ...]
    in_the_cut: str
    decision: Decision
    chose: bool
    readings: tuple[Reading, ...]

    @property
    def is_settled(self) -> bool:
        """Whether the cut shows what it ought to."""
        return self.in_the_cut == self.decision.take

    @property
    def beside(self) -> str:
        """The take to see beside the one in the cut: of the others the one with the most points."""
        others = [take for take in self.takes if take != self.in_the_cut]
        return max(others, key=lambda take: self.decision.ruled.points[take])


def shots_with_takes(run: Run) -> tuple[ShotTakes, ...]:
    """Read the takes of each shot that has several, in the order of the film. Raises PhaseNotReady before there are."""
    scores, there = scores_of(run), takes_by_shot(run)
    decided, chosen, rule, picks = decisions(run, scores), choices(run), rule_of(run.profile), picks_of(run)
    return tuple(
        ShotTakes(
            shot=shot.id,
            beat=shot.beat.replace("_", " "),
            takes=takes,
            in_the_cut=picks[shot.id],
            decision=decided[shot.id],
            chose=shot.id in chosen and not decided[shot.id].lost,
            readings=_readings(scores, shot.id, takes, rule),
        )
        for shot in run.storyboard.shots
        if len(takes := there.get(shot.id, ())) > 1
    )


def put_in_the_cut(run: Run, *, shot: str, take: str, takes: int, tell: Callable[[float, str], None]) -> str:
    """Choose a take, or with ``auto`` the rule's pick, join the cut anew, and say what was done.

    ``tell`` hears how much of it is done, 0 to 1, and what is being done. ``takes`` is how many takes each shot is to
    have. Raises what ``choose_take`` and ``make_chunks`` raise; a choice that was recorded before stands.
    """
    begun, before = time.perf_counter(), picks_of(run)
    tell(0.1, f"Recording your choice for {shot}.")
    choose_take(run, shot=shot, take=take)
    tell(0.3, f"Your choice for {shot} is recorded. Joining the cut anew; no clip is made again.")
    make_chunks(run, takes=takes)
    now = picks_of(run)
    joined = "stays as it is" if now == before else f"was joined anew in {time.perf_counter() - begun:.1f} s"
    return f"{shot} shows {now[shot]}. The cut {joined}."


def _readings(scores: Scores, shot: str, takes: Sequence[str], rule: Sequence[Criterion]) -> tuple[Reading, ...]:
    from vgkit.quality.registry import clip_measures

    measured = {take: scores[f"{shot}/{take}"]["measures"] for take in takes}
    weights = {criterion.name: criterion.weight for criterion in rule}
    readings = []
    for measure in clip_measures():
        values = {take: measured[take].get(measure.name, {}).get("value") for take in takes}
        criterion = Criterion(measure.name, measure.direction == "higher", weights.get(measure.name, 0))
        ahead = _ahead(values, criterion) if measure.direction in ("higher", "lower") else frozenset()
        if any(value is not None for value in values.values()):
            readings.append(Reading(criterion.words, measure.unit, criterion.weight, values, ahead))
    return tuple(sorted(readings, key=lambda reading: -reading.weight))


def _ahead(values: Mapping[str, float | None], criterion: Criterion) -> frozenset[str]:
    """Name the takes that are behind no other, and ahead of one."""
    points = {
        take: [criterion.points(value, other) for each, other in values.items() if each != take]
        for take, value in values.items()
    }
    return frozenset(take for take, each in points.items() if min(each) >= 0.5 and max(each) == 1)
