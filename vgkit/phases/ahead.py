"""Asks for the music as soon as the storyboard stands, so that it is made while the pictures are.

It is only asked for early, not otherwise: when phase 5 asks for the same, it finds it, or waits for it."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from vgkit.engines.hosted import HostedEngine
from vgkit.engines.spend import Door
from vgkit.errors import VgkitError
from vgkit.phases import refine
from vgkit.phases.asking import door
from vgkit.run import Run

log = logging.getLogger(__name__)


@contextlib.contextmanager
def music_ahead(run: Run) -> Iterator[Callable[[], None]]:
    """Hand out a function that starts it, once; when the block ends, what is under way is left to be taken up."""
    begun: list[Door] = []

    def begin() -> None:
        if begun or run.path("phases/refine.json").exists():
            return
        for ask in refine.asks(run):
            if isinstance(ask.engine, HostedEngine):
                begun.append(door(run, refine.PHASE))
                threading.Thread(target=_quietly, args=(lambda: begun[0].ask(ask),), daemon=True).start()  # noqa: B023

    try:
        yield begin
    finally:
        for each in begun:
            each.stop()


def _quietly(work: Callable[[], object]) -> None:
    """What goes wrong is on record already, and phase 5 will meet it again and say so."""
    try:
        work()
    except VgkitError as error:
        log.info("music asked for early: %s", error)
