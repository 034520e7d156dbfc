import itertools

import pytest
from builders import ANIMATEDIFF, ZEROSCOPE, brief, plan, template
from pydantic import ValidationError

from vgkit.draft import blend_prompts, draft_storyboard, seed_for
from vgkit.storyboard import Storyboard
from vgkit.template_files import template_names


@pytest.mark.parametrize("name", template_names())
@pytest.mark.parametrize("seconds", [6, 7, 30, 60])
def test_a_storyboard_holds_together_at_any_length(name: str, seconds: int) -> None:
    wish = brief(duration_s=seconds)
    board = draft_storyboard(wish, template(name), plan(wish, name), ZEROSCOPE)
    assert board.frames == seconds * 30
    assert len(board.keyframes) == (seconds + 1) // 2
    assert all(board.keyframe_of(shot).shot == shot.id for shot in board.shots)
    assert board.end_card.end_frame == board.frames
    assert board.end_card.end_frame - board.end_card.first_frame >= 87


def test_captions_never_overlap() -> None:
    board = draft_storyboard(brief(), template(), plan(), ANIMATEDIFF)
    spans = [(caption.first_frame, caption.end_frame) for caption in board.captions]
    assert all(end <= first for (_, end), (first, _) in itertools.pairwise(spans))
    assert spans[-1][1] <= board.end_card.first_frame


def test_the_same_brief_gives_the_same_storyboard_and_another_seed_another() -> None:
    boards = [draft_storyboard(brief(seed=s), template(), plan(brief(seed=s)), ZEROSCOPE) for s in (1, 1, 2)]
    assert boards[0] == boards[1]
    assert boards[0].shots[0].seed != boards[2].shots[0].seed


def test_a_storyboard_refuses_a_gap_between_shots() -> None:
    fields = draft_storyboard(brief(), template(), plan(), ZEROSCOPE).model_dump()
    fields["shots"][1]["first_frame"] += 5
    with pytest.raises(ValidationError, match="shot s02 starts at frame 95; 90 was expected"):
        Storyboard.model_validate(fields)


def test_a_storyboard_refuses_a_shot_without_a_keyframe() -> None:
    fields = draft_storyboard(brief(), template(), plan(), ZEROSCOPE).model_dump()
    fields["keyframes"] = [k for k in fields["keyframes"] if k["shot"] != "s03"]
    with pytest.raises(ValidationError, match="shot s03 holds no keyframe"):
        Storyboard.model_validate(fields)


def test_a_blended_prompt_says_the_heavier_first_and_hints_at_the_other() -> None:
    assert blend_prompts([("a cup, close", 0.3), ("a hill, wide", 0.7)]) == "a hill, wide, with a hint of a cup"
    assert blend_prompts([("a cup, close", 0.9), ("a hill, wide", 0.1)]) == "a cup, close"


def test_seeds_are_stable_and_unrelated() -> None:
    assert seed_for(7, "s01") == seed_for(7, "s01")
    assert len({seed_for(s, shot) for s in (7, 8) for shot in ("s01", "s02")}) == 4


@pytest.mark.parametrize("seconds", range(6, 61))
def test_what_is_shown_can_be_read(seconds: int) -> None:
    """Captions stand 1.2 s or more and are gone before the end card, which has a second to come in and two to stay."""
    wish = brief(duration_s=seconds, tagline="Carry on")
    board = draft_storyboard(wish, template(), plan(wish), ZEROSCOPE)
    assert board.captions
    assert all(caption.end_frame - caption.first_frame >= 36 for caption in board.captions)
    assert board.captions[-1].end_frame <= board.end_card.first_frame
    assert board.frames - board.end_card.first_frame >= 87
