"""Predictions on cases whose answers are known."""

import pytest

from vgkit.rehearsal.fates import Leg
from vgkit.rehearsal.faults import Odds, load_faults
from vgkit.rehearsal.forecast import Forecast, Stage, Work, forecast

NO_BOOT = (0.001, 0.001)


def work(typical_s: float = 100.0, **fields: object) -> Work:
    usual = {"host": "replicate", "legs": ((Leg(typical_s, NO_BOOT), 0.001, 0.0),), "model": "m"}
    return Work(**{**usual, **fields})  # type: ignore[arg-type]


def predicted(*stages: Stage, at_once: int = 16, draws: int = 2000, **odds: Odds) -> Forecast:
    return forecast(stages, faults=odds, at_once={"replicate": at_once}, draws=draws)


def test_one_call_costs_its_seconds_and_takes_them() -> None:
    told = predicted(Stage("chunks", (work(),)))
    assert told.cost_usd.median == pytest.approx(0.1, rel=0.02)
    assert told.wall_s.median == pytest.approx(100, rel=0.03)
    assert told.cost_usd.low < told.cost_usd.median < told.cost_usd.high
    assert told.success.median == 1


def test_calls_side_by_side_take_as_long_as_the_longest_and_cost_their_sum() -> None:
    told = predicted(Stage("chunks", (work(),) * 10))
    assert told.cost_usd.median == pytest.approx(1.0, rel=0.03)
    assert 100 < told.wall_s.median < 150


def test_a_host_that_takes_one_at_a_time_makes_a_queue() -> None:
    told = predicted(Stage("chunks", (work(),) * 10), at_once=1)
    assert told.wall_s.median == pytest.approx(1015, rel=0.05)


def test_stages_follow_one_another_and_overlap_where_they_may() -> None:
    plan, music = Stage("plan", (work(10.0),)), Stage("music", (work(70.0),), after=("plan",))
    chunks = Stage("chunks", (work(100.0),), after=("plan",), local_s=30.0)
    assert predicted(plan, chunks, music).wall_s.median == pytest.approx(142, rel=0.05)


def test_what_is_made_on_this_machine_takes_its_time_and_costs_nothing() -> None:
    told = predicted(Stage("refine", (work(20.0, host=""),), local_s=5.0))
    assert (told.wall_s.median, told.cost_usd.median) == (25.0, 0.0)


def test_a_chain_is_paid_for_link_by_link() -> None:
    legs = ((Leg(30.0, NO_BOOT), 0.001, 0.0), (Leg(90.0, NO_BOOT), 0.001, 0.0))
    assert predicted(Stage("chunks", (work(legs=legs),))).cost_usd.median == pytest.approx(0.12, rel=0.02)


def test_a_price_for_each_is_charged_once() -> None:
    told = predicted(Stage("plan", (work(legs=((Leg(10.0, NO_BOOT), 0.0, 0.25),)),)))
    assert (told.cost_usd.low, told.cost_usd.high) == (0.25, 0.25)


def test_a_cold_boot_costs_time_and_no_money() -> None:
    cold = work(legs=((Leg(100.0, (60.0, 60.001)), 0.001, 0.0),))
    told = predicted(Stage("chunks", (cold,)))
    assert told.wall_s.median == pytest.approx(160, rel=0.03)
    assert told.cost_usd.median == pytest.approx(0.1, rel=0.02)


def test_failures_are_paid_for_and_three_in_a_row_stop_the_run() -> None:
    told = predicted(Stage("chunks", (work(),)), expired=Odds(0.5), draws=8000)
    assert told.success.median == pytest.approx(1 - 0.5**3, abs=0.02)
    assert told.success.low < 1 - 0.5**3 < told.success.high
    assert told.cost_usd.high == pytest.approx(0.3, rel=0.2)


def test_what_can_be_replaced_degrades_the_film_instead() -> None:
    told = predicted(Stage("chunks", (work(on_failure="degrade"),) * 2), truncated=Odds(0.5), draws=8000)
    both = (1 - 0.5**3) ** 2
    assert told.success.median == pytest.approx(both, abs=0.02)
    assert told.degraded.median == pytest.approx(1 - both, abs=0.02)


def test_a_refused_key_stops_everything() -> None:
    told = predicted(Stage("chunks", (work(),)), unauthorized=Odds(1.0))
    assert (told.success.median, told.cost_usd.median) == (0.0, 0.0)


def test_a_fault_that_comes_once_at_most_is_outlived() -> None:
    told = predicted(Stage("chunks", (work(), work())), failed=Odds(1.0, times=1))
    assert told.success.median == 1
    assert told.cost_usd.median == pytest.approx(0.2 + 0.055, rel=0.03), "one part of one call was paid in vain"
    assert predicted(Stage("chunks", (work(),)), failed=Odds(1.0, times=3)).success.median == 0


def test_aborted_calls_are_free() -> None:
    told = predicted(Stage("chunks", (work(),)), aborted=Odds(0.5))
    assert told.cost_usd.median == pytest.approx(0.1, rel=0.02)


def test_what_befalls_pictures_alone_leaves_clips_alone() -> None:
    assert predicted(Stage("chunks", (work(role="video"),)), nsfw=Odds(1.0)).success.median == 1
    assert predicted(Stage("stills", (work(role="picture"),)), nsfw=Odds(1.0)).success.median == 0


def test_the_same_seed_predicts_the_same() -> None:
    stages = (Stage("chunks", (work(),) * 3),)
    assert predicted(*stages) == predicted(*stages)


def test_worse_odds_predict_a_longer_and_dearer_run() -> None:
    def told(faults: str) -> Forecast:
        stages = [Stage("chunks", (work(on_failure="degrade"),) * 10)]
        return forecast(stages, faults=load_faults(faults), at_once={"replicate": 4})

    none, mild, harsh = told("none"), told("mild"), told("harsh")
    assert none.wall_s.median < mild.wall_s.median < harsh.wall_s.median
    assert none.cost_usd.median < mild.cost_usd.median < harsh.cost_usd.median
    assert none.success.median == 1 >= mild.success.median > harsh.success.median


def test_a_stage_that_waits_for_one_to_come_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        predicted(Stage("chunks", after=("plan",)))
