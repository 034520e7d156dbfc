"""Fills a catalog entry's ``$slots`` from a request, and holds the result against what the model accepts.

Before anything is sent: a host's complaint would come after the call was counted, in its words instead of ours."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vgkit.brief import FILM_SIZES, Aspect
from vgkit.engines.base import ClipRequest, MusicRequest, PictureRequest, Words
from vgkit.engines.catalog import Entry, Parameter, Pass
from vgkit.engines.hosted import Attachment
from vgkit.errors import OrderRejected
from vgkit.places import templates_dir
from vgkit.template import Camera

Asked = PictureRequest | ClipRequest | MusicRequest

# How strongly each motion pulls, 0 to 1; strengths near 1 tear these models' pictures.
_STRENGTHS: Mapping[Camera, Mapping[str, float]] = {
    "push_in": {"zoom_in": 0.7},
    "pull_out": {"zoom_out": 0.7},
    "pan_left": {"pan_left": 0.7},
    "pan_right": {"pan_right": 0.7},
    "tilt_up": {"tilt_up": 0.7},
    "tilt_down": {"tilt_down": 0.7},
    "orbit": {"pan_right": 0.5, "zoom_in": 0.3},
    "static": {},
}
_ROOM: Mapping[Words, str] = {
    "none": "",
    "caption": "subject right of centre, uncluttered at the lower left",
    "end_card": "subject at the right, the left half empty",
}
_MOTIONS = ("zoom_in", "zoom_out", "pan_left", "pan_right", "tilt_up", "tilt_down", "roll_cw", "roll_acw")
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "uri": (Attachment,),
}


def params_of(entry: Entry, this: Pass, request: Asked, results: Sequence[Path]) -> dict[str, Any]:
    """What a model is given for a request, by its own names. Raises OrderRejected for a value it would not accept."""
    known = _values(entry, this, request, results)
    params = {}
    for name, stated in this.input.items():
        value = known.get(stated[1:]) if isinstance(stated, str) and stated.startswith("$") else stated
        if value is not None and value != "":
            _check(entry, name, entry.parameters[name], value)
            params[name] = value
    return params


def aspect_of(width_px: int, height_px: int) -> Aspect:
    """The film's aspect that a size is nearest to."""
    wanted = math.log(width_px / height_px)
    return min(FILM_SIZES, key=lambda a: abs(math.log(FILM_SIZES[a][0] / FILM_SIZES[a][1]) - wanted))


def _values(entry: Entry, this: Pass, request: Asked, results: Sequence[Path]) -> dict[str, Any]:
    previous = Attachment(results[-1]) if results else None
    common: dict[str, Any] = {"prompt": _prompt(request), "seed": request.seed, "previous": previous}
    if isinstance(request, MusicRequest):
        return common | {"duration_s": math.ceil(request.duration_s)}
    size = _size_px(request)
    aspect = aspect_of(*size)
    width, height = this.size.get(aspect) or entry.size.get(aspect) or size
    common |= {"negative": request.negative, "width": width, "height": height, "aspect": aspect}
    common |= {"product": Attachment(request.product) if request.product else None}
    strengths = _STRENGTHS[request.staging.camera]
    common |= {motion: strengths.get(motion, 0.0) for motion in _MOTIONS}
    if isinstance(request, PictureRequest):
        return common | ({"layout": _layout(request, width, height)} if "$layout" in this.input.values() else {})
    return common | _of_clip(entry, request, width, height)


def _prompt(request: Asked) -> str:
    """The words for the model, with where room must be left: captions and the end card stand at the left."""
    room = "" if isinstance(request, MusicRequest) else _ROOM[request.staging.words]
    return f"{request.prompt}, {room}" if room else request.prompt


def _of_clip(entry: Entry, request: ClipRequest, width: int, height: int) -> dict[str, Any]:
    frames, fps = entry.frames or request.shape.frames, entry.fps or request.shape.fps
    shape = {"frames": frames, "fps": fps, "width_px": width, "height_px": height}
    still = request.keyframe
    return {
        "frames": frames,
        "fps": fps,
        "keyframe": Attachment(still) if still else None,
        "keyframe_clip": Attachment(still, "push_in", shape) if still else None,
    }


def _size_px(request: PictureRequest | ClipRequest) -> tuple[int, int]:
    if isinstance(request, ClipRequest):
        return request.shape.width_px, request.shape.height_px
    return request.width_px, request.height_px


def _layout(request: PictureRequest, width: int, height: int) -> Attachment:
    """Our own drawing of the shot; all it is drawn from is in its settings, so the source is the scene's file."""
    # Imported here: most models have no use for a drawing, and this brings its libraries with it.
    from vgkit.engines.sketch.engine import Sketch

    drawn = dataclasses.replace(request, subject="", width_px=width, height_px=height)
    scene = templates_dir() / "scenes" / f"{request.staging.scene}.svg"
    return Attachment(scene, "sketch_layout", {"request": drawn, "sketch": Sketch().version})


def _check(entry: Entry, name: str, parameter: Parameter, value: Any) -> None:
    wrong = ""
    if not isinstance(value, _TYPES[parameter.type]) or (isinstance(value, bool) and parameter.type != "boolean"):
        wrong = f"a value of type {parameter.type}"
    elif parameter.choices and value not in parameter.choices:
        wrong = f"one of {', '.join(map(str, parameter.choices))}"
    elif isinstance(value, (int, float)) and not _within(parameter, value):
        wrong = _range(parameter)
    if wrong:
        raise OrderRejected(
            f"{entry.reference}: {name} would be {value!r}, and the model takes {wrong}. Nothing was sent. "
            "Mend the engine's entry in the catalog, or ask for what it can give."
        )


def _within(parameter: Parameter, value: float) -> bool:
    low, high = parameter.minimum, parameter.maximum
    return (low is None or value >= low) and (high is None or value <= high)


def _range(parameter: Parameter) -> str:
    low, high = parameter.minimum, parameter.maximum
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"
