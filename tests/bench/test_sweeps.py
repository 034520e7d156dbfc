"""Measures are held against what people saw in real clips, by rules that can say no, and the page tells."""

import re
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from builders import shared

from vgkit.bench.claims import (
    CLAIMS,
    Finding,
    best_at_24,
    best_in_the_middle,
    breaks_down,
    follows,
    rank_correlation,
    repeats_within,
    settles,
    verdicts,
)
from vgkit.bench.disagreements import WHY
from vgkit.bench.quality import MOST_MS, table
from vgkit.bench.sweep_page import agreement, plotted, write_page
from vgkit.bench.sweeps import Curve, Point, Sweep, score_sweeps, sweeps_folder
from vgkit.errors import InputError
from vgkit.media.frames import write_clip
from vgkit.quality import sharpness
from vgkit.quality.measure import Scored
from vgkit.quality.registry import CLIP_MEASURES

FRAMES, GUIDANCE, STEPS = (8.0, 24.0, 32.0, 48.0, 80.0, 120.0), (1.0, 7.0, 12.5, 40.0), (5.0, 100.0, 200.0, 400.0)
MEASURES = {measure.name: measure for measure in CLIP_MEASURES}


def test_a_breakdown_is_steady_and_ends_beyond_all_that_was_before() -> None:
    broken = Curve(FRAMES, (4, 5, 6, 6, 9, 20))
    assert breaks_down(broken, "lower") == Finding(True, "×4, ρ +1.00 over 3")
    assert breaks_down(broken, "neither").agrees
    assert not breaks_down(broken, "higher").agrees
    assert not breaks_down(Curve(FRAMES, (4, 5, 30, 6, 9, 20)), "lower").agrees
    assert not breaks_down(Curve(FRAMES, (4, 5, 6, 6, 25, 20)), "lower").agrees
    assert breaks_down(Curve(FRAMES, (0.9, 0.95, 0.9, 0.9, 0.7, 0.5)), "higher").agrees
    assert breaks_down(Curve(FRAMES[:3], (4, 5, 6)), "lower").agrees is None


def test_the_best_is_the_most_or_the_least_and_only_one() -> None:
    assert best_at_24(Curve(FRAMES, (1, 9, 2, 3, 4, 5)), "higher") == Finding(True, "at 24")
    assert best_at_24(Curve(FRAMES, (1, 9, 2, 3, 4, 5)), "lower") == Finding(False, "at 8")
    assert best_at_24(Curve(FRAMES, (1, 9, 9, 3, 4, 5)), "higher") == Finding(False, "2 alike")
    assert best_at_24(Curve(FRAMES, (1, 9, 2, 3, 4, 5)), "neither").agrees is None
    assert best_in_the_middle(Curve(GUIDANCE, (1, 5, 4, 2)), "higher").agrees
    assert not best_in_the_middle(Curve(GUIDANCE, (1, 5, 4, 9)), "higher").agrees


def test_what_follows_guidance_goes_one_way() -> None:
    assert follows(Curve(GUIDANCE, (1, 2, 3, 4)), "neither") == Finding(True, "ρ +1.00")
    assert follows(Curve(GUIDANCE, (4, 3, 2, 1)), "neither").agrees
    assert not follows(Curve(GUIDANCE, (1, 4, 3, 2)), "neither").agrees
    assert not follows(Curve(GUIDANCE, (0, 0, 0, 0)), "neither").agrees


def test_what_settles_has_moved_before_and_hardly_does_after() -> None:
    assert settles(Curve(STEPS, (50, 100, 104, 97)), "lower") == Finding(True, "4.0% beyond, 50% before")
    assert not settles(Curve(STEPS, (50, 100, 110, 100)), "lower").agrees
    assert not settles(Curve(STEPS, (99, 100, 104, 100)), "lower").agrees
    assert not settles(Curve(STEPS, (100, 100, 100, 100)), "lower").agrees
    assert not settles(Curve(STEPS, (0, 0, 0, 0)), "lower").agrees


def made(parameter: str, at: tuple[float, ...], **values: tuple[float | None, ...]) -> Sweep:
    """A sweep whose measures have these numbers."""
    points = [
        tuple(
            Scored(MEASURES[name], value, "" if value is not None else "no edge")
            for name, value in zip(values, found, strict=True)
        )
        for found in zip(*values.values(), strict=True)
    ]
    return Sweep(parameter, tuple(Point(*each) for each in zip(at, points, strict=True)))


def test_a_measure_that_agrees_with_nothing_is_unproven_and_one_of_directions_is_not_asked() -> None:
    sweep = made(
        "frames", FRAMES, warp_error=(4, 5, 6, 6, 9, 20), sharpness=(9, 2, 9, 2, 9, 9), camera_pan=(4, 5, 6, 6, 9, 20)
    )
    found = verdicts([sweep])
    assert [verdict.proven for verdict in found] == [True, False, None]
    rows = agreement(found).rows
    assert [row[-1] for row in rows] == ["yes", "unproven", "not asked", ""]
    assert rows[-1][:3] == ("agree", "1 of 2", "0 of 2")


def test_clips_of_the_same_settings_say_how_far_a_number_can_be_trusted() -> None:
    pair = [made("frames", (8, 24), sharpness=(50, 90)), made("guidance", (12.5, 40), sharpness=(110, 70))]
    assert repeats_within(pair, "sharpness") == pytest.approx(0.2)
    assert repeats_within(pair[:1], "sharpness") is None


def test_the_page_shows_every_number_and_says_why_some_are_lacking(tmp_path: Path) -> None:
    lacking = (None,) * 6
    found = [made("frames", FRAMES, sharpness=(9, 2, 9, 2, 9, 1234.5), warp_error=lacking)]
    write_page(found, verdicts(found), tmp_path / "sweeps.md")
    text = (tmp_path / "sweeps.md").read_text("utf-8")
    assert "| sharpness | 9 | 2 | 9 | 2 | 9 | 1234 | Tenengrad |" in text
    assert "Unproven here, as they agree with nothing: `sharpness`." in text
    assert "Not taken here: `warp_error`; no edge." in text
    assert "at 8: no edge" not in text
    (plot,) = re.findall(r"!\[1 measures along frames\]\((.*?)\)", text)
    assert (tmp_path / plot).stat().st_size < 40_000


def test_a_number_that_is_lacking_for_one_clip_says_why_below_its_table(tmp_path: Path) -> None:
    found = [made("frames", FRAMES, sharpness=(9, 2, None, 2, 9, 9), warp_error=(4, 5, None, 6, 9, 20))]
    write_page(found, verdicts(found), tmp_path / "sweeps.md")
    text = (tmp_path / "sweeps.md").read_text("utf-8")
    assert "| sharpness | 9 | 2 | – | 2 | 9 | 9 | Tenengrad |" in text
    assert text.endswith("\n\n- `sharpness`, `warp_error` at 32: no edge.\n")


def test_a_plot_has_a_panel_for_each_measure_and_its_settings_and_is_the_same_every_time() -> None:
    sweep = made("guidance", GUIDANCE, sharpness=(1, 2, 3, 4), warp_error=(1, None, 3, 4))
    svg = plotted(sweep, [MEASURES["sharpness"], MEASURES["warp_error"]])
    assert svg == plotted(sweep, [MEASURES["sharpness"], MEASURES["warp_error"]])
    assert re.findall(r"<!-- ([a-z_]+) -->", svg.decode()) == ["sharpness", "warp_error"]
    assert {"1", "7", "12.5", "40"} <= {*re.findall(r"<!-- ([\d.]+) -->", svg.decode())}


def test_reasons_are_given_only_for_measures_and_claims_there_are() -> None:
    assert {claim for _, claim in WHY} <= {claim.name for claim in CLAIMS}


def test_clips_are_known_by_their_names_and_hundredths_of_guidance(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (2, 32, 48, 3), np.uint8)
    for name in ("any_num_frames_008", "any_guidance_scale_1250", "any_guidance_scale_300", "upscale"):
        write_clip(noise, tmp_path / f"{name}.mp4", fps=8)
    found = score_sweeps(tmp_path, [sharpness.MEASURE])
    assert [(sweep.parameter, sweep.curve("sharpness").at) for sweep in found] == [
        ("frames", (8,)),
        ("guidance", (3, 12.5)),
    ]


def test_a_folder_without_sweeps_is_refused_with_the_names_it_should_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VGKIT_SWEEPS", str(tmp_path))
    with pytest.raises(InputError, match=r"holds no clips named as \*_num_frames_024\.mp4.*Set VGKIT_SWEEPS"):
        sweeps_folder()


def test_the_cost_of_all_measures_has_a_verdict() -> None:
    costs = dict.fromkeys(CLIP_MEASURES, 3.0)
    assert str(table(costs, together_ms=MOST_MS)).splitlines()[-1].split() == ["kept", "yes"]
    assert str(table(costs, together_ms=MOST_MS + 1)).splitlines()[-1].split() == ["kept", "NO"]


@pytest.fixture(scope="module")
def real() -> dict[str, Sweep]:
    """The sweeps of Zeroscope by their parameter, scored by all measures."""
    return {sweep.parameter: sweep for sweep in score_sweeps(shared("clips/zeroscope"))}


@pytest.mark.slow
def test_warp_error_and_clipping_grow_several_fold_beyond_40_frames(real: dict[str, Sweep]) -> None:
    for name in ("warp_error", "clipping"):
        curve = real["frames"].curve(name)
        assert rank_correlation(curve.where(40)) >= 0.8
        assert curve.values[-1] > 3 * median(curve.where(0, 40).values)


@pytest.mark.slow
def test_guidance_brings_colour_to_grey_then_clips_it_and_is_sharpest_between(real: dict[str, Sweep]) -> None:
    colourfulness, clipping, sharpness = map(real["guidance"].curve, ("colourfulness", "clipping", "sharpness"))
    assert colourfulness.values[0] < 33 < 59 < colourfulness.values[-1]
    assert clipping.values[0] < 0.001 < 0.2 < clipping.values[-1]
    assert min(map(rank_correlation, (colourfulness, clipping))) >= 0.8
    assert 5 <= sharpness.at[sharpness.values.index(max(sharpness.values))] <= 15


@pytest.mark.slow
def test_beyond_100_steps_only_those_measures_move_of_which_it_is_known_why(real: dict[str, Sweep]) -> None:
    found = {verdict.measure.name: verdict.findings[-1] for verdict in verdicts([real["steps"]])}
    moving = {name for name, said in found.items() if said.agrees is False and said.figures != "0 at 100 steps"}
    assert moving <= {name for name, claim in WHY if claim == CLAIMS[-1].name}
    assert sum(said.agrees is True for said in found.values()) >= 6


@pytest.mark.slow
def test_what_looks_at_faults_and_motion_is_proven_on_real_clips(real: dict[str, Sweep]) -> None:
    found = {verdict.measure.name: verdict.proven for verdict in verdicts(list(real.values()))}
    assert [name for name in ("warp_error", "flicker", "motion_smoothness_dis", "sharpness") if not found[name]] == []
