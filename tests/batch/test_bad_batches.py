"""Batches as nobody should write them, and what becomes of films when the ground goes away beneath them.

What is wrong with a file by itself stands in ``test_batch_spec``, with what it asks for in ``test_batch_check``."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from batches import CALL, films

from vgkit.batch.check import plan
from vgkit.batch.spec import read_spec
from vgkit.errors import BatchError
from vgkit.ledger import Ledger
from vgkit.ledger.money import Spending

OUTSIDE = "lies outside the folders that files of a batch may come from"


def refused(path: Path) -> str:
    with pytest.raises(BatchError) as refusal:
        plan(read_spec(path))
    return str(refusal.value)


@pytest.fixture
def folder(tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of batches, beside one that none of its films may come from."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kite.toml").write_text('prompt = "A kite over dunes"\n')
    (tmp_path / "outside" / "kites.csv").write_text("name,prompt\na,A kite over dunes\n")
    (tmp_path / "batches").mkdir()
    monkeypatch.chdir(tmp_path / "batches")
    return tmp_path / "batches"


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize(("key", "name"), [("briefs = [{}]", "kite.toml"), ("rows = {}", "kites.csv")])
def test_a_toml_file_opens_no_other_folder_than_a_row_does(folder: Path, key: str, name: str, linked: bool) -> None:
    path = f"../outside/{name}"
    if linked:
        (folder / name).symlink_to(path)
    (folder / "spring.toml").write_text('name = "spring"\n' + key.format(f'"{name if linked else path}"') + "\n")
    assert f"{folder.parent}/outside/{name} {OUTSIDE}" in refused(folder / "spring.toml")


def test_a_header_of_a_million_columns_is_refused_with_their_number(folder: Path) -> None:
    (folder / "spring.csv").write_text(f"prompt{',x' * 1_000_000}\nA kite over dunes\n")
    told = refused(folder / "spring.csv")
    assert "line 1 names 1,000,001 columns; the most is 1,000. Keep those that a film has." in told


def test_a_matrix_is_counted_before_it_is_made(folder: Path) -> None:
    axes = "\n".join(f"{axis} = {[f'{n}.toml' for n in range(1000)]}" for axis in ("briefs", "templates", "engines"))
    (folder / "spring.toml").write_text(f'name = "spring"\n{axes}\n')
    assert "asks for 1,000,000,000 films; 100,000 is the most for one batch." in refused(folder / "spring.toml")


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "spring.csv")
    assert "spring.csv is a device or a pipe, which may never end." in refused(folder / "spring.csv")


def test_a_cell_of_a_spreadsheet_formula_is_text_and_a_name_that_is_one_is_refused(folder: Path) -> None:
    (folder / "spring.csv").write_text('name,prompt,product\nkite,=HYPERLINK("x"),-1+1\n')
    (film,) = plan(read_spec(folder / "spring.csv"))
    assert (film.checked.brief.prompt, film.checked.brief.product) == ('=HYPERLINK("x")', "-1+1")
    (folder / "spring.csv").write_text("name,prompt\n=cmd,A kite over dunes\n")
    assert "line 2, name (column 1): is '=cmd'; use letters, digits" in refused(folder / "spring.csv")


def test_what_a_machine_settles_whose_clock_is_behind_counts_in_both_books(runs: Path) -> None:
    """One machine gave a call up at its estimate, with a clock a day ahead; another then found what it really cost."""
    (film,) = films(1)
    run = film.run()
    run.events.write("run_started", brief={}, profile="dev", engines={}, rehearsal=True)
    run.events.write("call_reserved", call="c1", cost_usd=Decimal("0.50"), **CALL)
    given_up = run.events.write("call_failed", call="c1", cost_usd=Decimal("0.50"), error="Lost")
    ahead = f"{int(given_up.id[:16], 16) + 86_400 * 10**9:016x}"
    run.events.path.write_text(run.events.path.read_text().replace(given_up.id[:16], ahead))
    run.events.write("call_settled", call="c1", cost_usd=Decimal("0.20"))
    ledger = Ledger(runs)
    ledger.sync()
    spending = Spending(runs, rehearsal=True)
    spending.refresh()
    assert (ledger.spent(run.name), spending.of_run(run.name)) == (Decimal("0.20"), Decimal("0.20"))
