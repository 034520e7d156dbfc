"""The statistics, held against scipy and against what was worked out by hand."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from vgkit.paired import (
    FEWEST_FILMS,
    Interval,
    compare_pairs,
    holm,
    pareto_front,
    ratio_interval,
    student_p,
    wilson,
)

RNG = np.random.default_rng(20)
TWELVE = RNG.gamma(2.0, 1.0, 12)


def scipys_level(films: int) -> float:
    """The level at which scipy's own interval, which knows no Student's t, has the tails of ours."""
    return float(1 - 2 * stats.norm.sf(math.sqrt(films / (films - 1)) * stats.t.isf(0.025, films - 1)))


@pytest.mark.parametrize(("wins", "pairs"), [(0, 6), (5, 9), (14, 15), (15, 15), (400, 1000)])
def test_the_interval_of_a_share_is_wilsons(wins: int, pairs: int) -> None:
    theirs = stats.binomtest(wins, pairs).proportion_ci(0.95, method="wilson")
    assert wilson(wins / pairs, pairs) == Interval(pytest.approx(theirs.low), pytest.approx(theirs.high))


def test_the_interval_of_a_mean_is_scipys_bca_with_students_tails() -> None:
    level = scipys_level(12)
    theirs = stats.bootstrap((TWELVE,), np.mean, confidence_level=level, n_resamples=40_000, rng=1).confidence_interval
    ours = ratio_interval(TWELVE, np.ones(12))
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=0.04)
    plain = stats.bootstrap((TWELVE,), np.mean, rng=1).confidence_interval
    assert ours.low < plain.low < plain.high < ours.high


def test_films_are_resampled_whole_and_the_per_cent_with_them_as_scipy_would() -> None:
    films = np.repeat(np.arange(9), 4)
    a = 10 + RNG.normal(0, 2, 9)[films] + RNG.normal(0, 1, 36)
    b = a + 1.5 + RNG.normal(0, 1, 9)[films] + RNG.normal(0, 0.5, 36)
    found = compare_pairs(list(a), list(b), list(films))
    by_film = np.array([[(b - a)[films == n].sum(), a[films == n].sum(), 4] for n in range(9)])

    def ratio(below: int, drawn: np.ndarray, axis: int = -1) -> np.ndarray:
        picked = by_film[drawn]
        return picked[..., 0].sum(axis) / picked[..., below].sum(axis)

    for below, scale, ours in ((2, 1, found.difference_interval), (1, 100, found.percent_interval)):
        theirs = stats.bootstrap(
            (np.arange(9),),
            lambda drawn, axis=-1, below=below: ratio(below, drawn, axis),
            confidence_level=scipys_level(9),
            n_resamples=40_000,
            rng=2,
        ).confidence_interval
        assert ours is not None
        assert (ours.low, ours.high) == pytest.approx((scale * theirs.low, scale * theirs.high), rel=0.05)
    assert found.difference == pytest.approx((b - a).mean())
    assert found.percent == pytest.approx(100 * (b.mean() / a.mean() - 1))


def test_shots_of_one_film_do_not_count_as_if_they_were_films() -> None:
    """The interval holds the truth in 19 of 20 cases where films differ; one that took shots for films would not."""
    truth, held, held_by_shots = 0.3, 0, 0
    for _ in range(200):
        shifts = truth + RNG.normal(0, 1, (9, 1)) + RNG.normal(0, 0.3, (9, 6))
        held += ratio_interval(shifts.sum(1), np.full(9, 6.0)).holds(truth)
        held_by_shots += ratio_interval(shifts.ravel(), np.ones(54)).holds(truth)
    assert held >= 180
    assert held_by_shots < 140


def test_the_p_value_is_that_of_the_paired_t_test() -> None:
    a, b = list(TWELVE), list(TWELVE + RNG.normal(0.4, 1, 12))
    assert compare_pairs(a, b).p_value == pytest.approx(stats.ttest_rel(b, a).pvalue)


def test_the_p_value_of_shots_is_that_of_their_films_where_all_films_are_as_long() -> None:
    shifts = RNG.normal(0.3, 1, (8, 1)) + RNG.normal(0, 0.3, (8, 5))
    theirs = stats.ttest_1samp(shifts.mean(1), 0).pvalue
    assert student_p(shifts.sum(1), np.full(8, 5.0)) == pytest.approx(theirs)


def test_where_nothing_differs_there_is_nothing_to_test() -> None:
    assert compare_pairs([1.0] * 6, [1.0] * 6).p_value is None
    assert compare_pairs([1.0] * 6, [2.0] * 6).p_value == 0.0


def test_holms_correction_is_the_one_worked_out_by_hand() -> None:
    """Of 0.01, 0.04, 0.03, 0.005: 4 x 0.005, 3 x 0.01, 2 x 0.03, and the last no less than the one before."""
    assert holm([0.01, 0.04, None, 0.03, 0.005]) == [
        *(pytest.approx(0.03), pytest.approx(0.06), None, pytest.approx(0.06), pytest.approx(0.02))
    ]
    assert holm([]) == []


def test_a_pair_without_a_number_on_either_side_is_left_out_and_counted() -> None:
    a: list[float | None] = [1, None, 3, 4, math.nan, 6, 7, 8, 9]
    b: list[float | None] = [2, 5, None, 5, math.nan, 7, 8, 9, 10]
    found = compare_pairs(a, b)
    assert (found.pairs, found.films, found.left_out) == (6, 6, 3)
    assert (found.mean_a, found.difference) == (pytest.approx(35 / 6), 1.0)
    assert found.difference_interval == Interval(1.0, 1.0)


def test_without_a_single_whole_pair_there_is_nothing_but_the_count() -> None:
    found = compare_pairs([None, 1.0], [2.0, None])
    assert (found.pairs, found.left_out, found.difference, found.p_value) == (0, 2, None, None)
    assert compare_pairs([], []).left_out == 0


def test_a_tie_is_half_a_win() -> None:
    found = compare_pairs([1, 1, 1, 1, 1, 1, 1, 1], [2, 2, 2, 0, 1, 1, 2, 2])
    assert (found.more, found.ties, found.pairs) == (6.0, 2, 8)
    theirs = stats.binomtest(6, 8).proportion_ci(method="wilson")
    assert found.more_interval == Interval(pytest.approx(theirs.low), pytest.approx(theirs.high))


def test_the_interval_of_a_share_counts_films_not_shots() -> None:
    films = [n // 10 for n in range(60)]
    found = compare_pairs([0.0] * 60, [1.0] * 60, films)
    assert (found.pairs, found.more) == (60, 60)
    assert found.more_interval == wilson(1.0, 6)


@pytest.mark.parametrize("films", [1, FEWEST_FILMS - 1])
def test_too_few_films_have_no_interval_however_many_shots_they_have(films: int) -> None:
    found = compare_pairs([1.0] * (films * 10), [2.0] * (films * 10), list(range(films)) * 10)
    assert not found.trusted
    assert (found.difference, found.percent, found.more) == (1.0, 100.0, films * 10)
    assert (found.difference_interval, found.percent_interval, found.more_interval, found.p_value) == (None,) * 4


@pytest.mark.parametrize("a", [[-1.0, 2, 3, 4, 5, 6], [0.0, 2, 3, 4, 5, 6]])
def test_a_per_cent_that_means_nothing_is_not_given(a: Sequence[float]) -> None:
    found = compare_pairs(a, [value + 1 for value in a])
    assert found.difference == pytest.approx(1.0)
    assert (found.percent, found.percent_interval) == (None, None)


def test_the_same_numbers_give_the_same_intervals_and_another_seed_nearly_so() -> None:
    a, b = list(TWELVE), list(TWELVE[::-1])
    assert compare_pairs(a, b) == compare_pairs(a, b)
    first, other = (compare_pairs(a, b, seed=seed).difference_interval for seed in (0, 1))
    assert first is not None
    assert other is not None
    assert first != other
    assert first.low == pytest.approx(other.low, rel=0.1)


def test_sides_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="3 numbers of A, 2 of B and 3 films make no pairs"):
        compare_pairs([1, 2, 3], [1, 2])


def test_the_front_holds_what_nothing_else_beats_in_both() -> None:
    costs, goods = [1.0, 2.0, 3.0, 2.0, 1.0], [5.0, 7.0, 7.0, 6.0, 5.0]
    assert pareto_front(costs, goods) == [True, True, False, False, True]
