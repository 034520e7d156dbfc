"""Films from a CSV table, as spreadsheets write it: a header with fields, and a row for each film.

Every row keeps the line it begins on: quoted cells may hold line ends, and a row's number is then not its line's."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from vgkit.batch.fields import FIELDS, cell, unknown
from vgkit.batch.rows import Row
from vgkit.batch.text import MOST_ROWS, more_than_most
from vgkit.batch.wrong import Place, Wrong
from vgkit.complaints import shown
from vgkit.errors import BatchError

_DELIMITERS = ",;\t"
_MOST_COLUMNS = 1000


def table_rows(text: str, path: Path, wrong: Wrong, *, file: str = "") -> tuple[list[Row], dict[str, int]]:
    """Read the rows of a table, and in which column each field stands, counted from 1.

    Mistakes go to ``wrong``, with ``file`` as the name of the table. Raises BatchError where there is no row at all.
    """
    said, rest, lines_before = _separator(text)
    records = _records(rest, said or _delimiter(rest), wrong, lines_before, file)
    line, header = next(records, (1, []))
    if (count := sum(bool(name.strip()) for name in header)) > _MOST_COLUMNS:
        raise BatchError(
            f"{path} line {line} names {count:,} columns; the most is {_MOST_COLUMNS:,}. Keep those that a film has."
        )
    columns = _columns(header, Place(line, file=file), wrong)
    rows = []
    for line, record in records:
        place = Place(line, file=file)
        filled = [(number, text) for number, text in enumerate(record, 1) if text.strip()]
        _check_cells(filled, header, place, wrong, cells=len(record))
        if filled:
            named = ((columns[number - 1], text) for number, text in filled if number <= len(columns))
            rows.append(Row(place, {name: cell(name, text) for name, text in named if name}))
        if len(rows) > MOST_ROWS:
            raise more_than_most(path)
    if not rows and not wrong:
        raise BatchError(f"{path} has a header and no rows. Write a row for each film.")
    return rows, {name: number for number, name in enumerate(columns, 1) if name}


def _check_cells(
    filled: Sequence[tuple[int, str]], header: Sequence[str], place: Place, wrong: Wrong, *, cells: int
) -> None:
    """Complain of the first cell that is in no column, or in one without a name."""
    for number, text in filled:
        if number > len(header):
            wrong.add(place, f"has {cells} cells; the header has {len(header)}. The first over is {shown(text)}")
            return
        if not header[number - 1].strip():
            said = f"has {shown(text)} in column {number}, whose header is empty; name the column, or empty the cell"
            wrong.add(place, said)
            return


def _separator(text: str) -> tuple[str, str, int]:
    """What Excel's first line ``sep=;`` says, the text after it, and how many lines that leaves out."""
    first = text.split("\n", 1)[0].rstrip("\r")
    if len(first) == 5 and first.lower().startswith("sep=") and "\n" in text:
        return first[4], text.split("\n", 1)[1], 1
    return "", text, 0


def _delimiter(text: str) -> str:
    """What separates the cells: that by which the header has most fields that we know."""

    def known(delimiter: str) -> int:
        try:
            header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        except csv.Error:
            return 0
        return len({name.strip() for name in header} & {*FIELDS})

    return max(_DELIMITERS, key=known)


def _records(
    text: str, delimiter: str, wrong: Wrong, lines_before: int, file: str
) -> Iterator[tuple[int, Sequence[str]]]:
    """Each record that is no blank line, with the line it begins on; line ends within cells are written ``\\n``."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = lines_before + reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            wrong.add(Place(line, file=file), _broken(error))
            return
        if record:
            yield line, [text.replace("\r\n", "\n").replace("\r", "\n") for text in record]


def _broken(error: csv.Error) -> str:
    said = str(error)
    if "field larger" in said:
        said = (
            f"a cell has more than {csv.field_size_limit():,} characters; a quote that was opened is perhaps not closed"
        )
    elif "unexpected end" in said:
        said = "a quote that was opened is not closed before the end of the file"
    else:
        said = f'{said}; write a quote within a quoted cell twice ("")'
    return f"the row that begins here can't be read: {said}. What follows was not checked"


def _columns(header: Sequence[str], place: Place, wrong: Wrong) -> list[str]:
    """The field of each column; empty for one that can't be used."""
    first: dict[str, int] = {}
    for number, name in enumerate((name.strip() for name in header), 1):
        if name and first.setdefault(name, number) != number:
            wrong.add(place, f"stands in column {first[name]} too; keep one", field=name, column=number)
        elif said := unknown(name) if name else "":
            wrong.add(place, said, field=shown(name).strip("'"), column=number)
    fields = {number: name for name, number in first.items() if not unknown(name)}
    return [fields.get(number, "") for number in range(1, len(header) + 1)]
