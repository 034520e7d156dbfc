"""Trials on this machine: what a person sees before and after, what is on record, what is shared with films."""

import threading
from decimal import Decimal
from pathlib import Path

import pytest
from labs import trial, with_brush, words

from vgkit.errors import EngineFailed, Interrupted, ParameterError
from vgkit.lab.lab import Lab
from vgkit.lab.trials import Trial, complaints_of, foresee, render, settable, trials
from vgkit.lab.words import BeatEdit, Edits
from vgkit.ledger import Ledger, read_events
from vgkit.phases import animatic, validate
from vgkit.start import start_run


@pytest.fixture(autouse=True)
def brush(monkeypatch: pytest.MonkeyPatch) -> None:
    with_brush(monkeypatch)


def test_a_keyframe_is_made_once_and_then_free_with_the_same_scores(runs: Path) -> None:
    lab, wanted = Lab.open("a"), trial(engine="brush", seed=3, version="v1")
    assert str(foresee(lab, wanted)) == "free, made here"
    made, again = render(lab, wanted), render(lab, wanted)
    assert str(foresee(lab, wanted)) == "free, from the cache"
    assert (made.cached, again.cached) == (False, True)
    assert (made.id, made.path, made.seed, made.engine) == (again.id, again.path, 3, "brush@local")
    assert made.path.is_file()
    assert made.score("sharpness") == again.score("sharpness")
    assert made.score("sharpness")
    metrics = read_events(lab.events.path).of("metric")
    assert len(metrics) == len({event["name"] for event in metrics}) == len(made.scores)
    assert [path.name for path in (lab.folder / "trials").iterdir()] == [made.path.name]


def test_what_differs_in_anything_that_decides_the_picture_is_another_trial(runs: Path) -> None:
    lab = Lab.open("a")
    first = trial(engine="brush")
    others = [first.varied("seed", 9), first.varied("prompt", "rain"), first.varied("negative", "rain")]
    edited = trial(of=words(Edits({"hook": BeatEdit(prompt="{product} in rain")})), engine="brush")
    ids = [render(lab, each).id for each in (first, *others, edited, trial("k01", engine="brush"))]
    assert len(set(ids)) == 6
    assert render(lab, trial(engine="brush", version="v7")).id == ids[0]


def test_the_record_tells_all_of_a_trial(runs: Path) -> None:
    lab = Lab.open("a")
    made = render(lab, trial(engine="brush", prompt="a bottle in rain", negative="sun", version="v1"))
    (told,) = trials(lab)
    assert (told.prompt, told.negative, told.version, told.cost_usd) == ("a bottle in rain", "sun", "v1", 0)
    assert (told.id, told.path, told.seed, told.scores) == (made.id, made.path, made.seed, made.scores)
    found = Ledger(runs).query("SELECT run, name, media ->> 'version' AS version FROM artifacts")
    assert found.values.tolist() == [["lab-a", made.id, "v1"]]
    found = Ledger(runs).query("SELECT subject, text, negative FROM prompts")
    assert found.values.tolist() == [[made.id, "a bottle in rain", "sun"]]
    made.path.unlink()
    assert trials(lab) == ()


def test_a_film_finds_what_the_lab_has_made_and_the_lab_what_a_film_has(runs: Path) -> None:
    lab, drafted = Lab.open("a"), words(aspect="1:1")
    render(lab, trial("k00", of=drafted))
    assert drafted.brief
    run = start_run(drafted.brief, name="film")
    validate.plan_storyboard(run)
    animatic.draw_animatic(run)
    cached = read_events(run.events.path).of("call_cached")
    assert [event["subject"] for event in cached] == ["k00"]
    assert foresee(lab, trial("k01", of=drafted)).means == "cached"
    assert run.storyboard == drafted.storyboard


def test_a_clip_grows_from_its_keyframe_and_is_scored_as_a_clip(runs: Path) -> None:
    lab, wanted = Lab.open("a"), trial("s01", of=words(aspect="1:1"))
    made = render(lab, wanted)
    assert [each.which for each in trials(lab)] == ["k00", "s01"]
    adherence = made.score("keyframe_adherence")
    assert adherence
    assert adherence > 0.9
    assert foresee(lab, wanted).means == "cached"


def test_complaints_stand_beside_their_fields(runs: Path) -> None:
    wrong = trial("k77", engine="zeroscope", seed=-1, prompt=" ", negative="n" * 2000)
    assert set(complaints_of(wrong)) == {"which", "engine", "seed", "prompt", "negative"}
    assert complaints_of(wrong)["which"] == "there is no 'k77' in this film. It has k00 to k02."
    clip = trial("s01", engine="zeroscope", still_engine="musicgen", params={"guidance": 500, "steps": 1.5, "glow": 1})
    said = complaints_of(clip)
    assert set(said) == {"still_engine", "params.guidance", "params.steps", "params.glow"}
    assert said["params.guidance"] == "500 is out of range. guidance_scale takes numbers from 1 to 100."
    assert "no setting 'glow'. It has draft.init_weight" in said["params.glow"]
    assert "commercial" in complaints_of(trial("s01", of=words(usage="commercial"), engine="zeroscope"))["engine"]
    broken = words(Edits(look="sepia"))
    assert complaints_of(trial(of=broken)) == {"words": f"look: {broken.complaints['look']}"}
    with pytest.raises(ParameterError, match="which: there is no 'k77'"):
        render(Lab.open("a"), wrong)


def test_what_fails_says_so_and_leaves_no_file(runs: Path) -> None:
    lab = Lab.open("a")
    with pytest.raises(EngineFailed, match="the brush is dry"):
        render(lab, trial(engine="brush", prompt="fail"))
    assert [*(lab.folder / "trials").iterdir()] == []
    assert trials(lab) == ()
    assert lab.spent_usd() == Decimal(0)


def test_who_stops_before_it_begins_has_nothing_made(runs: Path) -> None:
    stopping = threading.Event()
    stopping.set()
    lab = Lab.open("a")
    with pytest.raises(Interrupted, match="was stopped. What is under way at its host is taken up when"):
        render(lab, trial(engine="brush"), stopping=stopping)
    assert read_events(lab.events.path).of("call_reserved") == ()


def test_the_same_trial_in_two_threads_is_made_once(runs: Path) -> None:
    lab, made = Lab.open("a"), []
    wanted: Trial = trial(engine="brush")
    threads = [threading.Thread(target=lambda: made.append(render(lab, wanted))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.cached for each in made) == [False, True, True, True]
    assert len(read_events(lab.events.path).of("call_settled")) == 1


def test_each_engine_tells_what_may_be_set() -> None:
    assert settable("sketch", "keyframe") == ()
    assert [each.name for each in settable("sdxl", "keyframe")] == ["num_inference_steps", "guidance_scale"]
    found = {each.name: each for each in settable("zeroscope", "clip")}
    assert found["upscale.init_weight"].default == 0.2
    assert found["guidance_scale"].range == "numbers from 1 to 100"
    assert found["num_inference_steps"].whole
