import numpy as np
import pytest
from PIL import Image

from vgkit.errors import AssetError, InputError
from vgkit.media.adstyle import SafeArea, luminance
from vgkit.media.captions import CaptionStyle, caption_overlays, end_card_overlays, fits, words_box

SIZES = {"16:9": (640, 360), "9:16": (360, 640), "1:1": (360, 360)}
TEXTS = {
    "latin": "Sleep better with every breath",
    "one": "Go",
    "arabic": "العطر الجديد من Aurora ✨",
    "hebrew": "שלום Aurora, 30 שניות!",
    "japanese": "朝を、もっと軽く。あたらしい一日",
    "odd": 'It\'s "100 %": <b>&amp;</b> \\n {x} $y',
    "long word": "Donaudampfschifffahrtsgesellschaftskapitän",
    "long": "A very long caption that no one could ever read in the two seconds that it stands there " * 2,
}
TOO_LONG = {
    "latin": ("A very long caption that no one could ever read in the time that it stands there. " * 4)[:299] + ".",
    "arabic": ("العطر الجديد كل صباح يمنحك شعورا رائعا وجميلا في كل مكان تذهب اليه " * 6)[:299] + ".",
    "japanese": ("朝を、もっと軽く。あたらしい一日をはじめよう。" * 20)[:300],
    "thai": ("ตื่นมาพร้อมกาแฟหอมกรุ่นทุกเช้าที่บ้านคุณ" * 9)[:300],
    "one word": "W" * 300,
}
STYLE = CaptionStyle("#ff8a3d")


def caption(text, *, size=SIZES["16:9"], style=STYLE, first=10, last=70, **more):
    return caption_overlays(text, first=first, last=last, fps=30, size=size, style=style, **more)


def ink_box(overlays, frame):
    """Where letters are, (left, top, right, bottom), without scrims and shadows."""
    boxes = []
    for overlay in overlays[1:]:
        pixels, x, y = overlay.draw(frame)
        bright = (pixels[..., :3].max(axis=2) > 150) & (pixels[..., 3] > 150)
        rows, columns = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
        boxes.append((x + columns[0], y + rows[0], x + columns[-1] + 1, y + rows[-1] + 1))
    lows, highs = np.array(boxes).min(axis=0), np.array(boxes).max(axis=0)
    return int(lows[0]), int(lows[1]), int(highs[2]), int(highs[3])


def is_inside(ink, box, size):
    """Whether pixels lie in shares of the frame, but for the roundness of letters."""
    left, top, right, bottom = np.array(box) * [*size, *size]
    return ink[0] >= left - 1 and ink[1] >= top - 1 and ink[2] <= right + 1 and ink[3] <= bottom + 1


def contrast_with_white(behind):
    return 1.05 / (luminance("#" + f"{round(behind.max()):02x}" * 3) + 0.05)


def laid(overlays, frame, *, size, grey=255):
    picture = np.full((size[1], size[0], 3), float(grey))
    for overlay in overlays:
        if drawn := overlay.draw(frame):
            pixels, x, y = drawn
            there = picture[max(y, 0) : y + pixels.shape[0], x : x + pixels.shape[1]]
            pixels = pixels[max(-y, 0) :][: there.shape[0], : there.shape[1]]
            share = pixels[..., 3:] / 255
            there[:] = there * (1 - share) + pixels[..., :3] * share
    return picture


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("size", SIZES.values(), ids=["16x9", "9x16", "1x1"])
def test_words_stay_inside_the_safe_area(text, size):
    safe = SafeArea.of(size)
    left, top, right, bottom = ink_box(caption(text, size=size, subline="And more", kicker="New"), 50)

    assert left >= safe.left - 1
    assert right <= safe.right + 1
    assert top >= safe.top
    assert bottom <= safe.bottom + 1


@pytest.mark.parametrize("text", TOO_LONG.values(), ids=TOO_LONG)
@pytest.mark.parametrize("size", SIZES.values(), ids=["16x9", "9x16", "1x1"])
def test_300_characters_are_set_on_many_lines_that_still_read(text, size):
    safe = SafeArea.of(size)
    overlays = caption(text, size=size)
    left, top, right, bottom = ink_box([overlays[0], *overlays[2:]], 69 - 12)
    rows = [overlay for overlay in overlays[2:] if overlay.draw(57)]

    assert len(text) == 300
    assert (left >= safe.left - 1, right <= safe.right + 1) == (True, True)
    assert (top >= safe.top, bottom <= safe.bottom + 2) == (True, True)
    assert len(rows) >= 6
    assert bottom - top > 0.3 * (safe.bottom - safe.top)
    assert not fits(text, size=size)


def test_a_thai_caption_turns_to_a_second_line_though_it_has_no_spaces():
    overlays = caption("ตื่นมาพร้อมกาแฟหอมกรุ่นทุกเช้าที่บ้านคุณ")
    _, top, _, bottom = ink_box([overlays[0], *overlays[2:]], 50)

    assert len(overlays[2:]) == 2
    assert bottom - top > 40


@pytest.mark.parametrize("position", ["lower-left", "lower-centre", "centre"])
def test_positions_place_the_words(position):
    left, top, right, bottom = ink_box(caption("Mornings, made lighter", position=position), 50)

    assert (left == 64) == (position == "lower-left")
    if position != "lower-left":
        assert (left + right) / 2 == pytest.approx(320, abs=3)
    assert ((top + bottom) / 2 < 200) == (position == "centre")


def test_right_to_left_captions_stand_on_the_right():
    left, _, right, _ = ink_box(caption(TEXTS["hebrew"]), 50)

    assert right == pytest.approx(576, abs=2)
    assert left > 200


def test_upright_films_keep_clear_of_the_buttons_of_an_app():
    assert SafeArea.of((1080, 1920)) == SafeArea(left=108, top=230, right=972, bottom=1574)


@pytest.mark.parametrize("text", ["Go", "Mornings", TEXTS["latin"], TEXTS["hebrew"]])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_white_letters_keep_their_contrast_on_white(text, size):
    """WCAG asks 3:1 of large letters; the shade behind the headline gives it on the brightest picture there is."""
    overlays = caption(text, size=size)
    left, top, right, bottom = ink_box([overlays[0], *overlays[2:]], 50)

    assert contrast_with_white(laid(overlays[:1], 50, size=size)[top:bottom, left:right]) > 3


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_caption_leaves_the_picture_its_light(size):
    """Only the words' own place is shaded: the upper half stays, and on wide films the right third does."""
    after = laid(caption("Cold for twenty-four hours", size=size), 50, size=size)

    assert after[: size[1] // 2 - 20].min() > 245
    if size == SIZES["16:9"]:
        assert after[:, 2 * size[0] // 3 :].min() > 190
    assert after.mean() > 200


@pytest.mark.parametrize("text", ["Cold for twenty-four hours", TEXTS["japanese"], "नई सुबह, नई ताज़गी हर दिन"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_caption_stands_in_its_words_box(text, size):
    assert is_inside(ink_box(caption(text, size=size, kicker="New"), 50), words_box(size, "caption"), size)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_words_boxes_leave_room_for_the_product(size):
    caption_box, card_box = words_box(size, "caption"), words_box(size, "end_card")

    assert caption_box[1] > 0.6
    assert card_box[2:] == pytest.approx((0.48, 0.9) if size == SIZES["16:9"] else (0.9, 0.4), abs=0.002)


def test_a_caption_is_not_there_before_and_after_and_comes_by_degrees():
    overlays = caption("Mornings")
    presence = [sum(o.draw(f)[0][..., 3].sum() if o.draw(f) else 0 for o in overlays) for f in range(8, 72)]

    assert presence[:2] == [0, 0]
    assert presence[-2:] == [0, 0]
    assert 0 < presence[2] < presence[6] < presence[30]
    assert presence[30] > presence[-5] > presence[-3] > 0


def test_a_settled_caption_returns_the_very_same_array():
    for overlay in caption("Mornings, made lighter", kicker="New"):
        assert overlay.draw(40)[0] is overlay.draw(41)[0]


def test_typed_words_come_one_after_the_other():
    overlays = caption("one two three", style=CaptionStyle("#ff8a3d", entrance="type"))
    line = overlays[-1]
    rights = [np.flatnonzero((line.draw(f)[0][..., 3] > 60).any(axis=0)).max() for f in (15, 20, 26, 40)]

    assert rights[0] < rights[1] < rights[2] == rights[3]


def test_typed_japanese_comes_within_the_first_half_of_its_stay():
    lines = caption(TEXTS["japanese"], first=0, last=80, style=CaptionStyle(entrance="type"))[2:]

    assert len(lines) == 2
    assert lines[1].draw(12) is None
    assert all(line.draw(56)[0] is line.draw(57)[0] for line in lines)


def test_a_typed_right_to_left_line_begins_on_the_right():
    line = caption("العطر الجديد كل صباح", style=CaptionStyle(entrance="type"))[-1]
    early = np.flatnonzero((line.draw(16)[0][..., 3] > 60).any(axis=0))

    assert early.min() > line.draw(50)[0].shape[1] / 2


def test_a_caption_of_a_few_frames_still_shows():
    overlays = caption("Go", first=0, last=4)

    assert any(overlay.draw(1) for overlay in overlays[1:])


def test_no_text_is_no_caption():
    assert caption(" \n ") == []


def test_what_fits_is_told_from_what_does_not():
    assert fits("Sleep better with every breath", size=(1920, 1080))
    assert fits("朝を、もっと軽く。", size=(1080, 1920))
    assert not fits(TEXTS["long"], size=(1920, 1080))
    assert not fits("one\ntwo\nthree", size=(1920, 1080))


@pytest.mark.parametrize("accent", ["red", "#12", "#12345g", "url(x)"])
def test_an_accent_that_is_no_colour_is_refused(accent):
    with pytest.raises(InputError, match="Write it as #rrggbb"):
        CaptionStyle(accent)


def test_an_unknown_entrance_is_refused():
    with pytest.raises(InputError, match="Choose one of: rise, type"):
        CaptionStyle(entrance="spin")


def test_a_dark_accent_is_lightened_where_it_stands_on_shade():
    assert CaptionStyle("#000000").accent_on_dark != "#000000"
    assert luminance(CaptionStyle("#102a6b").accent_on_dark) >= 0.48
    assert CaptionStyle("#ffe08a").accent_on_dark == "#ffe08a"


@pytest.mark.parametrize(("accent", "ink"), [("#ffd23d", "#111114"), ("#102a6b", "#ffffff")])
def test_the_call_to_action_reads_on_its_pill(accent, ink):
    assert CaptionStyle(accent).ink_on_accent == ink


def end_card(*, brand="Aurora", tagline="Mornings, made lighter.", act="Try it free", logo=None, size=(640, 360)):
    return end_card_overlays(brand, tagline, act, logo=logo, first=0, last=60, fps=30, size=size, style=STYLE)


def test_an_end_card_stays_to_its_last_frame():
    overlays = end_card()

    assert (laid(overlays, 59, size=(640, 360)).min(axis=2) > 250).sum() > 500
    assert all(overlay.draw(59)[0] is overlay.draw(58)[0] for overlay in overlays)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_an_end_card_leaves_the_product_untouched(size):
    """The right of a wide film and the lower part of another are as they were, to the last level."""
    last = laid(end_card(size=size), 59, size=size, grey=180)
    product = last[:, round(0.62 * size[0]) :] if size == SIZES["16:9"] else last[round(0.54 * size[1]) :]

    assert (product == 180).all()
    assert last[2, 2].max() < 80


@pytest.mark.parametrize("brand", ["Aurora", "Nimbus & Söhne International"])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_an_end_card_reads_on_white(brand, size):
    overlays = end_card(brand=brand, size=size, act="")
    left, top, right, bottom = ink_box(overlays, 59)

    assert contrast_with_white(laid(overlays[:1], 59, size=size)[top:bottom, left:right]) > 3


def test_the_pill_of_an_end_card_has_the_accent_colour():
    last = laid(end_card(), 59, size=(640, 360), grey=0)

    assert (np.abs(last - [255, 138, 61]).max(axis=2) < 3).sum() > 500


def test_parts_of_an_end_card_come_one_after_the_other():
    overlays = end_card()
    starts = [next(f for f in range(60) if overlay.draw(f)) for overlay in overlays]

    assert starts == sorted(starts)
    assert len(set(starts)) == len(starts) == 4


def test_empty_parts_of_an_end_card_are_left_out():
    assert len(end_card(tagline="", act=" ")) == 2


@pytest.mark.parametrize("size", SIZES.values(), ids=["16x9", "9x16", "1x1"])
def test_a_wordy_end_card_stays_in_its_words_box(size):
    words = end_card(brand="Nimbus & Söhne International", tagline=TEXTS["latin"] * 2, act="Join now 🎁", size=size)

    assert is_inside(ink_box(words, 59), words_box(size, "end_card"), size)


def test_words_of_a_wide_end_card_stand_left_in_the_middle():
    left, top, _, bottom = ink_box(end_card(), 59)

    assert left == pytest.approx(64, abs=3)
    assert (top + bottom) / 2 == pytest.approx(180, abs=4)


def test_words_of_a_square_end_card_stand_in_the_middle_of_its_head():
    left, _, right, _ = ink_box(end_card(size=(360, 360)), 59)

    assert (left + right) / 2 == pytest.approx(180, abs=2)


def test_a_logo_is_scaled_without_its_unseen_colours(tmp_path):
    pixels = np.zeros((400, 900, 4), np.uint8)
    pixels[..., 0] = 255  # transparent red around a blue disc
    rows, columns = np.ogrid[:400, :900]
    pixels[(rows - 200) ** 2 + (columns - 450) ** 2 < 150**2] = (0, 0, 255, 255)
    Image.fromarray(pixels).save(tmp_path / "logo.png")

    logo, x, _ = end_card(logo=tmp_path / "logo.png")[1].draw(59)

    assert logo.shape[0] == logo.shape[1] == round(0.12 * 360)
    assert x == 64
    assert logo[logo[..., 3] > 20][:, 0].max() < 8


def test_a_logo_that_is_no_picture_or_empty_is_refused(tmp_path):
    (tmp_path / "logo.png").write_text("no picture")
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(tmp_path / "empty.png")

    with pytest.raises(AssetError, match="can't be read"):
        end_card(logo=tmp_path / "logo.png")
    with pytest.raises(AssetError, match="every pixel is transparent"):
        end_card(logo=tmp_path / "empty.png")
