"""The three looks we ship, as formulas; ``python -m vgkit.media.looks`` writes them to templates/looks.

Each is a gentle print: a tone curve, a colour for shadows and one for highlights, and saturation that spares what is
already strong and the hues of skin. A test keeps the files equal to what stands here.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vgkit.errors import AssetError
from vgkit.media.grade import Lut, identity, read_cube, write_cube

Colours = NDArray[np.float64]

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "looks"
SIZE = 33
_LUMA = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True)
class Recipe:
    """What makes a look; colours are offsets to R, G, B that sum to about nothing, so brightness stays the curve's.

    ``contrast`` is the slope added in the middle, ``lift`` and ``shoulder`` are where black and white land,
    ``exposure`` is a power below 1 to brighten, ``saturation`` 1 for none.
    """

    exposure: float
    contrast: float
    lift: float
    shoulder: float
    saturation: float
    shadows: tuple[float, float, float]
    middle: tuple[float, float, float]
    highlights: tuple[float, float, float]


RECIPES = {
    "clean_commercial": Recipe(
        exposure=0.90,
        contrast=0.16,
        lift=0.004,
        shoulder=0.995,
        saturation=1.08,
        shadows=(-0.004, 0.000, 0.006),
        middle=(0.000, 0.000, 0.000),
        highlights=(0.004, 0.001, -0.004),
    ),
    "warm_story": Recipe(
        exposure=0.97,
        contrast=0.14,
        lift=0.030,
        shoulder=0.975,
        saturation=0.98,
        shadows=(0.004, 0.002, 0.010),
        middle=(0.018, 0.000, -0.018),
        highlights=(0.030, 0.004, -0.044),
    ),
    "night_neon": Recipe(
        exposure=1.06,
        contrast=0.30,
        lift=0.012,
        shoulder=0.985,
        saturation=1.14,
        shadows=(-0.034, 0.014, 0.042),
        middle=(0.014, -0.014, 0.022),
        highlights=(0.034, -0.016, 0.010),
    ),
}


def look(name: str) -> Lut:
    """Return one of our looks by its name in RECIPES."""
    recipe = RECIPES[name]
    grid = identity(SIZE).astype(np.float64)
    graded = _tinted(_saturated(_toned(grid, recipe), recipe), recipe)
    return Lut(title=name, table=np.clip(graded, 0, 1).astype(np.float32))


def look_named(name: str) -> Lut:
    """Return a look by its name, or read it from a .cube file. Raises AssetError for a name that is neither."""
    if name in RECIPES:
        return look(name)
    if not name.lower().endswith(".cube"):
        raise AssetError(f"There is no look {name!r}. Use one of {', '.join(RECIPES)}, or the path of a .cube file.")
    return read_cube(Path(name))


def _toned(colours: Colours, recipe: Recipe) -> Colours:
    """Brighten, add an S curve whose ends stay soft, and set black and white; channel by channel, as film does."""
    bright = colours**recipe.exposure
    smooth = bright * bright * (3 - 2 * bright)
    curved = (1 - recipe.contrast) * bright + recipe.contrast * smooth
    return recipe.lift + (recipe.shoulder - recipe.lift) * curved


def _saturated(colours: Colours, recipe: Recipe) -> Colours:
    """Move colours from their grey; the more colour there is, the less is added."""
    grey = (colours @ _LUMA)[..., None]
    strength = np.ptp(colours, axis=-1)[..., None]
    mixed: Colours = grey + (colours - grey) * (1 + (recipe.saturation - 1) * (1 - 0.6 * strength))
    return mixed


def _tinted(colours: Colours, recipe: Recipe) -> Colours:
    """Colour shadows, middle and highlights; true black and white stay as neutral as the curve left them."""
    tone = np.clip(colours @ _LUMA, 0, 1)[..., None]
    for centre, width, colour in (
        (0.18, 0.18, recipe.shadows),
        (0.50, 0.22, recipe.middle),
        (0.82, 0.18, recipe.highlights),
    ):
        colours = colours + _bump(tone, centre, width) * np.array(colour)
    return colours


def _bump(tone: Colours, centre: float, width: float) -> Colours:
    """Return a bell around a brightness, brought to nothing at black and white."""
    ends = np.minimum(1, 12 * tone) * np.minimum(1, 12 * (1 - tone))
    bell: Colours = np.exp(-(((tone - centre) / width) ** 2) / 2) * ends
    return bell


def write_looks(folder: Path = FOLDER) -> list[Path]:
    """Write every look to a folder and return the files."""
    paths = [folder / f"{name}.cube" for name in RECIPES]
    for path in paths:
        write_cube(look(path.stem), path)
    return paths


if __name__ == "__main__":
    write_looks()
