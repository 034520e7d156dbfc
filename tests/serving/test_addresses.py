"""Addresses lead to what a page may show, and nowhere else."""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from vgkit.serving.addresses import KEY_VARIABLE, address_of, content_type, new_key, opened


@pytest.fixture
def served(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runs folder whose files a server would serve."""
    monkeypatch.setenv(KEY_VARIABLE, "")
    new_key()
    return runs


def put(runs: Path, place: str, content: bytes = b"content") -> Path:
    path = runs / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def follow(address: str) -> bytes | None:
    """What the address leads to, as the server would read it."""
    asked = urlsplit(address)
    _, _, mark, place = asked.path.split("/", 3)
    [save_as] = parse_qs(asked.query).get("save_as", [""])
    file = opened(mark, unquote(place), save_as=save_as)
    if file is None:
        return None
    with file:
        return file.read()


def test_an_address_leads_to_the_file(served: Path) -> None:
    address = address_of(put(served, "kite/chunks/s01/t01.mp4", b"a clip"))
    assert address.startswith("vgkit/files/")
    assert address.endswith("/kite/chunks/s01/t01.mp4")
    assert follow(address) == b"a clip"


def test_a_name_in_any_script_survives_the_way(served: Path) -> None:
    address = address_of(put(served, "kite/export/凧 & wind #2?.mp4"), save_as="凧 100%.mp4")
    assert address.isascii()
    assert follow(address) == b"content"


@pytest.mark.parametrize(
    "place",
    ["kite/film.mp4", "kite/poster.JPG", "kite/animatic/00.png", "kite/export/p.webp", "kite/a.gif", "kite/music.wav"],
)
def test_what_a_page_shows_has_an_address(served: Path, place: str) -> None:
    assert address_of(put(served, place))


def test_the_manifest_has_an_address(served: Path) -> None:
    assert content_type("manifest.json") == "application/json"
    assert address_of(put(served, "kite/export/manifest.json"))


@pytest.mark.parametrize(
    "place",
    [
        *("kite/run.json", "kite/events.jsonl", "kite/run.log", "kite/notebooks/01_validate.ipynb", "kite/film.html"),
        *("kite/inputs/logo.svg", "kite/.hidden/film.mp4", "kite/.film.mp4", ".rehearsals/kite/a.mp4", "loose.mp4"),
    ],
)
def test_what_no_page_may_show_has_no_address(served: Path, place: str) -> None:
    assert address_of(put(served, place)) == ""


def test_no_address_leads_out_of_the_runs(served: Path, tmp_path: Path) -> None:
    outside = put(tmp_path, "elsewhere/film.mp4")
    (served / "kite").mkdir(parents=True)
    link = served / "kite" / "film.mp4"
    link.symlink_to(outside)
    assert address_of(outside) == ""
    assert address_of(link) == ""
    assert address_of(served / "kite" / ".." / ".." / "elsewhere" / "film.mp4") == ""


def test_without_a_server_there_are_no_addresses(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert address_of(put(runs, "kite/film.mp4")) == ""
    assert opened("0" * 64, "kite/film.mp4") is None


def test_an_address_of_one_run_opens_no_other(served: Path) -> None:
    address = address_of(put(served, "kite/film.mp4"))
    put(served, "cone/film.mp4")
    assert follow(address.replace("/kite/", "/cone/")) is None


def test_a_name_for_saving_can_not_be_put_into_an_address_by_hand(served: Path) -> None:
    address = address_of(put(served, "kite/film.mp4"))
    assert follow(f"{address}?save_as=other.exe") is None


def test_an_address_of_another_server_leads_nowhere(served: Path) -> None:
    address = address_of(put(served, "kite/film.mp4"))
    new_key()
    assert follow(address) is None


def test_a_file_that_was_replaced_or_deleted_is_not_found_by_its_old_address(served: Path) -> None:
    film = put(served, "kite/film.mp4", b"first")
    address = address_of(film)
    film.write_bytes(b"second cut")
    assert follow(address) is None
    again = address_of(film)
    film.unlink()
    assert follow(again) is None
    assert address_of(film) == ""


def test_what_was_opened_stays_whole_when_another_takes_its_name(served: Path) -> None:
    film = put(served, "kite/film.mp4", b"first")
    _, _, mark, place = address_of(film).split("/", 3)
    file = opened(mark, place)
    assert file is not None
    with file:
        put(served, "kite/new.mp4", b"second cut").replace(film)
        assert file.read() == b"first"


@pytest.mark.parametrize("place", ["kite/../kite/film.mp4", "/etc/hostname", "kite//film.mp4", "kite/\0.mp4", "", "."])
def test_a_place_that_is_written_otherwise_opens_nothing(served: Path, place: str) -> None:
    _, _, mark, _ = address_of(put(served, "kite/film.mp4")).split("/", 3)
    assert opened(mark, place) is None
    assert opened("é", "kite/film.mp4") is None
