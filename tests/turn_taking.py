"""Holds a turn among launched films, so that others must wait."""

from collections.abc import Iterator
from contextlib import contextmanager

from vgkit.studio.turns import ticket, turn


@contextmanager
def turn_of(run: str) -> Iterator[None]:
    """Take a ticket and wait for its turn, as launcher and process do together."""
    with ticket(run) as (held, _), turn(held):
        yield
