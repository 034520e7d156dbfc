"""What films ask of a worker, what workers offer, and what is said where the two don't meet."""

from pathlib import Path
from typing import Any

import pytest
from batches import REHEARSAL

from vgkit import __version__
from vgkit.batch.check import plan
from vgkit.batch.cluster.looking import Terms, behind_s, look
from vgkit.batch.cluster.needs import counted, hosts_by_phase, needs_of, places, unmet
from vgkit.batch.cluster.offering import offered
from vgkit.batch.cluster.serving import command
from vgkit.batch.planned import Film
from vgkit.batch.spec import spec_of
from vgkit.places import runs_dir

DRIVER = {"machine": "studio", "runs": "/runs", "sees_runs": True, "hosts_elsewhere": False, "at": 1000.0}


@pytest.fixture(autouse=True)
def _keys(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_none")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")


def film(profile: str, *, rehearsal: Any = None, **head: Any) -> Film:
    return plan(spec_of([{"prompt": "A kite"}], name="kites", profile=profile, **head), rehearsal=rehearsal)[0]


def worker(threads: int, **resources: float) -> dict[str, Any]:
    return {"nthreads": threads, "resources": {f"host:{name}": amount for name, amount in resources.items()}}


def test_a_film_needs_a_place_at_each_of_its_hosts_or_a_core() -> None:
    assert needs_of(film("dev")) == (("host:openai", 1.0), ("host:replicate", 1.0))
    assert needs_of(film("offline")) == (("host:local", 1.0),)
    assert needs_of(film("dev", rehearsal=REHEARSAL)) == (("host:rehearsal", 1.0),)
    assert needs_of(film("offline", rehearsal=REHEARSAL)) == (("host:local", 1.0),)
    assert needs_of(film("offline", needs={"gpu": 2})) == (("gpu", 2), ("host:local", 1.0))


def test_phases_are_known_by_the_hosts_they_ask() -> None:
    assert hosts_by_phase(film("dev")) == {
        "validate": ("openai",),
        "animatic": ("replicate",),
        "chunks": ("replicate",),
        "refine": ("replicate",),
    }
    assert hosts_by_phase(film("offline")) == {}


def test_workers_take_as_many_films_as_they_have_threads_and_places_for() -> None:
    needs = needs_of(film("dev"))
    assert places(needs, [worker(8, replicate=8, openai=4), worker(2, replicate=8, openai=8), worker(4, local=4)]) == 6
    assert places(needs, []) == 0


def test_what_no_worker_offers_is_told_with_how_many_films_need_it_and_the_cure() -> None:
    wanted = counted([film("dev"), film("dev"), film("offline")])
    assert list(unmet(wanted, [worker(4, local=4, openai=4)])) == [
        "no worker offers host:replicate: 2 films need it. Set REPLICATE_API_TOKEN where a worker runs, then start it "
        "again"
    ]
    apart = [worker(4, local=4, openai=4), worker(4, replicate=4)]
    assert list(unmet(wanted, apart)) == [
        "no worker offers host:openai together with host:replicate: 2 films need it. Set REPLICATE_API_TOKEN and "
        "OPENAI_API_KEY where a worker runs, then start it again"
    ]
    assert list(unmet(wanted, [worker(4, local=4, openai=4, replicate=1)])) == []


def test_a_worker_offers_the_hosts_whose_keys_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " ")
    assert offered(films=6, cores=2, gpus=1) == {
        "host:local": 2,
        "host:rehearsal": 6,
        "host:replicate": 6,
        "gpu": 1,
    }


def test_a_worker_is_dask_s_own_with_a_thread_for_each_film() -> None:
    told = command("tcp://10.0.0.5:8786", films=3, resources={"host:local": 2.0, "gpu": 1.0}, dashboard="10.0.0.6:0")
    assert told == [
        *("tcp://10.0.0.5:8786", "--nworkers", "1", "--nthreads", "3"),
        *("--resources", "host:local=2 gpu=1", "--dashboard-address", "10.0.0.6:0"),
    ]


@pytest.mark.parametrize(("at", "late_s"), [(90.0, 10.0), (100.0, 0.0), (101.5, 0.0), (103.0, -1.0)])
def test_a_clock_is_off_by_what_no_delay_explains(at: float, late_s: float) -> None:
    assert behind_s(at, asked_at=100.0, told_at=102.0) == late_s


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"version": "0.0.9"}, f"has vgkit 0.0.9, and here is {__version__}. Install the same on both"),
        ({"sees_runs": False}, "does not see the runs of {runs}: its own are in /runs. Set VGKIT_RUNS there to where"),
        ({"at": 900.0}, "has a clock that is behind by 100 s. Set it by NTP, there or here"),
        ({"at": 1100.0}, "has a clock that is ahead by 100 s. Set it by NTP, there or here"),
        ({"hosts_elsewhere": True}, "was started with VGKIT_REHEARSAL, and these films are real. Unset it there"),
    ],
)
def test_what_is_wrong_with_a_worker_is_told_with_the_cure(seen: dict[str, Any], said: str) -> None:
    terms = Terms(rehearsed=False, probe=".batches/kites/.probe-1")
    told = list(terms.complaints(DRIVER | {"version": __version__} | seen, asked_at=1000.0, told_at=1000.0))
    assert len(told) == 1
    assert told[0].startswith(said.format(runs=runs_dir()))


def test_a_worker_without_vgkit_is_told_to_get_it() -> None:
    missing = ModuleNotFoundError("No module named 'vgkit'")
    (told,) = Terms(rehearsed=False).complaints(missing, asked_at=0.0, told_at=0.0)
    assert told.startswith("has no vgkit that can answer (ModuleNotFoundError: No module named 'vgkit'). Install vgkit")


def test_another_machine_must_be_led_to_rehearsed_hosts() -> None:
    seen = DRIVER | {"version": __version__}
    (told,) = Terms(rehearsed=True).complaints(seen, asked_at=1000.0, told_at=1000.0)
    assert told.startswith("can't reach the hosts that rehearse here. Run them with `python -m vgkit.rehearsal`")
    assert list(Terms(rehearsed=True).complaints(seen | {"hosts_elsewhere": True}, asked_at=1e3, told_at=1e3)) == []


def test_a_worker_sees_the_probe_only_where_it_shares_the_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Terms.of([film("offline")], runs_at="") as terms:
        assert look(terms.probe)["sees_runs"]
        monkeypatch.setenv("VGKIT_RUNS", str(tmp_path / "others"))
        assert not look(terms.probe)["sees_runs"]
