"""What phases do with hosts: stills in place of clips, music beside the rest, calls that nobody takes up."""

import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from builders import run as started
from rehearsed import billed, booked, rehearsed_run
from studio import FINAL_USD, Painter, Studio, ask

from vgkit.engines import registry
from vgkit.engines.adapters import push_in
from vgkit.engines.base import Ask, ClipRequest
from vgkit.engines.hosted import Order, Standing
from vgkit.errors import EngineFailed, Interrupted, RunError
from vgkit.ledger import read_events
from vgkit.media.probe import probe
from vgkit.phases import animatic, chunks, references, refine, validate
from vgkit.phases.ahead import music_ahead
from vgkit.phases.asking import ask_all, door
from vgkit.phases.calls_told import calls_told
from vgkit.phases.leftovers import cancel_open, open_calls
from vgkit.phases.step import Step, degraded, forget
from vgkit.pipeline import run_phases
from vgkit.places import rehearsal_dir
from vgkit.rehearse import hosts_of
from vgkit.run import Run
from vgkit.storyboard import ClipShape


@dataclass
class Filmer(Painter):
    """Makes its clips of the keyframe, by a host in memory."""

    name: str = "filmer"
    steps: tuple[str, ...] = ("final",)

    def shape(self, aspect: str) -> ClipShape:
        return ClipShape(frames=24, fps=8, width_px=192, height_px=108)

    def _order(self, request: Any, step: int) -> Order:
        params = {"text": request.prompt, "seed": request.seed, "for": request.subject}
        return Order("acme/filmer", "2" * 64, params, ".png", FINAL_USD, typical_s=5.0, deadline_s=1e9)

    def finish(self, request: Any, results: Sequence[Path], out: Path) -> Mapping[str, Any]:
        assert isinstance(request, ClipRequest)
        assert request.keyframe
        push_in(request.keyframe, request.shape, out)
        return {}


@pytest.fixture
def filmer(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Filmer:
    """An engine for clips that every run in this test may use as ``filmer``."""
    monkeypatch.setenv("VGKIT_SPEED", "100000")
    monkeypatch.setattr("vgkit.phases.asking.decodes", lambda path: None)
    made = Filmer(Studio())
    monkeypatch.setitem(registry.ENGINES, "filmer@studio", (frozenset({"video"}), lambda: made))
    return made


def up_to_chunks(**fields: Any) -> Run:
    run = started(engines={"video": "filmer"}, caps={"run_usd": "9"}, **fields)
    validate.plan_storyboard(run)
    animatic.draw_animatic(run)
    references.gather_references(run)
    return run


def test_a_shot_whose_clip_can_not_be_had_keeps_its_still_and_the_run_is_degraded(filmer: Filmer) -> None:
    run = up_to_chunks()
    filmer.client.fails = lambda order: order.params["for"] == "s02/t01"
    report = chunks.make_chunks(run)
    assert degraded(run) == ("s02",)
    assert run.path("chunks/picks.json").read_text().count('"still"') == 1
    assert probe(run.path("chunks/s02/still.mp4")).frames == 24
    assert "s02 have no clip and show their still" in report.alerts[0]
    told = read_events(run.events.path).of("fallback")
    assert [(event["subject"], event["engine"]) for event in told] == [("s02", "filmer@studio")]
    assert "That was try 3 of 3" in told[0]["message"]


def test_a_degraded_shot_is_made_good_by_asking_again_and_the_others_cost_nothing(filmer: Filmer) -> None:
    run = up_to_chunks()
    filmer.client.fails = lambda order: order.params["for"] == "s02/t01"
    chunks.make_chunks(run)
    filmer.client.fails = lambda order: False
    before = len(filmer.client.calls)
    forget(run, "chunks")
    chunks.make_chunks(run)
    assert degraded(run) == ()
    assert len(filmer.client.calls) == before + 1


def test_another_take_stands_in_for_one_that_failed(filmer: Filmer) -> None:
    run = up_to_chunks()
    filmer.client.fails = lambda order: order.params["for"] == "s02/t01"
    chunks.make_chunks(run, takes=2)
    assert degraded(run) == ()
    assert '"s02": "t02"' in run.path("chunks/picks.json").read_text()


def test_a_film_of_too_many_stills_is_refused(filmer: Filmer) -> None:
    run = up_to_chunks()
    filmer.client.fails = lambda order: order.params["for"] != "s02/t01"
    with pytest.raises(EngineFailed, match=r"2 of 3 shots have no clip \(s01, s03\); at most a third may be stills"):
        chunks.make_chunks(run)


def test_what_hosts_were_asked_is_shown_with_its_cost(filmer: Filmer) -> None:
    run = up_to_chunks()
    chunks.make_chunks(run)
    (table,) = calls_told(run, "chunks")
    assert table.heading == "Asked of hosts: 3 calls, $0.8400"
    assert [row[0] for row in table.rows] == ["s01/t01", "s02/t01", "s03/t01"]
    assert calls_told(run, "animatic") == ()


def test_a_real_run_never_meets_rehearsed_hosts_nor_a_rehearsal_real_ones(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = rehearsed_run(name="rehearsed")
    with pytest.raises(RunError, match="rehearsed is a rehearsal, and its hosts are not running"):
        door(rehearsal, "chunks")
    real = started(name="real")
    monkeypatch.setenv("VGKIT_REHEARSAL", "http://127.0.0.1:1")
    with pytest.raises(RunError, match="real is no rehearsal, and VGKIT_REHEARSAL is set"):
        door(real, "chunks")


def wait_for(run: Run, kind: Any, *, phase: str) -> None:
    deadline = time.monotonic() + 30
    while not any(event["phase"] == phase for event in read_events(run.events.path).of(kind)):
        assert time.monotonic() < deadline, f"no {kind}"
        time.sleep(0.02)


def let_go(run: Run, ask: Ask) -> None:
    """Ask, and let go of the call as soon as it is created."""
    through, met = door(run, "animatic"), list[BaseException]()

    def work() -> None:
        try:
            through.ask(ask)
        except Interrupted as error:
            met.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    wait_for(run, "call_submitted", phase="animatic")
    through.stop()
    thread.join()
    assert "was left running. `vgkit resume` takes it up" in str(met[0])


@pytest.mark.parametrize("told", [True, False], ids=["reply on record", "reply lost"])
def test_a_call_that_was_let_go_can_be_canceled_and_is_settled_as_the_host_bills_it(runs: Path, told: bool) -> None:
    engines = {"plan": "sketch", "picture": "sketch", "video": "zeroscope-draft", "music": "sketch"}
    run = rehearsed_run(name="left", speed=4.0, engines=engines)
    with hosts_of(run):
        validate.plan_storyboard(run)
        animatic.draw_animatic(run)
        let_go(run, chunks.asks(run)[0])
        if not told:
            lines = run.events.path.read_text().splitlines(keepends=True)
            run.events.path.write_text("".join(line for line in lines if "call_submitted" not in line))
        assert len(open_calls(run)) == 1
        (settled,) = cancel_open(run)
        assert (settled.subject, settled.engine) == ("s01/t01", "zeroscope-draft@replicate")
        assert settled.prediction
        assert open_calls(run) == []
    ours = {name: usd for name, usd in booked(run).items() if name}
    assert ours == {charge.prediction: charge.usd for charge in billed(rehearsal_dir(run.name))}


class Alone:
    """A third party's engine that works in one go, and whose process was killed meanwhile."""

    name, host, version, commercial_use = "alone", "attic", "1", True
    shape = Filmer.shape


def left_by_alone(run: Run) -> None:
    fields = {"phase": "chunks", "role": "video", "engine": "alone", "host": "attic", "subject": "s01/t01"}
    run.events.write("call_reserved", call="c1", fingerprint="f1", cost_usd=FINAL_USD, **fields)


def test_a_call_of_an_engine_that_works_in_one_go_is_written_off_when_it_is_canceled(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.ENGINES, "alone@attic", (frozenset({"video"}), Alone))
    run = started()
    left_by_alone(run)
    (settled,) = cancel_open(run)
    assert (settled.engine, settled.prediction, settled.cost_usd) == ("alone@attic", "", FINAL_USD)
    assert open_calls(run) == []


def test_phases_that_were_not_asked_for_keep_their_open_calls(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.ENGINES, "alone@attic", (frozenset({"video"}), Alone))
    run = started()
    left_by_alone(run)
    run_phases(run, phases=("validate",))
    assert len(open_calls(run)) == 1


@dataclass
class Endless(Studio):
    """Refuses one text, never ends another, and has the person interrupt while that one is brought home."""

    let_go: threading.Event = field(default_factory=threading.Event)
    interrupt_at: int = 5000

    def create(self, order: Order, files: Mapping[str, str]) -> Standing:
        if order.params["text"] == "refused":
            raise EngineFailed("studio: not today")
        return super().create(order, files)

    def look(self, prediction: str) -> Standing:
        self.looks += 1
        if self.looks == self.interrupt_at:
            os.kill(os.getpid(), signal.SIGINT)
        return Standing(prediction, "failed" if self.let_go.is_set() else "running")


def test_a_second_thought_while_the_rest_is_brought_home_lets_go_of_it(runs: Path, filmer: Filmer) -> None:
    run = started(caps={"run_usd": "9"})
    studio = Endless()
    asks = [ask(Painter(studio, steps=("final",)), runs, subject=text, text=text) for text in ("endless", "refused")]
    try:
        with pytest.raises(KeyboardInterrupt):
            ask_all(Step(run, "chunks", needed=True), asks)
        looks, deadline = -1, time.monotonic() + 60
        while looks != studio.looks:
            assert time.monotonic() < deadline, "it is still looked after"
            looks = studio.looks
            time.sleep(0.05)
        assert len(open_calls(run)) == 1
    finally:
        studio.let_go.set()


def test_music_is_asked_for_ahead_and_found_by_the_phase_that_needs_it(runs: Path) -> None:
    engines = {"plan": "sketch", "picture": "sketch", "video": "sketch", "music": "musicgen"}
    run = rehearsed_run(name="ahead", speed=200.0, engines=engines)
    with hosts_of(run):
        validate.plan_storyboard(run)
        with music_ahead(run) as begin:
            begin()
            wait_for(run, "call_submitted", phase="refine")
            (ask,) = refine.asks(run)
            assert door(run, "refine").ask(ask).is_file()
    assert len(billed(rehearsal_dir(run.name))) == 1


def test_music_that_came_ahead_is_written_by_the_phase_alone(runs: Path) -> None:
    engines = {"plan": "sketch", "picture": "sketch", "video": "sketch", "music": "musicgen"}
    run = rehearsed_run(name="ahead", speed=200.0, engines=engines)
    with hosts_of(run):
        validate.plan_storyboard(run)
        (ask,) = refine.asks(run)
        with music_ahead(run) as begin:
            begin()
            wait_for(run, "call_settled", phase="refine")
        assert not ask.out.exists()
        assert door(run, "refine").ask(ask).is_file()
    assert len(billed(rehearsal_dir(run.name))) == 1
