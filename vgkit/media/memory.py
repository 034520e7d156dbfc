"""Have memory that pictures leave behind kept for the next ones, where the C library is GNU's.

It gives every picture's memory back to the system and asks for it again, page by page: a tenth of all the work on a
film. And it keeps a store for each thread; with one for all of them a film needs a tenth less.
"""

import ctypes
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # as malloc.h numbers them
_NEVER, _LARGE = 2**31 - 1, 32 * 2**20


def keep_memory() -> None:
    """Keep what is freed from now on, until ``give_memory_back``; without GNU's library, do nothing."""
    if set_option := _of_the_library("mallopt"):
        for option, value in ((_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _NEVER), (_ARENA_MAX, 1)):
            set_option(option, value)


def give_memory_back() -> None:
    """Give back to the system what was kept."""
    if trim := _of_the_library("malloc_trim"):
        trim(0)


def _of_the_library(name: str) -> Any:
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # there is no such thing as "the program itself" on Windows
        return None
