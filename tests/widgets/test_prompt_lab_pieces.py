"""The pieces of the prompt lab's page: prompts as HTML, the board of tiles, buttons for long work, answers in time."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vgkit.errors import BudgetExceeded, Interrupted
from vgkit.lab.versions import Change
from vgkit.lab.words import BeatEdit, Edits, words_of
from vgkit.widgets.prompt_lab.doer import Doer
from vgkit.widgets.prompt_lab.prompts import prompts, spans, timeline
from vgkit.widgets.prompt_lab.tiles import Tile, Tiles
from vgkit.widgets.prompt_lab.versions import diff_html
from vgkit.widgets.prompt_lab.work import Newest, Stage

BRIEF = {"prompt": "A steel bottle on a table.", "product": "Aurora"}
PIXEL = b"\x89PNG\r\n\x1a\n"


def test_every_beat_has_its_time_and_its_share_of_each_prompt() -> None:
    words = words_of(BRIEF, "product_showcase")
    assert words.storyboard is not None
    assert [span.told for span in spans(words.storyboard)][:2] == ["0 to 3 s", "3 to 9 s"]
    assert timeline(words.storyboard, "reveal").count("aria-current") == 1
    html = prompts(words, "reveal")
    assert html.count("<li class='vg-line") == 15
    assert "reveal 0.83 · hook 0.17" in html


def test_what_the_chosen_beat_says_is_marked_and_nothing_else() -> None:
    words = words_of(BRIEF, "product_showcase")
    first, *_, last = prompts(words, "hook").split("<li ")[1:]
    assert "<mark>extreme close-up of Aurora" in first
    assert "<mark>" not in last


def test_a_hint_of_a_neighbour_is_marked_as_its_own() -> None:
    hinted = words_of(BRIEF | {"duration_s": 60}, "product_showcase")
    line = next(line for line in hinted.lines if "with a hint of" in line.prompt)
    _, neighbour = sorted(line.weights, key=lambda name: -line.weights[name])
    row = next(row for row in prompts(hinted, neighbour).split("<li ")[1:] if f"{line.keyframe} · " in row)
    assert "<mark>with a hint of" in row


def test_a_change_is_told_by_signs_and_by_no_more_than_what_changed() -> None:
    before = words_of(BRIEF, "product_showcase")
    after = words_of(BRIEF, "product_showcase", Edits({"hook": BeatEdit(prompt="wide view of {product}, {prompt}")}))
    rows = prompts(after, "reveal", since=before).split("<li ")[1:]
    assert "<ins><b aria-hidden='true'>+</b>wide view</ins>" in rows[0]
    assert "<del><b aria-hidden='true'>−</b>extreme close-up</del>" in rows[0]
    assert not [row for row in rows[2:] if "<ins>" in row]


def test_a_diff_escapes_what_a_person_typed() -> None:
    html = diff_html([Change("pattern", "added", "<script>"), Change("pattern", "kept", "a & b")])
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert diff_html([]) == ""


def test_a_tile_is_starred_picked_and_sent_on_request(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PIXEL)
    starred: list[tuple[str, bool]] = []
    pairs: list[list[str]] = []
    board = Tiles(
        "The grid",
        on_star=lambda tile, on: starred.append((tile.id, on)),
        on_pair=lambda tiles: pairs.append([tile.id for tile in tiles]),
    )
    sent: list[Any] = []
    board.send = lambda content, buffers=None: sent.append((content, buffers))
    board.lay([Tile(name, name, state="made", path=path) for name in "abc"], columns=["1", "2", "3"], rows=[""])
    board.hear({"want": "a"})
    board.hear({"star": "b", "on": True})
    for name in "abc":
        board.hear({"pick": name, "on": True})
    assert sent == [({"file": "a", "type": "image/png"}, [PIXEL])]
    assert starred == [("b", True)]
    assert pairs == [["a"], ["a", "b"], ["b", "c"]]
    assert [tile["picked"] for tile in board.board["tiles"]] == [False, True, True]


@pytest.mark.parametrize("said", [{"want": "gone"}, {"star": "gone", "on": True}, {"pick": None}, {}, {"want": 7}])
def test_a_board_takes_no_harm_from_what_a_page_says(said: dict[str, Any]) -> None:
    board = Tiles("The grid")
    board.lay([Tile("a", "a")])
    before = board.board
    board.hear(said)
    assert board.board == before


def done(doer: Doer) -> str:
    assert doer.thread is not None
    doer.thread.join()
    return str(doer.said.value)


def working(work: Callable[[threading.Event], str]) -> Doer:
    doer = Doer(Stage(), "try", "Try it", lambda: work)
    doer.price("free")
    return doer


def test_a_button_can_not_be_pressed_before_its_price_is_known() -> None:
    begun: list[str] = []
    doer = Doer(Stage(), "try", "Try it", lambda: lambda stopping: begun.append("now") or "done")
    doer.start.click()
    assert (doer.start.disabled, begun) == (True, [])
    doer.price("about $0.10")
    assert doer.start.description == "Try it · about $0.10"
    doer.price("", refused="No key is set.")
    doer.start.click()
    assert (doer.start.disabled, begun) == (True, [])
    assert "No key is set." in doer.why.value


def test_two_presses_begin_one_piece_of_work() -> None:
    go, begun = threading.Event(), []

    def work(stopping: threading.Event) -> str:
        begun.append("now")
        go.wait()
        return "Done."

    doer = working(work)
    doer.start.click()
    doer.start.click()
    assert doer.start.disabled
    go.set()
    assert "Done." in done(doer)
    assert begun == ["now"]
    assert not doer.start.disabled


def test_cancel_asks_the_work_to_stop_and_says_so() -> None:
    def work(stopping: threading.Event) -> str:
        stopping.wait()
        raise Interrupted("stopped")

    doer = working(work)
    doer.start.click()
    doer.cancel.click()
    assert "Cancelled." in done(doer)
    assert not doer.start.disabled


@pytest.mark.parametrize("error", [BudgetExceeded("$2.00 of <b>$2.00</b> is spent. Raise the cap."), KeyError("oops")])
def test_an_error_is_told_below_the_button_which_can_be_pressed_again(error: Exception) -> None:
    def work(stopping: threading.Event) -> str:
        raise error

    doer = working(work)
    doer.start.click()
    told = done(doer)
    assert "role='alert'" in told
    assert "<b>$2.00" not in told
    assert not doer.start.disabled


def test_only_the_newest_answer_is_shown_even_where_one_fails() -> None:
    shown: list[str] = []
    go, begun = threading.Event(), threading.Event()

    def slow() -> Callable[[], None]:
        begun.set()
        go.wait()
        return lambda: shown.append("old")

    def broken() -> Callable[[], None]:
        raise ValueError("a fault")

    newest = Newest(Stage())
    newest.order(slow)
    begun.wait()
    newest.order(lambda: lambda: shown.append("never asked"))
    newest.order(lambda: lambda: shown.append("new"))
    go.set()
    newest.wait()
    newest.order(broken)
    newest.wait()
    newest.order(lambda: lambda: shown.append("after"))
    newest.wait()
    assert shown == ["new", "after"]
