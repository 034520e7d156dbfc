"""A batch as it is asked for: one inner form, whether it comes from CSV, JSONL, TOML, or a list of dicts.

Reading goes on over what is wrong, so that a person is told everything in one go; ``vgkit.batch.check`` raises it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vgkit.batch.head import BatchFile, toml_fields, without
from vgkit.batch.matrix import size_of, slug
from vgkit.batch.rows import Row, line_rows, rows_of
from vgkit.batch.sources import inside
from vgkit.batch.table import table_rows
from vgkit.batch.text import MOST_ROWS, more_than_most, read_text
from vgkit.batch.wrong import Place, Wrong
from vgkit.complaints import complaints, field_name
from vgkit.errors import BatchError

_LONGEST_NAME = 40


@dataclass(frozen=True)
class Spec:
    """What a batch asks for. ``base`` is where its paths start, ``columns`` where a table has each field.

    ``wrong`` is what was found on reading; the rows here are those that could be read.
    """

    head: BatchFile
    rows: tuple[Row, ...]
    source: str
    base: Path
    wrong: Wrong
    columns: dict[str, int] = field(default_factory=dict)


def read_spec(path: Path) -> Spec:
    """Read a batch from a CSV, JSONL or TOML file. Raises BatchError where it can't be read at all."""
    if path.suffix.lower() == ".toml":
        return _spec(
            toml_fields(read_text(path, wanted="a TOML file"), path), source=str(path), base=path.parent.resolve()
        )
    wrong = Wrong()
    name = slug(path.stem)[:_LONGEST_NAME].strip("-").removesuffix("-rehearsed") or "batch"
    rows, columns = _table(path, wrong)
    return Spec(BatchFile(name=name), tuple(rows), str(path), path.parent.resolve(), wrong, columns)


def spec_of(films: Iterable[Mapping[str, Any]], *, name: str, base: Path | None = None, **head: Any) -> Spec:
    """Make a batch of dicts with a row's fields, nested or dotted; ``head`` is as in a TOML file.

    Relative paths start at ``base``, the working folder where it is left out. Raises BatchError for too many films.
    """
    given = {"name": name, "films": tuple(films), **head}
    return _spec(given, source=f"The batch {name}", base=(base or Path.cwd()).resolve())


def _spec(fields: dict[str, Any], *, source: str, base: Path) -> Spec:
    wrong = Wrong()
    head = _head(fields, wrong)
    rows = rows_of(head.films, "films", wrong)
    columns: dict[str, int] = {}
    if head.rows:
        with wrong.at("rows"):
            inside(base, head.rows)
            more, columns = _table(base / head.rows, wrong, file=head.rows)
            rows += more
    if (films := len(rows) + size_of(head)) > MOST_ROWS:
        raise more_than_most(source, films=films)
    return Spec(head, tuple(rows), source, base, wrong, columns)


def _head(fields: dict[str, Any], wrong: Wrong) -> BatchFile:
    try:
        return BatchFile.model_validate(fields)
    except ValidationError as refusal:
        for place, sentence in complaints(refusal):
            wrong.add(Place(name=field_name(place)), sentence)
        return BatchFile.model_validate({"name": "unnamed", **without(fields, refusal)})


def _table(path: Path, wrong: Wrong, *, file: str = "") -> tuple[list[Row], dict[str, int]]:
    """The rows of a CSV or JSONL file, and the columns of the former."""
    kind = path.suffix.lower()
    if kind not in (".csv", ".tsv", ".jsonl"):
        raise BatchError(f"{path} is no batch. Give a file that ends in .csv, .tsv, .jsonl or .toml.")
    text = read_text(path, wanted="a CSV, JSONL or TOML file")
    if not text.strip():
        raise BatchError(f"{path} is empty. Write a header and a row for each film, or one JSON object a line.")
    if kind == ".jsonl":
        return line_rows(text, path, wrong, file=file), {}
    return table_rows(text, path, wrong, file=file)
