"""What is written is there, whole, whoever else writes and whatever is killed."""

import base64
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vgkit.errors import RecordError, StoreError
from vgkit.ledger import Damage, Events, read_events
from vgkit.ledger.plain import abridged

WRITER = """
import sys
from vgkit.ledger import Events
events = Events(sys.argv[1], run_id=sys.argv[2])
for number in range(int(sys.argv[3])):
    events.write("progress", phase="chunks", done=number, total=250, label=sys.argv[2] * 40)
    print(number, flush=True)
"""


def events_at(folder: Path) -> Events:
    return Events(folder / "events.jsonl", run_id="r1")


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_an_event_reads_back_as_it_was_returned(tmp_path: Path) -> None:
    events = events_at(tmp_path)
    written = events.write(
        "call_settled",
        call="c1",
        cost_usd=Decimal("0.10"),
        seconds=np.float32(1.5),
        params={"fps": Fraction(30000, 1001), "out": Path("chunks/s01"), "since": datetime(2026, 1, 2, tzinfo=UTC)},
    )
    (read,) = read_events(events.path)
    assert read == written
    assert read["params"] == {"fps": "30000/1001", "out": "chunks/s01", "since": "2026-01-02T00:00:00.000000Z"}
    assert read["seconds"] == 1.5
    assert read.at.tzinfo == UTC


@pytest.mark.parametrize("amount", ["0", "0.10", "0.000001", "0.1234567890123456789", "1E-7", "999999.999999"])
def test_money_keeps_every_digit(tmp_path: Path, amount: str) -> None:
    events = events_at(tmp_path)
    events.write("call_settled", call="c1", cost_usd=Decimal(amount))
    (event,) = read_events(events.path)
    assert event.usd("cost_usd") == Decimal(amount)
    assert isinstance(json.loads(events.path.read_text())["cost_usd"], str)


@pytest.mark.parametrize("amount", [0.1, "0.1", True, Decimal("-0.01"), Decimal("NaN"), Decimal(1_000_000)])
def test_money_that_is_no_exact_amount_is_refused(tmp_path: Path, amount: object) -> None:
    events = events_at(tmp_path)
    with pytest.raises(RecordError, match="cost_usd is"):
        events.write("call_settled", call="c1", cost_usd=amount)
    assert not events.path.exists()


def test_ids_sort_as_the_lines_stand_and_are_unique_across_threads(tmp_path: Path) -> None:
    events = events_at(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: events.write("progress", phase="chunks", done=n, total=400), range(400)))
    ids = [event.id for event in read_events(events.path)]
    assert len(set(ids)) == 400
    assert ids == sorted(ids)


@pytest.mark.parametrize("label", ["", "a long line " * 3000])
@pytest.mark.parametrize("torn", [b"", b"\n", b'\n{"id":"ffff', b"\n[1, 2]\n"])
def test_a_clock_that_is_behind_puts_no_line_before_the_last_and_tells_the_time_as_it_is(
    tmp_path: Path, torn: bytes, label: str
) -> None:
    """As where another machine goes on with a run, whose clock is a day behind."""
    events = events_at(tmp_path)
    event = events.write("progress", phase="chunks", done=1, total=9, label=label)
    ahead = f"{int(event.id[:16], 16) + 86_400 * 10**9:016x}"
    written = events.path.read_bytes().replace(event.id[:16].encode(), ahead.encode())
    events.path.write_bytes(written.removesuffix(b"\n") + (torn or b"\n"))
    before = datetime.now(UTC)
    later = [events.write("progress", phase="chunks", done=number, total=9) for number in (2, 3)]
    ids = [event.id for event in read_events(events.path)]
    assert [event["done"] for event in read_events(events.path)] == [1, 2, 3]
    assert ids == sorted(ids)
    assert ids[1:] == [event.id for event in later]
    assert all(before <= event.at <= datetime.now(UTC) for event in later)


def test_four_processes_write_to_one_file_and_nothing_is_lost_or_torn(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    writers = [writer(path, name, 250) for name in "abcd"]
    for process in writers:
        process.communicate()
    log = read_events(path)
    assert log.damaged == ()
    assert {(e.run, e["done"]) for e in log} == {(name, n) for name in "abcd" for n in range(250)}


def test_what_a_killed_writer_acknowledged_is_there(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    process = writer(path, "a", 1_000_000)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(200)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in process.communicate()[0].split("\n")[:-1]]
    on_record = {event["done"] for event in read_events(path)}
    assert on_record >= set(acknowledged)


def test_a_line_torn_by_a_crash_does_not_swallow_the_next_one(tmp_path: Path) -> None:
    events = events_at(tmp_path)
    events.write("phase_started", phase="validate")
    with events.path.open("ab") as file:
        file.write(b'{"id":"18ea919226ab9a9f')
    events.write("phase_finished", phase="validate", seconds=1.0)
    log = read_events(events.path)
    assert [event.kind for event in log] == ["phase_started", "phase_finished"]
    assert [damage.line_number for damage in log.damaged] == [2]


def test_a_full_disk_is_told_with_the_path_and_the_next_move() -> None:
    with pytest.raises(StoreError, match=r"Can't write /dev/full: No space left on device; [\d,]+ bytes are free"):
        Events("/dev/full", run_id="r1").write("phase_started", phase="validate")


def test_a_line_that_does_not_fit_leaves_no_half_behind(tmp_path: Path) -> None:
    """A file size limit makes the system write half a line, as a disk that fills up does."""
    script = """
import resource, sys
from vgkit.errors import StoreError
from vgkit.ledger import Events
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
events = Events(sys.argv[1], run_id="r1")
try:
    while True:
        events.write("phase_started", phase="validate")
except StoreError as refusal:
    print(refusal)
"""
    path = tmp_path / "events.jsonl"
    said = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True).stdout
    assert "File too large" in said
    assert path.read_bytes().endswith(b"}\n")
    assert read_events(path).damaged == ()


def test_a_run_whose_folder_is_gone_is_not_brought_back(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Is the run's folder still there"):
        Events(tmp_path / "gone" / "events.jsonl", run_id="r1").write("phase_started", phase="validate")
    assert not (tmp_path / "gone").exists()


def test_a_measure_that_gave_nan_is_null_with_the_reason(tmp_path: Path) -> None:
    event = events_at(tmp_path).write(
        "metric",
        subject="film",
        name="psnr",
        value=float("inf"),
        unit="dB",
        direction="higher",
        implementation="vgkit",
        version="1",
    )
    assert event["value"] is None
    assert event["reason"] == "the measure gave inf"


def test_a_thing_an_event_cannot_hold_is_named_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"params\.frame is a bytes"):
        events_at(tmp_path).write("call_settled", call="c1", cost_usd=Decimal(0), params={"frame": b"\x00"})


def test_text_of_any_kind_survives(tmp_path: Path) -> None:
    events = events_at(tmp_path)
    text = 'two\nlines\u2028 "quoted" \x00 日本語 🎬'
    events.write("prompt", subject="k01", role="picture", text=text)
    (event,) = read_events(events.path)
    assert event["text"] == text
    assert events.path.read_bytes().count(b"\n") == 1


def test_events_are_no_reason_to_load_a_database() -> None:
    script = "import sys, vgkit.ledger; print(*[m for m in ('duckdb', 'pandas', 'numpy') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.strip() == ""


def test_a_forked_writer_shares_the_file_without_tearing_it(tmp_path: Path) -> None:
    events = events_at(tmp_path)
    events.write("phase_started", phase="chunks")
    child = os.fork()
    try:
        for number in range(200):
            events.write("progress", phase="chunks", done=number, total=200, label="x" * 5000)
    finally:
        if child == 0:
            os._exit(0)
    os.waitpid(child, 0)
    log = read_events(events.path)
    assert len(log) == 401
    assert log.damaged == ()


def test_half_a_last_line_is_reported_and_ignored(tmp_path: Path) -> None:
    events = events_at(tmp_path)
    events.write("phase_started", phase="validate")
    with events.path.open("ab") as file:
        file.write(b'{"id":"half')
    log = read_events(events.path)
    assert len(log) == 1
    assert log.damaged == (Damage(2, "ends in the middle, as after a crash"),)


def test_a_file_sent_within_an_address_is_named_by_its_digest(tmp_path: Path) -> None:
    """A keyframe of 1.5 MB in each of forty events would make the record slow to read and tell nobody anything."""
    picture = bytes(range(256)) * 40
    address = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    named = f"data:image/png;sha256={hashlib.sha256(picture).hexdigest()}"
    events = Events(tmp_path / "events.jsonl", run_id="r1")
    call = {"call": "c1", "role": "video", "engine": "zeroscope", "host": "replicate", "cost_usd": Decimal("0.1")}
    events.write("call_reserved", **call, params={"inputs": [{"image": address}], "small": "data:text/plain,hello"})
    events.write("call_failed", call="c1", cost_usd=Decimal(0), message=f"422: image '{address}' is too small")
    reserved, failed = read_events(events.path)
    assert reserved["params"] == {"inputs": [{"image": named}], "small": "data:text/plain,hello"}
    assert failed["message"] == f"422: image '{named}' is too small"
    assert events.path.stat().st_size < 2000


@pytest.mark.parametrize("body", ["base64,!" + "a" * 3000, "charset=utf-8," + "%20a" * 1000, "base64," + "Zg" * 1501])
def test_a_file_that_is_not_well_written_is_named_all_the_same(body: str) -> None:
    assert re.fullmatch(r"data:text/plain;sha256=[0-9a-f]{64}", abridged(f"data:text/plain;{body}"))
