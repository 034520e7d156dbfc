"""Scenes as files: one SVG a scene, its layers as groups, its colours as ``$slots``. A scene is a drawing and no code,
so a person adds one by dropping a file in ``templates/scenes``; whatever is wrong with it is told by file.

Beyond plain SVG an element may carry ``data-lights="night neon"`` (drawn in these only) and ``data-scatter="40"``
(that many copies at places the seed settles: ``data-box`` x y w h, the ranges ``data-scale``, ``data-turn`` and
``data-fade``, the choice ``data-fills``, ``data-snap`` to a grid of that width and height)."""

import copy
import random
import string
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from vgkit.errors import TemplateError
from vgkit.storyboard import Light

Surface = Literal["glossy", "matte", "none"]
LightFrom = Literal["left", "right", "top", "back"]
TextSide = Literal["left", "right", "bottom"]

_SVG = "{http://www.w3.org/2000/svg}"
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "data-surface": get_args(Surface),
    "data-light-from": get_args(LightFrom),
    "data-text-side": get_args(TextSide),
}
_SHARES = ("data-ground", "data-product-x", "data-product-height")
_WORDS = ("data-title", "data-words")
_MOST_COPIES = 600
ET.register_namespace("", "http://www.w3.org/2000/svg")


@dataclass(frozen=True)
class Setup:
    """What a scene says of itself: where a product stands (shares of the frame), light, words that choose it."""

    name: str
    title: str
    words: tuple[str, ...]
    ground_y: float
    product_x: float
    product_height: float
    surface: Surface
    light_from: LightFrom
    text_side: TextSide


@dataclass(frozen=True)
class DrawnLayer:
    """One layer as SVG elements with everything settled but its size; ``blur`` in units of the 1600 x 900 drawing."""

    name: str
    depth: float
    blur: float
    elements: str


def read_setup(path: Path) -> Setup:
    """Read a scene's own words. Raises TemplateError that names the file and what is missing or out of range."""
    root = _parsed(path, _text(path))
    missing = [name for name in (*_WORDS, *_SHARES, *_CHOICES) if not root.get(name, "").strip()]
    if missing:
        raise TemplateError(f"{path.name}: the <svg> lacks {', '.join(missing)}; see the other scenes for examples.")
    for name, accepted in _CHOICES.items():
        if root.get(name) not in accepted:
            raise TemplateError(f"{path.name}: {name} is {root.get(name)!r}; choose one of {', '.join(accepted)}.")
    ground, product_x, product_height = (_share(path, root, name) for name in _SHARES)
    return Setup(
        name=path.stem,
        title=root.get("data-title", ""),
        words=tuple(root.get("data-words", "").lower().split()),
        ground_y=ground,
        product_x=product_x,
        product_height=product_height,
        surface=cast(Surface, root.get("data-surface")),
        light_from=cast(LightFrom, root.get("data-light-from")),
        text_side=cast(TextSide, root.get("data-text-side")),
    )


def read_layers(path: Path, *, slots: Mapping[str, str], light: Light, seed: int) -> tuple[DrawnLayer, ...]:
    """Colour a scene and settle its light and chance; layers from far to near. Raises TemplateError by file."""
    root = _parsed(path, _coloured(path, _text(path), slots))
    _keep_lights(path, root, light)
    _scatter(path, root, random.Random(f"{path.stem}/{seed}"))
    defs = "".join(ET.tostring(element, encoding="unicode") for element in root.findall(f"{_SVG}defs"))
    groups = [group for group in root.findall(f"{_SVG}g") if group.get("data-depth") is not None]
    groups = [group for group in groups if len(group)]
    if not groups:
        raise TemplateError(f'{path.name}: has no layers; wrap the drawing in <g id="…" data-depth="0.2">.')
    layers = [_layer(path, group, defs) for group in groups]
    return tuple(sorted(layers, key=lambda layer: layer.depth))


def _layer(path: Path, group: ET.Element, defs: str) -> DrawnLayer:
    name = group.get("id", "")
    if not name:
        raise TemplateError(f"{path.name}: a layer (a <g> with data-depth) has no id; give it one.")
    depth = _number(path, group, "data-depth", least=0, most=3)
    blur = _number(path, group, "data-blur", least=0, most=80) if "data-blur" in group.attrib else 0.0
    # without its id, or url(#sky) would find the layer of that name rather than the gradient
    del group.attrib["id"]
    return DrawnLayer(name, depth, blur, defs + ET.tostring(group, encoding="unicode"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path.name}: can't be read as UTF-8 text ({error}).") from error


def _parsed(path: Path, text: str) -> ET.Element:
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise TemplateError(f"{path.name}: is not well-formed SVG ({error}).") from error
    if root.tag != f"{_SVG}svg" or root.get("viewBox") != "0 0 1600 900":
        raise TemplateError(f'{path.name}: must be an <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1600 900">.')
    return root


def _coloured(path: Path, text: str, slots: Mapping[str, str]) -> str:
    try:
        return string.Template(text).substitute(slots)
    except KeyError as error:
        plain = ", ".join(f"${name}" for name in slots if "_" not in name and f"{name}_dark" not in slots)
        shaded = ", ".join(f"${name}" for name in slots if f"{name}_dark" in slots)
        raise TemplateError(
            f"{path.name}: ${error.args[0]} is no colour slot. The slots are {plain} and, also with _light, _pale, "
            f"_dark or _deep, {shaded}."
        ) from error
    except ValueError as error:
        raise TemplateError(f"{path.name}: a lone $ ({error}); write $$ for a dollar sign.") from error


def _keep_lights(path: Path, parent: ET.Element, light: Light) -> None:
    for child in list(parent):
        lights = child.attrib.pop("data-lights", "").split()
        unknown = [name for name in lights if name not in get_args(Light)]
        if unknown:
            raise TemplateError(
                f"{path.name}: data-lights names {unknown[0]!r}; lights are {', '.join(get_args(Light))}."
            )
        if lights and light not in lights:
            parent.remove(child)
        else:
            _keep_lights(path, child, light)


def _scatter(path: Path, parent: ET.Element, chance: random.Random) -> None:
    for child in list(parent):
        _scatter(path, child, chance)
        if "data-scatter" in child.attrib:
            place = list(parent).index(child)
            parent.remove(child)
            for step, copied in enumerate(_copies(path, child, chance)):
                parent.insert(place + step, copied)


def _copies(path: Path, element: ET.Element, chance: random.Random) -> Iterator[ET.Element]:
    """Copies of an element drawn around the origin; with data-sort="y" the lower ones are larger."""
    count = int(_number(path, element, "data-scatter", least=0, most=_MOST_COPIES))
    x, y, width, height = _numbers(path, element, "data-box", "0 0 1600 900", 4)
    scale, turn, fade = (
        _numbers(path, element, f"data-{name}", default, 2)
        for name, default in (("scale", "1 1"), ("turn", "0 0"), ("fade", "1 1"))
    )
    snap = [max(step, 0.1) for step in _numbers(path, element, "data-snap", "0.1 0.1", 2)]
    fills, by_depth = element.get("data-fills", "").split(), element.get("data-sort") == "y"
    plain = copy.deepcopy(element)
    for name in [name for name in plain.attrib if name.startswith("data-")]:
        del plain.attrib[name]
    # stratified across, so that chance never piles everything up at one end
    spots = [(x + width * (i + chance.random()) / max(count, 1), chance.random()) for i in range(count)]
    for left, down in sorted(spots, key=lambda spot: spot[1]) if by_depth else chance.sample(spots, count):
        size = scale[0] + (scale[1] - scale[0]) * (down if by_depth else chance.random() ** 1.5)
        at = [round(place / step) * step for place, step in zip((left, y + height * down), snap, strict=True)]
        moved = f"translate({at[0]:.1f} {at[1]:.1f}) rotate({chance.uniform(*turn):.1f}) scale({size:.3f})"
        # not "opacity", for which the renderer paints every copy on a sheet of its own: several times slower
        seen = f"{chance.uniform(*fade):.3f}"
        group = ET.Element(f"{_SVG}g", {"transform": moved, "fill-opacity": seen, "stroke-opacity": seen})
        if fills:
            group.set("fill", chance.choice(fills))
        group.append(plain)
        yield group


def _share(path: Path, root: ET.Element, name: str) -> float:
    return _number(path, root, name, least=0.05, most=0.95)


def _number(path: Path, element: ET.Element, name: str, *, least: float, most: float) -> float:
    (value,) = _numbers(path, element, name, "", 1)
    if not least <= value <= most:
        raise TemplateError(f"{path.name}: {name} is {value:g}; it must lie from {least:g} to {most:g}.")
    return value


def _numbers(path: Path, element: ET.Element, name: str, default: str, count: int) -> list[float]:
    text = element.get(name, default)
    try:
        values = [float(number) for number in text.split()]
    except ValueError:
        values = []
    if len(values) != count:
        raise TemplateError(f"{path.name}: {name} is {text!r}; {count} number(s) are needed.")
    return values
