"""How far a run is, folded from its events and from nothing else.

So every view, in a terminal or a notebook, of our own run or of another process's, tells the same story."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, NamedTuple

from vgkit.ledger import Event

PhaseState = Literal["waiting", "running", "done", "kept", "failed", "stopped"]
RunState = Literal["waiting", "running", "success", "degraded", "failed", "stopped"]

_PACES = (0.25, 4.0)  # one odd phase must not bend the whole forecast further than this


@dataclass(frozen=True)
class PhaseProgress:
    """One phase: its state, what it costs, how much of it is done, and where something lesser stands in."""

    phase: str
    state: PhaseState = "waiting"
    started_at: datetime | None = None
    moved_at: datetime | None = None
    seconds: float | None = None
    cost_usd: Decimal = Decimal(0)
    done: int = 0
    total: int = 0
    label: str = ""
    degraded: tuple[str, ...] = ()

    def elapsed_s(self, now: datetime) -> float | None:
        """Seconds it took, or has been running; None before it starts."""
        if self.seconds is None and self.state == "running" and self.started_at:
            return max((now - self.started_at).total_seconds(), 0.0)
        return self.seconds

    def expected_s(self, typical_s: float | None) -> float | None:
        """Seconds it will take in all: as it usually does at first, then more and more as it goes this time."""
        if not (self.done and self.total and self.started_at and self.moved_at):
            return typical_s
        share = min(self.done / self.total, 1.0)
        at_this_pace = (self.moved_at - self.started_at).total_seconds() / share
        return at_this_pace if typical_s is None else share * at_this_pace + (1 - share) * typical_s


class Charge(NamedTuple):
    """Which phase a call belongs to, as far as is known, and what it has cost."""

    phase: str = ""
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True)
class RunProgress:
    """A run as it stands; ``after`` an event there is a new one."""

    phases: tuple[PhaseProgress, ...]
    typical_s: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    run: str = ""
    profile: str = ""
    state: RunState = "waiting"
    started_at: datetime | None = None
    seconds: float | None = None
    message: str = ""
    film: str = ""
    calls: Mapping[str, Charge] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, phases: Sequence[str], *, typical_s: Mapping[str, float] | None = None) -> "RunProgress":
        """A run that has not begun: its phases in order, and the seconds each usually takes where that is known."""
        return cls(tuple(PhaseProgress(phase) for phase in phases), MappingProxyType(dict(typical_s or {})))

    def after(self, event: Event) -> "RunProgress":
        """Take in one event. Kinds that change nothing here, such as metrics, change nothing."""
        if event.kind == "run_started":
            return self._started(event)
        if event.kind == "run_finished":
            return self._finished(event)
        if event.kind.startswith("call_"):
            return self._called(event)
        if event.kind == "fallback":
            phase = self._phase(event["phase"])
            return self._with(replace(phase, degraded=_joined(phase.degraded, [event["subject"]])))
        return self._moved(event) if event.kind in _MOVES else self

    @property
    def cost_usd(self) -> Decimal:
        """What all phases have spent, in this attempt and before."""
        return sum((phase.cost_usd for phase in self.phases), Decimal(0))

    @property
    def degraded(self) -> tuple[str, ...]:
        """The subjects for which something lesser stands in, such as ``s03``."""
        return _joined((), [name for phase in self.phases for name in phase.degraded])

    def elapsed_s(self, now: datetime) -> float | None:
        """Seconds since this attempt began; None before."""
        if self.seconds is None and self.started_at:
            return max((now - self.started_at).total_seconds(), 0.0)
        return self.seconds

    def remaining_s(self, now: datetime) -> float | None:
        """Seconds until the end, at the pace of what is done; None where a phase to come has no known length."""
        if self.state not in ("waiting", "running"):
            return None
        to_come = [self.phase_remaining_s(phase, now) for phase in self.phases if phase.state in ("waiting", "running")]
        known = [each for each in to_come if each is not None]
        return sum(known) if len(known) == len(to_come) else None

    def phase_remaining_s(self, phase: PhaseProgress, now: datetime) -> float | None:
        """Seconds until a phase ends, counted from its start while it waits; None where that is not known."""
        if phase.state not in ("waiting", "running"):
            return None
        typical = self.typical_s.get(phase.phase)
        expected = phase.expected_s(None if typical is None else typical * self._pace())
        return None if expected is None else max(expected - (phase.elapsed_s(now) or 0.0), 0.0)

    def _pace(self) -> float:
        """How slow this run is beside the usual one, from the phases it has done."""
        done = [phase for phase in self.phases if phase.state == "done" and phase.phase in self.typical_s]
        usual_s = sum(self.typical_s[phase.phase] for phase in done)
        took_s = sum(phase.seconds or 0.0 for phase in done)
        return min(max(took_s / usual_s, _PACES[0]), _PACES[1]) if usual_s > 0 else 1.0

    def _started(self, event: Event) -> "RunProgress":
        # A run that is resumed starts again; what it spent stays spent, and what is degraded is so until made again.
        phases = tuple(PhaseProgress(p.phase, cost_usd=p.cost_usd, degraded=p.degraded) for p in self.phases)
        again = RunProgress(phases, self.typical_s, calls=self.calls)
        return replace(again, run=event.run, profile=event["profile"], state="running", started_at=event.at)

    def _finished(self, event: Event) -> "RunProgress":
        left: PhaseState = "failed" if event["state"] == "failed" else "stopped"
        phases = tuple(
            replace(phase, state=left, seconds=phase.elapsed_s(event.at)) if phase.state == "running" else phase
            for phase in self.phases
        )
        message, film = event.get("message") or "", event.get("film") or ""
        return replace(self, phases=phases, state=event["state"], seconds=event["seconds"], message=message, film=film)

    def _called(self, event: Event) -> "RunProgress":
        """Count what a call really cost, once; perhaps only its reservation said which phase it belongs to."""
        before = self.calls.get(event["call"], Charge())
        paid = event.usd("cost_usd") if event.kind in ("call_settled", "call_failed") else before.cost_usd
        charge = Charge(event.get("phase") or before.phase, paid)
        known = replace(self, calls=MappingProxyType({**self.calls, event["call"]: charge}))
        if charge.cost_usd == before.cost_usd or not charge.phase:
            return known
        phase = self._phase(charge.phase)
        return known._with(replace(phase, cost_usd=phase.cost_usd + charge.cost_usd - before.cost_usd))

    def _moved(self, event: Event) -> "RunProgress":
        phase = self._phase(event["phase"])
        if event.kind == "phase_started":
            return self._with(PhaseProgress(phase.phase, "running", event.at, event.at, cost_usd=phase.cost_usd))
        if event.kind == "phase_skipped":
            return self._with(replace(phase, state="kept", label=event["reason"]))
        if event.kind == "progress":
            moved = replace(phase, moved_at=event.at, done=event["done"], total=event["total"])
            return self._with(replace(moved, label=event.get("label") or ""))
        # A phase may know of costs that its calls do not show; never count the same dollar twice.
        cost_usd = max(phase.cost_usd, event.usd("cost_usd"))
        ended = replace(phase, seconds=event.get("seconds", phase.elapsed_s(event.at)), cost_usd=cost_usd)
        if event.kind == "phase_failed":
            return self._with(replace(ended, state="failed", label=event["error"]))
        degraded = _joined((), event.get("degraded", phase.degraded))
        return self._with(replace(ended, state="done", label=_yield_of(event), degraded=degraded))

    def _phase(self, name: str) -> PhaseProgress:
        return next((phase for phase in self.phases if phase.phase == name), PhaseProgress(name))

    def _with(self, changed: PhaseProgress) -> "RunProgress":
        if changed.phase not in [phase.phase for phase in self.phases]:
            return replace(self, phases=(*self.phases, changed))
        return replace(self, phases=tuple(changed if p.phase == changed.phase else p for p in self.phases))


_MOVES = frozenset({"phase_started", "phase_skipped", "phase_finished", "phase_failed", "progress"})


def _yield_of(event: Event) -> str:
    """Say what a phase made and what it could keep: ``10 made, 2 kept``."""
    counts = [(event.get(word), word) for word in ("made", "kept")]
    return ", ".join(f"{_count(value)} {word}" for value, word in counts if value)


def _joined(known: Sequence[str], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))


def _count(value: object) -> object:
    return len(value) if isinstance(value, list | tuple | dict) else value
