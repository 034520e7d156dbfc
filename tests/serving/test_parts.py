"""A player asks for parts of a film by the ``Range`` header."""

import pytest

from vgkit.serving.files import part_of


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("", range(100)),
        ("bytes=0-", range(100)),
        ("bytes=0-0", range(1)),
        ("bytes=10-19", range(10, 20)),
        ("bytes=90-", range(90, 100)),
        ("bytes=90-500", range(90, 100)),
        ("bytes=-30", range(70, 100)),
        ("bytes=-500", range(100)),
    ],
)
def test_a_part_is_what_was_asked_for_as_far_as_there_is_any(asked: str, part: range) -> None:
    assert part_of(asked, 100) == part


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=900-1000", "bytes=-0"])
def test_past_the_end_there_is_nothing(asked: str) -> None:
    assert part_of(asked, 100) is None


@pytest.mark.parametrize("asked", ["bytes=-", "bytes=5-3", "bytes=0-1,5-6", "lines=0-1", "bytes=a-b", "bytes=٣-"])
def test_what_is_no_single_part_gives_the_whole(asked: str) -> None:
    assert part_of(asked, 100) == range(100)


def test_an_empty_file_has_no_parts() -> None:
    assert part_of("", 0) == range(0)
    assert part_of("bytes=0-", 0) is None
