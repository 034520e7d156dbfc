"""Memory that pictures leave behind stays at hand for the next ones, and goes back when it is given back."""

import ctypes
import subprocess
import sys

import pytest

_GNU = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "gnu_get_libc_version")
_WORK = """
import resource
from pathlib import Path
import numpy as np
from vgkit.media.memory import give_memory_back, keep_memory

def held_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

keep_memory()
before = held_mb()
pictures = [np.ones(500_000, np.float32) for _ in range(100)]
del pictures
kept = held_mb() - before
give_memory_back()
print(kept, held_mb() - before)
"""


@pytest.mark.skipif(not _GNU, reason="only GNU's C library can be told to keep memory")
def test_what_is_freed_is_kept_until_it_is_given_back() -> None:
    said = subprocess.run([sys.executable, "-c", _WORK], check=True, capture_output=True, text=True).stdout
    kept_mb, left_mb = map(float, said.split())
    assert kept_mb > 150
    assert left_mb < 50
