"""An event that would not be found again is refused when it is written."""

import re
from pathlib import Path
from typing import Any

import pytest

from vgkit.errors import RecordError
from vgkit.ledger import Events, kinds

METRIC = {"subject": "film", "name": "psnr", "unit": "dB", "direction": "higher", "implementation": "x", "version": "1"}


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("phase_startd", {}, "There is no event 'phase_startd'. Did you mean 'phase_started'?"),
        ("progress", {"phase": "chunks", "doen": 1}, "A progress has no field 'doen'. Did you mean 'done'?"),
        ("phase_finished", {"phase": "chunks"}, "A phase_finished needs seconds too; it was given phase."),
        ("run_finished", {"state": "ok", "seconds": 1}, "A run ends as one of success, degraded, failed, stopped"),
        ("vote", {"subject": "s01", "take": "t01", "value": 5}, "A vote is 1, 0 or -1, not 5."),
        ("metric", METRIC, "The metric psnr of film has no value and no reason."),
        ("metric", METRIC | {"value": "high"}, "The metric psnr of film has the value 'high'."),
    ],
)
def test_what_the_kind_does_not_know_is_refused_with_the_cure(
    tmp_path: Path, kind: Any, fields: dict[str, Any], message: str
) -> None:
    events = Events(tmp_path / "events.jsonl", run_id="r1")
    with pytest.raises(RecordError, match=re.escape(message)):
        events.write(kind, **fields)
    assert not events.path.exists()


def test_the_table_a_person_reads_names_every_kind_and_field() -> None:
    assert kinds.__doc__ is not None
    words = set(re.findall(r"\w+", kinds.__doc__))
    for kind, shape in kinds.KINDS.items():
        assert {kind} | shape.must | shape.may <= words, kind


def test_money_and_ends_are_flushed_to_disk() -> None:
    durable = {kind for kind, shape in kinds.KINDS.items() if shape.durable}
    assert durable >= {"call_reserved", "call_submitted", "call_settled", "call_failed"}
    assert durable >= {"phase_finished", "phase_failed", "run_finished"}
    assert "progress" not in durable
