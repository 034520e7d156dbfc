"""``vgkit enlarge``: a picture or clip made larger by a learned net, for those who want to wait for it."""

import math
import sys
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer


class Net(StrEnum):
    """The nets by name, as they are offered."""

    photo = "photo"
    quick = "quick"


def enlarge(
    file: Annotated[Path, typer.Argument(help="a picture or a clip")],
    out: Annotated[Path, typer.Argument(help="what to write: .png or .jpg for a picture, .mp4 for a clip")],
    factor: Annotated[int, typer.Option(min=2, max=4, help="how many times as large each side becomes: 2 or 4")] = 2,
    model: Annotated[Net | None, typer.Option(help="left out: photo for a picture, quick for a clip")] = None,
    fps: Annotated[float | None, typer.Option(help="frames a second, where a clip's header is wrong")] = None,
    force: Annotated[bool, typer.Option("--force", help="even where a clip takes long on this machine")] = False,
) -> None:
    """Enlarge a picture or a clip by Real-ESRGAN; needs the extra `superres`, and time without a GPU."""
    from vgkit.media.enlarging import PATIENCE_S, enlarge_clip, enlarge_still, is_still

    _refuse(file, out, factor, still=is_still(file))
    times: Any = factor
    if is_still(file):
        enlarge_still(file, out, _larger(file, factor), model=model.value if model else "photo", told=_say)
    else:
        rate = None if fps is None else Fraction(fps).limit_denominator(1001)
        chosen: Any = model.value if model else "quick"
        patience_s = math.inf if force else PATIENCE_S
        enlarge_clip(file, out, factor=times, model=chosen, fps=rate, patience_s=patience_s, told=_say)
    sys.stdout.write(f"{out}\n")


def _refuse(file: Path, out: Path, factor: int, *, still: bool) -> None:
    from vgkit.errors import ExtraMissing, ParameterError
    from vgkit.media.superres import available

    wanted = (".png", ".jpg", ".jpeg") if still else (".mp4",)
    if factor == 3:
        raise ParameterError("--factor: 3 is not possible. Give 2 or 4.")
    if out.suffix.lower() not in wanted:
        kind = "picture" if still else "clip"
        raise ParameterError(f"{out}: {file.name} is a {kind}, which is written as {' or '.join(wanted)}. Name it so.")
    if why := available():
        raise ExtraMissing(why)


def _larger(file: Path, factor: int) -> tuple[int, int]:
    from vgkit.media.frames import read_picture

    height, width = read_picture(file).shape[:2]
    return width * factor, height * factor


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
