"""A stage made ready for the camera: in focus for a shot size, cut to what is seen of each layer, and facing so that
the product has the right half. It is kept, because the shots of a film share a few places and painting costs most."""

from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.engines.base import Staging
from vgkit.engines.sketch.scene_files import LightFrom, TextSide
from vgkit.engines.sketch.scenes import Layer, Stage, stage
from vgkit.storyboard import Light, Palette
from vgkit.template import ShotSize

Frame = NDArray[np.uint8]

# Blur as a share of the frame's height for a layer one depth away from the product: a nearer camera has less in focus.
_FOCUS_LOSS: dict[ShotSize, float] = {"wide": 0.0, "medium": 0.0025, "close": 0.009, "detail": 0.014}
_LEFTMOST = 0.48
_SIDE: dict[LightFrom, LightFrom] = {"left": "right", "right": "left"}
_WORDS_SIDE: dict[TextSide, TextSide] = {"left": "right", "right": "left"}
_painting = Lock()


@dataclass(frozen=True, eq=False)
class Sheet:
    """Part of a layer that holds anything: premultiplied (h, w, 4) uint8, and where its corner is on the stage."""

    pixels: Frame
    corner: tuple[float, float]
    depth: float
    opaque: bool


@dataclass(frozen=True, eq=False)
class Setting:
    """A stage in focus. ``keep`` and ``lift``, both (h, w, 3), are the air before the lens: a frame is multiplied by
    one, as shares of 255, and gains the other."""

    place: Stage
    sheets: tuple[Sheet, ...]
    keep: Frame
    lift: Frame


def setting(staging: Staging, *, width_px: int, height_px: int) -> Setting:
    """Paint and focus the stage of a shot, or find it again. Raises TemplateError for an unknown scene."""
    # One at a time: two clips made side by side often want the same place.
    with _painting:
        return _setting(staging.scene, staging.palette, staging.light, staging.size, width_px, height_px)


@lru_cache(maxsize=4)
def _setting(scene: str, palette: Palette, light: Light, size: ShotSize, width_px: int, height_px: int) -> Setting:
    # A place keeps its props throughout a film; another film, with colours of its own, finds others.
    seed = crc32(palette.model_dump_json().encode()) % 97
    place = stage(scene, palette=palette, light=light, width_px=width_px, height_px=height_px, seed=seed)
    if place.product_x < _LEFTMOST:
        place = mirrored(place)
    glow = next((layer for layer in place.layers if layer.name == "glow"), None)
    veil = next((layer for layer in place.layers if layer.name == "veil"), None)
    solid = [layer for layer in place.layers if layer is not veil and layer is not glow]
    loss_px = _FOCUS_LOSS[size] * height_px
    sheets = (_sheet(layer, place, loss_px, (width_px, height_px), glow) for layer in solid)
    keep, lift = _lens(veil, width_px, height_px)
    return Setting(place, tuple(sheet for sheet in sheets if sheet is not None), keep, lift)


def mirrored(place: Stage) -> Stage:
    """Turn a stage round, left for right."""
    return replace(
        place,
        layers=tuple(Layer(each.name, np.ascontiguousarray(each.rgba[:, ::-1]), each.depth) for each in place.layers),
        product_x=1 - place.product_x,
        light_from=_SIDE.get(place.light_from, place.light_from),
        text_side=_WORDS_SIDE.get(place.text_side, place.text_side),
    )


def _sheet(layer: Layer, place: Stage, loss_px: float, size_px: tuple[int, int], glow: Layer | None) -> Sheet | None:
    width, height = size_px
    pixels = _premultiplied(layer.rgba)
    margin = ((pixels.shape[1] - width) / 2, (pixels.shape[0] - height) / 2)
    away = abs(layer.depth - 1)
    if loss_px * away > 0.4:
        pixels = _soft(pixels, loss_px * away)
    elif away < 0.01 and loss_px > 2:
        pixels = _in_focus_at(pixels, row=margin[1] + place.ground_y * height, loss_px=loss_px, height=height)
    rows, columns = np.nonzero(pixels[..., 3].max(axis=1))[0], np.nonzero(pixels[..., 3].max(axis=0))[0]
    if len(rows) == 0:
        return None
    top, left = max(0, rows[0] - 1), max(0, columns[0] - 1)
    seen = (slice(top, rows[-1] + 2), slice(left, columns[-1] + 2))
    part = np.ascontiguousarray(pixels[seen])
    if glow is not None and layer.depth < glow.depth:
        part = _glowing(part, _premultiplied(np.ascontiguousarray(glow.rgba[seen])))
    return Sheet(part, (left - margin[0], top - margin[1]), layer.depth, bool(part[..., 3].min() == 255))


def _glowing(pixels: Frame, glow: Frame) -> Frame:
    """Lay the glow on what it covers. So smooth a light may move with each layer, which spares it its own."""
    clear = cv2.bitwise_not(_cover(glow))
    return np.asarray(
        cv2.add(cv2.multiply(pixels, clear, scale=1 / 255), cv2.multiply(glow, _cover(pixels), scale=1 / 255)), np.uint8
    )


def _premultiplied(rgba: Frame) -> Frame:
    cover = _cover(rgba)
    # The fourth channel times its own share would be squared.
    cover[..., 3] = 255
    return np.asarray(cv2.multiply(rgba, cover, scale=1 / 255), np.uint8)


def _cover(rgba: Frame) -> Frame:
    alpha = cv2.extractChannel(rgba, 3)
    return np.asarray(cv2.merge([alpha, alpha, alpha, alpha]), np.uint8)


def _in_focus_at(pixels: Frame, *, row: float, loss_px: float, height: int) -> Frame:
    # The ground runs from far to near: sharp where the product stands, softer away from there.
    soft = _soft(pixels, 0.5 * loss_px)
    away = np.abs(np.arange(pixels.shape[0], dtype=np.float32) - row) / height
    share = np.clip((away - 0.05) / 0.2, 0, 1)
    sharp = np.repeat((1 - share)[:, None], pixels.shape[1], axis=1)
    return np.asarray(cv2.blendLinear(pixels, soft, sharp, 1 - sharp), np.uint8)


def _soft(pixels: Frame, sigma_px: float) -> Frame:
    # What is out of focus needs no fine pixels: blurred small, then enlarged.
    shrink = max(1.0, sigma_px / 1.6)
    rows, columns = pixels.shape[:2]
    small = (max(8, round(columns / shrink)), max(8, round(rows / shrink)))
    coarse = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(coarse, (0, 0), sigma_px / shrink, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(blurred, (columns, rows), interpolation=cv2.INTER_LINEAR), np.uint8)


def _lens(veil: Layer | None, width_px: int, height_px: int) -> tuple[Frame, Frame]:
    """The veil of light and the dim corners belong to the lens: they stay where they are while the stage moves."""
    x = np.linspace(-1, 1, width_px, dtype=np.float32)
    y = np.linspace(-1, 1, height_px, dtype=np.float32)
    dim = (1 - 0.09 * (np.add.outer(y * y, x * x) / 2) ** 1.6)[..., None].astype(np.float32)
    if veil is None:
        return _rounded(dim.repeat(3, axis=2) * 255), np.zeros((height_px, width_px, 3), np.uint8)
    across, down = (veil.rgba.shape[1] - width_px) // 2, (veil.rgba.shape[0] - height_px) // 2
    seen = veil.rgba[down : down + height_px, across : across + width_px].astype(np.float32)
    cover = seen[..., 3:] / 255
    return _rounded((dim * (1 - cover)).repeat(3, axis=2) * 255), _rounded(dim * cover * seen[..., :3])


def _rounded(plane: NDArray[np.floating]) -> Frame:
    # Rounded by chance, the same each time, so that its soft slopes show no bands.
    chance = np.random.default_rng(1).random(plane.shape[:2], np.float32)[..., None]
    return np.asarray(np.clip(plane + chance, 0, 255), np.uint8)
