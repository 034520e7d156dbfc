"""What goes on at hosts on behalf of a run, folded from its events: calls that have no end on record."""

from dataclasses import dataclass, field
from decimal import Decimal

from vgkit.ledger import Event
from vgkit.ledger.kinds import CALL_ENDS


@dataclass
class OpenCalls:
    """Calls to hosts that are open, with the most that each is expected to cost, in US dollars."""

    _open: dict[str, Decimal] = field(default_factory=dict)

    def after(self, event: Event) -> None:
        """Take in one event."""
        if event.kind == "call_reserved" and event["host"] != "local":
            self._open[event["call"]] = event.usd("cost_usd")
        elif event.kind in CALL_ENDS:
            self._open.pop(event["call"], None)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._open)

    @property
    def usd(self) -> Decimal:
        """What they may cost in all."""
        return sum(self._open.values(), Decimal(0))
