"""One shot set up for drawing: stage and product are prepared once, then seen through the camera at any time, because
preparing costs a second and seeing a thirtieth of one."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.engines.base import Staging
from vgkit.engines.sketch import product
from vgkit.engines.sketch.camera import PRODUCT_SCALES, ZOOMS, Framing, Pose, affine, pose
from vgkit.engines.sketch.ground import find_ground
from vgkit.engines.sketch.scenes import Stage, stage
from vgkit.template import Presence, ShotSize

Frame = NDArray[np.uint8]

_PRESENCE_SCALES: dict[Presence, float] = {"hidden": 0.0, "in_scene": 0.68, "hero": 1.12}
_CLOSEST_TOP = 0.08
_TALLEST: dict[ShotSize, float] = {"wide": 0.6, "medium": 0.64, "close": 0.8, "detail": 1.2}
# Blur as a share of the frame's height for a layer one depth away from the product: a nearer camera has less in focus.
_FOCUS_LOSS: dict[ShotSize, float] = {"wide": 0.0, "medium": 0.0025, "close": 0.009, "detail": 0.014}
# The sheet is made larger than first seen, so that a push-in does not enlarge its pixels.
_SPARE = 1.12
_GRAIN = 0.8


@dataclass(frozen=True, eq=False)
class Sheet:
    """Part of a layer that holds anything: premultiplied (h, w, 4) uint8, and where its corner is on the stage."""

    pixels: Frame
    corner: tuple[float, float]
    depth: float
    opaque: bool


@dataclass(frozen=True, eq=False)
class Shot:
    """A shot ready to be seen at any time. ``gleam`` is when, 0 to 1, a gleam starts and ends to cross the product."""

    staging: Staging
    size_px: tuple[int, int]
    sheets: tuple[Sheet, ...]
    actor: product.Actor | None
    framing: Framing
    gleam: tuple[float, float] | None
    grain: NDArray[np.int16]
    dim: NDArray[np.float32]


def set_up(staging: Staging, *, product_path: Path | None, seed: int, width_px: int, height_px: int) -> Shot:
    """Prepare a shot. Another seed moves the product, the gleam and the scene's props a little.

    Raises AssetError for a product's picture that can't be used, TemplateError for an unknown scene.
    """
    chance = np.random.default_rng(seed)
    place = stage(
        staging.scene,
        palette=staging.palette,
        light=staging.light,
        width_px=width_px,
        height_px=height_px,
        # Few arrangements of the props, so that shots of one film agree and painted stages are found again.
        seed=seed % 3,
    )
    actor, framing = _cast(staging, product_path, place, chance, (width_px, height_px))
    start = float(chance.uniform(-0.05, 0.25))
    return Shot(
        staging=staging,
        size_px=(width_px, height_px),
        sheets=_sheets(place, _FOCUS_LOSS[staging.size] * height_px, (width_px, height_px)),
        actor=actor,
        framing=framing,
        gleam=(start, start + 0.8) if actor is not None and staging.presence == "hero" else None,
        grain=_grain(chance, width_px, height_px),
        dim=_vignette(width_px, height_px),
    )


def frame(shot: Shot, t: float) -> Frame:
    """See the shot at ``t``, 0 to 1; (height, width, 3) RGB."""
    moment = pose(shot.staging.camera, t)
    width, height = shot.size_px
    picture = np.zeros((height, width, 3), np.uint8)
    behind = [sheet for sheet in shot.sheets if sheet.depth <= 1]
    for sheet in behind:
        _lay(picture, sheet, _seen(sheet, shot, moment))
    if shot.actor is not None:
        _lay(picture, *_performing(shot, shot.actor, moment, t))
    for sheet in shot.sheets[len(behind) :]:
        _lay(picture, sheet, _seen(sheet, shot, moment))
    return _finished(picture, shot, t)


def facts(shot: Shot) -> dict[str, str]:
    """What should be on record about how a shot was drawn."""
    return {"scene": shot.staging.scene, "product": shot.actor.source if shot.actor else "hidden"}


def _cast(
    staging: Staging, path: Path | None, place: Stage, chance: np.random.Generator, frame_px: tuple[int, int]
) -> tuple[product.Actor | None, Framing]:
    """Bring the product on stage and frame the shot around it."""
    foot = (place.product_x + float(chance.uniform(-0.012, 0.012)), place.ground_y)
    if staging.presence == "hidden":
        return None, Framing(
            zoom=min(ZOOMS[staging.size], 1.15), foot=foot, stand=foot, heart=(0.5 * foot[0] + 0.25, 0.5)
        )
    share = PRODUCT_SCALES[staging.size] * _PRESENCE_SCALES[staging.presence]
    picture, source = product.choose_product(
        staging, path, height_px=round(place.product_height * frame_px[1] * share * _SPARE)
    )
    ground = find_ground(place, spot=foot, width_px=frame_px[0], height_px=frame_px[1])
    size = product.target_size(
        picture,
        tallest_px=frame_px[1] * min(place.product_height * share, _TALLEST[staging.size]),
        share=share,
        frame_px=frame_px,
        # A print may stand out over its plinth; a thing that does looks about to fall.
        ground_px=ground.width_px * ZOOMS[staging.size] * (1.5 if source == "framed" else 0.98),
    )
    framing = _framing(staging, foot, size[1] / frame_px[1])
    actor = product.build_actor(
        picture,
        size_px=(round(size[0] * _SPARE), round(size[1] * _SPARE)),
        stage=place,
        staging=staging,
        ground=ground,
        scale=_SPARE * framing.zoom,
        source=source,
    )
    return actor, framing


def _framing(staging: Staging, foot: tuple[float, float], tall: float) -> Framing:
    x, ground = foot
    if staging.presence == "in_scene":
        x += 0.06 if x > 0.52 else 0.0
    if staging.size == "detail" and tall > 0.8:
        stand = (x, 0.5 + 0.56 * tall)
    elif staging.size in ("close", "detail"):
        stand = (x, min(max(ground, _CLOSEST_TOP + tall), 0.92))
    else:
        stand = (x, ground)
    heart = (0.7 * x + 0.15, min(0.62, stand[1] - 0.42 * tall))
    return Framing(zoom=ZOOMS[staging.size], foot=foot, stand=stand, heart=heart)


def _sheets(place: Stage, loss_px: float, size_px: tuple[int, int]) -> tuple[Sheet, ...]:
    width, height = size_px
    sheets: list[Sheet] = []
    for layer in place.layers:
        pixels = _premultiplied(layer.rgba)
        margin = ((pixels.shape[1] - width) / 2, (pixels.shape[0] - height) / 2)
        away = abs(layer.depth - 1)
        if loss_px * away > 0.4:
            pixels = _soft(pixels, loss_px * away)
        elif away < 0.01 and loss_px > 2:
            pixels = _in_focus_at(pixels, row=margin[1] + place.ground_y * height, loss_px=loss_px, height=height)
        sheet = _trimmed(pixels, margin, layer.depth)
        if sheet is not None:
            sheets.append(sheet)
    return tuple(sheets)


def _premultiplied(rgba: Frame) -> Frame:
    # The conversion leaves the fourth channel at 255, so that alpha itself is kept.
    cover = cv2.cvtColor(cv2.extractChannel(rgba, 3), cv2.COLOR_GRAY2RGBA)
    return np.asarray(cv2.multiply(rgba, cover, scale=1 / 255), np.uint8)


def _in_focus_at(pixels: Frame, *, row: float, loss_px: float, height: int) -> Frame:
    # The ground runs from far to near: sharp where the product stands, softer away from there.
    soft = _soft(pixels, 0.5 * loss_px)
    away = np.abs(np.arange(pixels.shape[0], dtype=np.float32) - row) / height
    share = np.clip((away - 0.05) / 0.2, 0, 1)[:, None, None]
    return np.asarray(np.rint(pixels * (1 - share) + soft * share), np.uint8)


def _soft(pixels: Frame, sigma_px: float) -> Frame:
    # What is out of focus needs no fine pixels: blurred small, then enlarged.
    shrink = max(1.0, sigma_px / 1.6)
    rows, columns = pixels.shape[:2]
    small = (max(8, round(columns / shrink)), max(8, round(rows / shrink)))
    coarse = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(coarse, (0, 0), sigma_px / shrink, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(blurred, (columns, rows), interpolation=cv2.INTER_LINEAR), np.uint8)


def _trimmed(pixels: Frame, margin: tuple[float, float], depth: float) -> Sheet | None:
    rows, columns = np.nonzero(pixels[..., 3].max(axis=1))[0], np.nonzero(pixels[..., 3].max(axis=0))[0]
    if len(rows) == 0:
        return None
    top, left = max(0, rows[0] - 1), max(0, columns[0] - 1)
    part = np.ascontiguousarray(pixels[top : rows[-1] + 2, left : columns[-1] + 2])
    return Sheet(part, (left - margin[0], top - margin[1]), depth, bool(part[..., 3].min() == 255))


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
    scale = ground[0, 0] / shot.framing.zoom / _SPARE
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
    """Dim the corners and add grain that moves: fine enough to cost few bits, enough to keep skies from banding."""
    width, height = shot.size_px
    step = round(t * 997)
    down, right = (step * 37) % 64, (step * 53) % 64
    grain = shot.grain[down : down + height, right : right + width, None]
    return np.asarray(np.clip(picture * shot.dim[..., None] + grain, 0, 255), np.uint8)


def _grain(chance: np.random.Generator, width_px: int, height_px: int) -> NDArray[np.int16]:
    fine = chance.normal(0, 1, (height_px + 64, width_px + 64)).astype(np.float32)
    soft = cv2.GaussianBlur(fine, (0, 0), 0.6)
    return np.asarray(np.rint(soft / soft.std() * _GRAIN), np.int16)


def _vignette(width_px: int, height_px: int) -> NDArray[np.float32]:
    x = np.linspace(-1, 1, width_px, dtype=np.float32)
    y = np.linspace(-1, 1, height_px, dtype=np.float32)
    away = np.add.outer(y * y, x * x) / 2
    return np.asarray(1 - 0.09 * away**1.6, np.float32)
