"""``sketch``: draws, animates and composes on this machine, so that everyone sees the whole workbench at once.

It is honest: it bears its own name in every row and in the film's metadata."""

from pathlib import Path

from vgkit.brief import Brief
from vgkit.engines.base import ClipRequest, Made, MusicRequest, PictureRequest
from vgkit.engines.sketch import clips, pictures
from vgkit.engines.sketch.music import compose
from vgkit.engines.sketch.plan import plan_by_rule
from vgkit.engines.sketch.product import read_product
from vgkit.media.cutout import dominant_accent
from vgkit.media.sound import write_wav
from vgkit.storyboard import ClipShape, Plan
from vgkit.template import Template

_NATIVE_PX = {"16:9": (1024, 576), "9:16": (576, 1024), "1:1": (768, 768)}


class Sketch:
    """The offline engine. Raise ``version`` with every change that a viewer could see or hear: it is part of what the
    cache goes by."""

    name = "sketch"
    host = "local"
    version = "1"

    def plan(self, brief: Brief, template: Template, *, product: Path | None = None) -> Plan:
        """Fill the template by rule, with the accent colour of the product itself, not of what it stands before."""
        accent = dominant_accent(read_product(product).rgba) if product else None
        return plan_by_rule(brief, template, accent=accent)

    def shape(self, aspect: str) -> ClipShape:
        """24 frames at 8 a second, as Zeroscope gives; the size follows the film's aspect."""
        width, height = _NATIVE_PX[aspect]
        return ClipShape(frames=24, fps=8, width_px=width, height_px=height)

    def draw(self, request: PictureRequest, out: Path) -> Made:
        """Draw a still of the shot into ``out`` (PNG)."""
        return pictures.draw(request, out)

    def animate(self, request: ClipRequest, out: Path) -> Made:
        """Move the camera through the shot's scene into ``out`` (MP4)."""
        return clips.animate(request, out)

    def compose(self, request: MusicRequest, out: Path) -> Made:
        """Synthesise music of exactly the asked length into ``out`` (WAV); its beats are told in the facts."""
        piece = compose(
            mood=request.mood,
            tempo_bpm=request.tempo_bpm,
            duration_s=request.duration_s,
            cuts_s=request.cuts_s,
            seed=request.seed,
        )
        write_wav(piece.samples, out)
        return Made(out, facts={"bpm": piece.bpm, "beats_s": [round(beat, 4) for beat in piece.beats_s]})
