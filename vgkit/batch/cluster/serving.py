"""A worker as a process: Dask's own, with its nanny, which starts it again where it dies."""

from distributed.cli.dask_worker import main

from vgkit.batch.cluster.connecting import connected


def serve(address: str, *, films: int, resources: dict[str, float], dashboard: str, name: str = "") -> None:
    """Make films for the scheduler at an address, so many at once, until it is stopped or the scheduler goes.

    Raises ClusterError where no scheduler answers.
    """
    with connected(address):
        pass  # Dask itself would wait for it, and say so in a log
    args = command(address, films=films, resources=resources, dashboard=dashboard, name=name)
    main.main(args=args, standalone_mode=False)


def command(address: str, *, films: int, resources: dict[str, float], dashboard: str, name: str = "") -> list[str]:
    """The arguments of ``dask worker``."""
    told = " ".join(f"{name}={amount:g}" for name, amount in resources.items())
    # Without a page Dask still answers with its measurements, and on all of the machine's addresses unless it is told.
    shown = ["--dashboard-address", dashboard or "127.0.0.1:0", *([] if dashboard else ["--no-dashboard"])]
    named = ["--name", name] if name else []
    return [address, "--nworkers", "1", "--nthreads", str(films), "--resources", told, *shown, *named]
