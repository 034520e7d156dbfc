"""Which of the warm pages a visitor gets."""

import asyncio
from typing import Any

from vgkit.serving.kernels import PageKernels


async def page(kernel: str, *, fails: bool = False) -> dict[str, Any]:
    if fails:
        raise OSError("no memory")
    return {"kernel_id": kernel}


async def starting() -> dict[str, Any]:
    await asyncio.Event().wait()
    return {}


async def in_pool(*pages: Any) -> tuple[bool, list[asyncio.Task[dict[str, Any]]]]:
    """Whether one is ready, and what is left of a pool of these pages."""
    kernels = PageKernels()
    kernels._pools = {"studio.ipynb": [asyncio.ensure_future(one) for one in pages]}
    await asyncio.sleep(0)
    ready, left = kernels.ready("studio.ipynb"), kernels._pools["studio.ipynb"]
    for one in left:
        one.cancel()
    return ready, left


def test_one_that_is_done_comes_before_one_that_is_starting() -> None:
    ready, left = asyncio.run(in_pool(starting(), page("b")))
    assert ready
    assert left[0].result() == {"kernel_id": "b"}


def test_one_that_failed_is_thrown_away() -> None:
    ready, left = asyncio.run(in_pool(page("a", fails=True), page("b")))
    assert ready
    assert [one.result()["kernel_id"] for one in left] == ["b"]


def test_where_all_are_starting_none_is_ready() -> None:
    ready, left = asyncio.run(in_pool(starting(), starting()))
    assert not ready
    assert len(left) == 2


def test_a_notebook_without_a_pool_has_none_ready() -> None:
    assert not asyncio.run(in_pool())[0]
