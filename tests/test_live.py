"""Every view shows the same run, and following one neither disturbs it nor outlasts it."""

import io
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from vgkit.errors import InputError
from vgkit.ledger import Event, Events
from vgkit.live import PlainView, TerminalView, View, following, view
from vgkit.progress import RunProgress
from vgkit.progress_table import clock, notebook_table, terminal_table, usd
from vgkit.runner import NotebookRunner

START = RunProgress.of(["validate", "chunks"])


def write_a_run(events: Events) -> None:
    events.write("run_started", brief={"prompt": "shoe"}, profile="offline", engines={})
    events.write("phase_skipped", phase="validate", reason="unchanged; 1 file kept")
    events.write("phase_started", phase="chunks", attempt=1)
    events.write("progress", phase="chunks", done=3, total=10, label="s04 <t01>")


def end_it(events: Events) -> None:
    events.write("phase_finished", phase="chunks", seconds=62.0, cost_usd=Decimal("0.24"), made=10, kept=0)
    events.write("run_finished", state="success", seconds=64.0, cost_usd=Decimal("0.24"), film="film.mp4")


@pytest.fixture
def events(tmp_path: Path) -> Events:
    return Events(tmp_path / "events.jsonl", run_id="shoe")


def shown(events: Events, mode: str) -> str:
    out = io.StringIO()
    with following(events.path, view(mode, out=out), START):  # type: ignore[arg-type]
        write_a_run(events)
        end_it(events)
    return out.getvalue()


def test_plain_lines_say_how_each_phase_and_the_run_ended(events: Events) -> None:
    assert shown(events, "plain").splitlines() == [
        "shoe: 2 phases, profile offline",
        "validate    kept    unchanged; 1 file kept",
        "chunks      done    1:02  $0.24",
        "Film ready: film.mp4 (1:04, $0.24).",
    ]


def test_plain_lines_name_the_shots_that_have_no_clip(events: Events) -> None:
    out = io.StringIO()
    with following(events.path, view("plain", out=out), START):
        write_a_run(events)
        events.write("fallback", phase="chunks", subject="s03", engine="zeroscope", message="failed 3 times")
        events.write("phase_finished", phase="chunks", seconds=62.0, made=10, degraded=["s03"])
        events.write("run_finished", state="degraded", seconds=64.0, film="film.mp4")
    assert out.getvalue().splitlines()[2:] == [
        "chunks      LESSER  s03: failed 3 times",
        "chunks      done    1:02  $0.00  degraded: s03",
        "Film finished, but degraded: film.mp4 (1:04, $0.00). Degraded: s03.",
    ]


def test_the_live_view_is_plain_where_there_is_no_terminal(events: Events) -> None:
    assert isinstance(view("live", out=io.StringIO()), PlainView)
    assert "\x1b" not in shown(events, "auto")


def test_quiet_says_only_the_end(events: Events) -> None:
    assert shown(events, "quiet") == "Film ready: film.mp4 (1:04, $0.24).\n"


def test_json_gives_the_events_as_they_are_in_the_file(events: Events) -> None:
    lines = shown(events, "json").splitlines()
    assert [json.loads(line) for line in lines] == [json.loads(line) for line in events.path.read_text().splitlines()]


def test_what_happened_before_counts_but_is_no_news(events: Events) -> None:
    events.write("call_settled", call="a", phase="chunks", cost_usd=Decimal("1.50"))
    with following(events.path, seen := Seen(), START):
        pass
    assert (seen.kinds, seen.cost_usd) == (["closed"], Decimal("1.50"))


def test_an_unknown_view_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="There is no view 'fancy'"):
        view("fancy")  # type: ignore[arg-type]


class Seen:
    """A view that tells the test when an event has come through."""

    interval_s = 0.1

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.came = threading.Event()

    def show(self, progress: RunProgress, new: Sequence[Event], now: datetime) -> None:
        self.kinds += [event.kind for event in new]
        self.cost_usd = progress.cost_usd
        if new:
            self.came.set()

    def close(self) -> None:
        self.kinds.append("closed")


def test_events_come_through_while_the_run_goes_on_and_half_a_line_waits(events: Events) -> None:
    seen = Seen()
    with following(events.path, seen, START):
        write_a_run(events)
        with events.path.open("a") as torn:
            torn.write('{"id": "half')
        assert seen.came.wait(20)
    assert seen.kinds == ["run_started", "phase_skipped", "phase_started", "progress", "closed"]


class Broken(Seen):
    def show(self, progress: RunProgress, new: Sequence[Event], now: datetime) -> None:
        raise BrokenPipeError("nobody reads any more")


def test_a_view_that_breaks_does_not_break_the_run(events: Events, caplog: pytest.LogCaptureFixture) -> None:
    broken: View = Broken()
    with following(events.path, broken, START):
        write_a_run(events)
    assert "the live view ended early: nobody reads any more" in caplog.text


def test_following_ends_with_its_block_even_on_an_error(events: Events) -> None:
    @contextmanager
    def failing() -> Iterator[None]:
        with following(events.path, Seen(), START):
            yield
            raise ValueError

    before = threading.active_count()
    with pytest.raises(ValueError), failing():  # noqa: PT011 (ours, three lines up)
        pass
    assert threading.active_count() == before


def midway() -> tuple[RunProgress, datetime]:
    begin = datetime(2026, 11, 23, 10, tzinfo=UTC)
    progress = RunProgress.of(["validate", "animatic", "references", "chunks"], typical_s={"chunks": 90.0})
    story = [
        ("run_started", 0, {"brief": {}, "profile": "dev", "engines": {}}),
        ("phase_skipped", 1, {"phase": "validate", "reason": "unchanged since this morning, all of its many files"}),
        ("phase_finished", 9, {"phase": "animatic", "seconds": 8, "cost_usd": "0.004", "made": 15}),
        ("phase_skipped", 9, {"phase": "references", "reason": "unchanged"}),
        ("phase_started", 10, {"phase": "chunks"}),
        ("progress", 40, {"phase": "chunks", "done": 3, "total": 10, "label": "s04 <t01>"}),
    ]
    for kind, seconds, fields in story:
        progress = progress.after(Event("1", "shoe", begin + timedelta(seconds=seconds), kind, fields))
    return progress, begin + timedelta(seconds=50)


def drawn(width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(terminal_table(*midway()))
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_the_table_says_phase_work_time_cost_and_what_is_left() -> None:
    chunks = next(line for line in drawn(80) if "chunks" in line)
    bar, words = chunks.rsplit("─", 1)
    assert (bar.count("━"), words.split()) == (5, ["3/10", "s04", "<t01>", "0:40", "~0:53"])
    total = next(line for line in drawn(80) if "total" in line)
    assert total.split() == ["total", "3", "of", "4", "phases", "0:50", "<$0.01", "~0:53"]


def degraded_run() -> tuple[RunProgress, datetime]:
    progress, now = midway()
    for kind, fields in (
        ("fallback", {"phase": "chunks", "subject": "s03", "engine": "zeroscope", "message": "no clip"}),
        ("phase_finished", {"phase": "chunks", "seconds": 50.0, "made": 30, "degraded": ["s03", "s07"]}),
        ("run_finished", {"state": "degraded", "seconds": 51.0, "film": "film.mp4", "message": "See the stills."}),
    ):
        progress = progress.after(Event("2", "shoe", now, kind, fields))
    return progress, now


def test_the_table_names_degraded_shots_in_red() -> None:
    console = Console(width=80, file=io.StringIO(), record=True, force_terminal=True)
    console.print(terminal_table(*degraded_run()))
    drawn = console.export_text(styles=True)
    assert "\x1b[1;31mdegraded: s03, s07" in drawn
    assert "\x1b[1;31mFilm finished, but degraded: film.mp4 (0:51, <$0.01). See the stills." in drawn


def test_the_notebook_names_degraded_shots_in_red() -> None:
    table = notebook_table(*degraded_run())
    assert '<span style="color:#b91c1c;font-weight:600">degraded: s03, s07</span> 30 made' in table


def test_a_shot_that_falls_back_is_seen_beside_the_bar_at_once() -> None:
    progress, now = midway()
    lost = {"phase": "chunks", "subject": "s03", "engine": "zeroscope", "message": "no clip"}
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(terminal_table(progress.after(Event("2", "shoe", now, "fallback", lost)), now))
    assert "─  degraded: s03  3/10 s04 <t01>" in console.export_text()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_table_keeps_one_line_a_phase_and_never_grows_too_wide(width: int) -> None:
    lines = drawn(width)
    assert len([line for line in lines if line.strip()]) == 7
    assert max(map(len, lines)) <= min(width, 100)


def test_the_terminal_view_draws_in_place_and_leaves_the_end_on_the_screen() -> None:
    screen = io.StringIO()
    terminal = TerminalView(Console(file=screen, force_terminal=True, width=80))
    progress, now = midway()
    terminal.show(progress, [], now)
    first = len(screen.getvalue())
    terminal.show(progress.after(Event("2", "shoe", now, "run_finished", {"state": "failed", "seconds": 50})), [], now)
    terminal.close()
    assert "\x1b[1A\x1b[2K" in screen.getvalue()[first:]
    assert "Failed (0:50, <$0.01)." in screen.getvalue()


def test_the_notebook_table_holds_the_same_and_lets_no_label_be_markup() -> None:
    table = notebook_table(*midway())
    assert 'value="0.300"' in table
    assert "3/10 s04 &lt;t01&gt;" in table
    assert "~0:53" in table


IN_A_NOTEBOOK = """\
from pathlib import Path
from decimal import Decimal
from vgkit.ledger import Events
from vgkit.live import following, view
from vgkit.progress import RunProgress
events = Events(Path("events.jsonl"), run_id="shoe")
with following(events.path, view(), RunProgress.of(["validate", "chunks"])):
    events.write("run_started", brief={"prompt": "shoe"}, profile="offline", engines={})
    events.write("phase_started", phase="chunks", attempt=1)
    events.write("run_finished", state="degraded", seconds=64.0, film="film.mp4")"""


def test_in_a_notebook_the_table_stands_under_the_cell_and_ends_with_the_run(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "id": "c", "metadata": {}, "outputs": [], "execution_count": None}
    page = {"cells": [{**cell, "source": IN_A_NOTEBOOK}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "n.ipynb").write_text(json.dumps(page))
    with NotebookRunner() as runner:
        done = runner.run(tmp_path / "n.ipynb", tmp_path / "out.ipynb", {}, cwd=tmp_path)
    (output,) = json.loads(done.out.read_text())["cells"][0]["outputs"]
    assert "Film finished, but degraded: film.mp4" in "".join(output["data"]["text/html"])
    assert output["data"]["text/plain"] == ["Film finished, but degraded: film.mp4 (1:04, $0.00)."]


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0, "0:00"), (59.6, "1:00"), (750, "12:30"), (3723, "1:02:03")]
)
def test_seconds_read_as_on_a_clock(seconds: float | None, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(("amount", "text"), [("0", "$0.00"), ("0.004", "<$0.01"), ("1.995", "$2.00")])
def test_dollars_read_to_the_cent(amount: str, text: str) -> None:
    assert usd(Decimal(amount)) == text
