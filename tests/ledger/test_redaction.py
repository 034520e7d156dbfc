"""No key reaches the record, and no event is lost over one."""

from decimal import Decimal
from pathlib import Path

import pytest

from vgkit.ledger import Events
from vgkit.ledger.redaction import REDACTED, is_secret_name, redact_text

# Put together here so that no scanner takes this file for a leak.
KEYS = [
    "r8_" + "A1b2C3d4" * 5,
    "sk-" + "proj-A1b2C3d4E5f6G7h8",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "hf_" + "A1b2C3d4E5f6G7h8",
    "ghp_" + "A1b2C3d4E5f6G7h8I9j0",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_within_a_text_is_blotted_out(tmp_path: Path, key: str) -> None:
    events = Events(tmp_path / "events.jsonl", run_id="r1")
    events.write("call_failed", call="c1", cost_usd=Decimal("0.02"), message=f"401: '{key}' is not valid")
    line = events.path.read_text()
    assert key not in line
    assert f"401: '{REDACTED}' is not valid" in line


def test_a_field_named_like_a_secret_is_blotted_out_at_any_depth(tmp_path: Path) -> None:
    events = Events(tmp_path / "events.jsonl", run_id="r1")
    event = events.write(
        "call_submitted",
        call="c1",
        params={"headers": [{"Authorization": "whatever"}], "api_key": "short", "max_tokens": 4, "token": ""},
    )
    assert event["params"] == {
        "headers": [{"Authorization": REDACTED}],
        "api_key": REDACTED,
        "max_tokens": 4,
        "token": "",
    }
    assert "whatever" not in events.path.read_text()


def test_the_key_this_process_was_given_is_known_without_a_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMIK7MDENGbPxRfiCY")
    assert redact_text("denied for wJalrXUtnFEMIK7MDENGbPxRfiCY.") == f"denied for {REDACTED}."


@pytest.mark.parametrize("name", ["SOME_HOST_API_KEY", "RUNPOD_TOKEN", "AWS_ACCESS_KEY_ID", "DB_PASSWORD"])
def test_any_variable_with_a_secrets_name_is_held_to_hold_one(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """An engine of a third party has a host, and a key, of its own."""
    monkeypatch.setenv(name, "plain-looking-words")
    assert redact_text("401 for plain-looking-words") == f"401 for {REDACTED}"


def test_a_variable_that_names_a_file_or_is_short_is_no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path))
    monkeypatch.setenv("GREETING_TOKEN", "hello")
    monkeypatch.setenv("LONG_TOKEN", "x" * 5000)
    said = f"hello, {tmp_path} is not there"
    assert redact_text(said) == said


def test_a_key_is_known_without_the_line_end_it_was_kept_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " local-server-password\n")
    assert redact_text("Illegal header value b'Bearer local-server-password'") == (
        f"Illegal header value b'Bearer {REDACTED}'"
    )


def test_a_key_within_an_address_is_known_as_it_is_written_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalr/UtnFEMI+K7MDENG")
    assert redact_text("/?secret=wJalr%2FUtnFEMI%2BK7MDENG&x=1") == f"/?secret={REDACTED}&x=1"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Authorization: Bearer abc123def456", f"Authorization: Bearer {REDACTED}"),
        ("Authorization: Basic dXNlcjpwYXNz1==", f"Authorization: Basic {REDACTED}"),
        (
            "can't reach https://me:pa55@proxy.example:3128/v1",
            f"can't reach https://me:{REDACTED}@proxy.example:3128/v1",
        ),
        ("postgres://me:pa55@db/x", f"postgres://me:{REDACTED}@db/x"),
        (r'{"url":"https://b.example/a?e=1\u0026X-Goog-Signature=0a1b"}', None),
        ("https://b.example/a?Key-Pair-Id=K1&Policy=eyJ&Signature=zz", None),
    ],
)
def test_what_follows_the_announcement_of_a_key_is_blotted_out(said: str, left: str | None) -> None:
    assert REDACTED in redact_text(said)
    assert left in (None, redact_text(said))
    assert not any(secret in redact_text(said) for secret in ("0a1b", "eyJ", "zz", "pa55", "def456"))


def test_a_signed_address_loses_its_signature_only() -> None:
    address = "https://bucket.example/film.mp4?X-Amz-Credential=me&X-Amz-Expires=60&X-Amz-Signature=0123abcd"
    assert redact_text(address) == (
        f"https://bucket.example/film.mp4?X-Amz-Credential={REDACTED}&X-Amz-Expires=60&X-Amz-Signature={REDACTED}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "a risk-averse desk-lamp on a disk-shaped table",
        "keyframe k04 in A minor",
        "task-2024-summer-campaign-final",
        "the bearer of a lantern, a standard bearer in basic black-and-white",
        "https://api.replicate.com/v1/predictions: see me@example.com, s03/t01 at 12:30@home",
    ],
)
def test_plain_words_are_left_alone(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize("name", ["key", "keyframe", "tokens", "max_tokens", "secretary", "monkey", "key_frames"])
def test_names_that_only_sound_secret_are_not(name: str) -> None:
    assert not is_secret_name(name)
