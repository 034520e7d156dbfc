"""What is steady is left alone; what is not is made so, by as much as was asked for, and told."""

from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
from scenery import elsewhere, pan, same

from vgkit.bench.flickering import flickering
from vgkit.bench.known_motion import known_clips
from vgkit.media.deflicker import brightened
from vgkit.media.measures import flicker, sharpness, warp_error
from vgkit.media.picture import Picture, from_rgb
from vgkit.media.steady import Steadying, motions_of, steadied

SMALL = (192, 108)
_ALL = ("light evened", "regions evened", "smoothed")


@pytest.fixture(scope="module")
def clean() -> list[Picture]:
    """A slow pan with things that pass before it, and nothing wrong."""
    clip = known_clips(1, size=SMALL, drawn_only=True)[0]
    return [from_rgb(clip.at(float(number))) for number in range(12)]


@pytest.fixture(scope="module")
def damaged() -> list[Picture]:
    """The same, as a video model would make it."""
    clip = known_clips(1, size=SMALL, drawn_only=True)[0]
    return [from_rgb(frame) for frame in flickering([clip.at(float(number)) for number in range(12)], seed=1)]


def _lumas(pictures: list[Picture]) -> list[np.ndarray]:
    return [picture.luma for picture in pictures]


@pytest.mark.parametrize("number", [0, 4, 8, 9])
def test_a_clean_clip_is_left_as_it_is(number: int) -> None:
    clip = known_clips(number + 1, size=SMALL, drawn_only=True)[number]
    pictures = [from_rgb(clip.at(float(moment))) for moment in range(8)]
    done = steadied(pictures)
    assert done.steps == ()
    assert all(map(same, done.pictures, pictures))
    assert done.before == done.after
    assert str(done).startswith("left as it is; flicker ")


def test_a_flickering_clip_is_made_steady_and_stays_sharp(clean: list[Picture], damaged: list[Picture]) -> None:
    done = steadied(damaged)
    motions = motions_of(clean)
    lights = [flicker(_lumas(version)) for version in (damaged, done.pictures)]
    was, became, now = (warp_error(_lumas(version), motions) for version in (clean, damaged, done.pictures))
    assert done.steps == _ALL
    assert lights[1] < 0.2 * lights[0]
    assert now - was < 0.4 * (became - was)
    assert sharpness(_lumas(done.pictures)) > 0.97 * sharpness(_lumas(damaged))


def test_it_is_told_what_was_done_and_what_for(damaged: list[Picture]) -> None:
    done = steadied(damaged)
    assert done.after.flicker < 0.2 * done.before.flicker
    assert done.after.warp_error < done.before.warp_error
    assert str(done) == (
        f"light evened, regions evened, smoothed; flicker {done.before.flicker:.2f} to {done.after.flicker:.2f}, "
        f"warp error {done.before.warp_error:.2f} to {done.after.warp_error:.2f}, "
        f"sharpness {done.after.sharpness / done.before.sharpness:.1%}"
    )


def test_off_only_follows_the_motion(damaged: list[Picture]) -> None:
    done = steadied(damaged, how="off")
    assert done.steps == ()
    assert done.pictures == damaged
    assert len(done.motions) == len(damaged) - 1


def test_full_takes_every_step_even_where_nothing_is_wrong(clean: list[Picture]) -> None:
    done = steadied(clean, how="full")
    assert done.steps == _ALL
    assert not any(map(same, done.pictures, clean))


def test_strength_is_how_much_of_it_is_done(damaged: list[Picture]) -> None:
    left = [steadied(damaged, how="full", strength=strength).after.flicker for strength in (1.0, 0.5, 0.0)]
    assert left == sorted(left)
    assert left[2] == pytest.approx(steadied(damaged, how="off").before.flicker, abs=1e-3)


@pytest.mark.parametrize("how", get_args(Steadying))
@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_pictures_are_left_as_they_are(how: Steadying, count: int) -> None:
    pictures = pan(count)
    done = steadied(pictures, how=how)
    assert (done.pictures, done.steps, len(done.motions)) == (pictures, (), count - 1)
    assert done.before.flicker == 0


def test_the_pictures_that_came_are_not_written_into(damaged: list[Picture]) -> None:
    before = [picture.luma.copy() for picture in damaged]
    steadied(damaged, how="full")
    assert all(np.array_equal(*pair) for pair in zip(before, _lumas(damaged), strict=True))


def test_a_fade_stays_a_fade(clean: list[Picture]) -> None:
    faded = [brightened(picture, float(gain)) for picture, gain in zip(clean, np.linspace(1, 0.3, 12), strict=True)]
    wanted = [float(picture.luma.mean()) for picture in faded]
    assert steadied(faded).steps == ()
    assert [float(picture.luma.mean()) for picture in steadied(faded, how="full").pictures] == pytest.approx(
        wanted, abs=1
    )


def test_a_lamp_that_is_switched_on_stays_on(clean: list[Picture]) -> None:
    lit = [brightened(picture, gain) for picture, gain in zip(clean, [0.55] * 6 + [1.0] * 6, strict=True)]
    assert steadied(lit).steps == ()


def _two_scenes(damaged: list[Picture]) -> list[Picture]:
    """A cut after six pictures, from what was damaged to something else, far darker."""
    return [
        *damaged[:6],
        *(Picture(each.luma[:108, :192].copy(), each.chroma[:54, :96].copy()) for each in elsewhere(6)),
    ]


@pytest.mark.parametrize("how", ["auto", "full"])
def test_nothing_passes_over_a_cut(damaged: list[Picture], how: Steadying) -> None:
    """Each scene comes out as it would with anything else on the other side of the cut."""
    clip = _two_scenes(damaged)
    assert [motion.is_cut for motion in motions_of(clip)] == [False] * 5 + [True] + [False] * 5
    done = steadied(clip, how=how)
    assert done.steps[0] == "light evened"
    upside_down = [Picture(each.luma[::-1].copy(), each.chroma[::-1].copy()) for each in clip[6:]]
    again = steadied([*clip[:6], *upside_down], how=how)
    assert again.steps == done.steps
    assert all(map(same, done.pictures[:6], again.pictures[:6]))


def test_the_steps_of_a_clip_do_not_make_it_softer_than_is_allowed(damaged: list[Picture]) -> None:
    done = steadied(damaged)
    assert done.after.sharpness > 0.97 * done.before.sharpness
    assert all(first.size == second.size for first, second in pairwise(done.pictures))
