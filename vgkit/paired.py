"""Says what pairs of numbers tell about two sides, and how surely. Numbers go in and dataclasses come out, so that
every figure here can be held against a textbook.

B is always set against A. Pairs that come from one film (its shots) are not independent: they share a prompt, a look
and a seed, so thirty shots of three films know little more than three films. Films, not pairs, are therefore what is
resampled, what the test counts, and what an interval of a share counts (Cameron, Gelbach and Miller 2008 on cluster
bootstraps). Where each film gives one pair, this is the ordinary paired case."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

FEWEST_FILMS = 6  # five films that all agree do so by chance once in 16 times, six once in 32
LEVEL = 0.95
RESAMPLES = 9999

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """From ``low`` to ``high``, both included."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Tell whether a value lies in it."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Paired:
    """B against A in one measure.

    ``pairs`` are complete; ``left_out`` lack a number on either side. ``difference`` is the mean of B minus A,
    ``percent`` the same in per cent of A's mean, None where that means nothing: a number below zero, or a film in which
    A has nothing but zeros. ``more`` counts the pairs in which B has more, a tie as half; ``ties`` are in it.
    Intervals are None below six films, where none could be trusted, and so is ``p_value``, which is None too
    where all pairs tie.
    """

    pairs: int
    films: int
    left_out: int
    mean_a: float | None = None
    mean_b: float | None = None
    difference: float | None = None
    difference_interval: Interval | None = None
    percent: float | None = None
    percent_interval: Interval | None = None
    more: float = 0.0
    ties: int = 0
    more_interval: Interval | None = None
    p_value: float | None = None

    @property
    def trusted(self) -> bool:
        """Whether there are films enough for intervals."""
        return self.films >= FEWEST_FILMS


def compare_pairs(
    a: Sequence[float | None], b: Sequence[float | None], films: Sequence[Hashable] | None = None, *, seed: int = 0
) -> Paired:
    """Compare the n pairs (a[i], b[i]); ``films[i]`` says which film a pair is from, else each is its own.

    None and NaN are no number, and leave their pair out. Raises ValueError where the three differ in length.
    """
    first, second = _numbers(a), _numbers(b)
    labels = list(range(len(first)) if films is None else films)
    if not len(first) == len(second) == len(labels):
        raise ValueError(f"{len(first)} numbers of A, {len(second)} of B and {len(labels)} films make no pairs")
    whole = np.isfinite(first) & np.isfinite(second)
    first, second = first[whole], second[whole]
    film = _numbered([label for label, kept in zip(labels, whole, strict=True) if kept])
    left_out = int(len(whole) - len(first))
    if not len(first):
        return Paired(0, 0, left_out)
    return _compared(first, second, film, left_out, seed)


def wilson(share: float, trials: float, *, level: float = LEVEL) -> Interval:
    """Return Wilson's score interval (1927) for a share of ``trials``; a tie may have made it fractional."""
    z = -float(ndtri((1 - level) / 2))
    centre = share + z * z / (2 * trials)
    reach = z * math.sqrt(max(share * (1 - share), 0.0) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return Interval(max((centre - reach) / scale, 0.0), min((centre + reach) / scale, 1.0))


def ratio_interval(above: Numbers, below: Numbers, *, level: float = LEVEL, seed: int = 0) -> Interval:
    """Return the bootstrap interval of sum(above) / sum(below) over n films, both (n,).

    Bias-corrected and accelerated (Efron 1987), with the tails widened as Student's t would for n films (Hesterberg
    2015, "What Teachers Should Know About the Bootstrap", section 5.3): a bootstrap of few films is too narrow.
    """
    count, (value, without) = len(above), _jackknife(above, below)
    drawn = _draws(count, seed)
    found = np.sort((drawn @ above) / (drawn @ below))
    if found[0] == found[-1]:
        return Interval(float(value), float(value))
    lower = np.searchsorted(found, value, "left") + np.searchsorted(found, value, "right")
    bias = ndtri(np.clip(lower / (2 * len(found)), 1e-6, 1 - 1e-6))
    off = without.mean() - without
    spread = float((off**2).sum())
    lean = (off**3).sum() / (6 * spread**1.5) if spread > 0 else 0.0
    reach = bias + np.array([-1, 1]) * _tail(count, level)
    low, high = np.quantile(found, ndtr(bias + reach / (1 - lean * reach)))
    return Interval(float(low), float(high))


def student_p(above: Numbers, below: Numbers) -> float | None:
    """Return how often chance alone puts sum(above) / sum(below) as far from 0, over n films, both (n,).

    Student's t with n - 1 degrees of freedom on the jackknife's standard error (Tukey 1958), which is the paired t test
    where each film gives one pair. None where nothing differs at all, so that there is nothing to test.
    """
    if not above.any():
        return None
    count, (value, without) = len(above), _jackknife(above, below)
    error = math.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum())
    return float(2 * stdtr(count - 1, -abs(value) / error)) if error > 1e-12 * abs(value) else 0.0


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Correct p values of tests made at once, so that chance alone seldom passes any of them (Holm 1979)."""
    known = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    least = 0.0
    for rank, (p, place) in enumerate(known):
        least = max(least, min(1.0, p * (len(known) - rank)))
        corrected[place] = least
    return corrected


def pareto_front(costs: Sequence[float], goods: Sequence[float]) -> list[bool]:
    """Tell for each point whether no other costs no more and is no worse, one of them strictly."""
    points = list(zip(costs, goods, strict=True))
    return [not any(c <= cost and g >= good and (c < cost or g > good) for c, g in points) for cost, good in points]


def _compared(a: Numbers, b: Numbers, film: NDArray[np.intp], left_out: int, seed: int) -> Paired:
    films = int(film.max()) + 1
    trusted = films >= FEWEST_FILMS
    counts, sums_a, sums = (_by_film(film, numbers) for numbers in (np.ones_like(a), a, b - a))
    ties = int((a == b).sum())
    more = float((b > a).sum()) + ties / 2
    relative = bool(a.min() >= 0 and b.min() >= 0 and sums_a.min() > 0)
    percents = ratio_interval(100 * sums, sums_a, seed=seed) if trusted and relative else None
    return Paired(
        pairs=len(a),
        films=films,
        left_out=left_out,
        mean_a=float(a.mean()),
        mean_b=float(b.mean()),
        difference=float((b - a).mean()),
        difference_interval=ratio_interval(sums, counts, seed=seed) if trusted else None,
        percent=float(100 * sums.sum() / sums_a.sum()) if relative else None,
        percent_interval=percents,
        more=more,
        ties=ties,
        more_interval=wilson(more / len(a), films) if trusted else None,
        p_value=student_p(sums, counts) if trusted else None,
    )


def _by_film(film: NDArray[np.intp], numbers: Numbers) -> Numbers:
    """Sum the pairs' numbers within each film, (films,)."""
    return np.bincount(film, numbers).astype(np.float64)


def _jackknife(above: Numbers, below: Numbers) -> tuple[float, Numbers]:
    """The ratio of both sums, and the same without each film in turn, (n,)."""
    return float(above.sum() / below.sum()), (above.sum() - above) / (below.sum() - below)


def _numbers(values: Sequence[float | None]) -> Numbers:
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def _numbered(labels: Sequence[Hashable]) -> NDArray[np.intp]:
    """Number the films in the order of their first pair."""
    places: dict[Hashable, int] = {}
    return np.array([places.setdefault(label, len(places)) for label in labels], dtype=np.intp)


@lru_cache(maxsize=8)
def _draws(count: int, seed: int) -> NDArray[Any]:
    """How often each of ``count`` films is drawn in each resample, (resamples, count); the same for all measures."""
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    return drawn.astype(np.float32)


def _tail(count: int, level: float) -> float:
    """How far out, in standard deviations, the bounds lie, by Student's t for ``count`` films."""
    return float(math.sqrt(count / (count - 1)) * -stdtrit(count - 1, (1 - level) / 2))
