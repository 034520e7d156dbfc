"""The product as an actor on a stage: the person's own picture or a drawn object, standing on the ground with shadow
and reflection, lit from where the scene's light comes. One sheet holds all of it, so its feet can't come loose."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.engines.base import Staging
from vgkit.engines.sketch.ground import Ground, cover_under
from vgkit.engines.sketch.objects import draw_object
from vgkit.engines.sketch.scenes import Stage
from vgkit.media.cutout import Cutout, read_cutout

Rgba = NDArray[np.uint8]
Plane = NDArray[np.float32]

_DIM = {"night": 0.86, "neon": 0.88, "dusk": 0.93}
_LIGHT_SIDE = {"left": -1.0, "right": 1.0, "top": 0.0, "back": 0.0}


@dataclass(frozen=True, eq=False)
class Actor:
    """A product with all that it throws on the ground. ``sheet`` (h, w, 4) is premultiplied, ``gleam`` what a gleam
    adds to it at most, ``body`` (h, w) the product's own cover 0 to 1, ``foot`` the pixel (x, y) on the stage's ground.
    """

    sheet: Rgba
    gleam: Rgba
    body: Plane
    foot: tuple[float, float]
    source: str


def choose_product(staging: Staging, product: Path | None, *, height_px: int) -> tuple[Rgba, str]:
    """Give the product's picture on nothing, and where it came from, such as ``grabcut`` or ``object:cup``."""
    if product is None:
        drawn = draw_object(staging.object, palette=staging.palette, height_px=max(64, height_px), label=staging.label)
        return drawn, f"object:{staging.object}"
    cutout = read_product(product)
    return (_tilted(cutout.rgba) if cutout.method == "framed" else cutout.rgba), cutout.method


def read_product(path: Path) -> Cutout:
    """Cut a person's picture out, once for all that ask. Raises AssetError for what can't be used."""
    return _read(path, path.stat().st_mtime_ns if path.exists() else 0)


def build_actor(
    picture: Rgba,
    *,
    size_px: tuple[int, int],
    stage: Stage,
    staging: Staging,
    ground: Ground,
    scale: float,
    source: str,
) -> Actor:
    """Put ``picture`` at ``size_px`` (width, height) on its shadow and reflection, in the stage's light.

    ``scale`` is how many of the sheet's pixels go to one of the stage's.
    """
    width, height = size_px
    shrinks = width < picture.shape[1]
    small = cv2.resize(_premultiplied(picture), size_px, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    small = np.minimum(np.clip(small, 0, 1), np.clip(small[..., 3:], 0, 1))
    side, below = round(0.45 * width) + 20, round(0.5 * height) + 20
    sheet = cv2.copyMakeBorder(small, 20, below, side, side, cv2.BORDER_CONSTANT, value=0)
    room = np.asarray(sheet, np.float32)
    body = np.ascontiguousarray(room[..., 3])
    lit = _lit(room, stage=stage, staging=staging)
    floor, touches = _floor_line(body, height=height)
    thrown = _shadow(floor, touches, body.shape, size_px=size_px, stage=stage, ink=staging.palette.ink)
    if stage.surface == "glossy":
        thrown = over(_reflection(lit, floor, touches, height=height), thrown)
    columns = np.nonzero(touches)[0]
    foot = (float(columns.mean()) if len(columns) else body.shape[1] / 2, float(20 + height - 1))
    thrown *= cover_under(ground, foot=foot, shape=body.shape, scale=scale)[..., None]
    gleam = np.zeros_like(lit)
    # Faint, nearly white: what brightens much from frame to frame misleads the optical flow that draws in-betweens.
    gleam[..., :3] = np.maximum(body[..., None] - lit[..., :3], 0) * (0.05 * rgb_of(staging.palette.light) + 0.08)
    return Actor(_bytes(over(lit, thrown)), _bytes(gleam), body, foot, source)


def swept(actor: Actor, *, at: float) -> Rgba:
    """Let a soft diagonal gleam stand at ``at`` on the product, from 0 (entering at upper left) to 1 (gone)."""
    if not 0 < at < 1:
        return actor.sheet
    height, width = actor.body.shape
    columns = np.nonzero(actor.body.max(axis=0) > 0.5)[0]
    # Smooth enough to be worked out on every fourth pixel.
    down, right = np.arange(0, height + 4, 4, dtype=np.float32), np.arange(0, width + 4, 4, dtype=np.float32)
    across = np.add.outer(down * 0.45, right - columns[0])
    # Broad and slow: in-between frames are made by optical flow, which tears what is thin and quick.
    place = (1.5 * at - 0.25) * (columns[-1] - columns[0] + 0.45 * height)
    coarse = np.exp(-(((across - place) / (0.14 * len(columns) + 12)) ** 2)) * 255
    band = cv2.resize(coarse.astype(np.uint8), None, fx=4, fy=4)[:height, :width]
    added = cv2.multiply(actor.gleam, cv2.cvtColor(band, cv2.COLOR_GRAY2RGBA), scale=1 / 255)
    return np.asarray(cv2.add(actor.sheet, added), np.uint8)


def over(top: NDArray[np.float32], under: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lay one premultiplied sheet on another."""
    laid: NDArray[np.float32] = top + under * (1 - top[..., 3:])
    return laid


def rgb_of(colour: str) -> NDArray[np.float32]:
    """Read a hex colour as three shares, 0 to 1."""
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)


@lru_cache(maxsize=4)
def _read(path: Path, _modified_ns: int) -> Cutout:
    return read_cutout(path)


def _bytes(sheet: NDArray[np.float32]) -> Rgba:
    return np.asarray(np.rint(np.clip(sheet, 0, 1) * 255), np.uint8)


def _premultiplied(picture: Rgba) -> NDArray[np.float32]:
    sheet = np.asarray(picture / 255, np.float32)
    sheet[..., :3] *= sheet[..., 3:]
    return sheet


def _tilted(card: Rgba) -> Rgba:
    """Turn a print slightly, as if it stood at an angle; its near edge shows the card's thickness."""
    height, width = card.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    thick = max(3, round(0.012 * width))
    away = np.array(
        [[thick, 0], [0.95 * width, 0.045 * height], [0.95 * width, 0.965 * height], [thick, height]], np.float32
    )
    matrix = cv2.getPerspectiveTransform(corners, away)
    turned = cv2.warpPerspective(_premultiplied(card), matrix, (width, height), flags=cv2.INTER_LINEAR)
    sheet = np.asarray(turned, np.float32)
    aside = np.array([[1, 0, -thick], [0, 1, 0]], np.float32)
    edge = np.zeros_like(sheet)
    edge[..., 3] = cv2.warpAffine(np.ascontiguousarray(sheet[..., 3]), aside, (width, height))
    edge[..., :3] = np.array([0.62, 0.59, 0.55], np.float32) * edge[..., 3:]
    sheet = over(sheet, edge)
    colour = sheet[..., :3] / np.maximum(sheet[..., 3:], 1e-4)
    return _bytes(np.dstack([colour, sheet[..., 3]]))


def _lit(room: NDArray[np.float32], *, stage: Stage, staging: Staging) -> NDArray[np.float32]:
    """Tint, shade and rim the product so that it belongs into the scene's light."""
    light = rgb_of(staging.palette.light)
    tint = 1 - 0.2 * (1 - light / max(float(light.max()), 1e-3))
    lit = room.copy()
    lit[..., :3] *= tint * _DIM.get(staging.light, 1.0)
    body = room[..., 3]
    height, width = body.shape
    towards = _LIGHT_SIDE[stage.light_from]
    if towards:
        ramp = np.linspace(-towards, towards, width, dtype=np.float32)
        lit[..., :3] *= np.clip(1 + 0.13 * ramp, 0.86, 1.06)[None, :, None]
    reach = max(1.5, 0.006 * height)
    step = (-towards * reach, reach if stage.light_from in ("top", "back") else 0.5 * reach)
    moved = cv2.warpAffine(body, np.array([[1, 0, step[0]], [0, 1, step[1]]], np.float32), (width, height))
    rim = cv2.GaussianBlur(np.clip(body - moved, 0, 1), (0, 0), 0.6 * reach) * body
    strength = 0.75 if stage.light_from == "back" else 0.5
    lit[..., :3] += np.maximum(body[..., None] - lit[..., :3], 0) * (rim * strength)[..., None] * light
    return np.minimum(lit, np.dstack([body, body, body, body]))


def _floor_line(body: Plane, *, height: int) -> tuple[Plane, NDArray[np.bool_]]:
    """For each column the row where the product ends below, and whether it is near enough to the ground to touch it."""
    solid = body > 0.5
    rows = body.shape[0] - 1 - np.argmax(solid[::-1], axis=0)
    lowest = 20 + height - 1
    touches = solid.any(axis=0) & (rows > lowest - 0.2 * height)
    smooth = cv2.GaussianBlur(np.where(touches, rows, lowest).astype(np.float32)[None], (0, 0), 2)[0]
    return np.asarray(smooth, np.float32), touches


def _shadow(
    floor: Plane,
    touches: NDArray[np.bool_],
    shape: tuple[int, int],
    *,
    size_px: tuple[int, int],
    stage: Stage,
    ink: str,
) -> NDArray[np.float32]:
    columns = np.nonzero(touches)[0]
    cover = np.zeros(shape, np.float32)
    if len(columns) == 0:
        return np.zeros((*shape, 4), np.float32)
    contact = float(columns[-1] - columns[0] + 1)
    middle, level = float(columns.mean()), float(floor[columns].mean())
    aside = -_LIGHT_SIDE[stage.light_from]
    forward = 0.06 if stage.light_from == "back" else 0.01
    # So soft that every fourth pixel tells all.
    coarse = (-(-shape[1] // 4), -(-shape[0] // 4))
    for reach, flat, sideways, blur, strength in ((0.74, 0.1, 0.22, 0.07, 0.34), (0.54, 0.055, 0.05, 0.025, 0.42)):
        centre = (round((middle + aside * sideways * contact) / 4), round((level + forward * contact) / 4))
        axes = (max(1, round(reach * contact / 4)), max(1, round(flat * contact / 4)))
        pool = cv2.ellipse(np.zeros(coarse[::-1], np.float32), centre, axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA)
        soft = cv2.GaussianBlur(pool, (0, 0), max(0.5, blur * contact / 4))
        spread = cv2.resize(soft, None, fx=4, fy=4)[: shape[0], : shape[1]]
        cover = 1 - (1 - cover) * (1 - strength * spread)
    thick = max(1.5, 0.007 * size_px[1])
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    # Where the product's underside rises, it no longer presses on the ground.
    press = np.clip(1 - (floor[columns].max() - floor) / (0.1 * size_px[1]), 0, 1) * touches
    press = cv2.GaussianBlur(press.astype(np.float32)[None], (0, 0), max(1.0, 0.02 * contact))
    cover = 1 - (1 - cover) * (1 - 0.62 * press * np.exp(-(((rows - floor[None]) / (2 * thick)) ** 2)))
    dark = rgb_of(ink) * 0.35
    return np.dstack([cover[..., None] * dark, cover]).astype(np.float32)


def _reflection(
    lit: NDArray[np.float32], floor: Plane, touches: NDArray[np.bool_], *, height: int
) -> NDArray[np.float32]:
    """Mirror each column at its own lowest point: round and slanted bottoms then meet their image without a gap."""
    rows = np.arange(lit.shape[0], dtype=np.float32)[:, None]
    below = rows - floor[None]
    columns = np.broadcast_to(np.arange(lit.shape[1], dtype=np.float32), below.shape)
    image = cv2.remap(lit, np.ascontiguousarray(columns), floor[None] - below, cv2.INTER_LINEAR)
    fade = np.clip(1 - below / (0.24 * height), 0, 1) ** 1.5 * 0.36 * (below > 0) * touches[None]
    soft = cv2.GaussianBlur(image * fade[..., None], (0, 0), max(0.8, 0.004 * height))
    return np.asarray(soft, np.float32)


def target_size(picture: Rgba, *, tallest_px: float, widest_px: float) -> tuple[int, int]:
    """Fit the product into its room, as (width, height)."""
    scale = min(tallest_px / picture.shape[0], widest_px / picture.shape[1])
    return max(2, round(picture.shape[1] * scale)), max(2, round(picture.shape[0] * scale))
