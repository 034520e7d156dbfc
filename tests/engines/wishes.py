"""Whole requests to engines, from the one field that matters to a test."""

from typing import Any

from vgkit.engines.base import ClipRequest, MusicRequest, PictureRequest, Staging
from vgkit.engines.catalog import catalog
from vgkit.engines.hosts import host
from vgkit.engines.model import CatalogEngine
from vgkit.storyboard import ClipShape, Palette

COLOURS = ("#dce6ea", "#b8c8c4", "#8fa89c", "#5e7a6c", "#e4583c", "#22302a", "#fff2d8")
SHAPE = ClipShape(frames=24, fps=8, width_px=1024, height_px=576)


def engine(name: str, **changes: Any) -> CatalogEngine:
    """A catalog's engine; ``changes`` are of its entry."""
    entry = catalog()[f"{name}@replicate"]
    return CatalogEngine(entry.model_copy(update=changes), host(entry.host))


def staging(**changes: Any) -> Staging:
    palette = Palette.model_validate(dict(zip(Palette.model_fields, COLOURS, strict=True)))
    fields = {"scene": "studio", "light": "morning", "palette": palette, "size": "medium", "camera": "push_in"}
    return Staging(**fields | {"presence": "hero", "object": "bottle"} | changes)


def picture(**changes: Any) -> PictureRequest:
    fields = {"prompt": "a steel bottle", "negative": "text", "seed": 3, "width_px": 640, "height_px": 360, "at": 0.3}
    return PictureRequest(**{"subject": "k00", "staging": staging()} | fields | changes)


def clip(**changes: Any) -> ClipRequest:
    fields = {"prompt": "a steel bottle", "negative": "text", "seed": 3, "shape": SHAPE, "staging": staging()}
    return ClipRequest(**{"subject": "s01/t01"} | fields | changes)


def music(**changes: Any) -> MusicRequest:
    fields = {"mood": "calm", "tempo_bpm": 90.0, "duration_s": 6.0, "cuts_s": (3.0,), "seed": 3}
    return MusicRequest(**{"subject": "music", "prompt": "calm piano"} | fields | changes)
