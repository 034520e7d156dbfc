"""Films that two machines make between them, with no disk in common: what one has paid for, the other does not pay for.

Machine A is a process with a runs folder of its own, killed with -9; machine B is another, and so is the driver."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from buckets import moto_host, new_bucket, sign_in
from rehearsed import billed, booked, created_twice, hosts_apart, rehearsed_run

from vgkit.batch.carry import fetch_run, send_run
from vgkit.files import sha256_of
from vgkit.ledger import Event, Ledger, read_events
from vgkit.ledger.kinds import Kind
from vgkit.phases.intermediates import record_of
from vgkit.phases.step import PHASES
from vgkit.pipeline import settings_by_phase, validity_of
from vgkit.run import Run

pytestmark = pytest.mark.slow

WORLD, SPEED = "kite", 60.0
CHAT_SLACK_USD = Decimal("0.01")  # a chat call that was cut off is charged, but can't be looked up: it is estimated
TURN = """
import contextlib, sys
from vgkit.batch.carry import carried
from vgkit.batch.crew import Job
from vgkit.batch.turn import take_turn
from vgkit.halt import Halt
with carried("kite", sys.argv[1], gate=lambda _: contextlib.nullcontext()) as gate:
    print(take_turn(Job("kite"), halt=Halt(), gate=gate))
"""


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket between the machines."""
    with moto_host() as endpoint:
        sign_in(monkeypatch, endpoint)
        yield f"s3://{new_bucket(endpoint)[0]}/night"


def turn(at: str, runs: Path, environment: Mapping[str, str], *, lost_after: Kind | None = None) -> str:
    """One turn of the run by a machine of its own, killed once such a thing has happened to a clip; what it said."""
    command, there = [sys.executable, "-c", TURN, at], {**environment, "VGKIT_RUNS": str(runs)}
    with subprocess.Popen(command, env=there, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as one:
        while lost_after and one.poll() is None:
            if any(event["phase"] == "chunks" for event in told(runs, lost_after)):
                one.kill()
                break
            time.sleep(0.01)
        return one.communicate(timeout=280)[0]


def told(runs: Path, kind: Kind) -> tuple[Event, ...]:
    events = runs / WORLD / "events.jsonl"
    return read_events(events).of(kind) if events.exists() else ()


def test_a_machine_takes_a_run_up_where_a_lost_one_left_it_and_pays_for_nothing_twice(
    at: str, runs: Path, tmp_path: Path
) -> None:
    hosts = tmp_path / "hosts"
    with hosts_apart(hosts, speed=SPEED, faults="none", seed=1) as environment:
        run = rehearsed_run(name=WORLD, speed=SPEED)
        send_run(WORLD, at)
        # One clip is paid for and lies in the lost machine's cache, the others may still be on their way.
        lost = turn(at, tmp_path / "a", environment, lost_after="call_settled")
        said = turn(at, tmp_path / "b", environment)
        fetch_run(WORLD, at)
    assert "Ending(" not in lost
    assert "state='success'" in said, said
    record = read_events(run.events.path)
    assert len(record.of("run_started")) == 2
    assert {event["phase"] for event in record.of("phase_skipped")} >= {"validate", "animatic", "references"}
    assert not (tmp_path / "b" / WORLD).exists()
    check_money(run, hosts)
    check_files(run)


def check_money(run: Run, hosts: Path) -> None:
    """Nothing was paid for twice, and the ledger agrees with the hosts' bill."""
    assert created_twice(hosts) == {}
    ours, theirs = booked(run), {charge.prediction: charge.usd for charge in billed(hosts)}
    predictions = {name: usd for name, usd in theirs.items() if not name.startswith("chatcmpl")}
    assert {name: ours.get(name) for name in predictions} == predictions
    ledger = Ledger(run.folder.parent)
    ledger.sync()
    assert ledger.spent(run.name) == sum(ours.values())
    assert abs(sum(ours.values()) - sum(theirs.values())) < CHAT_SLACK_USD


def check_files(run: Run) -> None:
    """Each file that a phase answers for is there as it was made, but for the cut, which does not travel."""
    records: list[dict[str, Any]] = [record_of(run, phase) for phase in PHASES]
    outputs = {name: digest for record in records for name, digest in record["outputs"].items()}
    assert {name for name in outputs if not run.path(name).exists()} == {"cut.mkv"}
    assert all(sha256_of(run.path(name)) == digest for name, digest in outputs.items() if name != "cut.mkv")
    settings = settings_by_phase(run.settings)
    assert {phase: validity_of(run, phase, settings[phase]).valid for phase in PHASES} == dict.fromkeys(PHASES, True)
