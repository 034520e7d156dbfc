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


def test_a_signed_address_loses_its_signature_only() -> None:
    address = "https://bucket.example/film.mp4?X-Amz-Credential=me&X-Amz-Expires=60&X-Amz-Signature=0123abcd"
    assert redact_text(address) == (
        f"https://bucket.example/film.mp4?X-Amz-Credential={REDACTED}&X-Amz-Expires=60&X-Amz-Signature={REDACTED}"
    )


@pytest.mark.parametrize(
    "text",
    ["a risk-averse desk-lamp on a disk-shaped table", "keyframe k04 in A minor", "task-2024-summer-campaign-final"],
)
def test_plain_words_are_left_alone(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize("name", ["key", "keyframe", "tokens", "max_tokens", "secretary", "monkey", "key_frames"])
def test_names_that_only_sound_secret_are_not(name: str) -> None:
    assert not is_secret_name(name)
