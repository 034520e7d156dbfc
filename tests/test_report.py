"""The report over all runs: the figures worked out by hand on a few, and a page that stands alone."""

import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import duckdb
import numpy as np
import pytest
from ledger.recorded import record_run
from typer.testing import CliRunner

from vgkit.cli import app
from vgkit.errors import ParameterError
from vgkit.ledger import Events, Ledger
from vgkit.report import Report, report
from vgkit.report import page as page_of_report
from vgkit.report import shelf as shelf_of_films
from vgkit.report.asking import Choice, answers
from vgkit.report.figures import compared

CALL: dict[str, Any] = {"role": "video", "engine": "zeroscope", "host": "replicate", "phase": "chunks"}


def measured(
    events: Events, value: float | None, *, name: str = "warp_error", subject: str = "s01", **how: Any
) -> None:
    """Put a measure of a shot in the film on record."""
    fields = {"unit": "levels", "direction": "lower", "implementation": "m", "version": "1"} | how
    reason = {"reason": "nothing moved"} if value is None else {}
    events.write("metric", subject=subject, name=name, value=value, scored={"stage": "film"}, **fields, **reason)


def filmed(runs: Path, run: str, value: float, **started: Any) -> Events:
    """A run with a film, a poster and a measure."""
    events = record_run(runs, run, **started)
    measured(events, value)
    (runs / run / "film.mp4").write_bytes(b"not really a film" * 100)
    cv2.imwrite(str(runs / run / "poster.jpg"), np.full((72, 128, 3), 90, np.uint8))
    return events


def cells(told: Report, question: str) -> list[dict[str, str]]:
    table = told.tables[question]
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def facts(told: Report) -> dict[str, str]:
    return {name: figure for name, figure, _ in told.facts}


class Page(HTMLParser):
    """Every address that a page would load something from."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "poster")]


def test_no_runs_give_a_friendly_page(runs: Path, tmp_path: Path) -> None:
    told = report()
    assert told.empty
    assert "There are no real runs yet" in str(told)
    assert "No run on record is among those you chose: real runs, profile dev." in str(report(profile="dev"))
    page = told.page(tmp_path)
    assert "vgkit run" in page
    assert "Of the project&#x27;s $275.00, $0 is spent; $275.00 is left." in page


def test_money_is_told_by_day_phase_engine_and_template_against_caps(runs: Path) -> None:
    record_run(runs, "r1", cost="0.10")
    events = record_run(runs, "r2", cost="2.30", engine="animatediff@replicate", template="lifestyle_ad")
    events.write("call_failed", call="late", cost_usd=Decimal("0.05"), error="EngineFailed", **CALL)
    told = report()
    assert facts(told)["Spent"] == "$2.45"
    assert [(row["engine"], row["spent"], row["on failures"]) for row in cells(told, "by_engine")] == [
        ("animatediff@replicate", "$2.30", "$0"),
        ("zeroscope@replicate", "$0.1500", "$0.0500"),
    ]
    assert [(row["template"], row["spent"]) for row in cells(told, "by_template")] == [
        ("lifestyle_ad", "$2.35"),
        ("product_showcase", "$0.1000"),
    ]
    assert [(row["phase"], row["spent"]) for row in cells(told, "by_phase")] == [("chunks", "$2.45")]
    assert told.found["by_day"].cost_usd.sum() == pytest.approx(2.45)
    assert cells(told, "by_profile")[0]["dearest run, of its cap"] == "$2.35 of $2.00, 1 over it"
    assert told.alerts == ("Runs that cost more than their cap: 1.",)
    assert told.budget_told == "Of the project's $275.00, $2.45 is spent; $272.55 is left."


def test_a_project_over_its_budget_is_told_in_red(runs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VGKIT_PROJECT_CAP", "1.00")
    record_run(runs, "r1", cost="1.50")
    assert (
        "<p class='alert'>All real runs together cost $1.50, more than the project&#x27;s $1.00.</p>"
        in report().page(tmp_path)
    )


def test_success_comes_with_its_interval_and_failures_with_their_reasons(runs: Path) -> None:
    for number in range(8):
        record_run(runs, f"r{number}")
    failed = record_run(runs, "broken", state=None)
    failed.write("phase_failed", phase="refine", error="EncodeFailed", message="no room", seconds=2.0)
    failed.write("run_finished", state="failed", seconds=3.0, message="refine: no room")
    lesser = record_run(runs, "lesser", state=None)
    lesser.write("fallback", phase="chunks", subject="s02", engine="zeroscope", message="no clip came", tries=3)
    lesser.write("run_finished", state="degraded", seconds=60.0, film="film.mp4")
    told = report()
    # Wilson (1927) for 8 of 10
    assert facts(told)["Success"] == "80 % [49, 94]"
    assert [(row["what"], row["the run ended"], row["why, there"]) for row in cells(told, "troubles")] == [
        ("zeroscope did not deliver", "degraded", "no clip came"),
        ("EncodeFailed", "failed", "no room"),
    ]
    assert facts(told)["A film takes"] == "60.0 s"


def test_a_run_that_has_only_begun_is_told_as_far_as_it_is(runs: Path, tmp_path: Path) -> None:
    events = Events(runs / "r1" / "events.jsonl", run_id="r1")
    events.path.parent.mkdir(parents=True)
    events.write("run_started", brief={}, profile="dev", engines={})
    events.write("phase_finished", phase="validate", seconds=0.0)
    events.write("call_reserved", call="c1", cost_usd=Decimal("0.12"), **CALL)
    told = report()
    assert told.facts == (
        ("Runs", "1", "1 open"),
        ("Success", "none over yet", "whole films, 95 % interval"),
        ("Spent", "$0", "$0.1200 still open"),
    )
    assert told.budget_told == "Of the project's $275.00, $0 is spent, $0.1200 is reserved; $274.88 is left."
    assert "none over yet" in told.page(tmp_path)


def test_what_the_cache_saved_is_priced_by_the_same_call_or_by_calls_alike(runs: Path) -> None:
    events = record_run(runs, "r1", cost="0.20", state=None)
    for call, mark, cost in (("c2", "one", "0.30"), ("c3", "two", "0.40")):
        events.write("call_settled", call=call, fingerprint=mark, cost_usd=Decimal(cost), **CALL)
    later = record_run(runs, "r2", cost="0.20", state=None)
    for call, mark in (("k1", "one"), ("k2", "gone")):
        later.write("call_cached", call=call, fingerprint=mark, cost_usd=Decimal(0), **CALL)
    later.write("call_cached", call="k3", fingerprint="x", role="music", engine="musicgen", host="replicate")
    told = report()
    saved = {row["engine"]: row for row in cells(told, "savings")}
    # the same call cost 0.30; of calls alike (0.20, 0.20, 0.30, 0.40) the middle is 0.20
    assert saved["zeroscope@replicate"]["saved"] == "$0.5000"
    assert (saved["zeroscope@replicate"]["by calls alike"], saved["musicgen@replicate"]["without a price"]) == (
        "1",
        "1",
    )
    assert told.alerts[-1].endswith("since none alike is on record as paid: 1.")


def test_quality_is_told_by_engine_and_stills_do_not_count_for_one(runs: Path) -> None:
    for run, engine, values in (("a", "zeroscope@replicate", (1.0, 3.0)), ("b", "animatediff@replicate", (2.0, None))):
        events = record_run(runs, run, engine=engine)
        for number, value in enumerate(values):
            measured(events, value, subject=f"s{number:02d}")
    events.write("fallback", phase="chunks", subject="s09", engine="animatediff", message="none", tries=3)
    measured(events, 99.0, subject="s09")
    rows = cells(report(), "quality")
    assert [(row["engine"], row["middle"], row["measured"]) for row in rows] == [
        ("animatediff@replicate", "2", "1 of 2"),
        ("zeroscope@replicate", "2", "2"),
    ]


def test_a_plot_of_quality_shows_each_measure_as_most_were_measured(runs: Path) -> None:
    for run, engine in (("a", "zeroscope@replicate"), ("b", "animatediff@replicate")):
        events = record_run(runs, run, engine=engine)
        for number in range(3):
            measured(events, float(number), subject=f"s{number}")
            measured(events, 7.0, subject=f"s{number}", name="black_stretch")
            measured(events, float(number), subject=f"s{number}", name="camera_pan", direction="neither")
        measured(events, 99.0, subject="s0", version="0")
    Ledger(runs).sync()
    shown = compared(answers(Ledger(runs), Choice(), measure="warp_error")["quality"])
    assert list(shown.panel.unique()) == ["warp error, film", "camera pan, film", "black stretch, film"]
    assert shown[shown.name == "warp_error"].high.max() < 99
    assert shown.groupby("panel").engine.nunique().eq(2).all()


def test_runs_are_chosen_by_day_profile_template_and_whether_they_are_real(runs: Path) -> None:
    record_run(runs, "r1", profile="dev")
    record_run(runs, "r2", profile="final", template="lifestyle_ad")
    record_run(runs, "r3", rehearsal=True)
    assert facts(report())["Runs"] == "2"
    assert facts(report(profile="final"))["Runs"] == "1"
    assert facts(report(template="lifestyle_ad"))["Runs"] == "1"
    rehearsed = report(rehearsals=True)
    assert facts(rehearsed)["Runs"] == "1"
    assert rehearsed.alerts[0].startswith("These are rehearsals")
    assert report(since="2999-01-01").empty
    assert report(until="2000-01-01").empty
    assert not report(since="2000-01-01", until="2999-01-01").empty


def test_films_are_ranked_by_a_measure_that_knows_better_from_worse(runs: Path) -> None:
    for number in range(8):
        filmed(runs, f"r{number}", value=float(number))
    measured(filmed(runs, "r8", value=8.0), 5.0, name="motion", direction="neither")
    measured(filmed(runs, "other version", value=9.0), -1.0, version="2")
    assert [film.run for film in report().films] == ["r0", "r1", "r2", "r6", "r7", "r8"]
    with pytest.raises(ParameterError, match="can't be ranked by 'motion'. Films here can be ranked by warp_error"):
        report(measure="motion")


def test_a_page_asks_nothing_of_a_network_and_links_films_that_are_too_large(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        filmed(runs, f"r {number}", value=float(number))
    (runs / "r 1" / "film.mp4").write_bytes(b"." * (shelf_of_films.INLINE_FILM_BYTES + 1))
    (runs / "r 2" / "film.mp4").unlink()
    monkeypatch.setattr(page_of_report, "INLINE_BYTES", 2000)
    page = report().page(tmp_path / "pages")
    links = [address for address in Page(page).addresses if not address.startswith("data:")]
    # the budget holds the best film; the next is too large by itself, one is gone, and for the last no room is left
    assert links == [f"../{runs.name}/r%20{number}/film.mp4" for number in (1, 3)]
    assert page.count("data:video/mp4;base64,") == 1
    assert "data:video" not in report()._repr_html_()
    assert "http://" not in re.sub(r"base64,[^']*", "", page)


def test_words_from_the_record_cannot_become_markup(runs: Path, tmp_path: Path) -> None:
    events = record_run(runs, "r1", state=None, template="<script>alert(1)</script>")
    events.write("phase_failed", phase="refine", error="<b>", message="<img src=x onerror=alert(1)>")
    events.write("run_finished", state="failed", seconds=1.0)
    page = report().page(tmp_path)
    assert "<script" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_the_command_writes_a_page_and_says_where(runs: Path, tmp_path: Path) -> None:
    filmed(runs, "r1", value=1.0)
    told = CliRunner().invoke(app, ["report", "--html", str(tmp_path / "out" / "all.html"), "--since", "2000-01-01"])
    assert told.output == f"{tmp_path / 'out' / 'all.html'}\n"
    assert (tmp_path / "out" / "all.html").read_text("utf-8").startswith("<!doctype html>")
    assert "1. of 1: r1: warp error 1 levels" in CliRunner().invoke(app, ["report"]).output


def test_it_opens_in_a_browser_where_there_is_one(runs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\necho $1 > {opened}\n")
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    runs.mkdir()
    assert CliRunner().invoke(app, ["report", "--open"]).output == f"{runs / 'report.html'}\n"
    assert opened.read_text().strip() == (runs / "report.html").as_uri()


def test_what_can_be_asked_is_listed_where_nothing_is_asked(runs: Path) -> None:
    runs.mkdir()
    lines = CliRunner().invoke(app, ["sql"]).output.splitlines()
    assert all(re.match(r"(table|view )  ?\w+ +\w", line) for line in lines)
    assert {"runs", "calls", "run_summary", "spending"} <= {line.split()[1] for line in lines}


def test_an_answer_goes_into_a_parquet_file_with_exact_amounts(runs: Path, tmp_path: Path) -> None:
    record_run(runs, "r1", cost="0.100001")
    file = tmp_path / "calls.parquet"
    asked = 'select call, cost_usd, cost_usd as "a ""b""", reserved_at, params from calls'
    assert CliRunner().invoke(app, ["sql", asked, "--parquet", str(file)]).output == f"{file}: 1 rows\n"
    read = duckdb.sql(f"select cost_usd, typeof(cost_usd), typeof(reserved_at) from '{file}'").fetchall()
    assert read == [(Decimal("0.100001"), "DECIMAL(12,6)", "TIMESTAMP")]


def test_a_table_goes_into_csv(runs: Path) -> None:
    record_run(runs, "r1", cost="0.30")
    assert (
        CliRunner().invoke(app, ["sql", "select run, cost_usd from calls", "--csv"]).output == "run,cost_usd\nr1,0.3\n"
    )
