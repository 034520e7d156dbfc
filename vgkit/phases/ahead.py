"""Asks for the music as soon as the storyboard stands, so that it is made while the pictures are.

It is only asked for early, not otherwise: when phase 5 asks for the same, it finds in the cache what came, or waits for
it, and makes of it the music that fits."""

import contextlib
import contextvars
import logging
import threading
from collections.abc import Callable, Iterator

from vgkit.engines.base import Ask
from vgkit.engines.hosted import HostedEngine
from vgkit.engines.spend import Door
from vgkit.errors import VgkitError
from vgkit.phases import refine
from vgkit.phases.asking import door
from vgkit.run import Run

log = logging.getLogger(__name__)

_PATIENCE_S = 10.0


@contextlib.contextmanager
def music_ahead(run: Run) -> Iterator[Callable[[], None]]:
    """Hand out a function that starts it, once; when the block ends, what is under way is left to be taken up."""
    begun: list[tuple[Door, threading.Thread]] = []

    def begin() -> None:
        if begun or run.path("phases/refine.json").exists():
            return
        for ask in refine.asks(run):
            if isinstance(ask.engine, HostedEngine):
                through = door(run, refine.PHASE)
                in_context = contextvars.copy_context().run
                thread = threading.Thread(target=in_context, args=(_quietly, through, ask, ask.engine), daemon=True)
                begun.append((through, thread))
                thread.start()

    try:
        yield begin
    finally:
        for through, thread in begun:
            through.stop()
            # What asks on after the end would write to the record unlocked, and meet no rehearsed host any more.
            thread.join(_PATIENCE_S)


def _quietly(through: Door, ask: Ask, engine: HostedEngine) -> None:
    """What goes wrong is on record already, and phase 5 will meet it again and say so."""
    try:
        through.ask_ahead(ask, engine)
    except VgkitError as error:
        log.info("music asked for early: %s", error)
