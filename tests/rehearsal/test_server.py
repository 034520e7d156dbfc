"""Both hosts as a process of their own, which outlives its clients and may itself be killed."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from replicate import Client

from vgkit.rehearsal.faults import Odds
from vgkit.rehearsal.listening import Listener, Reply, Request
from vgkit.rehearsal.server import bill_of, rehearsing
from vgkit.rehearsal.wares import model_of


@contextmanager
def process(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    told = folder.parent / f"environment-{time.monotonic_ns()}.json"
    command = [sys.executable, "-m", "vgkit.rehearsal", str(folder), "--port-file", str(told), *options]
    running = subprocess.Popen(command)
    try:
        while not told.exists():
            assert running.poll() is None
            time.sleep(0.02)
        yield running, json.loads(told.read_text())
    finally:
        running.kill()
        running.wait()


def client(environment: dict[str, str]) -> Client:
    return Client(api_token=environment["REPLICATE_API_TOKEN"], base_url=environment["REPLICATE_BASE_URL"])


def version() -> str:
    entry = model_of("stability-ai/sdxl")
    assert entry is not None
    return entry.version


def test_a_killed_server_comes_back_at_the_same_address_and_knows_everything(tmp_path: Path) -> None:
    folder = tmp_path / "hosts"
    with process(folder, "--speed", "100", "--seed", "7") as (running, environment):
        made = client(environment).predictions.create(
            version=version(), input={"prompt": "x", "width": 64, "height": 64}
        )
        running.send_signal(signal.SIGKILL)
        running.wait()
    with process(folder, "--speed", "100", "--seed", "7") as (running, again):
        assert again == environment
        told = client(again).predictions.get(made.id)
        while told.status not in ("succeeded", "failed"):
            time.sleep(0.02)
            told.reload()
        assert httpx.get(told.output[0]).status_code == 200
        assert [charge.prediction for charge in bill_of(folder)] == [made.id]
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0


def test_a_process_tells_clients_all_they_need_and_lets_no_one_else_read_it(tmp_path: Path) -> None:
    with rehearsing(tmp_path, speed=60.0) as servers:
        assert set(servers.environment) == {
            *("REPLICATE_BASE_URL", "REPLICATE_API_TOKEN", "OPENAI_BASE_URL", "OPENAI_API_KEY"),
            *("VGKIT_SPEED", "VGKIT_REHEARSAL"),
        }
        assert servers.environment["VGKIT_SPEED"] == "60"
        assert servers.environment["OPENAI_BASE_URL"].endswith("/v1")
        assert (tmp_path / "server.json").stat().st_mode & 0o077 == 0


def test_two_rehearsals_share_nothing(tmp_path: Path) -> None:
    with rehearsing(tmp_path / "a") as one, rehearsing(tmp_path / "b") as other:
        assert not set(one.environment.values()) & set(other.environment.values()) - {"60"}


def test_bounded_faults_stay_spent_when_a_server_starts_again(tmp_path: Path) -> None:
    faults = {"error_500": Odds(1.0, times=1)}
    for expected in (500, 200):
        with rehearsing(tmp_path, faults=faults) as servers:
            headers = {"Authorization": f"Bearer {servers.environment['REPLICATE_API_TOKEN']}"}
            assert httpx.get(f"{servers.replicate_url}/v1/predictions", headers=headers).status_code == expected


def test_a_profile_can_be_named(tmp_path: Path) -> None:
    with rehearsing(tmp_path, faults="mild") as servers:
        assert servers.dice.faults["low_credit"].times == 1


def test_a_mistake_in_the_rehearsal_is_told_as_one() -> None:
    def broken(_request: Request) -> Reply:
        raise ZeroDivisionError

    listener = Listener(broken)
    try:
        assert httpx.get(listener.address).status_code == 500
    finally:
        listener.close()
