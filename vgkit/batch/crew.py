"""Who makes the films of a batch: so many at once, wherever they are. The coordinator knows no more of it than this."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol, Self

from vgkit.errors import (
    ClusterError,
    CreditExhausted,
    EngineFailed,
    HostUnavailable,
    Interrupted,
    KernelDied,
    KeyMissing,
    KeyRejected,
    OrderRejected,
    PhaseFailed,
    PromptRefused,
    RunBusy,
    StoreError,
)

State = Literal["success", "degraded", "failed", "stopped", "unaffordable"]

# What another turn may mend: a host or worker that was away, a crash, results that came out useless under these seeds.
_AGAIN = (HostUnavailable, EngineFailed, PhaseFailed, KernelDied, RunBusy, ClusterError)
_NEVER = (PromptRefused, OrderRejected)
_HOPELESS = (KeyMissing, KeyRejected, CreditExhausted, StoreError)


@dataclass(frozen=True)
class Job:
    """A run to be made: its name, which is its folder's, and how often it was begun by this batch, from 1."""

    run: str
    attempt: int = 1


@dataclass(frozen=True)
class Ending:
    """How a turn of a run ended. ``seconds`` and ``cost_usd`` are of this turn.

    ``error`` is what kind of error ended it, in ``phase``; ``again`` says that another turn may fare better,
    ``hopeless`` that no other run would, for want of a key say.
    """

    run: str
    state: State
    seconds: float = 0.0
    cost_usd: Decimal = Decimal(0)
    phase: str = ""
    error: str = ""
    message: str = ""
    attempt: int = 1
    again: bool = False
    hopeless: bool = False

    @classmethod
    def of(
        cls, job: Job, error: Exception, *, seconds: float = 0.0, cost_usd: Decimal = Decimal(0), phase: str = ""
    ) -> Self:
        """How a turn ended by an error."""
        return cls(
            job.run,
            "stopped" if isinstance(error, Interrupted) else "failed",
            seconds,
            cost_usd,
            phase,
            type(error).__name__,
            str(error),
            job.attempt,
            again=isinstance(error, _AGAIN) and not isinstance(error, _NEVER),
            hopeless=isinstance(error, _HOPELESS),
        )

    @property
    def as_json(self) -> dict[str, Any]:
        """All of it, for a record."""
        return asdict(self)

    @property
    def well(self) -> bool:
        """Whether there is a film."""
        return self.state in ("success", "degraded")


class Crew(Protocol):
    """Makes runs side by side. One thread talks to it."""

    def room(self) -> int:
        """How many more runs may be begun now."""
        ...

    def begin(self, job: Job) -> None:
        """Begin a run. It may wait within for a place that it needs; how it ends is told by ``ended``."""
        ...

    def ended(self, timeout_s: float) -> Ending | None:
        """The next run that has ended; None where none has within the time."""
        ...

    def soon(self) -> None:
        """Have the runs under way stop after the phase each is in."""
        ...

    def now(self) -> None:
        """Have the runs under way stop at once, and cancel what they have open on hosts."""
        ...
