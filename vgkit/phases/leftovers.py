"""Calls that a run has left open on hosts, and no one will take up: they are stopped and settled, so that no bill comes
that is not on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from vgkit.brief import Role
from vgkit.engines.hosted import Attachment, HostedEngine, Order
from vgkit.engines.open_calls import CallBook, OpenCall
from vgkit.engines.registry import engine_for
from vgkit.engines.remote_call import RemoteCall
from vgkit.phases.asking import Payer, door
from vgkit.phases.step import PHASES


@dataclass(frozen=True)
class Settled:
    """A call that was open: what it was for, and what it has cost."""

    subject: str
    engine: str
    prediction: str
    cost_usd: Decimal


def open_calls(payer: Payer) -> list[OpenCall]:
    """What a run, or a lab, has under way on hosts, as far as its events tell."""
    book = CallBook(payer.folder.parent, rehearsal=payer.world)
    book.refresh(only=payer.folder.name)
    return [call for call in book.open_in(payer.name) if call.fields["host"] != "local"]


def cancel_open(payer: Payer, *, phases: Sequence[str] = PHASES) -> list[Settled]:
    """Cancel what a run, or a lab, has under way on hosts for some phases, and settle it.

    Raises HostError where a host can't be worked with.
    """
    return [_cancel(payer, call) for call in open_calls(payer) if call.fields["phase"] in phases]


def _cancel(payer: Payer, found: OpenCall) -> Settled:
    role: Role = found.fields["role"]
    reference = f"{found.fields['engine']}@{found.fields['host']}"
    engine = engine_for(role, reference)
    call = RemoteCall(
        engine,
        _order_of(found),
        found.fields["fingerprint"],
        found.events,
        found.fields,
        door(payer, found.fields["phase"]).within,
        found.prediction,
    )
    cost_usd = _ended(call, found)
    return Settled(found.fields["subject"], reference, call.prediction, cost_usd)


def _ended(call: RemoteCall, found: OpenCall) -> Decimal:
    """What it has cost, once it is canceled, or known never to have been created."""
    engine: object = call.engine  # a third party's own may work in one go
    if not isinstance(engine, HostedEngine) or not (call.prediction or engine.client.keeps_list):
        call.write_off("Canceled", "the process ended before the reply; it may have been charged")
        return found.estimate_usd
    if not call.prediction and not call.search(_addresses(found), since=found.reserved_at):
        call.tell("call_failed", cost_usd=Decimal(0), error="Canceled", message="it was never created")
        return Decimal(0)
    return call.cancel()


def _addresses(found: OpenCall) -> dict[str, str]:
    """Where the files it was sent lie; of those that went along inside it only digests are on record."""
    return {name: value for name, value in found.params.items() if str(value).startswith(("http://", "https://"))}


def _order_of(found: OpenCall) -> Order:
    """As much of the order as its record tells; enough to find it, to stop it and to know its price."""
    files = {name for name, value in found.params.items() if str(value).startswith("data:")} | _addresses(found).keys()
    return Order(
        model="",
        version=found.fields.get("version", ""),
        params={name: Attachment(Path()) if name in files else value for name, value in found.params.items()},
        suffix="",
        estimate_usd=found.estimate_usd,
        typical_s=0.0,
    )
