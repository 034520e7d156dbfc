"""Runs that are carried between machines: what one has told, the next one knows, and only one of them may go on.

A machine here is a runs folder of its own. What makes films is in ``test_carry_films``."""

import dataclasses
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

import builders
import pytest
from buckets import OddStore, moto_host, new_bucket, sign_in
from wire import Reply, serving

from vgkit.batch.carry import carried, fetch_run, send_run
from vgkit.batch.carrying.state import Note, Shelf, State
from vgkit.errors import RunBusy, RunError, RunNotFound, StoreError
from vgkit.files import write_json, write_text
from vgkit.ledger import Events, read_events
from vgkit.pipeline import Gate
from vgkit.places import cache_dir, runs_dir
from vgkit.run import Run

CALL: dict[str, Any] = {"role": "video", "engine": "zeroscope", "host": "replicate", "fingerprint": "ab" * 32}


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with moto_host() as endpoint:
        yield endpoint


@pytest.fixture(params=["bucket", "folder"])
def at(request: pytest.FixtureRequest, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place between the machines."""
    sign_in(monkeypatch, host)
    return f"s3://{new_bucket(host)[0]}/night" if request.param == "bucket" else str(tmp_path / "between")


class Machines:
    """Turns this process into one machine or another."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._monkeypatch = tmp_path, monkeypatch

    def become(self, name: str) -> Path:
        self._monkeypatch.setenv("VGKIT_RUNS", str(self._folder / name))
        return self._folder / name


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machines:
    return Machines(tmp_path, monkeypatch)


@pytest.fixture
def sent(at: str, machines: Machines) -> Run:
    """A run that a driver has begun and sent."""
    machines.become("driver")
    run = builders.run(name="kite")
    run.events.write("allotted", cap_usd=Decimal("2.00"), batch="kites")
    send_run("kite", at)
    return run


def free() -> Gate:
    """A gate that lets all pass at once."""
    return lambda _: nullcontext()


def here() -> Run:
    return Run.open(runs_dir() / "kite")


def kinds(run: Run) -> list[str]:
    return [event.kind for event in read_events(run.events.path)]


def call(events: Events, name: str) -> None:
    events.write("call_reserved", call=name, cost_usd=Decimal("0.08"), **CALL)


def told_at(at: str) -> list[str]:
    """The events that a place knows."""
    state, _ = Shelf("kite", at).state() or (State(""), "")
    return [json.loads(line)["kind"] for line in state.events.splitlines()]


def tear(shelf: Shelf, digest: str) -> None:
    """Cut bytes short that lie at a place."""
    key = f"kite/files/{digest}"
    content, tag = shelf.place.read(key) or (b"", "")
    assert shelf.place.swap(key, content[:-3], tag)


def result(text: str) -> Path:
    """What a call has brought, in this machine's cache."""
    kept = cache_dir() / "ab" / f"{'ab' * 32}.mp4"
    write_text(kept, text)
    return kept


def test_what_one_machine_has_told_and_made_the_next_one_finds(sent: Run, at: str, machines: Machines) -> None:
    machines.become("a")
    with carried("kite", at, gate=free()) as gate:
        with gate("validate"):
            write_text(here().path("storyboard.json"), "a storyboard")
            write_json(here().path("phases/validate.json"), {})
        write_text(here().path(".storyboard.part.json"), "half of one")
        write_text(here().path("cut.mkv"), "large")
        for number in range(8):
            write_text(here().path(f"chunks/s01/t{number:02d}.mp4"), "the same" * 1000)
    assert not (runs_dir() / "kite").exists()  # no copy is left to grow old
    machines.become("b")
    with carried("kite", at, gate=free()):
        assert here().brief == sent.brief
        assert kinds(here()) == ["allotted"]
        assert here().path("storyboard.json").read_text() == "a storyboard"
        assert here().path("phases/validate.json").exists()
        assert not here().path(".storyboard.part.json").exists()
        assert not here().path("cut.mkv").exists()
        assert len(list(here().path("chunks/s01").iterdir())) == 8


def test_money_and_what_it_brought_are_at_the_place_before_the_next_step(
    sent: Run, at: str, machines: Machines
) -> None:
    machines.become("a")
    with ExitStack() as lost:
        lost.enter_context(carried("kite", at, gate=free()))
        run = here()
        call(run.events, "c1")
        run.events.write("progress", phase="chunks", done=0, total=1)
        assert told_at(at) == ["allotted", "call_reserved"]
        kept = result("a clip that was paid for")
        run.events.write("call_settled", call="c1", cost_usd=Decimal("0.07"), **CALL)
        machines.become("b")
        with carried("kite", at, gate=free()):
            assert kinds(here()) == ["allotted", "call_reserved", "progress", "call_settled"]
            assert (cache_dir() / "ab" / kept.name).read_text() == "a clip that was paid for"
        machines.become("driver")
        fetch_run("kite", at)
        assert kinds(sent) == ["allotted", "call_reserved", "progress", "call_settled"]
        assert (cache_dir() / "ab" / kept.name).exists()
        with pytest.raises(RunBusy):
            lost.close()


def test_who_was_thought_lost_and_wakes_up_is_refused_before_its_call_leaves(
    sent: Run, at: str, machines: Machines
) -> None:
    machines.become("a")
    with ExitStack() as lost:
        lost.enter_context(carried("kite", at, gate=free()))
        asleep = here()
        call(asleep.events, "c1")
        machines.become("b")
        with carried("kite", at, gate=free()):
            for name in ("c2", "c3"):
                with pytest.raises(RunBusy, match="Run kite was taken up by another machine, which goes on with it"):
                    call(asleep.events, name)
            assert kinds(asleep) == ["allotted", "call_reserved"]  # what was refused is not on record either
            call(here().events, "c4")
        machines.become("a")
        with pytest.raises(RunBusy):
            lost.close()
        assert not asleep.folder.exists()
    assert told_at(at) == ["allotted", "call_reserved", "call_reserved"]


def test_a_reply_that_was_lost_does_not_take_a_run_from_who_holds_it(sent: Run, at: str, machines: Machines) -> None:
    machines.become("a")
    with carried("kite", at, gate=free()):
        note = Note.of(here().folder)
        assert note
        call(here().events, "c1")
        note.save(here().folder)  # as if the event had reached the place, and the reply had not come back
        call(here().events, "c2")
        assert told_at(at) == ["allotted", "call_reserved", "call_reserved"]


def test_threads_of_one_machine_write_side_by_side(sent: Run, at: str, machines: Machines) -> None:
    machines.become("a")
    with carried("kite", at, gate=free()), ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: call(here().events, f"c{number}"), range(8)))
    assert len(told_at(at)) == 9


def test_a_driver_that_was_lost_sends_a_run_again_and_nothing_told_meanwhile_is_lost(
    sent: Run, at: str, machines: Machines
) -> None:
    machines.become("a")
    with carried("kite", at, gate=free()) as gate, gate("validate"):
        here().events.write("run_started", brief={}, profile="dev", engines={})
        call(here().events, "c1")
        write_text(here().path("storyboard.json"), "a storyboard")
    machines.become("driver")
    dataclasses.replace(sent, settings={"takes": 2}).save()
    sent.events.write("allotted", cap_usd=Decimal("3.00"), batch="kites")
    send_run("kite", at)
    machines.become("b")
    with carried("kite", at, gate=free()):
        assert here().settings == {"takes": 2}
        assert here().path("storyboard.json").exists()
        # Set aside for the start that comes next, not for the one before.
        assert kinds(here()) == ["allotted", "allotted", "run_started", "call_reserved", "allotted"]


def test_what_is_torn_at_the_place_is_not_taken_for_whole(sent: Run, at: str, machines: Machines) -> None:
    machines.become("a")
    with carried("kite", at, gate=free()) as gate, gate("validate"):
        write_text(here().path("storyboard.json"), "a storyboard")
        write_json(here().path("phases/validate.json"), {})
        kept = result("a clip that was paid for")
        call(here().events, "c1")
        here().events.write("call_settled", call="c1", cost_usd=Decimal("0.07"), **CALL)
    shelf = Shelf("kite", at)
    state, _ = shelf.state() or (State(""), "")
    tear(shelf, state.files["storyboard.json"])
    machines.become("b")
    with carried("kite", at, gate=free()) as gate, gate("validate"):
        assert not here().path("storyboard.json").exists()  # so its phase is made again
        write_text(here().path("storyboard.json"), "a storyboard")
    machines.become("driver")
    fetch_run("kite", at)
    assert sent.path("storyboard.json").read_text() == "a storyboard"  # sent again, it was mended
    tear(shelf, state.results[kept.name])
    machines.become("c")
    with pytest.raises(RunError, match="to go on without it would pay for it again"), carried("kite", at, gate=free()):
        pass


@pytest.mark.parametrize("name", ["../../escaped", "/etc/escaped", ".carried.json", "a/../../escaped", "a\\b", "."])
def test_a_state_whose_names_lead_out_of_the_run_is_refused(name: str) -> None:
    written = State("", files={"run.json": "0" * 64, name: "0" * 64}).written
    with pytest.raises(RunError, match="which is nothing of a run's"):
        State.read(written, "s3://films/kite/state")


@pytest.mark.parametrize("result", ["../ab.mp4", "ab.mp4", f"{'ab' * 32}.mp4/x"])
def test_a_state_whose_results_lie_elsewhere_than_in_the_cache_is_refused(result: str) -> None:
    with pytest.raises(RunError, match="which is nothing of a run's"):
        State.read(State("", results={result: "0" * 64}).written, "s3://films/kite/state")


@pytest.mark.parametrize("written", [b"", b"[]", b"{}\n", b'{"by": "a"', b"\xff\n"])
def test_what_is_no_state_is_told(written: bytes) -> None:
    with pytest.raises(RunError, match="is not what a run's state looks like"):
        State.read(written, "s3://films/kite/state")


@pytest.mark.parametrize("name", ["../kite", "a/b", "", ".hidden", "kite\n"])
def test_a_name_that_leaves_the_place_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="can't name a run"):
        fetch_run(name, str(tmp_path))


def test_a_run_that_was_never_sent_is_told_and_leaves_nothing_behind(at: str, machines: Machines) -> None:
    folder = machines.become("a")
    with pytest.raises(RunNotFound, match="There is no run at"), carried("kite", at, gate=free()):
        pass
    assert not folder.exists()


def test_a_place_that_does_not_answer_is_told_before_anything_is_spent(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines.become("driver")
    builders.run(name="kite")
    store, away = OddStore(), threading.Event()
    with serving(lambda asked: Reply(drop=True) if away.is_set() else store.answer(asked)) as wire:
        sign_in(monkeypatch, wire.address)
        send_run("kite", "s3://goes-away")
        machines.become("a")
        with ExitStack() as block:
            block.enter_context(carried("kite", "s3://goes-away", gate=free()))
            away.set()
            with pytest.raises(StoreError, match=r"s3://goes-away/kite/state: .* does not answer"):
                call(here().events, "c1")
            assert kinds(here()) == []
            with pytest.raises(StoreError, match="does not answer"):
                block.close()
    assert here().folder.exists()  # what could not be given back stays


@pytest.mark.parametrize(
    ("store", "said"),
    [
        (OddStore(knows_conditions=False), "knows no conditional writes"),
        (OddStore(minds_conditions=False), "ignores conditions"),
    ],
    ids=["none", "ignored"],
)
def test_a_store_that_can_not_hold_to_conditions_is_refused(
    machines: Machines, monkeypatch: pytest.MonkeyPatch, store: OddStore, said: str
) -> None:
    machines.become("driver")
    builders.run(name="kite")
    with serving(store.answer) as wire:
        sign_in(monkeypatch, wire.address)
        with pytest.raises(StoreError, match=said):
            send_run("kite", f"s3://odd-{said.split()[0]}")
