"""What a worker offers: places at the hosts whose keys it has, and its cores.

A film that asks a host is only given to a worker that has its key, so keys need not be everywhere."""

import os

from distributed import Worker

from vgkit.batch.cluster.needs import KEYS, LOCAL, REHEARSAL
from vgkit.keys import load_keys


def offered(*, films: int, cores: int, gpus: int = 0) -> dict[str, float]:
    """The resources of a worker on this machine that makes so many films at once."""
    load_keys()
    hosts = {f"host:{host}": float(films) for host, key in KEYS.items() if os.environ.get(key, "").strip()}
    return {LOCAL: float(cores), REHEARSAL: float(films), **hosts, **({"gpu": float(gpus)} if gpus else {})}


async def offer(dask_worker: Worker) -> None:
    """Have a worker that was started without ``vgkit worker``, by Dask itself, offer what it has: a film a thread."""
    threads = dask_worker.state.nthreads
    await dask_worker.set_resources(**offered(films=threads, cores=threads))


def offers(resources: dict[str, float]) -> bool:
    """Whether a worker of these resources was told what it may be asked for."""
    return any(name.startswith("host:") for name in resources)
