"""Read our own clips and cuts as pictures to work on.

What they mostly hold, BT.709 in 4:2:0 and square pixels, is what a picture is: it is taken as it is, which neither
shifts nor rounds its colours and costs a tenth of the way through RGB. Everything else takes that way.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vgkit.media.decoding import raw_frames
from vgkit.media.frames import planes, read_frames
from vgkit.media.picture import Picture, from_rgb

_BT709, _LIMITED = 1, 1  # ISO/IEC 23091-2, and FFmpeg's number for "tv"


def read_pictures(path: Path) -> Iterator[Picture]:
    """Yield the pictures of a clip that we wrote; raises NotAClip as ``read_frames`` does."""
    if _is_plain(next(raw_frames(path))):
        return map(_taken, raw_frames(path))
    return map(from_rgb, read_frames(path))


def _is_plain(frame: Any) -> bool:
    means = (frame.format.name, int(frame.colorspace), int(frame.color_range))
    return means == ("yuv420p", _BT709, _LIMITED) and not (frame.rotation or frame.width % 2 or frame.height % 2)


def _taken(frame: Any) -> Picture:
    luma, blue, red = planes(frame)
    return Picture(luma.astype(np.float32), np.dstack([blue, red]).astype(np.float32))
