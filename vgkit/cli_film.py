"""What a person does with clips of their own, without a run: make them steady, move them, grade them, join them.

Each command is one step of how a run's film is made, on files from anywhere."""

import sys
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from vgkit.cli_options import FpsOption, rate_from

SourceArgument = Annotated[Path, typer.Argument(help="a clip: MP4, MOV, MKV, WebM, GIF, or a folder of pictures")]
OutArgument = Annotated[Path, typer.Argument(help="the file to write: .mp4 (H.264), .mov (ProRes) or .mkv (lossless)")]
How = Literal["off", "auto", "full"]


def smooth(
    clip: SourceArgument,
    out: OutArgument,
    fps: FpsOption = "",
    how: Annotated[How, typer.Option(help="auto takes the steps that pay, full takes all")] = "auto",
) -> None:
    """Even a clip's light and calm its grain and boiling, along its motion; say what was found and done."""
    from vgkit.media.alone import smooth_file

    done = smooth_file(clip, out, fps=rate_from(fps, "--fps"), how=how)
    _say(*done.notes, *done.pieces, out)


def interpolate(
    clip: SourceArgument,
    out: OutArgument,
    fps: FpsOption = "",
    to: Annotated[str, typer.Option(help="frames a second to make")] = "30",
) -> None:
    """Draw a clip at another rate: every moment between two frames from both of them."""
    from vgkit.media.alone import interpolate_file

    wanted = rate_from(to, "--to") or Fraction(30)
    done = interpolate_file(clip, out, fps=rate_from(fps, "--fps"), to_fps=wanted)
    _say(*done.notes, f"{done.frames} frames at {float(wanted):g} a second", out)


def grade(
    clip: SourceArgument,
    out: OutArgument,
    look: Annotated[str, typer.Option(help="a look of ours by name, or a .cube file")] = "clean_commercial",
    strength: Annotated[float, typer.Option(help="0 to 1")] = 1.0,
    fps: FpsOption = "",
) -> None:
    """Lay a look over a clip."""
    from vgkit.media.alone import grade_file
    from vgkit.media.looks import look_named

    done = grade_file(clip, out, look_named(look), fps=rate_from(fps, "--fps"), strength=strength)
    _say(*done.notes, out)


def film(
    clips: Annotated[list[Path], typer.Argument(help="clips in the order in which they are shown")],
    out: Annotated[Path, typer.Option("--out", "-o", help="the film to write, .mp4")] = Path("film.mp4"),
    fps: FpsOption = "",
    aspect: Annotated[str, typer.Option(help="16:9, 9:16 or 1:1")] = "16:9",
    seconds: Annotated[
        int | None, typer.Option(min=1, help="the film's length; what the clips fill, if left out")
    ] = None,
    transition: Annotated[
        str, typer.Option(help="cut, dissolve, wipe, push, dip or match between all shots")
    ] = "dissolve",
    look: Annotated[str, typer.Option(help="a look of ours by name, a .cube file, or none")] = "clean_commercial",
    strength: Annotated[float, typer.Option(help="of the look, 0 to 1")] = 0.8,
    how: Annotated[How, typer.Option("--steady", help="off, auto or full")] = "auto",
    framing: Annotated[
        Literal["fill", "fit"], typer.Option(help="cut around the subject, or whole on a blur")
    ] = "fill",
    music: Annotated[Path | None, typer.Option(help="an mp3, wav, m4a or ogg; composed if left out")] = None,
    quality: Annotated[str, typer.Option(help="draft, review or delivery")] = "review",
) -> None:
    """Make a film of clips of your own: steady, graded, moved to 30 frames a second, joined, scored and measured."""
    from vgkit.assembly import Assembly, assemble
    from vgkit.media.edit import Treatment

    plan = Assembly(
        aspect=_known("aspect", aspect, ("16:9", "9:16", "1:1")),
        fps=rate_from(fps, "--fps"),
        seconds=seconds,
        transition=_known("transition", transition, ("cut", "dissolve", "wipe", "push", "dip", "match")),
        treatment=Treatment(look=_look(look, strength), steadying=how, framing=framing),
        title=out.stem,
    )
    made = assemble(clips, out, plan, music=_music(music), form=_film_format(quality))
    shots = zip(clips, made.shots, made.steadiness, strict=True)
    _say(*made.notes, *(f"{clip.name}: {frames / 30:.2f} s; {steady}" for clip, frames, steady in shots))
    made.conformance.require()
    _say(f"{len(made.conformance.checks)} checks passed; {sum(made.shots) / 30:.4g} s", out)


def _say(*lines: Any) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _look(name: str, strength: float) -> Any:
    """The look at its strength; None where none is wished for."""
    from vgkit.errors import ParameterError
    from vgkit.media.looks import look_named

    if not 0 <= strength <= 1:
        raise ParameterError(f"--strength: {strength:g} is out of range; 0 changes nothing, 1 is the whole look.")
    return None if name == "none" else look_named(name).at_strength(strength)


def _music(file: Path | None) -> Any:
    """How to get the film's sound: the person's music brought to length, or music composed to the cuts."""
    from vgkit.assembly import composed, from_file

    return from_file(file) if file else composed


def _film_format(quality: str) -> Any:
    from vgkit.media.formats import FILMS

    return FILMS[_known("quality", quality, tuple(FILMS))]


def _known(name: str, value: str, known: tuple[str, ...]) -> Any:
    from vgkit.errors import ParameterError

    if value not in known:
        raise ParameterError(f"--{name}: {value!r} is none of {', '.join(known)}.")
    return value
