from pathlib import Path

import pytest

from vgkit.errors import ParameterError, StoreError
from vgkit.files import copy_file, sha256_of, whole, write_json, write_text
from vgkit.store import folder_for, put


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


def test_a_film_is_stored_in_a_folder_and_its_address_told(tmp_path: Path) -> None:
    write_text(tmp_path / "film.mp4", "pictures")
    address = put(tmp_path / "film.mp4", tmp_path / "to" / "client", "cut one.mp4")
    assert address == (tmp_path / "to" / "client" / "cut one.mp4").as_uri()
    assert (tmp_path / "to" / "client" / "cut one.mp4").read_text() == "pictures"


@pytest.mark.parametrize("destination", ["s3://bucket/films", "https://example.com/x", "file://host/x"])
def test_a_destination_that_is_no_folder_is_refused(destination: str) -> None:
    with pytest.raises(ParameterError, match="this version exports to a folder"):
        folder_for(destination)


def test_a_folder_may_be_a_path_or_a_file_address(tmp_path: Path) -> None:
    assert folder_for(str(tmp_path)) == folder_for(tmp_path.as_uri()) == tmp_path.resolve()


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    write_text(tmp_path / "film.mp4", "pictures")
    with pytest.raises(StoreError, match=r"destination: .*film.mp4/x can't be made"):
        put(tmp_path / "film.mp4", tmp_path / "film.mp4" / "x", "film.mp4")
