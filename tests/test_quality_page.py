"""What the page says of each measure is what the measure says of itself."""

import math
import re
from pathlib import Path

from vgkit.quality.registry import clip_measures

PAGE = Path(__file__).resolve().parent.parent / "docs" / "quality.md"


def end(value: float) -> str:
    return f"{value:g}" if math.isfinite(value) else ""


def test_each_measure_stands_in_the_page_with_its_unit_direction_and_span() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in re.findall(r"^\| `.*", PAGE.read_text(), re.M)
    ]
    said = {row[0].strip("`"): row[1:5] for row in rows}
    assert said == {m.name: [m.unit, m.direction, *map(end, m.span)] for m in clip_measures()}
    assert all(all(row[5:7]) for row in rows)
