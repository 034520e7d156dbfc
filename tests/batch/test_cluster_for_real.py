"""A batch on a real scheduler and two workers, each a process: one is killed in the middle, then the driver is, and all
films come to be, nothing is paid for twice, and no half file is taken for whole."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest
from rehearsed import billed, created_twice, hosts_apart
from schedulers import scheduler

from vgkit.files import sha256_of
from vgkit.ledger import Ledger, read_events
from vgkit.ledger.kinds import Kind
from vgkit.places import rehearsal_dir, templates_dir

pytestmark = pytest.mark.slow

PATIENCE_S = 280.0
ROW = "f{0},A red kite over dunes. Folds to a sleeve.,dev,zeroscope-draft,6,1:1,{0},draft,1.00\n"
FOUR = "name,prompt,profile,engines.video,duration_s,aspect,seed,settings.quality,caps.run_usd\n" + "".join(
    ROW.format(number) for number in range(1, 5)
)


@dataclass(frozen=True)
class Night:
    """A batch whose worker, and then driver, are killed when so many of its calls are submitted, and settled."""

    table: Path
    films: int
    speed: int
    worker_dies_at: int
    driver_dies_at: int
    patience_s: float

    @property
    def world(self) -> str:
        return f"{self.table.stem}-rehearsed"


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """Four of the smallest films, by the quickest engines that cost; the fifty of ``docs/reliability.md``, where
    VGKIT_FIFTY is set: over half an hour."""
    if os.environ.get("VGKIT_FIFTY"):
        return Night(templates_dir() / "batches" / "fifty.toml", 50, 60, 300, 500, 7200.0)
    table = tmp_path / "films.csv"
    table.write_text(FOUR)
    return Night(table, 4, 1000, 7, 13, PATIENCE_S)


@contextmanager
def process(environment: Mapping[str, str], *command: str, heard: bool = False) -> Iterator["subprocess.Popen[str]"]:
    """A process, ``heard`` or not, that is killed with its children where it has not ended by the end of the block."""
    out = subprocess.PIPE if heard else subprocess.DEVNULL  # a pipe that nobody empties would stop it
    with subprocess.Popen([sys.executable, "-m", *command], env=environment, stdout=out, stderr=out, text=True) as one:
        try:
            yield one
        finally:
            kill(one)


def kill(one: "subprocess.Popen[str]") -> None:
    """End a process at once, and what it started: of a worker first its nanny, which would start it again."""
    family: list[psutil.Process] = []
    if one.poll() is None:
        family = [psutil.Process(one.pid), *psutil.Process(one.pid).children()]
    for each in family:
        each.kill()


def until(so: Callable[[], bool], patience_s: float) -> None:
    end = time.monotonic() + patience_s
    while not so():
        assert time.monotonic() < end
        time.sleep(0.1)


def count(runs: Path, kind: Kind) -> int:
    """How often it has happened in all runs; quicker than reading each event, ten times a second for fifty films."""
    return sum(path.read_text().count(f'"{kind}"') for path in runs.glob("*.*/events.jsonl"))


def test_a_worker_and_the_driver_are_killed_and_all_films_come_to_be(night: Night, runs: Path) -> None:
    hosts, rehearsed = rehearsal_dir(night.world), ("--speed", str(night.speed), "--faults", "mild")
    with hosts_apart(hosts, speed=night.speed, faults="mild", seed=1) as environment, scheduler(environment) as dask:
        address = dask.address
        first, second = (process(environment, "vgkit", "worker", address, "--films", "3") for _ in range(2))
        with first as lost, second:
            begun = ("vgkit", "batch", "run", str(night.table), "--rehearse", *rehearsed)
            with process(environment, *begun, "--scheduler", address, "--json", heard=True) as driver:
                ends: Sequence[tuple[Kind, int, subprocess.Popen[str]]] = (
                    ("call_submitted", night.worker_dies_at, lost),
                    ("call_settled", night.driver_dies_at, driver),
                )
                for kind, often, dies in ends:
                    until(lambda: driver.poll() is not None or count(runs, kind) >= often, night.patience_s)  # noqa: B023
                    assert driver.poll() is None, driver.communicate()
                    kill(dies)
            resumed = ("vgkit", "batch", "resume", night.world, "--scheduler", address, "--json")
            with process(environment, *resumed, heard=True) as driver:
                said, wrong = driver.communicate(timeout=night.patience_s)
    assert driver.returncode == 0, wrong
    summary = json.loads(said)
    assert {each["state"] for each in summary["results"]} <= {"success", "degraded"}
    assert len(summary["results"]) == night.films
    check_money(runs, hosts, summary)
    for film in summary["results"]:
        check_files(runs / film["run"])
    assert "Traceback" not in wrong


def test_where_no_disk_is_shared_films_are_carried_to_the_workers_and_home(runs: Path, tmp_path: Path) -> None:
    table, place, elsewhere = tmp_path / "kites.csv", tmp_path / "place", tmp_path / "elsewhere"
    head = "name,prompt,profile,duration_s,aspect,settings.quality\n"
    table.write_text(f"{head}f1,A red kite over dunes. Folds to a sleeve.,offline,6,1:1,draft\n")
    apart = {**os.environ, "VGKIT_RUNS": str(elsewhere)}
    begun = ("vgkit", "batch", "run", str(table), "--json", "--runs-at", str(place))
    with (
        scheduler(os.environ) as dask,
        process(apart, "vgkit", "worker", dask.address, "--films", "1"),
        process(os.environ, *begun, "--scheduler", dask.address, heard=True) as driver,
    ):
        said, wrong = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 0, wrong
    (film,) = json.loads(said)["results"]
    assert film["state"] == "success"
    check_files(runs / film["run"])
    assert read_events(runs / film["run"] / "events.jsonl").of("run_finished")
    assert not list(elsewhere.glob("*/film.mp4"))


def check_money(runs: Path, hosts: Path, summary: Mapping[str, Any]) -> None:
    """Nothing was paid for twice, and the ledger says what the hosts' bill does."""
    bill = sum((charge.usd for charge in billed(hosts)), Decimal(0))
    cost_usd, films = Decimal(summary["cost_usd"]), [film["run"] for film in summary["results"]]
    assert created_twice(hosts) == {}
    assert sum(map(Ledger(runs).spent, films)) == cost_usd
    assert abs(cost_usd - bill) < Decimal("0.01") * len(films)
    assert bill > 0


def check_files(film: Path) -> None:
    """Every file that a phase of a film has on record is there, with the bytes it had."""
    records = [json.loads(path.read_text()) for path in (film / "phases").glob("*.json")]
    assert len(records) == 6
    for record in records:
        gone = record.get("let_go", ())
        made = {name: digest for name, digest in record["outputs"].items() if name not in gone}
        assert {name: sha256_of(film / name) for name in made} == made


def test_a_worker_says_what_it_offers_and_ends_when_it_is_asked(runs: Path) -> None:
    keys = {**os.environ, "REPLICATE_API_TOKEN": "r8_none", "OPENAI_API_KEY": ""}
    offering = ("--films", "3", "--gpus", "1")
    with (
        scheduler(os.environ) as dask,
        process(keys, "vgkit", "worker", dask.address, *offering, heard=True) as worker,
    ):
        assert worker.stderr
        lines = iter(worker.stderr.readline, "")
        cores = os.cpu_count()
        assert next(lines) == (
            f"This worker makes up to 3 films at once and offers host:local {cores}, host:rehearsal 3, "
            "host:replicate 3, gpu 1.\n"
        )
        assert any("Registered to" in line for line in lines)
        worker.send_signal(signal.SIGINT)
        assert "Traceback" not in "".join(lines)
        assert worker.wait(PATIENCE_S) == 0
