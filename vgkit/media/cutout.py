"""A product's picture, freed from its background. A torn outline looks worse than an honest photograph, so every cut is
judged, and where none convinces the photo is shown whole, as a print."""

import logging
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from vgkit.errors import AssetError
from vgkit.media.matte import backdrop_mask, believability, grabcut_mask, soften

log = logging.getLogger(__name__)

Rgba = NDArray[np.uint8]
Method = Literal["alpha", "backdrop", "grabcut", "framed"]

WORK_PX = 1600
MAX_PIXELS = 40_000_000
BELIEVABLE = 0.8
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")
_ACCENT_VALUE = 150
_CURE = "Give a PNG, JPEG or WebP of about 2,000 pixels."
_NOTE = "vgkit-cutout"


@dataclass(frozen=True)
class Cutout:
    """A product on nothing. ``rgba`` (h, w, 4) straight alpha, cropped to what is seen; ``confidence`` 0 to 1.

    ``backdrop`` is a cut by distance from an even background; ``framed`` means that no cut convinced and ``rgba`` is
    the whole photo as a print with a border.
    """

    rgba: Rgba
    method: Method
    confidence: float


def load_picture(path: Path, *, max_px: int = 12000) -> Rgba:
    """Read a person's picture as (h, w, 4) RGBA, upright. Its size is judged before a pixel is decoded.

    Raises AssetError for what is missing, no picture, damaged, too large, animated or a drawing in SVG.
    """
    if not path.is_file():
        raise AssetError(f"The picture {path} does not exist. Check the path; it is read from the brief's folder.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                _refuse_unusable(image, path=path, max_px=max_px)
                return _upright_rgba(image)
    except Image.DecompressionBombError as error:
        pixels = int(re.findall(r"\d+", str(error))[0])
        raise AssetError(
            f"The picture {path.name} has {pixels:,} pixels; the limit is {MAX_PIXELS:,}. {_CURE}"
        ) from error
    except UnidentifiedImageError as error:
        raise AssetError(_no_picture(path)) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise AssetError(f"The picture {path.name} is damaged or cut short ({error}). Export it again.") from error


def cut_out(picture: NDArray[np.uint8]) -> Cutout:
    """Free the product in ``picture``, (h, w, 3) RGB or (h, w, 4) RGBA with straight alpha.

    Tries its own alpha, then an even backdrop, then GrabCut; frames the photo where no cut is believable.
    Raises AssetError where the picture is wholly transparent.
    """
    work = _within(picture, longest_px=WORK_PX)
    if work.shape[2] == 4 and (work[..., 3] < 128).mean() > 0.01:
        return Cutout(_cropped(work), "alpha", 1.0)
    rgb = np.ascontiguousarray(work[..., :3])
    for method, mask in (("backdrop", backdrop_mask(rgb)), ("grabcut", None)):
        candidate = mask if method == "backdrop" else grabcut_mask(rgb)
        confidence = 0.0 if candidate is None else believability(candidate, rgb)
        log.debug("cut by %s: confidence %.2f", method, confidence)
        if candidate is not None and confidence >= BELIEVABLE:
            found: Method = "backdrop" if method == "backdrop" else "grabcut"
            return Cutout(_cropped(soften(candidate, rgb)), found, confidence)
    return Cutout(as_print(rgb), "framed", 1.0)


def as_print(rgb: NDArray[np.uint8]) -> Rgba:
    """Mount a photo on card: an off-white border, rounded corners; (h, w, 4)."""
    photo = _within(_moderate(rgb), longest_px=1200)
    height, width = photo.shape[:2]
    border = round(0.035 * min(height, width)) + 2
    card = cv2.copyMakeBorder(photo, border, border, border, border, cv2.BORDER_CONSTANT, value=(250, 248, 244))
    inner = _rounded(height, width, radius=0.4 * border)
    middle = (slice(border, border + height), slice(border, border + width))
    paper = np.array((250, 248, 244), np.float32)
    card[middle] = np.rint(photo * inner[..., None] + paper * (1 - inner[..., None]))
    # A hairline keeps a light photo apart from its light border.
    line = np.clip(inner - cv2.erode(inner, np.ones((3, 3))), 0, 1)[..., None] * 0.18
    card[middle] = np.rint(card[middle] * (1 - line))
    outer = _rounded(*card.shape[:2], radius=1.2 * border)
    return np.dstack([card, np.rint(outer * 255).astype(np.uint8)])


def write_cutout(cutout: Cutout, path: Path) -> None:
    """Save as PNG that remembers how it was cut, for ``read_cutout``."""
    note = PngInfo()
    note.add_text(_NOTE, f"{cutout.method} {cutout.confidence:.3f}")
    Image.fromarray(cutout.rgba).save(path, format="PNG", pnginfo=note)


def read_cutout(path: Path) -> Cutout:
    """Read what ``write_cutout`` saved; any other picture is cut out now. Raises AssetError like ``load_picture``."""
    picture = load_picture(path)
    with Image.open(path, formats=FORMATS) as image:
        method, _, confidence = str(image.info.get(_NOTE, "")).partition(" ")
    if method in ("alpha", "backdrop", "grabcut", "framed"):
        return Cutout(picture, method, float(confidence))  # type: ignore[arg-type]  # narrowed by the line above
    return cut_out(picture)


def dominant_accent(rgba: Rgba) -> str | None:
    """Name the saturated colour that marks the product, as hex; None where it is all greys."""
    small = _within(rgba, longest_px=200)
    solid = small[small[..., 3] > 200][:, :3] if small.shape[2] == 4 else small.reshape(-1, 3)
    if len(solid) == 0:
        return None
    hsv = cv2.cvtColor(solid[None], cv2.COLOR_RGB2HSV)[0].astype(np.float32)
    vivid = (hsv[:, 1] > 80) & (hsv[:, 2] > 60)
    if vivid.mean() < 0.04:
        return None
    weight = hsv[:, 1] / 255 * np.sqrt(hsv[:, 2] / 255) * vivid
    by_hue = np.bincount((hsv[:, 0] // 10).astype(int) % 18, weights=weight, minlength=18)
    best = int(np.argmax(by_hue))
    own = solid[vivid & ((hsv[:, 0] // 10).astype(int) % 18 == best)]
    # As an accent it must glow: a dark hue is lifted.
    colour = np.median(own, axis=0)
    red, green, blue = np.rint(colour * max(1.0, _ACCENT_VALUE / colour.max())).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _refuse_unusable(image: Image.Image, *, path: Path, max_px: int) -> None:
    width, height = image.size
    if max(width, height) > max_px or width * height > MAX_PIXELS:
        raise AssetError(
            f"The picture {path.name} is {width} x {height} pixels; the limits are {max_px:,} a side "
            f"and {MAX_PIXELS // 1_000_000} megapixels. {_CURE}"
        )
    # Phones write MPO: a JPEG with a preview or depth map behind it, which is no animation.
    frames = 1 if image.format in ("MPO", "TIFF") else getattr(image, "n_frames", 1)
    if frames > 1:
        raise AssetError(f"The picture {path.name} is an animation of {frames} frames. Export one frame as PNG.")


def _no_picture(path: Path) -> str:
    start = path.read_bytes()[:400].lstrip().lower()
    if not start:
        return f"The picture {path.name} is empty (0 bytes). {_CURE}"
    if b"<svg" in start or path.suffix.lower() == ".svg":
        return (
            f"{path.name} is an SVG drawing. Export it as PNG with a transparent background, about 2,000 pixels high."
        )
    return f"{path.name} is no picture that can be read here. {_CURE}"


def _upright_rgba(image: Image.Image) -> Rgba:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I") or upright.mode == "F":
        # Pillow would clip 16-bit greys to white instead of scaling them.
        grey = np.asarray(upright, np.float32)
        upright = Image.fromarray(np.rint(grey / max(float(grey.max()), 1.0) * 255).astype(np.uint8))
    if upright.mode == "CMYK":
        upright = upright.convert("RGB")
    return np.asarray(upright.convert("RGBA"), np.uint8)


def _within(picture: NDArray[np.uint8], *, longest_px: int) -> NDArray[np.uint8]:
    longest = max(picture.shape[:2])
    if longest <= longest_px:
        return picture
    size = tuple(max(1, round(side * longest_px / longest)) for side in picture.shape[1::-1])
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _cropped(rgba: Rgba) -> Rgba:
    rows, columns = np.nonzero(rgba[..., 3] > 8)
    if len(rows) == 0:
        raise AssetError("The product's picture is wholly transparent. Give one in which the product is seen.")
    box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    return np.ascontiguousarray(rgba[box])


def _moderate(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    # A very long strip makes no print: its middle is taken.
    height, width = rgb.shape[:2]
    keep_w, keep_h = min(width, round(height * 1.8)), min(height, round(width * 1.6))
    top, left = (height - keep_h) // 2, (width - keep_w) // 2
    return np.ascontiguousarray(rgb[top : top + keep_h, left : left + keep_w])


def _rounded(height: int, width: int, *, radius: float) -> NDArray[np.float32]:
    away_x = np.maximum(np.abs(np.arange(width) + 0.5 - width / 2) - (width / 2 - radius), 0)
    away_y = np.maximum(np.abs(np.arange(height) + 0.5 - height / 2) - (height / 2 - radius), 0)
    distance = np.hypot(away_x[None, :], away_y[:, None])
    return np.asarray(np.clip(radius - distance + 0.5, 0, 1), np.float32)
