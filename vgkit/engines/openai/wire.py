"""The answer's shape as it goes over the wire: plain strings and lists, no ranges.

Servers differ in which ranges their schemas accept, so what a plan must hold is checked by ``Plan`` afterwards."""

import json
import re

from pydantic import BaseModel, ConfigDict, ValidationError

from vgkit.complaints import complaints, field_name
from vgkit.storyboard import Plan
from vgkit.template import Template

_FENCED = re.compile(r"^\s*```(?:json)?\s*(.*?)\s*```\s*$", re.DOTALL)
_MOST_COMPLAINTS = 12


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore")


class WirePalette(_Wire):
    sky: str
    far: str
    mid: str
    near: str
    accent: str
    ink: str
    light: str


class WireBeat(_Wire):
    beat: str
    prompt: str
    caption: str
    kicker: str


class WirePlan(_Wire):
    title: str
    place: str
    light: str
    mood: str
    object: str
    palette: WirePalette
    beats: list[WireBeat]
    music_prompt: str


def read_plan(text: str, template: Template, *, places: tuple[str, ...], objects: tuple[str, ...]) -> Plan | list[str]:
    """Read a model's answer as a plan for a template, or say what is wrong with it, field by field."""
    fenced = _FENCED.match(text)
    try:
        wire = WirePlan.model_validate(json.loads(fenced.group(1) if fenced else text))
    except json.JSONDecodeError as error:
        return [f"the answer is not JSON: {error.msg} at character {error.pos + 1}; answer with the object alone"]
    except ValidationError as refusal:
        return _told(refusal)
    found = _choices(wire, template, places=places, objects=objects) + _letters(wire)
    try:
        plan = Plan.model_validate(_tidied(wire))
    except ValidationError as refusal:
        found += _told(refusal)
    return found or plan


def _tidied(wire: WirePlan) -> dict[str, object]:
    """Mend what nothing is lost by: spaces around words, colours in capitals."""
    fields = wire.model_dump()
    fields["palette"] = {name: colour.strip().lower() for name, colour in fields["palette"].items()}
    fields["beats"] = [{name: value.strip() for name, value in beat.items()} for beat in fields["beats"]]
    return {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}


def _choices(wire: WirePlan, template: Template, *, places: tuple[str, ...], objects: tuple[str, ...]) -> list[str]:
    found = []
    if wire.place.strip() not in places:
        found.append(f"place: is {wire.place!r}; choose one of {', '.join(places)}")
    if wire.object.strip() not in objects:
        found.append(f"object: is {wire.object!r}; choose one of {', '.join(objects)}")
    wanted, given = [beat.name for beat in template.beats], [beat.beat.strip() for beat in wire.beats]
    if given != wanted:
        found.append(f"beats: are {', '.join(given) or 'none'}; give exactly {', '.join(wanted)}, each once, in order")
    return found


def _letters(wire: WirePlan) -> list[str]:
    """Words for the screen that no shipped font can draw."""
    from vgkit.media.fonts import unsupported

    shown = [(f"beats[{n}].{field}", getattr(beat, field)) for n, beat in enumerate(wire.beats) for field in _SHOWN]
    missing = [(where, unsupported(text)) for where, text in shown]
    return [
        f"{where}: holds {', '.join(map(repr, letters[:4]))}, which can't be drawn"
        for where, letters in missing
        if letters
    ]


_SHOWN = ("caption", "kicker")


def _told(refusal: ValidationError) -> list[str]:
    return [f"{field_name(place)}: {sentence}" for place, sentence in complaints(refusal)][:_MOST_COMPLAINTS]
