"""The index of calls follows the events, whatever happens to it, and knows what a batch has set aside."""

import shutil
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import small_disk
from recorded import record_run

from vgkit.engines.purse import Caps, Purse
from vgkit.errors import BudgetExceeded
from vgkit.ledger import Events
from vgkit.ledger.money import Spending, money_lock
from vgkit.ledger.run_index import RunIndex

CALL: dict[str, Any] = {"role": "video", "engine": "zeroscope", "host": "replicate"}


def spending(runs_dir: Path) -> Spending:
    found = Spending(runs_dir, rehearsal=False)
    found.refresh()
    return found


def index_of(runs_dir: Path) -> Path:
    (path,) = (runs_dir / ".index").glob("*.sqlite")
    return path


def allot(runs_dir: Path, run: str, cap: str) -> Events:
    (runs_dir / run).mkdir(parents=True, exist_ok=True)
    events = Events(runs_dir / run / "events.jsonl", run_id=run)
    events.write("allotted", cap_usd=Decimal(cap), batch="b1")
    return events


def start(events: Events) -> None:
    events.write("run_started", brief={}, profile="dev", engines={}, batch="b1")


def test_an_index_that_is_deleted_or_damaged_is_built_anew(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.10")
    assert spending(tmp_path).total() == Decimal("0.10")
    index_of(tmp_path).unlink()
    assert spending(tmp_path).total() == Decimal("0.10")
    found = spending(tmp_path)
    for path in (tmp_path / ".index").iterdir():
        path.write_bytes(b"no database" * 1000)
    record_run(tmp_path, "r2", cost="0.20")
    found.refresh()
    assert found.total() == Decimal("0.30")
    assert spending(tmp_path).total() == Decimal("0.30")


def test_an_index_of_another_version_is_built_anew(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.10")
    index = RunIndex(tmp_path)
    index.refresh()
    index.rows("PRAGMA user_version = 99")
    index.rows("DROP TABLE sums")
    assert spending(tmp_path).total() == Decimal("0.10")


def test_where_no_index_can_be_kept_it_is_built_in_memory(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.10")
    (tmp_path / ".index").write_text("in the way")
    assert spending(tmp_path).total() == Decimal("0.10")


def test_a_disk_that_fills_up_in_the_middle_moves_it_into_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    record_run(tmp_path, "r1", cost="0.10")
    found = spending(tmp_path)
    events = allot(tmp_path, "b1.a", "1.50")
    events.write("call_reserved", call="c0000", cost_usd=Decimal("0.001"), fingerprint="f" * 64, **CALL)
    reserved = events.path.read_text().splitlines()[-1]
    with events.path.open("a") as file:
        file.writelines(f"{reserved.replace('c0000', f'c{number:04d}')}\n" for number in range(1, 1000))
    with small_disk(150_000):
        found.refresh()
    assert "can't be kept" in caplog.text
    assert (found.of_batch("b1"), found.of_run("b1.a")) == (Decimal("1.50"), Decimal("1.00"))
    assert found.total() == Decimal("1.60")


def test_processes_that_look_at_once_find_the_same(tmp_path: Path) -> None:
    for number in range(40):
        record_run(tmp_path, f"r{number}", cost="0.01")
    code = (
        "import sys; from pathlib import Path; from vgkit.ledger.money import Spending\n"
        "s = Spending(Path(sys.argv[1]), rehearsal=False); s.refresh(); print(s.total())"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    looking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[0] for process in looking] == ["0.40\n"] * 4


def test_what_a_batch_sets_aside_for_a_run_is_spent_until_the_run_ends(tmp_path: Path) -> None:
    events = allot(tmp_path, "r1", "2.00")
    found = spending(tmp_path)
    assert (found.of_run("r1"), found.of_batch("b1"), found.total()) == (0, 2, 2)
    start(events)
    events.write("call_reserved", call="c1", cost_usd=Decimal("0.50"), **CALL)
    found.refresh()
    assert (found.of_run("r1"), found.of_batch("b1"), found.total()) == (Decimal("0.50"), 2, 2)
    events.write("call_settled", call="c1", cost_usd=Decimal("0.40"))
    events.write("run_finished", state="success", seconds=1.0)
    found.refresh()
    assert (found.of_batch("b1"), found.total()) == (Decimal("0.40"), Decimal("0.40"))


def test_a_run_that_somebody_else_starts_again_is_no_longer_the_batchs(tmp_path: Path) -> None:
    events = allot(tmp_path, "r1", "2.00")
    start(events)
    assert spending(tmp_path).is_allotted("r1")
    start(events)
    assert not spending(tmp_path).is_allotted("r1")
    assert spending(tmp_path).total() == 0


def test_a_run_with_its_cap_set_aside_minds_its_own_cap_alone(tmp_path: Path) -> None:
    """Else sixteen runs of a batch would each stop at what the others have set aside."""
    events = allot(tmp_path, "r1", "2.00")
    start(events)
    allot(tmp_path, "r2", "2.00")
    caps = Caps(run_usd=Decimal("2.00"), project_usd=Decimal("4.00"), batch="b1", batch_usd=Decimal("4.00"))
    purse = Purse(tmp_path, "r1", caps, rehearsal=False)
    written = []
    with purse.chain("chunks s01", "zeroscope", lambda: Decimal("1.50")) as chain:
        chain.reserve(Decimal("1.50"), lambda: written.append("r1"))
    outsider = Purse(tmp_path, "r3", Caps(Decimal("2.00"), Decimal("4.00")), rehearsal=False)
    with (
        pytest.raises(BudgetExceeded, match=r"\$4.000 of the project's \$4.00"),
        outsider.chain("chunks s01", "zeroscope", lambda: Decimal("0.10")) as chain,
    ):
        chain.reserve(Decimal("0.10"), lambda: written.append("r3"))
    assert written == ["r1"]


def reserve(purse: Purse, events: Events, call: str, usd: str) -> None:
    amount = Decimal(usd)
    with purse.chain(f"chunks {call}", "zeroscope", lambda: amount) as chain:
        chain.reserve(amount, lambda: events.write("call_reserved", call=call, cost_usd=amount, **CALL))


def test_who_keeps_up_knows_what_others_here_have_reserved_and_looks_at_none_that_ended(tmp_path: Path) -> None:
    for name in ("ended", "begun"):
        record_run(tmp_path, name, cost="0.10", state="success" if name == "ended" else None)
    found = spending(tmp_path)
    keep_up(found, tmp_path)
    caps = Caps(run_usd=Decimal("2.00"), project_usd=Decimal("4.00"))
    for name in ("ended", "begun", "new"):
        (tmp_path / name).mkdir(exist_ok=True)
        events = Events(tmp_path / name / "events.jsonl", run_id=name)
        reserve(Purse(tmp_path, name, caps, rehearsal=False), events, "c9", "0.50")
    keep_up(found, tmp_path)
    assert found.total() == Decimal("1.70")
    Events(tmp_path / "begun" / "events.jsonl", run_id="begun").write(
        "call_settled", call="c9", cost_usd=Decimal("0.30")
    )
    keep_up(found, tmp_path)
    assert found.total() == Decimal("1.50")


def test_where_another_machine_has_moved_money_all_runs_are_looked_at(tmp_path: Path) -> None:
    record_run(tmp_path, "here", cost="0.10")
    found = spending(tmp_path)
    keep_up(found, tmp_path)
    record_run(tmp_path, "there", cost="0.20")
    (tmp_path / ".money.lock").write_text("another machine")
    keep_up(found, tmp_path)
    assert found.total() == Decimal("0.30")
    assert (tmp_path / ".money.lock").read_text() == socket.gethostname()


def keep_up(found: Spending, runs_dir: Path) -> None:
    """Keep up as one does who then moves money."""
    with money_lock(runs_dir) as held:
        found.keep_up(held)
        held.moved()


def test_totals_follow_runs_that_are_copied_deleted_and_change_their_kind(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.10", batch="b1", rehearsal=True)
    shutil.copytree(tmp_path / "r1", tmp_path / "copy")
    real, played = spending(tmp_path), Spending(tmp_path, rehearsal=True)
    assert (real.total(), played.total(), played.of_batch("b1")) == (0, Decimal("0.10"), Decimal("0.20"))
    events.write("run_started", brief={}, profile="dev", engines={}, batch="b2")
    real.refresh()
    assert (real.total(), real.of_batch("b2"), played.total()) == (Decimal("0.10"), Decimal("0.10"), Decimal("0.10"))
    shutil.rmtree(tmp_path / "r1")
    real.refresh()
    assert (real.total(), played.total()) == (0, Decimal("0.10"))
