import pytest

from vgkit.media.linebreak import balanced, joined, words


def broken(text, *, lines=2):
    """Break with every character one wide, so that expectations can be counted."""
    parts = words(text)
    rows = balanced(parts, {word.text: len(word.text) for word in parts}, lines=lines, space=1)
    return [joined(row) for row in rows] if rows else None


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Sleep better with every breath", ["Sleep better", "with every breath"]),
        ("Stay a while. Breathe in deep", ["Stay a while.", "Breathe in deep"]),
        ("All of the coffee you want", ["All of the coffee", "you want"]),
        ("朝を、もっと軽く。あたらしい一日のはじまり", ["朝を、もっと軽く。", "あたらしい一日のはじまり"]),
        ("한국어는 띄어쓰기로 나눈다", ["한국어는", "띄어쓰기로 나눈다"]),
    ],
)
def test_two_lines_are_even_and_do_not_tear_what_belongs_together(text, lines):
    assert broken(text) == lines


def test_no_line_begins_with_a_japanese_full_stop_or_a_small_letter():
    parts = [word.text for word in words("「もっと」軽く。")]

    assert parts == ["「もっ", "と」", "軽", "く。"]


def test_words_are_never_broken_inside():
    assert broken("Donaudampfschiff") is None
    assert [word.text for word in words("10\u00a0% off")] == ["10\u00a0%", "off"]


def test_joining_the_lines_gives_the_text_again():
    text = "One bottle, a thousand mornings 朝を軽く now"

    assert joined(words(text)) == text
    assert len(broken(text, lines=4)) == 4
