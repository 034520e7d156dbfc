"""A similarity is found among vectors of which many say otherwise, and refused where there is nothing to see."""

import numpy as np
import pytest
from scenery import view

from vgkit.media.flow import Field, Motion
from vgkit.quality.similarity import Similarity, similarity

SIZE = (256, 144)
PLACES = np.dstack(np.meshgrid((np.arange(64) + 0.5) * 4 - 128, (np.arange(36) + 0.5) * 4 - 72)).astype(np.float32)
LUMA = view().luma


def motion(there: Field, *, trust: Field | None = None) -> Motion:
    sure = np.ones(there.shape[:2], np.float32) if trust is None else trust
    return Motion(SIZE, there, -there, sure, sure, float(sure.mean()), 0.0)


def carried(right: float, down: float, scale: float, clockwise: float) -> Field:
    along, across = scale * np.cos(clockwise) - 1, scale * np.sin(clockwise)
    x, y = PLACES[..., 0], PLACES[..., 1]
    return np.dstack([right + along * x - across * y, down + across * x + along * y])


def known(found: Similarity | None) -> tuple[float, float, float, float]:
    assert found is not None
    return found.right_px, found.down_px, found.growth, found.clockwise


def test_a_field_that_is_one_is_found_exactly() -> None:
    found = similarity(motion(carried(3, -2, 1.02, 0.03)), LUMA)
    assert known(found) == pytest.approx((3, -2, np.log(1.02), 0.03), abs=1e-4)


def test_a_third_of_the_vectors_may_say_otherwise() -> None:
    field = carried(3, -2, 1.02, 0.03)
    field[:, 40:] = (-9, 5)
    assert known(similarity(motion(field), LUMA)) == pytest.approx((3, -2, np.log(1.02), 0.03), abs=0.03)


def test_what_does_not_come_home_does_not_count() -> None:
    field, trust = carried(3, -2, 1, 0), np.ones((36, 64), np.float32)
    field[:, :40], trust[:, :40] = (20, 20), 0
    assert known(similarity(motion(field, trust=trust), LUMA)) == pytest.approx((3, -2, 0, 0), abs=1e-4)


def test_a_plain_picture_tells_nothing() -> None:
    assert similarity(motion(carried(3, 0, 1, 0)), np.full_like(LUMA, 90)) is None


def test_structure_in_one_place_alone_tells_nothing() -> None:
    spot = np.full_like(LUMA, 90)
    spot[60:84, 110:134] = LUMA[60:84, 110:134]
    assert similarity(motion(carried(3, 0, 1, 0)), spot) is None
