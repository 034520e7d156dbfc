"""What a hosted engine is, and what its host must do.

An engine says which calls a request takes and what they cost; a host makes one call at a time and knows it again later.
Neither spends anything by itself: the door in ``spend`` asks them, in an order in which nothing is paid twice."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from vgkit.engines.base import Engine, Request

State = Literal["waiting", "running", "succeeded", "failed", "canceled", "aborted"]


@dataclass(frozen=True)
class Attachment:
    """A file that an order sends. ``adapter`` names what is made of ``source`` on the way (see ``adapters``).

    The call is known again by the source's bytes, the adapter and its settings, never by what an encoder made of them.
    """

    source: Path
    adapter: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """One call that may cost: all that decides the result, and what it is expected to take.

    ``params`` is what the model is given, by its own names; files stand in it as Attachment. ``suffix`` says what comes
    back (``.mp4``, ``.png``, ``.wav``, ``.json``), ``step`` which of several calls of a request this is.
    """

    model: str
    version: str
    params: Mapping[str, Any]
    suffix: str
    estimate_usd: Decimal
    typical_s: float
    deadline_s: float = 900.0
    step: str = ""
    adapter: str = ""


@dataclass(frozen=True)
class Standing:
    """How a call stands on its host.

    ``output`` is as the host gave it: an address, a list of them, a ``data:`` address, text. ``seconds`` is the time
    that is billed. ``facts`` is what else should be on record: boot seconds, tokens, the version the host says it used.
    """

    prediction: str
    state: State
    output: Any = None
    seconds: float | None = None
    error: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in ("waiting", "running")


class ReplyLost(Exception):
    """A call may have been created or not: its reply was lost. The door looks for it before it asks again."""


class UnknownCall(Exception):
    """The host does not know this prediction (any more)."""


class OutputGone(Exception):
    """A result that was paid for can't be had any more: the host has removed it, or what it serves does not decode."""


class Host(Protocol):
    """Makes calls and knows them again. All methods may be used from several threads at once.

    Each obeys rate limits by waiting, retries what is certain to be safe, and raises KeyMissing, KeyRejected,
    CreditExhausted or HostUnavailable where no call would fare better.
    """

    name: str
    at_once: int  # how many calls may be open side by side
    keeps_list: bool  # whether a call whose reply was lost can be looked up with ``find``

    def check_key(self) -> None:
        """Make sure that there is a key, without asking the host about it. Raises KeyMissing."""
        ...

    def create(self, order: Order, files: Mapping[str, str]) -> Standing:
        """Create the call; ``files`` has the address of each attachment, by parameter, as ``attach`` gave it.

        Raises OrderRejected (422) and PromptRefused, both certain not to have created anything, and ReplyLost where
        that is not certain. A host that answers in one go returns what is over already.
        """
        ...

    def attach(self, path: Path) -> str:
        """Make a file known to the host, and return the address an order can name it by. Costs nothing."""
        ...

    def look(self, prediction: str) -> Standing:
        """See how a call stands now. Raises UnknownCall."""
        ...

    def cancel(self, prediction: str) -> Standing:
        """Stop a call that may be running; one that is over stays as it is. Raises UnknownCall."""
        ...

    def find(
        self, order: Order, files: Mapping[str, str], *, since: datetime, known: Collection[str]
    ) -> Standing | None:
        """Look for a call whose reply was lost among those created since a moment, leaving out predictions that are
        ``known``. None where there is none."""
        ...

    def fetch(self, standing: Standing, out: Path) -> None:
        """Bring the result to ``out``, whole or not at all. Raises OutputGone."""
        ...


@runtime_checkable
class HostedEngine(Engine, Protocol):
    """An engine whose work is a short chain of calls to a host."""

    client: Host

    def next_order(self, request: Request, results: Sequence[Path]) -> Order | None:
        """The call to make after those whose raw results are given; None when the request is served. Pure."""
        ...

    def finish(self, request: Request, results: Sequence[Path], out: Path) -> Mapping[str, Any]:
        """Turn the raw results into what the role asks for, in ``out``; return facts for the record. Costs nothing.

        Raises PromptRefused or EngineFailed where they can't be used.
        """
        ...

    def cost_usd(self, order: Order, standing: Standing) -> Decimal:
        """What a call that is over has cost, by the dated price list."""
        ...

    def forecast(self, request: Request) -> Sequence[Order]:
        """The calls a request is expected to take, as far as they are known before any is made. Pure."""
        ...

    def vary(self, request: Request, attempt: int) -> Request:
        """The request to make instead after ``attempt`` failures (1, 2, …): another seed."""
        ...
