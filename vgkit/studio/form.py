"""What a person has typed into the studio's form, and everything there is to say about it before a film is made.

All complaints at once and each by its field, because who fills a form wants to see the whole of it, not the next
mistake after each click."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from vgkit.brief import Brief
from vgkit.complaints import complaints, shown
from vgkit.errors import EngineUnknown, KeyMissing, LicenceForbids, VgkitError
from vgkit.estimate_report import EstimateReport
from vgkit.profiles import profile_for
from vgkit.run import check_space, new_folder
from vgkit.start import Checked, look_over
from vgkit.studio.preview import BeatRow, beat_rows
from vgkit.studio.prices import estimated, over_caps, price_lines
from vgkit.template import Template
from vgkit.template_files import load_template

__all__ = ["BeatRow", "Draft", "Verdict", "verdict"]

_NO_PROMPT = "Say in a sentence or two what the film is about."
_STAND_IN = {"prompt": "…"}  # so that the rest can be looked at while there is none
_FIELDS = {"assets.product": "picture", "assets.logo": "logo", "caps": "cap_usd", "run": "cap_usd"}
_PLACE = re.compile(r"((?:assets\.)?[a-z_]+)(?:[.\[][^:]*)?: (.*)", re.DOTALL)

Value = TypeVar("Value")


@dataclass(frozen=True)
class Draft:
    """A form as it stands, as a person typed it: numbers may be text, and anything may be wrong.

    ``picture`` and ``logo`` are files on this machine; ``cap_usd`` is empty for the profile's own cap; ``name`` is
    empty for one made of the time and the product.
    """

    prompt: str = ""
    template: str = "product_showcase"
    product: str = ""
    brand: str = ""
    tagline: str = ""
    call_to_action: str = ""
    duration_s: int | str = 30
    aspect: str = "16:9"
    seed: int | str = 0
    profile: str = "offline"
    usage: str = "research"
    takes: int | str = 1
    approve_stills: bool = False
    rehearse: bool = False
    cap_usd: str = ""
    picture: Path | None = None
    logo: Path | None = None
    name: str = ""


@dataclass(frozen=True)
class Verdict:
    """What there is to say about a draft.

    ``complaints`` maps a field of ``Draft`` to a sentence, "" to what concerns the whole. ``checked`` is there only
    where nothing is wrong. ``template``, ``estimate`` and ``beats`` are there as far as the rest allows: what is wrong
    is taken at its default. ``notes`` are short lines on cost, time and licences. ``rehearsed``: nothing is sent or
    paid.
    """

    complaints: Mapping[str, str]
    checked: Checked | None = None
    takes: int = 1
    template: Template | None = None
    estimate: EstimateReport | None = None
    beats: tuple[BeatRow, ...] = ()
    notes: tuple[str, ...] = ()
    rehearsed: bool = False

    @property
    def good(self) -> bool:
        """Whether a film can be made of it."""
        return self.checked is not None

    @property
    def brief(self) -> Brief | None:
        """The brief as its run would keep it; None where anything is wrong."""
        return self.checked.brief if self.checked else None


def verdict(draft: Draft) -> Verdict:
    """Check a draft against everything it names, estimate it and lay out its beats; nothing is made or written."""
    told = _Told({})
    brief, takes = _brief_of(draft, told), _takes_of(draft, told)
    rehearsed = draft.rehearse and _asks_hosts(brief)
    checked, refusals = look_over(brief, allowed=_folders(draft), rehearsed=rehearsed)
    for refusal in refusals:
        told.refused(refusal)
    if name := draft.name.strip():
        told.tried(lambda: new_folder(name))
    told.tried(lambda: check_space(brief.duration_s))
    template, report, beats = _foreseen(brief, checked, takes, told)
    for field, sentence in over_caps(report, rehearsed=rehearsed).items() if report else ():
        told.add(field, sentence)
    return Verdict(
        complaints=told.complaints,
        checked=None if told.complaints else checked,
        takes=takes,
        template=template,
        estimate=report,
        beats=beats,
        notes=price_lines(report, rehearsed=rehearsed) if report else (),
        rehearsed=rehearsed,
    )


@dataclass(frozen=True)
class _Told:
    """The complaints so far, by field."""

    complaints: dict[str, str]

    def add(self, field: str, sentence: str) -> None:
        """Add a sentence to those of a field, once."""
        known = self.complaints.get(field, "")
        if sentence not in known:
            self.complaints[field] = f"{known} {sentence}".lstrip()

    def refused(self, error: VgkitError) -> None:
        """Add what an error says to the field it is about."""
        self.add(*_placed(error))

    def tried(self, check: Callable[[], Value]) -> Value | None:
        """Do something, and add what it was refused for."""
        try:
            return check()
        except VgkitError as error:
            self.refused(error)
            return None


def _brief_of(draft: Draft, told: _Told) -> Brief:
    """The brief, with the default in place of each field that is refused."""
    typed = _typed(draft)
    while True:
        try:
            return Brief.model_validate(typed)
        except ValidationError as refusal:
            found = complaints(refusal)
            for place, sentence in found:
                told.add(_field(place), _move(_field(place), sentence, typed[str(place[0])]))
            wrong = {str(place[0]) for place, _ in found}
            typed = {**_STAND_IN, **{name: value for name, value in typed.items() if name not in wrong}}


def _typed(draft: Draft) -> dict[str, Any]:
    """The fields of a brief that the form has, as they were typed."""
    known = {field.name for field in fields(Draft)} & Brief.model_fields.keys()
    cap = draft.cap_usd.strip().removeprefix("$").strip()
    assets = {"product": draft.picture, "logo": draft.logo}
    return {
        **{name: getattr(draft, name) for name in known},
        "assets": {kind: path for kind, path in assets.items() if path},
        "caps": {"run_usd": cap} if cap else {},
    }


def _takes_of(draft: Draft, told: _Told) -> int:
    # Imported here: the phase takes a moment to load, which a page that only shows films does without.
    from vgkit.phases.chunks import check_settings

    try:
        takes = int(draft.takes)
    except ValueError:
        told.add("takes", "Write a whole number.")
        return 1
    before = len(told.complaints)
    told.tried(lambda: check_settings(takes=takes))
    return takes if len(told.complaints) == before else 1


def _asks_hosts(brief: Brief) -> bool:
    try:
        return any(not name.endswith("@local") for name in profile_for(brief).engines.values())
    except EngineUnknown:
        return False


def _folders(draft: Draft) -> list[Path]:
    """Where its pictures may come from: wherever the page has put them."""
    return [path.parent for path in (draft.picture, draft.logo) if path]


def _foreseen(
    brief: Brief, checked: Checked | None, takes: int, told: _Told
) -> tuple[Template | None, EstimateReport | None, tuple[BeatRow, ...]]:
    """The template, the estimate and the beats, as far as they can be had."""
    template = checked.template if checked else told.tried(lambda: load_template(brief.template))
    if template is None:
        return None, None, ()
    report = told.tried(lambda: estimated(brief, template, takes=takes))
    return template, report, told.tried(lambda: beat_rows(brief, template)) or ()


def _field(place: tuple[str | int, ...]) -> str:
    name = ".".join(map(str, place[:2] if place[0] == "assets" else place[:1]))
    return _FIELDS.get(name, name)


def _move(field: str, sentence: str, typed: Any) -> str:
    """Say what to do about a field beside it, where what was typed can be seen."""
    if field == "prompt" and not str(typed).strip():
        return _NO_PROMPT
    if field == "cap_usd":
        typed = typed["run_usd"]
    long = re.fullmatch(r".*; (keep it to (\d+) characters)", sentence, re.DOTALL)
    if long and isinstance(typed, str):
        return f"Has {len(typed.strip())} characters; {long[1]}."
    move = sentence.removeprefix(f"is {shown(typed)}; ")
    return f"{move[:1].upper()}{move[1:]}."


def _placed(error: VgkitError) -> tuple[str, str]:
    """The field an error is about, and what it says there, in words for a form instead of a command line."""
    said = str(error)
    if isinstance(error, KeyMissing):
        return "profile", f"{said.partition(' Without one:')[0]} Without one: choose offline, or rehearse."
    if isinstance(error, LicenceForbids):
        fact = said.partition(": ")[2].partition(". Use one of")[0]
        return "usage", f"{fact[:1].upper()}{fact[1:]}. Choose another profile, or research."
    if said.startswith("template "):
        return "template", said
    placed = _PLACE.fullmatch(said)
    name = _FIELDS.get(placed[1], placed[1]) if placed else ""
    if placed and name in {field.name for field in fields(Draft)}:
        return name, f"{placed[2][:1].upper()}{placed[2][1:]}"
    return "", said
