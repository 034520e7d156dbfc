"""Runs against rehearsed hosts, and what their books and ours say of them."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from builders import SMALLEST, brief

from vgkit.ledger import Event, read_events
from vgkit.rehearsal.book import Book, Charge
from vgkit.run import Run
from vgkit.start import start_run

CHEAP = {"picture": "sdxl", "video": "zeroscope-draft", "music": "musicgen", "plan": "gpt"}


def rehearsed_run(*, name: str = "", speed: float = 60.0, faults: str = "none", seed: int = 1, **fields: Any) -> Run:
    """Start a rehearsed run of the smallest film with the cheapest hosted engines; call it with VGKIT_RUNS set."""
    wanted = SMALLEST | {"profile": "dev", "engines": CHEAP} | fields
    rehearsal = {"speed": speed, "faults": faults, "seed": seed}
    return start_run(brief(**wanted), name=name, rehearsal=rehearsal, settings={"quality": "draft"})


def booked(run: Run) -> dict[str, Decimal]:
    """What our own record says each prediction has cost."""
    ended: dict[str, Event] = {}
    for event in read_events(run.events.path).of("call_settled", "call_failed"):
        ended[event["call"]] = event
    costs: Counter[str] = Counter()
    for event in ended.values():
        costs[event.get("prediction") or ""] += event.usd("cost_usd")  # type: ignore[assignment]
    return dict(costs)  # type: ignore[arg-type]


def billed(folder: Path) -> list[Charge]:
    """What the hosts of a folder have charged."""
    return Book(folder).bill()


def created_twice(folder: Path) -> dict[str, int]:
    """Inputs for which more than one prediction was created, and how many."""
    inputs = Counter((each.version, each.input_json) for each in Book(folder).newest_first())
    return {text[:200]: count for (_, text), count in inputs.items() if count > 1}


@contextmanager
def hosts_apart(folder: Path, *, speed: float, faults: str, seed: int) -> Iterator[Mapping[str, str]]:
    """Run hosts in a process of their own, so that clients may be killed; gives the environment that leads there."""
    told = folder / "environment.json"
    command = [sys.executable, "-m", "vgkit.rehearsal", str(folder), "--port-file", str(told)]
    command += ["--speed", str(speed), "--faults", faults, "--seed", str(seed)]
    folder.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(command) as hosts:
        try:
            deadline = time.monotonic() + 60
            while not told.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            yield os.environ | json.loads(told.read_text())
        finally:
            hosts.terminate()


def keys_of(environment: Mapping[str, str]) -> list[str]:
    return [environment[name] for name in ("REPLICATE_API_TOKEN", "OPENAI_API_KEY")]


def files_with(text: str, *folders: Path) -> list[Path]:
    """All files of some folders that hold a text, in whatever encoding it is plain in."""
    wanted = text.encode()
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return [path for path in files if wanted in path.read_bytes()]
