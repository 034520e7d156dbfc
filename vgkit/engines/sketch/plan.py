"""A plan by rule: the words of the brief choose place, light, mood and captions.

No model is asked, so nothing is invented; what the brief does not say is left to the template's own wording."""

import re
import string
from collections.abc import Iterable, Mapping
from typing import TypeVar

from vgkit.brief import Brief
from vgkit.engines.sketch.objects import object_for
from vgkit.engines.sketch.palettes import palette_for
from vgkit.engines.sketch.scene_files import read_setup
from vgkit.engines.sketch.scenes import scene_for
from vgkit.places import templates_dir
from vgkit.storyboard import BeatPlan, Light, Plan
from vgkit.template import Beat, Mood, Template

_LIGHT_WORDS: dict[Light, str] = {
    "morning": "morning sunrise dawn breakfast early fresh",
    "golden": "golden sunset evening warm autumn harvest",
    "dusk": "dusk twilight blue-hour",
    "night": "night midnight moon stars starry dark launch rocket",
    "neon": "neon cyber cyberpunk futuristic arcade club techno",
    "overcast": "overcast rain rainy fog foggy misty mist cloudy winter snow",
    "studio": "studio seamless white minimal minimalist clean",
    "day": "day noon sunny bright summer daylight outdoor outdoors",
}
_MOOD_WORDS: dict[Mood, str] = {
    "uplifting": "uplifting happy bright fresh optimistic joyful hopeful inspiring",
    "warm": "warm cozy cosy homely tender intimate slow family handmade",
    "calm": "calm quiet peaceful serene gentle relaxing minimal mindful",
    "energetic": "energetic bold fast sporty sport running power young loud neon party",
    "elegant": "elegant luxury luxurious premium refined timeless jewelry perfume watch",
    "epic": "epic grand cinematic heroic rocket space launch adventure mountain",
}
_PLACE_OF_LIGHT: dict[Light, str] = {"night": "skyline", "neon": "street_night", "studio": "studio", "golden": "hills"}
_DEFAULT_PLACE = "tabletop"
_LONGEST_POINT = 44
_STOPS = ".!…。！"
_LONGEST_PROMPT = 600

Key = TypeVar("Key", bound=str)


def plan_by_rule(brief: Brief, template: Template, *, accent: str | None = None) -> Plan:
    """Fill a template from a brief; ``accent`` is a colour taken from the product's picture, where there is one."""
    words = _words(" ".join([brief.prompt, brief.product, brief.tagline]))
    light = _chosen(words, _LIGHT_WORDS) or ("neon" if template.music.mood == "energetic" else "morning")
    mood = _chosen(words, _MOOD_WORDS) or template.music.mood
    place = scene_for(words) or _PLACE_OF_LIGHT.get(light, _DEFAULT_PLACE)
    thing = object_for(" ".join([brief.product, brief.prompt]))
    slots = _slots(
        brief,
        place=read_setup(templates_dir() / "scenes" / f"{place}.svg").title.lower(),
        light=light,
        mood=mood,
        thing=thing,
    )
    return Plan(
        title=brief.product or brief.brand or _short(_sentences(brief.prompt)[0], 60),
        place=place,
        light=light,
        mood=mood,
        object=thing,
        palette=palette_for(light, mood, accent=accent, seed=brief.seed),
        beats=tuple(_beat_plan(beat, slots) for beat in template.beats),
        music_prompt=_filled(template.music.prompt, slots)[:400],
    )


def points(prompt: str) -> list[str]:
    """What the brief claims for the product: its further sentences, where short enough to be read on screen."""
    claims = [sentence.rstrip(_STOPS).strip() for sentence in _sentences(prompt)[1:]]
    return [claim for claim in claims if 0 < len(claim) <= _LONGEST_POINT]


def _words(text: str) -> list[str]:
    return re.findall(r"[\w-]+", text.lower())


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.!?。！？])\s*|\n+", text) if part.strip()]


def _chosen(words: list[str], table: Mapping[Key, str]) -> Key | None:
    """The entry most of whose words are spoken; the first in the table where two are level, None where none is."""
    hits = {key: sum(word in set(known.split()) for word in words) for key, known in table.items()}
    best = max(hits, key=lambda key: hits[key])
    return best if hits[best] else None


def _slots(brief: Brief, *, place: str, light: Light, mood: Mood, thing: str) -> dict[str, str]:
    found = points(brief.prompt)
    scene = " ".join(part for part in _sentences(brief.prompt) if part.rstrip(_STOPS).strip() not in found)
    claims = [*found, "", "", ""]
    return {
        "prompt": _short(scene, _LONGEST_PROMPT).rstrip(_STOPS),
        "product": brief.product,
        "brand": brief.brand,
        "tagline": brief.tagline,
        "call_to_action": brief.call_to_action,
        "place": place,
        "light": light,
        "mood": mood,
        "thing": f"the {thing}",
        "point_1": claims[0],
        "point_2": claims[1],
        "point_3": claims[2],
    }


def _beat_plan(beat: Beat, slots: Mapping[str, str]) -> BeatPlan:
    spoken = {**slots, "product": slots["product"] or slots["thing"]}
    caption = _first_that_fits(beat.captions, slots, longest=120)
    kicker = _first_that_fits((beat.kicker,) if beat.kicker else (), slots, longest=60)
    return BeatPlan(beat=beat.name, prompt=_filled(beat.prompt, spoken)[:1200], caption=caption, kicker=kicker)


def _first_that_fits(patterns: Iterable[str], slots: Mapping[str, str], *, longest: int) -> str:
    """The first pattern that the brief can fill and the storyboard takes; none: no words."""
    filled = (_filled(pattern, slots) for pattern in patterns if _can_fill(pattern, slots))
    return next((text for text in filled if len(text) <= longest), "")


def _can_fill(pattern: str, slots: Mapping[str, str]) -> bool:
    return all(slots[name] for _, name, _, _ in string.Formatter().parse(pattern) if name)


def _filled(pattern: str, slots: Mapping[str, str]) -> str:
    return pattern.format_map(slots)


def _short(text: str, most: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1].rsplit(" ", 1)[0] + "…"
