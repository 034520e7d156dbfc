"""What is sent in place of a file: the same bytes each time, since a call may have to be known again by them."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import wishes
from builders import shared

from vgkit.engines.adapters import fitted, materialise, push_in
from vgkit.engines.hosted import Attachment
from vgkit.errors import AssetError
from vgkit.files import sha256_of
from vgkit.media.frames import Frame, read_clip, read_picture, write_picture
from vgkit.media.probe import probe
from vgkit.storyboard import ClipShape

SMALL = ClipShape(frames=8, fps=8, width_px=224, height_px=128)
MOST_BYTES = 192_000  # three quarters of 256 kB: what base64 makes of it


def scenery(width_px: int, height_px: int, *, grain: int = 0) -> Frame:
    """Hills of colour, with as much grain as a test needs bytes."""
    down, across = np.mgrid[0:height_px, 0:width_px] / 40
    hills = np.stack([np.sin(across), np.cos(down), np.sin(across + down)], axis=2) * 90 + 128
    noise = np.random.default_rng(7).normal(0, grain, hills.shape) if grain else 0
    return np.clip(hills + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def still(tmp_path: Path) -> Path:
    path = tmp_path / "k00.png"
    write_picture(scenery(640, 360), path)
    return path


def difference(one: Frame, other: Frame) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def test_a_move_into_the_still_begins_with_it_and_ends_a_tenth_closer(still: Path, tmp_path: Path) -> None:
    push_in(still, SMALL, tmp_path / "in.mp4")
    found, frames, whole = probe(tmp_path / "in.mp4"), read_clip(tmp_path / "in.mp4"), read_picture(still)
    assert (found.frames, found.fps, found.width, found.height) == (8, 8, 224, 128)
    assert difference(frames[0], fitted(whole, 224, 128)) < 3
    assert difference(frames[-1], fitted(whole[18:342, 32:608], 224, 128)) < 3
    assert difference(frames[-1], fitted(whole, 224, 128)) > 6


def test_a_move_into_the_still_is_even(still: Path, tmp_path: Path) -> None:
    push_in(still, SMALL, tmp_path / "in.mp4")
    frames = read_clip(tmp_path / "in.mp4")
    steps = [difference(*pair) for pair in pairwise(frames)]
    assert max(steps) < 1.6 * min(steps)


@pytest.mark.parametrize("memory", ["85", "170"])
def test_a_move_into_the_still_has_the_same_bytes_whatever_lies_in_memory(
    memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """x264's macroblock tree reads memory that nobody wrote; glibc fills what it lends with the byte it is told."""
    grainy = tmp_path / "k01.png"
    write_picture(scenery(640, 360, grain=12), grainy)
    shape = {"frames": 12, "fps": 8, "width_px": 448, "height_px": 448}
    here = materialise(Attachment(grainy, "push_in", shape), tmp_path)
    monkeypatch.setenv("MALLOC_PERTURB_", memory)
    there = tmp_path / "there.mp4"
    code = (
        "import sys; from pathlib import Path; from vgkit.engines.adapters import push_in; "
        "from vgkit.storyboard import ClipShape; "
        "push_in(Path(sys.argv[1]), ClipShape(frames=12, fps=8, width_px=448, height_px=448), Path(sys.argv[2]))"
    )
    subprocess.run([sys.executable, "-c", code, str(grainy), str(there)], check=True)
    assert sha256_of(here) == sha256_of(there)


def test_a_real_still_in_motion_is_small_enough_to_travel_inside_the_order(tmp_path: Path) -> None:
    still = shared("clips/animatediff/v3_sunset_keyframe.png")
    shape = {"frames": 24, "fps": 8, "width_px": 576, "height_px": 320}
    clip = materialise(Attachment(still, "push_in", shape), tmp_path)
    assert clip.stat().st_size < 256_000


def test_our_drawing_of_the_shot_is_made_for_the_call(tmp_path: Path) -> None:
    order = wishes.engine("sdxl-controlnet", size={"16:9": (384, 216)}).next_order(wishes.picture(), [])
    assert order
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    one, two = (materialise(order.params["image"], folder) for folder in folders)
    assert read_picture(one).shape == (216, 384, 3)
    assert sha256_of(one) == sha256_of(two)


def test_a_small_picture_is_sent_as_it_is(still: Path, tmp_path: Path) -> None:
    assert materialise(Attachment(still), tmp_path) == still


def test_a_large_picture_becomes_a_jpeg_that_travels_inside_the_order(tmp_path: Path) -> None:
    large = tmp_path / "k00.png"
    write_picture(scenery(1344, 768, grain=2), large)
    assert large.stat().st_size > 5 * MOST_BYTES
    made = materialise(Attachment(large), tmp_path)
    assert made.suffix == ".jpg"
    assert made.stat().st_size < MOST_BYTES
    assert difference(read_picture(made), read_picture(large)) < 4
    assert cv2.imread(str(made)).shape == (768, 1344, 3)


def test_a_picture_that_no_good_jpeg_makes_small_is_sent_as_it_is(tmp_path: Path) -> None:
    noise = tmp_path / "k00.png"
    write_picture(scenery(900, 700, grain=60), noise)
    assert materialise(Attachment(noise), tmp_path) == noise


def test_a_cut_out_keeps_its_transparency(tmp_path: Path) -> None:
    product = tmp_path / "product.png"
    opaque = scenery(500, 400, grain=20)
    write_picture(np.dstack([opaque, np.full((400, 500), 128, np.uint8)]), product)
    assert product.stat().st_size > MOST_BYTES
    assert materialise(Attachment(product), tmp_path) == product


def test_what_is_no_picture_is_sent_as_it_is(tmp_path: Path) -> None:
    raw = tmp_path / "raw.mp4"
    raw.write_bytes(b"draft" * 100_000)
    assert materialise(Attachment(raw), tmp_path) == raw


def test_a_still_that_cant_be_read_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "k00.png"
    broken.write_bytes(b"\x89PNG broken")
    with pytest.raises(AssetError, match="k00.png is not a picture"):
        materialise(Attachment(broken, "push_in", SMALL.model_dump()), tmp_path)
