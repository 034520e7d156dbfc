"""A lab's folder, its cap, and what other parts of vgkit make of it."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from labs import rehearsed, trial, with_brush

from vgkit.cleaning import clean_rehearsals
from vgkit.cli import list_runs
from vgkit.errors import BudgetExceeded, EngineUnknown, ParameterError, RunError
from vgkit.lab.lab import Lab, lab_names
from vgkit.lab.trials import render
from vgkit.ledger import Ledger, read_events
from vgkit.places import rehearsal_dir
from vgkit.run import all_runs, latest_run


def test_a_cap_that_was_given_stays_and_another_is_the_profiles(runs: Path) -> None:
    assert Lab.open("a").cap_usd == 0
    assert Lab.open("a", profile="final").cap_usd == Decimal("3.50")
    assert Lab.open("a", profile="final", cap_usd=Decimal("1.25")).cap_usd == Decimal("1.25")
    assert Lab.open("lab-a", profile="dev").cap_usd == Decimal("1.25")
    assert Lab.open("a", rehearse=True).cap_usd == Decimal("2.00")
    assert lab_names() == ("lab-a", "lab-a-rehearsed")
    assert Lab.open("lab-a-rehearsed").rehearsal == {"speed": 60.0, "faults": "none", "seed": 0}
    caps = [event["cap_usd"] for event in read_events(runs / "lab-a" / "events.jsonl").of("lab_started")]
    assert caps == ["0.00", "3.50", "1.25"]


def test_a_lab_is_named_after_the_day(runs: Path) -> None:
    assert Lab.open().folder.name.removeprefix("lab-").isdigit()


@pytest.mark.parametrize("name", ["../up", "a/b", "", " ", "<b>", "x" * 61])
def test_a_name_that_is_none_is_refused(runs: Path, name: str) -> None:
    if name:
        with pytest.raises(ParameterError, match="can't name a lab"):
            Lab.open(name)
    else:
        assert Lab.open(name).folder.parent == runs


def test_what_can_not_be_a_lab_is_refused_with_the_reason(runs: Path) -> None:
    (runs / "lab-film").mkdir(parents=True)
    (runs / "lab-film" / "run.json").write_text("{}")
    with pytest.raises(RunError, match="lab-film is a run's folder. Choose another name"):
        Lab.open("film")
    (runs / "lab-torn").mkdir()
    (runs / "lab-torn" / "lab.json").write_text('{"cap')
    with pytest.raises(RunError, match="can't be read"):
        Lab.open("torn")
    with pytest.raises(ParameterError, match="no amount from 0 to 1000"):
        Lab.open("a", cap_usd=Decimal(-1))
    with pytest.raises(EngineUnknown, match="there is no profile 'gold'"):
        Lab.open("a", profile="gold")


def test_no_list_of_films_shows_a_lab(
    runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_brush(monkeypatch)
    render(Lab.open("a"), trial(engine="brush"))
    assert (all_runs(), latest_run()) == ([], None)
    list_runs()
    assert "There are no runs yet" in capsys.readouterr().out
    ledger = Ledger(runs)
    assert len(ledger.runs()) == 0
    assert ledger.query("SELECT run, phase, state FROM calls").values.tolist() == [["lab-a", "lab", "settled"]]


def test_a_call_that_passes_the_labs_cap_is_refused_before_anything_leaves(runs: Path) -> None:
    with pytest.raises(BudgetExceeded) as refused:
        render(Lab.open("a", cap_usd=Decimal("0.002")), trial(engine="sdxl"))
    said = str(refused.value)
    assert "needs about $0.005 from sdxl; $0.000 of the lab's $0.00 is spent" in said
    assert "Raise the lab's cap to $0.01 or more" in said
    assert "vgkit resume" not in said
    assert read_events(runs / "lab-a" / "events.jsonl").of("call_reserved") == ()


def test_the_projects_cap_holds_for_labs(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_PROJECT_CAP", "0.001")
    with pytest.raises(BudgetExceeded, match="of the project's \\$0.00 is spent"):
        render(Lab.open("a", cap_usd=Decimal(2)), trial(engine="sdxl"))


@pytest.mark.slow
def test_several_processes_make_one_lab_at_once(runs: Path) -> None:
    command = [sys.executable, "-c", "from vgkit.lab.lab import Lab; print(Lab.open('a', profile='dev').cap_usd)"]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [each.communicate()[0].strip() for each in started] == ["2.00"] * 2
    assert lab_names() == ("lab-a",)
    assert Ledger(runs).query("SELECT lab, cap_usd FROM labs").values.tolist() == [["lab-a", 2.0]]


def test_a_process_is_in_one_world_at_a_time(runs: Path) -> None:
    real = Lab.open("a")
    with rehearsed() as lab, lab.at_work():
        with pytest.raises(RunError, match="lab-r-rehearsed is being rendered here"):
            render(real, trial())
        with lab.at_work():
            lab.check_rehearsal()
    with pytest.raises(RunError, match="its hosts are not running here"):
        lab.check_rehearsal()
    real.check_rehearsal()


def test_cleaning_spares_the_hosts_of_a_lab_that_is_there(runs: Path) -> None:
    with rehearsed() as lab, lab.at_work():
        pass
    clean_rehearsals(really=True, caches=False)
    assert rehearsal_dir(lab.world).is_dir()
