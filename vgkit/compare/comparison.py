"""Everything known of two engines side by side, from the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vgkit.compare.blind import votes_of
from vgkit.compare.films import Film, FilmPair, Scope, finished_films, pair_films, synced_ledger
from vgkit.compare.scores import Duel, Measured, Scores, duels
from vgkit.compare.spending import VIDEO_COST, Bills, Calibration, calibrate, spending_duels
from vgkit.paired import Paired, pareto_front


@dataclass(frozen=True)
class TradeOff:
    """One measure against what a second of film costs to generate, for every engine that made all of these films.

    ``films`` has (USD a film second, value) of each film by engine, ``means`` the same averaged. ``front`` names the
    engines that no other matches in both; where a measure has no better direction, more of it counts as more.
    """

    measure: Measured
    films: Mapping[str, tuple[tuple[float, float], ...]]
    means: Mapping[str, tuple[float, float]]
    front: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Engine B against engine A, both ``name@host``, over ``pairs`` of films alike in all else.

    ``same_shots`` are the pairs that could be compared shot by shot. ``looks`` and ``motion`` are never folded into
    one score: each measure is set against cost on its own.
    """

    a: str
    b: str
    scope: Scope
    pairs: tuple[FilmPair, ...]
    same_shots: tuple[FilmPair, ...]
    quality: tuple[Duel, ...]
    spending: tuple[Duel, ...]
    looks: tuple[TradeOff, ...]
    motion: tuple[TradeOff, ...]
    estimates: tuple[Calibration, ...]
    votes: Paired


def compare(a: str = "", b: str = "", *, experiment: str = "", rehearsals: bool = False, seed: int = 0) -> Comparison:
    """Compare two video engines by all films that are alike in all else; left out, the two with most such films.

    ``seed`` is that of the resampling. Raises EngineUnknown, ParameterError, RunNotFound.
    """
    ledger, scope = synced_ledger(), Scope(experiment, rehearsals)
    films = finished_films(ledger, scope)
    pairs = pair_films(films, a, b)
    alike = _alike(films, pairs)
    runs = [film.run for of_engine in alike.values() for film in of_engine]
    paired_runs = [film.run for pair in pairs for film in (pair.a, pair.b)]
    scores, bills = Scores(ledger, runs), Bills(ledger, runs)
    of_clips = [measure for measure in scores.measures if measure.stage == "generated"]
    looks = [measure for measure in of_clips if not _of_motion(measure) and measure.direction in ("higher", "lower")]
    motion = [measure for measure in of_clips if _of_motion(measure)]
    return Comparison(
        a=pairs[0].a.engine,
        b=pairs[0].b.engine,
        scope=scope,
        pairs=tuple(pairs),
        same_shots=tuple(pair for pair in pairs if scores.shared_shots(pair)),
        quality=tuple(duels(scores, pairs, seed=seed)),
        spending=tuple(spending_duels(bills, pairs, seed=seed)),
        looks=tuple(_trade_offs(looks, alike, scores, bills)),
        motion=tuple(_trade_offs(motion, alike, scores, bills)),
        estimates=tuple(calibrate(ledger, paired_runs)),
        votes=votes_of(ledger, pairs),
    )


def _of_motion(measure: Measured) -> bool:
    return measure.name.startswith("motion")


def _alike(films: Sequence[Film], pairs: Sequence[FilmPair]) -> dict[str, list[Film]]:
    """The films of every engine that made all of the compared ones, in the order of the pairs; A and B come first."""
    keys = [pair.a.key for pair in pairs]
    by_engine: dict[str, dict[str, Film]] = {pairs[0].a.engine: {}, pairs[0].b.engine: {}}
    for film in films:
        by_engine.setdefault(film.engine, {})[film.key] = film
    return {engine: [own[key] for key in keys] for engine, own in by_engine.items() if own.keys() >= set(keys)}


def _trade_offs(
    measures: Sequence[Measured], alike: Mapping[str, Sequence[Film]], scores: Scores, bills: Bills
) -> list[TradeOff]:
    found = [_trade_off(measure, alike, scores, bills) for measure in measures]
    return [each for each in found if len(each.means) > 1 and _differs(each)]


def _differs(trade: TradeOff) -> bool:
    """Tell whether any two films differ in the measure; most films have no black stretch, say, and no plot of them."""
    return len({value for films in trade.films.values() for _, value in films}) > 1


def _trade_off(measure: Measured, alike: Mapping[str, Sequence[Film]], scores: Scores, bills: Bills) -> TradeOff:
    points: dict[str, tuple[tuple[float, float], ...]] = {}
    for engine, films in alike.items():
        both = [(bills.of(film.run, VIDEO_COST), scores.mean(film.run, measure)) for film in films]
        points[engine] = tuple((cost, value) for cost, value in both if cost is not None and value is not None)
    known = {engine: own for engine, own in points.items() if own}
    means = {engine: _centre(own) for engine, own in known.items()}
    sign = -1 if measure.direction == "lower" else 1
    first = pareto_front([cost for cost, _ in means.values()], [sign * value for _, value in means.values()])
    front = tuple(engine for engine, on_it in zip(means, first, strict=True) if on_it)
    return TradeOff(measure, known, means, front)


def _centre(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return sum(cost for cost, _ in points) / len(points), sum(value for _, value in points) / len(points)
