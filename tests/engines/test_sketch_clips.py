from typing import Any

import numpy as np
import pytest

from vgkit.engines.base import ClipRequest, PictureRequest, Staging
from vgkit.engines.sketch import clips, pictures
from vgkit.media.frames import read_clip, read_picture
from vgkit.media.probe import probe
from vgkit.storyboard import ClipShape, Palette

PALETTE = Palette(
    sky="#f3d9b8", far="#d9a982", mid="#a46a48", near="#5a3626", accent="#c2572b", ink="#1c1210", light="#ffe0b0"
)


def staging(**changes: Any) -> Staging:
    plain: dict[str, Any] = {
        "scene": "tabletop",
        "light": "golden",
        "palette": PALETTE,
        "size": "medium",
        "camera": "push_in",
        "presence": "hero",
        "object": "cup",
    }
    return Staging(**plain | changes)


def clip_request(*, seed: int = 5, frames: int = 24, width_px: int = 256, height_px: int = 144, **changes: Any):
    shape = ClipShape(frames=frames, fps=8, width_px=width_px, height_px=height_px)
    return ClipRequest(subject="s01", prompt="", negative="", seed=seed, shape=shape, staging=staging(**changes))


def picture_request(*, seed: int = 5, at: float = 0.0, **changes: Any) -> PictureRequest:
    return PictureRequest(
        subject="k00", prompt="", negative="", seed=seed, width_px=256, height_px=144, at=at, staging=staging(**changes)
    )


def test_a_clip_comes_as_a_hosted_model_would_hand_it_over(tmp_path):
    made = clips.animate(clip_request(), tmp_path / "clip.mp4")

    film = probe(made.path)
    assert (film.frames, film.fps, film.width, film.height) == (24, 8, 256, 144)
    assert made.cost_usd == 0
    assert made.facts == {"scene": "tabletop", "product": "object:cup"}


@pytest.mark.parametrize("size", [(256, 144), (144, 256), (192, 192)])
def test_each_aspect_is_filled(tmp_path, size):
    made = clips.animate(clip_request(frames=2, width_px=size[0], height_px=size[1]), tmp_path / "clip.mp4")

    assert read_clip(made.path).shape == (2, size[1], size[0], 3)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    one = clips.animate(clip_request(frames=4), tmp_path / "one.mp4").path.read_bytes()
    again = clips.animate(clip_request(frames=4), tmp_path / "again.mp4").path.read_bytes()

    assert one == again


def test_another_seed_gives_another_take_of_the_same_shot(tmp_path):
    takes = [
        read_clip(clips.animate(clip_request(seed=seed, frames=3), tmp_path / f"{seed}.mp4").path).astype(int)
        for seed in (5, 6)
    ]

    difference = np.abs(takes[0] - takes[1])
    assert difference.mean() > 0.5
    assert difference.mean() < 25


def test_a_still_is_the_clips_own_frame(tmp_path):
    still = read_picture(pictures.draw(picture_request(at=0.0), tmp_path / "still.png").path)
    first = read_clip(clips.animate(clip_request(), tmp_path / "clip.mp4").path)[0]

    assert np.abs(still.astype(int) - first.astype(int)).mean() < 3


def test_a_still_later_in_the_shot_has_moved_on(tmp_path):
    start, end = (
        read_picture(pictures.draw(picture_request(at=at), tmp_path / f"{at}.png").path).astype(int)
        for at in (0.0, 1.0)
    )

    assert np.abs(start - end).mean() > 4


@pytest.mark.parametrize("camera", ["static", "pan_right", "orbit", "tilt_down"])
def test_no_two_frames_are_frozen_and_nothing_pops(tmp_path, camera):
    film = read_clip(clips.animate(clip_request(camera=camera), tmp_path / "clip.mp4").path).astype(int)
    steps = np.abs(np.diff(film, axis=0)).mean(axis=(1, 2, 3))

    assert steps.min() > 0.4
    assert np.abs(np.diff(steps)).max() < 1.2


def test_a_gleam_crosses_the_hero_once_and_nothing_else(tmp_path):
    hero, extra = (
        read_clip(clips.animate(clip_request(camera="static", presence=presence), tmp_path / f"{presence}.mp4").path)
        for presence in ("hero", "in_scene")
    )

    brightest = [film.reshape(24, -1).astype(float).mean(axis=1) for film in (hero, extra)]
    assert np.ptp(brightest[0]) > 1.5 * np.ptp(brightest[1])
