"""The player as a widget: how films come to it, and what it does about clips that were not measured yet."""

from pathlib import Path

import pytest
from numbered import numbered_clip

from vgkit.errors import ParameterError
from vgkit.player import shown_clip, with_strips
from vgkit.serving.addresses import new_key
from vgkit.widgets import player as room
from vgkit.widgets.player import player, watch


@pytest.fixture
def clip(runs: Path) -> Path:
    (runs / "lamp").mkdir(parents=True)
    return numbered_clip(runs / "lamp" / "film.mp4", frames=6)


def test_without_a_server_films_come_as_their_bytes(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VGKIT_FILES_KEY", raising=False)
    shown = player(shown_clip(clip), shown_clip(clip), measure=False)
    assert [film["address"] for film in shown.spec["films"]] == ["", ""]
    assert shown.media == [clip.read_bytes()] * 2


def test_where_a_server_serves_films_they_come_from_there(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_FILES_KEY", "")
    new_key()
    shown = player(shown_clip(clip), measure=False)
    assert shown.spec["films"][0]["address"].startswith("vgkit/files/")
    assert (shown.media, shown.spec["served"]) == ([b""], True)


def test_a_film_too_large_for_the_wire_says_where_it_can_be_seen(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VGKIT_FILES_KEY", raising=False)
    monkeypatch.setattr(room, "MOST_BYTES", 1000)
    shown = player(shown_clip(clip))
    assert "or use `vgkit studio`" in shown.spec["films"][0]["trouble"]
    assert (shown.media, shown.measuring) == ([b""], None)


def test_clips_that_were_not_measured_are_measured_meanwhile(clip: Path) -> None:
    shown = player(shown_clip(clip))
    assert "Each frame is being measured" in shown.spec["notices"][0]
    assert shown.measuring is not None
    shown.measuring.join()
    assert [len(strip["values"]) for strip in shown.spec["films"][0]["strips"]] == [6, 6, 6]
    assert shown.spec["notices"] == []
    assert player(shown_clip(clip)).measuring is None


def test_measured_clips_show_their_curves_at_once(clip: Path) -> None:
    shown = player(with_strips(shown_clip(clip)))
    assert (len(shown.spec["films"][0]["strips"]), shown.measuring) == (3, None)


def test_a_film_that_is_gone_is_told_in_its_place(clip: Path) -> None:
    gone = shown_clip(clip)
    clip.unlink()
    shown = player(gone, shown_clip(clip.with_name("other.mp4")))
    assert [film["trouble"][:9] for film in shown.spec["films"]] == ["film.mp4 ", "other.mp4"]
    assert shown.media == [b"", b""]


def test_in_a_notebook_that_nobody_sits_at_there_is_no_player(clip: Path) -> None:
    assert watch(shown_clip(clip)) == "Open this notebook yourself to watch film.mp4 here."


def test_more_than_two_films_are_refused(clip: Path) -> None:
    with pytest.raises(ParameterError, match="not 3"):
        player(*[shown_clip(clip)] * 3)
