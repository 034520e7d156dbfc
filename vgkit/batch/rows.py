"""Films as they are asked for: a row of a table, a line of objects, a table of a TOML file, a dict."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from vgkit.batch.fields import flat, unknown
from vgkit.batch.text import MOST_ROWS, more_than_most
from vgkit.batch.wrong import Place, Wrong
from vgkit.complaints import shown


class Row(NamedTuple):
    """One film: where it stands, its fields by flat names, and its name where its place in a matrix gives it one."""

    place: Place
    fields: Mapping[str, Any]
    name: str = ""


def row_of(place: Place, fields: Mapping[str, Any], wrong: Wrong) -> Row:
    """A row of fields that are nested or dotted; what is null or empty is left out, and what is unknown told."""
    known = {}
    for name, value in flat(fields).items():
        if said := unknown(name):
            wrong.add(place, said, field=shown(name)[1:-1])
        elif value is not None and value != "":
            known[name] = value
    return Row(place, known)


def rows_of(films: Iterable[Mapping[str, Any]], called: str, wrong: Wrong) -> list[Row]:
    """Rows of tables or dicts, each known by its number: ``films[0]``."""
    return [row_of(Place(name=f"{called}[{number}]"), fields, wrong) for number, fields in enumerate(films)]


def line_rows(text: str, path: Path, wrong: Wrong, *, file: str = "") -> list[Row]:
    """Rows of a file with one JSON object a line. Raises BatchError where there are too many."""
    rows: list[Row] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        place = Place(number, file=file)
        if len(rows) == MOST_ROWS:
            raise more_than_most(path)
        try:
            value = json.loads(line, object_pairs_hook=_once, parse_constant=_no_number)
        except json.JSONDecodeError as error:
            wrong.add(place, f"is not JSON here: {error.msg}", column=error.colno)
            continue
        except (ValueError, RecursionError) as error:
            wrong.add(place, f"can't be read: {error}")
            continue
        if isinstance(value, dict):
            rows.append(row_of(place, value, wrong))
        else:
            wrong.add(place, f'is {shown(value)}; write one object a line, such as {{"prompt": "…"}}')
    return rows


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        twice = next(name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at]))
        raise ValueError(f"{shown(twice)} stands there twice; keep one")
    return fields


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number in JSON")
