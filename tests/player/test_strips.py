"""Measures frame by frame: what they are, and that they are taken once."""

import json
from pathlib import Path

import pytest
from numbered import numbered_clip, two_scenes
from scenery import texture

from vgkit.errors import NotAClip
from vgkit.media.frames import read_frames, write_clip
from vgkit.player.strips import Strip, kept_reading, reading_of, reading_path
from vgkit.quality.sharpness import sharpness
from vgkit.quality.view import views


@pytest.fixture
def flash(tmp_path: Path) -> Path:
    """Ten frames that show the same, of which the sixth is lit up."""
    path = tmp_path / "flash.mp4"
    scene = texture(spread_px=3)[:256, :456] // 2
    write_clip((scene + 20 * (n == 5) for n in range(10)), path, fps=8)
    return path


def strip(clip: Path, name: str) -> Strip:
    return next(each for each in reading_of(clip).strips if each.name == name)


def test_each_frame_has_a_number_and_those_without_a_step_before_them_none(flash: Path) -> None:
    assert [strip(flash, name).values.count(None) for name in ("sharpness", "flicker", "warp_error")] == [0, 2, 1]
    assert {len(each.values) for each in reading_of(flash).strips} == {10}
    flicker = strip(flash, "flicker")
    known = [value or 0.0 for value in flicker.values]
    assert known.index(max(known)) == 6  # the frame after the flash: it goes up and comes down again
    assert (flicker.unit, flicker.better) == ("8-bit steps", "less is better")


def test_a_frame_of_that_size_has_the_number_that_the_measure_gives_it(flash: Path) -> None:
    own = [sharpness(view) for view in views(read_frames(flash))]
    assert strip(flash, "sharpness").values == pytest.approx(own, rel=1e-3)


def test_a_clip_is_seen_at_one_size_whatever_its_own(tmp_path: Path) -> None:
    """So that the curves of a small clip and a large one stand on one scale."""
    means = []
    for width, height in ((456, 256), (912, 512)):
        clip = numbered_clip(tmp_path / f"{width}.mp4", frames=3, size=(width, height))
        values = strip(clip, "sharpness").values
        means.append(sum(value or 0.0 for value in values) / len(values))
    assert means[0] == pytest.approx(means[1], rel=0.15)


def test_what_was_measured_is_kept_and_taken_again(flash: Path) -> None:
    assert kept_reading(flash) is None
    found = reading_of(flash)
    kept = json.loads(reading_path(flash).read_text("utf-8"))
    kept["cuts"] = [7]
    reading_path(flash).write_text(json.dumps(kept), "utf-8")
    again = reading_of(flash)
    assert (again.cuts, again.strips) == ((7,), found.strips)


def test_another_clip_of_the_same_name_is_measured_anew(flash: Path) -> None:
    before = strip(flash, "sharpness")
    numbered_clip(flash, frames=4)
    assert kept_reading(flash) is None
    assert len(strip(flash, "sharpness").values) == 4 != len(before.values)


def test_a_damaged_reading_counts_as_none(flash: Path) -> None:
    reading_of(flash)
    for damage in ("", "{", "[]", '{"of": 1}'):
        reading_path(flash).write_text(damage, "utf-8")
        assert kept_reading(flash) is None
    assert len(reading_of(flash).strips) == 3


def test_where_the_disk_refuses_the_reading_is_good_all_the_same(flash: Path, caplog: pytest.LogCaptureFixture) -> None:
    reading_path(flash).parent.write_text("a file where the folder should be", "utf-8")
    assert len(reading_of(flash).strips) == 3
    assert "What was measured of flash.mp4 is not kept: Can't write" in caplog.text


def test_a_cut_is_found_and_is_no_flicker(tmp_path: Path) -> None:
    path = two_scenes(tmp_path / "cut.mp4", frames=12, cut_at=6)
    assert reading_of(path).cuts == (6,)
    assert strip(path, "flicker").values[6:8] == (None, None)


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.mp4").write_text("no clip", "utf-8")
    with pytest.raises(NotAClip, match="does not decode"):
        reading_of(tmp_path / "words.mp4")
