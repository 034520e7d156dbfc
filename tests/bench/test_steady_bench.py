"""Repairs are judged against the clip before its damage, along its motion."""

from dataclasses import replace

import numpy as np
import pytest

from vgkit.bench.known_motion import known_clips
from vgkit.bench.steady import Change, Repair, Steadiness, changes_table, repaired, repairs_table, steadiness
from vgkit.media.picture import from_rgb
from vgkit.media.steady import motions_of

HALFWAY = Repair("halfway", Steadiness(0, 2, 100), Steadiness(8, 6, 110), Steadiness(4, 4, 99), clean_left=True)


def test_what_is_gone_is_a_share_of_what_the_damage_did() -> None:
    assert HALFWAY.flicker_down == pytest.approx(0.5)
    assert HALFWAY.excess_down == pytest.approx(0.5)
    assert HALFWAY.sharp == pytest.approx(0.9)


def test_no_repair_scores_nothing_and_a_perfect_one_all() -> None:
    none, all_of_it = replace(HALFWAY, repaired=HALFWAY.damaged), replace(HALFWAY, repaired=HALFWAY.clean)
    assert (none.flicker_down, none.excess_down, none.sharp) == (0, 0, 1)
    assert (all_of_it.flicker_down, all_of_it.excess_down) == (1, 1)


def test_each_promise_of_a_repair_has_its_own_verdict() -> None:
    good = replace(HALFWAY, repaired=Steadiness(1, 3, 109))
    assert str(repairs_table([good])).splitlines()[-1].split() == ["kept", "yes", "yes", "yes", "yes"]
    poor = replace(HALFWAY, clean_left=False)
    assert str(repairs_table([poor])).splitlines()[-1].split() == ["kept", "NO", "NO", "NO", "NO"]


def test_one_real_clip_made_worse_is_told() -> None:
    better = Change("better", Steadiness(1, 6, 100), Steadiness(1, 3, 99))
    worse = Change("worse", Steadiness(1, 3, 100), Steadiness(1, 3.5, 94))
    shown = str(changes_table([better, worse]))
    assert "1 of 2 worse" in shown
    assert shown.splitlines()[-1].split() == ["kept", "NO", "NO"]


def test_a_clean_clip_of_known_motion_has_little_to_repair() -> None:
    """Its warp error is the ruler's own: flow that is not quite exact, and edges that sprites cover."""
    clip = known_clips(1, size=(288, 160), drawn_only=True)[0]
    pictures = [from_rgb(clip.at(float(moment))) for moment in range(6)]
    found = steadiness(pictures, motions_of(pictures))
    assert found.flicker < 1
    assert found.warp_error < 4


@pytest.mark.slow
def test_damaged_clips_are_repaired_as_promised() -> None:
    clips = known_clips(12, drawn_only=True)
    repairs = [repaired(clips[number], seed=number) for number in (0, 7, 11)]
    assert min(repair.flicker_down for repair in repairs) >= 0.8
    assert np.mean([repair.excess_down for repair in repairs]) >= 0.6
    assert min(repair.sharp for repair in repairs) >= 0.97
    assert all(repair.clean_left for repair in repairs)
