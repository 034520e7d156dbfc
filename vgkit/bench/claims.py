"""What the authors of the sweeps say people see, each as a rule that is computed from a measure's numbers.

A rule is the same for every measure, so that none is talked into agreeing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from vgkit.bench.sweeps import BASE, Curve, Sweep
from vgkit.quality.measure import Direction, Measure

BEST_FRAMES, BREAKDOWN_FRAMES = 24.0, 40.0
BEST_GUIDANCE = (5.0, 15.0)
ENOUGH_STEPS = 100.0
TELLING, FEW_PER_CENT, SETTLED = 0.8, 0.05, 3.0


@dataclass(frozen=True)
class Finding:
    """Whether a measure agrees with a claim, and the figures by which; None where the rule can't be asked of it."""

    agrees: bool | None
    figures: str


_UNASKED = Finding(None, "")

Judge = Callable[[Curve, Direction], Finding]


@dataclass(frozen=True)
class Claim:
    """Something that is said of one parameter: ``rule`` is how a measure's curve is judged, in a person's words."""

    parameter: str
    name: str
    said: str
    rule: str
    judge: Judge


@dataclass(frozen=True)
class Verdict:
    """What a measure says to all claims, and how far it differs between clips of the same settings, as a share.

    ``lacking`` says why a measure has no number for any of the clips.
    """

    measure: Measure
    findings: tuple[Finding, ...]
    repeats_within: float | None
    lacking: str = ""

    @property
    def proven(self) -> bool | None:
        """Whether it agrees with anything; None where nothing can be asked of it."""
        asked = [finding.agrees for finding in self.findings if finding.agrees is not None]
        return any(asked) if asked else None


def rank_correlation(curve: Curve) -> float:
    """Return Spearman's rank correlation with the parameter; 0 where nothing moves or there is but one clip."""
    from scipy.stats import spearmanr

    if len({*curve.values}) < 2:
        return 0.0
    return float(spearmanr(curve.at, curve.values).statistic)


def breaks_down(curve: Curve, direction: Direction) -> Finding:
    """Ask whether it gets steadily worse beyond 40 frames, and ends worse than every clip up to there."""
    before, beyond = curve.where(0, BREAKDOWN_FRAMES), curve.where(BREAKDOWN_FRAMES)
    if len(beyond.at) < 2 or not before.at:
        return _UNASKED
    trend, last, usual = rank_correlation(beyond), beyond.values[-1], median(before.values)
    above, below = last > max(before.values), last < min(before.values)
    rises, falls = above and trend >= TELLING, below and trend <= -TELLING
    agrees = {"higher": falls, "lower": rises}.get(direction, rises or falls)
    fold = f"×{last / usual:.2g}, " if usual > 0 and last > 0 else ""
    return Finding(agrees, f"{fold}ρ {trend:+.2f} over {len(beyond.at)}")


def best_at_24(curve: Curve, direction: Direction) -> Finding:
    """Ask whether the best clip is that of 24 frames."""
    return _best(curve, direction, BEST_FRAMES, BEST_FRAMES)


def best_in_the_middle(curve: Curve, direction: Direction) -> Finding:
    """Ask whether the best clip has a guidance of 5 to 15."""
    return _best(curve, direction, *BEST_GUIDANCE)


def follows(curve: Curve, direction: Direction) -> Finding:
    """Ask whether it rises or falls from the grey end to the garish one."""
    if len(curve.at) < 3:
        return _UNASKED
    trend = rank_correlation(curve)
    return Finding(abs(trend) >= TELLING, f"ρ {trend:+.2f}")


def settles(curve: Curve, direction: Direction) -> Finding:
    """Ask whether it moves by no more than 5 % of its value beyond 100 steps, and three times as much before."""
    settled = curve.value_at(ENOUGH_STEPS)
    before, beyond = curve.where(0, ENOUGH_STEPS), curve.where(ENOUGH_STEPS)
    if settled is None or min(len(before.at), len(beyond.at)) < 2:
        return _UNASKED
    if settled == 0:
        return Finding(False, "0 at 100 steps")
    moved, moves = (max(abs(value / settled - 1) for value in part.values) for part in (before, beyond))
    agrees = moves <= FEW_PER_CENT and moved >= SETTLED * moves > 0
    return Finding(agrees, f"{moves:.1%} beyond, {moved:.0%} before")


def _best(curve: Curve, direction: Direction, least: float, most: float) -> Finding:
    if direction not in ("higher", "lower") or len(curve.at) < 3 or len({*curve.values}) < 2:
        return _UNASKED
    best = (max if direction == "higher" else min)(curve.values)
    where = [at for at, value in zip(curve.at, curve.values, strict=True) if value == best]
    if len(where) > 1:
        return Finding(False, f"{len(where)} alike")
    return Finding(least <= where[0] <= most, f"at {where[0]:g}")


CLAIMS = (
    Claim(
        "frames",
        "breaks down beyond 40",
        "complete degradation beyond 40 frames",
        f"beyond 40 frames it gets worse (rank correlation ρ of {TELLING:g} or more), and the longest clip is worse "
        "than every clip up to 40; × is the longest clip's value over the median up to 40",
        breaks_down,
    ),
    Claim("frames", "best at 24", "best at 24 frames", "the best clip has 24 frames", best_at_24),
    Claim(
        "guidance",
        "best at 5 to 15",
        "guidance best between 10 and 15",
        "the best clip has a guidance of 5 to 15, a step below what they say included",
        best_in_the_middle,
    ),
    Claim(
        "guidance",
        "follows guidance",
        "a grey mess when too low and colour artefacts when too high",
        f"it rises or falls from one end to the other (ρ of {TELLING:g} or more either way)",
        follows,
    ),
    Claim(
        "steps",
        "settles at 100",
        "no gain above 100 steps",
        f"beyond 100 steps it moves by at most {FEW_PER_CENT:.0%} of its value at 100, and before by {SETTLED:g} times "
        "as much or more",
        settles,
    ),
)


def verdicts(sweeps: Sequence[Sweep]) -> list[Verdict]:
    """Hold every measure against every claim."""
    by_name = {sweep.parameter: sweep for sweep in sweeps}
    return [
        Verdict(
            each.measure,
            tuple(_found(claim, by_name.get(claim.parameter), each.measure) for claim in CLAIMS),
            None if _is_signed(each.measure) else repeats_within(sweeps, each.measure.name),
            lacking="" if any(sweep.curve(each.measure.name).at for sweep in sweeps) else each.reason,
        )
        for each in sweeps[0].points[0].scores
    ]


def repeats_within(sweeps: Sequence[Sweep], name: str) -> float | None:
    """Return the spread over the clips of the same settings, one in each sweep, as a share of their mean."""
    values = [sweep.curve(name).value_at(BASE[sweep.parameter]) for sweep in sweeps]
    alike = [value for value in values if value is not None]
    if len(alike) < 2 or fmean(alike) == 0:
        return None
    return (max(alike) - min(alike)) / abs(fmean(alike))


def _found(claim: Claim, sweep: Sweep | None, measure: Measure) -> Finding:
    if sweep is None or _is_signed(measure):
        return _UNASKED
    return claim.judge(sweep.curve(measure.name), measure.direction)


def _is_signed(measure: Measure) -> bool:
    """Whether a number's sign is a direction, as left and right: no end of these is grey, garish or broken."""
    return measure.direction == "neither" and measure.span[0] < 0
