"""What a film of a batch asks of the disk is the same whether it is one of sixty or of a hundred and eighty."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vgkit.bench.many import make_twice, write_batch

COUNTED = """
import os, sys
counts = {"open": 0, "stat": 0}
sys.addaudithook(lambda event, _: counts.__setitem__("open", counts["open"] + (event in ("open", "os.scandir"))))
real = os.stat
def stat(*words, **more):
    counts["stat"] += 1
    return real(*words, **more)
os.stat = stat
from pathlib import Path
from vgkit.bench.many_batch import make
make(Path(sys.argv[1]), 0, Path(sys.argv[2]))
print(counts["open"], counts["stat"])
"""


def asked_of_the_disk(folder: Path, count: int) -> tuple[int, int]:
    folder.mkdir()
    file = write_batch(folder, count)
    environment = {**os.environ, "VGKIT_RUNS": str(folder / "runs"), "VGKIT_REHEARSAL": "elsewhere"}
    command = [sys.executable, "-c", COUNTED, str(file), str(folder / "leg.json")]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    opened, looked_at = said.split()[-2:]
    return int(opened), int(looked_at)


@pytest.mark.slow
def test_what_a_film_asks_of_the_disk_does_not_grow_with_their_number(tmp_path: Path) -> None:
    few, more, most = (asked_of_the_disk(tmp_path / f"{count}", count) for count in (60, 120, 180))
    for before, between, after in zip(few, more, most, strict=True):
        # As many more for the third sixty as for the second; each film that looked at all others would add 3,600.
        assert abs((after - between) - (between - before)) < 0.1 * (between - before)


@pytest.mark.slow
def test_a_batch_that_is_killed_half_way_goes_on_with_the_other_half(tmp_path: Path) -> None:
    first, second = make_twice(tmp_path / "many", 40)
    assert first["held_mb"][-1][0] == 20
    record = tmp_path / "many" / "runs" / ".batches" / "many-rehearsed"
    summary = json.loads((record / "summary.json").read_text("utf-8"))
    assert sum(summary["states"].values()) == 40
    assert not {"waiting", "open"} & {*summary["states"]}
    assert second["begun"] < 40
