"""What a person asks about a file: is it to specification.

It works on any video file, since a film that was edited elsewhere goes to the same players."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from vgkit.cli_options import AspectOption, JsonOption, json_text


def conform(
    file: Annotated[Path, typer.Argument(help="any video file")],
    aspect: AspectOption = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="how long it should be; its own length where left out")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a video file against what we deliver: size, rate, codec, colours, loudness, black and frozen parts.

    The size is that of the nearest aspect. Ends with 0 where all is right and with 7 where something is not.
    """
    from vgkit.errors import FilmNotConformant
    from vgkit.media.conform import conform_file

    found = conform_file(file, aspect=_aspect(aspect), seconds=seconds)
    if as_json:
        checks = [asdict(check) for check in found.checks]
        sys.stdout.write(json_text({"file": str(file), "passed": found.passed, "checks": checks}))
    else:
        _say(found)
    if not found.passed:
        raise typer.Exit(FilmNotConformant.exit_code)


def _aspect(typed: str | None) -> Any:
    from vgkit.brief import FILM_SIZES
    from vgkit.errors import ParameterError

    if typed is not None and typed not in FILM_SIZES:
        raise ParameterError(f"--aspect: {typed!r} is none of {', '.join(FILM_SIZES)}.")
    return typed


def _say(found: Any) -> None:
    name, wanted = (max(len(getattr(check, field)) for check in found.checks) for field in ("name", "wanted"))
    for check in found.checks:
        mark = "ok  " if check.passed else "NOT "
        sys.stdout.write(f"{mark} {check.name:<{name}}  wanted {check.wanted:<{wanted}}  found {check.found}\n")
        if not check.passed:
            sys.stdout.write(f"     {check.cure}\n")
    verdict = "is to specification" if found.passed else "is not to specification"
    sys.stdout.write(f"{found.film} {verdict}: {len(found.failed)} of {len(found.checks)} checks failed.\n")
