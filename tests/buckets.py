"""Buckets on loopback: moto's server, which is strict as S3 is, and one whose oddities a test chooses."""

import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from moto.server import ThreadedMotoServer
from wire import Call, Reply

ACCESS_KEY, SECRET_KEY = "AKIA0123456789TESTED", "never+to/be/seen0123456789abcdefghijklm1"
_AWS = ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CREDENTIAL_EXPIRATION", "AWS_REGION")


def sign_in(monkeypatch: pytest.MonkeyPatch, endpoint: str = "", **more: str) -> None:
    """Set credentials that no host knows, and where the host is; what this machine has of its own is left out."""
    for name in (*_AWS, "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    named = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_DEFAULT_REGION": "us-west-2"}
    apart = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_MAX_ATTEMPTS": "1"}
    where = {"AWS_ENDPOINT_URL_S3": endpoint} if endpoint else {}
    for name, value in {**named, **apart, "AWS_EC2_METADATA_DISABLED": "true", **where, **more}.items():
        monkeypatch.setenv(name, value)


@contextmanager
def moto_host() -> Iterator[str]:
    """S3 by moto, over HTTP; its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def new_bucket(endpoint: str) -> tuple[str, Any]:
    """Make a bucket under a name that no other test has; its name, and someone else's client to look into it."""
    name = f"films-{secrets.token_hex(5)}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-west-2",
        aws_access_key_id="a-person",
        aws_secret_access_key="who-looks",
    )
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    return name, client


def keys_in(client: Any, bucket: str) -> list[str]:
    return [each["Key"] for each in client.list_objects_v2(Bucket=bucket).get("Contents", [])]


@dataclass
class OddStore:
    """A store that speaks just enough of the protocol, and does not keep to all of it."""

    keeps_metadata: bool = True
    knows_conditions: bool = True
    minds_conditions: bool = True
    tells_md5: bool = True
    damages: bool = False
    hides_missing: bool = False
    objects: dict[str, tuple[bytes, dict[str, str]]] = field(default_factory=dict)

    def answer(self, call: Call) -> Reply:
        key = unquote(urlsplit(call.path).path)
        if call.method == "PUT":
            return self._put(key, call)
        if key not in self.objects:
            return Reply(403 if self.hides_missing else 404, b"")
        body, kept = self.objects[key]
        etag = hashlib.md5(body).hexdigest() if self.tells_md5 else "opaque"
        headers = {"ETag": f'"{etag}"', "Content-Type": "video/mp4", **kept}
        if call.method == "HEAD":
            return Reply(200, b"", {**headers, "Content-Length": str(len(body))})
        return Reply(200, body, headers)

    def _put(self, key: str, call: Call) -> Reply:
        conditional = "if-none-match" in call.headers or "if-match" in call.headers
        if conditional and not self.knows_conditions:
            return refusal(501, "NotImplemented")
        if conditional and self.minds_conditions and call.headers.get("if-match", "") != self._tag(key):
            return refusal(412, "PreconditionFailed")
        kept = {name: value for name, value in call.headers.items() if name.startswith("x-amz-meta-")}
        body = b"?" * len(call.body) if self.damages else call.body
        self.objects[key] = (body, kept if self.keeps_metadata else {})
        return Reply(200, b"", {"ETag": self._tag(key)})

    def _tag(self, key: str) -> str:
        return f'"{hashlib.md5(self.objects[key][0]).hexdigest()}"' if key in self.objects else ""


def refusal(status: int, code: str, **headers: str) -> Reply:
    body = f"<Error><Code>{code}</Code><Message>It was refused.</Message></Error>".encode()
    return Reply(status, body, {"Content-Type": "application/xml", **headers})


def without_address(text: str) -> str:
    """A message with the ports of loopback left out, which differ from run to run."""
    return re.sub(r"127\.0\.0\.1:\d+", "HOST", text)
