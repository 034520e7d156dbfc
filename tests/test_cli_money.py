import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import builders
import pytest
from click.testing import Result
from typer.testing import CliRunner

from vgkit.cli import app
from vgkit.engines.spend import Door
from vgkit.errors import Interrupted, ParameterError, RunBusy, VgkitError
from vgkit.ledger import Event, Events, read_events
from vgkit.ledger.kinds import Kind
from vgkit.phases.animatic import asks, draw_animatic
from vgkit.phases.asking import door
from vgkit.phases.validate import plan_storyboard
from vgkit.places import rehearsal_dir
from vgkit.rehearsal.server import bill_of
from vgkit.rehearse import hosts_of
from vgkit.run import Run
from vgkit.start import start_run

HOW = {"speed": 200.0, "faults": "none", "seed": 1}
BRIEF = """prompt = "A steel bottle on a kitchen table. Cold for a day."
product = "Aurora"
duration_s = 6
aspect = "1:1"
"""


@pytest.fixture(autouse=True)
def _no_keys(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REPLICATE_API_TOKEN", "OPENAI_API_KEY", "VGKIT_REHEARSAL", "VGKIT_SPEED"):
        monkeypatch.delenv(name, raising=False)
    for name in ("REPLICATE_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (tmp_path / "brief.toml").write_text(BRIEF)


def vgkit(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"NO_COLOR": "1", "COLUMNS": "300"})


def told(*arguments: str) -> Any:
    """What a command says with --json, which must be all that is on stdout."""
    said = vgkit(*arguments, "--json")
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    return json.loads(said.stdout)


def rehearsed(**fields: Any) -> Run:
    wish = builders.brief(**{"duration_s": 6, "profile": "dev", "engines": {"plan": "sketch"}} | fields)
    return start_run(wish, name="bottle", rehearsal=HOW)


class Leaving(Events):
    """Stops whoever asks as soon as the host has the call."""

    stopping: threading.Event

    def write(self, kind: Kind, *, durable: bool = False, **fields: Any) -> Event:
        if kind == "call_submitted":
            self.stopping.set()
        return super().write(kind, durable=durable, **fields)


def left_open(run: Run) -> str:
    """Ask for the first still and walk away as soon as the host has it; the prediction's id."""
    with hosts_of(run):
        plan_storyboard(run)
        through, leaving = door(run, "animatic"), Leaving(run.events.path, run_id=run.name)
        leaving.stopping = through.within.stopping
        with pytest.raises(Interrupted):
            Door(leaving, phase="animatic", purse=through.purse, within=through.within).ask(asks(run)[0])
    (submitted,) = read_events(run.events.path).of("call_submitted")[-1:]
    return str(submitted["prediction"])


def test_an_estimate_is_a_table_for_people_and_one_object_for_scripts(tmp_path: Path) -> None:
    brief = str(tmp_path / "brief.toml")
    table = vgkit("estimate", brief, "--profile", "dev", "--duration", "30").stdout
    assert "6 s" not in table.splitlines()[0]
    assert "zeroscope@replicate draft" in table
    assert "The run's cap is $2.00" in table
    said = told("estimate", brief, "--profile", "dev", "--duration", "30", "--set", "takes=2")
    video = [row for row in said["rows"] if row["role"] == "video"]
    assert [row["calls"] for row in video] == [20, 20]
    assert Decimal(said["all_usd"]) == sum(Decimal(row["all_usd"]) for row in said["rows"])
    assert not list((tmp_path / "runs").glob("*/run.json"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["estimate"], "There is nothing to make a film of"),
        (["estimate", "--prompt", "x", "--set", "takes=99"], "takes: 99 is out of range"),
        (["estimate", "--prompt", "x", "--engine", "video=sora"], "'sora' is no engine for video"),
        (["rehearse", "none.toml"], "none.toml can't be read"),
        (["why", "none", "chunks"], "There is no run 'none'"),
        (["cancel", "none"], "There is no run 'none'"),
        (["doctor", "--profile", "best"], "there is no profile 'best'"),
    ],
)
def test_a_mistake_is_one_error_and_leaves_nothing(runs: Path, arguments: list[str], said: str) -> None:
    tried = vgkit(*arguments)
    assert isinstance(tried.exception, VgkitError)
    assert said in str(tried.exception)
    assert not list(runs.glob("*/run.json"))


def test_faults_there_are_not_are_refused_before_anything_is_made(tmp_path: Path, runs: Path) -> None:
    tried = vgkit("rehearse", str(tmp_path / "brief.toml"), "--faults", "cruel")
    assert isinstance(tried.exception, ParameterError)
    assert "Use one of none, mild, harsh" in str(tried.exception)
    assert not runs.exists()


def test_a_phase_that_stands_says_so_and_one_that_changed_shows_every_input() -> None:
    run = builders.run(name="bottle")
    plan_storyboard(run)
    assert vgkit("why", "bottle", "validate").stdout.startswith("validate of bottle stands: unchanged since")
    changed = {"seed": 7, "tagline": "Cold.", "call_to_action": "Buy", "aspect": "16:9"}
    dataclasses.replace(run, brief=run.brief.model_copy(update=changed)).save()
    said = told("why", "bottle", "validate")
    assert said["again"]
    changes = {change["name"]: (change["before"], change["now"]) for change in said["changes"]}
    assert changes["brief.seed"] == ("0", "7")
    assert {f"brief.{name}" for name in changed} <= set(changes)
    assert [call["means"] for call in said["calls"]] == ["here"]
    assert "brief.aspect" in vgkit("why", "bottle", "validate").stdout


def test_a_phase_whose_inputs_are_not_there_yet_names_what_comes_first() -> None:
    builders.run(name="bottle")
    said = told("why", "bottle", "chunks")
    assert (said["again"], said["reason"]) == (True, "what it reads is not there yet")
    assert said["first"] == ["validate", "animatic", "references"]


def test_calls_are_foreseen_as_bought_taken_up_or_found() -> None:
    run = rehearsed()
    with hosts_of(run):
        plan_storyboard(run)
    said = told("why", "bottle", "animatic")
    assert [call["means"] for call in said["calls"]] == ["bought"] * 3
    assert Decimal(said["usd"]) == sum(Decimal(call["usd"]) for call in said["calls"]) > 0
    left_open(run)
    assert [call["means"] for call in told("why", "bottle", "animatic")["calls"]] == ["open", "bought", "bought"]
    with hosts_of(run):
        draw_animatic(run)
    run.path("phases/animatic.json").unlink()
    said = told("why", "bottle", "animatic")
    assert ([call["means"] for call in said["calls"]], said["usd"]) == (["cached"] * 3, "0")
    assert "3 calls: 3 in the cache; nothing to pay." in vgkit("why", "bottle", "animatic").stdout


def test_cancelling_settles_what_is_open_at_what_the_host_charges() -> None:
    run = rehearsed()
    prediction = left_open(run)
    said = told("cancel", "bottle")
    assert [(call["subject"], call["prediction"]) for call in said["canceled"]] == [("k00", prediction)]
    billed = {charge.prediction: charge.usd for charge in bill_of(rehearsal_dir("bottle"))}
    assert Decimal(said["cost_usd"]) == billed[prediction]
    assert told("cancel", "bottle")["canceled"] == []
    assert "nothing was open on hosts" in vgkit("cancel", "bottle").stdout


def test_a_run_that_is_at_work_is_only_stopped_when_asked_to(runs: Path) -> None:
    run = builders.run(name="bottle")
    held = subprocess.Popen([sys.executable, "-c", _HOLDING, str(run.folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert held.stdout is not None
        assert held.stdout.readline() == "held\n"
        refused = vgkit("cancel", "bottle").exception
        assert isinstance(refused, RunBusy)
        assert f"process {held.pid}" in str(refused)
        assert "`vgkit cancel bottle --yes` stops it first" in str(refused)
        assert vgkit("cancel", "bottle", "--yes").exit_code == 0
        assert held.wait(timeout=60) == -signal.SIGTERM
    finally:
        held.kill()


_HOLDING = """
import sys, time
from pathlib import Path
from vgkit.lock import RunLock

with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_raised_cap_is_kept_with_the_run() -> None:
    builders.run(name="bottle")
    assert isinstance(vgkit("resume", "bottle", "--cap", "3.25", "--until", "nowhere").exception, ParameterError)
    assert "caps.run_usd" in str(vgkit("resume", "bottle", "--cap", "much").exception)
    assert Run.open("bottle").brief.caps.run_usd is None
    assert vgkit("resume", "bottle", "--cap", "3.25", "--until", "validate", "--view", "quiet").exit_code == 0
    assert Run.open("bottle").brief.caps.run_usd == Decimal("3.25")


def test_a_rehearsals_hosts_are_there_for_one_block_and_leave_the_environment_as_it_was() -> None:
    run, before = rehearsed(), dict(os.environ)
    with hosts_of(run) as servers:
        assert servers is not None
        assert os.environ["REPLICATE_BASE_URL"] == servers.replicate_url
        with hosts_of(run) as theirs:
            assert theirs is None
    assert dict(os.environ) == before
    with hosts_of(builders.run(name="real")) as none:
        assert none is None


@pytest.mark.slow
def test_a_rehearsal_makes_a_film_whose_books_agree_with_the_hosts_bill(tmp_path: Path, runs: Path) -> None:
    said = told(
        "rehearse", str(tmp_path / "brief.toml"), "--faults", "mild", "--speed", "200", "--set", "quality=draft"
    )
    (one,) = said["rehearsed"]
    assert one["state"] in ("success", "degraded"), one["message"]
    assert one["adds_up"]
    assert Path(one["film"]).is_file()
    assert Decimal(one["booked_usd"]) == Decimal(one["billed_usd"]) > 0
    assert one["predicted"]["cost_usd"]["low"] <= one["predicted"]["cost_usd"]["high"]
    keys = json.loads((rehearsal_dir(one["run"]) / "server.json").read_text())
    for file in (path for path in (runs / one["run"]).rglob("*") if path.is_file()):
        assert keys["replicate_key"].encode() not in file.read_bytes(), file
        assert keys["openai_key"].encode() not in file.read_bytes(), file


@pytest.mark.slow
def test_a_rehearsed_run_that_met_its_cap_is_resumed_with_its_hosts_and_a_higher_one(tmp_path: Path) -> None:
    brief = str(tmp_path / "brief.toml")
    stopped = vgkit("rehearse", brief, "--faults", "none", "--speed", "200", "--cap", "0.10", "--set", "quality=draft")
    assert stopped.exit_code == 1
    assert "BudgetExceeded" in stopped.stdout
    assert "the cap is $0.10" in stopped.stdout
    assert "100% whole" in stopped.stdout
    (run,) = [Run.open(path.parent) for path in tmp_path.glob("runs/*/run.json")]
    paid = {charge.prediction for charge in bill_of(rehearsal_dir(run.name))}
    resumed = vgkit("resume", run.name, "--cap", "2.00", "--until", "chunks", "--view", "quiet")
    assert resumed.exit_code == 0
    assert " this time\n" in resumed.stdout
    assert paid < {charge.prediction for charge in bill_of(rehearsal_dir(run.name))}
