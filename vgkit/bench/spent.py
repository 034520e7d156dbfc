"""What a piece of work costs in a process of its own: wall seconds, CPU seconds of its threads and children, memory.

A fresh process each time, because memory once taken is rarely given back and imports are paid only once.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from vgkit.errors import EncodeFailed
from vgkit.files import write_json

_LOOK_AGAIN_S = 0.1


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock and of all cores; the most memory in MB that process and children held, 0 if unknown."""

    wall_s: float
    cpu_s: float
    peak_mb: float = 0.0

    def times(self, factor: float) -> "Spent":
        """Return what ``factor`` such pieces would take, one after the other."""
        return Spent(self.wall_s * factor, self.cpu_s * factor, self.peak_mb)


def timed(work: Callable[[], object]) -> Spent:
    """Do the work and count its seconds."""
    wall_s, cpu_s = time.perf_counter(), _cpu_s()
    work()
    return Spent(time.perf_counter() - wall_s, _cpu_s() - cpu_s)


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def spent_apart(module: str, *words: object, result: Path) -> Spent:
    """Run ``python -m module words... result`` and return what it wrote to ``result``, with its memory added."""
    command = [sys.executable, "-m", module, *map(str, words), str(result)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        peak_mb = 0.0
        while process.poll() is None:
            peak_mb = max(peak_mb, sum(map(_held_mb, family(process.pid))))
            time.sleep(_LOOK_AGAIN_S)
        said = process.stderr.read().decode(errors="replace") if process.stderr else ""
    if process.returncode:
        raise EncodeFailed(
            f"{' '.join(command[1:])} ended with code {process.returncode}. Its last words: {said[-600:]}"
        )
    kept = json.loads(result.read_text("utf-8"))
    return Spent(kept["wall_s"], kept["cpu_s"], peak_mb)


def write_spent(spent: Spent, result: Path) -> None:
    """Write what ``spent_apart`` reads."""
    write_json(result, asdict(spent))


def typical(spent: Sequence[Spent]) -> Spent:
    """Return the median seconds and the largest memory of several repetitions."""
    return Spent(median(s.wall_s for s in spent), median(s.cpu_s for s in spent), max(s.peak_mb for s in spent))


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it, as Linux tells."""
    try:
        children = [
            int(word) for file in Path(f"/proc/{pid}/task").glob("*/children") for word in file.read_text().split()
        ]
    except OSError:  # gone while we looked
        children = []
    return [pid, *(each for child in children for each in family(child))]


def _held_mb(pid: int) -> float:
    """Return the most memory that a process held so far."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)
