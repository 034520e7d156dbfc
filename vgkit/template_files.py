"""Ad templates as files: found by name or path, and complained about by line, for who writes one has the file open."""

import contextlib
import functools
import json
import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vgkit.complaints import complaints, field_name
from vgkit.errors import TemplateError
from vgkit.places import templates_dir
from vgkit.template import Template

_NOT_TEMPLATES = {"schema"}
_LARGEST_BYTES = 1_000_000
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
Place = tuple[str | int, ...]


def template_names() -> tuple[str, ...]:
    """Name the templates that ship with vgkit."""
    return tuple(sorted(path.stem for path in templates_dir().glob("*.json") if path.stem not in _NOT_TEMPLATES))


def template_path(name_or_path: str) -> Path:
    """Find a template's file. Raises TemplateError that lists the names where there is none."""
    shipped = templates_dir() / f"{name_or_path}.json"
    if re.fullmatch(r"[\w-]+", name_or_path) and shipped.is_file() and name_or_path not in _NOT_TEMPLATES:
        return shipped
    with contextlib.suppress(OSError, RuntimeError):  # too long for a name; the home of nobody
        path = Path(name_or_path).expanduser()
        if path.is_file():
            return path
    names = ", ".join(template_names())
    raise TemplateError(
        f"template: there is no template {name_or_path!r}. Use one of {names}, or the path of your own file."
    )


def load_template(name_or_path: str) -> Template:
    """Read a template by name or path. Raises TemplateError with every complaint, each with its line."""
    path = template_path(name_or_path)
    state = path.stat()
    template, found = _checked(path, state.st_mtime_ns, state.st_size)
    if template is None:
        raise TemplateError(f"template {name_or_path!r} can't be used:\n" + "\n".join(found))
    return template


@functools.lru_cache(maxsize=64)
def _checked(path: Path, _mtime_ns: int, _size: int) -> tuple[Template | None, list[str]]:
    """Read a file once for all films of a batch, until it changes."""
    return check_template(path)


def check_template(path: Path) -> tuple[Template | None, list[str]]:
    """Return the template, or None with complaints such as ``line 12: beats[1].share is …``."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return None, [
                f"line 1: the file has {path.stat().st_size:,} bytes; a template has at most {_LARGEST_BYTES:,}"
            ]
        text = path.read_text(encoding="utf-8")
        fields = json.loads(text)
    except UnicodeDecodeError as error:
        return None, [f"line 1: is not text in UTF-8 (byte {error.start}); save it as UTF-8"]
    except OSError as error:
        return None, [f"line 1: can't be read ({error.strerror})"]
    except (json.JSONDecodeError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        return None, [f"line {line}: is not JSON here ({getattr(error, 'msg', 'nested too deeply')})"]
    if isinstance(fields, dict):
        fields.pop("$schema", None)
    try:
        template = Template.model_validate(fields)
    except ValidationError as refusal:
        found = complaints(refusal)
    else:
        found = unknown_names(template)
    lines = lines_of(text) if found else {}
    return (None if found else template), [_by_line(place, sentence, lines) for place, sentence in found]


def unknown_names(template: Template) -> list[tuple[Place, str]]:
    """Complain about looks and scenes there are no files of; a film would otherwise stop where they are first used."""
    looks = sorted(path.stem for path in (templates_dir() / "looks").glob("*.cube"))
    scenes = ["place", *sorted(path.stem for path in (templates_dir() / "scenes").glob("*.svg"))]
    found: list[tuple[Place, str]] = []
    if template.look not in looks:
        found.append((("look",), f"is {template.look!r}; choose one of {', '.join(looks)}"))
    for number, beat in enumerate(template.beats):
        for turn, view in enumerate(beat.views):
            if view.setting not in scenes:
                said = f"is {view.setting!r}; choose one of {', '.join(scenes)}"
                found.append((("beats", number, "views", turn, "setting"), said))
    return found


def lines_of(text: str) -> dict[Place, int]:
    """Map each place in a JSON text to the line it starts on; the text must be valid JSON."""
    lines: dict[Place, int] = {}
    place: list[str | int] = []
    expects_key: list[bool] = []
    line, last = 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", last, token.start())
        last = token.start()
        _step(token.group(), line, place, expects_key, lines)
    return lines


def _step(token: str, line: int, place: list[str | int], expects_key: list[bool], lines: dict[Place, int]) -> None:
    """Move along by one token; ``place`` ends with where we are, ``expects_key`` has an entry for each open bracket."""
    if token == ":":
        expects_key[-1] = False
    elif token == ",":
        if isinstance(place[-1], int):
            place[-1] += 1
        else:
            expects_key[-1] = True
    elif token in "}]":
        expects_key.pop()
        place.pop()
    elif expects_key and expects_key[-1]:
        place[-1] = json.loads(token)
        lines[tuple(place)] = line
    else:
        lines.setdefault(tuple(place), line)
        if token in "{[":
            place.append("" if token == "{" else 0)
            expects_key.append(token == "{")


def _by_line(place: Place, sentence: str, lines: dict[Place, int]) -> str:
    known = place
    while known and known not in lines:
        known = known[:-1]
    where = f"line {lines.get(known, 1)}: "
    return where + (sentence if not place else f"{field_name(place)} {sentence}")


def schema_text() -> str:
    """Write the model as JSON Schema, as kept in ``templates/schema.json``."""
    schema: dict[str, Any] = Template.model_json_schema()
    schema["properties"]["$schema"] = {"type": "string", "description": "this file, for editors"}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
