"""A worker as a process: Dask's own, with its nanny, which starts it again where it dies."""

from distributed.cli.dask_worker import main

from vgkit.batch.cluster.connecting import connected


def serve(address: str, *, films: int, resources: dict[str, float], dashboard: str) -> None:
    """Make films for the scheduler at an address, so many at once, until it is stopped or the scheduler goes.

    Raises ClusterError where no scheduler answers.
    """
    with connected(address):
        pass  # Dask itself would wait for it, and say so in a log
    main.main(args=command(address, films=films, resources=resources, dashboard=dashboard), standalone_mode=False)


def command(address: str, *, films: int, resources: dict[str, float], dashboard: str) -> list[str]:
    """The arguments of ``dask worker``."""
    told = " ".join(f"{name}={amount:g}" for name, amount in resources.items())
    shown = ["--dashboard-address", dashboard] if dashboard else ["--no-dashboard"]
    return [address, "--nworkers", "1", "--nthreads", str(films), "--resources", told, *shown]
