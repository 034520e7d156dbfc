from pathlib import Path

import pytest

from vgkit.cleaning import clean_cache, clean_rehearsals
from vgkit.errors import RunBusy
from vgkit.lock import RunLock
from vgkit.places import rehearsal_dir


def hosts_of(run: str) -> Path:
    """What rehearsed hosts kept, and a cache of what was paid for there."""
    folder = rehearsal_dir(run)
    (folder / "cache").mkdir(parents=True)
    (folder / "predictions.jsonl").write_text("x" * 1000)
    (folder / "cache" / "clip.mp4").write_text("x" * 500)
    return folder


def test_what_hosts_kept_of_runs_that_are_gone_goes_and_the_rest_stays(runs: Path) -> None:
    gone, here = hosts_of("gone"), hosts_of("here")
    (runs / "here").mkdir()
    (runs / "here" / "run.json").write_text("{}")
    assert clean_rehearsals(really=False, caches=False) == 1500
    assert gone.exists()
    assert clean_rehearsals(really=True, caches=False) == 1500
    assert not gone.exists()
    assert (here / "cache" / "clip.mp4").exists()


def test_the_caches_of_rehearsals_go_with_the_cache_and_their_books_stay(runs: Path) -> None:
    here = hosts_of("here")
    (runs / "here").mkdir()
    (runs / "here" / "run.json").write_text("{}")
    assert clean_rehearsals(really=True, caches=True) == 500
    assert (here / "predictions.jsonl").exists()
    assert not (here / "cache").exists()


def test_a_cache_is_not_emptied_under_a_run_at_work(runs: Path) -> None:
    kept = runs / "cache" / "ab" / "clip.mp4"
    kept.parent.mkdir(parents=True)
    kept.write_text("paid for")
    here = hosts_of("here")
    (runs / "here").mkdir()
    (runs / "here" / "run.json").write_text("{}")
    with RunLock(runs / "here"):
        with pytest.raises(RunBusy, match="here is in use: process"):
            clean_cache(really=True)
        with pytest.raises(RunBusy, match="here is in use: process"):
            clean_rehearsals(really=True, caches=True)
        assert clean_cache(really=False) == 8
    assert kept.exists()
    assert (here / "cache").exists()
    clean_cache(really=True)
    assert not kept.exists()
