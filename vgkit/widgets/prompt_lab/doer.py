"""A button for work that takes long: its price stands on it, Cancel beside it, and below it what came of it."""

import logging
import threading
from collections.abc import Callable

from vgkit.errors import Interrupted, VgkitError
from vgkit.widgets.look import note, quiet
from vgkit.widgets.parts import button, hide, markup, row, stack
from vgkit.widgets.prompt_lab.work import Stage

log = logging.getLogger(__name__)

Work = Callable[[threading.Event], str]


class Doer:
    """``prepare`` is called on a press, on the page's thread, and gives the work, which runs beside the page.

    The work ends with a sentence on what it did; setting the event it gets asks it to stop. One runs at a time.
    """

    def __init__(self, stage: Stage, name: str, verb: str, prepare: Callable[[], Work]) -> None:
        self._stage, self._verb, self._prepare = stage, verb, prepare
        self._stopping: threading.Event | None = None
        self._priced, self._refused, self._pending = "", "", True
        self.thread: threading.Thread | None = None
        self.start = button(verb, f"vg-{name}", self._begin, primary=True)
        self.cancel = button("Cancel", f"vg-{name}-cancel", self._stop)
        self.why, self.said = markup(f"vg-{name}-why"), markup(f"vg-{name}-said")
        self.box = stack(row(self.start, self.cancel), self.why, self.said)
        self._show()

    @property
    def busy(self) -> bool:
        """Whether its work is under way."""
        return self._stopping is not None

    def verb(self, words: str) -> None:
        """Name what it does otherwise."""
        self._verb = words
        self._show()

    def price(self, words: str, *, refused: str = "") -> None:
        """Put the price on the button; where the work is ``refused``, it can't be pressed and says why."""
        self._priced, self._refused, self._pending = words, refused, False
        self._show()

    def pend(self) -> None:
        """Let it not be pressed until its price is known."""
        self._pending = True
        self._show()

    def _show(self) -> None:
        self.start.description = " · ".join(filter(None, (self._verb, self._priced)))
        self.start.disabled = self.busy or self._pending or bool(self._refused)
        self.why.value = quiet(self._refused)
        hide(self.why, unless=bool(self._refused) and not self.busy)
        hide(self.cancel, unless=self.busy)

    def _begin(self) -> None:
        if self.start.disabled:
            return
        self._stopping = stopping = threading.Event()
        self.cancel.disabled = False
        self.said.value = quiet("Under way. You may go on writing.")
        try:
            work = self._prepare()
        except VgkitError as refusal:
            self._end(note(str(refusal), "bad"))
            return
        self._show()
        self.thread = self._stage.begin(lambda: self._run(work, stopping))

    def _stop(self) -> None:
        if self._stopping:
            self._stopping.set()
            self.cancel.disabled = True
            self.said.value = quiet("Stopping…")

    def _run(self, work: Work, stopping: threading.Event) -> None:
        try:
            told = quiet(work(stopping))
        except Interrupted:
            told = note("Cancelled.", more="What is paid for is kept, and found again when you render it once more.")
        except VgkitError as refusal:
            told = note(str(refusal), "bad")
        except Exception as fault:  # the button must come back whatever happened
            log.exception("work of the prompt lab failed")
            told = note(f"That failed by a fault of ours: {type(fault).__name__}: {fault}. You may try again.", "bad")
        self._stage.show(lambda: self._end(told))

    def _end(self, told: str) -> None:
        self._stopping = None
        self.said.value = told
        self._show()
