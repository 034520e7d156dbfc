"""The player in a page that stands alone: what is painted is read back from pixels, never from what the player says."""

import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import Camera
from numbered import READ_NUMBERS, numbered_clip
from PIL import Image
from playwright.sync_api import Page, expect

from vgkit.player import Mark, Shown, html, shown_clip, with_strips
from vgkit.player.embed import policy

pytestmark = pytest.mark.browser

DARK, LIGHT = 60, 160
# Samples both films at every repaint until the first has come to a frame.
_SAMPLE = f"""({{ until }}) => new Promise(resolve => {{
    const read = {READ_NUMBERS}, pictures = [...document.querySelectorAll('.vgp canvas')], seen = []
    const look = () => {{
        seen.push(read(pictures))
        const ended = document.querySelector('.vgp-bar button:nth-child(2)').textContent === 'Play'
        seen.at(-1)[0] >= until || ended ? resolve(seen) : requestAnimationFrame(look)
    }}
    look()
}})"""

# Notes which frames the browser had painted each time that the player said it was there.
_NOTE_ARRIVALS = """() => {
    const videos = [...document.querySelectorAll('.vgp video')], root = document.querySelector('.vgp')
    const painted = videos.map(() => 0)
    videos.forEach((video, at) => {
        const seen = (_, frame) => {
            painted[at] = Math.floor(frame.mediaTime * 30 + 1e-3)
            video.requestVideoFrameCallback(seen)
        }
        video.requestVideoFrameCallback(seen)
    })
    window.arrivals = []
    const look = () => root.getAttribute('aria-busy') === 'false' && window.arrivals.push([...painted])
    new MutationObserver(look).observe(root, { attributeFilter: ['aria-busy'] })
}"""
# Drags over the line, on as soon as a seek has begun and so before it ends, and samples what both films show meanwhile.
_DRAG = f"""() => new Promise(resolve => {{
    const read = {READ_NUMBERS}, pictures = [...document.querySelectorAll('.vgp canvas')], seen = []
    const time = document.querySelector('.vgp-time'), {{ left, top, width }} = time.getBoundingClientRect()
    time.setPointerCapture = () => 0
    const tell = (name, share) => time.dispatchEvent(
        new PointerEvent(name, {{ clientX: left + share * width, clientY: top + 4, pointerId: 1, bubbles: true }}))
    const move = () => {{
        seen.push(read(pictures))
        seen.length < 60 ? tell('pointermove', seen.length / 70) : resolve(seen)
    }}
    document.querySelector('.vgp video').addEventListener('seeking', move)
    tell('pointerdown', 0.5)
}})"""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    return {
        "dark": numbered_clip(folder / "dark.mp4", frames=330, ground=DARK),
        "light": numbered_clip(folder / "light.mp4", frames=330, ground=LIGHT),
        "slow": numbered_clip(folder / "slow.mp4", frames=32, fps=8, ground=LIGHT),
        "ntsc": numbered_clip(folder / "ntsc.mp4", frames=300, fps=Fraction(24000, 1001), ground=LIGHT),
        "square": numbered_clip(folder / "square.mp4", frames=60, ground=LIGHT, size=(320, 320)),
    }


@pytest.fixture
def play(page: Page, tmp_path: Path) -> Callable[..., Page]:
    """Open a page with a player for some films."""

    def opened(*shown: Shown, **how: Any) -> Page:
        head = f"<meta charset='utf-8'><meta http-equiv='Content-Security-Policy' content=\"{policy()}\">"
        head += "<meta name='viewport' content='width=device-width'><title>player</title>"
        text = f"<!doctype html><html lang='en'><head>{head}</head><body>{html(*shown, beside=tmp_path, **how)}</body>"
        (tmp_path / "page.html").write_text(text, "utf-8")
        page.goto((tmp_path / "page.html").as_uri())
        settled(page)
        return page

    return opened


def settled(page: Page) -> None:
    expect(page.locator(".vgp")).to_have_attribute("aria-busy", "false")


def painted(page: Page) -> list[int]:
    """The numbers of the frames on the screen, once they are there."""
    settled(page)
    found: list[int] = page.locator(".vgp canvas").evaluate_all(READ_NUMBERS)
    return found


def press(page: Page, *keys: str) -> list[int]:
    page.locator(".vgp").focus()
    for key in keys:
        page.keyboard.press(key)
    return painted(page)


def screen(page: Page) -> np.ndarray[Any, Any]:
    """What the browser shows where the films are, as RGB (h, w, 3)."""
    page.mouse.move(0, 0)
    picture = page.locator(".vgp-screens").screenshot()
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def level(shown: np.ndarray[Any, Any], across: float, down: float = 0.7) -> int:
    """The grey at a place, in shares of width and height."""
    height, width = shown.shape[:2]
    return int(shown[int(down * height), int(across * width), 1])


def sampled(page: Page, *, until: int) -> list[tuple[int, int]]:
    found: Sequence[Any] = page.evaluate(_SAMPLE, {"until": until})
    return [(first, second) for first, second in found]


@pytest.mark.slow
def test_two_films_stay_within_a_frame_of_each_other_over_ten_seconds(
    play: Callable[..., Page], clips: dict[str, Path]
) -> None:
    page = play(shown_clip(clips["dark"]), shown_clip(clips["light"]))
    page.get_by_role("button", name="Play").click()
    seen = sampled(page, until=310)
    assert len(seen) > 100
    assert max(first for first, _ in seen) >= 300
    assert [pair for pair in seen if min(pair) < 0 or abs(pair[0] - pair[1]) > 1] == []


@pytest.mark.slow
@pytest.mark.parametrize(("other", "fps"), [("slow", 8.0), ("ntsc", 24000 / 1001)])
def test_films_of_other_rates_go_by_time(
    play: Callable[..., Page], clips: dict[str, Path], other: str, fps: float
) -> None:
    page = play(shown_clip(clips["dark"]), shown_clip(clips[other]))
    page.get_by_role("button", name="Play").click()
    seen = sampled(page, until=110)
    # Each frame stands for a stretch of time; between the two stretches there is never room for another frame.
    between = [max(second / fps - (first + 1) / 30, first / 30 - (second + 1) / fps) for first, second in seen]
    assert max(between) < 1 / 30


@pytest.mark.slow
def test_a_film_that_was_put_out_of_step_is_brought_back(play: Callable[..., Page], clips: dict[str, Path]) -> None:
    page = play(shown_clip(clips["dark"]), shown_clip(clips["light"]))
    page.get_by_role("button", name="Play").click()
    sampled(page, until=20)
    for meddling in ("video.currentTime += 1.5", "video.currentTime -= 0.08", "video.pause()"):
        page.locator(".vgp video").nth(1).evaluate(f"video => {{ {meddling} }}")
        at = sampled(page, until=0)[0][0]
        sampled(page, until=at + 45)
        after = sampled(page, until=at + 60)
        assert [pair for pair in after if abs(pair[0] - pair[1]) > 1] == [], meddling


def test_scrubbing_and_stepping_show_the_same_frame_of_both(
    play: Callable[..., Page], clips: dict[str, Path], camera: Camera
) -> None:
    page = play(shown_clip(clips["dark"]), shown_clip(clips["light"]))
    assert painted(page) == [0, 0]
    assert press(page, "End") == [329, 329]
    assert press(page, "Home") == [0, 0]
    assert press(page, ".", ".", "ArrowRight") == [3, 3]
    assert press(page, "Shift+ArrowRight") == [33, 33]
    assert press(page, ",", "ArrowLeft") == [31, 31]
    line = page.get_by_role("slider", name="Moment")
    box = line.bounding_box()
    assert box is not None
    for share in (0.9, 0.1, 0.503, 0.251):
        line.click(position={"x": share * box["width"], "y": 4})
        first, second = painted(page)
        assert first == second == pytest.approx(330 * share, abs=1)
    expect(line).to_have_attribute("aria-valuetext", f"0:{first / 30:05.2f}, frame {first}")
    camera(page, "side", ".vgp")


def test_dragging_over_the_line_ends_at_the_last_place(play: Callable[..., Page], clips: dict[str, Path]) -> None:
    page = play(shown_clip(clips["dark"]), shown_clip(clips["light"]))
    box = page.get_by_role("slider", name="Moment").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    for share in np.linspace(0.1, 0.6, 40):
        page.mouse.move(box["x"] + float(share) * box["width"], box["y"] + 5)
    page.mouse.up()
    first, second = painted(page)
    assert first == second == pytest.approx(198, abs=1)


def test_the_films_are_shown_while_the_line_is_dragged(play: Callable[..., Page], clips: dict[str, Path]) -> None:
    page = play(shown_clip(clips["dark"]), shown_clip(clips["light"]))
    seen: list[list[int]] = page.evaluate(_DRAG)
    assert len({first for first, _ in seen}) > 5
    assert [pair for pair in seen if pair[0] != pair[1]] == []


def test_a_frame_is_there_only_when_it_is_painted(play: Callable[..., Page], clips: dict[str, Path]) -> None:
    page = play(shown_clip(clips["dark"]), shown_clip(clips["light"]))
    page.evaluate(_NOTE_ARRIVALS)
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", ",", "End", "Shift+ArrowLeft", "Home"):
        press(page, key)
    assert page.evaluate("window.arrivals") == [[frame, frame] for frame in (30, 60, 59, 329, 299, 0)]


def test_a_step_is_a_frame_of_the_faster_film(play: Callable[..., Page], clips: dict[str, Path]) -> None:
    page = play(shown_clip(clips["slow"]), shown_clip(clips["dark"]))
    assert press(page, ".", ".", ".") == [0, 3]
    assert press(page, ".") == [1, 4]
    assert press(page, "End") == [31, 119]
    expect(page.locator(".vgp-notices")).to_contain_text("they stop together at 4.00 s")
    expect(page.locator(".vgp-notices")).to_contain_text("8 and 30 frames a second")


def test_at_the_end_of_the_shorter_both_stop_and_play_begins_anew(
    play: Callable[..., Page], clips: dict[str, Path]
) -> None:
    page = play(shown_clip(clips["square"]), shown_clip(clips["dark"]))
    press(page, "End", ",", ",", ",", ",")
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert painted(page) == [59, 59]
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press(" ")
    first, second = painted(page)
    assert first == second < 59


def test_the_border_shows_one_film_on_either_side_of_it(
    play: Callable[..., Page], clips: dict[str, Path], camera: Camera
) -> None:
    page = play(shown_clip(clips["dark"]), shown_clip(clips["light"]))
    press(page, "w")
    shown = screen(page)
    assert [level(shown, across) for across in (0.45, 0.55)] == pytest.approx([DARK, LIGHT], abs=4)
    page.get_by_label("Border").fill("80")
    assert [level(screen(page), across) for across in (0.75, 0.85)] == pytest.approx([DARK, LIGHT], abs=4)
    box = page.locator(".vgp-screens").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"])
    assert [level(screen(page), across) for across in (0.15, 0.25)] == pytest.approx([DARK, LIGHT], abs=4)
    press(page, "s")
    assert [level(screen(page), across) for across in (0.15, 0.25)] == pytest.approx([LIGHT, DARK], abs=4)
    camera(page, "wipe", ".vgp")
    press(page, "w")
    expect(page.locator(".vgp-stage")).to_have_attribute("data-view", "side")


def test_the_difference_is_black_where_both_are_the_same_and_as_bright_as_it_was_asked(
    play: Callable[..., Page], clips: dict[str, Path], camera: Camera
) -> None:
    page = play(shown_clip(clips["dark"]), shown_clip(clips["light"]))
    press(page, "d")
    page.get_by_label("Brighter").select_option("1×")
    shown = screen(page)
    assert level(shown, 0.5) == pytest.approx(LIGHT - DARK, abs=4)
    assert level(shown, 0.15, down=0.05) < 6  # a block of the number, which is the same
    page.get_by_label("Brighter").select_option("2×")
    assert level(screen(page), 0.5) == pytest.approx(2 * (LIGHT - DARK), abs=8)
    press(page, "s")
    assert level(screen(page), 0.5) == pytest.approx(2 * (LIGHT - DARK), abs=8)
    camera(page, "difference", ".vgp")


def test_side_by_side_swapped_films_change_places_and_keep_their_frame(
    play: Callable[..., Page], clips: dict[str, Path]
) -> None:
    page = play(shown_clip(clips["dark"]), shown_clip(clips["light"]))
    press(page, ".", ".", ".", ".", ".")
    lefts = [page.locator(".vgp canvas").nth(film).bounding_box()["x"] for film in (0, 1)]  # type: ignore[index]
    assert lefts[0] < lefts[1]
    assert press(page, "s") == [5, 5]
    assert [page.locator(".vgp canvas").nth(film).bounding_box()["x"] for film in (1, 0)] == lefts  # type: ignore[index]


def test_large_films_are_linked_and_play_from_beside_the_page(play: Callable[..., Page], tmp_path: Path) -> None:
    own = numbered_clip(tmp_path / "own.mp4", frames=30)
    page = play(shown_clip(own), shown_clip(own), inline_bytes=own.stat().st_size)
    sources = page.locator(".vgp video").evaluate_all("videos => videos.map(video => video.src.slice(0, 5))")
    assert sources == ["data:", "file:"]
    page.locator(".vgp").focus()
    page.keyboard.press("End")
    settled(page)
    # What a page holds can be read, what lies beside it only seen: both show the last frame, so they don't differ.
    page.keyboard.press("d")
    assert screen(page)[5:-5, 5:-5].max() < 6


def test_marks_and_strips_stand_under_the_line(
    play: Callable[..., Page], clips: dict[str, Path], tmp_path: Path, camera: Camera
) -> None:
    marks = (Mark(0, "s01"), Mark(0.8, "s02"), Mark(1.96, "a shot with a long name"))
    own = [with_strips(shown_clip(numbered_clip(tmp_path / f"{n}.mp4", frames=60, ground=n))) for n in (60, 160)]
    first = Shown(**{**vars(own[0]), "shots": marks, "beats": (Mark(0, "hook"), Mark(1, "<b>proof</b>"))})
    page = play(first, own[1])
    press(page, *["."] * 30)
    readout = page.locator(".vgp-readout")
    expect(readout).to_contain_text("A frame 30 of 60 · B frame 30 of 60 · beat A <b>proof</b>")
    expect(readout).to_contain_text("shot A s02 · shot B view")
    expect(page.locator(".vgp-mark", has_text="s02").locator("span")).to_be_visible()
    expect(page.locator(".vgp-mark", has_text="a shot with").locator("span")).to_be_hidden()
    strips = page.locator(".vgp-strip")
    expect(strips.locator("small")).to_contain_text(["sharpness (Tenengrad; more is better)", "flicker", "warp error"])
    value = next(strip for strip in first.strips if strip.name == "sharpness").values[30]
    assert value is not None
    expect(strips.first.locator(".vgp-values")).to_contain_text(f"A {value:,.0f}")
    assert strips.first.locator("path").count() == 2
    camera(page, "strips", ".vgp")


@pytest.mark.parametrize("beside", [True, False], ids=["beside another", "alone"])
def test_a_film_that_is_gone_has_a_sentence_in_its_place(
    play: Callable[..., Page], clips: dict[str, Path], tmp_path: Path, camera: Camera, *, beside: bool
) -> None:
    gone = numbered_clip(tmp_path / "gone <i>x.mp4", frames=12)
    shown = shown_clip(gone)
    gone.unlink()
    page = play(shown, *([shown_clip(clips["dark"])] if beside else []))
    expect(page.locator(".vgp-trouble")).to_contain_text("gone <i>x.mp4 is no longer in")
    play_button = page.get_by_role("button", name="Play")
    if beside:
        expect(play_button).to_be_enabled()
        assert press(page, ".", ".") == [2]
    else:
        expect(play_button).to_be_disabled()
    camera(page, "gone", ".vgp")


def test_a_film_that_only_the_browser_finds_broken_has_a_sentence_too(
    play: Callable[..., Page], clips: dict[str, Path], tmp_path: Path
) -> None:
    own = numbered_clip(tmp_path / "own.mp4", frames=30)
    shown = shown_clip(own)
    own.write_bytes(b"not a film")
    page = play(shown, shown_clip(clips["dark"]))
    expect(page.locator(".vgp-trouble")).to_contain_text("own.mp4 can't be played")
    assert press(page, ".", ".", ".") == [3]


def test_one_film_alone_has_no_controls_for_two(
    play: Callable[..., Page], clips: dict[str, Path], camera: Camera
) -> None:
    page = play(shown_clip(clips["square"]))
    expect(page.get_by_role("button", name="Wipe")).to_have_count(0)
    assert press(page, ".", "w", "s", "d") == [1]
    camera(page, "alone", ".vgp")
