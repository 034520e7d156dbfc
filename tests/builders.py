"""Whole objects from the one field that matters to a test."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from vgkit.brief import Brief, brief_from
from vgkit.engines.sketch.plan import plan_by_rule
from vgkit.run import Run
from vgkit.start import start_run
from vgkit.storyboard import ClipShape, Plan
from vgkit.template import Template
from vgkit.template_files import load_template

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

ZEROSCOPE = ClipShape(frames=24, fps=8, width_px=1024, height_px=576)
ANIMATEDIFF = ClipShape(frames=16, fps=8, width_px=512, height_px=512)

# The shortest film there is, with the fewest pixels: what it costs to make one is most of what the tests take.
SMALLEST: dict[str, Any] = {"duration_s": 6, "aspect": "1:1"}


def brief(**fields: Any) -> Brief:
    return brief_from({"prompt": "A steel bottle on a kitchen table. Cold for a day.", "product": "Aurora"} | fields)


def template(name: str = "product_showcase") -> Template:
    return load_template(name)


def plan(wish: Brief | None = None, name: str = "product_showcase") -> Plan:
    return plan_by_rule(wish or brief(), template(name))


def run(*, name: str = "", **fields: Any) -> Run:
    """Start a run of the smallest film; call it with VGKIT_RUNS in a temporary folder."""
    return start_run(brief(**SMALLEST | fields), name=name)


@contextmanager
def small_disk(most_bytes: int) -> Iterator[None]:
    """No file may grow further, which is the nearest to a full disk that needs no rights.

    Held for a block, not for a test: pytest itself may be writing to a file that is larger.
    """
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, heard)


def shared(path: str) -> Path:
    """Name a real file that lies beside the project, or skip the test."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"../shared/data/{path} is not here; it is real material that is not part of the project")
    return found
