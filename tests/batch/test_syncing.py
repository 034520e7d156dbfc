"""The ledger follows a batch while it is made, beside it."""

from pathlib import Path

from batches import events, films

from vgkit.batch.syncing import Syncing
from vgkit.ledger import Ledger


def test_what_has_ended_is_in_the_ledger_while_others_are_made(runs: Path) -> None:
    (film,) = films(1)
    film.run()
    events(film.name).write("run_started", brief={}, profile="dev", engines={})
    with Syncing(runs, every_s=0.0) as syncing:
        syncing.look()
    assert (runs / "ledger.duckdb").is_file()
    assert list(Ledger(runs).runs()["run"]) == [film.name]


def test_it_waits_its_time_and_a_sync_that_fails_is_no_matter(runs: Path) -> None:
    Syncing(runs, every_s=60.0).look()
    assert not runs.exists()
    runs.mkdir()
    (runs / "ledger.duckdb.lock").mkdir()
    with Syncing(runs, every_s=0.0) as syncing:
        syncing.look()
    assert not (runs / "ledger.duckdb").exists()
