"""The sketch engine's stills: the frame of a shot at one moment, so that a keyframe and its clip show the same."""

from pathlib import Path

from vgkit.engines.base import Made, PictureRequest
from vgkit.engines.sketch import compose
from vgkit.media.frames import write_picture


def draw(request: PictureRequest, out: Path) -> Made:
    """Draw the still asked for into ``out`` (PNG). Raises AssetError for a product's picture that can't be used."""
    shot = compose.set_up(
        request.staging,
        product_path=request.product,
        seed=request.seed,
        width_px=request.width_px,
        height_px=request.height_px,
    )
    write_picture(compose.frame(shot, request.at), out)
    return Made(out, facts=compose.facts(shot))
