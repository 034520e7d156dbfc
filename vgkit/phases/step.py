"""What all phases share: whether there is anything to do, and the record of having done it.

A phase's work is valid while a fingerprint of its inputs is the one on record and its files are the ones it made; that
a file merely exists says nothing, for a killed process leaves files too."""

import contextlib
import importlib
import json
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.errors import VgkitError
from vgkit.files import sha256_of, write_json
from vgkit.ledger import read_events
from vgkit.lock import RunLock
from vgkit.run import Run
from vgkit.runlog import logging_to

log = logging.getLogger(__name__)

_VERBS = {
    "validate": "plan_storyboard",
    "animatic": "draw_animatic",
    "references": "gather_references",
    "chunks": "make_chunks",
    "refine": "refine_film",
    "export": "export_film",
}
PHASES = tuple(_VERBS)
Inputs = Mapping[str, str]


@dataclass(frozen=True)
class Validity:
    """Whether a phase's work still stands, and the reason in a person's words."""

    valid: bool
    reason: str


@dataclass
class Step:
    """A phase at work, and the files it answers for."""

    run: Run
    phase: str
    needed: bool
    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    degraded: list[str] = field(default_factory=list)  # what had to be replaced by something lesser

    def make(self, path: Path, **media: Any) -> Path:
        """Put a file that was just made on record."""
        name = path.relative_to(self.run.folder).as_posix()
        self.outputs[name] = self.run.artifact(self.phase, path, **media)
        self.made.append(name)
        return path

    def keep(self, path: Path) -> None:
        """Go on answering for a file that an earlier turn of the phase made and put on record."""
        name = path.relative_to(self.run.folder).as_posix()
        self.outputs[name] = sha256_of(path)
        self.kept.append(name)

    def progress(self, done: int, total: int, label: str) -> None:
        """Tell how far the phase is."""
        self.run.events.write("progress", phase=self.phase, done=done, total=total, label=label)


def catch_up(run: Run, phase: str) -> None:
    """Make what comes before ``phase`` and was never made, where a person opened a notebook without naming a run.

    A run that was named is left to whoever named it: there a missing input is an error that names the phase to run.
    """
    if run.by_hand:
        for earlier in PHASES[: PHASES.index(phase)]:
            if _record(run, earlier) is None:
                log.info("%s comes first: it was never made", earlier)
                getattr(importlib.import_module(f"vgkit.phases.{earlier}"), _VERBS[earlier])(run)


@contextlib.contextmanager
def begin(run: Run, phase: str, inputs: Inputs) -> Iterator[Step]:
    """Hold the run for one phase. The block works only where ``step.needed``; what it makes is then on record.

    Raises RunBusy where another process works in the run; an error in the block is recorded as the phase's failure.
    """
    with RunLock(run.folder), logging_to(run.path("run.log")):
        state = validity(run, phase, inputs)
        if state.valid:
            skip(run, phase, state)
            yield Step(run, phase, needed=False, kept=sorted(_record(run, phase)["outputs"]))
            return
        step = Step(run, phase, needed=True)
        log.info("%s begins: %s", phase, state.reason)
        begun = time.perf_counter()
        run.events.write("phase_started", phase=phase, attempt=_attempt(run, phase), pid=os.getpid())
        try:
            yield step
        except BaseException as error:
            _record_failure(run, phase, error, time.perf_counter() - begun)
            raise
        _record_success(step, inputs, time.perf_counter() - begun)


def validity(run: Run, phase: str, inputs: Inputs) -> Validity:
    """Compare a phase's record with what it would read now, and its files with what it made."""
    record = _record(run, phase)
    if record is None:
        return Validity(False, "not made yet")
    changed = sorted(name for name in {*record["inputs"], *inputs} if record["inputs"].get(name) != inputs.get(name))
    if changed:
        return Validity(False, f"changed: {', '.join(_difference(n, record['inputs'], inputs) for n in changed[:3])}")
    for name, digest in record["outputs"].items():
        path = run.path(name)
        if name in record.get("let_go", ()):
            continue
        if not path.is_file():
            return Validity(False, f"{name} is gone")
        if sha256_of(path) != digest:
            return Validity(False, f"{name} is not as it was made")
    return Validity(True, f"unchanged since {record['at']}; {len(record['outputs'])} files kept")


def skip(run: Run, phase: str, state: Validity) -> None:
    """Put on record that a phase's work stands, and its end too, if a crash came between the work and the record."""
    own = [
        event for event in read_events(run.events.path).of("phase_started", "phase_finished") if event["phase"] == phase
    ]
    if own and own[-1].kind == "phase_started":
        record = _record(run, phase)
        run.events.write(
            "phase_finished",
            phase=phase,
            seconds=record["seconds"],
            cost_usd=Decimal(record["cost_usd"]),
            made=sorted(record["outputs"]),
        )
    run.events.write("phase_skipped", phase=phase, reason=state.reason)


def standing(run: Run, phase: str) -> tuple[str, ...]:
    """Name the files a phase made that are still there."""
    record = _record(run, phase) or {"outputs": {}}
    return tuple(name for name in record["outputs"] if run.path(name).is_file())


def let_go(run: Run, phase: str, names: Sequence[str]) -> None:
    """Remove files that a phase made, and note it, so that they are not missed: what was made of them still stands."""
    record = _record(run, phase)
    write_json(run.path(f"phases/{phase}.json"), {**record, "let_go": sorted({*record.get("let_go", ()), *names})})
    for name in names:
        run.path(name).unlink(missing_ok=True)
        log.info("%s was let go", name)


def degraded(run: Run) -> tuple[str, ...]:
    """Name what the run's phases, as they stand, had to replace by something lesser."""
    return tuple(name for phase in PHASES for name in (_record(run, phase) or {}).get("degraded", ()))


def incomplete(run: Run, *, before: str) -> tuple[str, ...]:
    """Name the earlier phases whose files were let go; a later phase that must be made anew needs them again.

    The export does not: it reads the film alone, which is never let go.
    """
    earlier = () if before == "export" else PHASES[: PHASES.index(before)]
    return tuple(phase for phase in earlier if (_record(run, phase) or {}).get("let_go"))


def made_digest(run: Run, phase: str, name: str) -> str:
    """The digest of a file that an earlier phase made, as an input; known even after it was let go.

    Raises PhaseNotReady where the phase has not made it.
    """
    record = _record(run, phase)
    if record and name in record.get("let_go", ()):
        return str(record["outputs"][name])
    return sha256_of(run.made(name, phase=phase))


def forget(run: Run, phase: str) -> None:
    """Strike a phase's record, so that it is made again."""
    run.path(f"phases/{phase}.json").unlink(missing_ok=True)


def cost_of(run: Run, phase: str) -> Decimal:
    """Sum what a phase's calls have cost since its last end; what was asked for ahead of it counts, and what failed."""
    cost = Decimal(0)
    for event in read_events(run.events.path):
        if event.get("phase") == phase:
            if event.kind in ("phase_finished", "phase_failed"):
                cost = Decimal(0)
            elif event.kind in ("call_settled", "call_failed"):
                cost += event.usd("cost_usd")
    return cost


def digest_of(path: Path | None) -> str:
    """A file's digest as an input; ``none`` where there is no file."""
    return "none" if path is None else sha256_of(path)


def _record(run: Run, phase: str) -> Any:
    try:
        return json.loads(run.path(f"phases/{phase}.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _difference(name: str, before: Inputs, now: Inputs) -> str:
    old, new = before.get(name, "nothing"), now.get(name, "nothing")
    is_digest = len(old) == 64 or len(new) == 64
    return name if is_digest else f"{name} from {old[:40]!r} to {new[:40]!r}"


def _attempt(run: Run, phase: str) -> int:
    earlier = [event for event in read_events(run.events.path).of("phase_started") if event["phase"] == phase]
    return 1 + len(earlier)


def _record_success(step: Step, inputs: Inputs, seconds: float) -> None:
    run, phase = step.run, step.phase
    cost = cost_of(run, phase)
    at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    record = {"inputs": dict(inputs), "outputs": step.outputs, "at": at, "seconds": round(seconds, 3)}
    lesser: dict[str, Any] = {"degraded": step.degraded} if step.degraded else {}
    write_json(run.path(f"phases/{phase}.json"), {**record, "cost_usd": str(cost), **lesser})
    told: dict[str, Any] = {"made": step.made, "kept": step.kept, **lesser}
    run.events.write("phase_finished", phase=phase, seconds=seconds, cost_usd=cost, **told)
    log.info("%s done in %.1f s for $%s: %d files", phase, seconds, cost, len(step.outputs))


def _record_failure(run: Run, phase: str, error: BaseException, seconds: float) -> None:
    message = str(error) or type(error).__name__
    log.error("%s failed: %s: %s", phase, type(error).__name__, message)
    # A full disk must not hide the error it caused behind a second one.
    with contextlib.suppress(VgkitError):
        run.events.write("phase_failed", phase=phase, error=type(error).__name__, message=message, seconds=seconds)
