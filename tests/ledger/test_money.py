"""A cap is checked against what all runs have really spent and reserved, whoever wrote it and when."""

import json
import shutil
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from recorded import record_run

from vgkit.errors import StoreError
from vgkit.ledger import Events, read_events
from vgkit.ledger.money import Spending, money_lock

CALL: dict[str, Any] = {"role": "video", "engine": "zeroscope", "host": "replicate"}


def spending(runs_dir: Path, *, rehearsal: bool = False) -> Spending:
    found = Spending(runs_dir, rehearsal=rehearsal)
    found.refresh()
    return found


def reserve(events: Events, call: str, cost: str) -> None:
    events.write("call_reserved", call=call, cost_usd=Decimal(cost), **CALL)


def test_a_run_counts_what_it_paid_and_what_it_reserved(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.10", state=None)
    reserve(events, "open", "0.05")
    events.write("call_submitted", call="open", prediction="p2")
    reserve(events, "failed", "0.30")
    events.write("call_failed", call="failed", cost_usd=Decimal("0.02"))
    events.write("call_cached", call="kept", **CALL, cost_usd=Decimal(0))
    assert spending(tmp_path).of_run("r1") == Decimal("0.17")


def test_a_call_that_is_settled_twice_counts_once(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.10")
    events.write("call_settled", call="r1-c1", cost_usd=Decimal("0.11"))
    events.write("call_submitted", call="r1-c1", prediction="p1")
    reserve(events, "r1-c1", "5.00")
    assert spending(tmp_path).total() == Decimal("0.11")


def test_a_run_that_is_not_on_record_has_cost_nothing(tmp_path: Path) -> None:
    nothing = spending(tmp_path / "nowhere")
    assert (nothing.total(), nothing.of_run("r1"), nothing.of_batch("b1")) == (0, 0, 0)


def test_a_batch_and_all_runs_are_summed(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.10", batch="b1")
    record_run(tmp_path, "r2", cost="0.20", batch="b1")
    record_run(tmp_path, "r3", cost="0.40", batch="b2")
    record_run(tmp_path, "r4", cost="0.80")
    found = spending(tmp_path)
    assert found.of_batch("b1") == Decimal("0.30")
    assert found.of_batch("b3") == 0
    assert found.total() == Decimal("1.50")


def test_a_run_stays_in_its_batch_when_it_is_resumed_alone(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.10", batch="b1", state="failed")
    events.write("run_started", brief={}, profile="dev", engines={})
    assert spending(tmp_path).of_batch("b1") == Decimal("0.10")


def test_real_money_and_rehearsed_money_are_never_summed(tmp_path: Path) -> None:
    record_run(tmp_path, "real", cost="0.10", batch="b1")
    record_run(tmp_path, "played", cost="9.00", batch="b1", rehearsal=True)
    real, played = spending(tmp_path), spending(tmp_path, rehearsal=True)
    assert (real.total(), real.of_batch("b1")) == (Decimal("0.10"), Decimal("0.10"))
    assert (played.total(), played.of_batch("b1")) == (9, 9)


def test_a_runs_own_cap_holds_whichever_kind_it_is_taken_for(tmp_path: Path) -> None:
    record_run(tmp_path, "played", cost="9.00", rehearsal=True)
    assert spending(tmp_path).of_run("played") == 9


def test_a_rehearsal_that_was_resumed_for_real_is_real(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.10", rehearsal=True, state="failed")
    found = spending(tmp_path)
    assert found.total() == 0
    events.write("run_started", brief={}, profile="dev", engines={})
    found.refresh()
    assert found.total() == Decimal("0.10")


def test_a_run_without_a_start_is_what_its_folder_says(tmp_path: Path) -> None:
    """A phase run by hand in a notebook writes no start."""
    for run, stated in (("played", {"rehearsal": {}}), ("real", {"rehearsal": None})):
        (tmp_path / run).mkdir()
        (tmp_path / run / "run.json").write_text(json.dumps(stated))
        reserve(Events(tmp_path / run / "events.jsonl", run_id=run), "c1", "0.25")
    assert spending(tmp_path).of_run("real") == Decimal("0.25")
    assert spending(tmp_path).total() == Decimal("0.25")
    assert spending(tmp_path, rehearsal=True).of_run("played") == Decimal("0.25")


def test_a_refresh_brings_in_what_is_new_of_runs_old_and_new(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.10")
    found = spending(tmp_path)
    record_run(tmp_path, "r2", cost="0.20")
    reserve(events, "c9", "1.00")
    found.refresh()
    assert (found.of_run("r1"), found.total()) == (Decimal("1.10"), Decimal("1.30"))
    events.write("call_settled", call="c9", cost_usd=Decimal("0.90"))
    found.refresh()
    assert (found.of_run("r1"), found.total()) == (Decimal("1.00"), Decimal("1.20"))


def test_half_a_line_counts_once_it_is_whole(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.10")
    whole = events.path.read_bytes()
    reserve(events, "c9", "1.00")
    line = events.path.read_bytes()[len(whole) :]
    events.path.write_bytes(whole + line[:40])
    found = spending(tmp_path)
    assert found.total() == Decimal("0.10")
    events.path.write_bytes(whole + line)
    found.refresh()
    assert found.total() == Decimal("1.10")


def test_a_deleted_run_is_no_longer_counted(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.10")
    record_run(tmp_path, "r2", cost="0.20")
    found = spending(tmp_path)
    shutil.rmtree(tmp_path / "r2")
    found.refresh()
    assert (found.of_run("r2"), found.total()) == (0, Decimal("0.10"))


def test_a_run_that_was_made_anew_under_its_name_is_read_anew(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.10")
    found = spending(tmp_path)
    shutil.rmtree(tmp_path / "r1")
    record_run(tmp_path, "r1", cost="0.25", version="2")
    found.refresh()
    assert found.total() == Decimal("0.25")


def test_a_copied_folder_costs_nothing_in_all(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.10")
    shutil.copytree(tmp_path / "r1", tmp_path / "copy")
    found = spending(tmp_path)
    assert (found.of_run("copy"), found.total()) == (Decimal("0.10"), Decimal("0.10"))


def test_a_record_that_can_not_be_read_stops_the_check(tmp_path: Path) -> None:
    record_run(tmp_path, "r1")
    (tmp_path / "r2" / "events.jsonl").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"Can't read .*r2/events.jsonl.*Allow reading it"):
        spending(tmp_path)


def test_threads_that_check_under_the_lock_never_pass_the_cap(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.10", state=None)

    def spend(name: str) -> None:
        mine = Spending(tmp_path, rehearsal=False)
        for number in range(8):
            with money_lock(tmp_path):
                mine.refresh()
                if mine.total() + Decimal("0.10") <= Decimal("1.00"):
                    reserve(events, f"{name}-{number}", "0.10")

    threads = [threading.Thread(target=spend, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spending(tmp_path).total() == Decimal("1.00")
    assert len(read_events(events.path).of("call_reserved")) == 10


def test_another_process_waits_for_the_lock(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from vgkit.ledger.money import money_lock
print("asks", flush=True)
with money_lock(Path(sys.argv[1])):
    print((Path(sys.argv[1]) / "told").read_text())
"""
    with money_lock(tmp_path):
        command = [sys.executable, "-c", script, str(tmp_path)]
        other = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        assert other.stdout.readline() == "asks\n"
        (tmp_path / "told").write_text("after")
    assert other.communicate()[0] == "after\n"


def test_the_lock_is_dropped_when_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyError), money_lock(tmp_path):
        raise KeyError
    with money_lock(tmp_path):
        pass
