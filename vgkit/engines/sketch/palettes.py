"""The colours of a film: a few palettes mixed by hand for each light, bent by mood. Everything is mixed in Oklab,
because mixing in sRGB turns the way from orange to blue into mud."""

import math
import random
from dataclasses import dataclass
from types import MappingProxyType

from vgkit.storyboard import Light, Palette
from vgkit.template import Mood

Lab = tuple[float, float, float]
WHITE = "#ffffff"

# sky far mid near accent ink light, from the top of the picture to its front
_BASES: MappingProxyType[Light, tuple[str, ...]] = MappingProxyType(
    {
        "morning": (
            "#b5d3ea #fbe3cd #a9bfc0 #6d8a8c #ee7d54 #1d2d3a #fff1d6",
            "#c9dfe6 #fdeacb #b8c7a9 #75907a #e56b52 #22322f #fff3cf",
            "#d9d3ea #ffe2d3 #b9b3cc #7f7a9c #f0895f #2a2440 #fff0df",
        ),
        "day": (
            "#5fb0e8 #cdeaf3 #8fb4b5 #476f7a #ff7043 #12303f #fffbe9",
            "#79c2ec #e2f3ee #a9bda6 #607c72 #f2603c #17352b #fffdf0",
            "#8fb8e6 #eaf0f5 #a9b7d0 #5f7398 #ffb02e #1b2540 #fffaf0",
        ),
        "golden": (
            "#7f97b8 #ffd093 #b5714f #5f3a38 #e8572c #241722 #ffe0a0",
            "#e39a66 #ffdda6 #a9694c #573236 #d9482b #2a161d #ffe3a8",
            "#d98f7f #ffd9b0 #a9706a #613c48 #f0913a #26142a #ffe7b8",
        ),
        "dusk": (
            "#39396e #ec9482 #74507f #332b50 #ff9866 #141128 #ffc9a3",
            "#2c4b7a #f4ad92 #5d6895 #2a3155 #ff7f66 #0f1529 #ffd0ae",
            "#4b3a72 #f7b38a #8a5a83 #3a2a4e #ffb057 #170f2a #ffd7a8",
        ),
        "night": (
            "#0e1834 #2c4272 #22315a #131c36 #f3b559 #070b19 #ffc878",
            "#0f2230 #2a5468 #1f3d4d #11222d #ff9a57 #060f16 #ffcf8a",
            "#1a1538 #453a7a #2f2859 #191433 #ffc15e #0a0719 #ffcb94",
        ),
        "neon": (
            "#140b30 #49197f #321363 #130c2a #ff2e88 #06040f #35e3ff",
            "#07162e #124a7c #0e2f5c #081427 #ff4fa3 #03060f #43f0e0",
            "#170a33 #751c62 #2b1452 #0f0b26 #ff7f32 #06040f #56d4ff",
        ),
        "overcast": (
            "#b9c4cc #e2e6e5 #9eabb0 #6a7a82 #d7603f #232e38 #f6f6f1",
            "#c6c7c4 #e9e7e0 #aaa9a0 #77776f #c8573e #2c2a2a #faf7ef",
            "#aebec2 #dde8e4 #93a9a3 #5f7a75 #e0784a #1e2f2f #f3f8f3",
        ),
        "studio": (
            "#ddd5cc #f3eee7 #c9bfb4 #a3978b #d9553a #27222a #fffaf2",
            "#b8ced4 #e4eff0 #9db9c0 #6f939c #f2683f #172b33 #fbffff",
            "#e6bfa4 #f8e2d0 #d6a183 #ac7458 #2f7f86 #33201b #fff5ea",
            "#c3cbb4 #ecefdf #a9b596 #7d8c6c #d9683f #232b20 #fffdf0",
            "#cdc3e0 #efe9f8 #b1a3cd #857aa6 #f08a4b #26203a #fffaff",
        ),
    }
)


@dataclass(frozen=True)
class _Bend:
    """What a mood does to a palette: factors for chroma and contrast, then lightness and warmth added."""

    chroma: float
    contrast: float
    lightness: float
    warmth: float


_BENDS: MappingProxyType[Mood, _Bend] = MappingProxyType(
    {
        "uplifting": _Bend(1.10, 1.00, 0.015, 0.004),
        "warm": _Bend(1.02, 0.98, 0.005, 0.016),
        "calm": _Bend(0.80, 0.92, 0.010, -0.003),
        "energetic": _Bend(1.24, 1.08, 0.000, 0.002),
        "elegant": _Bend(0.66, 1.10, -0.025, 0.003),
        "epic": _Bend(1.06, 1.16, -0.020, -0.006),
    }
)

# materials in plain daylight; each is brought into the palette's light before use
_MATERIALS = MappingProxyType(
    {
        "wood": "#b07c4f",
        "leaf": "#5d9150",
        "stone": "#b9b4ac",
        "sand": "#e6cda2",
        "water": "#4f9fb5",
        "cloth": "#efe8dc",
        "clay": "#c9744f",
        "metal": "#8e979e",
    }
)
_DAYLIGHT_L = 0.78
_ENDS = {"ink", "light"}
_DARK_L = 0.34
_OWN_LIGHT = {"accent", "second", "light"}


def palette_for(light: Light, mood: Mood, *, accent: str | None = None, seed: int = 0) -> Palette:
    """Choose a film's colours. ``accent`` (hex) comes from the product's picture where there is one."""
    chance = random.Random(f"{light}/{seed}")
    names = ("sky", "far", "mid", "near", "accent", "ink", "light")
    bases = _BASES[light]
    base = dict(zip(names, bases[seed % len(bases)].split(), strict=True))
    bend, turn = _BENDS[mood], chance.uniform(-0.07, 0.07)
    middle = sum(lightness(base[name]) for name in names[:4]) / 4
    colours = {name: _bent(colour, bend, turn, None if name in _ENDS else middle) for name, colour in base.items()}
    if accent is not None:
        colours = {name: mix(colour, accent, 0.05) for name, colour in colours.items()}
        colours["accent"] = accent.lower()
    return Palette(**colours)


def tints(palette: Palette) -> dict[str, str]:
    """Work out every colour slot a scene may use: the palette's own, materials in its light, and shades of both."""
    slots = dict(palette.model_dump())
    slots |= {name: _in_light(colour, palette) for name, colour in _MATERIALS.items()}
    slots["second"] = mix(_turned(palette.accent, 2.8), palette.mid, 0.5)
    bright = halo(palette)
    for name, colour in list(slots.items()):
        towards = palette.light if name in _OWN_LIGHT else bright
        slots[f"{name}_light"] = mix(colour, towards, 0.34)
        slots[f"{name}_pale"] = mix(colour, towards, 0.66)
        slots[f"{name}_dark"] = mix(colour, palette.ink, 0.36)
        slots[f"{name}_deep"] = mix(colour, palette.ink, 0.66)
    slots["halo"] = bright
    slots["haze"] = mix(palette.far, bright, 0.3)
    slots["shade"] = mix(palette.ink, palette.near, 0.22)
    slots["glow"] = mix(palette.light, WHITE, 0.55)
    # lamps stay warm even where the light is neon
    slots["lamp"] = mix(palette.light, "#ffb866", 0.45 if _lab(palette.light)[2] > 0.01 else 0.9)
    return slots


def halo(palette: Palette) -> str:
    """The colour of light that hangs in the air. By night the sky's: the lamps' orange over blue is mud."""
    if lightness(palette.sky) > _DARK_L:
        return palette.light
    cool = _lab(palette.light)[2] < 0
    return mix(lighten(palette.far, 0.16), palette.light, 0.28 if cool else 0)


def mix(one: str, other: str, share: float) -> str:
    """Blend two hex colours in Oklab; ``share`` of ``other``."""
    pairs = zip(_lab(one), _lab(other), strict=True)
    lightness, green_red, blue_yellow = (a + (b - a) * share for a, b in pairs)
    return _hex((lightness, green_red, blue_yellow))


def lighten(colour: str, step: float) -> str:
    """Move a hex colour's Oklab lightness (0 to 1) by ``step``, negative to darken."""
    lightness, green_red, blue_yellow = _lab(colour)
    return _hex((lightness + step, green_red, blue_yellow))


def lightness(colour: str) -> float:
    """How light a hex colour looks: Oklab L, 0 to 1."""
    return _lab(colour)[0]


def _bent(colour: str, bend: _Bend, turn: float, middle: float | None) -> str:
    """Turn a hue and apply a mood; contrast grows around ``middle``, and without one lightness stays."""
    light, a, b = _lab(_turned(colour, turn))
    if middle is None:
        return _hex((light, a * bend.chroma, b * bend.chroma + bend.warmth / 2))
    light = middle + (light - middle) * bend.contrast + bend.lightness
    return _hex((light, a * bend.chroma + bend.warmth * 0.4, b * bend.chroma + bend.warmth))


def _in_light(material: str, palette: Palette) -> str:
    """Show a daylight colour as it would look here: as bright as the surroundings allow, half in their hue."""
    light, a, b = _lab(material)
    around = [_lab(colour) for colour in (palette.sky, palette.far, palette.mid)]
    ambient = [sum(lab[i] for lab in around) / len(around) for i in range(3)]
    exposure = min(1.06, max(0.42, ambient[0] / _DAYLIGHT_L))
    return _hex((light * exposure, 0.62 * a * exposure + 0.45 * ambient[1], 0.62 * b * exposure + 0.45 * ambient[2]))


def _turned(colour: str, angle_rad: float) -> str:
    light, a, b = _lab(colour)
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    return _hex((light, a * cos - b * sin, a * sin + b * cos))


def _lab(colour: str) -> Lab:
    """Oklab after Björn Ottosson (2020), from sRGB hex."""
    r, g, b = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _hex(lab: Lab) -> str:
    lightness, a, b = lab
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * _gamma(min(1.0, max(0.0, value)))):02x}" for value in linear)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _gamma(value: float) -> float:
    return value * 12.92 if value <= 0.0031308 else float(1.055 * value ** (1 / 2.4) - 0.055)
