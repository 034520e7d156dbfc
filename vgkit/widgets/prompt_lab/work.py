"""Work beside the page, and its way back: widgets are changed from the page's own thread and from no other.

A kernel's main thread also reads what a person presses, so nothing long may run on it, or Cancel would not be heard."""

import asyncio
import functools
import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

Change = Callable[[], None]


class Stage:
    """Takes changes of widgets to the thread the page was built on; where no loop runs there, makes them at once."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.RLock()
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None

    def show(self, change: Change) -> None:
        """Have a change made on the page's thread."""
        if self._loop is None:
            with self._one_at_a_time:
                change()
        else:
            self._loop.call_soon_threadsafe(change)

    def begin(self, work: Callable[[], None]) -> threading.Thread:
        """Run ``work`` beside the page; a closed kernel does not wait for it."""
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread


class Newest:
    """Answers of which only the newest is of use, such as what a button would cost now.

    One thread at most works on them; orders that came meanwhile but the last are passed over.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._guard = threading.Lock()
        self._next: Callable[[], Change] | None = None
        self._busy: threading.Thread | None = None
        self._orders = 0

    def order(self, answer: Callable[[], Change]) -> None:
        """Work out ``answer`` beside the page; the change it gives is made unless another order came by then."""
        with self._guard:
            self._orders += 1
            self._next = answer
            if self._busy is None:
                self._busy = self._stage.begin(self._work)

    def drop(self) -> None:
        """Let no answer come any more of what was ordered so far."""
        with self._guard:
            self._orders += 1
            self._next = None

    def wait(self) -> None:
        """Wait until nothing is left to answer."""
        while busy := self._busy:
            busy.join()

    def _work(self) -> None:
        while True:
            with self._guard:
                answer, order, self._next = self._next, self._orders, None
                if answer is None:
                    self._busy = None
                    return
            try:
                change = answer()
            except Exception:  # whatever it was, the next order must be worked on
                log.exception("an answer for the prompt lab's page failed")
                continue
            self._stage.show(functools.partial(self._make, change, order))

    def _make(self, change: Change, order: int) -> None:
        """Make a change unless another was ordered since; it is the page's thread that orders, and this is it."""
        if order == self._orders:
            change()
