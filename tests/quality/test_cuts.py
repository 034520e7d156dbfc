"""A jump is told from fast motion, from light that goes on and from a single odd frame."""

import numpy as np
import pytest
from builders import shared
from moving import BLACK, lit, measured, moving, number

from vgkit.media.footage import read_footage
from vgkit.media.frames import Frame
from vgkit.quality.cuts import Cuts, away_from_cuts
from vgkit.quality.measure import Measure
from vgkit.quality.unplanned_cuts import MEASURE
from vgkit.quality.view import View, views


def seen(frames: list[Frame]) -> Cuts:
    cuts = Cuts()
    for view in views(frames):
        cuts.see(view)
    return cuts


def test_a_cut_is_found_to_the_frame() -> None:
    cuts = seen([*moving(6, right_px=5), *moving(6, right_px=5, seed=2)])
    assert (cuts.jumps(), cuts.starts()) == ({6}, {6})


def test_a_single_odd_frame_jumps_twice_but_starts_nothing() -> None:
    frames = moving(9, right_px=2)
    frames[4] = moving(1, seed=2)[0]
    cuts = seen(frames)
    assert (cuts.jumps(), cuts.starts()) == ({4, 5}, frozenset())


def test_a_lamp_that_goes_on_is_no_cut() -> None:
    frames = [lit(frame, 50 if at >= 4 else -30) for at, frame in enumerate(moving(8, right_px=2))]
    assert number(frames, MEASURE) == 0


def test_a_cut_in_the_dark_is_one_too() -> None:
    frames = [*moving(5, right_px=2), *moving(5, right_px=2, seed=2)]
    assert number([(frame * 0.5).astype(np.uint8) for frame in frames], MEASURE) == 1


def test_two_frames_can_be_a_cut() -> None:
    assert number([*moving(1), *moving(1, seed=2)], MEASURE) == 1


@pytest.mark.parametrize("frames", [moving(1) * 5, [BLACK] * 5], ids=["frozen", "black"])
def test_a_clip_in_which_nothing_happens_has_no_cut(frames: list[Frame]) -> None:
    assert number(frames, MEASURE) == 0


def test_one_frame_has_no_step_that_could_be_a_cut() -> None:
    (found,) = measured(moving(1), MEASURE)
    assert (found.value, found.reason) == (None, "with fewer than two frames there is no step that could be a cut")


def test_what_reaches_over_a_cut_is_left_out() -> None:
    def at(view: View) -> float:
        return float(view.number)

    frames = [*moving(4), *moving(4, seed=2)]
    begin = away_from_cuts(at, reach=2, lacking="nothing is left")
    assert number(frames, Measure("at", "", "neither", (0, 9), "frames", "tests", "1", begin)) == np.mean(
        [0, 1, 2, 3, 6, 7]
    )


def real(name: str) -> list[Frame]:
    return list(read_footage(shared(f"clips/zeroscope/zeroscope_{name}.mp4")).frames())


@pytest.mark.parametrize("name", ["num_frames_008", "num_frames_016", "num_frames_024"])
def test_sound_clips_of_zeroscope_have_no_cut(name: str) -> None:
    assert number(real(name), MEASURE) == 0


@pytest.mark.slow
def test_no_clip_of_either_model_has_a_cut() -> None:
    folder = shared("clips/zeroscope").parent
    clips = sorted([*folder.glob("*/*.mp4"), *folder.glob("*/*.gif")])
    assert len(clips) > 30
    assert [clip.stem for clip in clips if number(list(read_footage(clip).frames()), MEASURE)] == []


def test_two_clips_of_the_same_scene_in_a_row_are_one_cut() -> None:
    frames = [*real("num_frames_024")[-6:], *real("guidance_scale_1000")[:6]]
    assert seen(frames).jumps() == {6}
