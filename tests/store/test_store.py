"""Where films go: what is there stays, what is written is verified, and a refusal says what to do."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from buckets import ACCESS_KEY, SECRET_KEY, OddStore, keys_in, moto_host, new_bucket, refusal, sign_in, without_address
from wire import Call, Reply, serving

from vgkit.errors import ParameterError, StoreError
from vgkit.files import write_text
from vgkit.places import top_dir
from vgkit.store import Bucket, Content, Folder, content_of, deposit, place_for
from vgkit.store.bucket import put_request
from vgkit.store.client import access_to, client_for, region_of, style_at_aws
from vgkit.store.signing import attachment

WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with moto_host() as endpoint:
        yield endpoint


@pytest.fixture
def films(host: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Bucket, Any]:
    """A bucket of the test's own, and a client of someone else's to look into it."""
    sign_in(monkeypatch, host)
    name, client = new_bucket(host)
    return Bucket(name, "2026/spring"), client


@pytest.fixture
def film(tmp_path: Path) -> Content:
    return written(tmp_path / "film.mp4", "pictures")


def written(path: Path, text: str) -> Content:
    write_text(path, text)
    return content_of(path)


@pytest.mark.parametrize(
    ("destination", "said"),
    [
        ("https://example.com/x", "Give a folder or s3://bucket/prefix"),
        ("file://host/x", "Give a folder or s3://bucket/prefix"),
        ("s3://", "names no bucket"),
        ("s3:bucket", "names no bucket"),
        ("s3://My_Films/x", "'My_Films' can't be a bucket's name"),
        ("s3://ab", "'ab' can't be a bucket's name"),
        ("s3://films..spring", "can't be a bucket's name"),
        ("s3://192.168.5.4", "can't be a bucket's name"),
        ("s3://films-/x", "can't be a bucket's name"),
        ("s3://key:secret@films/x", "can't be a bucket's name"),
        ("s3://films/a//b", "can't be a prefix"),
        ("s3://films/../b", "can't be a prefix"),
        ("s3://films/b?versionId=1", "can't be a prefix"),
        ("s3://films/" + "x" * 900, "the prefix has 900 bytes; the most is 800"),
    ],
)
def test_a_destination_that_is_none_is_refused_before_anything_is_sent(destination: str, said: str) -> None:
    with pytest.raises(ParameterError, match="destination: ") as refused:
        place_for(destination)
    assert said in str(refused.value)


def test_a_bucket_and_its_prefix_are_read_from_the_address() -> None:
    assert place_for("s3://films") == Bucket("films")
    assert place_for("S3://films/2026/spring/") == Bucket("films", "2026/spring")


def test_a_folder_may_be_a_path_or_a_file_address(tmp_path: Path) -> None:
    spaced = tmp_path / "to the client"
    assert place_for(str(spaced)) == place_for(spaced.as_uri()) == Folder(spaced.resolve())
    assert place_for("out") == Folder(top_dir() / "out")


def test_a_film_is_stored_in_a_folder_and_its_address_told(tmp_path: Path, film: Content) -> None:
    stored = Folder(tmp_path / "to" / "client").put(film, "cut one.mp4")
    assert stored is not None
    assert stored.address == (tmp_path / "to" / "client" / "cut one.mp4").as_uri()
    assert (tmp_path / "to" / "client" / "cut one.mp4").read_text() == "pictures"


def test_a_folder_that_can_not_be_made_is_said(film: Content) -> None:
    with pytest.raises(StoreError, match=r"destination: .*film.mp4/x can't be made"):
        Folder(film.path / "x").put(film, "film.mp4")


def test_another_film_of_the_same_name_gets_a_number_and_the_same_one_its_old_name(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "out")
    first, second = written(tmp_path / "one", "first"), written(tmp_path / "two", "second")
    assert deposit(folder, "aurora", {".mp4": first}).name == "aurora"
    assert deposit(folder, "aurora", {".mp4": second}).name == "aurora_2"
    again = deposit(folder, "aurora", {".mp4": first})
    assert (again.name, again.files[".mp4"].kept) == ("aurora", True)
    assert (tmp_path / "out" / "aurora.mp4").read_text() == "first"


def test_a_run_s_own_folder_holds_its_newest_film_only(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "export", replaces=True)
    for text in ("first", "second"):
        assert deposit(folder, "aurora", {".mp4": written(tmp_path / "film", text)}).name == "aurora"
    assert (tmp_path / "export" / "aurora.mp4").read_text() == "second"


def test_a_film_in_a_bucket_carries_its_digest_and_type(films: tuple[Bucket, Any], film: Content) -> None:
    bucket, client = films
    stored = bucket.put(film, "aurora.mp4")
    assert stored is not None
    assert (stored.address, stored.kept) == (f"s3://{bucket.name}/2026/spring/aurora.mp4", False)
    head = client.head_object(Bucket=bucket.name, Key="2026/spring/aurora.mp4")
    assert (head["ContentType"], head["Metadata"]) == ("video/mp4", {"sha256": film.sha256})


def test_a_key_is_written_once(films: tuple[Bucket, Any], film: Content, tmp_path: Path) -> None:
    bucket, client = films
    bucket.put(film, "aurora.mp4")
    again = bucket.put(film, "aurora.mp4")
    assert again is not None
    assert again.kept
    assert bucket.put(written(tmp_path / "other", "PICTURES"), "aurora.mp4") is None
    assert client.get_object(Bucket=bucket.name, Key="2026/spring/aurora.mp4")["Body"].read() == b"pictures"


def test_an_interrupted_export_goes_on_with_what_is_there(films: tuple[Bucket, Any], film: Content) -> None:
    bucket, client = films
    bucket.put(film, "aurora.mp4")
    sidecar = written(film.path.parent / "manifest.json", "{}")
    done = deposit(bucket, "aurora", {".mp4": film, ".json": sidecar})
    assert (done.name, [each.kept for each in done.files.values()]) == ("aurora", [True, False])
    newer = written(film.path.parent / "newer.mp4", "more pictures")
    assert deposit(bucket, "aurora", {".mp4": newer, ".json": sidecar}).name == "aurora_2"
    assert len(keys_in(client, bucket.name)) == 4


def test_a_link_downloads_under_the_film_s_own_name(films: tuple[Bucket, Any], film: Content) -> None:
    bucket, _ = films
    bucket.put(film, "aurora.mp4")
    link = bucket.link("aurora.mp4", lasts=WEEK, name="Été à Paris 16x9.mp4")
    with urllib.request.urlopen(link.address) as reply:
        assert reply.read() == b"pictures"
        assert reply.headers["Content-Type"] == "video/mp4"
        assert "filename*=UTF-8''%C3%89t%C3%A9%20%C3%A0%20Paris%2016x9.mp4" in reply.headers["Content-Disposition"]
    signed = parse_qs(urlsplit(link.address).query)
    assert (signed["X-Amz-Algorithm"], signed["X-Amz-Expires"]) == (["AWS4-HMAC-SHA256"], ["604800"])
    assert "AWSAccessKeyId" not in signed
    assert link.expires_at is not None
    assert abs(link.expires_at - datetime.now(UTC) - WEEK) < timedelta(minutes=5)
    assert link.warning == ""


def test_a_link_to_what_is_not_there_is_refused(films: tuple[Bucket, Any]) -> None:
    bucket, _ = films
    with pytest.raises(StoreError, match=r"aurora.mp4 is not there any more. Export again"):
        bucket.link("aurora.mp4", lasts=WEEK, name="Aurora.mp4")


def test_a_link_signed_in_a_session_is_warned_of(
    films: tuple[Bucket, Any], film: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket, _ = films
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session-token-of-a-test")
    bucket.put(film, "aurora.mp4")
    link = bucket.link("aurora.mp4", lasts=WEEK, name="Aurora.mp4")
    assert "ends with that session" in link.warning
    assert link.expires_at is None


def test_a_link_is_not_signed_past_the_session_s_known_end(
    films: tuple[Bucket, Any], film: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket, _ = films
    ends = datetime.now(UTC) + timedelta(hours=3)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session-token-of-a-test")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", ends.isoformat())
    bucket.put(film, "aurora.mp4")
    link = bucket.link("aurora.mp4", lasts=WEEK, name="Aurora.mp4")
    assert f"ends at {ends:%Y-%m-%d %H:%M} UTC with the session" in link.warning
    assert int(parse_qs(urlsplit(link.address).query)["X-Amz-Expires"][0]) <= 3 * 3600
    short = bucket.link("aurora.mp4", lasts=timedelta(hours=1), name="Aurora.mp4")
    assert short.warning == ""


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Aurora 16x9.mp4", 'attachment; filename="Aurora 16x9.mp4"'),
        ("Größe.mp4", "attachment; filename=\"Groe.mp4\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.mp4"),
        ("夜.mp4", "attachment; filename=\"film.mp4\"; filename*=UTF-8''%E5%A4%9C.mp4"),
        ('a"b\\c/d\n.mp4', 'attachment; filename="abcd.mp4"'),
    ],
)
def test_a_download_s_name_is_safe_in_any_script(name: str, header: str) -> None:
    assert attachment(name) == header


def test_intermediates_are_tagged_and_only_those_are_removed(films: tuple[Bucket, Any], film: Content) -> None:
    bucket, client = films
    bucket.put(film, "aurora.mp4")
    bucket.put(film, "aurora_intermediate/s01.mp4", intermediate=True)
    tags = client.get_object_tagging(Bucket=bucket.name, Key="2026/spring/aurora_intermediate/s01.mp4")["TagSet"]
    assert tags == [{"Key": "kind", "Value": "intermediate"}]
    assert (
        bucket.remove_intermediates(["aurora.mp4", "aurora_intermediate/s01.mp4", "aurora_intermediate/s02.mp4"]) == 1
    )
    assert keys_in(client, bucket.name) == ["2026/spring/aurora.mp4"]


def test_at_aws_the_store_compares_sha256_and_elsewhere_md5(film: Content) -> None:
    there, elsewhere = (put_request(film, "video/mp4", at_aws=at, intermediate=False) for at in (True, False))
    assert there["IfNoneMatch"] == elsewhere["IfNoneMatch"] == "*"
    assert ("ChecksumSHA256" in there, "ContentMD5" in there) == (True, False)
    assert ("ChecksumSHA256" in elsewhere, "ContentMD5" in elsewhere) == (False, True)


def test_no_checksum_that_other_stores_refuse_is_sent_to_them(monkeypatch: pytest.MonkeyPatch, film: Content) -> None:
    store = OddStore()
    with serving(store.answer) as wire:
        sign_in(monkeypatch, wire.address)
        Bucket("films").put(film, "aurora.mp4")
    (put,) = wire.asked("PUT")
    assert urlsplit(put.path).path == "/films/aurora.mp4"
    assert [name for name in put.headers if "checksum" in name or name == "x-amz-trailer"] == []


@pytest.mark.parametrize(
    ("store", "reads"),
    [
        (OddStore(), 0),
        (OddStore(keeps_metadata=False), 0),
        (OddStore(tells_md5=False), 1),
        (OddStore(tells_md5=False, keeps_metadata=False), 1),
        (OddStore(knows_conditions=False), 0),
        (OddStore(hides_missing=True), 0),
    ],
    ids=["plain", "no metadata", "no digest", "neither", "no conditions", "hides what is missing"],
)
def test_an_odd_store_is_believed_only_by_digest_or_by_reading_back(
    monkeypatch: pytest.MonkeyPatch, film: Content, store: OddStore, reads: int
) -> None:
    with serving(store.answer) as wire:
        sign_in(monkeypatch, wire.address)
        stored = Bucket("films").put(film, "aurora.mp4")
    assert stored is not None
    assert not stored.kept
    assert len(wire.asked("GET")) == reads


def test_a_store_that_damages_what_it_is_given_is_found_out(monkeypatch: pytest.MonkeyPatch, film: Content) -> None:
    with serving(OddStore(damages=True).answer) as wire:
        sign_in(monkeypatch, wire.address)
        with pytest.raises(StoreError, match=r"aurora.mp4 does not hold what was sent to it"):
            Bucket("films").put(film, "aurora.mp4")


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (refusal(404, "NoSuchBucket"), "there is no such bucket at http://HOST. Make it, or check its name"),
        (refusal(403, "AccessDenied"), "access denied (PutObject). The key needs s3:GetObject and s3:PutObject"),
        (refusal(403, "InvalidAccessKeyId"), "does not accept the key (InvalidAccessKeyId)"),
        (refusal(403, "SignatureDoesNotMatch"), "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        (refusal(400, "ExpiredToken"), "the session of the AWS credentials has ended (ExpiredToken). Sign in again"),
        (refusal(403, "RequestTimeTooSkewed"), "clock is off by more than 15 minutes"),
        (refusal(503, "SlowDown"), "http://HOST refused (PutObject, SlowDown: It was refused)"),
        (
            refusal(400, "IllegalLocationConstraintException", **{"x-amz-bucket-region": "eu-west-1"}),
            "the bucket is in another region than the one asked (IllegalLocationConstraintException). "
            "Set AWS_REGION=eu-west-1.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_host_refuses_is_said_with_the_next_move(
    monkeypatch: pytest.MonkeyPatch, film: Content, reply: Reply, said: str
) -> None:
    def answer(call: Call) -> Reply:
        return reply if call.method == "PUT" else Reply(404, b"")

    with serving(answer) as wire:
        sign_in(monkeypatch, wire.address)
        with pytest.raises(StoreError) as refused:
            Bucket("films").put(film, "aurora.mp4")
    told = without_address(str(refused.value))
    assert told.startswith("s3://films/aurora.mp4: ")
    assert said in told
    assert told.endswith("The film is safe in the run's folder; go on with `vgkit resume`.")
    assert ACCESS_KEY not in told
    assert SECRET_KEY not in told


def test_a_key_that_is_taken_and_can_not_be_read_is_said(monkeypatch: pytest.MonkeyPatch, film: Content) -> None:
    def answer(call: Call) -> Reply:
        return refusal(412, "PreconditionFailed") if call.method == "PUT" else Reply(403, b"")

    with serving(answer) as wire:
        sign_in(monkeypatch, wire.address)
        with pytest.raises(StoreError, match=r"aurora.mp4 is taken, and the key may not read by what. Give it s3:Get"):
            Bucket("films").put(film, "aurora.mp4")


def test_a_bucket_that_moto_does_not_know_is_named(films: tuple[Bucket, Any], film: Content) -> None:
    with pytest.raises(StoreError, match="s3://no-such-films/aurora.mp4: there is no such bucket"):
        Bucket("no-such-films").put(film, "aurora.mp4")


def test_a_host_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, film: Content) -> None:
    sign_in(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(StoreError, match=r"127.0.0.1:9 does not answer \(EndpointConnectionError\). Check the network"):
        Bucket("films").put(film, "aurora.mp4")


def test_without_credentials_the_message_says_where_they_go(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch, "http://127.0.0.1:9", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    with pytest.raises(StoreError, match="no AWS credentials were found. Put AWS_ACCESS_KEY_ID and"):
        access_to("films")


def test_a_profile_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch, "http://127.0.0.1:9", AWS_PROFILE="nobody")
    with pytest.raises(StoreError, match=r"profile \(nobody\) could not be found"):
        access_to("films")


@pytest.mark.parametrize(
    ("bucket", "host"),
    [("my-films", "my-films.s3.eu-west-3.amazonaws.com"), ("my.films", "s3.eu-west-3.amazonaws.com")],
)
def test_a_link_at_aws_names_the_bucket_s_own_region(monkeypatch: pytest.MonkeyPatch, bucket: str, host: str) -> None:
    sign_in(monkeypatch)
    session = boto3.session.Session()
    client_for(session, region="us-east-1", style="path")  # as it is before the region is known
    client = client_for(session, region="eu-west-3", style=style_at_aws(bucket))
    link = client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a.mp4"}, ExpiresIn=60)
    assert urlsplit(link).netloc == host
    assert "/eu-west-3/s3/aws4_request" in parse_qs(urlsplit(link).query)["X-Amz-Credential"][0]


@pytest.mark.parametrize("status", [200, 403])
def test_a_bucket_s_region_is_told_even_to_whom_all_else_is_denied(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with serving(lambda _: Reply(status, b"", {"x-amz-bucket-region": "eu-west-3"})) as wire:
        sign_in(monkeypatch, wire.address)
        assert region_of(boto3.client("s3"), "films") == "eu-west-3"


def test_a_bucket_that_is_missing_is_named_before_anything_is_stored(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(monkeypatch, host)
    with pytest.raises(StoreError, match="s3://no-such-films: there is no such bucket"):
        region_of(boto3.client("s3"), "no-such-films")


def test_the_lifecycle_rule_of_the_page_is_accepted(films: tuple[Bucket, Any]) -> None:
    bucket, client = films
    page = (top_dir() / "docs" / "export.md").read_text("utf-8")
    rules = json.loads(page.split("```json\n")[1].split("```")[0])
    client.put_bucket_lifecycle_configuration(Bucket=bucket.name, LifecycleConfiguration=rules)
    (rule,) = client.get_bucket_lifecycle_configuration(Bucket=bucket.name)["Rules"]
    assert (rule["Filter"], rule["Expiration"]) == (
        {"Tag": {"Key": "kind", "Value": "intermediate"}},
        {"Days": 30},
    )
