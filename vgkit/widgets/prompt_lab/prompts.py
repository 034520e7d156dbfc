"""The beats as they turn into keyframe prompts: when, how much of which beat, and in which words, as HTML."""

import difflib
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from vgkit.brief import FILM_FPS
from vgkit.lab.words import Line, Words
from vgkit.storyboard import Storyboard

# Colours that also those tell apart who see few (Okabe and Ito); as many as a template has beats.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c7a00", "#6f7782")
_SIGNS = {"added": ("ins", "+"), "removed": ("del", "−")}

How = Literal["kept", "added", "removed"]


@dataclass(frozen=True)
class Span:
    """A beat's time in the film, in seconds."""

    beat: str
    start_s: float
    end_s: float

    @property
    def told(self) -> str:
        """Where it lies, as ``3 to 9 s``."""
        return f"{self.start_s:g} to {self.end_s:g} s"


@dataclass(frozen=True)
class Piece:
    """Words of a prompt: whether the chosen beat says them, and whether they are new or gone."""

    text: str
    own: bool
    how: How = "kept"


def spans(storyboard: Storyboard) -> tuple[Span, ...]:
    """When each beat has the screen."""
    found = []
    for beat, shots in groupby(storyboard.shots, key=lambda shot: shot.beat):
        whole = list(shots)
        found.append(Span(beat, round(whole[0].first_frame / FILM_FPS, 2), round(whole[-1].end_frame / FILM_FPS, 2)))
    return tuple(found)


def colours(storyboard: Storyboard) -> dict[str, str]:
    """A colour for each beat."""
    return dict(zip([span.beat for span in spans(storyboard)], _COLOURS, strict=False))


def timeline(storyboard: Storyboard, beat: str) -> str:
    """The beats as a bar over the film's time; the chosen one stands out."""
    tints = colours(storyboard)
    parts = "".join(
        f"<li style='flex:{span.end_s - span.start_s:g} 1 0;--beat:{tints[span.beat]}'"
        f"{' aria-current=true' if span.beat == beat else ''}><i></i>"
        f"<b>{html.escape(in_words(span.beat))}</b><small>{span.told}</small></li>"
        for span in spans(storyboard)
    )
    return f"<ol class='vg-timeline' aria-label='Beats'>{parts}</ol>"


def prompts(words: Words, beat: str, *, since: Words | None = None) -> str:
    """All keyframe prompts, if there are any; what ``beat`` says is marked, and what changed ``since`` other words."""
    if words.storyboard is None:
        return ""
    before = {line.keyframe: line for line in since.lines} if since else {}
    tints, told = colours(words.storyboard), _said_by(words.storyboard)
    rows = "".join(
        _row(
            line,
            pieces(line, beat, told, before=before[line.keyframe].prompt if line.keyframe in before else None),
            tints,
        )
        for line in words.lines
    )
    return f"<ol class='vg-lines'>{rows}</ol>"


def pieces(line: Line, beat: str, told: Mapping[str, str], *, before: str | None = None) -> list[Piece]:
    """A keyframe's prompt in pieces; ``told`` has each beat's own prompt."""
    start, end = _own(line, beat, told)
    new = _split(line.prompt)
    places = [sum(map(len, new[:n])) for n in range(len(new))]
    own = [start <= place < end for place in places]
    if before is None:
        return _joined(Piece(text, mine) for text, mine in zip(new, own, strict=True))
    return _joined(_compared(_split(before), new, own))


def marked(found: Sequence[Piece]) -> str:
    """Pieces as HTML: changes are told by signs and strokes as well as by colour."""
    return "".join(map(_piece, found))


def in_words(slug: str) -> str:
    """A beat's or a measure's name as a person would write it."""
    return slug.replace("_", " ")


def _said_by(storyboard: Storyboard) -> dict[str, str]:
    return {shot.beat: shot.prompt for shot in storyboard.shots}


def _own(line: Line, beat: str, told: Mapping[str, str]) -> tuple[int, int]:
    """From which letter to which the prompt is what ``beat`` contributes: the whole of it, or a hint at the end."""
    if beat not in line.weights:
        return 0, 0
    lead = told[max(line.weights, key=lambda name: line.weights[name])]
    if lead == told[beat]:
        return 0, len(lead)
    hint = "with a hint of " + told[beat].split(",")[0]
    at = line.prompt.find(hint, len(lead))
    return (at, at + len(hint)) if at >= 0 else (0, 0)


def _split(text: str) -> list[str]:
    return re.findall(r"\S+\s*", text)


def _compared(old: Sequence[str], new: Sequence[str], own: Sequence[bool]) -> Iterator[Piece]:
    match = difflib.SequenceMatcher(
        None, [word.strip() for word in old], [word.strip() for word in new], autojunk=False
    )
    for tag, old_from, old_to, new_from, new_to in match.get_opcodes():
        if tag != "equal" and old_from < old_to:
            yield Piece("".join(old[old_from:old_to]), own=False, how="removed")
        for place in range(new_from, new_to):
            yield Piece(new[place], own[place], "kept" if tag == "equal" else "added")


def _joined(found: Iterator[Piece]) -> list[Piece]:
    """Neighbours of one kind as one piece."""
    return [
        Piece("".join(piece.text for piece in alike), own, how)
        for (own, how), alike in groupby(found, key=lambda piece: (piece.own, piece.how))
    ]


def _piece(piece: Piece) -> str:
    inner, after = html.escape(piece.text.rstrip()), " " if piece.text != piece.text.rstrip() else ""
    if piece.own:
        inner = f"<mark>{inner}</mark>"
    if piece.how == "kept":
        return inner + after
    tag, sign = _SIGNS[piece.how]
    return f"<{tag}><b aria-hidden='true'>{sign}</b>{inner}</{tag}>{after}"


def _row(line: Line, found: Sequence[Piece], tints: Mapping[str, str]) -> str:
    bars = "".join(
        f"<i style='width:{100 * share:.4g}%;background:{tints[name]}'></i>" for name, share in line.weights.items()
    )
    shares = " · ".join(f"{html.escape(in_words(name))} {share:.2f}" for name, share in line.weights.items())
    classes = ["vg-line", *(["vg-line-own"] if any(piece.own for piece in found) else [])]
    if any(piece.how != "kept" for piece in found):
        classes.append("vg-line-changed")
    return (
        f"<li class='{' '.join(classes)}'><div class='vg-line-when'><b>{line.time_s:g} s</b>"
        f"<small>{html.escape(line.keyframe)} · {html.escape(line.shot)}</small></div>"
        f"<div class='vg-line-shares'><span class='vg-shares' aria-hidden='true'>{bars}</span>"
        f"<small>{shares}</small></div>"
        f"<p>{marked(found)}</p></li>"
    )
