"""Clips whose every moment is known: textures under an exact camera, with sprites that pass before them.

What lies between two frames of a real clip nobody knows; here it can be drawn. Each moment is drawn at twice the size
from textures that are never made smaller than they are, then averaged down, so nothing in it aliases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.bench.textures import textures
from vgkit.media.frames import Frame

Camera = Literal["pan", "zoom", "turn", "handheld"]

CAMERAS: tuple[Camera, ...] = ("pan", "zoom", "turn", "handheld")
SIZE = (576, 320)
SPEEDS_PX = {"slow": 3.0, "medium": 10.0, "fast": 20.0}  # at that size; smaller pictures move in proportion
SOURCE_FRAMES = 24
STEP = Fraction(8, 30)  # source frames from one frame at 30 fps to the next
TRUE_FRAMES = int((SOURCE_FRAMES - 1) / STEP) + 1

_OVER = 2
_RADIUS = 0.52  # of the width: about where the fastest twentieth of a turning or growing picture lies
_ZOOM_PERIOD = 32.0
_SPRITE_SPEED = 0.6
_BACKGROUND: Any = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP


@dataclass(frozen=True, eq=False)
class Sprite:
    """Something that passes before the camera: ``ink`` is RGBA (h, w, 4), its colour already weighted by its alpha.

    ``middle`` is where it is halfway through, as shares of the picture; ``heading`` in radians is where it goes.
    """

    ink: Frame
    middle: tuple[float, float]
    heading: float


@dataclass(frozen=True, eq=False)
class KnownClip:
    """A clip that can be drawn at any moment; ``speed_px`` is how far its fastest parts go from one source frame on."""

    name: str
    ground: Frame
    sprites: tuple[Sprite, ...]
    camera: Camera
    speed_px: float
    heading: float
    size: tuple[int, int] = SIZE

    @cached_property
    def source(self) -> list[Frame]:
        """The frames at 8 a second."""
        return [self.at(float(number)) for number in range(SOURCE_FRAMES)]

    @cached_property
    def truth(self) -> list[Frame]:
        """The same time at 30 frames a second."""
        return [self.at(float(number * STEP)) for number in range(TRUE_FRAMES)]

    def at(self, moment: float) -> Frame:
        """Draw the picture at a moment, in source frames from the first; RGB uint8."""
        width, height = (side * _OVER for side in self.size)
        view = self._view(moment) @ _FROM_OVER
        large = cv2.warpAffine(
            self.ground, view[:2], (width, height), flags=_BACKGROUND, borderMode=cv2.BORDER_REFLECT_101
        )
        for sprite in self.sprites:
            _lay(large, sprite.ink, self._place(sprite, moment))
        return cast(Frame, cv2.resize(large, self.size, interpolation=cv2.INTER_AREA))

    @property
    def _radius_px(self) -> float:
        return _RADIUS * self.size[0]

    def _view(self, moment: float) -> NDArray[np.float64]:
        """Return the 3x3 matrix from the picture's pixels to the texture's."""
        gone, angle, growth = self.speed_px * (moment - (SOURCE_FRAMES - 1) / 2), 0.0, 0.0
        if self.camera == "zoom":
            gone, growth = 0.0, self._swing(moment)
        elif self.camera == "turn":
            gone, angle = 0.0, gone / self._radius_px
        elif self.camera == "handheld":
            gone, angle, growth = 0.6 * gone, 0.3 * gone / self._radius_px, 0.3 * self._swing(moment)
        height, width = self.ground.shape[:2]
        x, y = width / 2 + gone * np.cos(self.heading), height / 2 + gone * np.sin(self.heading)
        middle = _moved(-(self.size[0] - 1) / 2, -(self.size[1] - 1) / 2)
        return _moved(x, y) @ _turned(angle, np.exp(-growth)) @ middle

    def _swing(self, moment: float) -> float:
        """Return the logarithm of the zoom: in and out again, as fast as asked where it is fastest."""
        rate = 2 * np.pi / _ZOOM_PERIOD
        return float(self.speed_px / (self._radius_px * rate) * np.sin(rate * moment + self.heading))

    def _place(self, sprite: Sprite, moment: float) -> NDArray[np.float64]:
        """Return the 3x3 matrix from the sprite's pixels to the enlarged picture's."""
        since = moment - (SOURCE_FRAMES - 1) / 2
        along, across = _SPRITE_SPEED * self.speed_px * since, self.speed_px * np.sin(since / 4)
        ahead, aside = np.cos(sprite.heading), np.sin(sprite.heading)
        x = sprite.middle[0] * self.size[0] + along * ahead - across * aside
        y = sprite.middle[1] * self.size[1] + along * aside + across * ahead
        height, width = sprite.ink.shape[:2]
        turned = _turned(0.6 * self.speed_px * since / self._radius_px, 1.0) @ _moved(
            -(width - 1) / 2, -(height - 1) / 2
        )
        return np.linalg.inv(_FROM_OVER) @ _moved(x, y) @ turned


def known_clips(count: int = 12, *, size: tuple[int, int] = SIZE, drawn_only: bool = False) -> list[KnownClip]:
    """Describe clips: pan, zoom, turn and handheld, each slow, medium and fast; drawn when their frames are asked for.

    ``drawn_only`` leaves photographs out, so that they are the same on every machine.
    """
    found = textures(drawn_only=drawn_only)
    names = [(speed, camera) for camera in CAMERAS for speed in SPEEDS_PX]
    return [_clip(number, *names[number % len(names)], found, size) for number in range(count)]


def _clip(number: int, speed: str, camera: Camera, found: Sequence[Frame], size: tuple[int, int]) -> KnownClip:
    dice = np.random.default_rng(number)
    sprites = tuple(
        Sprite(
            ink=_cut_out(found[(number + 1 + each) % len(found)], dice, size[1]),
            middle=(float(dice.uniform(0.2, 0.8)), float(dice.uniform(0.25, 0.75))),
            heading=float(dice.uniform(0, 2 * np.pi)),
        )
        for each in range(2 + number % 2)
    )
    heading = float(dice.uniform(0, 2 * np.pi))
    ground = found[number % len(found)]
    speed_px = SPEEDS_PX[speed] * size[0] / SIZE[0]
    return KnownClip(f"{speed} {camera}", ground, sprites, camera, speed_px, heading, size)


def _cut_out(texture: Frame, dice: np.random.Generator, unit: int) -> Frame:
    """Cut an ellipse of a fifth to a third of the picture's height out of a texture, with a smooth edge."""
    width, height = (int(unit * dice.uniform(0.2, 0.34)) for _ in range(2))
    left = int(dice.integers(0, texture.shape[1] - width))
    top = int(dice.integers(0, texture.shape[0] - height))
    mask = np.zeros((4 * height, 4 * width), np.uint8)
    cv2.ellipse(mask, (2 * width, 2 * height), (2 * width - 12, 2 * height - 12), 0, 0, 360, 255, -1)
    alpha = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    piece = texture[top : top + height, left : left + width]
    colour = cv2.multiply(piece, cv2.merge([alpha] * 3), scale=1 / 255)
    return cast(Frame, np.dstack([colour, alpha]))


def _lay(large: Any, ink: Frame, place: NDArray[np.float64]) -> None:
    """Lay a sprite over the enlarged picture, touching only where it is."""
    height, width = ink.shape[:2]
    corners = place[:2] @ np.array([[0, width, width, 0], [0, 0, height, height], [1, 1, 1, 1]], np.float64)
    left, top = (max(int(side), 0) for side in np.floor(corners.min(axis=1)) - 2)
    right, bottom = (int(side) for side in np.ceil(corners.max(axis=1)) + 2)
    there = large[top : max(bottom, 0), left : max(right, 0)]
    if not there.size:
        return
    shifted = _moved(-left, -top) @ place
    drawn = cv2.warpAffine(ink, shifted[:2], (there.shape[1], there.shape[0]), flags=cv2.INTER_CUBIC)
    *colours, alpha = cv2.split(drawn)
    kept = cv2.multiply(there, cv2.merge([cv2.bitwise_not(alpha)] * 3), scale=1 / 255)
    there[:] = cv2.add(kept, cv2.merge(colours))


def _moved(x: float, y: float) -> NDArray[np.float64]:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def _turned(angle: float, scale: float) -> NDArray[np.float64]:
    along, across = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[along, -across, 0], [across, along, 0], [0, 0, 1]], np.float64)


# Pixels of the enlarged picture to the picture's own, from centre to centre.
_FROM_OVER = _moved(-0.5, -0.5) @ _turned(0, 1 / _OVER) @ _moved(0.5, 0.5)
