"""What a notebook may be told, read from its cell tagged ``parameters``.

papermill only warns about a misspelt parameter and then runs without it, and writes a tuple as text; so names and
types are compared here first. The cell is parsed, not matched: a ``#`` inside a default stays part of the default."""

import ast
import difflib
import io
import json
import math
import tokenize
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import ConfigDict, TypeAdapter, ValidationError

from vgkit.complaints import shown
from vgkit.errors import ParameterError

_ANNOTATIONS = {"Any": Any, "Literal": Literal} | {kind.__name__: kind for kind in (str, int, float, bool, list, dict)}


class Parameter(NamedTuple):
    """One line of the cell: ``takes: int = 1  # clips for each chunk``."""

    type: str
    default: object
    help: str


def notebook_parameters(notebook: Path) -> dict[str, Parameter]:
    """List what the notebook accepts, in the order of its cell; empty when it has no such cell."""
    source = _parameters_cell(notebook)
    remarks = _remarks(source)
    accepted = {}
    for line in ast.parse(source).body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value:
            name, kind, value = line.target.id, ast.unparse(line.annotation), line.value
        elif isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            name, kind, value = line.targets[0].id, "", line.value
        else:
            continue
        default = _literal(value, name, notebook)
        kind = kind or ("Any" if default is None else type(default).__name__)
        accepted[name] = Parameter(kind, default, remarks.get(line.end_lineno or line.lineno, ""))
    return accepted


def check_parameters(notebook: Path, parameters: Mapping[str, object]) -> dict[str, Any]:
    """Return the parameters as papermill can write them; raise ParameterError for a name or type that does not fit.

    A Path becomes text and a tuple a list; what JSON has no word for (Decimal, date, set, NaN) is refused.
    """
    accepted = notebook_parameters(notebook)
    ready = {}
    for name, value in parameters.items():
        if name not in accepted:
            raise ParameterError(_unknown(name, accepted, notebook))
        plain = _plain(value, where=f"{name} of {notebook.stem}")
        if not _fits(plain, accepted[name].type):
            raise ParameterError(
                f"{name} of {notebook.stem} must be {accepted[name].type}, not {shown(value)}, "
                f"which is {type(value).__name__}. Its default is {shown(accepted[name].default)}."
            )
        ready[name] = plain
    return ready


def _parameters_cell(notebook: Path) -> str:
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except FileNotFoundError as error:
        raise ParameterError(f"There is no notebook {notebook}. Check the name and the folder.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ParameterError(f"{notebook} can't be read as a notebook ({error}). Take a fresh copy of it.") from error
    for cell in cells:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            return "".join(cell["source"])
    return ""


def _remarks(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {at.start[0]: at.string.lstrip("# ") for at in tokens if at.type == tokenize.COMMENT}


def _literal(value: ast.expr, name: str, notebook: Path) -> object:
    try:
        return ast.literal_eval(value)
    except ValueError as error:
        # A computed default would keep its old value after papermill has put in the new parameters.
        raise ParameterError(
            f"The default of {name} in {notebook.stem} is computed: {ast.unparse(value)}. Write a plain value."
        ) from error


def _unknown(name: str, accepted: Mapping[str, Parameter], notebook: Path) -> str:
    close = difflib.get_close_matches(name, accepted, n=1)
    guess = f" Did you mean {close[0]}?" if close else ""
    takes = f"It takes {', '.join(accepted)}." if accepted else "It takes none."
    return f"{notebook.stem} has no parameter {name}.{guess} {takes}"


def _plain(value: object, *, where: str) -> object:
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(each, where=where) for each in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(each, where=where) for key, each in value.items()}
    raise ParameterError(
        f"{where} holds {shown(value)}, which is {type(value).__name__}; a notebook can be given only text, numbers, "
        f"true or false, none, lists, and tables with text as keys. Pass it as one of these."
    )


def _fits(value: object, annotation: str) -> bool:
    try:
        # The annotation comes from a notebook we are about to run, so evaluating it gives it nothing new.
        kind = eval(annotation, {"__builtins__": {}}, _ANNOTATIONS)
    except (NameError, SyntaxError, TypeError):
        return True
    try:
        TypeAdapter(kind, config=ConfigDict(strict=True)).validate_python(value)
    except ValidationError:
        return False
    return True
