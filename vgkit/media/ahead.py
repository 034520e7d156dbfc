"""Let a thread work ahead of whoever reads: OpenCV and FFmpeg let go of Python's lock, so both really run at once."""

import os
import queue
import sys
import threading
from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

_END = object()
_LOOK_AGAIN_S = 0.1
_MODEST = 10  # of 19; as nice as `nice` makes a program


class Ahead(Iterator[T], Generic[T]):
    """Items in order, made by a thread that begins at once and is never more than ``depth`` of them ahead.

    What making them raises is raised to the reader. A reader who stops early stops the thread by ``close``, or by
    letting go of this.
    """

    def __init__(self, items: Iterator[T], *, depth: int, modest: bool = False) -> None:
        # The maker shares these and not the reader's end itself, so that letting go of that can be noticed.
        self._shelf: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._room, self._unwanted = threading.Semaphore(depth), threading.Event()
        work = (items, self._shelf, self._room, self._unwanted, modest)
        self._maker = threading.Thread(target=_fill, args=work, name="vgkit-ahead", daemon=True)
        self._maker.start()
        self._done = False

    def __next__(self) -> T:
        if self._done:
            raise StopIteration
        item = self._shelf.get()
        self._room.release()
        if item is _END or isinstance(item, _Failure):
            self.close()
        if isinstance(item, _Failure):
            raise item.reason
        if item is _END:
            raise StopIteration
        return item  # type: ignore[return-value]

    def close(self) -> None:
        """Stop the thread, and wait for it."""
        self._done = True
        self._unwanted.set()
        if self._maker is not threading.current_thread():
            self._maker.join()

    def __del__(self) -> None:
        self._unwanted.set()


def ahead(items: Iterator[T], *, depth: int, modest: bool = False) -> Ahead[T]:
    """Begin to make ``items`` in a thread of their own, at most ``depth`` ahead of the reader.

    A ``modest`` one, and all threads that it starts, work only where others leave a core free.
    """
    return Ahead(items, depth=depth, modest=modest)


class _Failure:
    def __init__(self, reason: BaseException) -> None:
        self.reason = reason


def _fill(
    items: Iterator[T],
    shelf: "queue.SimpleQueue[object]",
    room: threading.Semaphore,
    unwanted: threading.Event,
    modest: bool,
) -> None:
    if modest and sys.platform == "linux":  # elsewhere priorities are those of whole processes
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _MODEST)
    try:
        # Room is waited for before an item is made, not after: what waits to be laid down takes memory too.
        while _has_room(room, unwanted):
            try:
                shelf.put(next(items))
            except StopIteration:
                shelf.put(_END)
                return
    except BaseException as reason:  # whatever it is, it belongs to the reader
        shelf.put(_Failure(reason))
    finally:
        if isinstance(items, Generator | Ahead):
            items.close()


def _has_room(room: threading.Semaphore, unwanted: threading.Event) -> bool:
    while not unwanted.is_set():
        if room.acquire(timeout=_LOOK_AGAIN_S):
            return not unwanted.is_set()
    return False
