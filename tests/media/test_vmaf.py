"""VMAF of a stretch of a film against the frames that went into it, in step to the frame."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from vgkit.media.encode import encode_film
from vgkit.media.frames import planes
from vgkit.media.picture import from_rgb
from vgkit.media.vmaf import film_input, raw_input, vmaf

SIZE = (320, 180)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vmaf")
    texture = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 255, (180, 700, 3)).astype(np.uint8), (0, 0), 2)
    pictures = [from_rgb(np.ascontiguousarray(texture[:, 6 * n : 6 * n + 320])) for n in range(60)]

    def keep(number: int, frame: object) -> None:
        with (folder / f"{number:02d}.yuv").open("wb") as out:
            for plane in planes(frame):
                out.write(plane.tobytes())

    encode_film(pictures, audio=None, out=folder / "film.mp4", size=SIZE, watch=keep)
    return folder / "film.mp4"


def _truth(film: Path, first: int, frames: int) -> list[str]:
    whole = film.with_name("truth.yuv")
    whole.write_bytes(b"".join(film.with_name(f"{n:02d}.yuv").read_bytes() for n in range(first, first + frames)))
    return raw_input(whole, SIZE, fps=30)


@pytest.mark.parametrize("first", [0, 25])
def test_a_film_is_near_to_what_went_into_it(film: Path, first: int) -> None:
    assert vmaf(film_input(film, first=first, frames=12, fps=30), _truth(film, first, 12)) > 60


def test_a_film_a_frame_out_of_step_is_not(film: Path) -> None:
    assert vmaf(film_input(film, first=26, frames=12, fps=30), _truth(film, 25, 12)) < 30
