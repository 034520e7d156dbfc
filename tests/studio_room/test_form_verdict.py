from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from launched import owned_run

from vgkit.errors import BriefError
from vgkit.media.frames import write_picture
from vgkit.studio.form import Draft, verdict
from vgkit.studio.launching import start

GOOD = Draft(prompt="A steel bottle on a kitchen table. Cold for a day.", product="Aurora", duration_s="6")


@pytest.fixture(autouse=True)
def _no_keys(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REPLICATE_API_TOKEN", "OPENAI_API_KEY", "VGKIT_PROJECT_CAP"):
        monkeypatch.setenv(name, "")


def draft(**fields: object) -> Draft:
    return Draft(**{"prompt": GOOD.prompt, "product": "Aurora", "duration_s": "6"} | fields)  # type: ignore[arg-type]


def test_a_good_draft_becomes_a_brief_with_its_template_and_costs_nothing_offline() -> None:
    found = verdict(GOOD)
    assert found.good
    assert found.complaints == {}
    assert found.brief is not None
    assert found.brief.duration_s == 6
    assert found.template is not None
    assert found.estimate is not None
    assert found.estimate.all_usd == 0
    assert found.notes == ("Free: all of it is drawn on this machine.",)


def test_to_judge_a_draft_writes_nothing(runs: Path) -> None:
    verdict(draft(name="kite"))
    assert not runs.exists()


def test_everything_that_is_wrong_is_said_at_once_each_beside_its_field(tmp_path: Path) -> None:
    text = tmp_path / "notes.png"
    text.write_text("no picture")
    found = verdict(
        draft(
            prompt="  ",
            product="a" * 73,
            brand="two\nlines",
            duration_s="long",
            aspect="4:3",
            seed="-1",
            takes="9",
            cap_usd="two",
            template="nope",
            name="../x",
            picture=text,
            logo=tmp_path / "gone.png",
        )
    )
    assert not found.good
    assert found.brief is None
    assert found.complaints["prompt"] == "Say in a sentence or two what the film is about."
    assert found.complaints["product"] == "Has 73 characters; keep it to 60 characters."
    assert found.complaints["brand"] == "Keep it on one line."
    assert found.complaints["duration_s"] == "Write a whole number."
    assert found.complaints["aspect"].startswith("Choose one of '16:9'")
    assert found.complaints["seed"] == "The least is 0."
    assert found.complaints["takes"].startswith("9 is out of range; ask for 1 to 8")
    assert found.complaints["cap_usd"] == "Write an amount, such as 2.50."
    assert "product_showcase" in found.complaints["template"]
    assert "can't name a run" in found.complaints["name"]
    assert "no picture" in found.complaints["picture"]
    assert "can't be read" in found.complaints["logo"]


@pytest.mark.parametrize(("field", "typed"), [("duration_s", ""), ("seed", ""), ("takes", ""), ("takes", "two")])
def test_a_number_that_was_wiped_out_is_asked_for(field: str, typed: str) -> None:
    assert verdict(draft(**{field: typed})).complaints == {field: "Write a whole number."}


def test_what_is_right_is_still_shown_while_something_else_is_wrong() -> None:
    found = verdict(draft(prompt=""))
    assert found.template is not None
    assert found.estimate is not None
    assert [beat.name for beat in found.beats if beat.seconds] == ["hook", "reveal", "sign_off"]


def test_a_short_film_leaves_beats_out_and_a_long_one_has_them_all() -> None:
    short, long = verdict(draft()).beats, verdict(draft(duration_s="30")).beats
    assert [beat.name for beat in short] == [beat.name for beat in long]
    assert any(beat.seconds == 0 for beat in short)
    assert all(beat.seconds > 0 for beat in long)
    assert sum(beat.seconds for beat in short) == pytest.approx(6)
    assert sum(beat.seconds for beat in long) == pytest.approx(30)
    assert "Meet Aurora" in [beat.caption for beat in long]


def test_scripts_and_markup_are_words_like_others() -> None:
    assert verdict(draft(prompt="<script>alert(1)</script>", brand="<b>Bold</b>")).good


def test_a_letter_that_no_font_draws_is_told_beside_the_field_that_holds_it() -> None:
    found = verdict(draft(tagline="Cold \U00012000", brand="\U00012000"))
    assert set(found.complaints) == {"tagline", "brand"}


def test_a_hosted_film_without_keys_says_where_to_get_them_or_what_else_to_choose() -> None:
    found = verdict(draft(profile="dev"))
    assert set(found.complaints) == {"profile"}
    assert "REPLICATE_API_TOKEN" in found.complaints["profile"]
    assert "OPENAI_API_KEY" in found.complaints["profile"]
    assert found.complaints["profile"].endswith("choose offline, or rehearse.")


def test_a_rehearsal_needs_no_key_and_says_that_nothing_is_paid() -> None:
    found = verdict(draft(profile="dev", rehearse=True))
    assert found.good
    assert found.rehearsed
    assert found.notes[0].startswith("Nothing is sent or paid.")


def test_an_offline_film_is_never_a_rehearsal() -> None:
    assert not verdict(draft(rehearse=True)).rehearsed


def test_licences_that_forbid_commercial_use_are_told_for_all_engines_at_once() -> None:
    found = verdict(draft(profile="dev", rehearse=True, usage="commercial"))
    assert set(found.complaints) == {"usage"}
    assert "Zeroscope may not be used commercially" in found.complaints["usage"]
    assert "Musicgen may not be used commercially" in found.complaints["usage"]
    noted = verdict(draft(profile="dev", rehearse=True)).notes
    assert sum("not for commercial use" in note for note in noted) == 2


def test_a_cap_below_the_estimate_says_how_high_it_must_be() -> None:
    found = verdict(draft(profile="dev", rehearse=True, cap_usd="$0.10"))
    needed = found.estimate.all_usd if found.estimate else Decimal(0)
    assert set(found.complaints) == {"cap_usd"}
    assert "its cap is $0.10" in found.complaints["cap_usd"]
    raised = found.complaints["cap_usd"].partition("at least $")[2].partition(",")[0]
    assert Decimal(raised) >= needed
    assert verdict(draft(profile="dev", rehearse=True, cap_usd=raised)).good


def test_a_full_budget_of_all_films_stops_one_that_costs_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    run = owned_run()
    call = {"call": "c1", "role": "video", "engine": "zeroscope", "host": "replicate"}
    run.events.write("call_reserved", **call, cost_usd=Decimal("4.90"))
    run.events.write("call_settled", call="c1", cost_usd=Decimal("4.90"))
    monkeypatch.setenv("VGKIT_PROJECT_CAP", "5.00")
    for name, shape in (("REPLICATE_API_TOKEN", "r8_" + "a" * 37), ("OPENAI_API_KEY", "sk-" + "a" * 40)):
        monkeypatch.setenv(name, shape)
    found = verdict(draft(profile="dev"))
    assert set(found.complaints) == {""}
    assert "may cost $5.00: $4.90 is spent" in found.complaints[""]
    assert verdict(draft()).good
    assert verdict(draft(profile="dev", rehearse=True)).good


def test_a_picture_of_the_product_is_taken_from_wherever_the_page_put_it(tmp_path: Path) -> None:
    picture = tmp_path / "uploads" / "product.png"
    picture.parent.mkdir()
    write_picture(np.full((300, 300, 3), 128, np.uint8), picture)
    assert verdict(draft(picture=picture)).complaints == {}
    picture.write_bytes(b"replaced by something else")
    assert "picture" in verdict(draft(picture=picture)).complaints


def test_a_bad_draft_is_not_started_and_leaves_nothing_behind(runs: Path) -> None:
    with pytest.raises(BriefError, match=r"duration_s: Write a whole number\.\n.*takes: 9 is out of range"):
        start(draft(duration_s="x", takes="9"))
    assert not runs.exists()
