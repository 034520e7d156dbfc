"""What will happen to a prediction, drawn before it happens, and how far it has come at a moment.

Both are pure, so a server that was killed and started again tells the same story, and a benchmark can know the critical
path of a run from what was drawn."""

import math
import random
from dataclasses import dataclass
from typing import Literal

Status = Literal["starting", "processing", "succeeded", "failed", "canceled", "aborted"]

# Work of one kind takes nearly the same time again. The spread is ours: one published prediction a model shows none.
WORK_SPREAD = 0.12
# Once a model is warm, most calls only queue; now and then a further worker has to be set up.
COLD_AGAIN = 0.15
QUEUE_S = (0.8, 3.0)
RAN_SHARE = (0.2, 0.9)  # of its work, where a prediction ends on the way
_NORMAL_P90 = 1.2816
_LONGEST_RUN_S = 1800.0  # facts: predictions time out after 30 minutes of running


@dataclass(frozen=True)
class Leg:
    """What one call is expected to take: billed seconds, and a cold boot's median and 90th percentile."""

    typical_s: float
    boot_s: tuple[float, float]


@dataclass(frozen=True)
class Fate:
    """Seconds of the world's time until it runs and while it runs, how it ends, and which fault is part of it."""

    boot_s: float
    predict_s: float
    ending: Status = "succeeded"
    fault: str = ""


@dataclass(frozen=True)
class Course:
    """How a prediction stands: seconds since its creation at which it started and ended, and what it has run."""

    status: Status
    started_s: float | None
    ended_s: float | None
    predict_s: float

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self.ended_s is not None


def sigma(median: float, p90: float) -> float:
    """The spread of a log-normal distribution with this median and 90th percentile."""
    return max(0.0, math.log(max(p90, median) / median) / _NORMAL_P90) if median > 0 else 0.0


def draw_fate(leg: Leg, *, key: str, cold: bool, fault: str = "") -> Fate:
    """Draw a fate. The same ``key`` gives the same one; ``cold`` says that no worker of the model is up."""
    chance = random.Random(key)
    cold = chance.random() < COLD_AGAIN or cold
    median, p90 = leg.boot_s if cold else QUEUE_S
    boot_s = _lognormal(chance, median, sigma(median, p90))
    whole_s = _lognormal(chance, leg.typical_s, WORK_SPREAD)
    share = chance.uniform(*RAN_SHARE)
    ending: Status = "succeeded"
    if fault in ("failed", "canceled"):
        whole_s, ending = whole_s * share, "failed" if fault == "failed" else "canceled"
    elif fault == "nsfw":
        ending = "failed"
    elif fault == "aborted":
        whole_s, ending = 0.0, "aborted"
    if whole_s > _LONGEST_RUN_S:
        whole_s, ending = _LONGEST_RUN_S, "failed"
    return Fate(boot_s=round(boot_s, 6), predict_s=round(whole_s, 6), ending=ending, fault=fault)


def course(fate: Fate, *, age_s: float, deadline_s: float | None = None, canceled_s: float | None = None) -> Course:
    """How a prediction stands ``age_s`` after its creation, all in seconds of the world's time.

    ``deadline_s`` is its Cancel-After; ``canceled_s`` when somebody asked to cancel it.
    """
    starts, ends, ending = fate.boot_s, fate.boot_s + fate.predict_s, fate.ending
    if deadline_s is not None and deadline_s < ends:
        ends, ending = deadline_s, "canceled" if deadline_s > starts else "aborted"
    if canceled_s is not None and canceled_s < ends:
        ends, ending = canceled_s, "canceled"
    if age_s < ends:
        if age_s < starts:
            return Course("starting", None, None, 0.0)
        return Course("processing", starts, None, age_s - starts)
    ran_s = 0.0 if ending == "aborted" else round(max(0.0, ends - starts), 6)
    return Course(ending, starts if starts < ends else None, ends, ran_s)


def _lognormal(chance: random.Random, median: float, spread: float) -> float:
    return median * math.exp(chance.gauss(0.0, spread))
