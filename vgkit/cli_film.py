"""What a person does with clips of their own, without a run: make them steady, move them, grade them, join them.

Each command is one step of how a run's film is made, on files from anywhere."""

import sys
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

SourceArgument = Annotated[Path, typer.Argument(help="a clip: MP4, MOV, MKV, WebM, GIF, or a folder of pictures")]
OutArgument = Annotated[Path, typer.Argument(help="the file to write: .mp4 (H.264), .mov (ProRes) or .mkv (lossless)")]
FpsOption = Annotated[str, typer.Option("--fps", help="the clip's rate, whatever its header says: 8 for AnimateDiff")]
How = Literal["off", "auto", "full"]


def smooth(
    clip: SourceArgument,
    out: OutArgument,
    fps: FpsOption = "",
    how: Annotated[How, typer.Option(help="auto takes the steps that pay, full takes all")] = "auto",
) -> None:
    """Even a clip's light and calm its grain and boiling, along its motion; say what was found and done."""
    from vgkit.media.alone import smooth_file

    for piece in smooth_file(clip, out, fps=_rate(fps), how=how):
        sys.stdout.write(f"{piece}\n")
    sys.stdout.write(f"{out}\n")


def interpolate(
    clip: SourceArgument,
    out: OutArgument,
    fps: FpsOption = "",
    to: Annotated[str, typer.Option(help="frames a second to make")] = "30",
) -> None:
    """Draw a clip at another rate: every moment between two frames from both of them."""
    from vgkit.media.alone import interpolate_file

    wanted = _rate(to)
    count = interpolate_file(clip, out, fps=_rate(fps), to_fps=wanted or Fraction(30))
    sys.stdout.write(f"{count} frames at {float(wanted or 30):g} a second\n{out}\n")


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

    grade_file(clip, out, look_named(look), fps=_rate(fps), strength=strength)
    sys.stdout.write(f"{out}\n")


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
    from vgkit.media.looks import look_named

    lut = None if look == "none" else look_named(look).at_strength(strength)
    plan = Assembly(
        aspect=_known("aspect", aspect, ("16:9", "9:16", "1:1")),
        fps=_rate(fps),
        seconds=seconds,
        transition=_known("transition", transition, ("cut", "dissolve", "wipe", "push", "dip", "match")),
        treatment=Treatment(look=lut, steadying=how, framing=framing),
        title=out.stem,
    )
    made = assemble(clips, out, plan, music=_music(music), form=_film_format(quality))
    for note in made.notes:
        sys.stdout.write(f"{note}\n")
    for clip, frames, steady in zip(clips, made.shots, made.steadiness, strict=True):
        sys.stdout.write(f"{clip.name}: {frames / 30:.2f} s; {steady}\n")
    made.conformance.require()
    sys.stdout.write(f"{len(made.conformance.checks)} checks passed; {sum(made.shots) / 30:g} s\n{out}\n")


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


def _rate(typed: str) -> Fraction | None:
    from vgkit.errors import ParameterError

    if not typed:
        return None
    try:
        rate = Fraction(typed)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 0 < rate <= 240:
        raise ParameterError(f"--fps: {typed!r} is no rate. Say, for example, 8 or 24000/1001.")
    return rate
