"""Words, trials, a quick engine and rehearsed labs, each from the one fact that matters to a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vgkit.engines import registry
from vgkit.engines.base import Made, PictureRequest
from vgkit.errors import EngineFailed
from vgkit.lab.lab import Lab
from vgkit.lab.trials import Trial
from vgkit.lab.words import Edits, Words, words_of
from vgkit.media.frames import write_picture

BRIEF = {"prompt": "A steel bottle on a kitchen table. Cold for a day.", "product": "Aurora", "duration_s": 6}


def words(edits: Edits | None = None, *, template: str = "product_showcase", **fields: Any) -> Words:
    return words_of(BRIEF | fields, template, edits)


def trial(which: str = "k00", *, of: Words | None = None, **fields: Any) -> Trial:
    """A trial of a keyframe (k00) or of a clip (s01)."""
    return Trial(of or words(), "clip" if which.startswith("s") else "keyframe", which, **fields)


@contextmanager
def rehearsed(name: str = "r", **fields: Any) -> Iterator[Lab]:
    """A lab against hosts on this machine, a thousand times as fast as the world and without faults."""
    lab = Lab.open(name, rehearse=True, **{"speed": 1000.0} | fields)
    try:
        yield lab
    finally:
        lab.close()


class Brush:
    """Paints stills of noise by their seed; fails where the prompt says so. Free, and quick."""

    name, host, version, commercial_use = "brush", "local", "1", True
    roles = ("picture",)

    def draw(self, request: PictureRequest, out: Path) -> Made:
        if "fail" in request.prompt:
            raise EngineFailed(f"{request.subject}: the brush is dry")
        chance = np.random.default_rng(request.seed)
        write_picture(chance.integers(0, 256, (48, 64, 3), dtype=np.uint8), out)
        return Made(out)


def with_brush(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every trial of this test name the engine ``brush``."""
    monkeypatch.setitem(registry.ENGINES, "brush@local", (frozenset({"picture"}), Brush))
