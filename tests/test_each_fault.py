"""Each fault of a host by itself.

The run recovers, or stops with one error of ours that says what went wrong, where, and what to do next."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from rehearsed import billed, booked, files_with, keys_of, rehearsed_run

from vgkit.engines.base import Ask
from vgkit.errors import VgkitError
from vgkit.ledger import read_events
from vgkit.phases import animatic, chunks, references, refine, validate
from vgkit.phases.asking import door
from vgkit.places import rehearsal_dir
from vgkit.rehearsal.faults import FAULTS
from vgkit.rehearse import hosts_of
from vgkit.run import Run

# What stops a run at once, however often it happens: waiting or asking again would not help.
STOPS = {"unauthorized": "KeyRejected", "no_credit": "CreditExhausted", "invalid": "OrderRejected"}
# To a host a clip is a call like a picture; these are about what comes back, or cost a chain of calls.
WITH_CLIPS = {"failed", "truncated", "data_output", "reply_lost"}
# A lost chat can't be looked up, and counts at its estimate.
CHAT_SLACK_USD = Decimal("0.01")


def fault_file(folder: Path, text: str) -> str:
    path = folder / "faults.toml"
    path.write_text(text)
    return str(path)


def make_all(run: Run, *, clips: bool = True) -> None:
    """The phases that ask hosts, without their notebooks and the film."""
    validate.plan_storyboard(run)
    animatic.draw_animatic(run)
    references.gather_references(run)
    if clips:
        chunks.make_chunks(run)
    for ask in refine.asks(run):
        door(run, refine.PHASE).ask(ask)


def assert_books_agree(run: Run) -> None:
    ours = booked(run)
    theirs = {charge.prediction: charge.usd for charge in billed(rehearsal_dir(run.name))}
    predictions = {name: usd for name, usd in theirs.items() if not name.startswith("chatcmpl")}
    assert {name: ours.get(name) for name in predictions} == predictions
    assert abs(sum(ours.values()) - sum(theirs.values())) < CHAT_SLACK_USD


@pytest.mark.slow
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_that_comes_twice_is_survived_or_said(fault: str, runs: Path, tmp_path: Path) -> None:
    faults = fault_file(tmp_path, f"{fault} = {{ probability = 1.0, times = 2 }}\n")
    run = rehearsed_run(name="faulty", faults=faults, speed=120.0)
    with hosts_of(run) as hosts:
        assert hosts is not None
        said = ""
        try:
            make_all(run, clips=fault in WITH_CLIPS)
        except VgkitError as error:
            said = f"{type(error).__name__}: {error}"
        assert hosts.breaches == []
        assert fault in hosts.happened
        for key in keys_of(hosts.environment):
            assert files_with(key, run.folder, runs / "cache") == []
            assert key not in said
    assert said.partition(":")[0] == STOPS.get(fault, ""), said
    assert_books_agree(run)
    open_calls = {e["call"] for e in read_events(run.events.path).of("call_reserved")}
    ended = read_events(run.events.path).of("call_settled", "call_failed")
    assert open_calls == {event["call"] for event in ended}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_all_faults_together_are_survived_or_said(seed: int, runs: Path) -> None:
    """``harsh`` has every fault there is, at five in a hundred."""
    run = rehearsed_run(name="harsh", faults="harsh", speed=120.0, seed=seed)
    with hosts_of(run) as hosts:
        assert hosts is not None
        said = ""
        try:
            make_all(run)
        except VgkitError as error:
            said = str(error)
        assert hosts.breaches == []
    assert not said or re.match(r"(validate|animatic|chunks|refine)[ :]", said), said
    assert_books_agree(run)


def one_picture(run: Run) -> Ask:
    """The first keyframe, after a plan that needs no host."""
    validate.plan_storyboard(run)
    return animatic.asks(run)[0]


ENDLESS = {
    "throttled": "HostUnavailable",
    "error_500": "HostUnavailable",
    "error_502": "HostUnavailable",
    "unavailable_503": "HostUnavailable",
    "reset": "HostUnavailable",
    "failed": "EngineFailed",
    "nsfw": "PromptRefused",
    "canceled": "EngineFailed",
    "aborted": "EngineFailed",
    "expired": "EngineFailed",
    "truncated": "EngineFailed",
    "empty_list": "EngineFailed",
    **STOPS,
}


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "expected"), sorted(ENDLESS.items()))
def test_a_fault_that_never_ends_is_one_error_that_says_what_where_and_what_next(
    fault: str, expected: str, runs: Path, tmp_path: Path
) -> None:
    faults = fault_file(tmp_path, f"{fault} = 1.0\n")
    engines = {"plan": "sketch", "picture": "sdxl", "video": "zeroscope-draft", "music": "musicgen"}
    run = rehearsed_run(name="faulty", faults=faults, speed=400.0, engines=engines)
    with hosts_of(run), pytest.raises(VgkitError) as caught:
        door(run, "animatic").ask(one_picture(run))
    said = str(caught.value)
    assert type(caught.value).__name__ == expected, said
    assert re.search(r"vgkit \w+|another engine|\.env|other words", said), said
    assert re.match("animatic k00: ", said), said
    if expected in ("EngineFailed", "PromptRefused"):
        assert re.search(r"animatic k00: sdxl@replicate \(prediction \w{26}\)", said), said
    assert_books_agree(run)
