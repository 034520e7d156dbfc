import itertools
from typing import get_args

import pytest
from builders import ANIMATEDIFF, ZEROSCOPE, template

from vgkit.draft import _CAPTION_LEAD_FRAMES
from vgkit.storyboard import ClipShape
from vgkit.template import Transition
from vgkit.template_files import template_names
from vgkit.timing import (
    _TRANSITION_FRAMES,
    LEAST_SHOT_FRAMES,
    beat_borders,
    blend_weights,
    keyframe_frames,
    snap_shots,
)


@pytest.mark.parametrize("clip", [ZEROSCOPE, ANIMATEDIFF], ids=["24 frames", "16 frames"])
@pytest.mark.parametrize("name", template_names())
def test_every_length_is_covered_to_the_frame_by_shots_one_clip_can_fill(name: str, clip: ClipShape) -> None:
    for seconds in range(6, 61):
        spans = snap_shots(template(name), frames=seconds * 30, clip=clip)
        starts = [span.first_frame for span in spans]
        assert starts == [sum(span.frames for span in spans[:n]) for n in range(len(spans))]
        assert sum(span.frames for span in spans) == seconds * 30
        assert all(span.frames >= LEAST_SHOT_FRAMES for span in spans)
        assert all(span.frames <= max(clip.seconds, 2.5) * 30 + 1 for span in spans)
        assert spans[-1].beat.end_card
        assert spans[-1].transition == "cut"


def test_thirty_seconds_are_ten_zeroscope_or_fifteen_animatediff_chunks() -> None:
    counts = [len(snap_shots(template(), frames=900, clip=clip)) for clip in (ZEROSCOPE, ANIMATEDIFF)]
    assert counts == [10, 15]


def test_a_short_film_drops_the_beats_that_may_go_first() -> None:
    beats = [name for name, _, _ in beat_borders(snap_shots(template(), frames=180, clip=ZEROSCOPE))]
    assert beats == ["hook", "reveal", "sign_off"]


def test_a_beat_longer_than_its_views_turns_the_camera_round() -> None:
    spans = [s for s in snap_shots(template(), frames=1800, clip=ZEROSCOPE) if s.beat.name == "first_benefit"]
    assert [span.view.camera for span in spans] == ["pan_right", "tilt_up", "pan_left", "tilt_down"]


def test_transitions_lie_between_beats_and_cuts_within_them() -> None:
    spans = snap_shots(template(), frames=900, clip=ZEROSCOPE)
    within = [here.transition for here, after in itertools.pairwise(spans) if here.beat == after.beat]
    between = [here.transition for here, after in itertools.pairwise(spans) if here.beat != after.beat]
    assert set(within) == {"cut"}
    assert between == ["cut", "wipe", "dissolve", "dissolve", "dissolve"]


@pytest.mark.parametrize("clip", [ZEROSCOPE, ANIMATEDIFF], ids=["24 frames", "16 frames"])
@pytest.mark.parametrize("name", template_names())
def test_transitions_fit_into_their_shots_and_are_over_when_words_come_in(name: str, clip: ClipShape) -> None:
    for seconds in range(6, 61):
        spans = snap_shots(template(name), frames=seconds * 30, clip=clip)
        for here, after in itertools.pairwise(spans):
            lasts = here.transition_frames
            assert (lasts == 0) == (here.transition == "cut")
            assert lasts - lasts // 2 <= _CAPTION_LEAD_FRAMES
            assert lasts < min(here.frames, after.frames) / 2


def test_every_transition_has_a_length_and_a_dip_has_one_frame_that_is_all_colour() -> None:
    assert set(_TRANSITION_FRAMES) == set(get_args(Transition))
    assert _TRANSITION_FRAMES["dip"] % 2 == 1


def test_fifteen_keyframes_stand_for_thirty_seconds() -> None:
    assert list(keyframe_frames(900)) == [60 * n for n in range(15)]


def test_a_still_takes_half_of_its_neighbour_at_the_border_and_none_past_a_quarter() -> None:
    spans = snap_shots(template(), frames=900, clip=ZEROSCOPE)
    _, first, end = next(border for border in beat_borders(spans) if border[0] == "reveal")
    quarter = (end - first) // 4
    assert blend_weights(spans, first) == {"reveal": 0.5, "hook": 0.5}
    assert blend_weights(spans, first + quarter // 2)["hook"] == pytest.approx(0.25, abs=0.02)
    assert blend_weights(spans, first + quarter) == {"reveal": 1.0}


def test_blend_weights_sum_to_one_everywhere_and_the_films_ends_stand_alone() -> None:
    spans = snap_shots(template(), frames=900, clip=ANIMATEDIFF)
    for frame in range(900):
        assert sum(blend_weights(spans, frame).values()) == pytest.approx(1)
    assert blend_weights(spans, 0) == {"hook": 1.0}
    assert blend_weights(spans, 899) == {"sign_off": 1.0}
