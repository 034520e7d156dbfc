"""The bench of throughput sets sixteen at once against as many one by one, and the pipeline's own seconds apart."""

import pytest

from vgkit.bench.throughput import (
    Drawn,
    Waited,
    drawing_cells_s,
    drawing_table,
    own_table,
    saturates,
    waiting_table,
)


def test_many_one_by_one_are_their_drawn_waits_and_the_own_work_of_those_that_were_measured() -> None:
    alone = Waited(126.0, [60.0, 60.0])
    assert alone.own_s == pytest.approx(3.0)
    rows = {row[0]: row[1:] for row in waiting_table(alone, Waited(140.0, [50.0] * 32)).rows}
    assert rows["32 one by one: drawn waits and own work"][0] == "1696 s"
    assert rows["one by one / at once"] == ("12.1", ">= 12", "yes")
    slower = waiting_table(alone, Waited(142.0, [50.0] * 32))
    assert slower.rows[-1][1:] == ("11.9", ">= 12", "NO")


def test_it_is_said_from_how_many_at_once_on_films_come_no_faster() -> None:
    legs = [Drawn(1, 4, 100.0), Drawn(2, 4, 60.0), Drawn(4, 4, 58.0)]
    assert saturates(legs) == 2
    assert saturates([Drawn(1, 4, 100.0), Drawn(2, 4, 99.0), Drawn(4, 4, 40.0)]) == 1
    assert saturates([Drawn(1, 4, 100.0), Drawn(2, 4, 50.0)]) == 2
    assert drawing_table(legs).rows[1] == ("2", "240", "1.67")


def test_the_pipeline_own_seconds_are_what_phases_and_pictures_leave_over() -> None:
    assert own_table(Drawn(1, 4, 100.0, media_s=88.0)).rows[-1][1:] == ("3.00 s", "<= 3 s", "yes")
    assert own_table(Drawn(1, 4, 100.0, media_s=87.9)).rows[-1][-1] == "NO"


def test_cells_that_draw_for_whoever_looks_count_as_media() -> None:
    def cell(source: str, duration: float | None) -> dict[str, object]:
        return {"source": source, "metadata": {"papermill": {"duration": duration}}}

    cells = [cell("refine_film(run)", 9.0), cell("from x import y\n\nbefore_and_after(run)", 4.0)]
    assert drawing_cells_s({"cells": cells}) == 4.0
    assert drawing_cells_s({"cells": [cell("before_and_after(run)", None)]}) == 0.0
