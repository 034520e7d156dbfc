"""What is wrong with a batch: everything at once, and each thing once with all the places where it is.

A mistake in a column stands in every row, and ten thousand equal lines help nobody."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from vgkit.errors import VgkitError

_MOST_LINES = 50
_NAMED_PLACES = 3
_FIELD = re.compile(r"((?:assets|engines|caps|settings)\.\w+|[a-z_]+): ")


class Place(NamedTuple):
    """Where something stands: a line of a file, or what else it is called (``films[2]``)."""

    line: int = 0
    name: str = ""
    file: str = ""


class _About(NamedTuple):
    field: str
    column: int
    message: str


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong, and where. ``column`` counts from 1, in columns of a table or characters of a line."""

    file: str
    lines: tuple[int, ...]
    names: tuple[str, ...]
    field: str
    column: int
    message: str

    def __str__(self) -> str:
        where = [self._places(), self._field()]
        return ": ".join([", ".join(filter(None, where)), self.message] if any(where) else [self.message])

    def _places(self) -> str:
        if self.lines:
            return f"{self.file + ' ' if self.file else ''}line{'s'[: len(self.lines) > 1]} {listed(self.lines)}"
        more = f" (and {len(self.names) - 1} more)" if len(self.names) > 1 else ""
        return f"{self.names[0]}{more}" if self.names else self.file

    def _field(self) -> str:
        if not self.column:
            return self.field
        return f"{self.field} (column {self.column})" if self.field else f"column {self.column}"


@dataclass
class Wrong:
    """Complaints as they come in."""

    found: dict[_About, dict[Place, None]] = field(default_factory=dict)

    def add(self, place: Place, message: str, *, field: str = "", column: int = 0) -> None:
        """Take in a complaint; one that was made elsewhere already gets one place more."""
        self.found.setdefault(_About(field, column, message), {})[place] = None

    @contextmanager
    def at(self, place: Place | str, *, without: str = "") -> Iterator[None]:
        """Take in what is raised in the block; ``without`` is how its message begins where the place says it."""
        try:
            yield
        except VgkitError as error:
            place = place if isinstance(place, Place) else Place(name=place)
            self.add(place, str(error).removeprefix(without))

    def take(self, place: Place, error: VgkitError, columns: dict[str, int]) -> None:
        """Take in an error whose message begins with the field it is about, where it is about one."""
        message = str(error)
        if begins := _FIELD.match(message):
            name = begins.group(1)
            self.add(place, message[begins.end() :], field=name, column=columns.get(name, 0))
        else:
            self.add(place, message)

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Complaint]:
        complaints = [_complaint(about, places) for about, places in self.found.items()]
        return iter(sorted(complaints, key=lambda each: (each.file, min(each.lines, default=0))))

    @property
    def as_json(self) -> list[dict[str, Any]]:
        """All of them, for a script."""
        return [asdict(complaint) for complaint in self]

    def __str__(self) -> str:
        """One line for each, up to a number that can still be read."""
        told = [str(complaint) for complaint in self]
        if len(told) <= _MOST_LINES:
            return "\n".join(told)
        return "\n".join([*told[:_MOST_LINES], f"… and {len(told) - _MOST_LINES:,} complaints more; --json has all."])


def _complaint(about: _About, places: Iterable[Place]) -> Complaint:
    lines = tuple(sorted(place.line for place in places if place.line))
    names = tuple(place.name for place in places if place.name)
    return Complaint(min(place.file for place in places), lines, names, *about)


def listed(lines: Sequence[int]) -> str:
    """Write line numbers as a person would: ``3, 9, 12 and 40 more``."""
    if len(lines) <= _NAMED_PLACES + 1:
        return " and ".join(filter(None, [", ".join(map(str, lines[:-1])), str(lines[-1])]))
    return f"{', '.join(map(str, lines[:_NAMED_PLACES]))} and {len(lines) - _NAMED_PLACES:,} more"
