"""Whether a phase would be made again, which of its inputs changed, and what its calls would then cost.

It reads what the run would read and asks nobody, so that the answer is free and changes nothing."""

import importlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from vgkit.errors import ParameterError, PhaseNotReady
from vgkit.phases.asking import onlooker
from vgkit.phases.report import Table, dollars
from vgkit.phases.step import PHASES
from vgkit.pipeline import settings_by_phase, validity_of
from vgkit.run import Run

_MEANS = {
    "cached": "in the cache",
    "open": "taken up where it was left",
    "here": "made on this machine",
    "bought": "bought",
}
_SHOWN = 48
_DIGEST = 64


@dataclass(frozen=True)
class Change:
    """An input that is not what it was; empty where there was or is none."""

    name: str
    before: str
    now: str


@dataclass(frozen=True)
class Foreseen:
    """What one call would be: in the cache, taken up, made here or bought, and for about how many US dollars."""

    subject: str
    engine: str
    means: str
    usd: Decimal


@dataclass(frozen=True)
class Why:
    """The answer for one phase of a run. ``first`` names earlier phases that would be made before it, and may change
    what it reads; what stands here holds for what it would read now."""

    run: str
    phase: str
    again: bool
    reason: str
    first: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    calls: tuple[Foreseen, ...] = ()

    @property
    def usd(self) -> Decimal:
        """What all its calls would cost."""
        return sum((call.usd for call in self.calls), Decimal(0))

    @property
    def as_json(self) -> dict[str, Any]:
        """All of it, for a script."""
        return {**asdict(self), "usd": self.usd}

    def __str__(self) -> str:
        stands = "stands" if not self.again else "would be made again" if self.changes else "would be made"
        lines = [f"{self.phase} of {self.run} {stands}: {self.reason}."]
        if self.first:
            lines.append(f"Before it {', '.join(self.first)} would be made, which may change what it reads.")
        if self.changes:
            rows = tuple((c.name, *_beside(c.before, c.now)) for c in self.changes)
            lines.append(f"\n{Table('Inputs that changed', ('input', 'before', 'now'), rows)}\n")
        if self.calls:
            bought = tuple((c.subject, c.engine, _MEANS[c.means], _price(c.usd)) for c in self.calls)
            lines += [self._sum(), str(Table("", ("for", "engine", "would be", "about"), bought)).lstrip("\n")]
        return "\n".join(lines)

    def _sum(self) -> str:
        counts = Counter(call.means for call in self.calls)
        parts = [f"{counts[means]} {word}" for means, word in _MEANS.items() if counts[means]]
        what = "1 call" if len(self.calls) == 1 else f"{len(self.calls)} calls"
        return f"{what}: {', '.join(parts)}; {f'about {dollars(self.usd)}' if self.usd else 'nothing to pay'}."


def why(run: Run, phase: str) -> Why:
    """Say why a phase would be made again or not, under the run's own settings. Raises ParameterError for no phase."""
    if phase not in PHASES:
        raise ParameterError(f"{phase!r} is no phase. The phases are {', '.join(PHASES)}.")
    settings = settings_by_phase(run.settings)
    first = tuple(p for p in PHASES[: PHASES.index(phase)] if _again(run, p, settings[p]))
    try:
        state = validity_of(run, phase, settings[phase])
        changes = _changes(run, phase, settings[phase])
        calls = () if state.valid else _calls(run, phase, settings[phase])
    except (PhaseNotReady, FileNotFoundError):
        return Why(run.name, phase, again=True, reason="what it reads is not there yet", first=first)
    return Why(run.name, phase, not state.valid, state.reason.rstrip("."), first, changes, calls)


def _again(run: Run, phase: str, settings: Mapping[str, Any]) -> bool:
    try:
        return not validity_of(run, phase, settings).valid
    except PhaseNotReady:
        return True


def _changes(run: Run, phase: str, settings: Mapping[str, Any]) -> tuple[Change, ...]:
    record = run.path(f"phases/{phase}.json")
    if not record.exists():
        return ()
    before = json.loads(record.read_text("utf-8"))["inputs"]
    now = importlib.import_module(f"vgkit.phases.{phase}").inputs(run, **settings)
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return tuple(Change(name, before.get(name, ""), now.get(name, "")) for name in names)


def _calls(run: Run, phase: str, settings: Mapping[str, Any]) -> tuple[Foreseen, ...]:
    asks = getattr(importlib.import_module(f"vgkit.phases.{phase}"), "asks", None)
    if asks is None:
        return ()
    door = onlooker(run, phase)
    accepted = asks.__kwdefaults__ or {}
    wanted: Sequence[Any] = asks(run, **{name: value for name, value in settings.items() if name in accepted})
    seen = [(ask, door.foresee(ask)) for ask in wanted]
    return tuple(Foreseen(a.subject, f"{a.engine.name}@{a.engine.host}", f.means, f.usd) for a, f in seen)


def _beside(before: str, now: str) -> tuple[str, str]:
    """Shorten two texts to where they differ; of digests, which say nothing to a person, the first letters will do."""
    if len(before) == len(now) == _DIGEST:
        return before[:12], now[:12]
    same = next((n for n, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), min(len(before), len(now)))
    start = max(same - _SHOWN // 3, 0) if max(len(before), len(now)) > _SHOWN else 0
    return _cut(before, start), _cut(now, start)


def _cut(text: str, start: int) -> str:
    shown = text[start : start + _SHOWN]
    return f"{'…' if start else ''}{shown}{'…' if start + _SHOWN < len(text) else ''}" or "(nothing)"


def _price(usd: Decimal) -> str:
    return dollars(usd) if usd else ""
