import subprocess
import sys

import numpy as np
import pytest

from vgkit.media.emoji import split_emoji
from vgkit.media.fonts import faces, main_face, printable, unsupported
from vgkit.media.typeset import Hand, reads_right_to_left, set_line, word_edges

HAND = Hand()


def emoji_of(text):
    return [picture.stem for _, picture in split_emoji(text) if picture]


@pytest.mark.parametrize(
    "text",
    [
        'Mornings, made lighter: "100 %" & more – it\'s <b>€5</b> \\ {x}',
        "Ночь, ầ ế ǽ Ωμέγα",
        "العطر الجديد، ٣٠ ثانية",
        "שלום עולם",
        "朝を、もっと軽く。한국어 你好",
        "สวัสดี नमस्ते გამარჯობა",
        "★ ✓ → ☕ 👨‍👩‍👧‍👦 👍🏽 🇩🇪 1️⃣ ❤️",
        "two\nlines, e\u0301 composed, no\u00a0break",
    ],
)
def test_what_our_fonts_draw_is_supported(text):
    assert unsupported(text) == []


def test_each_character_without_a_glyph_is_named_once():
    assert unsupported("aԱbԱ\u1208") == ["Ա", "\u1208"]


@pytest.mark.parametrize("char", ["\x00", "\t", "\x1b", "\x7f", "\u2028", "\ud800", "\ue000", "\uffff"])
def test_control_and_private_characters_are_refused(char):
    assert unsupported(f"a{char}b") == [char]


def test_unsupported_characters_are_left_out_when_set():
    assert printable("a\x00Աb\nc\u2009d") == "ab c d"


def test_the_face_is_chosen_by_letters_not_by_signs():
    assert main_face("★★★★★ Loved", weight=800).family == "Manrope"
    assert main_face("Aurora العطر", weight=800).family == "FiraGO"
    assert main_face("★★", weight=800).family == "Noto Sans CJK JP"


def test_the_weight_asked_for_picks_the_nearest_face():
    assert [face.weight for face in faces(500)] == [500, 400, 700]
    assert [face.weight for face in faces(800)] == [800, 700, 700]


def test_joined_emoji_and_skin_tones_are_one_picture():
    assert emoji_of("a 👨‍👩‍👧‍👦 b 👍🏽") == ["1F468-200D-1F469-200D-1F467-200D-1F466", "1F44D-1F3FD"]
    assert len(emoji_of("🇩🇪1️⃣❤️")) == 3


def test_an_unknown_sequence_falls_back_to_its_parts():
    assert emoji_of("👍🏽\u200d👎") == ["1F44D-1F3FD", "1F44E"]


def test_digits_and_signs_of_plain_text_are_not_emoji():
    assert emoji_of("10 % © ™ #1 * ★ ☺\ufe0e") == []


def test_letters_of_other_scripts_do_not_change_the_latin_ones():
    """One star on a line used to make resvg set the whole line in another face."""
    alone = set_line("Loved", size_px=60, hand=HAND).pixels
    with_star = set_line("Loved ★", size_px=60, hand=HAND).pixels

    shared = with_star[-alone.shape[0] - 20 :, : alone.shape[1]]
    assert (alone[..., 3] > 0).sum() == pytest.approx((shared[..., 3] > 0).sum(), rel=0.02)


def test_devanagari_is_shaped_beside_latin():
    """The vowel sign i stands before its consonant, so the shaped pair is narrower than its parts in a row."""
    alone = set_line("दुनिया", size_px=60, hand=HAND)
    beside = set_line("A दुनिया", size_px=60, hand=HAND)
    first = set_line("A", size_px=60, hand=HAND)

    tail = beside.pixels[..., 3][:, first.width + 2 :]
    columns = np.flatnonzero(tail.any(axis=0))
    assert columns[-1] - columns[0] + 1 == pytest.approx(alone.width, abs=2)


def test_words_of_right_to_left_lines_run_from_the_right():
    edges = word_edges("العطر الجديد Aurora", size_px=50, hand=HAND, right_to_left=True)

    assert len(edges) == 3
    assert edges[0][0] > edges[1][0] > edges[2][0]
    assert reads_right_to_left("100 % العطر Aurora")
    assert not reads_right_to_left("Aurora العطر")


def test_markup_in_a_text_is_shown_and_not_obeyed():
    tagged = set_line('<tspan fill="red">x</tspan> &amp;', size_px=40, hand=HAND)

    assert tagged.width > set_line("x &", size_px=40, hand=HAND).width * 4
    assert (tagged.pixels[tagged.pixels[..., 3] > 0][:, :3] == 255).all()


def test_emoji_keep_their_colours_and_take_room():
    plain, with_heart = (set_line(text, size_px=60, hand=HAND) for text in ("Hi you", "Hi ❤️ you"))

    red = (with_heart.pixels[..., 0] > 200) & (with_heart.pixels[..., 1] < 120) & (with_heart.pixels[..., 3] == 255)
    assert red.sum() > 300
    assert with_heart.width > plain.width + 60


def test_several_processes_may_unpack_the_fonts_at_once(tmp_path, monkeypatch):
    script = "from vgkit.media.fonts import faces; print(len(faces(800)[1].characters))"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    running = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) for _ in range(2)]

    assert [int(process.communicate()[0]) for process in running] == [2519, 2519]
    assert [file.suffix for file in (tmp_path / "vgkit" / "fonts").iterdir()] == [".ttf"]
