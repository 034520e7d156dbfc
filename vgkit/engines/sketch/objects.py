"""Eight things an ad may be about, drawn as vectors and tinted by the film's palette.

They stand in for the product's own picture where the person gave none, so that a first film needs no asset."""

import re
import string
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

import font_manrope
import numpy as np
from numpy.typing import NDArray

from vgkit.media.svg import render_svg
from vgkit.places import templates_dir
from vgkit.storyboard import Palette

Rgba = NDArray[np.uint8]

DEFAULT = "box"
# The width in the drawing's own units that a label may take.
LABEL_WIDTHS = {"bottle": 190, "can": 150, "cup": 190, "box": 170, "phone": 130, "watch": 110, "shoe": 76, "bag": 230}
WORDS = {
    "bottle": "bottle perfume wine juice serum oil fragrance cologne shampoo lotion water champagne whisky gin rum"
    " vodka whiskey cream skincare cosmetic sauce syrup essence sunscreen kombucha",
    "can": "can soda beer cola lemonade energy tonic seltzer lager ale drink cider",
    "cup": "cup coffee mug tea espresso latte cappuccino cocoa matcha roastery roaster café cafe barista chai",
    "phone": "phone app smartphone mobile software website platform saas startup game tablet service subscription",
    "watch": "watch smartwatch chronograph timepiece wristwatch jewellery jewelry tracker clock",
    "shoe": "shoe sneaker running trainer boot footwear trail sandal marathon runner",
    "bag": "bag handbag tote backpack purse leather luggage fashion boutique rucksack clutch",
    "box": "box package parcel gift chocolate cereal kit delivery cookie candy soap toy",
}
# A ring and a diamond as one path, so that it takes the colour of the group it stands in.
_EMBLEM = (
    "M0 -10 A10 10 0 0 1 0 10 A10 10 0 0 1 0 -10 Z M0 -8.8 A8.8 8.8 0 0 0 0 8.8 A8.8 8.8 0 0 0 0 -8.8 Z"
    " M0 -4.6 L4.6 0 L0 4.6 L-4.6 0 Z"
)
_LONGEST = 14
_DRAWABLE = re.compile(r"[\u0020-\u007e\u00a1-\u024f\u0370-\u04ff’–&]+")


def object_for(words: str) -> str:
    """Choose the object a text is about by the first of its words that names one; ``box`` where none does."""
    by_word = {word: name for name, listed in WORDS.items() for word in listed.split()}
    for word in re.findall(r"[^\W\d_]+", words.lower()):
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            if form in by_word:
                return by_word[form]
    return DEFAULT


def draw_object(name: str, *, palette: Palette, height_px: int, label: str = "") -> Rgba:
    """Draw the object ``name`` ``height_px`` high on nothing; an unknown name is drawn as a box.

    ``label`` is the brand: its first word is written; an emblem where it is empty, very long or our font lacks it.
    """
    return _drawn(name if name in LABEL_WIDTHS else DEFAULT, palette, height_px, label.strip()).copy()


@lru_cache(maxsize=32)
def _drawn(name: str, palette: Palette, height_px: int, label: str) -> Rgba:
    svg = (templates_dir() / "scenes" / "objects" / f"{name}.svg").read_text(encoding="utf-8")
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    width, height = (int(side) for side in found.groups()) if found else (1, 1)
    filled = string.Template(svg).substitute(_tints(palette), label=_label(label, width=LABEL_WIDTHS[name]))
    fonts = [Path(font_manrope.__file__).parent / "files" / "Manrope-ExtraBold.ttf"]
    return render_svg(filled, width=max(1, round(height_px * width / height)), height=height_px, font_files=fonts)


def mix(one: str, other: str, share: float) -> str:
    """Blend two hex colours, ``share`` of the second."""
    pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _tints(palette: Palette) -> dict[str, str]:
    return {
        "accent": palette.accent,
        "accent_light": mix(palette.accent, "#ffffff", 0.42),
        "accent_dark": mix(palette.accent, "#0a0a10", 0.45),
        "accent_deep": mix(palette.accent, "#08080c", 0.74),
        "on_accent": _readable_on(palette.accent),
        "rim": mix(palette.light, "#ffffff", 0.35),
    }


def _readable_on(colour: str) -> str:
    """White, or a deep shade where the colour is too light for white to be read on it (luma above 0.62)."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return mix(colour, "#08080c", 0.8) if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.62 else "#fffaf2"


def _label(label: str, *, width: int) -> str:
    text = next(iter(label.split()), "")
    if not text or len(text) > _LONGEST or not _DRAWABLE.fullmatch(text):
        return f'<path transform="scale({width * 0.024:.2f})" d="{_EMBLEM}"/>'
    size = min(width / (0.66 * len(text)), width * 0.42)
    return (
        f'<text text-anchor="middle" y="{size * 0.36:.1f}" font-family="Manrope" font-weight="800" '
        f'font-size="{size:.1f}">{escape(text)}</text>'
    )
