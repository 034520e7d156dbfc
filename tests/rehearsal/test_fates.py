"""What will happen to a prediction, and how far it has come."""

import statistics

import pytest

from vgkit.rehearsal.fates import Fate, Leg, course, draw_fate

LEG = Leg(typical_s=50.0, boot_s=(60.0, 180.0))
FATE = Fate(boot_s=10.0, predict_s=40.0)


@pytest.mark.parametrize(
    ("age_s", "status", "ran_s"),
    [(5, "starting", 0), (30, "processing", 20), (50, "succeeded", 40), (999, "succeeded", 40)],
)
def test_a_prediction_starts_runs_and_ends(age_s: float, status: str, ran_s: float) -> None:
    stands = course(FATE, age_s=age_s)
    assert (stands.status, stands.predict_s) == (status, ran_s)


def test_a_deadline_before_the_start_aborts_for_free() -> None:
    stands = course(FATE, age_s=20, deadline_s=8)
    assert (stands.status, stands.started_s, stands.ended_s, stands.predict_s) == ("aborted", None, 8, 0)


def test_a_deadline_while_running_cancels_and_bills_what_ran() -> None:
    stands = course(FATE, age_s=60, deadline_s=25)
    assert (stands.status, stands.started_s, stands.ended_s, stands.predict_s) == ("canceled", 10, 25, 15)


def test_a_deadline_after_the_end_changes_nothing() -> None:
    assert course(FATE, age_s=60, deadline_s=55) == course(FATE, age_s=60)


@pytest.mark.parametrize(("canceled_s", "ran_s"), [(4, 0), (30, 20)])
def test_who_cancels_pays_for_what_ran(canceled_s: float, ran_s: float) -> None:
    stands = course(FATE, age_s=60, canceled_s=canceled_s)
    assert (stands.status, stands.ended_s, stands.predict_s) == ("canceled", canceled_s, ran_s)


def test_times_are_drawn_about_what_is_typical() -> None:
    fates = [draw_fate(LEG, key=f"{number}", cold=True) for number in range(500)]
    assert statistics.median(fate.predict_s for fate in fates) == pytest.approx(50, rel=0.03)
    assert statistics.median(fate.boot_s for fate in fates) == pytest.approx(60, rel=0.2)
    assert statistics.quantiles([fate.boot_s for fate in fates], n=10)[-1] == pytest.approx(180, rel=0.25)


def test_a_warm_model_rarely_boots() -> None:
    fates = [draw_fate(LEG, key=f"{number}", cold=False) for number in range(300)]
    assert statistics.median(fate.boot_s for fate in fates) < 2
    assert 20 < sum(fate.boot_s > 15 for fate in fates) < 80


def test_one_key_is_one_fate() -> None:
    assert draw_fate(LEG, key="a", cold=True) == draw_fate(LEG, key="a", cold=True)
    assert draw_fate(LEG, key="a", cold=True) != draw_fate(LEG, key="b", cold=True)


@pytest.mark.parametrize(
    ("fault", "ending"),
    [
        ("failed", "failed"),
        ("nsfw", "failed"),
        ("canceled", "canceled"),
        ("aborted", "aborted"),
        ("expired", "succeeded"),
    ],
)
def test_a_fault_that_is_part_of_a_fate_decides_its_end(fault: str, ending: str) -> None:
    assert draw_fate(LEG, key="a", cold=False, fault=fault).ending == ending


def test_what_fails_on_the_way_has_run_for_a_part_and_what_is_withheld_for_the_whole() -> None:
    whole = draw_fate(LEG, key="a", cold=False).predict_s
    assert 0.15 * whole < draw_fate(LEG, key="a", cold=False, fault="failed").predict_s < 0.95 * whole
    assert draw_fate(LEG, key="a", cold=False, fault="nsfw").predict_s == whole
    assert draw_fate(LEG, key="a", cold=False, fault="aborted").predict_s == 0
