"""The answer's shape as it goes over the wire: plain strings and lists, no ranges.

Servers differ in which ranges their schemas accept, so what a plan must hold is checked by ``Plan`` afterwards."""

import json
import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, ValidationError

from vgkit.complaints import complaints, field_name
from vgkit.engines.openai.messages import objects, places
from vgkit.storyboard import Plan
from vgkit.template import Template

_FENCED = re.compile(r"^\s*```(?:json)?\s*(.*?)\s*```\s*$", re.DOTALL)
_MOST_COMPLAINTS = 12


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore")


class WirePalette(_Wire):
    """Colours, as the model writes them."""

    sky: str
    far: str
    mid: str
    near: str
    accent: str
    ink: str
    light: str


class WireBeat(_Wire):
    """A beat, as the model writes it."""

    beat: str
    prompt: str
    caption: str
    kicker: str


class WirePlan(_Wire):
    """A plan, as the model writes it."""

    title: str
    place: str
    light: str
    mood: str
    object: str
    palette: WirePalette
    beats: list[WireBeat]
    music_prompt: str


def read_plan(text: str, template: Template) -> Plan | list[str]:
    """Read a model's answer as a plan for a template, or say what is wrong with it, field by field."""
    fenced = _FENCED.match(text)
    try:
        wire = WirePlan.model_validate(json.loads(fenced.group(1) if fenced else text))
    except json.JSONDecodeError as error:
        return [f"the answer is not JSON: {error.msg} at character {error.pos + 1}; answer with the object alone"]
    except RecursionError:
        return ["the answer is nested too deeply; answer with the object alone"]
    except ValidationError as refusal:
        return _told(refusal)
    found = [*_choices(wire), *_beats(wire, template), *_letters(wire)]
    try:
        plan = Plan.model_validate(_tidied(wire))
    except ValidationError as refusal:
        found += [said for said in _told(refusal) if said.partition(":")[0] not in ("place", "object")]
    return found[:_MOST_COMPLAINTS] or plan


def too_long(plan: Plan, size_px: tuple[int, int]) -> list[str]:
    """Captions that would have to be set small in a film of this (width, height)."""
    from vgkit.media.captions import fits

    return [
        f"beats[{number}].caption: is {beat.caption!r}, {len(beat.caption)} characters; it does not fit on two lines"
        for number, beat in enumerate(plan.beats)
        if beat.caption and not fits(beat.caption, size=size_px)
    ]


def _tidied(wire: WirePlan) -> dict[str, object]:
    """Mend what nothing is lost by: spaces around words, colours in capitals."""
    fields = wire.model_dump()
    fields["palette"] = {name: colour.strip().lower() for name, colour in fields["palette"].items()}
    fields["beats"] = [{name: value.strip() for name, value in beat.items()} for beat in fields["beats"]]
    return {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}


def _choices(wire: WirePlan) -> list[str]:
    named = (("place", wire.place, places()), ("object", wire.object, objects()))
    return [
        f"{field}: is {value!r}; choose one of {', '.join(known)}"
        for field, value, known in named
        if value.strip() not in known
    ]


def _beats(wire: WirePlan, template: Template) -> list[str]:
    wanted, given = [beat.name for beat in template.beats], [beat.beat.strip() for beat in wire.beats]
    if given == wanted:
        return []
    return [f"beats: are {', '.join(given) or 'none'}; give exactly {', '.join(wanted)}, each once, in order"]


def _letters(wire: WirePlan) -> list[str]:
    """Words for the screen that no shipped font can draw; the title is one where the brief names neither brand."""
    shown = [("title", wire.title)]
    for number, beat in enumerate(wire.beats):
        shown += [(f"beats[{number}].caption", beat.caption), (f"beats[{number}].kicker", beat.kicker)]
    missing = [(where, _undrawable(text)) for where, text in shown]
    return [
        f"{where}: holds {', '.join(map(repr, letters[:4]))}, which can't be drawn"
        for where, letters in missing
        if letters
    ]


def _undrawable(text: str) -> Sequence[str]:
    from vgkit.media.fonts import unsupported

    return unsupported(text.strip())


def _told(refusal: ValidationError) -> list[str]:
    return [f"{field_name(place)}: {sentence}" for place, sentence in complaints(refusal)]
