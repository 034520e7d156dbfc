"""One shot set up for drawing: stage and product are prepared once, then seen through the camera at any time, because
preparing costs a second and seeing a hundredth of one."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.engines.base import Staging
from vgkit.engines.sketch import product
from vgkit.engines.sketch.camera import ZOOMS, Framing, Pose, affine, pose
from vgkit.engines.sketch.framing import frame_place, frame_product, room
from vgkit.engines.sketch.ground import find_ground
from vgkit.engines.sketch.sheets import Setting, Sheet, setting

Frame = NDArray[np.uint8]

# The product's sheet is made larger than first seen, so that a push-in does not enlarge its pixels.
_SPARE = 1.12
_GRAIN = 0.8
# How much wider than its ground a product may be: a print may stand out over its plinth, where a thing looks about
# to fall.
_OVERHANG = {"framed": 1.6}


@dataclass(frozen=True, eq=False)
class Shot:
    """A shot ready to be seen at any time. ``gleam`` is when, 0 to 1, a gleam starts and ends to cross the product."""

    staging: Staging
    size_px: tuple[int, int]
    setting: Setting
    actor: product.Actor | None
    framing: Framing
    gleam: tuple[float, float] | None
    grain: NDArray[np.int16]


def set_up(staging: Staging, *, product_path: Path | None, seed: int, width_px: int, height_px: int) -> Shot:
    """Prepare a shot. Another seed moves the product and the gleam a little.

    Raises AssetError for a product's picture that can't be used, TemplateError for an unknown scene.
    """
    changed_ns = product_path.stat().st_mtime_ns if product_path and product_path.exists() else 0
    return _set_up(staging, product_path, changed_ns, seed, (width_px, height_px))


@lru_cache(maxsize=2)
def _set_up(staging: Staging, path: Path | None, _changed_ns: int, seed: int, size_px: tuple[int, int]) -> Shot:
    chance = np.random.default_rng(seed)
    ready = setting(staging, width_px=size_px[0], height_px=size_px[1])
    actor, framing = _cast(staging, path, ready, chance, size_px)
    start = float(chance.uniform(-0.05, 0.25))
    return Shot(
        staging=staging,
        size_px=size_px,
        setting=ready,
        actor=actor,
        framing=framing,
        gleam=(start, start + 0.8) if actor is not None and staging.presence == "hero" else None,
        grain=_grain(*size_px),
    )


def frame(shot: Shot, t: float) -> Frame:
    """See the shot at ``t``, 0 to 1; (height, width, 3) RGB."""
    moment = pose(shot.staging.camera, t)
    width, height = shot.size_px
    picture = np.zeros((height, width, 3), np.uint8)
    sheets = shot.setting.sheets
    behind = [sheet for sheet in sheets if sheet.depth <= 1]
    for sheet in behind:
        _lay(picture, sheet, _seen(sheet, shot, moment))
    if shot.actor is not None:
        _lay(picture, *_performing(shot, shot.actor, moment, t))
    for sheet in sheets[len(behind) :]:
        _lay(picture, sheet, _seen(sheet, shot, moment))
    return _finished(picture, shot, t)


def facts(shot: Shot) -> dict[str, str]:
    """What should be on record about how a shot was drawn."""
    return {"scene": shot.staging.scene, "product": shot.actor.source if shot.actor else "hidden"}


def _cast(
    staging: Staging, path: Path | None, ready: Setting, chance: np.random.Generator, frame_px: tuple[int, int]
) -> tuple[product.Actor | None, Framing]:
    """Bring the product on stage and frame the shot around it."""
    place, (width, height) = ready.place, frame_px
    depths = sorted({sheet.depth for sheet in ready.sheets})
    foot = (place.product_x + float(chance.uniform(-0.012, 0.012)), place.ground_y)
    if staging.presence == "hidden":
        return None, frame_place(staging, foot=foot, frame_px=frame_px, depths=depths, margin=place.margin)
    most_px = room(staging, aspect=width / height)[1] * height
    picture, source = product.choose_product(staging, path, height_px=round(most_px * _SPARE))
    widest, tallest = room(staging, aspect=width / height, source=source)
    ground = find_ground(place, spot=foot, width_px=width, height_px=height)
    size = product.target_size(
        picture,
        tallest_px=tallest * height,
        widest_px=min(widest * width, ground.width_px * ZOOMS[staging.size] * _OVERHANG.get(source, 0.98)),
    )
    framing = frame_product(
        staging,
        foot=foot,
        size=(size[0] / width, size[1] / height),
        frame_px=frame_px,
        depths=depths,
        margin=place.margin,
    )
    actor = product.build_actor(
        picture,
        size_px=(round(size[0] * _SPARE), round(size[1] * _SPARE)),
        stage=place,
        staging=staging,
        ground=ground,
        scale=_SPARE * framing.zoom * framing.crop,
        source=source,
    )
    return actor, framing


def _seen(sheet: Sheet, shot: Shot, moment: Pose) -> NDArray[np.float64]:
    width, height = shot.size_px
    return affine(
        moment, shot.framing, depth=sheet.depth, width_px=width, height_px=height, ground=abs(sheet.depth - 1) < 0.05
    )


def _performing(shot: Shot, actor: product.Actor, moment: Pose, t: float) -> tuple[Sheet, NDArray[np.float64]]:
    """The product at this moment: it moves as the ground under it does, and turns a trifle in an orbit."""
    width, height = shot.size_px
    pixels = actor.sheet
    if shot.gleam is not None:
        at = (t - shot.gleam[0]) / (shot.gleam[1] - shot.gleam[0])
        pixels = product.swept(actor, at=at)
    ground = affine(moment, shot.framing, depth=1, width_px=width, height_px=height)
    scale = ground[0, 0] / (shot.framing.zoom * shot.framing.crop) / _SPARE
    foot = ground @ np.array([shot.framing.foot[0] * width, shot.framing.foot[1] * height, 1.0])
    turn = 1 - 0.25 * abs(moment.orbit)
    lean = -0.25 * moment.orbit
    linear = np.array([[scale * turn, scale * lean], [ground[1, 0] / ground[0, 0] * scale, scale]])
    matrix = np.column_stack([linear, foot - linear @ np.array(actor.foot)])
    return Sheet(pixels, (0.0, 0.0), 1.0, False), matrix


def _lay(picture: Frame, sheet: Sheet, matrix: NDArray[np.float64]) -> None:
    """Draw a sheet into the picture where it falls; what lies outside the frame costs nothing."""
    height, width = picture.shape[:2]
    rows, columns = sheet.pixels.shape[:2]
    whole = matrix.copy()
    whole[:, 2] += matrix[:, :2] @ np.array(sheet.corner)
    corners = whole @ np.array([[0, columns, columns, 0], [0, 0, rows, rows], [1, 1, 1, 1]], np.float64)
    left, top = np.maximum(np.floor(corners.min(axis=1)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(corners.max(axis=1)).astype(int) + 1, (width, height))
    if right <= left or bottom <= top:
        return
    whole[:, 2] -= (left, top)
    warped = cv2.warpAffine(sheet.pixels, whole, (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR)
    part = picture[top:bottom, left:right]
    colour = cv2.cvtColor(warped, cv2.COLOR_RGBA2RGB)
    if sheet.opaque:
        part[:] = colour
        return
    clear = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(warped, 3)), cv2.COLOR_GRAY2RGB)
    part[:] = cv2.add(cv2.multiply(part, clear, scale=1 / 255), colour)


def _finished(picture: Frame, shot: Shot, t: float) -> Frame:
    """Add the air before the lens and grain that moves: fine enough to cost few bits, enough to keep skies smooth."""
    width, height = shot.size_px
    step = round(t * 997)
    down, right = (step * 37) % 64, (step * 53) % 64
    veiled = cv2.add(cv2.multiply(picture, shot.setting.keep, scale=1 / 255), shot.setting.lift)
    grain = shot.grain[down : down + height, right : right + width]
    return np.asarray(cv2.add(veiled, grain, dtype=cv2.CV_8U), np.uint8)


@lru_cache(maxsize=4)
def _grain(width_px: int, height_px: int) -> NDArray[np.int16]:
    fine = np.random.default_rng(7).normal(0, 1, (height_px + 64, width_px + 64)).astype(np.float32)
    soft = cv2.GaussianBlur(fine, (0, 0), 0.6)
    return np.repeat(np.rint(soft / soft.std() * _GRAIN).astype(np.int16)[..., None], 3, axis=2)
