"""``make bench``, or ``python -m vgkit.bench`` with the names of single benches.

Each bench is imported when it is asked for, so that none measures what another loaded."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from vgkit.errors import VgkitError
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


def ledger(runs: Path) -> Iterator[Table]:
    """Bring 10,000 runs into the ledger, and ask it all that the report asks."""
    from vgkit.bench.ledger import ledger_tables

    yield from ledger_tables(runs / "synthetic")


def many(runs: Path) -> Iterator[Table]:
    """Make batches of thousands of films that are there at once, killed half-way."""
    from vgkit.bench.many import many_tables

    yield from many_tables(runs / "many")


def pages(runs: Path) -> Iterator[Table]:
    """Time how long the pages keep a person waiting."""
    from vgkit.bench.pages import pages_table

    yield pages_table()


def quality(runs: Path) -> Iterator[Table]:
    """Time the measures of clips."""
    from vgkit.bench.quality import quality_table

    yield quality_table()


def sweeps(runs: Path) -> Iterator[Table]:
    """Hold the measures against real clips, and write the page that tells."""
    from vgkit.bench.claims import verdicts
    from vgkit.bench.sweep_page import agreement, write_page
    from vgkit.bench.sweeps import score_sweeps, sweeps_folder
    from vgkit.places import top_dir

    scored = score_sweeps(sweeps_folder())
    found = verdicts(scored)
    write_page(scored, found, top_dir() / "docs" / "sweeps.md")
    yield agreement(found)


def throughput(runs: Path) -> Iterator[Table]:
    """Hold films at once against one after another, and say what the pipeline itself costs."""
    from vgkit.bench.throughput import throughput_tables

    yield from throughput_tables()


def batches(runs: Path) -> Iterator[Table]:
    """Make fifty films by hosts that fail now and then, and write the page that tells."""
    from vgkit.batch.view import watching
    from vgkit.bench.batch_page import figures, verdicts, write_page
    from vgkit.bench.batches import Asked, fifty
    from vgkit.places import top_dir

    with watching(None) as looked:
        found = fifty(Asked(), looked=looked)
    write_page(found, top_dir() / "docs" / "reliability.md")
    yield verdicts(found)
    yield figures(found)


def long_batches(runs: Path) -> Iterator[Table]:
    """Make the same fifty films 30 seconds long."""
    from vgkit.batch.view import watching
    from vgkit.bench.batch_page import figures, verdicts
    from vgkit.bench.batches import Asked, fifty

    with watching(None) as looked:
        found = fifty(Asked(duration_s=30), looked=looked)
    yield verdicts(found)
    yield figures(found)


BENCHES: dict[str, Callable[[Path], Iterator[Table]]] = {
    "film": film,
    "hosts": hosts,
    "post": post,
    "motion": motion,
    "steady": steady,
    "ledger": ledger,
    "many": many,
    "quality": quality,
    "pages": pages,
    "sweeps": sweeps,
    "throughput": throughput,
    "batches": batches,
    "long-batches": long_batches,
}
# They write pages of the documentation, the one from clips that not everyone has.
_BY_NAME_ONLY = {"sweeps", "batches"}


def main() -> None:
    """Print the tables of the benches asked for, else of all that write nothing, one after the other as measured."""
    wanted = sys.argv[1:] or [name for name in BENCHES if name not in _BY_NAME_ONLY]
    if unknown := [name for name in wanted if name not in BENCHES]:
        sys.exit(
            f"There is no bench {', '.join(unknown)}. Ask for {', '.join(BENCHES)}, or for none to get all "
            f"but {' and '.join(sorted(_BY_NAME_ONLY))}."
        )
    with tempfile.TemporaryDirectory(prefix="vgkit-bench-") as runs:
        os.environ["VGKIT_RUNS"] = runs
        try:
            for name in wanted:
                for table in BENCHES[name](Path(runs)):
                    print(table, flush=True)
        except VgkitError as error:
            sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
