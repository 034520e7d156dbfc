"""A measure sees every frame once, keeps no clip in memory, and says why where it has no number."""

import gc
import weakref
from fractions import Fraction

import numpy as np

from vgkit.errors import NotMeasured
from vgkit.media.frames import Frame
from vgkit.quality.measure import Measure, Watcher, score
from vgkit.quality.view import Subject, View, views
from vgkit.quality.watchers import mean_of


def frames(count: int) -> list[Frame]:
    return [np.full((32, 48, 3), 10 * number, np.uint8) for number in range(count)]


def subject(count: int) -> Subject:
    return Subject((48, 32), Fraction(8), count)


def measure(name: str, work: object) -> Measure:
    return Measure(name, "levels", "neither", (0, 255), "frames", "tests", "1", mean_of(work))  # type: ignore[arg-type]


def refusing(_: Subject) -> Watcher:
    raise NotMeasured("there is no keyframe")


def test_a_mean_is_over_all_frames() -> None:
    (found,) = score(frames(5), subject(5), [measure("light", lambda view: float(view.frame.mean()))])
    assert (found.value, found.reason) == (20.0, "")


def test_a_measure_that_fails_says_why_and_costs_the_others_nothing() -> None:
    def failing(view: View) -> float:
        if view.number == 2:
            raise NotMeasured("frame 2 is odd")
        return 1.0

    begun = Measure("adherence", "", "higher", (0, 1), "keyframe", "tests", "1", refusing)
    infinite = measure("infinite", lambda view: float("inf"))
    found = score(frames(4), subject(4), [measure("odd", failing), begun, measure("one", lambda view: 1.0), infinite])
    assert [each.value for each in found] == [None, None, 1.0, None]
    assert [each.reason for each in found] == ["frame 2 is odd", "there is no keyframe", "", "it came out as inf"]


def test_a_fault_in_a_measure_costs_the_others_nothing() -> None:
    faulty = measure("faulty", lambda view: 1 / (view.number - 1))
    found = score(frames(3), subject(3), [faulty, measure("one", lambda view: 1.0)])
    assert [each.value for each in found] == [None, 1.0]
    assert found[0].reason == "it failed with ZeroDivisionError: division by zero"


def test_no_frames_are_a_reason_and_no_number() -> None:
    (found,) = score([], subject(0), [measure("light", lambda view: 1.0)])
    assert (found.value, found.reason) == (None, "there are no frames")


def test_what_several_measures_need_is_worked_out_once() -> None:
    asked: list[int] = []

    def costly(view: View) -> float:
        asked.append(view.number)
        return 1.0

    score(frames(3), subject(3), [measure(name, lambda view: view.of(costly)) for name in "ab"])
    assert asked == [0, 1, 2]


def test_only_three_frames_are_held() -> None:
    seen, alive = [], []
    for view in views(frames(8)):
        seen.append(weakref.ref(view))
        gc.collect()
        alive.append(sum(each() is not None for each in seen))
    assert max(alive) == 3
