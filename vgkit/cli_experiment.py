"""``vgkit experiment``: the same films by several video engines, everything else locked, from one file."""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from vgkit.cli_options import JsonOption, json_text
from vgkit.cli_run import ViewOption


def experiment(
    file: Annotated[Path, typer.Argument(help="a TOML file: briefs, templates, engines, seeds")],
    rehearsal: Annotated[bool, typer.Option("--rehearse", help="against hosts on this machine, for nothing")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check and estimate, make nothing")] = False,
    faults: Annotated[str, typer.Option(help="of rehearsed hosts: none, mild, harsh, or a TOML file")] = "none",
    speed: Annotated[float, typer.Option(min=1, max=100_000, help="how many times faster those are")] = 60.0,
    seed: Annotated[int, typer.Option(help="another one brings other times and faults of theirs")] = 1,
    view: ViewOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Make the same films by several video engines, to be compared in pairs. Made ones are kept, missing ones made."""
    from vgkit.errors import BudgetExceeded
    from vgkit.experiment.check import films_of
    from vgkit.experiment.costs import costs_of
    from vgkit.experiment.file import read_experiment
    from vgkit.experiment.make import make_films
    from vgkit.rehearse import how_rehearsed

    how = how_rehearsed(speed=speed, faults=faults, seed=seed) if rehearsal else None
    films = films_of(read_experiment(file), base=file.parent, rehearsal=how)
    costs = costs_of(films)
    out = sys.stderr if view == "json" else sys.stdout  # to which the events go then, and nothing else
    if not as_json:
        out.write(f"{costs}\n")
    elif dry_run:
        sys.stdout.write(json_text(costs.as_json))
    if over := list(costs.over()):
        raise BudgetExceeded("\n".join(over))
    if dry_run:
        return
    fares = make_films(films, _watched(sum(not film.made for film in films), "quiet" if as_json else view))
    if as_json:
        sys.stdout.write(json_text(fares.as_json))
    else:
        out.write(f"{fares}\n")
        _compare(films, out)
    if not fares.well:
        raise typer.Exit(1)


def _compare(films: Sequence[Any], out: TextIO) -> None:
    """Set the first two engines against each other, and tell how to do so with the others."""
    from vgkit.compare.comparison import compare
    from vgkit.compare.report import CompareReport
    from vgkit.errors import RunNotFound

    engines = dict.fromkeys(film.engine for film in films if film.made)
    batch, rehearsals = films[0].batch.name, films[0].rehearsal is not None
    pairs = list(combinations(engines, 2))
    for number, (a, b) in enumerate(pairs):
        if number == 0:
            try:
                report = CompareReport(compare(a, b, experiment=batch, rehearsals=rehearsals))
            except RunNotFound:  # each has films, of different groups
                return
            out.write(f"\n{report}\n\n")
        option = " --rehearsals" if rehearsals else ""
        out.write(f"vgkit compare {a} {b} --experiment {batch}{option}\n")


def _watched(count: int, mode: Any) -> Any:
    """Show each film as it is made, and which of how many it is."""
    from vgkit.live import following
    from vgkit.live import view as view_of
    from vgkit.phases.step import PHASES
    from vgkit.progress import RunProgress

    begun: list[str] = []

    def watch(run: Any) -> AbstractContextManager[None]:
        begun.append(run.name)
        if mode not in ("quiet", "json"):
            sys.stderr.write(f"film {len(begun)} of {count}: {run.name}\n")
        return following(run.events.path, view_of(mode), RunProgress.of(PHASES))

    return watch
