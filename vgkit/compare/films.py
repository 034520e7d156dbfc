"""Which films can be set against each other: alike in all but the video engine.

The view ``engine_pairs`` leaves rehearsals out and looks at the prompt alone; here the whole brief must be the same."""

import json
import logging
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from vgkit.errors import EngineUnknown, ParameterError, RunNotFound, StoreError
from vgkit.ledger import Ledger
from vgkit.places import runs_dir

log = logging.getLogger(__name__)

_FILMS = """
    SELECT
        run, video_engine AS engine, state, rehearsal, template, seed, duration_s, film, brief::VARCHAR AS brief,
        [template, seed::VARCHAR, duration_s::VARCHAR, aspect, plan_engine, picture_engine, music_engine] AS locked
    FROM runs
    WHERE state IN ('success', 'degraded') AND video_engine IS NOT NULL AND duration_s > 0
        AND ($experiment = '' OR batch = $experiment)
    ORDER BY started_at, run
"""
# What a brief says of these differs between engines, or is in the key by what became of it.
_FREE = ("engines", "profile", "caps")


@dataclass(frozen=True)
class Scope:
    """Which films count: those of an experiment, or all; rehearsed ones too, or only real ones."""

    experiment: str = ""
    rehearsals: bool = False


@dataclass(frozen=True)
class Film:
    """A finished film. ``key`` is the same for two that differ in nothing but the video engine."""

    run: str
    engine: str
    degraded: bool
    rehearsal: bool
    template: str
    seed: int
    duration_s: float
    film: str
    key: str


@dataclass(frozen=True)
class FilmPair:
    """The same film by A and by B."""

    a: Film
    b: Film

    @property
    def name(self) -> str:
        """What both are, in a few words."""
        return f"{self.a.template}, seed {self.a.seed}"


def synced_ledger() -> Ledger:
    """The ledger, brought up to date where the disk lets us."""
    ledger = Ledger(runs_dir())
    try:
        ledger.sync()
    except StoreError as refusal:
        log.warning("Not up to date: %s", refusal)
    return ledger


def finished_films(ledger: Ledger, scope: Scope) -> list[Film]:
    """List the films in scope, the last that was started at the end. Raises RunNotFound where there are none.

    A rehearsed film is never alike to a real one.
    """
    rows = ledger.query(_FILMS, {"experiment": scope.experiment}).to_dict("records")
    films = [_film(row) for row in rows if scope.rehearsals or not row["rehearsal"]]
    if not films:
        raise RunNotFound(_nothing(ledger, scope, rehearsed=len(rows)))
    return films


def pair_films(films: Sequence[Film], a: str, b: str) -> list[FilmPair]:
    """Pair the films of two engines, each ``name@host`` or a name that one host alone has here.

    Both left out: the two engines with most pairs. Of several films alike with the same engine the last counts, so that
    a brief that was filmed ten times weighs no more than one filmed once. Raises EngineUnknown, ParameterError and,
    where no two films are alike, RunNotFound.
    """
    engines = sorted({film.engine for film in films})
    if not a and not b:
        a, b = _busiest(films)
    first, second = _resolved(a, engines), _resolved(b, engines)
    if first == second:
        raise ParameterError(f"{first} can't be compared with itself. Name two of {', '.join(engines)}.")
    of_a, of_b = ({film.key: film for film in films if film.engine == engine} for engine in (first, second))
    pairs = [FilmPair(film, of_b[key]) for key, film in of_a.items() if key in of_b]
    if not pairs:
        raise RunNotFound(
            f"{first} has {counted(len(of_a), 'film')} and {second} {counted(len(of_b), 'film')}, but no two are alike "
            "in all but the video engine. Film the same brief with the same seed and the same other engines by both."
        )
    return pairs


def short_names(*engines: str) -> tuple[str, ...]:
    """Name engines without their hosts where that tells them apart."""
    names = tuple(engine.partition("@")[0] for engine in engines)
    return names if len(set(names)) == len(names) else engines


def counted(count: int, thing: str) -> str:
    """Write how many there are of a thing."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _film(row: Mapping[Hashable, Any]) -> Film:
    brief = json.loads(row["brief"] or "{}")
    rest = {name: value for name, value in brief.items() if name not in _FREE}
    key = json.dumps([bool(row["rehearsal"]), list(row["locked"]), rest], sort_keys=True)
    return Film(
        run=row["run"],
        engine=row["engine"],
        degraded=row["state"] == "degraded",
        rehearsal=bool(row["rehearsal"]),
        template=row["template"],
        # A frame with a gap in it holds whole numbers as floats.
        seed=0 if pd.isna(row["seed"]) else int(row["seed"]),
        duration_s=float(row["duration_s"]),
        film=row["film"] or "",
        key=key,
    )


def _resolved(typed: str, engines: Sequence[str]) -> str:
    found = [engine for engine in engines if typed in (engine, engine.partition("@")[0])]
    if len(found) > 1:
        raise EngineUnknown(f"{typed!r} is on record at several hosts. Write {' or '.join(found)}.")
    if not found:
        raise EngineUnknown(f"{typed!r} made no film here. Engines with films: {', '.join(engines)}.")
    return found[0]


def _busiest(films: Sequence[Film]) -> tuple[str, str]:
    """The two engines with most films alike; a tie goes to the first by name."""
    by_key: dict[str, set[str]] = {}
    for film in films:
        by_key.setdefault(film.key, set()).add(film.engine)
    met = Counter(two for engines in by_key.values() for two in combinations(sorted(engines), 2))
    if not met:
        engines = ", ".join(sorted({film.engine for film in films}))
        raise RunNotFound(
            f"No two films are alike in all but the video engine: on record are {counted(len(films), 'film')} by "
            f"{engines}. Film the same brief with the same seed by another engine."
        )
    return min(met, key=lambda two: (-met[two], two))


def _nothing(ledger: Ledger, scope: Scope, *, rehearsed: int) -> str:
    where = f"in the experiment {scope.experiment!r}" if scope.experiment else "on record"
    if rehearsed:
        said = "1 is rehearsed" if rehearsed == 1 else f"{rehearsed} are rehearsed"
        return f"There is no finished real film {where}; {said}. Take rehearsals in with --rehearsals."
    if not scope.experiment:
        return "There is no finished film on record. Make some with `vgkit run`."
    known = ledger.query("SELECT DISTINCT batch FROM runs WHERE batch IS NOT NULL ORDER BY batch").batch
    named = f"On record are {', '.join(known)}." if len(known) else "No experiment is on record."
    return f"There is no finished film {where}. {named}"
