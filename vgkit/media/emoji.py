"""Emoji in a text, and their pictures. Colour fonts differ from system to system, so we draw OpenMoji's SVG files."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_JOINER, _AS_TEXT, _AS_EMOJI, _KEYCAP = "\u200d", "\ufe0e", "\ufe0f", "\u20e3"
_LONGEST = 12
# Below U+1F000: what Unicode shows as emoji without being asked (Emoji_Presentation=Yes), and hearts, which no
# text font of ours has.
_BY_DEFAULT = re.compile(
    "[⌚⌛⏩-⏬⏰⏳◽◾☔☕♈-♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓-❕❗❣❤➕-➗➰➿⬛⬜⭐⭕]"
)
# What no picture took: joiners, selectors, skin tones and tags mean nothing alone and would be tofu.
_LEFTOVERS = re.compile(f"[{_JOINER}{_AS_EMOJI}{_KEYCAP}\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*")


def split_emoji(text: str) -> Iterator[tuple[str, Path | None]]:
    """Cut ``text`` into pieces: (characters, None) for text and (one emoji, its SVG file) for each emoji.

    A joined sequence or skin tone without a picture of its own falls back to the pictures of its parts.
    """
    start = place = 0
    while place < len(text):
        found = _emoji_at(text, place)
        if found is None:
            place += 1
            continue
        if start < place:
            yield text[start:place], None
        end, picture = found
        yield text[place:end], picture
        start = place = end
    if start < len(text):
        yield text[start:], None


def _emoji_at(text: str, place: int) -> tuple[int, Path] | None:
    """Where the emoji that begins at ``place`` ends, and its picture."""
    following = text[place + 1 : place + 2]
    asked_for = following in (_AS_EMOJI, _KEYCAP) if following else False
    if following == _AS_TEXT or not (asked_for or ord(text[place]) >= 0x1F000 or _BY_DEFAULT.match(text, place)):
        return None
    files = _pictures()
    for end in range(min(len(text), place + _LONGEST), place, -1):
        picture = files.get(_name(text[place:end]))
        if picture is not None:
            leftovers = _LEFTOVERS.match(text, end)
            return (leftovers.end() if leftovers else end), picture
    return None


def _name(emoji: str) -> str:
    return "-".join(f"{ord(char):04X}" for char in emoji if char != _AS_EMOJI)


@cache
def _pictures() -> dict[str, Path]:
    # find_spec and not import: emosvg itself needs the cairo system library, its pictures don't.
    spec = find_spec("emosvg")
    if spec is None or not spec.submodule_search_locations:
        return {}
    folder = Path(spec.submodule_search_locations[0]) / "resources" / "openmoji-svg-color"
    return {file.stem.replace("-FE0F", ""): file for file in folder.glob("*.svg")}
