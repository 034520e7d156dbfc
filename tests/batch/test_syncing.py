"""The ledger follows a batch while it is made, beside it."""

from pathlib import Path

import pytest
from batches import events, films

from vgkit.batch.syncing import Syncing
from vgkit.errors import StoreError
from vgkit.ledger import Ledger


def test_what_has_ended_is_in_the_ledger_while_others_are_made(runs: Path) -> None:
    (film,) = films(1)
    film.run()
    events(film.name).write("run_started", brief={}, profile="dev", engines={})
    with Syncing(runs, every_s=0.0) as syncing:
        syncing.look()
    assert (runs / "ledger.duckdb").is_file()
    assert list(Ledger(runs).runs()["run"]) == [film.name]


def test_it_waits_its_time_and_a_sync_that_fails_is_told_and_no_more(
    runs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Syncing(runs, every_s=60.0).look()
    assert not runs.exists()
    (runs / "ledger.duckdb.lock").mkdir(parents=True)
    with Syncing(runs):
        pass
    assert not (runs / "ledger.duckdb").exists()
    assert f"the ledger was not brought up to date: Can't write in {runs}" in caplog.text
    assert "Traceback" not in caplog.text


def test_after_an_error_nothing_is_synced(runs: Path) -> None:
    with pytest.raises(StoreError), Syncing(runs):
        raise StoreError("the runs' folder is gone")
    assert not runs.exists()
