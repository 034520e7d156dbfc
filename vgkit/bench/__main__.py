"""``make bench``, or ``python -m vgkit.bench`` with the names of single benches.

Each bench is imported when it is asked for, so that none measures what another loaded."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from vgkit.phases.report import Table


def film(runs: Path) -> Iterator[Table]:
    """Time the sample film, phase by phase."""
    from vgkit.bench.film import film_table

    yield film_table(runs)


def hosts(runs: Path) -> Iterator[Table]:
    """Time a rehearsed film against the critical path of its hosts."""
    from vgkit.bench.hosts import hosted_table

    yield hosted_table()


def post(runs: Path) -> Iterator[Table]:
    """Time phase 5's work, and weigh it."""
    from vgkit.bench.post import post_tables

    yield from post_tables()


def motion(runs: Path) -> Iterator[Table]:
    """Hold our interpolation and ffmpeg's against the truth."""
    from vgkit.bench.motion import motion_table

    yield motion_table()


def steady(runs: Path) -> Iterator[Table]:
    """Repair clips whose flicker was put there, and steady real ones."""
    from vgkit.bench.steady import steady_tables

    yield from steady_tables()


BENCHES: dict[str, Callable[[Path], Iterator[Table]]] = {
    "film": film,
    "hosts": hosts,
    "post": post,
    "motion": motion,
    "steady": steady,
}


def main() -> None:
    """Print the tables of the benches asked for, else of all of them, one after the other as they are measured."""
    wanted = sys.argv[1:] or list(BENCHES)
    if unknown := [name for name in wanted if name not in BENCHES]:
        sys.exit(f"There is no bench {', '.join(unknown)}. Ask for {', '.join(BENCHES)}, or for none to get all.")
    with tempfile.TemporaryDirectory(prefix="vgkit-bench-") as runs:
        os.environ["VGKIT_RUNS"] = runs
        for name in wanted:
            for table in BENCHES[name](Path(runs)):
                print(table, flush=True)


if __name__ == "__main__":
    main()
