"""The whole of phase 5's work against the bare encoder, and against the usual way with moviepy.

Twelve clips of 24 frames become 30 s of 1080p30 with look, transitions, captions, logo and music. Each piece runs in a
process of its own, all of them in turn and twice over, so that what else the machine does hits them alike.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from vgkit.bench.post_parts import WINDOW_S, prepare
from vgkit.bench.spent import Spent, spent_apart, typical
from vgkit.bench.verdict import kept
from vgkit.phases.report import Table

FILM_S, LONG_FILM_S = 30, 60
MOST_OF_BARE, LEAST_FASTER, LEAST_CHEAPER, MOST_MB = 1.4, 4.0, 3.0, 900.0
_REPETITIONS = 2
_STAGE, _BARE, _USUAL, _LONG = "whole stage", "bare x264", "moviepy", "whole stage, long"
_PIECES = {
    _STAGE: ("stage", FILM_S),
    _BARE: ("bare", FILM_S),
    _USUAL: ("usual", FILM_S),
    _LONG: ("stage", LONG_FILM_S),
}


def post_tables() -> Iterator[Table]:
    """Measure all pieces and say whether we keep our word."""
    with tempfile.TemporaryDirectory(prefix="vgkit-post-") as name:
        folder = Path(name)
        for film_s in (FILM_S, LONG_FILM_S):
            prepare(folder, film_s)
        _apart(folder, "ready", FILM_S)
        measured: dict[str, list[Spent]] = {piece: [] for piece in _PIECES}
        for _ in range(_REPETITIONS):
            for piece, (part, film_s) in _PIECES.items():
                measured[piece].append(_apart(folder, part, film_s))
    spent = {piece: typical(each) for piece, each in measured.items()}
    spent[_USUAL] = spent[_USUAL].times(FILM_S / WINDOW_S)
    yield seconds_table(spent)
    yield verdicts_table(spent)


def _apart(folder: Path, part: str, film_s: int) -> Spent:
    return spent_apart("vgkit.bench.post_parts", part, folder, film_s, result=folder / "spent.json")


def seconds_table(spent: Mapping[str, Spent]) -> Table:
    """Lay out what each piece took."""
    names = {
        _STAGE: f"whole stage, {FILM_S} s of film",
        _BARE: f"bare x264 on the same frames, {FILM_S} s",
        _USUAL: f"moviepy, a window of {WINDOW_S} s times {FILM_S // WINDOW_S}",
        _LONG: f"whole stage, {LONG_FILM_S} s of film",
    }
    # The bare encoder holds its ready frames in memory on purpose, so how much that is says nothing.
    rows = tuple(
        (names[piece], f"{each.wall_s:.1f}", f"{each.cpu_s:.1f}", "" if piece == _BARE else f"{each.peak_mb:.0f}")
        for piece, each in spent.items()
    )
    return Table(f"Post-production, medians of {_REPETITIONS}", ("piece", "wall s", "CPU s", "peak MB"), rows)


def verdicts_table(spent: Mapping[str, Spent]) -> Table:
    """Lay out the ratios and what is asked for."""
    ours, least, usual, long = (spent[piece] for piece in (_STAGE, _BARE, _USUAL, _LONG))
    of_bare, faster, cheaper = ours.wall_s / least.wall_s, usual.wall_s / ours.wall_s, usual.cpu_s / ours.cpu_s
    rows = (
        _row("wall: stage / bare", f"{of_bare:.2f}", f"<= {MOST_OF_BARE:g}", of_bare <= MOST_OF_BARE),
        _row("CPU: stage / bare", f"{ours.cpu_s / least.cpu_s:.2f}", "", None),
        _row("wall: moviepy / stage", f"{faster:.1f}", f">= {LEAST_FASTER:g}", faster >= LEAST_FASTER),
        _row("CPU: moviepy / stage", f"{cheaper:.1f}", f">= {LEAST_CHEAPER:g}", cheaper >= LEAST_CHEAPER),
        *(
            _row(f"peak MB, {film_s} s", f"{each.peak_mb:.0f}", f"<= {MOST_MB:g}", each.peak_mb <= MOST_MB)
            for film_s, each in ((FILM_S, ours), (LONG_FILM_S, long))
        ),
    )
    return Table("Post-production against what is asked", ("measure", "found", "asked for", "kept"), rows)


def _row(measure: str, found: str, asked: str, keeps: bool | None) -> tuple[str, ...]:
    return measure, found, asked, "" if keeps is None else kept(keeps)
