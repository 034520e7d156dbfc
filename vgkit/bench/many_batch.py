"""Makes a batch of thousands of films in a process of its own, by a crew whose films are there at once.

All of it is as ``vgkit batch run`` does it but for the films: each writes into its record what a real one does, and a
file stands for its film. Ends itself as ``kill -9`` would where it is asked to, so that going on can be timed."""

import json
import os
import random
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from secrets import token_hex

from vgkit.batch.check import plan
from vgkit.batch.costs import costs_of
from vgkit.batch.crew import Ending, Job
from vgkit.batch.make import How, make_batch
from vgkit.batch.spec import read_spec
from vgkit.batch.threads import ThreadCrew
from vgkit.batch.view import watching
from vgkit.bench.synthetic_runs import happenings
from vgkit.files import write_json
from vgkit.halt import Halt
from vgkit.lock import RunLock
from vgkit.places import runs_dir
from vgkit.run import Run

REHEARSAL = {"speed": 1000.0, "faults": "none", "seed": 1}
AT_ONCE = 16
_LOOKS = 20


@dataclass
class Leg:
    """What one process saw: how far it came, when, with how much memory. Times are of the clock that all share."""

    planned_at: float = 0.0
    first_begun_at: float = 0.0
    first_begun_cpu_s: float = 0.0  # what this process had computed by then
    last_ended_at: float = 0.0
    summed_up_at: float = 0.0
    begun: int = 0
    cpu_s: float = 0.0  # of this process, from the first film that it began to the last that ended
    turn_s: float = 0.0  # spent in writing the films' records, by all threads together
    planned_mb: float = 0.0
    held_mb: list[tuple[int, float]] = field(default_factory=list)  # films that have ended by then, and memory
    peak_mb: float = 0.0


class Crew(ThreadCrew):
    """Makes films that are there at once. After so many it ends the process, if it is to; 0: never."""

    def __init__(self, leg: Leg, result: Path, *, films: int, killed_after: int) -> None:
        super().__init__(at_once=AT_ONCE, hosted=True, turn=self._turn)
        self._leg, self._result, self._killed_after = leg, result, killed_after
        self._look_every, self._ended = max(films // _LOOKS, 1), 0

    def begin(self, job: Job) -> None:
        if not self._leg.begun:
            self._leg.first_begun_at, self._leg.first_begun_cpu_s = time.time(), time.process_time()
        self._leg.begun += 1
        super().begin(job)

    def ended(self, timeout_s: float) -> Ending | None:
        ending = super().ended(timeout_s)
        if ending:
            self._ended += 1
            if self._ended % self._look_every == 0 or self._ended == self._killed_after:
                self._look()
            if self._ended == self._killed_after:
                write_json(self._result, asdict(self._leg))
                os.kill(os.getpid(), signal.SIGKILL)
        return ending

    def _look(self) -> None:
        leg = self._leg
        leg.held_mb.append((self._ended, memory_mb("VmRSS")))
        leg.last_ended_at, leg.cpu_s = time.time(), time.process_time() - leg.first_begun_cpu_s

    def _turn(self, job: Job, *, halt: Halt, gate: object) -> Ending:
        begun = time.thread_time()
        ending = make_at_once(job)
        self._leg.turn_s += time.thread_time() - begun
        return ending


def make_at_once(job: Job) -> Ending:
    """Put on record what a film's run does from start to end, in one go."""
    run = Run.open(runs_dir() / job.run)
    number = run.brief.seed or 0
    with RunLock(run.folder):
        said = [(kind, fields) for kind, fields in happenings(number, random.Random(number)) if kind != "run_started"]
        brief, batch = run.brief.model_dump(mode="json"), run.batch.name if run.batch else None
        run.events.write("run_started", brief=brief, profile="dev", engines={}, rehearsal=True, batch=batch)
        with run.events.path.open("a", encoding="utf-8") as file:
            file.writelines(_line(run.name, kind, fields) for kind, fields in said)
        (run.folder / "film.mp4").touch()
    state = said[-1][1]["state"]
    return Ending(job.run, state, said[-1][1]["seconds"], Decimal(said[-1][1]["cost_usd"]), attempt=job.attempt)


def _line(run: str, kind: str, fields: dict[str, object]) -> str:
    now = time.time_ns()
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9)) + f".{now // 1000 % 10**6:06d}Z"
    told = {"id": f"{now:016x}{token_hex(4)}", "run": run, "at": at, "kind": kind, **fields}
    return json.dumps(told, separators=(",", ":")) + "\n"


def memory_mb(name: str) -> float:
    """Memory of this process in MB, as Linux tells it: ``VmRSS`` now, ``VmHWM`` at its most."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def make(file: Path, killed_after: int, result: Path) -> None:
    """Make the batch of a file as the command does, and write down what was seen."""
    leg = Leg()
    films = plan(read_spec(file), rehearsal=REHEARSAL)
    costs = costs_of(films)
    sys.stderr.write(f"{costs}\n{list(costs.over())}\n")
    del costs
    leg.planned_at, leg.planned_mb = time.time(), memory_mb("VmRSS")
    crew = Crew(leg, result, films=len(films), killed_after=killed_after)
    with watching(films[0].batch.cap_usd) as looked:
        make_batch(films, How(), file=file, crew=crew, looked=looked, room=lambda _: None)
    leg.summed_up_at, leg.peak_mb = time.time(), memory_mb("VmHWM")
    write_json(result, asdict(leg))


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
