"""Films of a batch made by the workers of a Dask cluster: one machine's, a rack's, or a cloud's.

The cluster only says where a film's turn is taken; how far each film is stands in its run's folder, so that a lost
worker, driver or scheduler costs time and no money. Nothing secret travels: keys lie where workers run. What does
travel is pickled and, unless Dask's own ``distributed.comm.tls`` says otherwise, neither encrypted nor signed: use TLS
or a private network. Dask is imported when a cluster is asked for; vgkit works without it."""

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from vgkit.batch.crew import Crew
from vgkit.batch.planned import Film
from vgkit.batch.standing import is_there, standings_of
from vgkit.errors import BatchError, ExtraMissing

EXTRA = "pip install 'vgkit[cluster]'"


@contextmanager
def cluster_crew(
    address: str,
    films: Sequence[Film],
    *,
    runs_at: str = "",
    limits: Mapping[str, int] | None = None,
    at_once: int = 0,
) -> Iterator[Crew]:
    """Hold a crew for ``make_batch`` that makes films on the workers of the scheduler at ``address``.

    ``runs_at`` is a bucket or folder by which runs are carried where no disk is shared; ``limits`` says, by host, in
    how many films at once a phase may be at work that asks that host; ``at_once`` caps the films side by side, which
    else are as many as the workers take. Raises ClusterError, with a cure for each worker, where the cluster can't make
    these films, and ExtraMissing without Dask.
    """
    check_extra()
    if not films:
        raise BatchError("There is no film to make.")
    # Imported here: Dask is an extra.
    from vgkit.batch.cluster.connecting import connected
    from vgkit.batch.cluster.crew import ClusterCrew
    from vgkit.batch.cluster.looking import Terms, looked_over

    with connected(address) as client, Terms.of(films, runs_at=runs_at) as terms:
        standings = standings_of(films[0].batch.name)
        workers = looked_over(client, [film for film in films if not is_there(film.name, standings)], terms)
        crew = ClusterCrew(client, films, terms=terms, workers=workers, limits=limits or {}, at_once=at_once)
        with crew.closing():
            yield crew


def check_extra() -> None:
    """Raise ExtraMissing where Dask is not installed."""
    if importlib.util.find_spec("distributed") is None:
        raise ExtraMissing(f"A Dask cluster needs distributed, which is not installed here. Run {EXTRA}.")
