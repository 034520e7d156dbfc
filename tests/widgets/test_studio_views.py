"""What the page makes of a run as it stands, without any run being made."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from vgkit.progress import PhaseProgress
from vgkit.serving.addresses import KEY_VARIABLE
from vgkit.studio.form import Verdict
from vgkit.studio.watching import Sight, Trouble
from vgkit.widgets.studio.media import Media, thumbnail
from vgkit.widgets.studio.plan import first_complaint
from vgkit.widgets.studio.progress import head_html, phases_html, trouble_html
from vgkit.widgets.studio.tiles import Tile, Tiles

AT_WORK = Sight(
    run="lamp",
    state="running",
    title="Lamp",
    said="Going well.",
    phases=(PhaseProgress("validate", "done", seconds=3), PhaseProgress("animatic", "running", done=1, total=3)),
    seconds=30,
    left_s=90,
    cost_usd=Decimal("0.42"),
    cap_usd=Decimal(2),
)


def test_a_run_at_work_says_how_far_it_is_what_is_left_and_what_it_cost() -> None:
    told = head_html(AT_WORK, "Lamp")
    assert "0:30 so far · about 1:30 left · $0.42 of at most $2.00" in told
    assert "aria-valuenow='25'" in told
    assert "1 of 3" in phases_html(AT_WORK)


def test_a_rehearsed_run_never_looks_paid() -> None:
    assert "rehearsed: nothing was paid" in head_html(replace(AT_WORK, rehearsed=True), "Lamp")


def test_a_failure_is_said_once_with_its_cure() -> None:
    trouble = Trouble("KeyRejected", "The key was not accepted.", "Get another.")
    failed = replace(AT_WORK, state="failed", said=trouble.fact, trouble=trouble)
    assert trouble.fact not in head_html(failed, "Lamp")
    assert "<b>The key was not accepted.</b> Get another." in trouble_html(failed)


def test_calls_that_go_on_without_the_run_are_told_with_their_price() -> None:
    trouble = Trouble("Interrupted", "It was stopped.")
    left = replace(AT_WORK, state="failed", trouble=trouble, open_calls=2, open_usd=Decimal("0.30"))
    assert "Calls that go on at their hosts: 2." in trouble_html(left)
    assert "up to $0.30" in trouble_html(left)


def test_what_stands_in_the_way_is_said_in_a_sentence_the_whole_before_its_fields() -> None:
    labels = {"prompt": "About"}
    prompt, budget = {"prompt": "Say something. Anything."}, {"": "The budget is full. Raise VGKIT_PROJECT_CAP."}
    assert first_complaint(Verdict(prompt), labels) == "About: Say something."
    told = first_complaint(Verdict({**prompt, **budget}), labels)
    assert told == "The budget is full. Raise VGKIT_PROJECT_CAP. And 1 more."
    assert first_complaint(Verdict({}), labels) == ""


def test_a_file_has_an_address_where_a_server_serves_it_and_is_held_by_the_page_elsewhere(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = runs / "lamp" / "film.mp4"
    clip.parent.mkdir(parents=True)
    clip.write_bytes(b"film")
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert Media().address(clip) == "data:video/mp4;base64,ZmlsbQ=="
    monkeypatch.setenv(KEY_VARIABLE, "k" * 64)
    assert Media("/desk/").address(clip).startswith("/desk/vgkit/files/")
    assert Media().address(clip.with_name("gone.mp4")) == ""
    assert Media().video(None, "none") == ""


def test_a_picture_that_can_not_be_read_leaves_its_place_empty(tmp_path: Path) -> None:
    broken = tmp_path / "still.png"
    broken.write_bytes(b"half a pic")
    assert thumbnail(broken) == ""
    assert thumbnail(tmp_path / "none.png") == ""
    Image.new("RGB", (1920, 1080)).save(broken)
    assert thumbnail(broken).startswith("data:image/jpeg;base64,")


def test_the_same_tiles_again_send_nothing_to_the_page() -> None:
    tiles, sent = Tiles(label="Shots"), []
    tiles.observe(sent.append, names="tiles")
    for _ in range(2):
        tiles.show([Tile("s01", "hook", ("s01, 2 s",), ("clip made", "good"))])
    assert len(sent) == 1
