"""The pairs behind the figures, to be watched in step: where B is furthest ahead, where A is, then the others.

A mean of forty numbers convinces nobody who has not seen the two films it says most about."""

import html
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from vgkit.compare.comparison import Comparison
from vgkit.compare.films import Film, FilmPair, short_names, synced_ledger
from vgkit.compare.scores import Duel, Scores
from vgkit.errors import ParameterError, RunError
from vgkit.places import runs_dir
from vgkit.player import Shown, shown_clip, shown_film, with_strips
from vgkit.player.embed import INLINE_BYTES, equipment, place
from vgkit.run import Run

_AT_ONCE = 2


@dataclass(frozen=True)
class Watchable:
    """A pair of films and why it is worth a look; both are measured frame by frame where ``telling``."""

    pair: FilmPair
    why: str
    telling: bool = False


def pair_shown(found: Comparison, number: int = 0) -> tuple[Shown, Shown]:
    """Return both films of a pair for the player. Raises ParameterError for a number that no pair has."""
    if not 0 <= number < len(found.pairs):
        raise ParameterError(f"pair: there is no {number}; the pairs are 0 to {len(found.pairs) - 1}.")
    return _both(found.pairs[number])


def watchables(found: Comparison) -> tuple[Watchable, ...]:
    """Order the pairs whose films are on this disk: those at either end of the measure that tells most come first."""
    there = [pair for pair in found.pairs if any(_path(film).is_file() for film in (pair.a, pair.b))]
    duel = _most_telling(found.quality)
    if duel is None or len(there) < 2:
        return tuple(Watchable(pair, pair.name, telling=True) for pair in there)
    measure, names = duel.measure, short_names(found.a, found.b)
    scores = Scores(synced_ledger(), [film.run for pair in there for film in (pair.a, pair.b)])
    sign = -1 if measure.direction == "lower" else 1
    values = {pair: tuple(scores.mean(film.run, measure) for film in (pair.a, pair.b)) for pair in there}
    lead = {pair: sign * (b - a) for pair, (a, b) in values.items() if a is not None and b is not None}
    if len(lead) < 2:
        return tuple(Watchable(pair, pair.name, telling=not number) for number, pair in enumerate(there))
    best, worst = max(lead, key=lead.__getitem__), min(lead, key=lead.__getitem__)
    told = [
        Watchable(
            pair, f"{end} for {names[1]} by {measure.label}, {_told(values[pair], measure.unit)}: {pair.name}", True
        )
        for end, pair in (("Best", best), ("Worst", worst))
    ]
    return (*told, *(Watchable(pair, pair.name) for pair in there if pair not in (best, worst)))


def players(found: Comparison, *, beside: Path, inline_bytes: int = INLINE_BYTES) -> str:
    """Return the telling pairs as players, then others while the budget lasts, with what brings them to life.

    The films of telling pairs are measured first unless they were, which takes about 30 s for 30 s of film. Empty where
    no film is on this disk.
    """
    chosen = watchables(found)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        films = {each.pair: pool.map(with_strips, _both(each.pair)) for each in chosen if each.telling}
        shown = {pair: tuple(both) for pair, both in films.items()}
    parts, room = [], inline_bytes
    for each in chosen:
        both = shown.get(each.pair) or _both(each.pair)
        if not each.telling and sum(one.path.stat().st_size for one in both if not one.state) > room:
            break
        player, taken = place(*both, beside=beside, room=room)
        room -= taken
        parts.append(f"<h4>{html.escape(each.why)}</h4>{player}")
    return f"<h3>Watch them</h3>{''.join(parts)}{equipment()}" if parts else ""


def _most_telling(quality: Sequence[Duel]) -> Duel | None:
    """The measure of which one way is better that tells the engines apart most surely; of equals the first."""
    ranking = [duel for duel in quality if duel.measure.direction in ("higher", "lower") and duel.paired.pairs]
    return min(ranking, key=lambda duel: 1.0 if duel.p_holm is None else duel.p_holm, default=None)


def _told(values: Sequence[float | None], unit: str) -> str:
    a, b = (f"{value:.4g}" for value in values if value is not None)
    return f"{b} against {a} {unit}".rstrip()


def _both(pair: FilmPair) -> tuple[Shown, Shown]:
    return _shown(pair.a), _shown(pair.b)


def _shown(film: Film) -> Shown:
    title = f"{film.engine}, {film.run}"
    try:
        return shown_film(Run.open(runs_dir() / film.run), title=title)
    except RunError:
        return shown_clip(_path(film), title=title)


def _path(film: Film) -> Path:
    return runs_dir() / film.run / (film.film or "film.mp4")
