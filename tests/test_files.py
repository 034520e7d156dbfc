from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from vgkit.errors import StoreError
from vgkit.files import copy_file, sha256_of, whole, write_json, write_text


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    write_text(path, "before")

    def interrupted() -> None:
        with whole(path) as draft:
            draft.write_text("half of it")
            raise RuntimeError("pulled the plug")

    with pytest.raises(RuntimeError):
        interrupted()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    write_json(tmp_path / "new" / "figures.json", {"straße": 1})
    assert (tmp_path / "new" / "figures.json").read_text() == '{\n  "straße": 1\n}\n'


def test_what_can_not_be_written_is_said_with_the_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"Can't write .*file/inside.txt"):
        write_text(tmp_path / "file" / "inside.txt", "x")


def test_a_copy_has_the_same_digest(tmp_path: Path) -> None:
    write_text(tmp_path / "one", "film" * 1000)
    copy_file(tmp_path / "one", tmp_path / "two", shared=True)
    assert sha256_of(tmp_path / "one") == sha256_of(tmp_path / "two")


def test_two_threads_may_write_the_same_shared_file(tmp_path: Path) -> None:
    path, both = tmp_path / "reading.json", Barrier(2, timeout=30)

    def write(text: str) -> None:
        with whole(path, shared=True) as draft:
            both.wait()
            draft.write_text(text)
            both.wait()

    with ThreadPoolExecutor(2) as threads:
        for one in [threads.submit(write, text) for text in ("first", "second")]:
            one.result()
    assert path.read_text() in ("first", "second")
    assert list(tmp_path.iterdir()) == [path]
