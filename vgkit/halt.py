"""How a driver of several films stops them: signals reach its main thread only, and the films are other threads'."""

import contextlib
import threading
from collections.abc import Iterator

from vgkit.errors import Interrupted
from vgkit.runner import NotebookRunner


class Halt:
    """How other threads of a driver stop the runs that were given it: after the phase they are in, or at once."""

    def __init__(self) -> None:
        self._soon, self._now = threading.Event(), threading.Event()
        self._runners: set[NotebookRunner] = set()
        self._entering = threading.Lock()

    @property
    def asked(self) -> bool:
        """Whether they were asked to stop."""
        return self._soon.is_set()

    def soon(self) -> None:
        """Let the phases that are at work come to their end, and begin no other."""
        self._soon.set()

    def now(self) -> None:
        """End what is at work; its calls stay open on their hosts, to be taken up or canceled."""
        self._soon.set()
        with self._entering:
            self._now.set()
            runners = tuple(self._runners)
        for runner in runners:
            runner.stop()

    @contextlib.contextmanager
    def over(self, runner: NotebookRunner) -> Iterator[None]:
        """Let it stop a runner while the block runs."""
        with self._entering:
            self._runners.add(runner)
            if self._now.is_set():
                runner.stop()
        try:
            yield
        finally:
            with self._entering:
                self._runners.discard(runner)

    def check(self) -> None:
        """Raise Interrupted where they were asked to stop."""
        if self.asked:
            raise Interrupted("Stopped. What is finished is kept; run it again to go on from there.")
