"""The sketch engine's clips: one shot seen through its camera, handed over as a hosted model would: a small MP4."""

from collections.abc import Iterator
from pathlib import Path

from vgkit.engines.base import ClipRequest, Made
from vgkit.engines.sketch import compose
from vgkit.media.frames import Frame, write_clip


def animate(request: ClipRequest, out: Path) -> Made:
    """Animate the shot into ``out`` (MP4). Raises AssetError for a product's picture that can't be used."""
    shot = compose.set_up(
        request.staging,
        product_path=request.product,
        seed=request.seed,
        width_px=request.shape.width_px,
        height_px=request.shape.height_px,
    )
    # Half the work of the usual preset; the file is larger, but only the cut ever reads it.
    write_clip(_frames(shot, count=request.shape.frames), out, fps=request.shape.fps, crf=14, preset="ultrafast")
    return Made(out, facts=compose.facts(shot))


def _frames(shot: compose.Shot, *, count: int) -> Iterator[Frame]:
    for number in range(count):
        yield compose.frame(shot, number / (count - 1))
