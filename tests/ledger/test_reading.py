"""Damage is reported with its line and never hides what is whole."""

from pathlib import Path

import pytest

from vgkit.ledger import Events, read_events, read_new

GOOD = b'{"id":"18ea00","run":"r1","at":"2026-11-23T04:00:00.000000Z","kind":"phase_started","phase":"validate"}'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": "18ea01", "run"', "is not JSON: Expecting ':' delimiter at character 23"),
        (b"\x00\x00\x00\x00", "is not JSON"),
        (b"\xff\xfe{}", "is not UTF-8 at byte 1"),
        (b'{"id":"\xff"}', "is not UTF-8 at byte"),
        (b"[1, 2]", "is not an object"),
        (b"[" * 100_000, "recursion"),
        (b'{"run":"r1"}', "lacks one of id, run, at, kind"),
        (GOOD.replace(b"2026-11", b"2026-13"), "month must be in 1..12"),
        (GOOD.replace(b"Z", b""), "names no time zone"),
        (GOOD.replace(b'"validate"', b"NaN"), "holds NaN"),
        (GOOD.replace(b"validate", b"\\ud800"), "holds half a character"),
        (GOOD.replace(b'"r1"', b'"\\ud800"'), "holds half a character"),
        (GOOD + b" {}", "is not JSON: Extra data at character 104"),
        (GOOD.replace(b'"phase":', b'"cost_usd":'), "cost_usd is 'validate', which is no amount"),
    ],
)
def test_a_corrupted_line_in_the_middle_is_skipped_and_reported(tmp_path: Path, line: bytes, reason: str) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(GOOD + b"\n" + line + b"\n\n" + GOOD.replace(b"18ea00", b"18ea02") + b"\n")
    log = read_events(path)
    assert [event.id for event in log] == ["18ea00", "18ea02"]
    assert [damage.line_number for damage in log.damaged] == [2]
    assert reason in log.damaged[0].reason


def test_a_last_line_that_lacks_only_its_newline_counts(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(GOOD)
    assert len(read_events(path)) == 1
    assert read_events(path).damaged == ()


def test_lines_written_by_other_hands_are_read_alike(tmp_path: Path) -> None:
    """An editor may put a byte order mark first, keys may come in another order, times in another zone."""
    path = tmp_path / "events.jsonl"
    other = b'{"kind":"phase_started", "phase":"validate", "at":"2026-11-23T06:00+02:00", "run":"r1", "id":"18ea00"}'
    path.write_bytes(b"\xef\xbb\xbf" + GOOD + b"\r\n" + other + b"  \n")
    first, second = read_events(path).events
    assert first == second


def test_an_absent_file_has_no_events(tmp_path: Path) -> None:
    assert len(read_events(tmp_path / "events.jsonl")) == 0
    log, offset = read_new(tmp_path / "events.jsonl", 0)
    assert (len(log), offset) == (0, 0)


def test_reading_on_stops_before_a_line_that_is_still_being_written(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(GOOD + b"\n" + GOOD[:20])
    first, offset = read_new(path, 0)
    assert (len(first), offset) == (1, len(GOOD) + 1)
    with path.open("ab") as file:
        file.write(GOOD[20:] + b"\n")
    second, end = read_new(path, offset)
    assert (len(second), end) == (1, 2 * len(GOOD) + 2)
    assert read_new(path, end)[0].events == ()


def test_reading_on_counts_damaged_lines_from_the_top_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(GOOD + b"\n" + GOOD + b"\n")
    _, offset = read_new(path, 0)
    with path.open("ab") as file:
        file.write(GOOD + b"\nbroken\n")
    log, _ = read_new(path, offset)
    assert [damage.line_number for damage in log.damaged] == [4]


def test_a_file_that_became_shorter_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(GOOD + b"\n")
    log, offset = read_new(path, 10_000)
    assert (len(log), offset) == (1, len(GOOD) + 1)


def test_events_can_be_picked_by_kind(tmp_path: Path) -> None:
    events = Events(tmp_path / "events.jsonl", run_id="r1")
    events.write("phase_started", phase="validate")
    events.write("phase_skipped", phase="animatic", reason="nothing changed")
    events.write("phase_finished", phase="validate", seconds=0.5)
    log = read_events(events.path)
    assert [event["phase"] for event in log.of("phase_skipped", "phase_finished")] == ["animatic", "validate"]
