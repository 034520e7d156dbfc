"""A film and what belongs to it, stored side by side under one name.

Whoever got an address keeps the film it led to: a newer one gets a number of its own, and the same one its old name."""

from collections.abc import Mapping
from dataclasses import dataclass

from vgkit.errors import StoreError
from vgkit.store.place import Content, Place, Stored

_MOST = 100


@dataclass(frozen=True)
class Deposit:
    """What was stored under ``name``, by what each file's name ends in; ``wished`` is the name that was asked for."""

    name: str
    wished: str
    files: Mapping[str, Stored]


def deposit(place: Place, wished: str, contents: Mapping[str, Content]) -> Deposit:
    """Store contents as ``<wished><ending>``, or ``<wished>_2<ending>`` and so on where other files have that name.

    Raises StoreError where the place refuses, or where a hundred names are taken.
    """
    for number in range(1, _MOST + 1):
        name = wished if number == 1 else f"{wished}_{number}"
        if stored := _under(place, name, contents):
            return Deposit(name, wished, stored)
    raise StoreError(
        f"{place.address(wished)} and {_MOST - 1} numbered names after it are taken. Choose another place."
    )


def _under(place: Place, name: str, contents: Mapping[str, Content]) -> dict[str, Stored] | None:
    """All under one name or, as far as can be seen beforehand, none."""
    if not place.replaces and any(place.holds(each, name + ending) is False for ending, each in contents.items()):
        return None
    stored = {}
    for ending, content in contents.items():
        put = place.put(content, name + ending)
        if put is None:  # another writer was faster
            return None
        stored[ending] = put
    return stored
