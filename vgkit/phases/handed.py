"""What an export hands over, and under which names.

Every name follows what the file is, so that whoever gets one can tell the film from its master and its other shapes."""

import re
from collections.abc import Mapping

from vgkit.errors import ParameterError
from vgkit.phases.intermediates import further_films
from vgkit.run import Run

FILM = "film.mp4"
PREVIEWS = ("gif", "webp")
# The film goes first: nothing else is worth having without it.
_ALWAYS = {".mp4": FILM, ".jpg": "poster.jpg", "_sheet.jpg": "sheet.jpg", ".json": "manifest.json"}
_ASPECT = re.compile(r"film_(\d+x\d+)\.mp4")


def file_name(run: Run, aspect: str = "") -> str:
    """Name the exported film after what it is: ``aurora_16x9_30s``; ``aspect`` is written ``9x16``."""
    words = re.findall(r"[a-z0-9]+", run.storyboard.title.lower())[:5]
    shape = aspect or run.storyboard.aspect.replace(":", "x")
    return "_".join([*(words or ["film"]), shape, f"{run.storyboard.duration_s:g}s"])


def deposits(run: Run, previews: str = "") -> dict[str, Mapping[str, str]]:
    """Map each name to what is stored under it: the run's files by what follows the name.

    First the film with its masters, previews and all that belongs to it; then a film of each other aspect.
    """
    others = [name for name in further_films(run) if _ASPECT.fullmatch(name)]
    masters = {name.removeprefix("film"): name for name in further_films(run) if name not in others}
    moving = {f"_preview.{kind}": preview_name(kind) for kind in listed_previews(previews)}
    shapes = {name: _ASPECT.fullmatch(name) for name in others}
    return {
        file_name(run): {**_ALWAYS, **masters, **moving},
        **{file_name(run, shape[1]): {".mp4": name} for name, shape in shapes.items() if shape},
    }


def preview_name(kind: str) -> str:
    """What a preview is called in the run's folder."""
    return f"preview.{kind}"


def listed_previews(previews: str) -> tuple[str, ...]:
    """Read kinds of previews separated by commas. Raises ParameterError for one there is not."""
    asked = tuple(dict.fromkeys(name.strip() for name in previews.split(",") if name.strip()))
    if unknown := [name for name in asked if name not in PREVIEWS]:
        raise ParameterError(f"previews: {unknown[0]!r} is none of {', '.join(PREVIEWS)}. Commas stand between them.")
    return asked
