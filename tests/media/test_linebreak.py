import pytest

from vgkit.media.linebreak import Word, balanced, clusters, filled, joined, words


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
        ("Cold for twenty-four hours", ["Cold for", "twenty-four hours"]),
        ("Made for mornings with you", ["Made for mornings", "with you"]),
        ("Light enough for every day", ["Light enough", "for every day"]),
        ("朝を、もっと軽く。あたらしい一日のはじまり", ["朝を、もっと軽く。", "あたらしい一日のはじまり"]),
        ("한국어는 띄어쓰기로 나눈다", ["한국어는", "띄어쓰기로 나눈다"]),
    ],
)
def test_two_lines_are_even_and_do_not_tear_what_belongs_together(text, lines):
    assert broken(text) == lines


@pytest.mark.parametrize(
    "text", ["Cold for twenty-four hours", "Go wherever everything begins", "Take the whole morning along"]
)
def test_no_short_word_stands_alone_where_it_need_not(text):
    assert all(len(row.split()) > 1 for row in broken(text))


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


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("กาแฟที่บ้าน", ["กา", "แฟ", "ที่", "บ้า", "น"]),
        ("👩‍👩‍👧🇫🇷👍🏽", ["👩‍👩‍👧", "🇫🇷", "👍🏽"]),
        ("स्त्री", ["स्त्री"]),
        ("(no)!", ["(n", "o)!"]),
    ],
)
def test_a_word_that_must_be_torn_is_torn_between_what_a_reader_calls_letters(word, pieces):
    assert [piece.text for piece in clusters(Word(word, spaced=True))] == pieces


def test_a_long_text_fills_its_lines():
    parts = words("one two three four five")
    rows = filled(parts, {word.text: len(word.text) for word in parts}, room=9, space=1)

    assert [joined(row) for row in rows] == ["one two", "three", "four five"]
