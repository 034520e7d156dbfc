"""A rehearsed run killed at random moments: it ends with its film, and nothing is paid twice or left off the record.

VGKIT_KILLS says how many runs are killed (2 where it is not set)."""

import os
import random
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
from rehearsed import billed, booked, created_twice, files_with, hosts_apart, keys_of, rehearsed_run

from vgkit.ledger import read_events
from vgkit.run import Run

KILLS = int(os.environ.get("VGKIT_KILLS", "2"))
SPEED = 60.0
LAST_CALLS = 80  # events of such a run; of about a hundred, those after it tell of no call
CHAT_SLACK_USD = Decimal("0.01")  # a chat call that was cut off is charged, but can't be looked up: it is estimated


def resumed(run: Run, environment: dict[str, str], *, killed_at: int | None = None, late_s: float = 0.0) -> str:
    """Resume a run in a process of its own; with ``killed_at``, kill that with -9 ``late_s`` after so many events.

    All it printed, and how it ended.
    """
    command = [sys.executable, "-m", "vgkit", "resume", run.name, "--view", "plain"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as one:
        while killed_at is not None and one.poll() is None:
            if len(read_events(run.events.path)) >= killed_at:
                time.sleep(late_s)
                one.kill()
                break
            time.sleep(0.01)
        said, _ = one.communicate(timeout=280)
    return f"{said}\nexit {one.returncode}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(KILLS))
def test_a_run_killed_at_a_random_moment_pays_once_for_each_call(runs: Path, seed: int) -> None:
    chance = random.Random(f"kill {seed}")
    killed_at, late_s = chance.randrange(3, LAST_CALLS), chance.uniform(0.0, 0.5)
    folder = runs / ".rehearsals" / "killed"
    with hosts_apart(folder, speed=SPEED, faults="mild", seed=seed) as environment:
        run = rehearsed_run(name="killed", speed=SPEED, faults="mild", seed=seed)
        said = resumed(run, dict(environment), killed_at=killed_at, late_s=late_s)
        more = resumed(run, dict(environment))
        assert said.endswith("exit -9"), f"it ended before event {killed_at}:\n{said}"
        assert more.endswith("exit 0"), f"killed {late_s:.1f} s after event {killed_at}:\n{said}\n{more}"
        keys = keys_of(environment)
    assert read_events(run.events.path).of("run_finished")[-1]["state"] == "success"
    assert run.path("film.mp4").is_file()
    assert created_twice(folder) == {}
    ours, theirs = booked(run), {charge.prediction: charge.usd for charge in billed(folder)}
    predictions = {name: usd for name, usd in theirs.items() if not name.startswith("chatcmpl")}
    assert {name: ours.get(name) for name in predictions} == predictions
    assert abs(sum(ours.values()) - sum(theirs.values())) < CHAT_SLACK_USD
    for key in keys:
        assert files_with(key, run.folder, runs / "cache") == []
        assert key not in said + more
