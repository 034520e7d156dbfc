"""Trials on hosts, rehearsed: what hosts charge is what is on record, whatever is stopped, killed or asked twice."""

import contextlib
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from labs import rehearsed, trial, words
from rehearsed import billed, created_twice, hosts_apart

from vgkit.errors import BudgetExceeded, Interrupted
from vgkit.lab.grids import Axis, Grid, foresee_grid, render_grid
from vgkit.lab.lab import Lab
from vgkit.lab.trials import Rendered, cancel_calls, foresee, render, trials
from vgkit.ledger import Ledger, read_events
from vgkit.places import rehearsal_dir

DRAFT: Mapping[str, Any] = {"engine": "zeroscope-draft", "still_engine": "sdxl"}


def bill_usd(lab: Lab) -> Decimal:
    return sum((charge.usd for charge in billed(rehearsal_dir(lab.world))), Decimal(0))


def ledger_usd(lab: Lab) -> Decimal:
    ledger = Ledger(lab.folder.parent)
    ledger.sync()
    assert ledger.spent() == 0, "a rehearsal's money is in no total"
    return ledger.spent(lab.name)


@pytest.mark.slow
def test_a_grid_of_stills_costs_what_the_hosts_charge_and_nothing_the_second_time(runs: Path) -> None:
    with rehearsed() as lab:
        grid = Grid(trial(engine="sdxl"), Axis("guidance", (5, 7)), Axis("steps", (20, 30)))
        assert str(foresee_grid(lab, grid)) == "4 tiles, about $0.020 of rehearsed money, 5 s"
        tiles = [tile for row in render_grid(lab, grid) for tile in row]
        again = [tile for row in render_grid(lab, grid) for tile in row]
        assert str(foresee_grid(lab, grid)) == "4 tiles, 4 cached, free"
        assert str(foresee(lab, trial(engine="sdxl"))) == "free, from the cache", "7 and 30 are the engine's own"
    assert all(isinstance(tile, Rendered) and tile.rehearsal and not tile.cached for tile in tiles)
    assert all(isinstance(tile, Rendered) and tile.cached and tile.cost_usd == 0 for tile in again)
    told = [tile.cost_usd for tile in tiles if isinstance(tile, Rendered)]
    assert len(set(told)) > 1
    assert sum(told) == ledger_usd(lab) == bill_usd(lab) == lab.spent_usd() > 0
    assert sorted(each.cost_usd for each in trials(lab)) == sorted(told)
    sent = [event["params"] for event in read_events(lab.events.path).of("call_reserved")]
    pairs = {(each["guidance_scale"], each["num_inference_steps"]) for each in sent}
    assert pairs == {(5.0, 20), (5.0, 30), (7.0, 20), (7.0, 30)}
    rows = Ledger(runs).query("SELECT bool_and(rehearsal) AS all FROM calls UNION ALL SELECT rehearsal FROM labs")
    assert rows.iloc[:, 0].tolist() == [True, True]


@pytest.mark.slow
def test_a_grid_over_engines_and_guidance_costs_what_the_hosts_charge(runs: Path) -> None:
    with rehearsed() as lab:
        clip = trial("s01", still_engine="sdxl")
        grid = Grid(clip, Axis("engine", ("zeroscope", "animatediff")), Axis("guidance", (6, 9)))
        before = foresee_grid(lab, grid)
        tiles = [tile for row in render_grid(lab, grid) for tile in row]
        assert str(foresee_grid(lab, grid)) == "4 tiles, 4 cached, free"
        free = render_grid(lab, grid)
    assert all(isinstance(tile, Rendered) for tile in tiles), tiles
    assert all(isinstance(tile, Rendered) and tile.cached for row in free for tile in row)
    calls = Counter((each.engine, each.cost_usd > 0) for each in tiles if isinstance(each, Rendered))
    assert calls == {("zeroscope@replicate", True): 2, ("animatediff@replicate", True): 2}
    assert ledger_usd(lab) == bill_usd(lab)
    assert abs(ledger_usd(lab) - before.usd) < before.usd / 2
    assert created_twice(rehearsal_dir(lab.world)) == {}


def test_the_cap_refuses_before_a_host_is_asked_and_what_fits_is_made(runs: Path) -> None:
    with rehearsed(cap_usd=Decimal("0.011")) as lab:
        (row,) = render_grid(lab, Grid(trial(engine="sdxl"), Axis("seed", (1, 2, 3))))
        assert {type(tile) for tile in row} == {Rendered, BudgetExceeded}
        refused = next(tile for tile in row if isinstance(tile, BudgetExceeded))
        assert "of the lab's $0.01 is spent or reserved. Raise the lab's cap to $0.0" in str(refused)
        with pytest.raises(BudgetExceeded, match="needs about \\$0.042 from zeroscope-draft"):
            render(lab, trial("s01", engine="zeroscope-draft", of=words(aspect="1:1")))
    assert ledger_usd(lab) == bill_usd(lab) < Decimal("0.02")
    made = [tile for tile in row if isinstance(tile, Rendered)]
    assert len(billed(rehearsal_dir(lab.world))) == len(made)


def test_who_stops_leaves_the_call_open_and_pays_for_it_once(runs: Path) -> None:
    stopping, ended = threading.Event(), []

    def rendering(lab: Lab) -> None:
        try:
            render(lab, trial(engine="sdxl"), stopping=stopping)
        except Interrupted as error:
            ended.append(str(error))

    with rehearsed(speed=20.0) as lab:
        thread = threading.Thread(target=rendering, args=(lab,))
        thread.start()
        while not read_events(lab.events.path).of("call_submitted"):
            thread.join(0.01)
        stopping.set()
        thread.join(5)
        assert not thread.is_alive()
        assert "taken up when it is rendered again" in ended[0]
        assert foresee(lab, trial(engine="sdxl")).means == "open"
        made = render(lab, trial(engine="sdxl"))
    assert (made.cached, made.cost_usd) == (False, bill_usd(lab))
    assert len(billed(rehearsal_dir(lab.world))) == 1
    assert ledger_usd(lab) == bill_usd(lab)


def test_a_call_that_nobody_wants_any_more_is_canceled_and_settled(runs: Path) -> None:
    stopping = threading.Event()

    def rendering(lab: Lab) -> None:
        with contextlib.suppress(Interrupted):
            render(lab, trial(engine="sdxl"), stopping=stopping)

    with rehearsed(speed=2.0) as lab:
        thread = threading.Thread(target=rendering, args=(lab,))
        thread.start()
        while not read_events(lab.events.path).of("call_submitted"):
            thread.join(0.01)
        stopping.set()
        thread.join()
        (canceled,) = cancel_calls(lab)
        assert cancel_calls(lab) == []
        assert foresee(lab, trial(engine="sdxl")).means == "bought"
    assert canceled.engine == "sdxl@replicate"
    assert canceled.cost_usd == ledger_usd(lab) == bill_usd(lab) == lab.spent_usd()


RENDER = """
import sys
sys.path[:0] = sys.argv[1:3]
from labs import trial
from vgkit.lab.lab import Lab
from vgkit.lab.trials import render
lab = Lab.open("r", rehearse=True)
print(render(lab, trial("s01", engine="zeroscope-draft", still_engine="sdxl")).cost_usd)
"""


def rendering(environment: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Render a clip in a process of its own."""
    here = Path(__file__).parent
    command = [sys.executable, "-c", RENDER, str(here), str(here.parent)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("submitted", [1, 2], ids=["in the keyframe", "in the clip"])
def test_a_kernel_killed_in_a_trial_pays_once_when_it_is_rendered_again(runs: Path, submitted: int) -> None:
    folder = rehearsal_dir("lab-r-rehearsed")
    with hosts_apart(folder, speed=30.0, faults="none", seed=1) as environment:
        lab = Lab.open("r", rehearse=True, speed=30.0)
        with rendering(environment) as killed:
            while killed.poll() is None and len(read_events(lab.events.path).of("call_submitted")) < submitted:
                try:
                    killed.wait(0.02)
                except subprocess.TimeoutExpired:
                    continue
            killed.kill()
        with rendering(environment) as again:
            _, said = again.communicate()
        assert again.returncode == 0, said
    assert killed.returncode == -9
    assert created_twice(folder) == {}
    assert len(billed(folder)) == 2
    assert ledger_usd(lab) == bill_usd(lab) == lab.spent_usd()


@pytest.mark.slow
def test_two_kernels_rehearse_one_lab_on_the_same_hosts(runs: Path) -> None:
    with rehearsed() as lab, lab.at_work(), rendering() as other:
        made = render(lab, trial("s01", engine="zeroscope-draft", still_engine="sdxl"))
        out, said = other.communicate()
    assert other.returncode == 0, said
    assert len(billed(rehearsal_dir(lab.world))) == 2
    assert ledger_usd(lab) == bill_usd(lab)
    assert made.cost_usd + Decimal(out.strip()) == bill_usd(lab)
