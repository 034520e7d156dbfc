"""Stills, clips and music in the place of a model's: drawn from the words by the sketch engine, or, where a picture or
a clip was attached, that one set in motion, so that a rehearsed film looks like its own animatic."""

import math
import random
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from vgkit.brief import brief_from
from vgkit.engines.adapters import fitted
from vgkit.engines.base import Staging
from vgkit.engines.sketch import compose
from vgkit.engines.sketch.plan import plan_by_rule
from vgkit.errors import AssetError, NotAClip
from vgkit.media.frames import Frame, read_clip, read_picture, replacing, write_clip, write_picture
from vgkit.rehearsal.jobs import CLIPS, Job
from vgkit.rehearsal.sounds import write_music
from vgkit.template import Camera, ShotSize
from vgkit.template_files import load_template

_SIZES: dict[ShotSize, str] = {
    "detail": "macro texture",
    "close": "close-up close portrait",
    "wide": "wide establishing",
}
_CAMERAS: tuple[Camera, ...] = ("push_in", "pan_left", "pull_out", "pan_right", "orbit")
_STRENGTHS: dict[str, Camera] = {
    **{"zoom_in": "push_in", "zoom_out": "pull_out", "pan_left": "pan_left", "pan_right": "pan_right"},
    **{"pan_up": "tilt_up", "pan_down": "tilt_down", "rolling": "orbit"},
}
_DRIFTS: dict[Camera, tuple[float, float, float]] = {
    # across, down, zoom: how far the view moves, as shares of the frame
    "push_in": (0.0, 0.0, 0.08),
    "pull_out": (0.0, 0.0, -0.08),
    "pan_left": (-0.06, 0.0, 0.0),
    "pan_right": (0.06, 0.0, 0.0),
    "tilt_up": (0.0, -0.05, 0.0),
    "tilt_down": (0.0, 0.05, 0.0),
    "orbit": (0.04, 0.01, 0.04),
    "static": (0.0, 0.0, 0.01),
}
# How much larger than the frame a picture is laid out, so that no edge is seen; a clip moves by itself and drifts less.
_STILL_SPARE, _CLIP_SPARE = 1.14, 1.03
_LONGEST_PROMPT = 2000


def make(job: Job, out: Path) -> None:
    """Make what a job asks for into ``out``. An attachment that can't be read is passed over for the words."""
    if job.suffix in (".wav", ".mp3"):
        write_music(job, out)
    elif job.suffix in (".mp4", ".gif"):
        _write(_frames(job), job, out)
    else:
        write_picture(_still(job), out)


def staging_for(prompt: str, *, camera: Camera) -> Staging:
    """Set up a shot from a prompt's words: place, light, thing and shot size as they name them."""
    words = "".join(letter for letter in prompt if letter.isprintable())[:_LONGEST_PROMPT].strip() or "a product"
    plan = plan_by_rule(brief_from({"prompt": words}), load_template("product_showcase"))
    spoken = set(re.findall(r"[\w-]+", words.lower()))
    sizes = [size for size, known in _SIZES.items() if spoken & set(known.split())]
    return Staging(
        scene=plan.place,
        light=plan.light,
        palette=plan.palette,
        size=sizes[0] if sizes else "medium",
        camera=camera,
        presence="hero",
        object=plan.object,
        words="end_card" if "empty" in spoken else "caption" if "uncluttered" in spoken else "none",
    )


def camera_for(job: Job) -> Camera:
    """The camera that the strongest motion strength asks for; else one by the seed."""
    asked = {
        camera: float(value)
        for start, camera in _STRENGTHS.items()
        for name, value in job.wishes.items()
        if name.startswith(start) and name.endswith("_strength") and isinstance(value, int | float)
    }
    best = max(asked, key=lambda camera: asked[camera], default=None)
    return best if best and asked[best] > 0 else _CAMERAS[job.seed % len(_CAMERAS)]


def _still(job: Job) -> Frame:
    attached = _attached(job)
    if attached is not None:
        return fitted(attached[0], job.width_px, job.height_px)
    return next(_drawn(job, count=1))


def _frames(job: Job) -> Iterator[Frame]:
    attached = _attached(job)
    if attached is None:
        return _drawn(job, count=job.frames)
    if job.role == "upscale":
        return (fitted(frame, job.width_px, job.height_px) for frame in attached)
    if job.role == "interpolate":
        steps = int(job.wishes.get("num_interpolation_steps", 1))
        return _between(attached, job, count=(len(attached) - 1) * 2**steps + 1)
    return _moved(attached, job, count=job.frames)


def _attached(job: Job) -> Frame | None:
    """The frames that were attached, (n, height, width, 3); None where there are none that can be read."""
    if job.source is None:
        return None
    try:
        if job.source.path.suffix in CLIPS:
            return read_clip(job.source.path)
        return read_picture(job.source.path)[None, ..., :3]
    except (AssetError, NotAClip):
        return None


def _drawn(job: Job, *, count: int) -> Iterator[Frame]:
    staging = staging_for(job.prompt, camera=camera_for(job))
    shot = compose.set_up(staging, product_path=None, seed=job.seed, width_px=job.width_px, height_px=job.height_px)
    for number in range(count):
        yield compose.frame(shot, number / max(1, count - 1))


def _moved(attached: Frame, job: Job, *, count: int) -> Iterator[Frame]:
    """Show attached frames through a window that drifts, by another way for another seed."""
    still = len(attached) == 1
    strength = (1.0 if still else 0.2) * random.Random(job.seed).uniform(0.8, 1.2)
    spare = _STILL_SPARE if still else _CLIP_SPARE
    across, down, zoom = (strength * share for share in _DRIFTS[camera_for(job)])
    width, height = job.width_px, job.height_px
    larger = [fitted(frame, round(width * spare), round(height * spare)) for frame in attached]
    for number in range(count):
        t = number / max(1, count - 1)
        eased = (1 - math.cos(math.pi * t)) / 2 - 0.5
        large = larger[round(t * (len(larger) - 1))]
        closer = 1 + zoom * (eased + math.copysign(0.5, zoom))
        centre = (large.shape[1] / 2 + across * eased * width, large.shape[0] / 2 + down * eased * height)
        matrix = np.array(
            [[closer, 0, width / 2 - closer * centre[0]], [0, closer, height / 2 - closer * centre[1]]], np.float64
        )
        yield np.asarray(cv2.warpAffine(large, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)


def _between(attached: Frame, job: Job, *, count: int) -> Iterator[Frame]:
    """Show attached frames at more moments, each as it stands."""
    for number in range(count):
        yield fitted(attached[round(number / max(1, count - 1) * (len(attached) - 1))], job.width_px, job.height_px)


def _write(frames: Iterator[Frame], job: Job, out: Path) -> None:
    if job.suffix == ".mp4":
        write_clip(frames, out, fps=job.fps, crf=18, preset="ultrafast")
        return
    # An octree is thirty times as quick as a median cut, and a GIF's 256 colours are seen either way.
    pictures = [Image.fromarray(frame).quantize(256, method=Image.Quantize.FASTOCTREE) for frame in frames]
    with replacing(out) as draft:
        pictures[0].save(
            draft, format="GIF", save_all=True, append_images=pictures[1:], duration=round(1000 / job.fps), loop=0
        )
