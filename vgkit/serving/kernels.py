"""The kernels behind the pages: each page has one of its own, of this very interpreter.

Jupyter would start whatever Python a kernelspec names, on ports that others can reach; and it would bring a kernel that
died to life again, without anything its page knew of it."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

_IDLE_S = 600  # a page that was left without goodbye: a phone in a pocket may come back to it for this long
_LONGEST_SOCKET_PATH = 104  # of macOS; Linux allows 108
_SOCKET_NAME = "kernel-00000000-0000-0000-0000-000000000000-ipc-5"


class OwnPython(KernelSpecManager):
    """Names one kernel only: the interpreter that serves the pages."""

    def get_all_specs(self) -> dict[str, Any]:
        """List it under the name that the notebooks have for it."""
        return {"python3": {"resource_dir": "", "spec": self.get_kernel_spec("python3").to_dict()}}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Describe it, whatever the name."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(
            argv=[*command, "--HistoryManager.hist_file=:memory:", "--IPKernelApp.log_level=CRITICAL"],
            display_name="Python 3",
            language="python",
            metadata={"supported_encryption": ["curve"]},
        )


class PageKernels(AsyncMappingKernelManager):
    """Kernels of pages; Voilà puts its pools of warm ones on top of this class."""

    _pools: dict[str, list[asyncio.Task[dict[str, Any]]]]

    def ready(self, notebook: str) -> bool:
        """Whether a page of this notebook is warm. Those that failed to warm are thrown away first."""
        pool = self._pools.get(notebook, [])
        pool[:] = [page for page in pool if not (page.done() and page.exception())]
        pool.sort(key=lambda page: not page.done())
        return bool(pool) and pool[0].done()

    async def end_all(self) -> None:
        """End every kernel: politely where somebody has its page open, at once where it waits for somebody.

        One that is starting right now ends by itself when it finds this process gone.
        """
        for page in [page for pool in self._pools.values() for page in pool]:
            page.cancel()
        self._pools = {}
        open_pages = {kernel for kernel, pages in self._kernel_connections.items() if pages}
        kernels: list[str] = self.list_kernel_ids()
        # Some are gone by now, their page having been closed, and that is as well.
        ending = [self.shutdown_kernel(kernel, now=kernel not in open_pages) for kernel in kernels]  # type: ignore[no-untyped-call]
        await asyncio.gather(*ending, return_exceptions=True)

    def _handle_kernel_died(self, kernel_id: str) -> None:
        super()._handle_kernel_died(kernel_id)  # type: ignore[no-untyped-call]
        for pool in self._pools.values():
            pool[:] = [page for page in pool if not _is(page, kernel_id)]


def settings(connection_dir: Path) -> dict[str, dict[str, Any]]:
    """How kernels are reached, and when they go; by the names that Jupyter's classes have for it."""
    fits = len(str(connection_dir / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH
    private = {"transport": "ipc"} if fits else {"transport_encryption": "auto"}
    return {
        "KernelManager": {**private, "shutdown_wait_time": 3.0},
        "KernelRestarter": {"restart_limit": 0},
        "MappingKernelManager": {"cull_idle_timeout": _IDLE_S, "cull_interval": 60, "cull_connected": False},
    }


def _is(page: asyncio.Task[dict[str, Any]], kernel_id: str) -> bool:
    return page.done() and not page.exception() and page.result()["kernel_id"] == kernel_id
