"""The bench of pages tells medians, and holds the studio to its word where it is warm."""

from vgkit.bench.pages import MOST_S, Opened, table


def told(*answered_s: float) -> dict[tuple[str, str], tuple[str, ...]]:
    warm = [Opened(1.0, each) for each in answered_s]
    pages = {"warm": {"studio": warm, "prompt lab": warm}, "cold": {"studio": warm}}
    return {row[:2]: row[2:] for row in table(pages, began_s=[1.0, 9.0, 2.0]).rows}


def test_the_median_of_three_openings_is_held_against_what_is_promised() -> None:
    rows = told(60.0, 3.0, 2.0)
    assert rows["studio", "warm"] == ("1.0", "3.0", "<= 5", "yes")
    assert rows["vgkit studio names its address", ""] == ("", "2.0", "", "")


def test_a_studio_that_takes_longer_is_called_out() -> None:
    assert told(MOST_S + 0.1)["studio", "warm"][-1] == "NO"


def test_nothing_is_promised_of_a_cold_server_nor_of_the_prompt_lab() -> None:
    rows = told(60.0)
    assert rows["studio", "cold"][2:] == rows["prompt lab", "warm"][2:] == ("", "")
