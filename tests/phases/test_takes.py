"""Takes are scored once, picked by a rule that can be followed with a pencil, and a person has the last word."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from builders import run as started
from typer.testing import CliRunner

from vgkit.cli import app
from vgkit.engines import registry
from vgkit.engines.base import ClipRequest, Made
from vgkit.errors import EngineFailed, ParameterError, PhaseNotReady, RunError
from vgkit.ledger import Ledger, read_events
from vgkit.media.frames import frame_digest, write_clip, write_picture
from vgkit.phases import PHASES, refine
from vgkit.phases.animatic import draw_animatic
from vgkit.phases.choosing import put_in_the_cut, shots_with_takes
from vgkit.phases.chunks import make_chunks
from vgkit.phases.intermediates import let_large_go
from vgkit.phases.picking import Criterion, pick
from vgkit.phases.references import gather_references
from vgkit.phases.scores import score_take
from vgkit.phases.step import degraded
from vgkit.phases.takes import choose_take, rule_of
from vgkit.phases.validate import plan_storyboard
from vgkit.pipeline import run_phases
from vgkit.profiles import profiles
from vgkit.quality import sharpness
from vgkit.quality.measure import Measure
from vgkit.quality.registry import CLIP_MEASURES, clip_measures
from vgkit.quality.watchers import mean_of
from vgkit.run import Run
from vgkit.storyboard import ClipShape
from vgkit.widgets.take_picker import take_picker
from vgkit.widgets.take_picker.card import TakeCard
from vgkit.widgets.take_picker.page import TakePage
from vgkit.widgets.take_picker.words import measured, summary

SHARP, SOFT = Criterion("sharpness", True, 2), Criterion("noise", False, 1)


@dataclass
class Drifter:
    """A small engine on this machine: its second takes are sharper than its first, its third are blurred."""

    name: str = "drifter"
    host: str = "local"
    version: str = "1"
    commercial_use: bool = True
    fails: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)

    def shape(self, aspect: str) -> ClipShape:
        return ClipShape(frames=8, fps=8, width_px=192, height_px=108)

    def animate(self, request: ClipRequest, out: Path) -> Made:
        self.asked.append(request.subject)
        if request.subject in self.fails:
            raise EngineFailed(f"drifter: no {request.subject} today")
        shot, take = request.subject.split("/")
        texture = np.random.default_rng([int(shot[1:]), int(self.version)]).integers(30, 225, (12, 20, 3))
        picture = cv2.resize(texture.astype(np.uint8), (192, 108), interpolation=cv2.INTER_CUBIC)
        picture = cv2.GaussianBlur(picture, (0, 0), {"t01": 2.0, "t02": 0.5, "t03": 5.0}[take])
        write_clip([np.roll(picture, number, 1) for number in range(8)], out, fps=8)
        return Made(out)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a run of three shots that is ready for its chunks."""
    folder = tmp_path_factory.mktemp("drawn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VGKIT_RUNS", str(folder))
        patch.setitem(registry.ENGINES, "drifter@local", (frozenset({"video"}), Drifter))
        run = started(name="drift", engines={"video": "drifter"})
        for phase in (plan_storyboard, draw_animatic, gather_references):
            phase(run)
        yield folder


@pytest.fixture
def drifter(monkeypatch: pytest.MonkeyPatch) -> Drifter:
    made = Drifter()
    monkeypatch.setitem(registry.ENGINES, "drifter@local", (frozenset({"video"}), lambda: made))
    return made


@pytest.fixture
def film(drawn: Path, runs: Path, drifter: Drifter) -> Run:
    """A run of one's own, whose rule is that the sharper take wins."""
    shutil.copytree(drawn, runs)
    return ruled(Run.open("drift"), sharpness=1)


def ruled(run: Run, **weights: float) -> Run:
    vars(run)["profile"] = run.profile.model_copy(update={"pick": weights})
    return run


def told(run: Run, name: str) -> Any:
    return json.loads(run.path(name).read_text())


def in_the_cut(run: Run) -> list[str]:
    picks = list(told(run, "chunks/picks.json").values())
    assert [segment["take"] for segment in told(run, "cut.json")["segments"]] == picks
    return picks


def events(run: Run, *kinds: Any) -> list[Any]:
    return list(read_events(run.events.path).of(*kinds))


def calls(run: Run) -> list[Any]:
    return [event for event in events(run, "call_reserved", "call_cached") if event["phase"] == "chunks"]


# the rule


def test_the_take_that_is_ahead_by_weight_is_picked_and_the_words_say_where() -> None:
    made = pick({"t01": {"sharpness": 90.0, "noise": 2.0}, "t02": {"sharpness": 120.0, "noise": 3.0}}, [SHARP, SOFT])
    assert (made.take, made.why) == ("t02", "ahead in sharpness; behind in noise")
    assert made.points == pytest.approx({"t01": 1 / 3, "t02": 2 / 3})


def test_each_take_is_set_against_each_other() -> None:
    made = pick({f"t0{n}": {"sharpness": value} for n, value in enumerate((50.0, 70.0, 60.0), 1)}, [SHARP])
    assert made.take == "t02"
    assert made.points == {"t01": 0.0, "t02": 1.0, "t03": 0.5}


def test_takes_within_two_per_cent_are_alike_and_the_first_of_those_that_are_level_wins() -> None:
    made = pick({"t01": {"sharpness": 100.0}, "t02": {"sharpness": 101.9}, "t03": {"sharpness": 90.0}}, [SHARP])
    assert (made.take, made.why) == ("t01", "ahead in sharpness; level with t02, so the first")
    assert pick({"t01": {"sharpness": 100.0}, "t02": {"sharpness": 103.0}}, [SHARP]).take == "t02"
    assert pick({"t01": {}, "t02": {}}, [SHARP]).why == "level with t02, so the first"


def test_a_take_without_a_number_is_behind_one_that_has_it() -> None:
    assert pick({"t01": {"noise": None}, "t02": {"noise": 40.0}}, [SOFT]).take == "t02"
    assert pick({"t01": {"noise": 0.0}, "t02": {"noise": None}}, [SOFT]).points == {"t01": 1.0, "t02": 0.0}


def test_an_only_take_is_picked_whatever_it_scored() -> None:
    made = pick({"t03": {"sharpness": None}}, [SHARP])
    assert (made.take, made.why) == ("t03", "the only take")


@pytest.mark.parametrize("name", ["sharpnes", "contrast"])
def test_a_rule_by_which_no_take_is_better_is_refused_before_an_engine_is_asked(
    film: Run, drifter: Drifter, name: str
) -> None:
    with pytest.raises(
        ParameterError, match=rf"offline: pick weighs '{name}', by which no .*Weigh some of .*sharpness"
    ):
        make_chunks(ruled(film, **{name: 1}))
    assert drifter.asked == []


# scores


def test_every_take_is_scored_by_every_measure_and_says_by_what(film: Run) -> None:
    make_chunks(film)
    found = events(film, "metric")
    assert {event["subject"] for event in found} == {"s01/t01", "s02/t01", "s03/t01"}
    assert [event["name"] for event in found if event["subject"] == "s02/t01"] == [m.name for m in clip_measures()]
    assert {json.dumps(event["scored"]) for event in found} == {
        '{"stage": "generated", "frames": 8, "size": [192, 108], "fps": 8.0}'
    }
    by = {
        measure.name: (measure.unit, measure.direction, measure.implementation, measure.version)
        for measure in clip_measures()
    }
    about = ("unit", "direction", "implementation", "version")
    assert all(tuple(event[name] for name in about) == by[event["name"]] for event in found)
    ledger = Ledger(film.folder.parent)
    ledger.sync()
    kept = ledger.query("select count(*) from metrics where phase = 'chunks' and latest").iloc[0, 0]
    assert kept == len(found)


def test_a_take_is_held_against_its_prompt_once_a_model_is_named(
    film: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clip_folders import clip_folder

    monkeypatch.delenv("VGKIT_CLIP", raising=False)
    make_chunks(film)
    monkeypatch.setenv("VGKIT_CLIP", str(clip_folder(tmp_path / "clip")))
    make_chunks(film, takes=2)
    without, held = (event for event in events(film, "metric") if _of(event) == ("s01/t01", "clip_score"))
    assert (without["value"], without["version"]) == (None, "1")
    assert without["reason"] == "no model; set VGKIT_CLIP to a folder of CLIP in ONNX"
    assert 0 < held["value"] <= 100
    assert [_of(event) for event in events(film, "metric")].count(("s01/t01", "sharpness")) == 1
    prompts = {f"{shot.id}/t01": shot.prompt for shot in film.storyboard.shots}
    scores = told(film, "chunks/scores.json")
    assert {subject: scores[subject]["prompt"] for subject in prompts} == prompts


def _of(event: Any) -> tuple[str, str]:
    return event["subject"], event["name"]


def test_a_take_that_is_kept_is_neither_asked_for_nor_scored_again(film: Run, drifter: Drifter) -> None:
    make_chunks(film)
    first = told(film, "chunks/scores.json")
    make_chunks(film, takes=2)
    assert sorted(drifter.asked) == [f"s0{shot}/t0{take}" for shot in (1, 2, 3) for take in (1, 2)]
    subjects = [event["subject"] for event in events(film, "metric") if event["name"] == "sharpness"]
    assert sorted(subjects) == sorted(drifter.asked)
    assert {name: told(film, "chunks/scores.json")[name] for name in first} == first
    assert len(calls(film)) == 6


def test_scores_that_were_changed_by_hand_are_taken_anew(film: Run) -> None:
    make_chunks(film)
    before = told(film, "chunks/scores.json")
    film.path("chunks/scores.json").write_text("[]")
    make_chunks(film)
    assert told(film, "chunks/scores.json") == before
    assert len(calls(film)) == 3


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    picture = np.random.default_rng(4).integers(30, 225, (48, 64, 3)).astype(np.uint8)
    write_picture(picture, tmp_path / "still.png")
    write_clip([np.roll(picture, number, 1) for number in range(6)], tmp_path / "clip.mp4", fps=8)
    return tmp_path / "clip.mp4"


def scored(clip: Path, *measures: Measure) -> Iterator[tuple[str, float | None, str]]:
    found, seen = score_take(clip, fps=Fraction(8), keyframe=clip.parent / "still.png", measures=measures)
    assert seen in ({}, {"frames": 6, "size": [64, 48], "fps": 8.0})
    return ((each.measure.name, each.value, each.reason) for each in found)


def test_a_measure_with_a_fault_costs_the_others_nothing(clip: Path) -> None:
    broken = Measure("odd", "", "higher", (0, 1), "frames", "tests", "1", mean_of(lambda view: 1 / view.number))
    (name, value, why), (_, sharp, _) = scored(clip, broken, sharpness.MEASURE)
    assert (name, value, why) == ("odd", None, "it failed with ZeroDivisionError: division by zero")
    assert sharp is not None


def test_a_clip_that_does_not_decode_has_reasons_for_numbers(clip: Path) -> None:
    clip.write_bytes(clip.read_bytes()[:300])
    ((_, value, why),) = scored(clip, sharpness.MEASURE)
    assert value is None
    assert "clip.mp4" in why


# the rule that ships


def texture(seed: int) -> np.ndarray:
    small = np.random.default_rng(seed).integers(30, 225, (18, 32, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(small, (192, 108), interpolation=cv2.INTER_CUBIC))


def going_by(picture: np.ndarray) -> list[np.ndarray]:
    return [np.roll(picture, 2 * number, 1) for number in range(10)]


def grain(number: int) -> np.ndarray:
    return np.random.default_rng(number).normal(0, 12, (108, 192, 3))


WORSE = {
    "blurred": [cv2.GaussianBlur(frame, (0, 0), 2) for frame in going_by(texture(1))],
    "flickering": [np.uint8(frame * (0.9 + 0.1 * (n % 2))) for n, frame in enumerate(going_by(texture(1)))],
    "boiling": [np.uint8(np.clip(frame + grain(n), 0, 255)) for n, frame in enumerate(going_by(texture(1)))],
    "frozen": [texture(1)] * 10,
    "ending in black": [*going_by(texture(1))[:5], *[np.zeros_like(texture(1))] * 5],
    "cut": [*going_by(texture(1))[:5], *going_by(texture(2))[:5]],
    "of another still": going_by(texture(2)),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    write_picture(texture(1), folder / "still.png")
    write_clip(going_by(texture(1)), folder / "good.mp4", fps=8)
    return folder / "good.mp4"


@pytest.mark.parametrize("fault", WORSE)
def test_the_rules_that_ship_leave_out_the_take_that_anybody_would(good: Path, fault: str) -> None:
    bad = good.parent / f"{fault}.mp4"
    write_clip(WORSE[fault], bad, fps=8)
    weighed = {name for profile in profiles().values() for name in profile.pick}
    measures = [measure for measure in CLIP_MEASURES if measure.name in weighed]
    takes = {}
    for take, clip in (("t01", bad), ("t02", good)):
        found, _ = score_take(clip, fps=Fraction(8), keyframe=good.parent / "still.png", measures=measures)
        takes[take] = {each.measure.name: each.value for each in found}
    assert {pick(takes, rule_of(profile)).take for profile in profiles().values()} == {"t02"}, takes


# picks


def test_the_rules_pick_is_in_the_cut_and_the_report_says_why(film: Run) -> None:
    report = make_chunks(film, takes=3)
    assert in_the_cut(film) == ["t02", "t02", "t02"]
    table = next(table for table in report.tables if table.heading == "Takes, weighed by sharpness 1")
    assert table.columns == ("shot", "take", "sharpness", "points", "in the cut")
    assert [row[-2:] for row in table.rows[:3]] == [("0.50", ""), ("1.00", "ahead in sharpness"), ("0.00", "")]


def test_one_take_is_picked_without_a_rule(film: Run) -> None:
    report = make_chunks(film)
    assert in_the_cut(film) == ["t01", "t01", "t01"]
    assert (report.tables[1].heading, report.tables[1].columns) == (
        "Takes, one of each shot",
        ("shot", "take", "sharpness"),
    )
    assert {len(row) for row in report.tables[1].rows} == {3}
    make_chunks(ruled(film, warp_error=1))
    assert len(events(film, "phase_skipped")) == 1


def test_takes_that_do_not_change_the_picks_leave_the_cut_as_it_is(film: Run) -> None:
    make_chunks(film)
    before = film.path("cut.mkv").read_bytes()
    make_chunks(ruled(film, flicker=1), takes=2)
    assert in_the_cut(film) == ["t01", "t01", "t01"]
    assert film.path("cut.mkv").read_bytes() == before


def test_another_rule_joins_anew_and_asks_for_nothing(film: Run, drifter: Drifter) -> None:
    make_chunks(film, takes=2)
    found = len(events(film, "metric"))
    # The softer take pans over less, so it is the first that changes least from frame to frame.
    make_chunks(ruled(film, warp_error=1), takes=2)
    assert in_the_cut(film) == ["t01", "t01", "t01"]
    assert "pick from 'sharpness 1' to 'warp_error 1'" in film.path("run.log").read_text()
    assert (len(drifter.asked), len(calls(film)), len(events(film, "metric"))) == (6, 6, found)


# a person's choice


def test_a_chosen_take_is_in_the_cut_until_the_rule_is_given_its_way_again(film: Run, drifter: Drifter) -> None:
    make_chunks(film, takes=2)
    by_rule = frame_digest(film.path("cut.mkv"))
    assert choose_take(film, shot="s03", take="t01") == "s03 shows t01 once the cut is joined anew."
    report = make_chunks(film, takes=2)
    assert in_the_cut(film) == ["t02", "t02", "t01"]
    assert "chosen by you; the rule would take t02" in repr(report)
    assert frame_digest(film.path("cut.mkv")) != by_rule
    choose_take(film, shot="s03", take="auto")
    make_chunks(film, takes=2)
    assert frame_digest(film.path("cut.mkv")) == by_rule
    assert (len(drifter.asked), len(calls(film))) == (6, 6)
    votes = [(event["subject"], event["take"], event["value"]) for event in events(film, "vote")]
    assert votes == [("s03", "t01", 1), ("s03", "t01", 0)]


def test_who_changes_the_choice_leaves_one_vote_standing(film: Run) -> None:
    make_chunks(film, takes=3)
    choose_take(film, shot="s01", take="t01")
    choose_take(film, shot="s01", take="t03")
    ledger = Ledger(film.folder.parent)
    ledger.sync()
    rows = ledger.query("select take, value from votes where latest order by take").values.tolist()
    assert rows == [["t01", 0], ["t03", 1]]
    assert told(film, "choices.json")["s01"]["take"] == "t03"


def test_a_take_or_shot_there_is_not_is_answered_with_those_there_are(film: Run) -> None:
    with pytest.raises(PhaseNotReady, match=r"drift has no chunks/scores\.json as phase 'chunks' made it"):
        choose_take(film, shot="s01", take="t01")
    make_chunks(film, takes=2)
    with pytest.raises(ParameterError, match="no take 't07'. It has t01, t02; auto is the rule's pick"):
        choose_take(film, shot="s01", take="t07")
    with pytest.raises(ParameterError, match="no shot 's09'. Its shots are s01, s02, s03"):
        choose_take(film, shot="s09", take="t01")
    assert not film.path("choices.json").exists()


def test_takes_that_were_let_go_are_brought_back_before_one_is_chosen(film: Run) -> None:
    make_chunks(film, takes=2)
    let_large_go(film)
    with pytest.raises(PhaseNotReady, match=r"`vgkit resume drift --from chunks --force` brings them back"):
        choose_take(film, shot="s01", take="t02")


def test_choices_that_can_not_be_read_say_what_to_do(film: Run) -> None:
    film.path("choices.json").write_text('["s01"]')
    with pytest.raises(RunError, match=r"choices\.json can't be read .* Delete it, and choose again"):
        make_chunks(film)


def test_a_choice_holds_only_for_the_clip_it_was_made_of(film: Run, drifter: Drifter) -> None:
    make_chunks(film, takes=2)
    choose_take(film, shot="s02", take="t01")
    drifter.version = "2"
    report = make_chunks(film, takes=2)
    assert in_the_cut(film) == ["t02", "t02", "t02"]
    assert report.alerts == (
        "t01 of s02 is no longer the clip that you chose, so the rule picked. Look at the takes, and choose again.",
    )


def test_who_chooses_is_not_made_to_pay_for_a_shot_that_could_not_be_had(film: Run, drifter: Drifter) -> None:
    drifter.fails = ("s02/t01", "s02/t02")
    make_chunks(film, takes=2)
    before = len(calls(film))
    with pytest.raises(ParameterError, match="no take 't01'. It has none, and shows its still; auto"):
        choose_take(film, shot="s02", take="t01")
    choose_take(film, shot="s01", take="t01")
    make_chunks(film, takes=2)
    assert in_the_cut(film) == ["t01", "still", "t02"]
    assert degraded(film) == ("s02",)
    assert [event["message"] for event in events(film, "fallback")] == ["drifter: no s02/t01 today"] * 2
    assert len(calls(film)) == before


def test_a_take_is_chosen_on_the_command_line(film: Run) -> None:
    make_chunks(film, takes=2)
    answer = CliRunner().invoke(app, ["take", "drift", "s02", "t01"])
    assert answer.stdout.splitlines() == [
        "s02 shows t01 once the cut is joined anew.",
        "Make the cut and the film anew with `vgkit resume drift`.",
    ]
    assert told(film, "choices.json")["s02"]["take"] == "t01"


def test_a_person_sees_which_take_is_better_by_each_measure_and_what_the_rule_says(film: Run) -> None:
    make_chunks(film, takes=3)
    shots = shots_with_takes(film)
    assert [(shot.shot, shot.in_the_cut, shot.beside, shot.chose) for shot in shots] == [
        (name, "t02", "t01", False) for name in ("s01", "s02", "s03")
    ]
    first, *others = shots[0].readings
    assert (first.words, first.weight, first.ahead) == ("sharpness", 1, {"t02"})
    assert {reading.words: reading.ahead for reading in others}["motion amount"] == set()
    choose_take(film, shot="s01", take="t03")
    chosen = shots_with_takes(film)[0]
    assert (chosen.chose, chosen.decision.take, chosen.decision.ruled.take) == (True, "t03", "t02")
    assert (chosen.in_the_cut, chosen.is_settled) == ("t02", False)
    make_chunks(film, takes=3)
    assert shots_with_takes(film)[0].is_settled


def test_a_take_that_is_put_in_the_cut_is_told_step_by_step(film: Run, drifter: Drifter) -> None:
    make_chunks(film, takes=2)
    asked, heard = len(drifter.asked), list[tuple[float, str]]()
    done = put_in_the_cut(film, shot="s02", take="t01", takes=2, tell=lambda *told: heard.append(told))
    assert done.startswith("s02 shows t01. The cut was joined anew in ")
    assert heard == [
        (0.1, "Recording your choice for s02."),
        (0.3, "Your choice for s02 is recorded. Joining the cut anew; no clip is made again."),
    ]
    assert in_the_cut(film) == ["t02", "t01", "t02"]
    kept = put_in_the_cut(film, shot="s01", take="t02", takes=2, tell=lambda *told: None)
    assert kept == "s01 shows t02. The cut stays as it is."
    assert told(film, "choices.json").keys() == {"s01", "s02"}
    assert len(drifter.asked) == asked


def watched(card: TakeCard, take: str) -> list[bool]:
    """What becomes of a button from now on: True where it is switched off."""
    seen: list[bool] = []
    card.uses[take].observe(lambda change: seen.append(change.new), "disabled")
    return seen


def test_a_click_is_followed_beside_the_page_and_the_buttons_come_back(film: Run) -> None:
    make_chunks(film, takes=2)
    page = TakePage(film, takes=2)
    card = page.cards["s02"]
    seen = watched(card, "t02")
    card.uses["t01"].click()
    page.work.join()
    assert seen == [True, False]
    assert in_the_cut(film) == ["t02", "t01", "t02"]
    assert "s02 shows t01. The cut was joined anew in" in page.said
    assert "t01 is in the cut</span> <small>your choice" in card.summary.value
    assert (card.uses["t01"].description, card.uses["t02"].description) == ("Keep t01", "Use t02")
    assert card.uses["t01"].disabled


def test_one_shot_is_open_at_a_time(film: Run) -> None:
    make_chunks(film, takes=3)
    page = TakePage(film, takes=3)
    first, second = page.cards["s01"], page.cards["s02"]
    assert [card.is_open for card in page.cards.values()] == [False, False, False]
    first.turn.click()
    assert (first.left.value, first.right.value) == ("t02", "t01")
    first.right.value = "t03"
    second.turn.click()
    assert [card.is_open for card in page.cards.values()] == [False, True, False]
    second.turn.click()
    assert not second.is_open


def test_a_choice_that_can_not_be_made_is_said_and_can_be_made_again(film: Run) -> None:
    make_chunks(film, takes=2)
    page = TakePage(film, takes=2)
    seen = watched(page.cards["s01"], "t01")
    let_large_go(film)
    page.cards["s01"].uses["t01"].click()
    page.work.join()
    assert "were let go to free room" in page.said
    assert seen == [True, False]


def test_a_run_that_was_deleted_while_its_takes_are_looked_at_is_said(film: Run) -> None:
    make_chunks(film, takes=2)
    page = TakePage(film, takes=2)
    shutil.rmtree(film.folder)
    page.cards["s01"].turn.click()
    assert "has no chunks/scores.json" in page.said
    page.cards["s01"].uses["t01"].click()
    page.work.join()
    assert "The cut is as it was." in page.said


def test_figures_are_marked_where_a_take_is_better_and_words_are_text(film: Run) -> None:
    make_chunks(film, takes=2)
    shot = dataclasses.replace(shots_with_takes(film)[0], beat="<b>hook</b>")
    better = re.findall(
        r"sharpness <small>.*?</small></th><td>[^<]+</td><td><b>[^<]+</b> <span role='img'", measured(shot)
    )
    assert len(better) == 1
    assert "&lt;b&gt;hook&lt;/b&gt;" in summary(shot)


def test_the_notebook_says_where_there_is_nothing_to_choose(film: Run) -> None:
    make_chunks(film)
    assert take_picker(film, takes=1) == "Each shot has one take. With takes = 2 or more there is something to choose."


def test_where_nobody_sits_at_the_notebook_it_says_how_to_choose_and_loads_no_widgets(film: Run) -> None:
    make_chunks(film, takes=2)
    ask = "import sys; from vgkit.run import Run; from vgkit.widgets.take_picker import take_picker; "
    ask += "print(take_picker(Run.open('drift'), takes=2), 'ipywidgets' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    said = "3 shots have several takes. Compare them here in JupyterLab, or choose with `vgkit take drift s01 t02`."
    assert answer.stdout == f"{said} False\n"


@pytest.mark.slow
def test_only_what_depends_on_the_choice_is_made_again(runs: Path) -> None:
    """By its notebooks, with the engine that ships, up to what the film would be made of."""
    begun = started(name="twice")
    run = Run(begun.folder, begun.brief, begun.template, {"takes": 2})
    run_phases(run, phases=PHASES[:4])
    first, before, film = told(run, "chunks/picks.json"), len(calls(run)), refine.inputs(run)
    other = {"t01": "t02", "t02": "t01"}[first["s02"]]
    choose_take(run, shot="s02", take=other)
    run_phases(run, phases=PHASES[:4])
    assert told(run, "chunks/picks.json") == first | {"s02": other}
    assert len(calls(run)) == before
    assert [event["phase"] for event in events(run, "phase_skipped")] == ["validate", "animatic", "references"]
    assert dict(film.items() ^ refine.inputs(run).items()).keys() == {"cut.mkv", "cut.json"}
    page = run.path("notebooks/04_chunks.ipynb").read_text()
    assert "chosen by you" in page
    assert "Compare them here in JupyterLab" in page
    assert "widget-view" not in page
