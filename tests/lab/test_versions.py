"""Prompt versions: kept, found again in every lab, compared word by word, starred."""

from pathlib import Path

import pytest
from labs import trial, with_brush, words

from vgkit.errors import ParameterError
from vgkit.lab.lab import Lab
from vgkit.lab.trials import render
from vgkit.lab.versions import (
    Change,
    diff,
    diff_text,
    lineage,
    save_version,
    star_trial,
    star_version,
    starred_trials,
    trials_of,
    version,
    versions,
)
from vgkit.lab.words import BeatEdit, Edits, words_of
from vgkit.ledger import Ledger


def edited(prompt: str, **fields: str) -> Edits:
    return Edits({"hook": BeatEdit(prompt=prompt)}, **fields)  # type: ignore[arg-type]


def test_versions_of_all_labs_are_found_in_every_one_with_what_they_came_from(runs: Path) -> None:
    first = save_version(Lab.open("monday"), words(edited("a {product} in rain")), "hook", note="grey")
    second = save_version(Lab.open("tuesday"), words(edited("a {product} at dawn")), "hook", parent=first.id)
    other = save_version(Lab.open("tuesday"), words(), "reveal")
    assert [each.id for each in versions()] == [first.id, second.id, other.id]
    assert [each.id for each in versions(beat="hook")] == [first.id, second.id]
    assert versions(template="announcement") == ()
    assert lineage(second.id) == (first, second)
    assert (version(first.id).note, version(second.id).lab) == ("grey", "lab-tuesday")


def test_a_version_brings_the_words_back(runs: Path) -> None:
    wanted = Edits(
        {"hook": BeatEdit(prompt="a {product}", captions=("Hello",))}, negative="sun", look="warm_story", style="in ink"
    )
    kept = version(save_version(Lab.open("a"), words(wanted), "hook").id)
    assert (kept.pattern, kept.captions, kept.style) == ("a {product}", ("Hello",), "in ink")
    assert words(kept.edits()).lines == words(wanted).lines


def test_a_diff_tells_words_that_came_and_went(runs: Path) -> None:
    lab = Lab.open("a")
    before = save_version(lab, words(edited("a {product} in grey rain, wide", negative="text")), "hook")
    after = save_version(lab, words(edited("a {product} at dawn, wide", negative="text", style="ink")), "hook")
    changes = diff(before, after)
    assert changes == (
        Change("pattern", "kept", "a {product}"),
        Change("pattern", "removed", "in grey rain,"),
        Change("pattern", "added", "at dawn,"),
        Change("pattern", "kept", "wide"),
        Change("style", "added", "ink"),
    )
    assert diff_text(changes) == "pattern: a {product} [-in grey rain,-] {+at dawn,+} wide\nstyle: {+ink+}"
    assert diff(after, after) == ()


def test_stars_are_votes_on_record_and_can_be_taken_away(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_brush(monkeypatch)
    lab = Lab.open("a")
    kept = save_version(lab, words(), "hook")
    made = render(lab, trial(engine="brush", version=kept.id))
    render(lab, trial(engine="brush", seed=5))
    star_version(kept.id)
    star_trial(lab, made.id)
    assert version(kept.id).starred
    assert starred_trials(lab) == {made.id}
    assert [each.id for each in trials_of(lab, kept.id)] == [made.id]
    star_version(kept.id, starred=False)
    star_trial(lab, made.id, starred=False)
    assert not version(kept.id).starred
    assert starred_trials(lab) == frozenset()
    found = Ledger(runs).query("SELECT subject, take, value, latest FROM votes ORDER BY happened_at")
    assert found.values.tolist() == [
        ["version", kept.id, 1, False],
        ["trial", made.id, 1, False],
        ["version", kept.id, 0, True],
        ["trial", made.id, 0, True],
    ]
    star_version(kept.id)
    Ledger(runs).sync()
    assert Ledger(runs).query("SELECT version FROM prompt_versions WHERE starred").version.tolist() == [kept.id]


def test_the_same_prompt_tried_for_two_versions_belongs_to_both(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_brush(monkeypatch)
    lab = Lab.open("a")
    made = [render(lab, trial(engine="brush", version=name)) for name in ("v1", "v2", "v1")]
    assert len({each.id for each in made}) == 1
    assert [len(trials_of(lab, name)) for name in ("v1", "v2", "v3")] == [1, 1, 0]


def test_what_there_is_not_is_refused_by_name(runs: Path) -> None:
    lab = Lab.open("a")
    with pytest.raises(ParameterError, match="there is no prompt version 'v9'. The latest are: none yet."):
        version("v9")
    with pytest.raises(ParameterError, match="there is no beat 'coda'. The beats are hook, reveal"):
        save_version(lab, words(), "coda")
    with pytest.raises(ParameterError, match="no prompt version 'v9'"):
        save_version(lab, words(), "hook", parent="v9")
    with pytest.raises(ParameterError, match="look: is 'sepia'"):
        save_version(lab, words(Edits(look="sepia")), "hook")
    with pytest.raises(ParameterError, match="note: has 501 characters; keep it to 500"):
        save_version(lab, words(), "hook", note="n" * 501)
    with pytest.raises(ParameterError, match="lab-a has no trial 't1'. Render it first."):
        star_trial(lab, "t1")
    assert versions() == ()


def test_markup_in_words_is_kept_as_it_was_typed(runs: Path) -> None:
    typed = '<script>alert(1)</script> {product} & "quotes"'
    kept = save_version(
        Lab.open("a"), words_of({"prompt": "<b>"}, "product_showcase", edited(typed)), "hook", note="<i>"
    )
    assert (version(kept.id).pattern, version(kept.id).note) == (typed, "<i>")
