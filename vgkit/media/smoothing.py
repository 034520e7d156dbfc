"""Average a clip along its motion, so that grain and boiling calm down and edges stay as sharp as they were.

Each picture is met by its two neighbours, fetched along the flow. Where pixels don't come home, where what was fetched
looks different, and across a cut, nothing is averaged: there the picture stays as it is.
"""

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np

from vgkit.media.flow import Field, Motion, fetched, grown
from vgkit.media.picture import Picture, Plane

_LEVELS = 5.0  # a neighbour that differs by this much, seen through a small blur, counts for a third
_SEEN_PX = 1.2


def smoothed(pictures: Sequence[Picture], motions: Sequence[Motion], *, strength: float = 1.0) -> list[Picture]:
    """Return the clip averaged over three pictures along its motion; ``strength`` 0 leaves it, 1 averages evenly."""
    return [_averaged(number, pictures, motions, strength) for number in range(len(pictures))]


def _averaged(number: int, pictures: Sequence[Picture], motions: Sequence[Motion], strength: float) -> Picture:
    here = pictures[number]
    luma, chroma = here.luma.copy(), here.chroma.copy()
    weights, thin = np.ones_like(luma), np.ones(chroma.shape[:2], np.float32)
    for neighbour, flow, trust in neighbours(number, motions):
        met = _fetched(pictures[neighbour], flow)
        halves = np.float32(strength) * _likeness(here.luma, met.luma, trust)
        weight = grown(halves, here.size)
        cv2.accumulateProduct(met.luma, weight, luma)
        cv2.accumulateProduct(met.chroma, cv2.merge([halves, halves]), chroma)
        weights += weight
        thin += halves
    return Picture(luma / weights, chroma / thin[..., None])


def neighbours(number: int, motions: Sequence[Motion]) -> list[tuple[int, Field, Plane]]:
    """List the pictures before and after one, with the flow that leads to each and where it can be trusted."""
    found = []
    if number < len(motions) and motions[number].traceable:
        found.append((number + 1, motions[number].there, motions[number].trust))
    if number and motions[number - 1].traceable:
        found.append((number - 1, motions[number - 1].back, motions[number - 1].trust_back))
    return found


def _fetched(picture: Picture, flow: Field) -> Picture:
    """Fetch a picture along a coarse flow in its pixels; its colour, which holds no fine detail, linearly."""
    luma = fetched(picture.luma, flow, kernel=cv2.INTER_CUBIC)
    return Picture(luma, fetched(picture.chroma, flow * np.float32(0.5)))


def _likeness(here: Plane, met: Plane, trust: Plane) -> Plane:
    """Return, at half the size, 1 where two planes look the same and are trusted, less where not, grain apart."""
    size = (here.shape[1] // 2, here.shape[0] // 2)
    small = cv2.resize(cv2.subtract(here, met), size, interpolation=cv2.INTER_AREA)
    apart = cv2.GaussianBlur(small, (0, 0), _SEEN_PX / 2)
    return cast(Plane, np.exp(-((apart / np.float32(_LEVELS)) ** 2)) * grown(trust, size))
