"""``sketch``: draws, animates and composes on this machine, so that everyone sees the whole workbench at once.

It is honest: it bears its own name in every row and in the film's metadata."""

import hashlib
from functools import lru_cache
from pathlib import Path

from vgkit.engines.base import ClipRequest, Made, MusicRequest, PictureRequest, PlanRequest
from vgkit.engines.sketch import clips, pictures
from vgkit.engines.sketch.plan import plan_by_rule
from vgkit.engines.sketch.product import read_product
from vgkit.files import sha256_of, write_text
from vgkit.media.cutout import dominant_accent
from vgkit.media.sound import write_wav
from vgkit.places import templates_dir
from vgkit.storyboard import ClipShape

_CODE = "1"  # raise with every change that a viewer could see or hear: the cache goes by the version
_NATIVE_PX = {"16:9": (1024, 576), "9:16": (576, 1024), "1:1": (768, 768)}


@lru_cache(maxsize=1)
def drawings_digest() -> str:
    """Digest all scenes and objects as they were when first asked for."""
    drawings = sorted((templates_dir() / "scenes").rglob("*.svg"))
    return hashlib.sha256("".join(sha256_of(path) for path in drawings).encode()).hexdigest()


def accent_of(product: Path | None) -> str | None:
    """The colour that a plan takes from a product's picture. Raises AssetError for one that can't be used."""
    return dominant_accent(read_product(product).rgba) if product else None


class Sketch:
    """The offline engine for all four roles."""

    name = "sketch"
    host = "local"
    commercial_use = True

    @property
    def version(self) -> str:
        """What the code draws, and the drawings it draws from: a scene may be edited without the code."""
        return f"{_CODE}.{drawings_digest()[:8]}"

    def plan(self, request: PlanRequest, out: Path) -> Made:
        """Fill the template by rule, with the accent colour of the product itself, not of what it stands before."""
        plan = plan_by_rule(request.brief, request.template, accent=accent_of(request.product))
        write_text(out, plan.model_dump_json(indent=2) + "\n")
        return Made(out)

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
        # Imported here: it brings SciPy, which who only asks for an engine's shape or price need not wait for.
        from vgkit.engines.sketch.music import compose

        piece = compose(
            mood=request.mood,
            tempo_bpm=request.tempo_bpm,
            duration_s=request.duration_s,
            cuts_s=request.cuts_s,
            seed=request.seed,
        )
        write_wav(piece.samples, out)
        return Made(out, facts={"bpm": piece.bpm, "beats_s": [round(beat, 4) for beat in piece.beats_s]})
