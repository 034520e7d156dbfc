"""Whatever quotes a key, no file of a run and no message holds it."""

import json
import logging
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from vgkit.errors import EngineFailed, PhaseFailed
from vgkit.ledger import Events, Ledger
from vgkit.runlog import logging_to
from vgkit.runner import NotebookRunner

KEYS = {
    "REPLICATE_API_TOKEN": "r8_" + "Zz9Yy8Xx7" * 4,
    "OPENAI_API_KEY": "a-local-servers-own-key",
    "AWS_SECRET_ACCESS_KEY": "wJalr/UtnFEMI+K7MDENGbPxRfiCY",
}
QUOTED = 'f\'401 for {os.environ["OPENAI_API_KEY"]} and {os.environ["REPLICATE_API_TOKEN"]}\''


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def runner() -> Iterator[NotebookRunner]:
    with NotebookRunner() as warm:
        yield warm


def notebook(folder: Path, *sources: str) -> Path:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**cell, "id": f"c{number}", "source": source} for number, source in enumerate(("import os", *sources))]
    page = folder / "page.ipynb"
    page.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return page


def assert_no_key_in(*texts: str) -> None:
    assert texts
    for text in texts:
        for name, secret in KEYS.items():
            assert secret not in text, name


def files_of(folder: Path) -> list[str]:
    return [path.read_bytes().decode("utf-8", "replace") for path in folder.rglob("*") if path.is_file()]


def test_a_notebook_that_prints_its_keys_shows_none(runner: NotebookRunner, tmp_path: Path) -> None:
    page = notebook(tmp_path, "print(dict(os.environ))\ndict(os.environ)")
    done = runner.run(page, tmp_path / "out.ipynb", {}, cwd=tmp_path)
    assert "[redacted]" in done.out.read_text()
    assert_no_key_in(*files_of(tmp_path))


def test_an_error_that_quotes_a_key_keeps_all_but_the_key(runner: NotebookRunner, tmp_path: Path) -> None:
    page = notebook(
        tmp_path, f"try:\n    raise ValueError({QUOTED})\nexcept ValueError as e:\n    raise OSError(e) from e"
    )
    with pytest.raises(PhaseFailed, match=r"OSError: 401 for \[redacted\] and \[redacted\]") as caught:
        runner.run(page, tmp_path / "out.ipynb", {}, cwd=tmp_path)
    assert_no_key_in(str(caught.value), caught.value.error_message, str(caught.value.__cause__), *files_of(tmp_path))


def test_an_error_of_ours_that_quotes_a_key_comes_out_without_it(runner: NotebookRunner, tmp_path: Path) -> None:
    page = notebook(tmp_path, f"from vgkit.errors import EngineFailed\nraise EngineFailed({QUOTED})")
    with pytest.raises(EngineFailed, match=r"^401 for \[redacted\] and \[redacted\]"):
        runner.run(page, tmp_path / "out.ipynb", {}, cwd=tmp_path)
    assert_no_key_in(*files_of(tmp_path))


def test_a_log_with_a_traceback_holds_no_key(tmp_path: Path) -> None:
    with logging_to(tmp_path / "run.log"):
        log = logging.getLogger("vgkit.test")
        log.warning("asked with %s", {"Authorization": f"Bearer {KEYS['OPENAI_API_KEY']}"})
        try:
            raise ConnectionError(f"Illegal header value {KEYS['AWS_SECRET_ACCESS_KEY'].encode()!r}")
        except ConnectionError:
            log.exception("%s refused", "replicate")
    (said,) = files_of(tmp_path)
    assert "Illegal header value b'[redacted]'" in said
    assert_no_key_in(said)


def test_neither_events_nor_the_ledger_nor_its_errors_hold_a_key(tmp_path: Path) -> None:
    (tmp_path / "r1").mkdir()
    events = Events(tmp_path / "r1" / "events.jsonl", run_id="r1")
    both = " ".join(KEYS.values())
    events.write("run_started", brief={"prompt": both}, profile="dev", engines={})
    call = {"call": "c1", "role": "video", "engine": "z", "host": "replicate"}
    events.write(
        "call_reserved", **call, cost_usd=Decimal("0.1"), params={both: [both], "webhook": f"https://a:{both}@b"}
    )
    events.write("fallback", phase="chunks", subject="s01", engine="z", message=both)
    events.write("run_finished", state="failed", seconds=1.0, message=both)
    ledger = Ledger(tmp_path)
    shown = [ledger.query(f"SELECT * FROM {table}").to_csv() for table in ("events", "runs", "calls", "fallbacks")]
    assert_no_key_in(*shown, *files_of(tmp_path))
