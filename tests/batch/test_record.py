"""What a batch keeps beside its runs: endings a line each, the file it came from, and that one process makes it."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from vgkit.batch.crew import Ending, Job
from vgkit.batch.record import BatchRecord
from vgkit.errors import EngineFailed, RunBusy, RunNotFound, StoreError

KEY = "r8_" + "a1" * 20


@pytest.fixture
def record(runs: Path) -> BatchRecord:
    kept = BatchRecord("kites")
    with kept.alone():
        pass
    return kept


def test_the_last_turn_of_each_film_counts(record: BatchRecord) -> None:
    record.add(Ending("kites.a", "failed", 2.0, Decimal("0.10"), "chunks", "EngineFailed", "no clip", again=True))
    record.add(Ending("kites.b", "success"))
    record.add(Ending("kites.a", "success", 3.0, Decimal("0.20"), attempt=2))
    latest = record.latest()
    assert {run: ending["state"] for run, ending in latest.items()} == {"kites.a": "success", "kites.b": "success"}
    assert (latest["kites.a"]["cost_usd"], latest["kites.a"]["attempt"]) == ("0.20", 2)


def test_a_line_that_a_crash_tore_is_left_out_and_the_next_does_not_stick_to_it(record: BatchRecord) -> None:
    record.add(Ending("kites.a", "success"))
    with record.results.open("ab") as file:
        file.write(b'{"run": "kites.b", "sta')
    assert list(record.latest()) == ["kites.a"]
    with record.alone():
        record.add(Ending("kites.c", "failed"))
    assert list(record.latest()) == ["kites.a", "kites.c"]


@pytest.mark.parametrize(
    "line", [b"[]", b"3", b"null", b'{"state": "failed"}', b'{"run": ["a"]}', b"\xff\xfe\x00", b""]
)
def test_a_line_that_is_no_ending_is_left_out(record: BatchRecord, line: bytes) -> None:
    record.results.write_bytes(line + b'\n{"run": "kites.a", "state": "success"}\n')
    assert record.latest() == {"kites.a": {"run": "kites.a", "state": "success"}}


def test_a_key_that_a_host_quotes_is_not_kept(record: BatchRecord) -> None:
    record.add(Ending.of(Job("kites.a"), EngineFailed(f"the host does not accept {KEY}")))
    assert KEY not in record.results.read_text()
    assert record.latest()["kites.a"]["message"] == "the host does not accept [redacted]"


def test_it_remembers_its_file_from_wherever_it_is_resumed(
    record: BatchRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how: dict[str, Any] = {"speed": 60.0, "faults": "mild", "seed": 1}
    monkeypatch.chdir(tmp_path)
    record.begin(Path("kites.csv"), how)
    monkeypatch.chdir("/")
    assert BatchRecord("kites").asked_for() == (tmp_path / "kites.csv", how)


def test_a_batch_there_is_none_of_is_told_with_those_there_are(record: BatchRecord, tmp_path: Path) -> None:
    with pytest.raises(RunNotFound, match=r"No batch 'kits' was begun from a file here. There is none yet. Begin one"):
        BatchRecord("kits").asked_for()
    record.begin(tmp_path / "kites.csv", None)
    with pytest.raises(RunNotFound, match=r"There are kites\. Begin one with `vgkit batch run FILE`\."):
        BatchRecord("kits").asked_for()


@pytest.mark.parametrize("name", ["../kites", "..", "", "/etc", "ki tes", "ki\0tes"])
def test_a_name_that_leads_elsewhere_is_refused(record: BatchRecord, tmp_path: Path, name: str) -> None:
    record.begin(tmp_path / "kites.csv", None)
    with pytest.raises(RunNotFound, match="can't name a batch"):
        BatchRecord(name).asked_for()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"file": 3}', '{"file": "a"}', "\x00"])
def test_a_damaged_record_of_the_file_is_told(record: BatchRecord, tmp_path: Path, text: str) -> None:
    record.begin(tmp_path / "kites.csv", None)
    (record.folder / "batch.json").write_text(text)
    with pytest.raises(RunNotFound, match="No batch 'kites'"):
        record.asked_for()


def test_a_second_process_is_told_who_makes_it(record: BatchRecord) -> None:
    code = "import sys; from pathlib import Path; from vgkit.lock import RunLock\n"
    code += "with RunLock(Path(sys.argv[1])): print(1, flush=True); input()"
    command = [sys.executable, "-c", code, str(record.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(RunBusy, match=f"kites is in use: process {other.pid}"), record.alone():
            pass
        other.stdin.write("\n")
        other.stdin.flush()


def test_a_folder_that_is_gone_is_told(record: BatchRecord) -> None:
    for path in record.folder.iterdir():
        path.unlink()
    record.folder.rmdir()
    with pytest.raises(StoreError, match=r"Can't write .*results\.jsonl: No such file or directory"):
        record.add(Ending("kites.a", "success"))
    assert not record.folder.exists()


def test_results_that_can_not_be_read_are_told(record: BatchRecord) -> None:
    record.results.mkdir()
    with pytest.raises(StoreError, match=r"Can't read .*results\.jsonl: Is a directory"):
        record.latest()


def test_the_summary_is_kept_with_money_to_the_cent(record: BatchRecord) -> None:
    path = record.write_summary({"cost_usd": Decimal("0.30"), "results": []})
    assert json.loads(path.read_text()) == {"cost_usd": "0.30", "results": []}
