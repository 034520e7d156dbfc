"""Where the sketch engine's pictures take place: a scene's file becomes painted layers, each at its own depth.

Layers are drawn once, larger than the frame, and the camera then moves them at different speeds; that costs far less
than drawing anew for each frame, and it is what gives flat drawings their depth."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.engines.sketch.palettes import halo, tints
from vgkit.engines.sketch.scene_files import (
    DrawnLayer,
    LightFrom,
    Setup,
    Surface,
    TextSide,
    read_layers,
    read_setup,
)
from vgkit.errors import AssetError, TemplateError
from vgkit.media.svg import render_svg
from vgkit.places import templates_dir
from vgkit.storyboard import Light, Palette

Rgba = NDArray[np.uint8]

MARGIN = 0.22
_WIDTH, _HEIGHT = 1600, 900
_FRONT = 1.25
# how strongly the light itself shows in the air, behind the product and in front of it
_AIR: dict[Light, tuple[float, float]] = {
    "morning": (0.20, 0.09),
    "day": (0.15, 0.04),
    "golden": (0.32, 0.15),
    "dusk": (0.16, 0.07),
    "night": (0.14, 0.04),
    "neon": (0.20, 0.08),
    "overcast": (0.16, 0.04),
    "studio": (0.16, 0.03),
}
_FROM: dict[LightFrom, tuple[float, float]] = {
    "left": (-0.02, 0.12),
    "right": (1.02, 0.12),
    "top": (0.5, -0.12),
    "back": (0.5, 0.36),
}


@dataclass(frozen=True, eq=False)
class Layer:
    """A painted sheet, straight alpha. ``depth`` 0 is infinitely far, 1 the product's plane, above 1 in front of it."""

    name: str
    rgba: Rgba
    depth: float


@dataclass(frozen=True, eq=False)
class Stage:
    """A place ready for the camera. Every layer covers ``margin`` of the frame more on each side."""

    name: str
    layers: tuple[Layer, ...]
    margin: float
    ground_y: float
    product_x: float
    product_height: float
    surface: Surface
    light_from: LightFrom
    text_side: TextSide


@dataclass(frozen=True)
class _View:
    """The part of the 1600 x 900 drawing that the frame shows."""

    left: float
    top: float
    width: float
    height: float

    def grown(self) -> "_View":
        """The view with its margin on all sides."""
        across, down, more = MARGIN * self.width, MARGIN * self.height, 1 + 2 * MARGIN
        return _View(self.left - across, self.top - down, self.width * more, self.height * more)


def scene_names(*, folder: Path | None = None) -> tuple[str, ...]:
    """Name the scenes there are: one for each SVG in ``templates/scenes`` (or ``folder``)."""
    return tuple(sorted(path.stem for path in (folder or templates_dir() / "scenes").glob("*.svg")))


def scene_for(words: str | Iterable[str], *, folder: Path | None = None) -> str | None:
    """Choose the scene that most of the words call for; None where no word does. Earlier words break a tie."""
    text = words if isinstance(words, str) else " ".join(words)
    spoken = re.findall(r"\w+", text.lower())
    best: tuple[int, int] = (0, 0)
    chosen = None
    for setup in _setups(folder):
        known = {setup.name, *setup.words}
        hits = [at for at, word in enumerate(spoken) if known & {word, word.removesuffix("s"), word.removesuffix("es")}]
        rank = (len({spoken[at] for at in hits}), -hits[0]) if hits else (0, 0)
        if rank > best:
            best, chosen = rank, setup.name
    return chosen


@lru_cache(maxsize=4)
def stage(
    name: str,
    *,
    palette: Palette,
    light: Light,
    width_px: int,
    height_px: int,
    seed: int,
    folder: Path | None = None,
) -> Stage:
    """Paint a scene. The same arguments give the same pixels; the arrays are shared, so they are read-only.

    Frames narrower than 16:9 show the part around the product. Raises TemplateError for an unknown or broken scene.
    """
    path = _scene_path(name, folder)
    setup = read_setup(path)
    view = _view(setup, width_px / height_px)
    size = (width_px + 2 * round(MARGIN * width_px), height_px + 2 * round(MARGIN * height_px))
    drawn = read_layers(path, slots=tints(palette), light=light, seed=seed)
    noise = _noise(size, seed)
    layers = [_painted(layer, view.grown(), size, noise, path) for layer in drawn]
    behind, front = _air(setup, palette, light, size)
    layers = sorted([*layers, behind, front], key=lambda layer: layer.depth)
    for layer in layers:
        layer.rgba.setflags(write=False)
    whole = view.width >= _WIDTH - 1
    return Stage(
        name=name,
        layers=tuple(layers),
        margin=MARGIN,
        ground_y=(setup.ground_y * _HEIGHT - view.top) / view.height,
        product_x=(setup.product_x * _WIDTH - view.left) / view.width,
        product_height=min(setup.product_height, 0.86 * width_px / height_px),
        surface=setup.surface,
        light_from=setup.light_from,
        text_side=setup.text_side if whole else "bottom",
    )


def _setups(folder: Path | None) -> tuple[Setup, ...]:
    paths = (_scene_path(name, folder) for name in scene_names(folder=folder))
    return tuple(_setup_as_of(path, path.stat().st_mtime_ns) for path in paths)


@lru_cache(maxsize=256)
def _setup_as_of(path: Path, _modified_ns: int) -> Setup:
    return read_setup(path)


def _scene_path(name: str, folder: Path | None) -> Path:
    names = scene_names(folder=folder)
    if name not in names:
        raise TemplateError(f"scene: there is no scene {name!r}. Use one of {', '.join(names)}.")
    return (folder or templates_dir() / "scenes") / f"{name}.svg"


def _view(setup: Setup, aspect: float) -> _View:
    width = min(_WIDTH, _HEIGHT * aspect)
    height = width / aspect
    left = min(max(setup.product_x * _WIDTH - width / 2, 0), _WIDTH - width)
    return _View(left, (_HEIGHT - height) * setup.ground_y, width, height)


def _painted(layer: DrawnLayer, whole: _View, size: tuple[int, int], noise: NDArray[np.int16], path: Path) -> Layer:
    blur_px = layer.blur * size[0] / whole.width
    # what will be out of focus needs no fine pixels: drawn small, blurred small, enlarged
    shrink = max(1.0, blur_px / 0.9)
    small = (max(8, round(size[0] / shrink)), max(8, round(size[1] / shrink)))
    try:
        rgba = _drawn(layer, whole, small)
    except AssetError as error:
        raise TemplateError(f"{path.name}: layer {layer.name!r} can't be drawn: {error}") from error
    if blur_px > 0.3:
        rgba = np.asarray(cv2.resize(_blurred(rgba, blur_px / shrink), size, interpolation=cv2.INTER_CUBIC), np.uint8)
    rgba[..., :3] = np.clip(rgba[..., :3] + noise[..., None], 0, 255)
    return Layer(layer.name, rgba, layer.depth)


def _drawn(layer: DrawnLayer, whole: _View, size: tuple[int, int]) -> Rgba:
    """Draw a layer, at full size only where a coarse first drawing shows that there is anything."""
    coarse = (max(4, size[0] // 12), max(4, size[1] // 12))
    covered = _pixels(layer, whole, coarse)[..., 3] > 0
    rgba = np.zeros((size[1], size[0], 4), np.uint8)
    if not covered.any():
        return rgba
    left, right = _span(np.max(covered, axis=0), size[0])
    top, bottom = _span(np.max(covered, axis=1), size[1])
    across, down = whole.width / size[0], whole.height / size[1]
    width, height = right - left, bottom - top
    part = _View(whole.left + left * across, whole.top + top * down, width * across, height * down)
    rgba[top:bottom, left:right] = _pixels(layer, part, (width, height))
    return rgba


def _span(covered: NDArray[np.bool_], pixels: int) -> tuple[int, int]:
    """From where to where coarse cells are covered, in ``pixels`` of the full row, a cell wider on each side."""
    cells = np.flatnonzero(covered)
    first, last = int(cells[0]) - 1, int(cells[-1]) + 2
    return max(0, first * pixels // covered.size), min(pixels, last * pixels // covered.size + 1)


def _pixels(layer: DrawnLayer, view: _View, size: tuple[int, int]) -> Rgba:
    box = f"{view.left:.4f} {view.top:.4f} {view.width:.4f} {view.height:.4f}"
    root = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" preserveAspectRatio="none">'
    return render_svg(f"{root}{layer.elements}</svg>", width=size[0], height=size[1])


def _blurred(rgba: Rgba, sigma_px: float) -> Rgba:
    weighed = rgba.astype(np.float32)
    weighed[..., :3] *= weighed[..., 3:] / 255
    spread = np.asarray(cv2.GaussianBlur(weighed, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE), np.float32)
    spread[..., :3] /= np.maximum(spread[..., 3:] / 255, 1e-4)
    return np.asarray(np.clip(spread + 0.5, 0, 255), np.uint8)


def _noise(size: tuple[int, int], seed: int) -> NDArray[np.int16]:
    """Fine grain on a cloudy ground: keeps gradients from banding after encoding and takes off the vector gloss."""
    chance = np.random.default_rng(seed)
    clouds = chance.normal(0, 1.5, (size[1] // 36 + 2, size[0] // 36 + 2)).astype(np.float32)
    grain = np.tile(chance.normal(0, 1.1, (256, 256)).astype(np.float32), (size[1] // 256 + 1, size[0] // 256 + 1))
    mottled = cv2.resize(clouds, size, interpolation=cv2.INTER_CUBIC) + grain[: size[1], : size[0]]
    return np.round(mottled).astype(np.int16)


def _air(setup: Setup, palette: Palette, light: Light, size: tuple[int, int]) -> tuple[Layer, Layer]:
    """The light itself: a glow behind the product, and a veil with dim corners in front of everything."""
    behind, front = _AIR[light]
    colour = halo(palette)
    at_x, at_y = _FROM[setup.light_from]
    # smooth enough to be worked out on a coarse grid and enlarged
    xs, ys = np.meshgrid(*[np.linspace(-MARGIN, 1 + MARGIN, 96)] * 2)
    far = (xs - at_x) ** 2 + (ys - at_y) ** 2
    corner = np.clip(((xs - 0.5) ** 2 + (ys - 0.5) ** 2 - 0.22) * 0.9, 0, 0.34)
    veil = front * np.exp(-far / 0.3)
    cover = veil + corner * (1 - veil)
    share = (veil / np.maximum(cover, 1e-4))[..., None]
    veiled = share * _rgb(colour) + (1 - share) * _rgb(palette.ink)
    glow = np.broadcast_to(_rgb(colour), (*far.shape, 3))
    return (
        Layer("glow", _enlarged(glow, behind * np.exp(-far / 0.42), size), 0.97),
        Layer("veil", _enlarged(veiled, cover, size), _FRONT),
    )


def _enlarged(rgb: NDArray[np.floating], alpha: NDArray[np.floating], size: tuple[int, int]) -> Rgba:
    coarse = np.dstack([rgb, alpha * 255]).astype(np.float32)
    return np.asarray(np.clip(cv2.resize(coarse, size) + 0.5, 0, 255), np.uint8)


def _rgb(colour: str) -> NDArray[np.float32]:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32)
