"""The shift, growth and turn that carries most of a picture from one frame to the next, whatever passes before it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.media.flow import Motion
from vgkit.media.picture import Plane

_Values = NDArray[np.float64]
_Fit = tuple[float, float, float, float]  # right, down, along, across, as in _off

_EVERY = 2  # of the flow's own samples, each way; four times as many move nothing
_ROUNDS = 5
# Flow is followed by structure: where luma changes by less than 1 step a sample it is a guess, from 4 on it is sure.
_PLAIN, _STRUCTURED = 1.0, 4.0
_LEAST_WEIGHT, _LEAST_SPREAD = 0.01, 0.1
_NEAR = 1 / 600  # of the diagonal: errors of good flow are about 1 px at 576x320
# On 31 clips of Zeroscope and AnimateDiff 0.62 or more of the weight goes with the fit, on two that boil 0.34.
_LEAST_TOGETHER = 0.5


@dataclass(frozen=True)
class Similarity:
    """How a picture moves about its middle: right and down in pixels, growth as a logarithm, clockwise in radians."""

    right_px: float
    down_px: float
    growth: float
    clockwise: float


@dataclass(frozen=True)
class _Vectors:
    """Flow vectors (u, v) at places (x, y) from the middle, in pixels, each with its weight; all (n,)."""

    x: _Values
    y: _Values
    u: _Values
    v: _Values
    weight: _Values

    @property
    def spread(self) -> float:
        """The RMS distance of what has weight from its own centre."""
        x, y = (np.average(each, weights=self.weight) for each in (self.x, self.y))
        return float(np.sqrt(np.average((self.x - x) ** 2 + (self.y - y) ** 2, weights=self.weight)))


def similarity(motion: Motion, first: Plane) -> Similarity | None:
    """Fit a similarity to the flow from ``first`` (h, w), the luma of its first picture.

    RANSAC finds what most vectors that come home agree on, then least squares reweighted after Geman and McClure (1987)
    make it exact, in which each vector counts by the structure under it (the root of the structure tensor's smaller
    eigenvalue; Shi, Tomasi 1994). So plain areas and things that go their own way hardly matter. None where there is
    too little structure, or all in one place, or less than half of it goes with the fit to 1/200 of the diagonal.
    """
    vectors, diagonal = _vectors(motion, first), float(np.hypot(*motion.size))
    if vectors.weight.mean() < _LEAST_WEIGHT or vectors.spread < _LEAST_SPREAD * diagonal:
        return None
    near, within_px = _NEAR * diagonal, 3 * _NEAR * diagonal
    fit = _consensus(vectors, within_px)
    if fit is None:
        return None
    for _ in range(_ROUNDS):
        off = _off(vectors, fit)
        scale = max(1.4826 * float(np.median(off[vectors.weight > 0])), near)
        fit = _least_squares(vectors, vectors.weight / (1 + (off / scale) ** 2) ** 2)
    if np.average(_off(vectors, fit) < within_px, weights=vectors.weight) < _LEAST_TOGETHER:
        return None
    right, down, along, across = fit
    return Similarity(right, down, float(np.log(np.hypot(1 + along, across))), float(np.arctan2(across, 1 + along)))


def _vectors(motion: Motion, first: Plane) -> _Vectors:
    height, width = motion.there.shape[:2]
    every = (slice(None, None, _EVERY), slice(None, None, _EVERY))
    x, y = np.meshgrid(_middles(width) * motion.size[0], _middles(height) * motion.size[1])
    seen = cv2.resize(first, (width, height), interpolation=cv2.INTER_AREA)
    structure = np.sqrt(np.maximum(cv2.cornerMinEigenVal(seen, 5), 0))
    weight = motion.trust * np.where(structure < _PLAIN, 0, np.minimum(structure / _STRUCTURED, 1))
    parts = (x, y, motion.there[..., 0], motion.there[..., 1], weight)
    return _Vectors(*(part[every].ravel().astype(np.float64) for part in parts))


def _middles(count: int) -> _Values:
    """Return where the middles of ``count`` samples lie, as shares of their row from its own middle."""
    return (np.arange(count) + 0.5) / count - 0.5


def _consensus(vectors: _Vectors, within_px: float) -> _Fit | None:
    sure = vectors.weight > 0
    places = np.stack([vectors.x, vectors.y], axis=1)[sure]
    found, _ = cv2.estimateAffinePartial2D(
        places, places + np.stack([vectors.u, vectors.v], axis=1)[sure], ransacReprojThreshold=within_px
    )
    return None if found is None else (found[0, 2], found[1, 2], found[0, 0] - 1, found[1, 0])


def _off(vectors: _Vectors, fit: _Fit) -> _Values:
    """Return by how many pixels each vector is off: u = right + along x - across y, v = down + across x + along y."""
    right, down, along, across = fit
    return np.hypot(
        vectors.u - right - along * vectors.x + across * vectors.y,
        vectors.v - down - across * vectors.x - along * vectors.y,
    )


def _least_squares(vectors: _Vectors, weight: _Values) -> _Fit:
    """Solve the same two for all vectors at once, in closed form about the weighted centre."""
    x0, y0, u0, v0 = (float(np.average(each, weights=weight)) for each in (vectors.x, vectors.y, vectors.u, vectors.v))
    x, y, u, v = vectors.x - x0, vectors.y - y0, vectors.u - u0, vectors.v - v0
    extent = weight @ (x * x + y * y)
    along, across = float(weight @ (x * u + y * v) / extent), float(weight @ (x * v - y * u) / extent)
    return u0 - along * x0 + across * y0, v0 - across * x0 - along * y0, along, across
