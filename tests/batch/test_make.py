"""A batch is made from where it stands: which films are due, what is kept, and what a stop or a lost disk does."""

import json
import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from batches import Hands, films

from vgkit.batch.coordinator import Policy, Stopping
from vgkit.batch.crew import Ending, Job
from vgkit.batch.make import How, make_batch
from vgkit.batch.planned import Film
from vgkit.batch.record import BatchRecord
from vgkit.batch.summary import Summary
from vgkit.errors import BatchError, RunBusy, StoreError
from vgkit.ledger import Ledger
from vgkit.lock import RunLock
from vgkit.places import runs_dir

ONCE = Policy(retries=0)


@pytest.fixture(autouse=True)
def _hosts_elsewhere(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No film is made here, so none needs hosts."""
    monkeypatch.setenv("VGKIT_REHEARSAL", "elsewhere")


def states(summary: Summary) -> list[str]:
    return [each.state for each in summary.fared]


def begun(planned: tuple[Film, ...], how: How, **fates: list[str]) -> list[str]:
    hands = Hands(2, fates=fates)
    make_batch(planned, how, crew=hands)
    return hands.begun


def test_what_is_there_is_kept_and_the_others_are_made() -> None:
    planned = films(4)
    first = make_batch(planned, How(policy=ONCE), crew=Hands(2, fates={"f01": ["never"]}))
    assert states(first) == ["success", "failed", "success", "success"]
    assert begun(planned, How()) == ["f01"]
    assert begun(planned, How()) == []


def test_failed_films_can_be_tried_alone_or_left_out() -> None:
    planned = films(4)
    make_batch(planned[:2], How(policy=ONCE), crew=Hands(1, fates={"f01": ["never"]}))
    assert begun(planned, How("unfailed")) == ["f02", "f03"]
    assert begun(planned, How("failed", policy=ONCE), f01=["never"]) == ["f01"]
    assert begun(planned, How("failed")) == ["f01"]
    assert begun(planned, How("failed")) == []


def test_a_film_whose_file_is_gone_is_made_again() -> None:
    planned = films(2)
    make_batch(planned, How(), crew=Hands(2))
    (planned[0].folder / "film.mp4").unlink()
    assert states(make_batch(planned, How("failed"), crew=Hands(2))) == ["open", "success"]
    assert begun(planned, How()) == ["f00"]


def test_the_summary_and_each_ending_are_kept_and_the_ledger_knows_of_them() -> None:
    planned = films(3, batch="9.00")
    summary = make_batch(planned, How(policy=ONCE), crew=Hands(2, fates={"f02": ["no clip"]}))
    record = BatchRecord("kites-rehearsed")
    kept = json.loads(record.summary.read_text())
    assert (kept["states"], kept["cost_usd"], kept["cap_usd"]) == ({"success": 2, "failed": 1}, "1.50", "9.00")
    assert kept["results"][2]["message"] == "no clip"
    assert kept["results"][2]["next"] == "vgkit resume kites-rehearsed.f02"
    assert len(record.results.read_text().splitlines()) == 3
    assert (
        summary.booked_usd
        == Ledger(record.folder.parents[1]).query("select sum(cost_usd) usd from run_summary")["usd"][0]
    )


def test_a_film_that_was_taken_out_of_the_file_still_counts_against_the_cap() -> None:
    planned = films(3)
    make_batch(planned, How(), crew=Hands(2))
    assert make_batch(planned[:1], How(), crew=Hands(2)).booked_usd == 3 * Hands(1).cost


def test_a_batch_without_films_is_refused() -> None:
    with pytest.raises(BatchError, match="There is no film to make"):
        make_batch((), How())


def test_a_batch_that_another_process_makes_is_left_to_it_and_its_file_is_not_forgotten(tmp_path: Path) -> None:
    planned = films(1)
    record = BatchRecord("kites-rehearsed")
    with record.alone():
        record.begin(tmp_path / "first.csv", None)
    refused: list[BaseException] = []

    def second() -> None:
        try:
            make_batch(planned, How(), file=tmp_path / "second.csv", crew=Hands(1))
        except RunBusy as error:
            refused.append(error)

    with RunLock(record.folder):
        apart = threading.Thread(target=second)
        apart.start()
        apart.join()
    assert len(refused) == 1
    assert record.asked_for() == (tmp_path / "first.csv", None)


class Ringing(Hands):
    """Hands that do something as they begin a film."""

    def __init__(self, ring: Callable[[Job], None], *, at_once: int = 1) -> None:
        super().__init__(at_once)
        self._ring = ring

    def begin(self, job: Job) -> None:
        super().begin(job)
        self._ring(job)


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_begins_no_more_films_and_a_second_ends_those_under_way(which: signal.Signals) -> None:
    before = signal.getsignal(which)
    once = Ringing(lambda _: os.kill(os.getpid(), which))
    summary = make_batch(films(3), How(), crew=once)
    assert (once.stopped, states(summary), summary.stopped) == ("soon", ["success", "waiting", "waiting"], True)
    assert "Stopped. What is finished is kept; make the batch again to go on from there." in str(summary)
    twice = Ringing(lambda _: [os.kill(os.getpid(), which) for _ in range(2)] and None)
    make_batch(films(3), How(), crew=twice)
    assert twice.stopped == "now"
    assert signal.getsignal(which) is before


def test_whoever_made_it_may_stop_it_from_a_thread_where_signals_are_not_heard() -> None:
    asked: list[Stopping] = ["no"]
    hands = Ringing(lambda _: asked.append("soon"))
    made: list[Summary] = []
    apart = threading.Thread(
        target=lambda: made.append(make_batch(films(3), How(), crew=hands, stopping=lambda: asked[-1]))
    )
    apart.start()
    apart.join()
    assert (hands.stopped, states(made[0]), made[0].stopped) == ("soon", ["success", "waiting", "waiting"], True)
    asked.append("now")
    assert states(make_batch(films(3), How(), crew=Ringing(lambda _: None), stopping=lambda: asked[-1])) == [
        *("success", "waiting", "waiting"),
    ]


def test_a_stop_that_comes_when_all_are_made_is_none() -> None:
    class Late(Hands):
        def ended(self, timeout_s: float) -> Ending:
            os.kill(os.getpid(), signal.SIGINT)
            return super().ended(timeout_s)

    summary = make_batch(films(1), How(), crew=Late(1))
    assert (states(summary), summary.stopped, summary.why_ended, summary.well) == (["success"], False, "", True)


def test_it_can_be_made_from_another_thread_than_the_main_one() -> None:
    made: list[Any] = []
    apart = threading.Thread(target=lambda: made.append(make_batch(films(2), How(), crew=Hands(2))))
    apart.start()
    apart.join()
    assert states(made[0]) == ["success", "success"]


def test_the_first_that_fails_ends_the_batch_where_that_was_asked_for() -> None:
    summary = make_batch(films(3), How(policy=Policy(0, fail_fast=True)), crew=Hands(1, fates={"f00": ["never"]}))
    assert states(summary) == ["failed", "waiting", "waiting"]
    assert not summary.stopped
    assert summary.why_ended == "kites-rehearsed.f00 failed, and the batch was to end with the first that does."


class Lost(Hands):
    """Hands whose disk goes away as they begin the third film."""

    def begin(self, job: Job) -> None:
        super().begin(job)
        if job.run.endswith("f02"):
            shutil.rmtree(runs_dir())

    def ended(self, timeout_s: float) -> Ending:
        if runs_dir().exists():
            return super().ended(timeout_s)
        return Ending(self._there.popleft().run, "failed", error="StoreError", message="its folder is gone")


def test_a_runs_folder_that_disappears_ends_the_batch_and_none_is_made_in_its_place(runs: Path) -> None:
    hands = Lost(1)
    with pytest.raises(StoreError, match=r"Can't write .*results\.jsonl: No such file or directory"):
        make_batch(films(5), How(), crew=hands)
    assert hands.begun == ["f00", "f01", "f02"]
    assert hands.stopped == "now"
    assert not runs.exists()
