"""Two engines on record, compared: what is paired, what is left out, and what is said of it."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from numbered import numbered_clip
from typer.testing import CliRunner

from vgkit.cli import app
from vgkit.compare.blind import BlindVote, Of
from vgkit.compare.comparison import Comparison, compare
from vgkit.compare.players import pair_shown, players, watchables
from vgkit.compare.report import CompareReport
from vgkit.compare.scores import Duel
from vgkit.errors import EngineUnknown, ParameterError, RunNotFound
from vgkit.ledger import Events
from vgkit.widgets.blind_vote import VotingView, blind_vote

ZEROSCOPE, ANIMATEDIFF = "zeroscope@replicate", "animatediff@replicate"
DIRECTIONS = {"sharpness": "higher", "flicker": "lower", "motion_amount": "neither"}


def record_film(
    runs: Path,
    run: str,
    engine: str,
    *,
    seed: int = 1,
    scores: Mapping[str, Mapping[str, float | None]] | None = None,
    cost: str = "0.10",
    call: str = "settled",
    fingerprint: str = "",
    state: Any = "success",
    prompt: str = "a lamp",
    version: str = "1",
    **started: Any,
) -> Events:
    """Put a film of two shots on record; ``scores`` maps a measure to what it gave of each take."""
    (runs / run).mkdir(parents=True)
    events = Events(runs / run / "events.jsonl", run_id=run)
    facts = {"template": "product_showcase", "duration_s": 6, "aspect": "16:9", "seed": seed} | started
    brief = {"prompt": "a lamp", "seed": seed, "profile": engine, "engines": {"video": engine}}
    events.write("run_started", brief=brief, profile="dev", engines={"video": engine, "music": "sketch@local"}, **facts)
    for shot in ("s01", "s02"):
        events.write("prompt", subject=shot, role="video", text=prompt)
    name, host = engine.split("@")
    made: dict[str, Any] = {"call": f"{run}-1", "role": "video", "engine": name, "host": host, "phase": "chunks"}
    made["fingerprint"] = fingerprint or run
    if call == "cached":
        events.write("call_cached", **made)
    else:
        events.write("call_reserved", cost_usd=Decimal("0.10"), **made)
        events.write("call_settled", cost_usd=Decimal(cost), seconds=60.0, **made)
    for measure, takes in (scores or {}).items():
        for take, value in takes.items():
            events.write(
                "metric",
                subject=take,
                name=measure,
                value=value,
                unit="levels",
                direction=DIRECTIONS[measure],
                implementation="vgkit.quality",
                version=version,
                scored={"stage": "generated"},
                **({"reason": "nothing to go by"} if value is None else {}),
            )
    events.write("run_finished", state=state, seconds=90.0, film="film.mp4")
    return events


def record_pair(runs: Path, seed: int, **both: Any) -> None:
    """A pair in which AnimateDiff is sharper by half, flickers twice as much, and moves just as much."""
    own = {"sharpness": {"s01/t01": 10.0 + seed, "s02/t01": 20.0}, "flicker": {"s01/t01": 1.0 + seed / 10}}
    other = {"sharpness": {"s01/t01": 15.0 + seed, "s02/t01": 32.0 + seed / 4}, "flicker": {"s01/t01": 2.0 + seed / 5}}
    still = {"motion_amount": {"s01/t01": 3.0}}
    record_film(runs, f"z{seed}", ZEROSCOPE, seed=seed, scores=own | still, **both)
    record_film(runs, f"a{seed}", ANIMATEDIFF, seed=seed, scores=other | still, cost="0.05", **both)


@pytest.fixture
def eight(runs: Path) -> Path:
    for seed in range(8):
        record_pair(runs, seed)
    return runs


def duel(found: Comparison, name: str) -> Duel:
    return next(each for each in (*found.quality, *found.spending) if each.measure.name == name)


def numbers(found: Duel) -> tuple[int, int, int, int]:
    return found.paired.pairs, found.paired.films, found.paired.left_out, found.stills


def test_shots_are_paired_and_films_counted(eight: Path) -> None:
    found = compare("zeroscope", "animatediff")
    assert (found.a, found.b, len(found.pairs), len(found.same_shots)) == (ZEROSCOPE, ANIMATEDIFF, 8, 8)
    sharp = duel(found, "sharpness")
    assert numbers(sharp) == (16, 8, 0, 0)
    assert (sharp.b_wins, sharp.paired.difference, sharp.clear) == (16, pytest.approx(8.9375), True)
    flickers = duel(found, "flicker")
    assert sharp.p_holm == pytest.approx(2 * (sharp.paired.p_value or 1))
    assert flickers.p_holm == pytest.approx(flickers.paired.p_value)
    assert duel(found, "motion_amount").p_holm is None
    assert flickers.b_wins == 0
    assert duel(found, "motion_amount").paired.ties == 8


def test_the_sentences_can_be_read_aloud(eight: Path) -> None:
    said = CompareReport(compare(ZEROSCOPE, ANIMATEDIFF)).sentences
    assert said[0].startswith("animatediff is sharper in 16 of 16 pairs of shots from 8 films, +53 % [")
    assert said[0].endswith("] against zeroscope.")
    assert said[1].startswith("zeroscope flickers less in 8 of 8 pairs, animatediff +100 % [+100, +100] against it")
    assert said[-1] == "No pair differs in motion amount, video time, film time."
    assert "animatediff costs less to generate in 8 of 8 pairs, −50 % [−50, −50] against zeroscope." in said


def test_asked_the_other_way_round_the_winner_stays_the_same(eight: Path) -> None:
    said = CompareReport(compare(ANIMATEDIFF, ZEROSCOPE)).sentences
    assert said[0].startswith("animatediff is sharper in 16 of 16 pairs of shots from 8 films, zeroscope −35 % [")
    assert said[0].endswith("] against it.")


def test_a_pair_that_lacks_a_number_is_left_out_and_counted(runs: Path) -> None:
    record_film(runs, "z", ZEROSCOPE, scores={"sharpness": {"s01/t01": 1.0, "s02/t01": None}})
    record_film(runs, "a", ANIMATEDIFF, scores={"sharpness": {"s01/t01": 2.0, "s02/t01": 3.0}})
    report = CompareReport(compare())
    assert numbers(duel(report.found, "sharpness")) == (1, 1, 1, 0)
    assert "1 without a number" in str(report)


def test_several_takes_of_a_shot_count_as_their_mean(runs: Path) -> None:
    record_film(runs, "z", ZEROSCOPE, scores={"sharpness": {"s01/t01": 1.0, "s01/t02": 3.0, "s01/t03": None}})
    record_film(runs, "a", ANIMATEDIFF, scores={"sharpness": {"s01/t01": 5.0}})
    found = duel(compare(ZEROSCOPE, ANIMATEDIFF), "sharpness").paired
    assert (found.pairs, found.mean_a, found.mean_b) == (1, 2.0, 5.0)


def test_a_shot_whose_still_stands_in_says_nothing_of_the_engine(runs: Path) -> None:
    both = {"sharpness": {"s01/t01": 1.0, "s02/t01": 1.0}}
    record_film(runs, "z", ZEROSCOPE, scores=both)
    record_film(runs, "a", ANIMATEDIFF, scores=both, state="degraded").write(
        "fallback", phase="chunks", subject="s02", engine=ANIMATEDIFF, message="failed 3 times"
    )
    report = CompareReport(compare())
    assert numbers(duel(report.found, "sharpness")) == (1, 1, 0, 1)
    assert any("In 1 of 1 pairs a film has stills for clips" in alert for alert in report.alerts)


def test_films_that_show_other_shots_are_compared_by_their_means(runs: Path) -> None:
    record_film(runs, "z", ZEROSCOPE, scores={"sharpness": {"s01/t01": 1.0, "s02/t01": 3.0}})
    record_film(runs, "a", ANIMATEDIFF, scores={"sharpness": {"s01/t01": 5.0, "s02/t01": 7.0}}, prompt="a lamp, close")
    report = CompareReport(compare(ZEROSCOPE, ANIMATEDIFF))
    paired = duel(report.found, "sharpness").paired
    assert (paired.pairs, paired.mean_a, paired.mean_b) == (1, 2.0, 6.0)
    assert any("1 of 1 pairs show other shots or prompts" in alert for alert in report.alerts)


def test_another_version_of_a_measure_is_another_measure(runs: Path) -> None:
    record_film(runs, "z", ZEROSCOPE, scores={"sharpness": {"s01/t01": 1.0}})
    record_film(runs, "a", ANIMATEDIFF, scores={"sharpness": {"s01/t01": 5.0}}, version="2")
    report = CompareReport(compare())
    assert [each.paired.pairs for each in report.found.quality] == [0, 0]
    assert any(
        note.startswith("Not compared, for want of a pair with both numbers: sharpness") for note in report.notes
    )


def test_what_two_implementations_measured_at_one_stage_is_compared_once(runs: Path) -> None:
    """Phase 5 measures the clips again, before it steadies them; phase 4's figures are the first on record."""
    for run, engine in (("z", ZEROSCOPE), ("a", ANIMATEDIFF)):
        events = record_film(runs, run, engine, scores={"flicker": {"s01/t01": 1.0}})
        again: dict[str, Any] = {
            "subject": "s01",
            "name": "flicker",
            "unit": "levels",
            "direction": "lower",
            "value": 9.0,
        }
        for stage in ("generated", "film"):
            events.write("metric", implementation="vgkit.media", version="1", scored={"stage": stage}, **again)
    found = compare().quality
    assert [(each.measure.label, each.paired.mean_a) for each in found] == [
        ("flicker", 1.0),
        ("flicker in the film", 9.0),
    ]


def test_few_pairs_are_told_and_have_no_interval(runs: Path) -> None:
    for seed in range(3):
        record_pair(runs, seed)
    report = CompareReport(compare(ZEROSCOPE, ANIMATEDIFF))
    assert report.alerts == ("Too few pairs: below 6 pairs of films no interval can be trusted, and none is given.",)
    assert report.sentences[0] == (
        "animatediff is sharper in 6 of 6 pairs of shots from 3 films, +56 % against zeroscope; "
        "too few films for an interval."
    )
    assert duel(report.found, "sharpness").p_holm is None


def test_only_films_alike_in_all_but_the_video_engine_are_paired(runs: Path) -> None:
    record_film(runs, "z1", ZEROSCOPE, seed=1)
    record_film(runs, "z1-again", ZEROSCOPE, seed=1)
    record_film(runs, "a1", ANIMATEDIFF, seed=1)
    record_film(runs, "a2", ANIMATEDIFF, seed=2)
    record_film(runs, "z3", ZEROSCOPE, seed=3)
    record_film(runs, "a3-upright", ANIMATEDIFF, seed=3, aspect="9:16")
    record_film(runs, "z4", ZEROSCOPE, seed=4)
    record_film(runs, "a4-failed", ANIMATEDIFF, seed=4, state="failed")
    record_film(runs, "a1-rehearsed", ANIMATEDIFF, seed=1, rehearsal=True)
    assert [(pair.a.run, pair.b.run) for pair in compare(ZEROSCOPE, ANIMATEDIFF).pairs] == [("z1-again", "a1")]


def test_rehearsals_are_left_out_unless_asked_for_and_then_told(runs: Path) -> None:
    record_pair(runs, 1, rehearsal=True, batch="duel")
    with pytest.raises(RunNotFound, match="no finished real film on record; 2 are rehearsed. .* --rehearsals"):
        compare(ZEROSCOPE, ANIMATEDIFF)
    report = CompareReport(compare(rehearsals=True, experiment="duel"))
    assert report.alerts[0].startswith("All pairs are rehearsed")
    assert "1 pair of films of the experiment duel" in report.heading


def test_an_experiment_keeps_to_its_own_films(runs: Path) -> None:
    record_pair(runs, 1, batch="one")
    record_pair(runs, 2, batch="two")
    assert [pair.a.run for pair in compare(experiment="two").pairs] == ["a2"]
    with pytest.raises(RunNotFound, match="in the experiment 'three'. On record are one, two."):
        compare(experiment="three")


def test_what_can_not_be_compared_is_refused_with_what_there_is(runs: Path) -> None:
    with pytest.raises(RunNotFound, match="no finished film on record"):
        compare()
    record_film(runs, "z1", ZEROSCOPE, seed=1)
    with pytest.raises(RunNotFound, match="No two films are alike .*: on record are 1 film by zeroscope@replicate"):
        compare()
    record_film(runs, "a2", ANIMATEDIFF, seed=2)
    record_film(runs, "z2", "zeroscope@diffusers", seed=2)
    with pytest.raises(EngineUnknown, match="'sora' made no film here. Engines with films: animatediff@replicate, zer"):
        compare("sora", ANIMATEDIFF)
    with pytest.raises(EngineUnknown, match="several hosts. Write zeroscope@diffusers or zeroscope@replicate."):
        compare("zeroscope", "animatediff")
    with pytest.raises(ParameterError, match="animatediff@replicate can't be compared with itself"):
        compare("animatediff", ANIMATEDIFF)
    with pytest.raises(
        RunNotFound, match="zeroscope@replicate has 1 film and animatediff@replicate 1 film, but no two"
    ):
        compare(ZEROSCOPE, ANIMATEDIFF)


def test_left_out_engines_are_the_two_with_most_films_alike(runs: Path) -> None:
    record_film(runs, "s1", "sketch@local", seed=1)
    for seed in (1, 2):
        record_pair(runs, seed)
    found = compare()
    assert (found.a, found.b, len(found.pairs)) == (ANIMATEDIFF, ZEROSCOPE, 2)


def test_a_clip_from_the_cache_costs_what_it_cost_when_it_was_made(runs: Path) -> None:
    record_film(runs, "z1", ZEROSCOPE, seed=1, cost="0.12", fingerprint="f")
    record_film(runs, "z2", ZEROSCOPE, seed=2, call="cached", fingerprint="f")
    record_film(runs, "z3", ZEROSCOPE, seed=3, call="cached", fingerprint="lost")
    for seed in (1, 2, 3):
        record_film(runs, f"a{seed}", ANIMATEDIFF, seed=seed, cost="0.24")
    found = compare(ZEROSCOPE, ANIMATEDIFF)
    cost, time = duel(found, "video_cost").paired, duel(found, "video_time").paired
    assert (cost.pairs, cost.left_out, cost.mean_a, cost.mean_b) == (2, 1, pytest.approx(0.02), pytest.approx(0.04))
    assert (time.mean_a, time.pairs) == (pytest.approx(10.0), 2)
    assert duel(found, "film_cost").paired.mean_a == pytest.approx(0.12 / 3 / 6)


def test_estimates_are_held_against_what_came(runs: Path) -> None:
    for seed, cost in enumerate(("0.11", "0.12", "0.20")):
        record_film(runs, f"z{seed}", ZEROSCOPE, seed=seed, cost=cost)
        record_film(runs, f"a{seed}", ANIMATEDIFF, seed=seed, cost="0.10")
    by_engine = {each.engine: each for each in compare().estimates}
    own = by_engine[ZEROSCOPE]
    assert (own.calls, own.cost_ratio, own.cost_within) == (3, pytest.approx(1.2), pytest.approx(2 / 3))
    assert own.seconds_ratio == pytest.approx(60 * 0.0014 / 0.10)  # $0.10 is 71.4 s of the catalog's A100
    assert by_engine[ANIMATEDIFF].cost_within == 1.0


def test_each_measure_that_differs_stands_against_cost_on_its_own(eight: Path) -> None:
    found = compare(ZEROSCOPE, ANIMATEDIFF)
    fronts = {each.measure.name: each.front for each in (*found.looks, *found.motion)}
    assert [each.measure.name for each in found.looks] == ["sharpness", "flicker"]
    assert fronts == {"sharpness": (ANIMATEDIFF,), "flicker": (ZEROSCOPE, ANIMATEDIFF)}
    assert found.looks[0].means[ZEROSCOPE] == (pytest.approx(0.10 / 6), pytest.approx(16.75))


def test_a_third_engine_stands_on_the_front_where_it_made_all_the_films(eight: Path) -> None:
    for seed in range(8):
        record_film(eight, f"s{seed}", "sketch@local", seed=seed, cost="0", scores={"sharpness": {"s01/t01": 1.0}})
    record_film(eight, "l1", "ltx@replicate", seed=1, scores={"sharpness": {"s01/t01": 99.0}})
    found = compare(ZEROSCOPE, ANIMATEDIFF)
    assert found.looks[0].front == (ANIMATEDIFF, "sketch@local")


def test_the_page_is_whole_and_asks_no_network(eight: Path, tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["compare", "zeroscope", "animatediff", "--html", str(tmp_path / "duel.html")])
    assert said.exit_code == 0, said.output
    page = (tmp_path / "duel.html").read_text("utf-8")
    assert page.count("data:image/svg+xml;base64,") == 2
    assert "http" not in page.replace("http-equiv", "")
    assert "animatediff is sharper in 16 of 16 pairs" in page
    assert "animatediff is sharper in 16 of 16 pairs" in said.stdout


def film(runs: Path, *names: str) -> None:
    """Give films a file that plays, of a tenth of a second."""
    for name in names:
        numbered_clip(runs / name / "film.mp4", frames=3)


def test_the_pairs_at_either_end_of_what_tells_most_are_watched_first(eight: Path) -> None:
    film(eight, *(f"{side}{seed}" for side in "za" for seed in (1, 4, 6)))
    found = watchables(compare(ZEROSCOPE, ANIMATEDIFF))
    # Sharpness tells most surely: AnimateDiff's lead in it varies less than its flicker, and grows with the seed.
    assert [each.why for each in found] == [
        "Best for animatediff by sharpness, 27.25 against 18 levels: product_showcase, seed 6",
        "Worst for animatediff by sharpness, 24.12 against 15.5 levels: product_showcase, seed 1",
        "product_showcase, seed 4",
    ]
    assert [each.telling for each in found] == [True, True, False]


def test_the_page_plays_the_telling_pairs_and_others_while_the_budget_lasts(eight: Path, tmp_path: Path) -> None:
    film(eight, *(f"{side}{seed}" for side in "za" for seed in (1, 4, 6)))
    found = compare(ZEROSCOPE, ANIMATEDIFF)
    page = CompareReport(found).page(tmp_path)
    assert (page.count("class='vgp-place'"), page.count("data:video/mp4;base64,")) == (3, 6)
    assert page.count('"name": "warp_error"') == 4
    assert "http" not in page.replace("http-equiv", "")
    assert "script-src 'sha256-" in page
    none = players(found, beside=tmp_path, inline_bytes=0)
    assert (none.count("class='vgp-place'"), none.count("data:video")) == (2, 0)
    assert '"address": "runs/z1/film.mp4"' in none


def test_a_film_of_a_pair_that_is_gone_is_told_and_without_any_there_is_no_player(eight: Path, tmp_path: Path) -> None:
    assert "vgp" not in CompareReport(compare()).page(tmp_path)
    film(eight, "z1")
    page = CompareReport(compare()).page(tmp_path)
    assert page.count("data:video/mp4;base64,") == 1
    assert "film.mp4 is no longer in" in page


def test_a_pair_is_shown_by_its_number(eight: Path) -> None:
    film(eight, "z1", "a1")
    found = compare(ZEROSCOPE, ANIMATEDIFF)
    assert [shown.title for shown in pair_shown(found, 1)] == [f"{ZEROSCOPE}, z1", f"{ANIMATEDIFF}, a1"]
    with pytest.raises(ParameterError, match="pair: there is no 8; the pairs are 0 to 7."):
        pair_shown(found, 8)


def test_json_holds_every_figure_for_a_script(eight: Path) -> None:
    said = CliRunner().invoke(app, ["compare", "--json"])
    found = json.loads(said.stdout)
    assert found["pairs"][0].keys() == {"film", "run_a", "run_b", "rehearsed", "same_shots"}
    sharp = found["quality"][0]
    assert (sharp["measure"]["name"], sharp["paired"]["pairs"], sharp["paired"]["left_out"]) == ("sharpness", 16, 0)
    assert (sharp["paired"]["difference"], sharp["paired"]["percent_interval"]["high"]) < (0, 0)


def test_one_engine_alone_is_asked_back() -> None:
    said = CliRunner().invoke(app, ["compare", "zeroscope"])
    assert isinstance(said.exception, ParameterError)
    assert "zeroscope is to be compared with what?" in str(said.exception)


def show(runs: Path, *films: str) -> None:
    """Give films and picked takes a file each, which says whose it is."""
    for film in films:
        chunk = runs / film / "chunks" / "s01"
        chunk.mkdir(parents=True)
        for path in (runs / film / "film.mp4", chunk / "t02.mp4"):
            path.write_text(film[0], "utf-8")
        (chunk.parent / "picks.json").write_text(json.dumps({"s01": "t02", "s02": "still"}), "utf-8")


def vote_for_animatediff(sitting: BlindVote) -> None:
    while sitting.current is not None:
        sitting.vote("left" if sitting.current.left.read_text("utf-8") == "a" else "right")


@pytest.mark.parametrize("of", ["films", "shots"])
def test_votes_are_counted_for_whom_they_were_meant_whichever_side_it_stood_on(eight: Path, of: Of) -> None:
    show(eight, *(f"{side}{seed}" for side in "za" for seed in range(8)))
    sitting = BlindVote(compare(ZEROSCOPE, ANIMATEDIFF).pairs, voter="Ana", of=of)
    assert sorted(ballot.b_on_left for ballot in sitting.ballots) == [False] * 4 + [True] * 4
    vote_for_animatediff(sitting)
    outcome = sitting.outcome()
    assert (outcome.more, outcome.pairs, outcome.films) == (8, 8, 8)
    assert compare(ANIMATEDIFF, ZEROSCOPE).votes.more == 0
    assert "animatediff is preferred to zeroscope in 8 of 8, 100 % [68, 100]" in str(
        CompareReport(compare(ZEROSCOPE, ANIMATEDIFF))
    )


def test_names_stay_hidden_until_the_last_vote(eight: Path) -> None:
    show(eight, "z1", "a1", "z2", "a2")
    sitting = BlindVote(compare().pairs, voter="Ana")
    sitting.vote("same")
    with pytest.raises(ParameterError, match="1 of 2 pairs wait for a vote; names stay hidden"):
        sitting.outcome()
    sitting.vote("same")
    assert (sitting.current, sitting.outcome().ties) == (None, 2)
    with pytest.raises(ParameterError, match="All votes are in"):
        sitting.vote("left")


def test_a_sitting_goes_on_where_it_was_left_and_each_person_votes_once(eight: Path) -> None:
    show(eight, *(f"{side}{seed}" for side in "za" for seed in range(3)))
    pairs = compare(ZEROSCOPE, ANIMATEDIFF).pairs
    BlindVote(pairs, voter="Ana").vote("left")
    assert len(BlindVote(pairs, voter="Ana").ballots) == 2
    assert len(BlindVote(pairs, voter="Ben").ballots) == 3
    vote_for_animatediff(BlindVote(pairs, voter="Ben"))
    assert compare(ZEROSCOPE, ANIMATEDIFF).votes.pairs == 4


def test_the_order_is_shuffled_by_the_seed_and_the_voter(eight: Path) -> None:
    show(eight, *(f"{side}{seed}" for side in "za" for seed in range(8)))
    pairs = compare(ZEROSCOPE, ANIMATEDIFF).pairs

    def order(voter: str, seed: int) -> list[tuple[str, bool]]:
        return [(each.pair.a.run, each.b_on_left) for each in BlindVote(pairs, voter=voter, seed=seed).ballots]

    assert order("Ana", 1) == order("Ana", 1)
    assert len({tuple(order(voter, seed)) for voter in ("Ana", "Ben") for seed in (1, 2)}) == 4


def test_a_vote_needs_a_name_a_choice_and_something_to_look_at(eight: Path) -> None:
    pairs = compare(ZEROSCOPE, ANIMATEDIFF).pairs
    with pytest.raises(ParameterError, match="voter: a vote needs a name"):
        BlindVote(pairs, voter=" ")
    with pytest.raises(RunNotFound, match="None of the 8 pairs has both films on this disk"):
        BlindVote(pairs, voter="Ana")
    with pytest.raises(ParameterError, match="'chunks' can't be voted on. Say films or shots."):
        BlindVote(pairs, voter="Ana", of="chunks")  # type: ignore[arg-type]
    show(eight, "z1", "a1")
    with pytest.raises(ParameterError, match="'both' is no vote. Say left, right or same."):
        BlindVote(pairs, voter="Ana").vote("both")  # type: ignore[arg-type]


def test_the_players_show_both_clips_and_the_buttons_vote(eight: Path) -> None:
    show(eight, "z1", "a1", "z2", "a2")
    found = compare(ZEROSCOPE, ANIMATEDIFF)
    view = VotingView(BlindVote(found.pairs, voter="Ana"), ("zeroscope", "animatediff"))
    assert view.said == "Pair 1 of 2. Which is better?"
    players = view.box.children[1].value
    assert players.count("<video") == 2
    assert "z1" not in players
    view.buttons["same"].click()
    assert view.said == "Pair 2 of 2. Which is better?"
    view.buttons["same"].click()
    assert view.said.startswith("All votes are in: animatediff is preferred to zeroscope in 1 of 2 (too few films")
    assert all(button.disabled for button in view.buttons.values())


def test_without_a_voter_the_page_waits_for_nobody(eight: Path) -> None:
    found = compare()
    assert "set `voter` to your name" in blind_vote(found, voter="")
    assert blind_vote(found, voter="Ana") == "Ana votes in JupyterLab: open this notebook there and run it."
