"""A batch's page without a browser: what is wrong or what it costs, Make and Stop, and how the films fared."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from batches import REHEARSAL, Hands, events

from vgkit.batch.check import plan
from vgkit.batch.coordinator import Policy, Tally
from vgkit.batch.crew import Ending
from vgkit.batch.make import How, make_batch
from vgkit.batch.spec import Spec, spec_of
from vgkit.errors import BatchError, BudgetExceeded
from vgkit.places import notebooks_dir, runs_dir
from vgkit.runner import NotebookRunner
from vgkit.widgets.batch_view import BatchView
from vgkit.widgets.batch_view import making as makings
from vgkit.widgets.batch_view.checking import Asked, found, last_summary
from vgkit.widgets.batch_view.live import Live
from vgkit.widgets.batch_view.page import Page

SCRIPT = "<script>alert(1)</script>"
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def _hosts_elsewhere(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Films are made by hands that make none, so none needs hosts or keys."""
    monkeypatch.setenv("VGKIT_REHEARSAL", "elsewhere")
    for key in ("OPENAI_API_KEY", "REPLICATE_API_TOKEN"):
        monkeypatch.delenv(key, raising=False)


def kites(count: int = 3, *, cap: str = "2.00") -> Spec:
    rows = [{"name": f"f{n:02d}", "prompt": "A kite over dunes.", "duration_s": 6, "seed": n} for n in range(count)]
    return spec_of(rows, name="kites", profile="dev", caps={"run_usd": cap})


def opened(batch: Path | Spec, **how: Any) -> Page:
    """A page whose first check is over."""
    page = Page(Asked(batch, **{"speed": REHEARSAL["speed"], **how}))
    page.checks.wait()
    return page


def html_in(widget: Any) -> str:
    """All that is shown anywhere in a widget."""
    if "vg-hidden" in widget._dom_classes:
        return ""
    inside = "".join(map(html_in, getattr(widget, "children", ())))
    return inside + str(getattr(widget, "text", "") or getattr(widget, "value", ""))


def by(hands: Hands) -> Callable[..., Any]:
    return lambda *_, **__: nullcontext(hands)


def until(so: Callable[[], bool]) -> None:
    late = time.monotonic() + PATIENCE_S
    while not so():
        assert time.monotonic() < late
        time.sleep(0.01)


class Waiting(Hands):
    """Hands whose films end only once they may."""

    def __init__(self) -> None:
        super().__init__(2)
        self.may = threading.Event()

    def ended(self, timeout_s: float) -> Ending | None:
        return super().ended(timeout_s) if self.may.wait(timeout_s) else None


def wait_for_the_end(page: Page) -> None:
    """Wait until nothing is made any more, and the films that are there are counted."""
    until(lambda: page.making is None and page.checked is not None)
    page.checks.wait()


def test_what_is_wrong_stands_there_with_line_and_column_and_is_gone_once_it_is_mended(tmp_path: Path) -> None:
    table = tmp_path / "films.csv"
    table.write_text(f"prompt,duration_s,profile\nA kite,61,\n{SCRIPT},6,{SCRIPT}\n")
    page = opened(table)
    said = page.verdict.value
    assert "films.csv can&#x27;t be made yet: 2 things to mend." in said
    assert "<td>line 2, column 2</td><td>duration_s</td><td>is &#x27;61&#x27;; the most is 60</td>" in said
    assert SCRIPT not in said
    assert page.make.disabled
    table.write_text("prompt,duration_s\nA kite,6\n")
    page.again.click()
    page.checks.wait()
    assert (page.make.description, page.make.disabled) == ("Make 1 film · free", False)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "none.csv can&#x27;t be read: No such file or directory" in opened(tmp_path / "none.csv").verdict.value


def test_faults_that_there_are_not_are_told_and_nothing_can_be_made() -> None:
    page = opened(kites(), faults="cruel")
    assert "Use one of none, mild, harsh" in page.verdict.value
    assert page.make.disabled


def test_of_many_mistakes_as_many_are_shown_as_a_person_reads(tmp_path: Path) -> None:
    table = tmp_path / "films.csv"
    table.write_text("prompt,duration_s\n" + "".join(f"A kite,{length}\n" for length in range(61, 161)))
    said = opened(table).verdict.value
    assert said.count("the most is 60") == 50
    assert "and 50 more; `vgkit batch check films.csv --json` has all of them" in said


def test_costs_stand_against_the_caps_before_anything_is_made(runs: Path) -> None:
    page = opened(kites())
    assert page.make.description.startswith("Make 3 films · about $")
    assert page.make.description.endswith(", play money")
    assert "<td>a film</td><td>$2.00</td>" in page.verdict.value
    assert "zeroscope@replicate" in page.verdict.value
    assert not runs.exists()


def test_a_cap_that_is_too_low_is_told_and_nothing_can_be_made() -> None:
    page = opened(kites(cap="0.10"))
    assert "caps.run_usd: 3 of 3 films need more than the $0.10 that one may cost" in page.verdict.value
    assert page.make.disabled


def test_a_spec_is_checked_anew_each_time_so_that_what_is_wrong_for_real_does_not_stick_to_a_rehearsal() -> None:
    page = opened(kites())
    page.choices.money.control.value = False
    page.checks.wait()
    assert "REPLICATE_API_TOKEN" in page.verdict.value
    page.choices.money.control.value = True
    page.checks.wait()
    assert not page.make.disabled


def test_films_are_made_and_each_that_is_missing_has_its_cause_and_its_command() -> None:
    hands = Hands(2, fates={"f01": ["never"]})
    page = Page(Asked(kites(), speed=REHEARSAL["speed"], retries=0), crew_at=by(hands))
    page.checks.wait()
    page.make.click()
    wait_for_the_end(page)
    said = html_in(page.fared.box)
    assert "<small>2 of 3 are there</small>" in said
    assert "66.7 % of 3 (95 %: 20.8 to 93.9 %)" in said
    assert "<b>$1.50</b>" in said
    assert "vgkit resume kites-rehearsed.f01" in said
    assert "vgkit batch resume" not in said  # which needs a file
    assert [tile["title"] for tile in page.fared.tiles.tiles] == ["f00", "f02"]
    assert page.make.description.startswith("Go on with 1 film · about $")
    assert page.stop._dom_classes.count("vg-hidden") == 1


def test_stop_begins_no_more_films_and_stop_now_ends_those_under_way() -> None:
    hands = Waiting()
    page = Page(Asked(kites(), speed=REHEARSAL["speed"]), crew_at=by(hands))
    page.checks.wait()
    page.make.click()
    until(lambda: page.live.value.count("data-state='running'") == 2)
    assert (page.make.disabled, page.again.disabled, page.stop.description) == (True, True, "Stop")
    page.stop.click()
    assert page.stop.description == "Stop now"
    assert "the phases at work come to their end" in page.why.value
    until(lambda: hands.stopped == "soon")
    page.stop.click()
    assert page.stop.disabled
    until(lambda: hands.stopped == "now")
    hands.may.set()
    wait_for_the_end(page)
    assert "Stopped. What is finished is kept" in page.fared.told.value
    assert hands.begun == ["f00", "f01"]
    assert not page.make.disabled


def test_a_cell_that_is_run_again_looks_on_at_what_is_in_the_making() -> None:
    hands = Waiting()
    asked = Asked(kites(), speed=REHEARSAL["speed"])
    first = Page(asked, crew_at=by(hands))
    first.checks.wait()
    first.make.click()
    again = opened(kites())
    assert again.make.disabled
    until(lambda: "data-state='running'" in again.live.value)
    again.stop.click()
    hands.may.set()
    wait_for_the_end(again)
    assert "Stopped." in again.fared.told.value
    assert makings.under_way("kites-rehearsed") is None


def test_what_can_not_be_begun_is_told_and_may_be_tried_again() -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise BudgetExceeded("The workers are on strike.")

    page = Page(Asked(kites(), speed=REHEARSAL["speed"]), crew_at=refused)
    page.checks.wait()
    page.make.click()
    wait_for_the_end(page)
    assert "The workers are on strike." in page.why.value
    assert not page.make.disabled


def test_the_address_of_a_clusters_dashboard_stands_above_its_films() -> None:
    hands = Waiting()
    hands.dashboard = "http://127.0.0.1:8787/status"
    page = Page(Asked(kites(), speed=REHEARSAL["speed"], scheduler="tcp://127.0.0.1:8786"), crew_at=by(hands))
    page.checks.wait()
    page.make.click()
    until(lambda: "<a href='http://127.0.0.1:8787/status'" in page.live.value)
    hands.may.set()
    wait_for_the_end(page)


def test_a_batch_that_was_made_before_the_kernel_was_started_is_shown_as_it_fared(tmp_path: Path) -> None:
    films = plan(kites(), rehearsal=REHEARSAL)
    summary = make_batch(films, How(policy=Policy(retries=0)), crew=Hands(2, fates={"f02": ["never"]}))
    page = opened(kites())
    assert "<small>2 of 3 are there</small>" in html_in(page.fared.box)
    assert "<small>To make</small><b>1</b>" in page.verdict.value
    results = runs_dir() / ".batches" / summary.batch / "results.jsonl"
    results.write_text(results.read_text() + "\n")  # another making was killed since
    assert last_summary(summary.batch) is None


def test_the_page_shows_twenty_films_however_many_there_are(runs: Path) -> None:
    tally = Tally(5_000, under_way={f"kites.f{n:04d}": 1 for n in range(400)})
    tally.ended["success"] = 3_000
    for n in range(50):
        tally.latest.append(Ending(f"kites.e{n}", "failed", message=SCRIPT))
    said = Live(cap_usd=Decimal(40), spent_usd=Decimal("1.5")).drawn(tally)
    assert said.count("<li") == 20
    assert "<b>3,000 of 5,000</b>" in said
    assert "<b>1,600</b>" in said
    assert "and 3,380 more" in said
    assert "<b>$1.50 of $40.00</b>" in said
    tally.under_way.clear()
    said = Live(cap_usd=None, spent_usd=Decimal(0)).drawn(tally)
    assert said.index("kites.e49") < said.index("kites.e30")
    assert SCRIPT not in said


def test_a_film_between_two_phases_says_which_it_comes_from(runs: Path) -> None:
    (runs / "kites.f00").mkdir(parents=True)
    events("kites.f00").write("phase_started", phase="chunks")
    tally = Tally(1, under_way={"kites.f00": 2})
    live = Live(cap_usd=None, spent_usd=Decimal(0))
    assert ">chunks, turn 2<" in live.drawn(tally)
    events("kites.f00").write("progress", phase="chunks", done=2, total=8)
    said = live.drawn(tally)
    assert ">chunks 2 of 8, turn 2<" in said
    assert "aria-valuenow='25'" in said
    events("kites.f00").write("phase_finished", phase="chunks", seconds=1.0)
    assert ">after chunks, turn 2<" in live.drawn(tally)


def test_where_nobody_sits_costs_are_told_and_nothing_is_made(runs: Path) -> None:
    said = repr(BatchView("templates/batches/spring.csv").show())
    assert said.startswith("spring-rehearsed: 3 films\n")
    assert said.endswith("Nothing is made where nobody sits at the notebook, unless make = True.")
    assert not runs.exists()


def test_where_nobody_sits_what_is_wrong_is_raised(tmp_path: Path) -> None:
    (tmp_path / "films.csv").write_text("prompt,duration_s\nA kite,61\n")
    with pytest.raises(BatchError, match="line 2, duration_s"):
        BatchView(tmp_path / "films.csv").show()
    with pytest.raises(BudgetExceeded, match="caps.run_usd"):
        BatchView(kites(cap="0.10")).show(make=True)


def test_where_nobody_sits_films_are_made_if_that_was_asked_for_and_kept_where_they_are_there() -> None:
    make_batch(plan(kites(), rehearsal=REHEARSAL), How(), crew=Hands(3))
    said = repr(BatchView(kites(), speed=REHEARSAL["speed"]).show(make=True))
    assert said.startswith("kites-rehearsed: 3 success")


@pytest.mark.slow
def test_papermill_writes_the_costs_into_its_page_and_makes_nothing(tmp_path: Path, runs: Path) -> None:
    (tmp_path / "films.csv").write_text("prompt,duration_s\nA kite,6\nA lamp,6\n")
    with NotebookRunner() as runner:
        out = tmp_path / "out.ipynb"
        runner.run(notebooks_dir() / "batch.ipynb", out, {"file": str(tmp_path / "films.csv")}, cwd=tmp_path)
    shown = [output for cell in json.loads(out.read_text())["cells"] for output in cell.get("outputs", ())]
    said = "".join(shown[-1]["data"]["text/plain"])
    assert said.startswith("films-rehearsed: 2 films\n")
    assert said.endswith("Nothing is made where nobody sits at the notebook, unless make = True.")
    assert list(runs.glob("films*")) == []


def test_a_batchs_file_is_found_from_the_working_folder_before_the_top_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spring = Path("templates/batches/spring.csv")
    assert found(spring).is_absolute()
    (tmp_path / spring).parent.mkdir(parents=True)
    (tmp_path / spring).touch()
    assert found(str(spring)) == spring
