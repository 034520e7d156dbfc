"""What happened and what it cost. A run's events are the truth, the DuckDB file an index that anyone may delete;
the index is loaded only when asked for, since a phase's kernel writes events and has no need of a database."""

from typing import TYPE_CHECKING

from vgkit.ledger.events import Damage, Event, EventLog, Events
from vgkit.ledger.reading import read_events, read_new

if TYPE_CHECKING:
    from vgkit.ledger.database import Ledger

__all__ = ["Damage", "Event", "EventLog", "Events", "Ledger", "read_events", "read_new"]


def __getattr__(name: str) -> object:
    """Import the database when it is asked for (PEP 562)."""
    if name == "Ledger":
        from vgkit.ledger.database import Ledger

        return Ledger
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
