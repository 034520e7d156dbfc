"""Where in the film one shot gives way to the next: on the beat where the shots' slack allows, at their likest moment.

Arithmetic on frames only, so that the film's length is what it was whatever the music does, and the same music moves
the same borders.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Costs = NDArray[np.int64]
Measures = NDArray[np.float64]

MOST_SHIFT_FRAMES = 6  # a fifth of a second: captions keep to their pictures
RETIMING = 0.08  # nobody sees a shot that is slowed by this
# What a border costs: off the beat, a frame beside it, on one that is not strong, and for each frame it was moved.
_OFF, _BESIDE, _WEAK, _MOVED = 100, 70, 20, 2
_NEVER = 1 << 40
_WASTE = 0.1  # how much unlikeness it is worth to leave out no picture instead of all


def slack(
    *, clip_frames: int, native_fps: Fraction, fps: Fraction, owned: int, shared: int = 0, least_frames: int = 1
) -> tuple[int, int]:
    """Return the fewest and most film frames a shot may own.

    It owns ``owned`` of them now and shows ``shared`` more in its transitions. It may grow by the frames its clip has
    beyond that at normal speed, and be slowed by 8 %; shortened, it shows the middle of its clip.
    """
    shown = owned + shared
    there = int((clip_frames - 1) * fps / native_fps) + 1
    longest = int(max(there, shown) * (1 + RETIMING)) - shared
    return min(owned, least_frames), longest


def on_the_beat(
    borders: Sequence[int],
    lengths: Sequence[tuple[int, int]],
    beats_s: Sequence[float],
    *,
    strong_s: Sequence[float] = (),
    fps: Fraction = Fraction(30),
    most_shift: int = MOST_SHIFT_FRAMES,
) -> list[int]:
    """Move the borders between shots to beats, as many and as near as their slack allows.

    ``borders`` are film frames from the first to the end of the last shot, which both stay; ``lengths`` are each
    shot's fewest and most frames, between which it stays, or no further outside than it was. ``strong_s``, the bars'
    first beats, win where both are near. The choice is the best of all there are, by dynamic programming; as all
    borders may stay, there is one. Raises ValueError for borders that do not rise, or lengths that are not one a shot.
    """
    if len(lengths) != len(borders) - 1 or any(later <= earlier for earlier, later in pairwise(borders)):
        raise ValueError(f"{len(borders)} borders, which must rise, have a shot between each two; lengths: {lengths}")
    shifts = np.array(sorted(range(-most_shift, most_shift + 1), key=abs), np.int64)
    inner = [border + shifts for border in borders[1:-1]]
    places = [np.array(borders[:1]), *inner, np.array(borders[-1:])]
    costs = [_MOVED * np.abs(shifts) + _missed(each, beats_s, strong_s, fps) for each in inner]
    least, came = np.zeros(1, np.int64), []
    for shot, (start, end) in enumerate(pairwise(places)):
        frames = borders[shot + 1] - borders[shot]
        fewest, most = max(1, min(frames, lengths[shot][0])), max(frames, lengths[shot][1])
        spans = end[np.newaxis] - start[:, np.newaxis]
        sums = np.where((spans >= fewest) & (spans <= most), least[:, np.newaxis], _NEVER)
        came.append(sums.argmin(axis=0))
        least = sums.min(axis=0) + (costs[shot] if shot < len(costs) else 0)
    return _traced(places, came)


def _missed(places: Places, beats_s: Sequence[float], strong_s: Sequence[float], fps: Fraction) -> Costs:
    """Return what each place costs for the beat it is nearest to, with regard to how strong that is."""
    found = np.full(len(places), _OFF, np.int64)
    for times_s, extra in ((beats_s, _WEAK), (strong_s, 0)):
        for beat in np.rint(np.asarray(times_s, np.float64) * float(fps)).astype(np.int64):
            found = np.minimum(found, extra + _BESIDE * np.abs(places - beat))
    return found


def _traced(places: Sequence[Places], came: Sequence[Places]) -> list[int]:
    """Follow the cheapest way back from the film's end."""
    index, found = 0, [int(places[-1][0])]
    for each, from_where in zip(reversed(places[:-1]), reversed(came), strict=True):
        index = int(from_where[index])
        found.append(int(each[index]))
    return found[::-1]


def best_match(tail: Sequence[NDArray[np.float32]], head: Sequence[NDArray[np.float32]]) -> tuple[int, int]:
    """Return which pictures of a shot's ``tail`` and the next one's ``head`` look most alike, as indices into both.

    Pictures are thumbnails (h, w, 3) with luma first. Colours and edges count alike, the middle of the picture more
    than its rim; of pairs that are equally alike, the one that leaves out least of both shots is taken.
    """
    if not tail or not head:
        raise ValueError(f"a match needs pictures of both shots; there are {len(tail)} and {len(head)}")
    last, first = (np.stack(pictures).astype(np.float64) for pictures in (tail, head))
    unlike = _apart(last, first) + _apart(_edges(last), _edges(first))
    left_out = (np.arange(len(tail))[::-1, np.newaxis] + np.arange(len(head))) / (len(tail) + len(head))
    i, j = np.unravel_index(int((unlike + _WASTE * left_out).argmin()), unlike.shape)
    return int(i), int(j)


def _edges(pictures: Measures) -> Measures:
    """How luma changes downwards and to the right, (n, h, w, 2), without regard to how bright the whole is."""
    down, right = np.gradient(pictures[..., 0], axis=(1, 2))
    return np.stack([down, right], axis=-1)


def _apart(last: Measures, first: Measures) -> Measures:
    """Return how far every picture is from every other, (n, m), 1 at the mean of all pairs."""
    weights = _centred(last.shape[1], last.shape[2])[..., np.newaxis]
    found = np.stack([(np.abs(first - picture) * weights).mean(axis=(1, 2, 3)) for picture in last])
    return found / max(float(found.mean()), 1e-9)


def _centred(height: int, width: int) -> Measures:
    """Weights (h, w) from 1 in the middle to a quarter at the corners."""
    y, x = (np.linspace(-1, 1, count) ** 2 for count in (height, width))
    return 1 - 0.375 * (y[:, np.newaxis] + x)
