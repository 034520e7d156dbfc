"""How a batch of thousands of films is borne: what each costs beside what makes it, and how soon it goes on.

Each batch is killed half-way as by ``kill -9`` and goes on in a new process."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vgkit.bench.verdict import kept
from vgkit.errors import VgkitError
from vgkit.phases.report import Table

COUNTS = (1_000, 3_000, 5_000)
_MS_A_RUN = 50.0
_RESUME_S = 10.0
_GROWTH_MB = 10.0
_KB_A_FILM = 10.0  # its row in the file
_HEAD = (
    *("films", "ms a film", "CPU ms", "of it the record's", "MB planned", "MB at the kill", "MB at most"),
    *("goes on in s", "CPU s"),
)


def many_tables(folder: Path, *, counts: tuple[int, ...] = COUNTS) -> Iterator[Table]:
    """Make a batch of each size, kill it half-way, and go on with it."""
    measured = [(count, *make_twice(folder / f"of-{count}", count)) for count in counts]
    rows = tuple(_row(count, first, second) for count, first, second in measured)
    load = os.getloadavg()[0]
    heading = f"Batches of films that are there at once, on {os.cpu_count()} cores with a load of {load:.1f}"
    yield Table(heading, _HEAD, rows)
    yield Table("What was asked for", ("", "asked", "measured", "kept"), tuple(_verdicts(measured)))


def make_twice(folder: Path, count: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the process that was killed half-way saw, and what the one that went on; see ``many_batch.Leg``."""
    folder.mkdir(parents=True)
    file = write_batch(folder, count)
    first = _leg(file, folder, killed_after=count // 2)
    return first, _leg(file, folder, killed_after=0)


def write_batch(folder: Path, count: int) -> Path:
    """Write a batch of so many films of 30 s, each of another prompt and seed."""
    templates = ("product_showcase", "lifestyle_ad", "announcement")
    rows = [
        f'f{n:06d},"A steel bottle by the window, idea {n}. Keeps tea warm.",Aurora,{templates[n % 3]},30,16:9,{n}\n'
        for n in range(count)
    ]
    (folder / "rows.csv").write_text("name,prompt,product,template,duration_s,aspect,seed\n" + "".join(rows), "utf-8")
    file = folder / "many.toml"
    head = 'name = "many"\nprofile = "dev"\nrows = "rows.csv"\n[caps]\nrun_usd = 3.5\nbatch_usd = 100000\n'
    file.write_text(head, "utf-8")
    return file


def _leg(file: Path, folder: Path, *, killed_after: int) -> dict[str, Any]:
    """Make the batch in a process of its own, up to its end or until it is killed."""
    result = folder / "leg.json"
    command = [sys.executable, "-m", "vgkit.bench.many_batch", str(file), str(killed_after), str(result)]
    # No film is made, so none needs hosts.
    environment = {**os.environ, "VGKIT_RUNS": str(folder / "runs"), "VGKIT_REHEARSAL": "elsewhere"}
    begun_at = time.time()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode != (-signal.SIGKILL if killed_after else 0):
        raise VgkitError(f"The batch ended with code {ended.returncode}. Its last words: {ended.stderr[-600:]}")
    return {**json.loads(result.read_text("utf-8")), "begun_at": begun_at}


def _row(count: int, first: dict[str, Any], second: dict[str, Any]) -> tuple[str, ...]:
    ended = first["held_mb"][-1][0]
    return (
        f"{count:,}",
        f"{_ms_a_run(first):.1f}",
        f"{1000 * first['cpu_s'] / ended:.1f}",
        f"{1000 * first['turn_s'] / ended:.1f}",
        f"{first['planned_mb']:.0f}",
        f"{first['held_mb'][-1][1]:.0f}",
        f"{second['peak_mb']:.0f}",
        f"{second['first_begun_at'] - second['begun_at']:.1f}",
        f"{second['first_begun_cpu_s']:.1f}",
    )


def _ms_a_run(leg: dict[str, Any]) -> float:
    return float(1000 * (leg["last_ended_at"] - leg["first_begun_at"]) / leg["held_mb"][-1][0])


def _verdicts(measured: list[tuple[int, dict[str, Any], dict[str, Any]]]) -> Iterator[tuple[str, ...]]:
    count, first, second = measured[-1]
    slowest = max(_ms_a_run(first), _ms_a_run(second))
    yield f"a film of {count:,}", f"{_MS_A_RUN:.0f} ms", f"{slowest:.1f} ms", kept(slowest <= _MS_A_RUN)
    resumed_s = second["first_begun_at"] - second["begun_at"]
    yield "goes on after kill -9 in", f"{_RESUME_S:.0f} s", f"{resumed_s:.1f} s", kept(resumed_s < _RESUME_S)
    grown_mb = max(leg["held_mb"][-1][1] - leg["held_mb"][0][1] for leg in (first, second))
    yield "memory grows meanwhile by", f"{_GROWTH_MB:.0f} MB", f"{grown_mb:.1f} MB", kept(grown_mb <= _GROWTH_MB)
    fewest, least, _ = measured[0]
    if count > fewest:
        more_kb = 1024 * (first["planned_mb"] - least["planned_mb"]) / (count - fewest)
        yield "each film more holds", f"{_KB_A_FILM:.0f} kB", f"{more_kb:.1f} kB", kept(more_kb <= _KB_A_FILM)
