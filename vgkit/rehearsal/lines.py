"""What a rehearsal must not forget, as lines of JSON in a file that outlives its server.

A server may be killed while it writes: half a line is passed over when it is read, and nothing is stuck to it."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def add_line(path: Path, fields: Mapping[str, Any]) -> None:
    """Append one line; what JSON has no form for is written as its text."""
    with path.open("ab+") as file:
        torn = False
        if file.tell():
            file.seek(-1, os.SEEK_END)
            torn = file.read(1) != b"\n"
        file.write(b"\n" * torn + json.dumps(fields, ensure_ascii=False, default=str).encode() + b"\n")


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file that are whole; none of one that is not there."""
    if not path.is_file():
        return
    for line in path.read_bytes().split(b"\n"):
        try:
            yield json.loads(line)
        except ValueError:
            continue
