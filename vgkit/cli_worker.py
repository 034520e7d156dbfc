"""``vgkit worker``: a machine's part in batches that a Dask cluster makes."""

import os
import sys
from typing import Annotated

import typer


def worker(
    address: Annotated[str, typer.Argument(help="of the scheduler: tcp://HOST:8786, or tls://HOST:8786")],
    films: Annotated[int, typer.Option(min=0, max=500, help="side by side; 0: as many as this machine bears")] = 0,
    gpus: Annotated[int, typer.Option(min=0, max=64, help="how many it offers to films that need one")] = 0,
    dashboard: Annotated[str, typer.Option(help="where Dask's page about it listens: 127.0.0.1:0")] = "",
    name: Annotated[str, typer.Option(help="by which the scheduler knows it; its address unless you say")] = "",
) -> None:
    """Make films on this machine for batches of a Dask cluster, until Ctrl-C."""
    from vgkit.batch.cluster import check_extra

    check_extra()
    from vgkit.batch.cluster.offering import offered
    from vgkit.batch.cluster.serving import serve
    from vgkit.batch.threads import sized

    films = films or sized(hosted=True)
    resources = offered(films=films, cores=os.cpu_count() or 1, gpus=gpus)
    told = ", ".join(f"{name} {amount:g}" for name, amount in resources.items())
    sys.stderr.write(f"This worker makes up to {films} film{'s'[: films != 1]} at once and offers {told}.\n")
    serve(address, films=films, resources=resources, dashboard=dashboard, name=name)
