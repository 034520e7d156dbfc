"""Let a thread work ahead of whoever reads: OpenCV and FFmpeg let go of Python's lock, so both really run at once."""

import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

T = TypeVar("T")

_END = object()
_LOOK_AGAIN_S = 0.1


def ahead(items: Iterator[T], *, depth: int) -> Iterator[T]:
    """Yield ``items`` in order, made by another thread that is at most ``depth`` ahead.

    What it raises is raised here. A reader who stops early (``close``, or the generator's end) stops the thread.
    """
    shelf: queue.Queue[object] = queue.Queue(maxsize=depth)
    unwanted = threading.Event()
    maker = threading.Thread(target=_fill, args=(items, shelf, unwanted), name="vgkit-ahead", daemon=True)
    maker.start()
    try:
        while (item := shelf.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.reason
            yield item  # type: ignore[misc]
    finally:
        unwanted.set()
        maker.join()


class _Failure:
    def __init__(self, reason: BaseException) -> None:
        self.reason = reason


def _fill(items: Iterator[T], shelf: "queue.Queue[object]", unwanted: threading.Event) -> None:
    try:
        for item in items:
            if not _put(item, shelf, unwanted):
                return
        _put(_END, shelf, unwanted)
    except BaseException as reason:  # whatever it is, it belongs to the reader
        _put(_Failure(reason), shelf, unwanted)
    finally:
        if isinstance(items, Generator):
            items.close()


def _put(item: object, shelf: "queue.Queue[object]", unwanted: threading.Event) -> bool:
    while not unwanted.is_set():
        try:
            shelf.put(item, timeout=_LOOK_AGAIN_S)
        except queue.Full:
            continue
        return True
    return False
