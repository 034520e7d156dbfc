"""From a photo to the outline of what it shows: two ways to find it, one way to judge it, one to soften it.

GrabCut answers always, also where there is nothing to find; so its answers are asked for several times from different
guesses, and what counts is whether they agree."""

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]  # (h, w), 255 inside, 0 outside
Rgb = NDArray[np.uint8]
Planes = NDArray[np.float32]

SMALL_PX = 280
_RECTANGLES = ((0.04, 0.04), (0.12, 0.08), (0.2, 0.12), (0.1, 0.2))


def backdrop_mask(rgb: Rgb) -> Mask | None:
    """Separate what stands before an even or softly shaded background; None where the border is not even."""
    lab = _lab(rgb)
    height, width = lab.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = columns / width - 0.5, rows / height - 0.5
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    rim = _rim(height, width, width_px=max(2, round(0.02 * min(height, width))))
    known, shades = terms[rim], lab[rim]
    inlier = np.ones(len(known), bool)
    fit = np.zeros((6, 3), np.float32)
    for _ in range(4):
        fit = np.linalg.lstsq(known[inlier], shades[inlier], rcond=None)[0].astype(np.float32)
        closer = np.linalg.norm(shades - known @ fit, axis=1) < 10
        if closer.mean() < 0.7:
            return None
        inlier = closer
    spread = float(np.sqrt(((shades - known @ fit)[inlier] ** 2).mean()))
    return _before(lab, np.asarray(lab - terms @ fit, np.float32), near=float(np.clip(2.5 * spread + 3, 4, 10)))


def _before(lab: Planes, difference: Planes, *, near: float) -> Mask:
    """Flood the backdrop from the frame inwards, over its colour and over its soft shadows, and keep what stays dry."""
    calm = cv2.GaussianBlur(difference, (0, 0), 0.8)
    distance = np.linalg.norm(calm, axis=-1)
    tone = cv2.GaussianBlur(np.ascontiguousarray(lab[..., 0]), (0, 0), 1.5)
    slope = np.hypot(cv2.Sobel(tone, -1, 1, 0, scale=0.125), cv2.Sobel(tone, -1, 0, 1, scale=0.125))
    scale = max(1.0, max(slope.shape) / 800)
    # A shadow is the backdrop's colour, darker and without an edge; light rims and labels are neither.
    tint = np.linalg.norm(calm[..., 1:], axis=-1)
    shadow = (calm[..., 0] < 0) & (calm[..., 0] > -45) & (tint < near) & (slope < 1.7 / scale)
    _, pools = cv2.connectedComponents(((distance < near) | shadow).astype(np.uint8), connectivity=4)
    outside = np.isin(pools, np.unique(pools[_rim(*pools.shape, width_px=1)]))
    outside &= (distance < near) | shadow
    dry = cv2.morphologyEx(np.where(outside, 0, 255).astype(np.uint8), cv2.MORPH_OPEN, _disc(1))
    mask = _filled(np.asarray(dry, np.uint8))
    count, spots, stats, _ = cv2.connectedComponentsWithStats(((mask > 0) & (distance < near)).astype(np.uint8))
    for spot in range(1, count):
        # What shows the very backdrop within the outline is a handle's opening; a white label is a shade off.
        share = stats[spot, cv2.CC_STAT_AREA] / max(1, (mask > 0).sum())
        if 0.004 < share < 0.08 and np.median(distance[spots == spot]) < 0.3 * near:
            mask[spots == spot] = 0
    return mask


def grabcut_mask(rgb: Rgb) -> Mask | None:
    """Find the main thing by GrabCut from several rectangles; None where the answers differ too much."""
    bgr = np.asarray(cv2.cvtColor(cv2.bilateralFilter(_small(rgb), 5, 30, 5), cv2.COLOR_RGB2BGR), np.uint8)
    answers = [_grabcut(bgr, inset_x=x, inset_y=y) for x, y in _RECTANGLES]
    scores = np.array([[_overlap(one, other) for other in answers] for one in answers])
    best = int(np.argmax(scores.sum(axis=1)))
    agreeing = int((scores[best] > 0.85).sum())
    if agreeing < 3:
        return None
    return np.asarray(
        cv2.resize(answers[best], rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR) // 128 * 255, np.uint8
    )


def believability(mask: Mask, rgb: Rgb) -> float:
    """Judge an outline, 0 to 1: its size, wholeness, smoothness, distance from the frame, edges that exist."""
    small = _small(mask) // 128 * 255
    inside = small > 0
    share = float(inside.mean())
    contours, _ = cv2.findContours(small, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not 0.03 <= share <= 0.8 or not contours:
        return 0.0
    main = max(contours, key=cv2.contourArea)
    area, perimeter = float(cv2.contourArea(main)), float(cv2.arcLength(main, True))
    whole = _ramp(area / max(1, inside.sum()), none=0.7, full=0.92)
    smooth = _ramp(_raggedness(small, perimeter), none=1.5, full=1.15)
    solid = _ramp(area / max(1.0, float(cv2.contourArea(cv2.convexHull(main)))), none=0.45, full=0.7)
    free = _ramp(float(inside[_rim(*inside.shape, width_px=1)].mean()), none=0.16, full=0.04)
    edges = _edge_support(small, _lab(_small(rgb)))
    return float(whole * smooth * solid * free * _ramp(edges, none=0.5, full=0.88))


def soften(mask: Mask, rgb: Rgb) -> NDArray[np.uint8]:
    """Give the outline a fine edge and its pixels the product's own colour; (h, w, 4) straight alpha."""
    reach = max(2, round(max(mask.shape) / 300))
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    hard = (mask > 0).astype(np.float32)
    guided = _guided(hard, np.asarray(grey, np.float32), radius=2 * reach, epsilon=4e-4)
    # The guide may only move the edge, never open a hole or grow a spot far from it.
    core = cv2.erode(hard, _disc(reach + 1))
    edge = cv2.dilate(hard, _disc(reach))
    alpha = np.clip((np.maximum(guided, core) * edge - 0.12) / 0.76, 0, 1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.7)
    sure = cv2.erode(hard, _disc(reach + 1))[..., None] + 1e-4
    pure = cv2.GaussianBlur(rgb * sure, (0, 0), 1.5 * reach) / cv2.GaussianBlur(sure, (0, 0), 1.5 * reach)[..., None]
    mix = (1 - cv2.erode(hard, _disc(reach)))[..., None]
    colour = np.clip(rgb * (1 - mix) + pure * mix, 0, 255)
    return np.dstack([np.rint(colour), np.rint(alpha * 255)]).astype(np.uint8)


def _grabcut(bgr: Rgb, *, inset_x: float, inset_y: float) -> Mask:
    height, width = bgr.shape[:2]
    left, top = round(inset_x * width), round(inset_y * height)
    marks = np.full((height, width), cv2.GC_BGD, np.uint8)
    marks[top : height - top, left : width - left] = cv2.GC_PR_FGD
    # The same generator state each time: the same photo gives the same cut.
    cv2.setRNGSeed(7)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(bgr, marks, (0, 0, 1, 1), background, foreground, 3, cv2.GC_INIT_WITH_MASK)
    found = np.where((marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    opened = cv2.morphologyEx(found, cv2.MORPH_OPEN, _disc(1))
    return _filled(np.asarray(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _disc(2)), np.uint8))


def _filled(mask: Mask) -> Mask:
    """Keep the largest part and those near its size; close holes that do not reach the frame and are small."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return mask
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = np.isin(labels, 1 + np.nonzero(areas >= 0.08 * areas.max())[0])
    holes = cv2.connectedComponentsWithStats((~kept).astype(np.uint8), connectivity=4)
    small = 1 + np.nonzero(holes[2][1:, cv2.CC_STAT_AREA] < 0.02 * kept.sum())[0]
    return np.where(kept | np.isin(holes[1], small), 255, 0).astype(np.uint8)


def _edge_support(mask: Mask, lab: NDArray[np.float32]) -> float:
    """The share of the outline on which colours inside and outside really differ."""
    inner = cv2.erode(mask, _disc(1)) > 0
    outer = cv2.dilate(mask, _disc(1)) == 0
    sides = []
    for side in (inner, outer):
        weight = side.astype(np.float32)[..., None]
        blurred = cv2.boxFilter(lab * weight, -1, (5, 5)) / (cv2.boxFilter(weight, -1, (5, 5))[..., None] + 1e-4)
        sides.append(blurred)
    outline = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, _disc(1)) > 0
    difference = np.linalg.norm(sides[0] - sides[1], axis=-1)[outline]
    return float((difference > 11).mean())


def _raggedness(mask: Mask, perimeter: float) -> float:
    calm = np.asarray(cv2.GaussianBlur(mask, (0, 0), 4), np.uint8) // 128 * 255
    contours, _ = cv2.findContours(calm, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return 9.0
    return perimeter / max(1.0, float(cv2.arcLength(max(contours, key=cv2.contourArea), True)))


def _guided(
    mask: NDArray[np.float32], guide: NDArray[np.float32], *, radius: int, epsilon: float
) -> NDArray[np.float32]:
    """He, Sun, Tang, Guided Image Filtering (2010): the mask's edge moves to where the guide has one."""
    size = (2 * radius + 1, 2 * radius + 1)
    mean_guide, mean_mask = cv2.blur(guide, size), cv2.blur(mask, size)
    covariance = cv2.blur(guide * mask, size) - mean_guide * mean_mask
    variance = cv2.blur(guide * guide, size) - mean_guide**2
    slope = covariance / (variance + epsilon)
    offset = mean_mask - slope * mean_guide
    return np.asarray(np.clip(cv2.blur(slope, size) * guide + cv2.blur(offset, size), 0, 1), np.float32)


def _small(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = min(1.0, SMALL_PX / max(picture.shape[:2]))
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _lab(rgb: Rgb) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _rim(height: int, width: int, *, width_px: int) -> NDArray[np.bool_]:
    rim = np.ones((height, width), bool)
    rim[width_px:-width_px, width_px:-width_px] = False
    return rim


def _overlap(one: Mask, other: Mask) -> float:
    union = ((one > 0) | (other > 0)).sum()
    return float(((one > 0) & (other > 0)).sum() / max(1, union))


def _ramp(value: float, *, none: float, full: float) -> float:
    return float(np.clip((value - none) / (full - none), 0, 1))


def _disc(radius: int) -> Mask:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)
