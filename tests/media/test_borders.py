"""Borders move to the beat within what the shots have to spare, and never change how long the film is."""

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from builders import shared

from vgkit.media.borders import MOST_SHIFT_FRAMES, best_match, on_the_beat, slack
from vgkit.media.frames import read_clip
from vgkit.media.picture import from_rgb
from vgkit.media.transitions import Thumbnail, thumbnail

FREE = (1, 10_000)
EIGHT, THIRTY = Fraction(8), Fraction(30)


def chance_film(chance: np.random.Generator, shots: int) -> tuple[list[int], list[tuple[int, int]], list[float]]:
    """Borders, what each shot may last, and beats at a chance tempo."""
    frames = chance.integers(60, 100, shots)
    borders = [0, *(int(place) for place in np.cumsum(frames))]
    lengths = [(int(n - chance.integers(0, 8)), int(n + chance.integers(0, 8))) for n in frames]
    beats_s = np.arange(chance.uniform(0, 0.5), borders[-1] / 30, 60 / chance.uniform(60, 160))
    return borders, lengths, [float(beat) for beat in beats_s]


def frames_off(borders: list[int], beats_s: list[float]) -> list[int]:
    """How far each border between shots is from its nearest beat."""
    return [min(abs(border - round(beat * 30)) for beat in beats_s) for border in borders[1:-1]]


def test_whatever_the_music_shots_keep_to_their_slack_and_the_film_to_its_length() -> None:
    chance = np.random.default_rng(4)
    for shots in chance.integers(1, 16, 200):
        borders, lengths, beats_s = chance_film(chance, int(shots))
        moved = on_the_beat(borders, lengths, beats_s, strong_s=beats_s[::4])
        assert len(moved) == len(borders)
        assert (moved[0], moved[-1]) == (borders[0], borders[-1])
        assert all(abs(there - here) <= MOST_SHIFT_FRAMES for here, there in zip(borders, moved, strict=True))
        for (start, end), (fewest, most) in zip(pairwise(moved), lengths, strict=True):
            assert fewest <= end - start <= most


def test_more_borders_are_on_a_beat_after_than_before() -> None:
    chance = np.random.default_rng(5)
    before, after = [], []
    for _ in range(50):
        borders, lengths, beats_s = chance_film(chance, 10)
        before += frames_off(borders, beats_s)
        after += frames_off(on_the_beat(borders, lengths, beats_s), beats_s)
    assert sum(off == 0 for off in after) > 5 * sum(off == 0 for off in before)


def test_no_other_choice_puts_more_borders_on_a_beat() -> None:
    """Against all choices there are, on films short enough to try them."""
    chance = np.random.default_rng(6)
    for _ in range(20):
        borders, lengths, beats_s = chance_film(chance, 4)
        moved = on_the_beat(borders, lengths, beats_s, most_shift=4)
        hits = []
        for shift in product(range(-4, 5), repeat=3):
            tried = [0, *(border + by for border, by in zip(borders[1:-1], shift, strict=True)), borders[-1]]
            spans = [end - start for start, end in pairwise(tried)]
            if all(fewest <= span <= most for span, (fewest, most) in zip(spans, lengths, strict=True)):
                hits.append(frames_off(tried, beats_s).count(0))
        assert frames_off(moved, beats_s).count(0) == max(hits)


def test_a_border_with_room_lands_on_its_nearest_beat() -> None:
    assert on_the_beat([0, 88, 181, 270], [FREE] * 3, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == [0, 90, 180, 270]


def test_a_border_far_from_any_beat_stays_so_that_words_keep_to_their_pictures() -> None:
    assert on_the_beat([0, 82, 180], [FREE] * 2, [3.0]) == [0, 82, 180]
    assert on_the_beat([0, 82, 180], [FREE] * 2, [3.0], most_shift=8) == [0, 90, 180]


def test_a_bars_first_beat_wins_over_a_nearer_weak_one() -> None:
    beats_s = [2.9, 3.1]
    assert on_the_beat([0, 88, 180], [FREE] * 2, beats_s) == [0, 87, 180]
    assert on_the_beat([0, 88, 180], [FREE] * 2, beats_s, strong_s=[3.1]) == [0, 93, 180]


def test_without_beats_or_slack_nothing_moves() -> None:
    borders = [0, 88, 181, 270]
    assert on_the_beat(borders, [FREE] * 3, []) == borders
    assert on_the_beat(borders, [(88, 88), (93, 93), (89, 89)], [2.9, 6.0]) == borders


def test_a_shot_that_is_already_too_long_may_stay_but_grows_no_further() -> None:
    assert on_the_beat([0, 100, 190], [(60, 90), FREE], [3.4]) == [0, 100, 190]
    assert on_the_beat([0, 100, 190], [(60, 90), FREE], [3.2]) == [0, 96, 190]


def test_borders_that_do_not_rise_are_refused() -> None:
    with pytest.raises(ValueError, match="must rise"):
        on_the_beat([0, 90, 90], [FREE] * 2, [])
    with pytest.raises(ValueError, match="have a shot between each two"):
        on_the_beat([0, 90, 180], [FREE], [])


def test_slack_is_what_the_clip_has_to_spare_and_a_little_slowing() -> None:
    """24 frames at 8 a second show 87 at 30; 90 and 14 shared are slowed already, 48 frames have most of 3 s left."""
    assert slack(clip_frames=24, native_fps=EIGHT, fps=THIRTY, owned=90, shared=14, least_frames=60) == (60, 98)
    assert slack(clip_frames=24, native_fps=EIGHT, fps=THIRTY, owned=60, least_frames=60) == (60, 93)
    assert slack(clip_frames=48, native_fps=EIGHT, fps=THIRTY, owned=90, shared=8) == (1, 183)
    assert slack(clip_frames=16, native_fps=EIGHT, fps=THIRTY, owned=40, least_frames=60) == (40, 61)


def disc(place: int, level: float = 200, ground: float = 40) -> Thumbnail:
    """A bright square at a place from the left on dark ground."""
    picture = np.full((18, 32, 3), (ground, 128, 128), np.float32)
    picture[6:12, place : place + 6, 0] = level
    return picture


def test_a_match_is_found_where_two_shots_look_alike() -> None:
    assert best_match([disc(2), disc(8), disc(14)], [disc(20), disc(8), disc(26)]) == (1, 1)


def test_a_match_goes_by_the_layout_where_one_shot_is_brighter() -> None:
    head = [disc(24, 120, 20), disc(13, 225, 70), disc(2, 120, 20)]
    assert best_match([disc(13)], head) == (0, 1)


def test_of_equal_matches_the_one_that_leaves_out_least_is_taken() -> None:
    assert best_match([disc(5)] * 4, [disc(5)] * 4) == (3, 0)
    assert best_match([disc(4), disc(9)], [disc(9), disc(4)]) == (1, 0)


def test_a_real_clip_matches_itself_at_the_same_moment() -> None:
    frames = read_clip(shared("clips/zeroscope/zeroscope_num_frames_048.mp4"))
    small = [thumbnail(from_rgb(frame)) for frame in frames]
    assert best_match(small[10:14], small[13:17]) == (3, 0)
    i, j = best_match(small[10:14], small[9:12])
    assert 10 + i == 9 + j


def test_a_match_without_pictures_is_refused() -> None:
    with pytest.raises(ValueError, match="there are 0 and 1"):
        best_match([], [disc(1)])
