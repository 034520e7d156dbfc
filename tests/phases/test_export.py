"""The film is handed over once, whole and verified; what it took is told, and no signature is ever kept."""

import json
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from buckets import SECRET_KEY, keys_in, moto_host, new_bucket, sign_in
from builders import run

from vgkit.cleaning import clean_run
from vgkit.errors import ParameterError, PhaseNotReady, StoreError
from vgkit.files import sha256_of, write_text
from vgkit.ledger import read_events
from vgkit.ledger.redaction import redact
from vgkit.media.frames import write_clip
from vgkit.phases.export import check_settings, export_film, film_link, inputs
from vgkit.phases.sidecar import manifest
from vgkit.phases.step import begin, forget, incomplete, validity
from vgkit.phases.validate import plan_storyboard
from vgkit.run import Run

STEM = "aurora_16x9_6s"


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with moto_host() as endpoint:
        yield endpoint


@pytest.fixture
def films(host: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Any]:
    """The address of a bucket of the test's own, and a client of someone else's to look into it."""
    sign_in(monkeypatch, host)
    name, client = new_bucket(host)
    return f"s3://{name}/spring", client


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Six seconds of film as small as they get, once for all tests."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    write_clip((np.full((36, 64, 3), number, np.uint8) for number in range(180)), path, fps=30)
    return path.read_bytes()


@pytest.fixture
def filmed(runs: Path, picture: bytes) -> Run:
    """A run whose film stands, with as much of what comes before it as an export reads."""
    made = run(name="spring", aspect="16:9")
    plan_storyboard(made)
    fake(made, "animatic", {"animatic/00.png": b"still", "animatic/animatic.mp4": b"moving"})
    fake(made, "chunks", {"chunks/s01/t01.mp4": b"clip", "cut.mkv": b"cut"})
    refilm(made, picture)
    return made


def fake(made: Run, phase: str, files: dict[str, bytes], *, lesser: tuple[str, ...] = ()) -> None:
    with begin(made, phase, {"of": str(files)}) as step:
        step.degraded.extend(lesser)
        for name, content in files.items():
            made.path(name).parent.mkdir(parents=True, exist_ok=True)
            made.path(name).write_bytes(content)
            step.make(made.path(name))


def refilm(made: Run, film: bytes) -> None:
    fake(made, "refine", {"film.mp4": film, "music.wav": b"music", "music_raw.wav": b"raw"})


def refilm_with_more(made: Run, film: bytes) -> None:
    """As the refine phase leaves it where other aspects and masters were asked for."""
    more = {"film_9x16.mp4": film + b"9x16", "film_prores.mov": b"prores", "film_lossless.mkv": b"lossless"}
    fake(made, "refine", {"film.mp4": film, "music.wav": b"music", "music_raw.wav": b"raw", **more})


def bucket_of(address: str) -> str:
    return address.split("/")[2]


def test_with_no_destination_all_is_copied_into_the_run_s_own_folder(filmed: Run) -> None:
    told = export_film(filmed)
    there = sorted(file.name for file in filmed.path("export").iterdir())
    assert there == [f"{STEM}.jpg", f"{STEM}.json", f"{STEM}.mp4", f"{STEM}_sheet.jpg"]
    assert told.lines[0] == f"The film is at {filmed.path('export') / STEM}.mp4"
    assert sha256_of(filmed.path("export") / f"{STEM}.mp4") == sha256_of(filmed.path("film.mp4"))
    assert film_link(filmed).address == (filmed.path("export") / f"{STEM}.mp4").as_uri()


def test_a_film_goes_to_a_bucket_with_all_that_belongs_to_it(filmed: Run, films: tuple[str, Any]) -> None:
    address, client = films
    told = export_film(filmed, destination=address)
    endings = (".jpg", ".json", ".mp4", "_sheet.jpg")
    assert keys_in(client, bucket_of(address)) == [f"spring/{STEM}{ending}" for ending in endings]
    assert told.lines[0] == f"The film is at {address}/{STEM}.mp4"
    assert told.alerts == ()
    link = told.lines[1].split(": ", 1)[1]
    with urllib.request.urlopen(link) as reply:
        assert reply.read() == filmed.path("film.mp4").read_bytes()
        assert f'filename="{filmed.storyboard.title} 16x9 6s.mp4"' in reply.headers["Content-Disposition"]


def test_a_link_lasts_as_long_as_was_asked(filmed: Run, films: tuple[str, Any]) -> None:
    assert "X-Amz-Expires=604800&" in str(export_film(filmed, destination=films[0]))
    link = film_link(filmed, link_days=0.5)
    assert "X-Amz-Expires=43200&" in link.address
    assert link.until.strip() in str(link)


def test_no_signature_and_no_key_is_kept_anywhere(
    filmed: Run, films: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session-token-of-a-test")
    address, client = films
    told = export_film(filmed, destination=address)
    assert "ends with that session" in told.alerts[0]
    kept = b"".join(file.read_bytes() for file in filmed.folder.rglob("*") if file.is_file())
    stored = [client.get_object(Bucket=bucket_of(address), Key=key) for key in keys_in(client, bucket_of(address))]
    for secret in (SECRET_KEY, "X-Amz-Signature", "session-token-of-a-test"):
        assert secret.encode() not in kept
        assert not any(secret.encode() in each["Body"].read() for each in stored)
    link = film_link(filmed)
    for shown in (repr(told), told._repr_html_(), link._repr_html_(), repr(link)):
        blotted = redact(shown)
        assert "session-token-of-a-test" not in blotted
        assert "X-Amz-Signature=[redacted]" in blotted


def test_what_lies_where_is_on_record_with_the_link_s_end(filmed: Run, films: tuple[str, Any]) -> None:
    export_film(filmed, destination=films[0])
    told = {event["name"]: event for event in read_events(filmed.events.path).of("artifact")}
    film = told[f"{STEM}.mp4"]
    assert (film["path"], film["sha256"]) == (f"{films[0]}/{STEM}.mp4", sha256_of(filmed.path("film.mp4")))
    record = json.loads(filmed.path("export.json").read_text())
    assert record["link_expires_at"] == film["media"]["link_expires_at"]
    assert record["files"]["manifest.json"]["address"] == f"{films[0]}/{STEM}.json"


def test_exporting_again_to_the_same_place_changes_nothing(filmed: Run, films: tuple[str, Any]) -> None:
    address, client = films
    export_film(filmed, destination=address)
    before = client.list_objects_v2(Bucket=bucket_of(address))["Contents"]
    forget(filmed, "export")
    told = export_film(filmed, destination=address)
    assert client.list_objects_v2(Bucket=bucket_of(address))["Contents"] == before
    assert told.lines[0].endswith("(it was there already)")


def test_a_newer_film_gets_a_number_and_the_older_keeps_its_address(
    filmed: Run, films: tuple[str, Any], picture: bytes
) -> None:
    address, client = films
    export_film(filmed, destination=address)
    refilm(filmed, picture + b"\0\0\0\x08free")
    told = export_film(filmed, destination=address)
    assert told.lines[:2] == (
        f"The film is at {address}/{STEM}_2.mp4",
        f"Other files have the name {STEM} there, so these are called {STEM}_2.",
    )
    old = client.get_object(Bucket=bucket_of(address), Key=f"spring/{STEM}.mp4")["Body"].read()
    assert old == picture


def test_an_export_that_failed_goes_on_with_what_is_there(
    filmed: Run, films: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, client = films
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(StoreError, match="does not answer"):
        export_film(filmed, destination=address)
    assert not filmed.path("phases/export.json").exists()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", client.meta.endpoint_url)
    client.put_object(Bucket=bucket_of(address), Key=f"spring/{STEM}.mp4", Body=filmed.path("film.mp4").read_bytes())
    export_film(filmed, destination=address)
    record = json.loads(filmed.path("export.json").read_text())
    assert [each["kept"] for each in record["files"].values()] == [True, False, False, False]


def test_intermediates_are_stored_tagged_and_removed_here_and_there(filmed: Run, films: tuple[str, Any]) -> None:
    address, client = films
    export_film(filmed, destination=address, intermediates="store")
    beside = [key for key in keys_in(client, bucket_of(address)) if f"{STEM}_intermediate/" in key]
    assert {key.split("_intermediate/")[1] for key in beside} == {
        *("plan.json", "storyboard.json", "animatic/00.png", "animatic/animatic.mp4", "chunks/s01/t01.mp4"),
        *("music.wav", "music_raw.wav"),
    }
    told = export_film(filmed, destination=address, intermediates="remove")
    assert len(keys_in(client, bucket_of(address))) == 4
    assert "7 files beside the film" in told.lines[-1]
    assert not filmed.path("cut.mkv").exists()
    assert filmed.path("film.mp4").exists()
    assert filmed.path("animatic/00.png").exists()


def test_nothing_is_removed_before_the_film_is_safe(
    filmed: Run, films: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(StoreError):
        export_film(filmed, destination=films[0], intermediates="remove")
    assert filmed.path("cut.mkv").exists()
    assert filmed.path("chunks/s01/t01.mp4").exists()


def test_what_was_removed_is_not_made_again_to_export_elsewhere(filmed: Run, tmp_path: Path) -> None:
    export_film(filmed, intermediates="remove")
    before = filmed.path("manifest.json").read_text()
    assert incomplete(filmed, before="refine") == ("animatic", "chunks")
    assert incomplete(filmed, before="export") == ()
    export_film(filmed, destination=str(tmp_path / "client"))
    assert filmed.path("manifest.json").read_text() == before


def test_a_folder_gets_intermediates_too_and_keeps_what_is_not_ours(filmed: Run, tmp_path: Path) -> None:
    folder = tmp_path / "client"
    export_film(filmed, destination=str(folder), intermediates="store")
    beside = folder / f"{STEM}_intermediate"
    assert (beside / "chunks/s01/t01.mp4").read_bytes() == b"clip"
    write_text(beside / "notes.txt", "mine")
    export_film(filmed, destination=str(folder), intermediates="remove")
    assert [file.name for file in beside.rglob("*")] == ["notes.txt"]


def test_a_film_that_is_gone_from_its_bucket_is_said(filmed: Run, films: tuple[str, Any]) -> None:
    address, client = films
    export_film(filmed, destination=address)
    client.delete_object(Bucket=bucket_of(address), Key=f"spring/{STEM}.mp4")
    assert "is not there any more" in export_film(filmed, destination=address).alerts[0]
    with pytest.raises(StoreError, match=r"Export again with --force"):
        film_link(filmed)


def test_a_degraded_film_says_so_wherever_it_goes(filmed: Run) -> None:
    fake(filmed, "chunks", {"chunks/s01/t01.mp4": b"clip"}, lesser=("s02",))
    told = export_film(filmed)
    assert json.loads((filmed.path("export") / f"{STEM}.json").read_text())["degraded"] == ["s02"]
    assert told.alerts == ("Degraded: s02 show their still in motion instead of a clip.",)


def test_the_sidecar_counts_every_attempt_and_every_call_up_to_the_export(filmed: Run) -> None:
    call = {"phase": "chunks", "role": "video", "engine": "zeroscope", "host": "replicate"}
    events = filmed.events
    events.write("call_failed", call="a", cost_usd=Decimal("0.04"), **call)
    events.write("phase_failed", phase="chunks", error="EngineFailed", message="no", seconds=100.0)
    events.write("call_settled", call="b", cost_usd=Decimal("0.11"), **call)
    events.write("call_settled", call="b", cost_usd=Decimal("0.12"), **call)
    export_film(filmed)
    told = json.loads(filmed.path("manifest.json").read_text())
    assert (told["phases"]["chunks"]["cost_usd"], told["cost_usd"]) == ("0.16", "0.16")
    assert told["phases"]["chunks"]["seconds"] >= 100
    assert "export" not in told["phases"]
    assert told == json.loads(json.dumps(manifest(filmed)))  # the export itself does not change it


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"destination": "s3://My_Films"}, "destination: 'My_Films' can't be a bucket's name"),
        ({"intermediates": "burn"}, "intermediates: 'burn' is none of keep, store, remove"),
        ({"link_days": 8.0}, "link_days: 8 is out of range; a signed link lasts up to 7 days"),
        ({"link_days": 0.0}, "link_days: 0 is out of range"),
        ({"previews": "gif, apng"}, "previews: 'apng' is none of gif, webp"),
    ],
)
def test_a_setting_that_can_not_be_is_refused_before_anything_is_made(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        check_settings(**settings)


def test_there_is_no_link_before_the_export(filmed: Run) -> None:
    with pytest.raises(PhaseNotReady, match=r"has no export.json yet. Run phase 'export' first"):
        film_link(filmed)


def test_how_long_a_link_lasts_makes_nothing_again(filmed: Run, films: tuple[str, Any]) -> None:
    export_film(filmed, destination=films[0], link_days=1.0)
    assert validity(filmed, "export", inputs(filmed, destination=films[0], link_days=2.0)).valid


def test_an_exported_run_can_be_cleaned(filmed: Run) -> None:
    assert clean_run(filmed, really=True) == 0
    export_film(filmed)
    assert clean_run(filmed, really=False) == len(b"moving" + b"clip" + b"cut" + b"raw")
    assert filmed.path("cut.mkv").exists()
    assert clean_run(filmed, really=True) > 0
    assert not filmed.path("cut.mkv").exists()


def test_films_of_other_aspects_and_masters_go_along_under_names_of_their_own(
    filmed: Run, films: tuple[str, Any], picture: bytes
) -> None:
    refilm_with_more(filmed, picture)
    address, client = films
    told = export_film(filmed, destination=address)
    names = ("aurora_16x9_6s_lossless.mkv", "aurora_16x9_6s_prores.mov", "aurora_9x16_6s.mp4")
    assert {key.split("/")[1] for key in keys_in(client, bucket_of(address))} == {
        *(f"{STEM}{ending}" for ending in (".jpg", ".json", ".mp4", "_sheet.jpg")),
        *names,
    }
    record = json.loads(filmed.path("export.json").read_text())
    assert (record["name"], record["wished"]) == (STEM, STEM)
    assert record["files"]["film_9x16.mp4"]["sha256"] == sha256_of(filmed.path("film_9x16.mp4"))
    assert {row[0] for row in told.tables[0].rows} >= {"film_9x16.mp4", "film_prores.mov", "film_lossless.mkv"}
    artifacts = json.loads(filmed.path("manifest.json").read_text())["artifacts"]
    assert artifacts["film_prores.mov"] == sha256_of(filmed.path("film_prores.mov"))


def test_a_further_film_that_came_or_changed_is_handed_over_too(filmed: Run, tmp_path: Path, picture: bytes) -> None:
    place = str(tmp_path / "client")
    export_film(filmed, destination=place)
    refilm_with_more(filmed, picture)
    assert "film_9x16.mp4" in validity(filmed, "export", inputs(filmed, destination=place)).reason
    export_film(filmed, destination=place)
    # The sidecar lists the new films, so what belongs to it has a number; the other aspect is a film of its own.
    there = {file.name for file in (tmp_path / "client").iterdir()}
    assert {f"{STEM}.mp4", f"{STEM}_2.mp4", f"{STEM}_2_prores.mov", "aurora_9x16_6s.mp4"} <= there


def test_further_films_are_no_intermediates(filmed: Run, tmp_path: Path, picture: bytes) -> None:
    refilm_with_more(filmed, picture)
    export_film(filmed, destination=str(tmp_path / "client"), intermediates="store")
    beside = {file.name for file in (tmp_path / "client" / f"{STEM}_intermediate").rglob("*")}
    assert "music.wav" in beside
    assert not [name for name in beside if name.startswith("film")]
    export_film(filmed, destination=str(tmp_path / "client"), intermediates="remove")
    assert filmed.path("film_prores.mov").exists()


def test_moving_previews_are_made_and_handed_over_where_they_are_asked_for(filmed: Run) -> None:
    export_film(filmed, previews="gif, webp")
    there = {file.name for file in filmed.path("export").iterdir()}
    assert {f"{STEM}_preview.gif", f"{STEM}_preview.webp"} <= there
    assert (filmed.path("export") / f"{STEM}_preview.gif").read_bytes().startswith(b"GIF89a")
    assert validity(filmed, "export", inputs(filmed, previews="gif,webp")).valid
    assert not validity(filmed, "export", inputs(filmed, previews="gif")).valid
