"""What a run will cost, how long it will take and how likely it is to come through: many runs drawn from the same odds
that a rehearsal draws one from.

Pure: no host is asked and nothing is kept, so an estimate can be shown before anything is spent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vgkit.rehearsal.fates import COLD_AGAIN, QUEUE_S, RAN_SHARE, WORK_SPREAD, Leg, sigma
from vgkit.rehearsal.faults import Faults

Draws = NDArray[np.float64]
Flags = NDArray[np.bool_]
OnFailure = Literal["stop", "degrade"]

# What a fault costs a run, in the world's seconds: the waits that hosts ask for and the pauses the engines make.
_DELAYS_S: Mapping[str, float] = {
    **{"throttled": 5.0, "low_credit": 10.0, "error_500": 3.0, "error_502": 3.0, "unavailable_503": 2.0},
    **{"reset": 2.0, "reply_lost": 4.0, "slow_poll": 10.0},
}
_FATAL = ("unauthorized", "no_credit", "invalid")
_PART_PAID = ("failed", "canceled")
_PAID_IN_VAIN = ("expired", "truncated", "empty_list")
_OF_ROLES: Mapping[str, tuple[str, ...]] = {"picture": ("nsfw",), "plan": ("refusal", "invalid_json")}
_Z90 = 1.6449


@dataclass(frozen=True)
class Work:
    """One thing to be made: a chain of calls to a host, each with what it is expected to take and to cost.

    ``legs`` are (leg, US dollars a second, US dollars each). After ``tries`` failures it stops the run, or it is
    replaced by what can be had (``degrade``). A host of "" is this machine: its legs are taken as they are.
    """

    host: str
    legs: tuple[tuple[Leg, float, float], ...]
    role: str = ""
    model: str = ""
    tries: int = 3
    on_failure: OnFailure = "stop"


@dataclass(frozen=True)
class Stage:
    """What is made side by side, once the stages named in ``after`` are over; then ``local_s`` on this machine."""

    name: str
    works: tuple[Work, ...] = ()
    after: tuple[str, ...] = ()
    local_s: float = 0.0


@dataclass(frozen=True)
class Spread:
    """A median, and the bounds between which nine in ten lie."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Forecast:
    """Predictions for one run. ``cost_usd`` and ``wall_s`` are of runs that come through, or of all where none does.

    ``success`` is the share of runs that finish whole, ``degraded`` of those that finish with something replaced; their
    bounds are Wilson's for the number of draws.
    """

    cost_usd: Spread
    wall_s: Spread
    success: Spread
    degraded: Spread
    draws: int


def forecast(
    stages: Sequence[Stage], *, faults: Faults, at_once: Mapping[str, int], draws: int = 2000, seed: int = 0
) -> Forecast:
    """Draw ``draws`` runs of ``stages``, which stand in an order in which each follows those it waits for.

    ``at_once`` is how many calls each host takes side by side. Raises KeyError for a stage in ``after`` that is not
    there or comes later.
    """
    luck = _Luck(faults, np.random.default_rng(seed), draws)
    cost, stopped, degraded = np.zeros(draws), np.zeros(draws, bool), np.zeros(draws, bool)
    ends: dict[str, Draws] = {}
    warm: set[str] = set()
    slots = {host: np.zeros((draws, max(1, count))) for host, count in at_once.items()}
    for stage in stages:
        begin = np.max([ends[name] for name in stage.after], axis=0) if stage.after else np.zeros(draws)
        end = begin.copy()
        for work in stage.works:
            drawn = _draw(work, luck, cold=work.model not in warm)
            warm.add(work.model)
            done = _scheduled(slots.get(work.host), begin, drawn.seconds)
            end = np.maximum(end, done)
            cost += drawn.usd
            stopped |= drawn.stopped
            degraded |= drawn.degraded
        ends[stage.name] = end + stage.local_s
    wall = np.max(list(ends.values()), axis=0) if ends else np.zeros(draws)
    told = ~stopped if (~stopped).any() else np.ones(draws, bool)
    return Forecast(
        cost_usd=_spread(cost[told]),
        wall_s=_spread(wall[told]),
        success=_share(int((~stopped & ~degraded).sum()), draws),
        degraded=_share(int((~stopped & degraded).sum()), draws),
        draws=draws,
    )


@dataclass(frozen=True)
class _Drawn:
    seconds: Draws
    usd: Draws
    stopped: Flags
    degraded: Flags


class _Luck:
    """Chance for all draws at once. In each of them a fault comes as often as its ``times`` allow, and no more."""

    def __init__(self, faults: Faults, chance: np.random.Generator, draws: int) -> None:
        self.faults = faults
        self.chance = chance
        self.draws = draws
        self._left = {
            name: np.full(draws, np.inf if odds.times is None else odds.times) for name, odds in faults.items()
        }

    def falls(self, name: str, among: Flags) -> Flags:
        """In which of the draws ``among`` this fault comes now."""
        if name not in self.faults:
            return np.zeros(self.draws, bool)
        falls = among & (self._left[name] > 0) & (self.chance.random(self.draws) < self.faults[name].probability)
        self._left[name] -= falls
        return falls


def _draw(work: Work, luck: _Luck, *, cold: bool) -> _Drawn:
    seconds, usd = np.zeros(luck.draws), np.zeros(luck.draws)
    out_of_tries, fatal = np.zeros(luck.draws, bool), np.zeros(luck.draws, bool)
    for leg, usd_per_s, usd_each in work.legs:
        if not work.host:
            seconds += leg.typical_s
            continue
        waiting = ~out_of_tries & ~fatal
        for attempt in range(work.tries):
            tried_s, billed_s, made, dead = _try(work.role, leg, luck, waiting, cold=cold and attempt == 0)
            seconds += tried_s * waiting
            usd += (billed_s * usd_per_s + made * usd_each) * waiting
            fatal |= dead
            waiting &= ~made & ~dead
        out_of_tries |= waiting
        cold = False
    if work.on_failure == "degrade":
        return _Drawn(seconds, usd, fatal, out_of_tries)
    return _Drawn(seconds, usd, fatal | out_of_tries, np.zeros(luck.draws, bool))


def _try(role: str, leg: Leg, luck: _Luck, asking: Flags, *, cold: bool) -> tuple[Draws, Draws, Flags, Flags]:
    """One call in the draws that are ``asking``: seconds it takes, seconds it is billed, whether it delivers, whether
    the run is over with it."""
    chance, draws = luck.chance, luck.draws
    boots = np.logical_or(cold, chance.random(draws) < COLD_AGAIN)
    boot_s = np.where(boots, _lognormal(chance, *leg.boot_s, draws), _lognormal(chance, *QUEUE_S, draws))
    run_s = leg.typical_s * np.exp(chance.normal(0.0, WORK_SPREAD, draws))
    delay_s, dead = np.zeros(draws), np.zeros(draws, bool)
    for name, late_s in _DELAYS_S.items():
        delay_s += late_s * luck.falls(name, asking)
    for name in _FATAL:
        dead |= luck.falls(name, asking & ~dead)
    part = chance.uniform(*RAN_SHARE, draws)
    made = ~dead
    for name in (*_PART_PAID, "aborted", *_OF_ROLES.get(role, ()), *_PAID_IN_VAIN):
        falls = luck.falls(name, asking & made)
        made &= ~falls
        run_s = np.where(falls, _ran_share(name, part) * run_s, run_s)
    run_s = np.where(dead, 0.0, run_s)
    return boot_s + run_s + delay_s, run_s, made, dead


def _ran_share(fault: str, part: Draws) -> Draws | float:
    if fault in _PART_PAID:
        return part
    return 0.0 if fault == "aborted" else 1.0


def _scheduled(slots: Draws | None, begin: Draws, seconds: Draws) -> Draws:
    """Give each draw's work to the slot that is free first, and tell when it ends; without slots nothing waits."""
    if slots is None:
        return begin + seconds
    rows = np.arange(len(begin))
    chosen = slots.argmin(axis=1)
    ends: Draws = np.maximum(slots[rows, chosen], begin) + seconds
    slots[rows, chosen] = ends
    return ends


def _lognormal(chance: np.random.Generator, median: float, p90: float, draws: int) -> Draws:
    return median * np.exp(chance.normal(0.0, sigma(median, p90), draws))


def _spread(values: Draws) -> Spread:
    low, median, high = (float(value) for value in np.quantile(values, [0.05, 0.5, 0.95]))
    return Spread(median, low, high)


def _share(hits: int, of: int) -> Spread:
    """Wilson's interval, which stays within 0 and 1 where nearly all or none do."""
    share, z2 = hits / of, _Z90**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z90 / (1 + z2 / of) * (share * (1 - share) / of + z2 / (4 * of**2)) ** 0.5
    return Spread(share, min(share, middle - half), max(share, middle + half))
