"""A thread that works ahead: how far it goes, and how it ends."""

import os
import sys
import threading
from collections.abc import Iterator

import pytest

from vgkit.errors import NotAClip
from vgkit.media.ahead import ahead

_SOON_S = 10


class Numbers:
    """Numbers from 0 on; says what was made and when it was stopped."""

    def __init__(self, count: int = 1_000_000, *, noticed: int = 1) -> None:
        self.made: list[int] = []
        self.enough, self.stopped = threading.Event(), threading.Event()
        self._count, self._noticed = count, noticed

    def __iter__(self) -> Iterator[int]:
        try:
            for number in range(self._count):
                self.made.append(number)
                if len(self.made) == self._noticed:
                    self.enough.set()
                yield number
        finally:
            self.stopped.set()


def test_everything_comes_in_order_and_then_nothing() -> None:
    read = ahead(iter(range(50)), depth=3)
    assert list(read) == list(range(50))
    assert list(read) == []


def test_work_begins_before_anyone_reads_and_goes_on_to_its_depth() -> None:
    numbers = Numbers(noticed=3)
    with_depth = ahead(iter(numbers), depth=3)
    assert numbers.enough.wait(_SOON_S)
    with_depth.close()
    assert numbers.made == [0, 1, 2]


@pytest.mark.parametrize("depth", [1, 4])
def test_no_more_than_its_depth_is_made_ahead(depth: int) -> None:
    numbers = Numbers(40)
    for read, _ in enumerate(ahead(iter(numbers), depth=depth), start=1):
        assert read <= len(numbers.made) <= read + depth


def test_what_fails_ahead_fails_at_the_reader_and_ends_there() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise NotAClip("gone")

    read = ahead(broken(), depth=4)
    assert next(read) == 1
    with pytest.raises(NotAClip, match="gone"):
        next(read)
    assert list(read) == []


def test_closing_stops_the_work_and_waits_for_it() -> None:
    numbers = Numbers()
    read = ahead(iter(numbers), depth=2)
    assert next(read) == 0
    read.close()
    assert numbers.stopped.is_set()
    assert list(read) == []


def test_letting_go_stops_the_work() -> None:
    numbers = Numbers()
    read = ahead(iter(numbers), depth=2)
    assert next(read) == 0
    del read
    assert numbers.stopped.wait(_SOON_S)


def test_closing_one_closes_the_one_that_it_reads_from() -> None:
    numbers = Numbers()
    read = ahead(ahead(iter(numbers), depth=2), depth=2)
    assert next(read) == 0
    read.close()
    assert numbers.stopped.is_set()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives threads priorities of their own")
def test_a_modest_thread_gives_way_and_the_reader_does_not() -> None:
    def own() -> Iterator[int]:
        yield os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def priorities() -> Iterator[int]:
        yield from own()
        yield from ahead(own(), depth=1)

    (before,) = own()
    assert list(ahead(priorities(), depth=2)) == [before, before]
    assert min(ahead(priorities(), depth=2, modest=True)) > before
    assert list(own()) == [before]
