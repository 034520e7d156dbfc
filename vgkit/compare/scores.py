"""What was measured of both films of each pair, and what the pairs say.

Measures are taken as they are on record: two that differ in implementation, version or stage are two measures, and
never meet in one difference."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from vgkit.compare.films import FilmPair
from vgkit.ledger import Ledger
from vgkit.paired import Interval, Paired, compare_pairs, holm

_METRICS = """
    SELECT run, split_part(subject, '/', 1) AS part, name, unit, direction, implementation, version,
        coalesce(scored ->> 'stage', '') AS stage, value
    FROM metrics
    WHERE latest AND list_contains($runs::VARCHAR[], run)
    ORDER BY happened_at
"""
_SHOTS = """
    SELECT run, subject, text FROM prompts
    WHERE latest AND role = 'video' AND list_contains($runs::VARCHAR[], run)
"""
_STILLS = "SELECT DISTINCT run, subject FROM fallbacks WHERE latest AND list_contains($runs::VARCHAR[], run)"
_MEASURE = ["name", "unit", "direction", "implementation", "version", "stage"]

Value = float | None


@dataclass(frozen=True)
class Measured:
    """A measure as its rows describe it; ``stage`` is empty where what was scored has none."""

    name: str
    unit: str
    direction: str
    implementation: str
    version: str
    stage: str = ""

    @property
    def words(self) -> str:
        """Its name as it is read."""
        return self.name.replace("_", " ")

    @property
    def label(self) -> str:
        """The same, and where it was taken if not on the clip as the engine gave it or on the whole film."""
        return self.words if self.stage in ("", "generated") else f"{self.words} in the {self.stage}"


@dataclass(frozen=True)
class Duel:
    """A measure over all pairs. ``p_holm`` is the p value corrected for all measures that were compared with it.

    ``stills`` counts pairs left out because a still stands in for the clip on either side.
    """

    measure: Measured
    paired: Paired
    stills: int = 0
    p_holm: float | None = None

    @property
    def clear(self) -> bool:
        """Whether the interval of the difference leaves out zero."""
        interval = self.paired.difference_interval
        return interval is not None and not interval.holds(0.0)

    @property
    def b_wins(self) -> float:
        """In how many pairs B is better, or has more where neither is better; a tie as half."""
        return self.paired.pairs - self.paired.more if self.measure.direction == "lower" else self.paired.more

    @property
    def b_wins_interval(self) -> Interval | None:
        """Wilson's interval of that as a share of the pairs."""
        more = self.paired.more_interval
        return Interval(1 - more.high, 1 - more.low) if more and self.measure.direction == "lower" else more


@dataclass(frozen=True)
class Sample:
    """One pair of numbers of a measure: the film it is from, and whether a still stands in for either clip."""

    film: int
    a: Value
    b: Value
    still: bool = False


class Scores:
    """The measures of some films, by run, measure and part of the film: a shot, or ``film`` for the whole."""

    def __init__(self, ledger: Ledger, runs: Sequence[str]) -> None:
        named = {"runs": list(runs)}
        rows = _one_maker(ledger.query(_METRICS, named))
        self.measures = [Measured(*each) for each in rows[_MEASURE].drop_duplicates().itertuples(index=False)]
        self._values = _by_run(rows)
        shots = ledger.query(_SHOTS, named)
        self._shots = {run: dict(zip(of.subject, of.text, strict=True)) for run, of in shots.groupby("run")}
        stills = ledger.query(_STILLS, named)
        self._stills = set(zip(stills.run, stills.subject, strict=True))

    def shared_shots(self, pair: FilmPair) -> bool:
        """Tell whether both films show the same shots: the same ids with the same prompts."""
        return self._shots.get(pair.a.run) == self._shots.get(pair.b.run)

    def mean(self, run: str, measure: Measured) -> Value:
        """Return a film's mean over its parts; parts that are a still count for nothing."""
        values = self._values.get((run, measure), {})
        return _mean(value for part, value in values.items() if (run, part) not in self._stills)

    def samples(self, pairs: Sequence[FilmPair], measure: Measured) -> Iterator[Sample]:
        """Yield the pairs of numbers of one measure: shot by shot where both films show the same, else film by film."""
        for number, pair in enumerate(pairs):
            of_a, of_b = (self._values.get((film.run, measure), {}) for film in (pair.a, pair.b))
            if not self.shared_shots(pair):
                if of_a or of_b:
                    yield Sample(number, self.mean(pair.a.run, measure), self.mean(pair.b.run, measure))
                continue
            for part in dict.fromkeys([*of_a, *of_b]):
                still = bool({(pair.a.run, part), (pair.b.run, part)} & self._stills)
                yield Sample(number, of_a.get(part), of_b.get(part), still)


def duels(scores: Scores, pairs: Sequence[FilmPair], *, seed: int = 0) -> list[Duel]:
    """Compare all pairs in every measure on record, in the order in which measures came."""
    return corrected([_duel(measure, list(scores.samples(pairs, measure)), seed) for measure in scores.measures])


def corrected(found: Sequence[Duel]) -> list[Duel]:
    """Correct the p values of measures that are compared at once."""
    p_values = holm([duel.paired.p_value for duel in found])
    return [Duel(duel.measure, duel.paired, duel.stills, p) for duel, p in zip(found, p_values, strict=True)]


def _duel(measure: Measured, samples: Sequence[Sample], seed: int) -> Duel:
    kept = [sample for sample in samples if not sample.still]
    paired = compare_pairs([s.a for s in kept], [s.b for s in kept], [s.film for s in kept], seed=seed)
    return Duel(measure, paired, len(samples) - len(kept))


def _one_maker(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep of each name and stage the implementation with most rows, of equals the first on record.

    Phase 5 measures anew, in its own way, how each clip was before it steadied it; that is no second witness.
    """
    kept: dict[tuple[str, str], str] = {}
    makers = rows.value_counts(["name", "stage", "implementation"], sort=False)
    ordered = rows.drop_duplicates(["name", "stage", "implementation"])
    for name, stage, maker in ordered[["name", "stage", "implementation"]].itertuples(index=False):
        best = kept.setdefault((name, stage), maker)
        if makers[name, stage, maker] > makers[name, stage, best]:
            kept[name, stage] = maker
    chosen = [kept[name, stage] for name, stage in zip(rows.name, rows.stage, strict=True)]
    return rows[rows.implementation == pd.Series(chosen, index=rows.index, dtype=object)]


def _by_run(rows: pd.DataFrame) -> Mapping[tuple[str, Measured], dict[str, Value]]:
    """Gather the numbers of each run and measure by part; several takes of a shot count as their mean."""
    takes: dict[tuple[str, Measured], dict[str, list[Value]]] = {}
    for run, part, *measure, value in rows[["run", "part", *_MEASURE, "value"]].itertuples(index=False):
        parts = takes.setdefault((run, Measured(*measure)), {})
        parts.setdefault(part, []).append(None if pd.isna(value) else float(value))
    return {key: {part: _mean(values) for part, values in parts.items()} for key, parts in takes.items()}


def _mean(values: Iterable[Value]) -> Value:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
