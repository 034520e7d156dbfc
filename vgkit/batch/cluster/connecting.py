"""The connection to a Dask scheduler, and Dask's errors as ours."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from distributed import CancelledError, Client

from vgkit.errors import ClusterError

_PATIENCE_S = 8.0
GONE = (OSError, RuntimeError, CancelledError)  # raised where a scheduler or worker is away, or the client is closed


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Hold a connection to the scheduler at an address. Raises ClusterError where none answers."""
    try:
        client = Client(_address(address), timeout=_PATIENCE_S, set_as_default=False, name="vgkit")
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ClusterError(
            f"No Dask scheduler answers at {address} ({_reason(error)}). Give its address as it says it when it "
            "starts, tcp://HOST:8786, or start one with `dask scheduler`."
        ) from error
    try:
        yield client
    finally:
        with suppress(*GONE):
            client.close(timeout=_PATIENCE_S)


def _address(given: str) -> str:
    if "://" not in given:  # Dask would start a cluster of its own where there is none
        raise ValueError("an address begins with tcp:// or tls://")
    return given


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
