"""How the runs of a batch stand by what they have written, all at once.

From the index of runs, which has read their events already: to read five thousand records anew would take a minute."""

from collections.abc import Mapping
from decimal import Decimal

from vgkit.ledger.run_index import RunIndex
from vgkit.places import runs_dir

FINISHED = ("success", "degraded")

Standing = tuple[str, float, Decimal]  # state, seconds and cost of a run, as its events say
NOT_BEGUN: Standing = ("waiting", 0.0, Decimal(0))


def standings_of(batch: str) -> dict[str, Standing]:
    """How each run of a batch stands by its events; one whose film is gone is open again."""
    runs, index = runs_dir(), RunIndex(runs_dir())
    index.refresh()
    spent = "coalesce((SELECT usd FROM sums s WHERE s.folder = f.folder AND s.run = f.folder), '0')"
    rows = index.rows(f"SELECT folder, state, seconds, {spent} FROM files f WHERE batch = ?", batch)

    def state(folder: str, state: str) -> str:
        gone = state in FINISHED and not (runs / folder / "film.mp4").is_file()
        return "open" if gone else state or "waiting"

    return {folder: (state(folder, said), seconds, Decimal(usd)) for folder, said, seconds, usd in rows}


def is_there(run: str, standings: Mapping[str, Standing]) -> bool:
    """Whether a run has come to its end with a film."""
    return standings.get(run, NOT_BEGUN)[0] in FINISHED
