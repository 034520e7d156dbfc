"""What keeps a page alive while its kernel stays free for the next click.

One thread looks at what there is to look at and changes the page; what takes long is done in threads beside it, and
only their outcome comes back to it."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from vgkit.errors import VgkitError

log = logging.getLogger(__name__)
Found = TypeVar("Found")
_PAUSE_AFTER_ERROR_S = 2.0


class Pulse:
    """Calls ``tick`` again and again in a thread of its own: after as many seconds as it answers, or when woken.

    What ``tick`` raises is written down and told to ``on_error``; the next one comes all the same, until ``end``.
    """

    def __init__(self, tick: Callable[[], float], *, on_error: Callable[[Exception], None]) -> None:
        self._tick, self._on_error = tick, on_error
        self._woken = threading.Event()
        self._ended = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it goes already."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._go, daemon=True, name="page")
            self._thread.start()

    def wake(self) -> None:
        """Let the next tick come at once."""
        self._woken.set()

    def end(self) -> None:
        """Let no further tick come; one that is under way is not waited for."""
        self._ended = True
        self.wake()

    def _go(self) -> None:
        while not self._ended:
            self._woken.wait(self._once())
            self._woken.clear()

    def _once(self) -> float:
        try:
            return self._tick()
        except Exception as error:
            log.exception("the page could not be brought up to date")
            self._on_error(error)
            return _PAUSE_AFTER_ERROR_S


class Errands:
    """Does one thing at a time in a thread, and hands its outcome over when ``report`` is called."""

    def __init__(self, on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        self._ended: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._under_way: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being done, or its outcome still to be handed over."""
        return self._under_way is not None

    def send(self, do: Callable[[], Found], *, then: Callable[[Found], None], failed: Callable[[str], None]) -> None:
        """Do something, and then tell its outcome, or in words why there is none. Does nothing while it is busy."""
        if self._under_way is None:
            self._under_way = threading.Thread(target=self._go, args=(do, then, failed), daemon=True)
            self._under_way.start()

    def report(self) -> None:
        """Hand over what has been done."""
        while not self._ended.empty():
            hand_over = self._ended.get()
            self._under_way = None
            hand_over()

    def wait(self) -> None:
        """Wait until what is being done is done."""
        if self._under_way is not None:
            self._under_way.join()

    def _go(self, do: Callable[[], Found], then: Callable[[Found], None], failed: Callable[[str], None]) -> None:
        try:
            found = do()
        except VgkitError as refusal:
            # As text, since the name of an error is gone with the block that caught it.
            sentence = str(refusal)
            self._ended.put(lambda: failed(sentence))
        except Exception as error:
            log.exception("what a person asked for was not done")
            sentence = f"That did not work: {error}. Try again; the server's log says more."
            self._ended.put(lambda: failed(sentence))
        else:
            self._ended.put(lambda: then(found))
        self._on_end()
