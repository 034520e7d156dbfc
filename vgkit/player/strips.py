"""What a clip's measures are frame by frame, taken once and kept beside the clip.

A mean tells that a clip flickers; where it does is seen only over time. Every clip is seen at the same size, so that
two of different sizes can stand on one scale."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vgkit.errors import StoreError
from vgkit.files import sha256_of, whole

if TYPE_CHECKING:
    from vgkit.media.frames import Frame
    from vgkit.quality.measure import Measure
    from vgkit.quality.view import View

log = logging.getLogger(__name__)

FOLDER = "strips"
SIDE_PX = 256  # the shorter side; a frame of 1080p takes 34 ms of a core so, decoding included
_BETTER = {"higher": "more is better", "lower": "less is better"}
_REACH = 2  # steps after a cut at which a second difference sees the cut and nothing else

Values = tuple[float | None, ...]


@dataclass(frozen=True)
class Strip:
    """One measure of each frame; None where a frame has no number, as the first has no step that leads to it.

    ``better`` says in words which way is, and is empty where neither is.
    """

    name: str
    unit: str
    better: str
    values: Values


@dataclass(frozen=True)
class Reading:
    """All strips of a clip, and the frames with which it seems to cut to another view."""

    strips: tuple[Strip, ...]
    cuts: tuple[int, ...]


def reading_path(clip: Path) -> Path:
    """Where the reading of a clip is kept: in ``strips`` beside it."""
    return clip.parent / FOLDER / f"{clip.name}.json"


def kept_reading(clip: Path) -> Reading | None:
    """Read what was measured of a clip before; None where nothing was, of these bytes and by these measures."""
    try:
        kept = json.loads(reading_path(clip).read_text("utf-8"))
        if kept["of"] != _identity(clip):
            return None
        strips = tuple(Strip(**strip | {"values": tuple(strip["values"])}) for strip in kept["strips"])
        return Reading(strips, tuple(kept["cuts"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def reading_of(clip: Path) -> Reading:
    """Take the reading that is kept, else measure the clip and keep that. Raises NotAClip.

    Where the disk refuses, the reading is good all the same, and is taken anew next time.
    """
    if (kept := kept_reading(clip)) is not None:
        return kept
    identity, found = _identity(clip), _measured(clip)
    try:
        with whole(reading_path(clip), shared=True) as draft:
            draft.write_text(json.dumps({"of": identity, **asdict(found)}), "utf-8")
    except StoreError as refusal:
        log.warning("What was measured of %s is not kept: %s", clip.name, refusal)
    return found


def _identity(clip: Path) -> dict[str, Any]:
    makers = {measure.name: f"{measure.implementation} {measure.version}" for measure, _ in _series()}
    return {"sha256": sha256_of(clip), "side_px": SIDE_PX, "measures": makers}


def _series() -> "tuple[tuple[Measure, Callable[[View], float | None]], ...]":
    """The measures that say something of a single frame, each with what it is there."""
    from vgkit.quality import flicker, sharpness, warp_error

    def trembles(view: "View") -> float | None:
        step = flicker.tremble(view)
        return None if step is None else abs(step)

    return (
        (sharpness.MEASURE, sharpness.sharpness),
        (flicker.MEASURE, trembles),
        (warp_error.MEASURE, warp_error.warp_error),
    )


def _measured(clip: Path) -> Reading:
    from vgkit.media.frames import read_frames
    from vgkit.quality import flicker
    from vgkit.quality.cuts import Cuts
    from vgkit.quality.view import views

    series, cuts = _series(), Cuts()
    found: Mapping[str, list[float | None]] = {measure.name: [] for measure, _ in series}
    for view in views(_small(read_frames(clip))):
        cuts.see(view)
        for measure, work in series:
            found[measure.name].append(_rounded(work(view)))
    starts = sorted(cuts.starts())
    for at in (start + later for start in starts for later in range(_REACH)):
        if at < len(found[flicker.MEASURE.name]):
            found[flicker.MEASURE.name][at] = None
    strips = (
        Strip(measure.name, measure.unit, _BETTER.get(measure.direction, ""), tuple(found[measure.name]))
        for measure, _ in series
    )
    return Reading(tuple(strips), tuple(starts))


def _small(frames: "Iterable[Frame]") -> "Iterator[Frame]":
    """Bring frames to a shorter side of ``SIDE_PX``, with even sides."""
    import cv2

    for frame in frames:
        height, width = frame.shape[:2]
        scale = SIDE_PX / min(height, width)
        size = (2 * round(width * scale / 2), 2 * round(height * scale / 2))
        yield cv2.resize(frame, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)  # type: ignore[misc]


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
