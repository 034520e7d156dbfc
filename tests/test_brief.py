import pytest
from builders import brief

from vgkit.brief import brief_from
from vgkit.errors import BriefError


def test_a_prompt_is_all_a_brief_needs() -> None:
    wish = brief_from({"prompt": "a cup of coffee"})
    assert (wish.duration_s, wish.aspect, wish.profile, wish.frames, wish.size_px) == (
        *(30, "16:9", "offline"),
        *(900, (1920, 1080)),
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"prompt": ""}, "prompt: is ''; write at least 1 character"),
        ({"prompt": "   "}, "prompt: is '   '; write at least 1 character"),
        ({"prompt": "x" * 10_000}, "(10000 characters); keep it to 2000 characters"),
        ({"prompt": "a\x1b[31mb"}, "prompt: holds the character U+001B at position 2; remove it"),
        ({"duration_s": 0}, "duration_s: is 0; the least is 6"),
        ({"duration_s": -30}, "duration_s: is -30; the least is 6"),
        ({"duration_s": 61}, "duration_s: is 61; the most is 60"),
        ({"duration_s": 12.5}, "duration_s: is 12.5"),
        ({"aspect": "4:3"}, "aspect: is '4:3'; choose one of '16:9', '9:16' or '1:1'"),
        ({"brand": "two\nlines"}, "keep it on one line"),
        ({"usage": "private"}, "usage: is 'private'; choose one of 'research' or 'commercial'"),
        ({"engines": {"painter": "sketch"}}, "engines.painter"),
        ({"caps": {"run_usd": -1}}, "caps.run_usd: is -1; the least is 0"),
        ({"colour": "red"}, "colour: is not a field here; remove it or check its spelling"),
        ({"assets": {"produkt": "cup.png"}}, "assets.produkt: is not a field here"),
        ({"seed": "seven"}, "seed: is 'seven'"),
    ],
)
def test_a_wrong_field_is_named_with_its_value_and_the_cure(fields: dict[str, object], said: str) -> None:
    with pytest.raises(BriefError) as refusal:
        brief(**fields)
    assert said in str(refusal.value)


def test_all_complaints_come_at_once() -> None:
    with pytest.raises(BriefError) as refusal:
        brief(prompt="", aspect="4:3", duration_s=1)
    assert [line.split(":")[0] for line in str(refusal.value).splitlines()[1:]] == ["prompt", "duration_s", "aspect"]


def test_a_message_names_no_documentation_address() -> None:
    with pytest.raises(BriefError) as refusal:
        brief(prompt="")
    assert "http" not in str(refusal.value)
