"""The index says what the events say, after any number of syncs, crashes and deletions."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from recorded import record_run

from vgkit.errors import RecordError
from vgkit.ledger import Events, Ledger

TABLES = ("runs", "phases", "calls", "fallbacks", "artifacts", "metrics", "prompts", "votes")


def contents(ledger: Ledger) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, after a question that repairs the index where it must."""
    ledger.runs()
    with duckdb.connect(str(ledger.path), read_only=True) as connection:
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in TABLES}


def write_one_of_each(events: Events) -> None:
    scored = {"frames": 900, "size": [1920, 1080]}
    events.write("artifact", phase="refine", name="film", path="film.mp4", sha256="ab", bytes=12, media={"fps": 30})
    events.write(
        "metric",
        subject="film",
        name="flicker",
        value=0.5,
        unit="1",
        direction="lower",
        implementation="vgkit",
        version="1",
        scored=scored,
    )
    events.write("prompt", subject="k01", role="picture", text="a lamp", negative="text", weights={"hook": 1.0})
    events.write("fallback", phase="chunks", subject="s02", engine="zeroscope", message="no clip", tries=3)
    events.write("vote", subject="s01", take="t01", value=1, note="calm")


def test_syncing_twice_changes_nothing(tmp_path: Path) -> None:
    write_one_of_each(record_run(tmp_path, "r1"))
    ledger = Ledger(tmp_path)
    first = ledger.sync()
    before = contents(ledger)
    second = ledger.sync()
    assert (first.runs, first.events) == (1, 12)
    assert (second.runs, second.events) == (0, 0)
    assert contents(ledger) == before
    assert all(before.values())


def test_syncing_after_each_event_gives_what_one_sync_gives(tmp_path: Path) -> None:
    at_once, by_line = Ledger(tmp_path / "at once"), Ledger(tmp_path / "by line")
    lines = record_run(at_once.runs_dir, "r1").path.read_bytes().splitlines(keepends=True)
    at_once.sync()
    (by_line.runs_dir / "r1").mkdir(parents=True)
    for line in lines:
        with (by_line.runs_dir / "r1" / "events.jsonl").open("ab") as file:
            file.write(line)
        assert by_line.sync().events == 1
    assert contents(by_line) == contents(at_once)


def test_rebuilding_gives_what_syncing_gave(tmp_path: Path) -> None:
    write_one_of_each(record_run(tmp_path, "r1"))
    record_run(tmp_path, "r2", state="failed")
    ledger = Ledger(tmp_path)
    ledger.sync()
    before = contents(ledger)
    assert ledger.rebuild().runs == 2
    assert contents(ledger) == before
    ledger.path.unlink()
    assert contents(ledger) == before


def test_money_is_exact_to_the_micro_dollar(tmp_path: Path) -> None:
    for number in range(10):
        record_run(tmp_path, f"r{number}", cost="0.100001")
    ledger = Ledger(tmp_path)
    ledger.sync()
    assert ledger.spent() == Decimal("1.000010")
    assert ledger.spent("r3") == Decimal("0.100001")
    assert ledger.spent("unknown") == 0


def test_a_deleted_run_keeps_its_money_through_sync_and_rebuild(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.30")
    record_run(tmp_path, "r2", cost="0.20")
    ledger = Ledger(tmp_path)
    ledger.sync()
    shutil.rmtree(tmp_path / "r1")
    ledger.sync()
    assert ledger.spent() == Decimal("0.50")
    ledger.rebuild()
    assert ledger.spent() == Decimal("0.50")
    assert set(ledger.runs()["run"]) == {"r1", "r2"}


def test_a_copied_run_is_not_on_record_twice(tmp_path: Path) -> None:
    write_one_of_each(record_run(tmp_path, "r1", cost="0.30"))
    shutil.copytree(tmp_path / "r1", tmp_path / "r1 copied before a sync")
    ledger = Ledger(tmp_path)
    ledger.sync()
    shutil.copytree(tmp_path / "r1", tmp_path / "r1 copied after a sync")
    ledger.sync()
    assert {table: len(found) for table, found in contents(ledger).items()} == dict.fromkeys(TABLES, 1)
    assert ledger.spent() == Decimal("0.30")


def test_a_run_made_anew_under_the_same_name_is_read_from_its_start(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.30")
    ledger = Ledger(tmp_path)
    ledger.sync()
    shutil.rmtree(tmp_path / "r1")
    write_one_of_each(record_run(tmp_path, "r1", cost="0.25"))
    assert ledger.sync().events == 12


def test_damaged_lines_are_reported_once_and_kept_on_record(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1")
    lines = events.path.read_bytes().splitlines(keepends=True)
    events.path.write_bytes(lines[0] + b"broken\n" + b"".join(lines[1:]) + b'{"id":"torn')
    ledger = Ledger(tmp_path)
    report = ledger.sync()
    assert [(path, damage.line_number) for path, damage in report.damaged] == [(events.path, 2)]
    assert ledger.sync().damaged == ()
    assert ledger.query("SELECT path, line_number FROM damaged_lines").values.tolist() == [["r1/events.jsonl", 2]]
    assert ledger.spent() == Decimal("0.10")


def test_a_line_that_json_allows_and_the_database_does_not_costs_the_others_nothing(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.30")
    with events.path.open("ab") as file:
        file.write(b'{"id":"ff","run":"r1","at":"2026-11-23T04:00:00Z","kind":"vote","note":"\\ud83c"}\n')
    ledger = Ledger(tmp_path)
    assert [damage.reason for _, damage in ledger.sync().damaged] == ["holds half a character"]
    assert ledger.spent() == Decimal("0.30")


def test_a_line_that_is_written_otherwise_says_the_same(tmp_path: Path) -> None:
    """Ours is cut as it stands, another is taken apart and written anew."""
    ours, other = Ledger(tmp_path / "ours"), Ledger(tmp_path / "other")
    written = record_run(ours.runs_dir, "r1").path.read_text("utf-8")
    (other.runs_dir / "r1").mkdir(parents=True)
    turned = [json.dumps(dict(reversed(json.loads(line).items()))) for line in written.splitlines()]
    (other.runs_dir / "r1" / "events.jsonl").write_text("\n".join([*turned, turned[0], ""]), "utf-8")
    assert contents(other) == contents(ours)


def test_a_run_that_lost_its_first_line_still_counts(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.30")
    events.path.write_bytes(b"x" + events.path.read_bytes())
    ledger = Ledger(tmp_path)
    ledger.sync()
    assert ledger.runs()[["run", "state", "cost_usd"]].values.tolist() == [["r1", "success", 0.3]]


@pytest.mark.parametrize("broken", ["junk", "empty", "half", "foreign", "other version", "flipped"])
def test_an_index_that_cannot_be_used_is_built_anew(
    tmp_path: Path, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    record_run(tmp_path, "r1")
    ledger = Ledger(tmp_path)
    ledger.sync()
    before, whole = contents(ledger), ledger.path.read_bytes()
    if broken in ("foreign", "other version"):
        if broken == "foreign":
            ledger.path.unlink()
        with duckdb.connect(str(ledger.path)) as connection:
            connection.execute("CREATE OR REPLACE TABLE schema_version AS SELECT 'older' AS version")
    else:
        flipped = whole[:12288] + bytes(byte ^ 255 for byte in whole[12288:])
        ledger.path.write_bytes(
            {"junk": b"junk" * 9999, "empty": b"", "half": whole[:20000], "flipped": flipped}[broken]
        )
    assert contents(ledger) == before
    assert ledger.sync().events == 0
    assert "it is built anew from the events" in caplog.text


def test_a_query_builds_the_index_where_there_is_none(tmp_path: Path) -> None:
    record_run(tmp_path, "r1")
    assert Ledger(tmp_path).query("SELECT count(*) AS runs FROM runs")["runs"].tolist() == [1]


def test_a_query_takes_parameters_and_leaves_no_connection_open(tmp_path: Path) -> None:
    record_run(tmp_path, "r1")
    ledger = Ledger(tmp_path)
    assert len(ledger.query("SELECT * FROM calls WHERE engine = ?", ["zeroscope"])) == 1
    assert len(ledger.query("SELECT * FROM calls WHERE engine = $name", {"name": "animatediff"})) == 0
    with duckdb.connect(str(ledger.path)) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (1,)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM runs",
        "UPDATE calls SET cost_usd = 0",
        "DROP TABLE calls",
        "COPY runs TO '{path}'",
        "ATTACH '{path}' AS mine; DELETE FROM mine.runs",
        "ATTACH '{path}' AS mine (READ_WRITE); DELETE FROM mine.runs",
        "DETACH ledger; ATTACH '{path}' AS mine; DELETE FROM mine.runs",
        "ATTACH ':memory:' AS mine; USE mine; DETACH ledger; ATTACH '{path}' AS again; DELETE FROM again.runs",
        "SET enable_external_access = true",
        "SELECT 1; DELETE FROM runs",
    ],
)
def test_a_query_cannot_change_the_ledger(tmp_path: Path, sql: str) -> None:
    record_run(tmp_path, "r1")
    ledger = Ledger(tmp_path)
    ledger.sync()
    before = ledger.path.read_bytes()
    with pytest.raises(RecordError, match="The ledger can't answer that"):
        ledger.query(sql.format(path=ledger.path))
    assert ledger.path.read_bytes() == before


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("SELECT * FROM run_sumary", 'Did you mean "run_summary"?'),
        ("SELECT cost FROM calls", 'Candidate bindings: "cost_usd"'),
        ("SELEC 1", 'syntax error at or near "SELEC"'),
        (" -- nothing", "The query is empty"),
    ],
)
def test_a_mistake_in_sql_is_answered_with_the_hint_alone(tmp_path: Path, sql: str, hint: str) -> None:
    with pytest.raises(RecordError) as refusal:
        Ledger(tmp_path).query(sql)
    assert hint in str(refusal.value)
    assert "Views: call_totals, open_calls, run_summary" in str(refusal.value)
    assert refusal.value.__suppress_context__


def test_a_ledger_held_open_elsewhere_is_told_and_not_rebuilt(tmp_path: Path) -> None:
    record_run(tmp_path, "r1")
    ledger = Ledger(tmp_path)
    ledger.sync()
    with duckdb.connect(str(ledger.path)):
        script = "import sys; from vgkit.ledger import Ledger; Ledger(sys.argv[1]).sync()"
        other = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True)
    assert "RecordError" in other.stderr
    assert "held open by another program. Close it there and try again" in other.stderr


def test_text_that_sql_dislikes_is_brought_in(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1")
    events.write("prompt", subject="k01", role="picture", text="it's \x00 \ud800 \u2028 {} 🎬", weights={"a.b": 1})
    ledger = Ledger(tmp_path)
    ledger.sync()
    text = ledger.query("SELECT text FROM prompts")["text"][0]
    assert text.startswith("it's ")
    assert text.endswith("🎬")


@pytest.fixture
def folder_for_all() -> Iterator[Path]:
    """A folder another user may look into, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("indexed", [True, False])
def test_a_folder_one_may_only_read_still_answers(tmp_path: Path, folder_for_all: Path, indexed: bool) -> None:
    record_run(tmp_path, "r1", cost="0.30")
    shutil.copytree(tmp_path, folder_for_all / "runs")
    (folder_for_all / "runs").chmod(0o755)
    if indexed:
        Ledger(folder_for_all / "runs").sync()
    # The interpreter may lie where another user can't look, so it becomes one after its imports.
    script = """
import json, logging, os, sys
from vgkit.ledger import Ledger
import duckdb, pandas
logging.basicConfig(format="%(message)s")
duckdb.connect().execute("SELECT 1").df()
os.setuid(int(sys.argv[2]))
frame = Ledger(sys.argv[1]).runs()
print(json.dumps(frame[["run", "cost_usd"]].values.tolist()))
"""
    command = [sys.executable, "-c", script, str(folder_for_all / "runs"), str(pwd.getpwnam("nobody").pw_uid)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [["r1", 0.3]]
    assert ("built in memory" in done.stderr) != indexed
    assert (folder_for_all / "runs" / "ledger.duckdb").exists() == indexed


BUSY = """
import sys
from decimal import Decimal
from pathlib import Path
from vgkit.ledger import Events, Ledger
runs, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
(runs / name).mkdir()
events, ledger = Events(runs / name / "events.jsonl", run_id=name), Ledger(runs)
for number in range(count):
    events.write("call_settled", call=f"c{number}", cost_usd=Decimal("0.01"))
    if number % 10 == 9:
        ledger.sync()
        ledger.spent(name)
ledger.sync()
assert ledger.spent(name) == Decimal("0.01") * count, ledger.spent(name)
"""


@pytest.mark.slow
def test_four_processes_that_write_sync_and_read_lose_nothing(tmp_path: Path) -> None:
    """DuckDB 2.0.0 alone refuses most of these openings and now and then loses what another process committed."""
    count = 100
    crowd = [subprocess.Popen([sys.executable, "-c", BUSY, str(tmp_path), name, str(count)]) for name in "abcd"]
    assert [process.wait() for process in crowd] == [0, 0, 0, 0]
    ledger = Ledger(tmp_path)
    assert ledger.sync().events == 0
    assert ledger.spent() == Decimal("0.01") * count * 4
    assert ledger.query("SELECT count(*) AS events FROM events")["events"].tolist() == [count * 4]
