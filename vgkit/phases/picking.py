"""Which of a shot's takes is in the cut: by a rule that anybody can follow with a pencil, or as a person says.

The takes of a shot are few, so nothing can be said of how much a measure usually varies among them; they are set
against each other one by one instead, and what counts is which of two is better."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Values = Mapping[str, Mapping[str, float | None]]  # of each take, in order, by the name of the measure

# Closer than this two takes look alike, and neither is ahead.
_ALIKE = 0.02


@dataclass(frozen=True)
class Criterion:
    """A measure that the rule goes by: whether more of it is better, and how much it weighs."""

    name: str
    more_is_better: bool
    weight: float

    @property
    def words(self) -> str:
        """The measure's name as people say it."""
        return self.name.replace("_", " ")

    def points(self, value: float | None, other: float | None) -> float:
        """Return 1 where a take is ahead of another, 0 where it is behind, a half where they are alike.

        They are alike within 2 % of the larger; a take without a number is behind one that has it.
        """
        if value is None or other is None:
            return (1 + (value is not None) - (other is not None)) / 2
        if math.isclose(value, other, rel_tol=_ALIKE):
            return 0.5
        return float((value > other) is self.more_is_better)


@dataclass(frozen=True)
class Pick:
    """The take that the rule puts into the cut, the points of all, 0 to 1, and the reason in a person's words."""

    take: str
    points: Mapping[str, float]
    why: str


def pick(takes: Values, rule: Sequence[Criterion]) -> Pick:
    """Pick one of a shot's takes: by their mean points against each of the others, weighted; ties go to the first."""
    if len(takes) == 1:
        (only,) = takes
        return Pick(only, {only: 1.0}, "the only take")
    each = {take: [_standing(takes, take, criterion) for criterion in rule] for take in takes}
    points = {take: _weighted(standings, rule) for take, standings in each.items()}
    best = max(points.values())
    level = [take for take, total in points.items() if math.isclose(total, best)]
    return Pick(level[0], points, _why(each[level[0]], rule, level))


def _standing(takes: Values, take: str, criterion: Criterion) -> float:
    """A take's mean points against each of the others by one measure."""
    name, others = criterion.name, [other for other in takes if other != take]
    return sum(criterion.points(takes[take].get(name), takes[other].get(name)) for other in others) / len(others)


def _weighted(standings: Sequence[float], rule: Sequence[Criterion]) -> float:
    weights = [criterion.weight for criterion in rule]
    return sum(weight * each for weight, each in zip(weights, standings, strict=True)) / sum(weights)


def _why(standings: Sequence[float], rule: Sequence[Criterion], level: Sequence[str]) -> str:
    ahead = [c.words for c, standing in zip(rule, standings, strict=True) if standing > 0.5]
    behind = [c.words for c, standing in zip(rule, standings, strict=True) if standing < 0.5]
    told = [f"{how} in {_listed(words)}" for how, words in (("ahead", ahead), ("behind", behind)) if words]
    if len(level) > 1:
        told.append(f"level with {_listed(level[1:])}, so the first")
    return "; ".join(told)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
