"""What both engines cost and how long they take, and how far estimates can be trusted.

A film's own bill depends on what the cache held: of an experiment's films the first pays for stills and music that the
others take over. So beside the whole film stands the video engine alone, where a clip from the cache counts as what it
cost when it was made."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import pandas as pd

from vgkit.compare.films import FilmPair
from vgkit.compare.scores import Duel, Measured, Value, corrected
from vgkit.engines.catalog import catalog
from vgkit.ledger import Ledger
from vgkit.paired import compare_pairs

_BILLS = """
    WITH made AS (
        SELECT fingerprint, rehearsal, max_by(cost_usd, ended_at) AS cost_usd, max_by(seconds, ended_at) AS seconds
        FROM calls
        WHERE state = 'settled' AND fingerprint IS NOT NULL
        GROUP BY ALL
    ),
    asked AS (
        SELECT
            c.run,
            if(c.state = 'cached', m.cost_usd, c.cost_usd) AS cost_usd,
            if(c.state = 'cached', m.seconds, coalesce(c.seconds, if(c.state = 'failed', 0, NULL))) AS seconds
        FROM calls c
        LEFT JOIN made m ON m.fingerprint = c.fingerprint AND m.rehearsal = c.rehearsal
        WHERE c.role = 'video'
    ),
    video AS (
        SELECT
            run,
            -- a sum that lacks a part is no sum
            if(count(*) = count(cost_usd), sum(cost_usd), NULL) AS usd,
            if(count(*) = count(seconds), sum(seconds), NULL) AS seconds
        FROM asked
        GROUP BY run
    )
    SELECT
        s.run,
        v.usd / s.duration_s AS video_cost,
        v.seconds / s.duration_s AS video_time,
        s.cost_usd / s.duration_s AS film_cost,
        s.seconds / s.duration_s AS film_time
    FROM run_summary s
    LEFT JOIN video v USING (run)
    WHERE list_contains($runs::VARCHAR[], s.run)
"""
_CALLS = """
    SELECT engine || '@' || host AS engine, cost_usd, estimate_usd, seconds
    FROM calls
    WHERE state = 'settled' AND estimate_usd > 0 AND list_contains($runs::VARCHAR[], run)
    ORDER BY engine
"""
_CLOSE = 0.25

VIDEO_COST, VIDEO_TIME, FILM_COST, FILM_TIME = MEASURES = tuple(
    Measured(name, unit, "lower", "vgkit.compare.spending", "1")
    for name, unit in (
        ("video_cost", "USD a film second"),
        ("video_time", "s a film second"),
        ("film_cost", "USD a film second"),
        ("film_time", "s a film second"),
    )
)


class Bills:
    """Cost and seconds for one second of film, by run: of the video engine's calls, and of the whole run.

    The video engine's are those of all takes and failed tries, one after the other; the run's seconds are by the clock.
    """

    def __init__(self, ledger: Ledger, runs: Sequence[str]) -> None:
        rows = ledger.query(_BILLS, {"runs": list(runs)})
        self._rows: Mapping[str, Mapping[str, float]] = rows.set_index("run").to_dict("index")  # type: ignore[assignment]

    def of(self, run: str, measure: Measured) -> Value:
        """Return one figure of a run; None where a part of it is not on record."""
        value = self._rows.get(run, {}).get(measure.name)
        return None if value is None or pd.isna(value) else float(value)


def spending_duels(bills: Bills, pairs: Sequence[FilmPair], *, seed: int = 0) -> list[Duel]:
    """Compare both engines in cost and time, film by film."""
    return corrected(
        [
            Duel(
                measure,
                compare_pairs(
                    [bills.of(pair.a.run, measure) for pair in pairs],
                    [bills.of(pair.b.run, measure) for pair in pairs],
                    seed=seed,
                ),
            )
            for measure in MEASURES
        ]
    )


@dataclass(frozen=True)
class Calibration:
    """How an engine's calls came out against what was estimated before: 1.2 is a fifth more.

    Ratios are medians over calls, ``within`` the share of calls that came within a quarter of the estimate. Seconds are
    what was waited for, a host's queue and cold start included, against those the estimate was made from; None where
    the price is not by the second.
    """

    engine: str
    calls: int
    cost_ratio: float
    cost_within: float
    seconds_ratio: float | None
    seconds_within: float | None


def calibrate(ledger: Ledger, runs: Sequence[str]) -> list[Calibration]:
    """Compare the settled calls of some runs with their estimates, by engine; what costs nothing has none."""
    rows = ledger.query(_CALLS, {"runs": list(runs)})
    return [_calibration(str(engine), calls) for engine, calls in rows.groupby("engine", sort=True)]


def _calibration(engine: str, calls: pd.DataFrame) -> Calibration:
    entry = catalog().get(engine)
    per_second = float(entry.price.usd) if entry is not None and entry.price.per == "second" else 0.0
    cost = [float(ratio) for ratio in calls.cost_usd / calls.estimate_usd]
    expected_s = calls.estimate_usd / per_second if per_second else calls.estimate_usd * math.nan
    seconds = [float(ratio) for ratio in (calls.seconds / expected_s).dropna()]
    return Calibration(
        engine=engine,
        calls=len(calls),
        cost_ratio=median(cost),
        cost_within=_close(cost),
        seconds_ratio=median(seconds) if seconds else None,
        seconds_within=_close(seconds) if seconds else None,
    )


def _close(ratios: Sequence[float]) -> float:
    return sum(abs(ratio - 1) <= _CLOSE for ratio in ratios) / len(ratios)
