"""Calls that a run has left open on hosts, and no one will take up: they are stopped and settled, so that no bill comes
that is not on record."""

from dataclasses import dataclass
from decimal import Decimal

from vgkit.brief import Role
from vgkit.engines.hosted import HostedEngine, Order
from vgkit.engines.open_calls import CallBook, OpenCall
from vgkit.engines.registry import engine_for
from vgkit.engines.remote_call import RemoteCall
from vgkit.phases.asking import door
from vgkit.run import Run


@dataclass(frozen=True)
class Settled:
    """A call that was open: what it was for, and what it has cost."""

    subject: str
    engine: str
    prediction: str
    cost_usd: Decimal


def open_calls(run: Run) -> list[OpenCall]:
    """What a run has under way on hosts, as far as its events tell."""
    book = CallBook(run.folder.parent, rehearsal=run.name if run.rehearsal is not None else "")
    book.refresh()
    return [call for call in book.open_in(run.name) if call.fields["host"] != "local"]


def cancel_open(run: Run) -> list[Settled]:
    """Cancel what a run has under way on hosts, and settle it. Raises HostError where a host can't be worked with."""
    return [_cancel(run, call) for call in open_calls(run)]


def _cancel(run: Run, found: OpenCall) -> Settled:
    role: Role = found.fields["role"]
    reference = f"{found.fields['engine']}@{found.fields['host']}"
    engine = engine_for(role, reference)
    assert isinstance(engine, HostedEngine)
    call = RemoteCall(
        engine,
        _order_of(found),
        found.fields["fingerprint"],
        found.events,
        found.fields,
        door(run, found.fields["phase"]).within,
        found.prediction,
    )
    if not call.prediction and not call.search({}, since=found.reserved_at):
        call.tell("call_failed", cost_usd=Decimal(0), error="Canceled", message="it was never created")
        return Settled(found.fields["subject"], reference, "", Decimal(0))
    return Settled(found.fields["subject"], reference, call.prediction, call.cancel())


def _order_of(found: OpenCall) -> Order:
    """As much of the order as its record tells; enough to find it, to stop it and to know its price."""
    return Order(
        model="",
        version=found.fields.get("version", ""),
        params=found.params,
        suffix="",
        estimate_usd=found.estimate_usd,
        typical_s=0.0,
    )
