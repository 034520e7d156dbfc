"""Keys of hosts: from the environment, or from a ``.env`` file in the working folder or the top of the checkout.

They are read where a client is made and go nowhere else: no parameter, event, notebook or message ever holds one."""

import functools
import os
from pathlib import Path

from dotenv import dotenv_values

from vgkit.errors import KeyMissing
from vgkit.places import top_dir


@functools.cache
def load_keys() -> None:
    """Lay what a ``.env`` file says under the environment: a variable that is set there already wins.

    Into the environment itself, since the hosts' clients look there, and so does whatever blots keys out of the record.
    """
    for folder in dict.fromkeys((Path.cwd(), top_dir())):
        for name, value in dotenv_values(folder / ".env").items():
            if value and not os.environ.get(name):
                os.environ[name] = value


def key(name: str, *, host: str, where: str) -> str:
    """The key that ``name`` holds. Raises KeyMissing, which says where to get one and where to put it."""
    load_keys()
    found = os.environ.get(name, "").strip()
    if not found:
        raise KeyMissing(
            f"{name} is not set, and {host} needs it. Get a key at {where} and put {name}=… into a .env file beside "
            "the README, or into the environment. Without one: --profile offline, or rehearse with `vgkit rehearse`."
        )
    return found
