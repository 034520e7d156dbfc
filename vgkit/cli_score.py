"""``vgkit score``: how good any clips are, side by side.

A number without its unit and its maker can't be compared; the table names the unit and which way is better, JSON and
CSV all the rest."""

import csv
import io
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vgkit.cli_options import FpsOption, JsonOption, json_text, rate_from
from vgkit.errors import ParameterError, VgkitError

if TYPE_CHECKING:
    from vgkit.quality.measure import Scored
    from vgkit.scoring import ScoredClip

_FilesArgument = Annotated[
    list[Path],
    typer.Argument(help="clips: MP4, MOV, MKV, WebM, GIF, animated WebP, or a folder or quoted pattern of pictures"),
]


def score(
    files: _FilesArgument,
    fps: FpsOption = "",
    keyframe: Annotated[Path | None, typer.Option(help="the still that each clip was to begin with")] = None,
    prompt: Annotated[str, typer.Option(help="what each clip was to show, for a CLIP score (docs/quality.md)")] = "",
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="one line for each clip and measure")] = False,
) -> None:
    """Score clips by all measures, side by side. A file that can't be scored is told, and the others are scored."""
    if as_json and as_csv:
        raise ParameterError("--json and --csv: both at once is not possible. Say one of them.")
    clips, failed = _scored(files, fps=fps, keyframe=keyframe, prompt=prompt)
    if as_json:
        sys.stdout.write(_json(clips, failed))
    elif as_csv:
        sys.stdout.write(_csv(clips))
    elif clips:
        sys.stdout.write(_table(clips))
    _raise_first(failed)


def _scored(
    files: list[Path], *, fps: str, keyframe: Path | None, prompt: str
) -> tuple[list["ScoredClip"], dict[str, VgkitError]]:
    """Score what can be scored; the rest by name, with why not."""
    from vgkit.media.frames import read_picture
    from vgkit.media.pixels import BLACK, laid
    from vgkit.scoring import score_clip

    rate = rate_from(fps, "--fps")
    still = None if keyframe is None else read_picture(keyframe)
    if still is not None and still.shape[2] == 4:
        still = laid(still, BLACK)
    clips, failed = [], {}
    for file in files:
        try:
            clips.append(score_clip(file, fps=rate, keyframe=still, prompt=prompt))
        except VgkitError as why:
            failed[str(file)] = why
    return clips, failed


def _raise_first(failed: dict[str, VgkitError]) -> None:
    """End as one file alone would have ended: with the first error, which carries the others as notes."""
    if failed:
        first, *others = failed.values()
        for other in others:
            first.add_note(f"{type(other).__name__}: {other}")
        raise first


def _table(clips: list["ScoredClip"]) -> str:
    """Lay the clips side by side, what was read above and why a number is lacking below."""
    from vgkit.phases.report import Table
    from vgkit.scoring import shown

    heads = _heads([clip.footage.path for clip in clips])
    rows = tuple(
        (found[0].measure.name, *(shown(each.value) for each in found), found[0].measure.unit, _better(found[0]))
        for found in zip(*(clip.scores for clip in clips), strict=True)
    )
    table = Table("", ("measure", *heads, "unit", "better"), rows)
    read = [f"{head}: {_as_read(clip)}" for head, clip in zip(heads, clips, strict=True)]
    return "\n".join([*read, str(table), *_reasons(heads, clips), ""])


def _heads(paths: list[Path]) -> list[str]:
    """Name clips by their files, or by their whole paths where two files are named alike."""
    names = [path.name for path in paths]
    return names if len({*names}) == len(names) else [str(path) for path in paths]


def _as_read(clip: "ScoredClip") -> str:
    footage = clip.footage
    size = f"{footage.size[0]}x{footage.size[1]}"
    frames = "1 frame" if footage.count == 1 else f"{footage.count} frames"
    return "; ".join((f"{size}, {frames} of {float(footage.fps):.4g} fps", *footage.notes))


def _better(found: "Scored") -> str:
    return "" if found.measure.direction == "neither" else found.measure.direction


def _reasons(heads: list[str], clips: list["ScoredClip"]) -> list[str]:
    """Say once why a measure has no number, and for which clips where others have one."""
    lacking: dict[tuple[str, str], list[str]] = {}
    for head, clip in zip(heads, clips, strict=True):
        for found in clip.scores:
            if found.value is None:
                lacking.setdefault((found.measure.name, found.reason), []).append(head)
    return [
        f"– {name}: {reason}" + ("" if len(where) == len(clips) else f" ({', '.join(where)})")
        for (name, reason), where in lacking.items()
    ]


def _json(clips: list["ScoredClip"], failed: dict[str, VgkitError]) -> str:
    scored = [
        {**_about(clip), "notes": clip.footage.notes, "measures": [{**_found(f), **_reach(f)} for f in clip.scores]}
        for clip in clips
    ]
    refused = [{"file": file, "error": type(why).__name__, "message": str(why)} for file, why in failed.items()]
    return json_text({"clips": scored, "failed": refused})


def _reach(found: "Scored") -> dict[str, Any]:
    """Say what a measure looks at and between which ends its numbers lie; an open end is null."""
    ends = [end if math.isfinite(end) else None for end in found.measure.span]
    return {"reads": found.measure.reads, "span": ends}


def _csv(clips: list["ScoredClip"]) -> str:
    rows = [{**_about(clip), **_found(found)} for clip in clips for found in clip.scores]
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()


def _about(clip: "ScoredClip") -> dict[str, Any]:
    footage = clip.footage
    width, height = footage.size
    return {
        "file": str(footage.path),
        "width": width,
        "height": height,
        "frames": footage.count,
        "fps": float(footage.fps),
    }


def _found(found: "Scored") -> dict[str, Any]:
    measure = found.measure
    return {
        "measure": measure.name,
        "value": found.value,
        "unit": measure.unit,
        "direction": measure.direction,
        "reason": found.reason,
        "implementation": measure.implementation,
        "version": measure.version,
    }
