"""The player as a fragment of a page that stands alone."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from numbered import numbered_clip

from vgkit.errors import ParameterError
from vgkit.player import Mark, html, shown_clip
from vgkit.player.embed import equipment, place, policy


def told(fragment: str) -> dict[str, Any]:
    """What the fragment tells its module."""
    (text,) = re.findall(r"<script type='application/json'>(.*?)</script>", fragment, re.DOTALL)
    found: dict[str, Any] = json.loads(text)
    return found


def test_films_go_into_the_page_while_the_budget_lasts_and_are_linked_beyond(tmp_path: Path) -> None:
    one = numbered_clip(tmp_path / "one.mp4", frames=12)
    other = numbered_clip(tmp_path / "a film & more.mp4", frames=12)
    size = one.stat().st_size
    fragment, taken = place(shown_clip(one), shown_clip(other), beside=tmp_path / "page", room=size)
    first, second = told(fragment)["films"]
    assert (taken, second["address"]) == (size, "../a%20film%20%26%20more.mp4")
    kind, content = first["address"].split(",")
    assert kind == "data:video/mp4;base64"
    assert base64.b64decode(content) == one.read_bytes()


def test_the_page_may_run_this_script_and_no_other() -> None:
    (script,) = re.findall(r"<script type='module'>(.*?)</script>", equipment(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy()
    assert "default-src 'none'" in policy()
    assert "unsafe-eval" not in policy()
    assert "http" not in equipment().replace("http://www.w3.org/2000/svg", "")


def test_what_people_typed_can_not_end_the_element_it_stands_in(tmp_path: Path) -> None:
    clip = shown_clip(numbered_clip(tmp_path / "clip.mp4", frames=4))
    typed = "</script><script>alert(1)</script><!--"
    fragment = html(replace(clip, title=typed, shots=(Mark(0, typed),)))
    film = told(fragment)["films"][0]
    assert (film["title"], film["shots"][0]["label"]) == (typed, typed)
    assert "alert(1)</script>" not in fragment


def test_a_film_that_is_gone_is_told_and_not_looked_for(tmp_path: Path) -> None:
    film = told(html(shown_clip(tmp_path / "gone.mp4")))["films"][0]
    assert (film["address"], film["trouble"][:8]) == ("", "gone.mp4")


def test_the_player_takes_one_film_or_two(tmp_path: Path) -> None:
    clip = shown_clip(tmp_path / "gone.mp4")
    for films in ((), (clip, clip, clip)):
        with pytest.raises(ParameterError, match=f"one film or two in step, not {len(films)}"):
            html(*films)
