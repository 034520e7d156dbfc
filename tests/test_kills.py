"""A rehearsed run killed at random moments: it ends with its film, and nothing is paid twice or left off the record.

VGKIT_KILLS says how many runs are killed (3 where it is not set)."""

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

KILLS = int(os.environ.get("VGKIT_KILLS", "3"))
SPEED = 60.0
CHAT_SLACK_USD = Decimal("0.01")  # a chat call that was cut off is charged, but can't be looked up: it is estimated


def resumed(name: str, environment: dict[str, str], *, killed_after_s: float | None = None) -> tuple[int, str]:
    """Resume a run in a process of its own, and kill that with -9 after a while; its exit code, and all it printed."""
    command = [sys.executable, "-m", "vgkit", "resume", name, "--view", "plain"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as one:
        try:
            said, _ = one.communicate(timeout=killed_after_s or 280)
        except subprocess.TimeoutExpired:
            one.kill()
            said, _ = one.communicate()
    return one.returncode, said


@pytest.fixture(scope="module")
def usual_s(tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long a run takes that nobody kills."""
    runs = tmp_path_factory.mktemp("usual")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VGKIT_RUNS", str(runs))
        with hosts_apart(runs / ".rehearsals" / "usual", speed=SPEED, faults="none", seed=0) as environment:
            rehearsed_run(name="usual", speed=SPEED)
            begun = time.monotonic()
            code, said = resumed("usual", dict(environment))
            assert code == 0, said
            return time.monotonic() - begun


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(KILLS))
def test_a_run_killed_at_a_random_moment_pays_once_for_each_call(runs: Path, usual_s: float, seed: int) -> None:
    moment_s = random.Random(f"kill {seed}").uniform(0.5, usual_s)
    folder = runs / ".rehearsals" / "killed"
    with hosts_apart(folder, speed=SPEED, faults="mild", seed=seed) as environment:
        rehearsed_run(name="killed", speed=SPEED, faults="mild", seed=seed)
        first, said = resumed("killed", dict(environment), killed_after_s=moment_s)
        code, more = resumed("killed", dict(environment))
        assert code == 0, f"killed after {moment_s:.1f} s ({first}):\n{said}\n{more}"
        keys = keys_of(environment)
    run = Run.open("killed")
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
