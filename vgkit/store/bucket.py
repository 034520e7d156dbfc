"""A bucket of S3, or of a store that speaks its protocol, as the place a film goes to.

A key is written only where nothing lies yet, and what lies there is believed only by a digest that the store itself
worked out, or by reading it back: the metadata say what was meant to be stored, not what was."""

import base64
import hashlib
import ipaddress
import mimetypes
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from vgkit.errors import ParameterError, StoreError
from vgkit.store.client import Access, access_to
from vgkit.store.place import Content, Link, Stored
from vgkit.store.refusals import code_of, in_our_words
from vgkit.store.signing import attachment, lasting, session_warning

_NAME = re.compile(r"(?!xn--|sthree-)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LONGEST_PREFIX_BYTES = 800  # of the 1,024 that a key may have
_TAG = "kind=intermediate"
_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
_KNOWS_NO_CONDITION = ("NotImplemented", "501")
_TRIES = 3
_BLOCK = 1 << 20
_SHA256_BASE64 = 44  # a longer one is a digest of several parts' digests


@dataclass(frozen=True)
class Bucket:
    """A bucket, and the prefix that all keys start with (empty, or without slashes at its ends)."""

    name: str
    prefix: str = ""

    @property
    def replaces(self) -> bool:
        """A bucket never does: others hold addresses of what lies in it."""
        return False

    @cached_property
    def access(self) -> Access:
        """The client for it, set up when it is first needed. Raises StoreError."""
        return access_to(self.name)

    def address(self, key: str) -> str:
        """Where a key lies, as ``s3://``."""
        return f"s3://{self.name}/{self._full(key)}"

    def holds(self, content: Content, key: str) -> bool | None:
        """Whether this very content lies at a key: None where nothing does, False where something else does.

        Where the credentials may not know (a store that hides from them what is missing), it is None too.
        """
        head = self._head(key, unknown=("404", "403"))
        return None if head is None else self._is(content, key, head)

    def put(self, content: Content, key: str, *, intermediate: bool = False) -> Stored | None:
        """Store content at a key and verify it there; None where something else lies there. Raises StoreError."""
        for _ in range(_TRIES):
            standing = self.holds(content, key)
            if standing is not None:
                return Stored(key, self.address(key), content, kept=True) if standing else None
            if self._write(content, key, intermediate=intermediate):
                self._verify(content, key)
                return Stored(key, self.address(key), content, kept=False)
        raise StoreError(
            f"{self.address(key)} is taken, and the key may not read by what. Give it s3:GetObject there, or export "
            "under another prefix."
        )

    def read(self, key: str) -> tuple[bytes, str] | None:
        """What lies at a key and its ETag; None where nothing does, or where that is hidden. Raises StoreError."""
        reply = self._get(key)
        if reply is None:
            return None
        with in_our_words(self.address(key), self.access.endpoint):
            return reply["Body"].read(), str(reply["ETag"])

    def swap(self, key: str, content: bytes, tag: str) -> str | None:
        """Write content where a key still has the ETag ``tag``, by S3's conditional writes. Raises StoreError."""
        from botocore.exceptions import ClientError

        md5 = hashlib.md5(content, usedforsecurity=False).digest()
        condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        request = {**self._request(key), **condition, "Body": content, "ContentMD5": base64.b64encode(md5).decode()}
        with in_our_words(self.address(key), self.access.endpoint):
            try:
                return str(self.access.client.put_object(**request)["ETag"])
            except ClientError as error:
                if code_of(error) in (*_TAKEN, "NoSuchKey", "404"):
                    return None
                if code_of(error) not in _KNOWS_NO_CONDITION:
                    raise
                raise StoreError(
                    f"{self.address(key)}: {self.access.endpoint} knows no conditional writes (If-Match). Choose a "
                    "store that does, as AWS S3 does, or a folder."
                ) from error

    def fetch(self, key: str, out: Path) -> bool:
        """Copy what lies at a key to a file; False where nothing does, or where that is hidden. Raises StoreError."""
        reply = self._get(key)
        if reply is not None:
            with in_our_words(self.address(key), self.access.endpoint), out.open("wb") as file:
                for block in reply["Body"].iter_chunks(_BLOCK):
                    file.write(block)
        return reply is not None

    def remove_intermediates(self, keys: list[str]) -> int:
        """Remove those of the keys that carry the tag of intermediates; return how many. Raises StoreError."""
        tagged = [key for key in keys if self._is_intermediate(key)]
        for key in tagged:
            with in_our_words(self.address(key), self.access.endpoint):
                self.access.client.delete_object(**self._request(key))
        return len(tagged)

    def link(self, key: str, *, lasts: timedelta, name: str) -> Link:
        """Sign an address that downloads a key as ``name``. Raises StoreError where nothing lies there.

        Signing itself asks no one and succeeds for anything, so the key is looked at first.
        """
        head = self._head(key, unknown=("404",))
        if head is None:
            raise StoreError(f"{self.address(key)} is not there any more. Export again with --force.")
        now = datetime.now(UTC)
        warning, ends = session_warning(self.access.credentials, lasts, now)
        seconds = lasting(lasts, ends, now)
        request = self._request(key) | {
            "ResponseContentDisposition": attachment(name),
            "ResponseContentType": _type_of(key),
        }
        address = self.access.client.generate_presigned_url("get_object", request, ExpiresIn=seconds)
        known = None if warning and ends is None else now + timedelta(seconds=seconds)
        return Link(address, known, warning)

    def _full(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _request(self, key: str) -> dict[str, Any]:
        return {"Bucket": self.name, "Key": self._full(key)}

    def _head(self, key: str, *, unknown: tuple[str, ...]) -> Any:
        """What the store says of a key; None where it answers with one of the ``unknown`` statuses."""
        from botocore.exceptions import ClientError

        with in_our_words(self.address(key), self.access.endpoint):
            try:
                return self.access.client.head_object(**self._request(key), ChecksumMode="ENABLED")
            except ClientError as error:
                if code_of(error) in unknown:
                    return None
                raise

    def _get(self, key: str) -> Any:
        from botocore.exceptions import ClientError

        with in_our_words(self.address(key), self.access.endpoint):
            try:
                return self.access.client.get_object(**self._request(key))
            except ClientError as error:
                # Who may not list a bucket is denied what is missing.
                if code_of(error) in ("NoSuchKey", "404", "AccessDenied", "403"):
                    return None
                raise

    def _is(self, content: Content, key: str, head: Any) -> bool:
        meant = head.get("Metadata", {}).get("sha256", content.sha256)
        if head["ContentLength"] != content.size or meant != content.sha256:
            return False
        checksum = head.get("ChecksumSHA256", "")
        if len(checksum) == _SHA256_BASE64:
            return bool(checksum == content.sha256_base64)
        return head.get("ETag", "").strip('"') == content.md5 or self._read_back(key) == content.sha256

    def _read_back(self, key: str) -> str:
        digest = hashlib.sha256()
        with in_our_words(self.address(key), self.access.endpoint):
            for block in self.access.client.get_object(**self._request(key))["Body"].iter_chunks(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def _write(self, content: Content, key: str, *, intermediate: bool) -> bool:
        """Send content where nothing lies; False where something came in between."""
        from botocore.exceptions import ClientError

        request = self._request(key) | put_request(
            content, _type_of(key), at_aws=self.access.at_aws, intermediate=intermediate
        )
        with in_our_words(self.address(key), self.access.endpoint):
            try:
                self._send(content, request)
            except ClientError as error:
                if code_of(error) in _TAKEN:
                    return False
                if code_of(error) not in _KNOWS_NO_CONDITION:
                    raise
                # A store that knows no conditions; that nothing lies there was seen a moment ago.
                self._send(content, {name: value for name, value in request.items() if name != "IfNoneMatch"})
        return True

    def _send(self, content: Content, request: dict[str, Any]) -> None:
        with content.path.open("rb") as body:
            self.access.client.put_object(**request, Body=body)

    def _verify(self, content: Content, key: str) -> None:
        head = self._head(key, unknown=("404",))
        if head is None or not self._is(content, key, head):
            raise StoreError(
                f"{self.address(key)} does not hold what was sent to it. Remove it there and export again."
            )

    def _is_intermediate(self, key: str) -> bool:
        from botocore.exceptions import ClientError

        with in_our_words(self.address(key), self.access.endpoint):
            try:
                tags = self.access.client.get_object_tagging(**self._request(key))["TagSet"]
            except ClientError as error:
                if code_of(error) in ("NoSuchKey", "404"):
                    return False
                raise
        return any(f"{tag['Key']}={tag['Value']}" == _TAG for tag in tags)


def put_request(content: Content, content_type: str, *, at_aws: bool, intermediate: bool) -> dict[str, Any]:
    """What to send beside the bytes: only where nothing lies, with a digest that the store compares.

    SHA-256 at AWS, which keeps it for later; elsewhere MD5, which every store knows.
    """
    digest = {"ChecksumSHA256": content.sha256_base64} if at_aws else {"ContentMD5": content.md5_base64}
    tag = {"Tagging": _TAG} if intermediate else {}
    return {
        "IfNoneMatch": "*",
        "ContentType": content_type,
        "ContentLength": content.size,
        "Metadata": {"sha256": content.sha256},
        **digest,
        **tag,
    }


def bucket_at(destination: str) -> Bucket:
    """The bucket and prefix that ``s3://bucket/prefix`` means. Raises ParameterError for what can be neither."""
    scheme, _, rest = destination.partition("://")
    name, _, prefix = rest.partition("/")
    prefix = prefix.strip("/")
    if scheme.lower() != "s3" or not name:
        raise ParameterError(f"destination: {destination!r} names no bucket. Write s3://bucket/prefix.")
    if not _NAME.fullmatch(name) or ".." in name or _is_ip(name):
        raise ParameterError(
            f"destination: {name!r} can't be a bucket's name. It has 3 to 63 small letters, digits, dots and dashes, "
            "and starts and ends with a letter or digit. Write s3://bucket/prefix."
        )
    parts = prefix.split("/") if prefix else []
    if not prefix.isprintable() or any(part in ("", ".", "..") for part in parts) or set(prefix) & set("\\?#"):
        raise ParameterError(
            f"destination: {prefix!r} can't be a prefix. Leave out empty parts, dots alone, and any of \\ ? #."
        )
    if (size := len(prefix.encode())) > _LONGEST_PREFIX_BYTES:
        raise ParameterError(f"destination: the prefix has {size} bytes; the most is {_LONGEST_PREFIX_BYTES}.")
    return Bucket(name, prefix)


def _is_ip(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


def _type_of(key: str) -> str:
    return mimetypes.guess_type(key)[0] or "application/octet-stream"
