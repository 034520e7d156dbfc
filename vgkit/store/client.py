"""The client for a bucket, set up so that its links hold.

Left to itself boto3 signs links by the old SigV2, or for a host name that redirects, and sends checksums that many
S3-compatible stores refuse (boto/boto3#4392). The pieces here decide all three."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from vgkit.keys import load_keys
from vgkit.store.refusals import in_our_words, region_in

_CONNECT_S = 10
_AWS = (".amazonaws.com", ".amazonaws.com.cn")


@dataclass(frozen=True)
class Access:
    """A client for one bucket, the credentials it signs with, and whether AWS itself is on the other side."""

    client: Any
    credentials: Any
    at_aws: bool

    @property
    def endpoint(self) -> str:
        """Where the host is."""
        return str(self.client.meta.endpoint_url)


def access_to(bucket: str) -> Access:
    """Set up a client by the environment, a ``.env`` file or the AWS profile. Raises StoreError without credentials.

    At AWS the bucket's name stands in the host's and its region is asked for; elsewhere the name stands in the path,
    unless the AWS profile's ``s3.addressing_style`` says otherwise.
    """
    import boto3
    import botocore.session
    from botocore.exceptions import NoCredentialsError

    load_keys()
    with in_our_words(f"s3://{bucket}", "AWS"):
        core = botocore.session.get_session()
        session = boto3.session.Session(botocore_session=core)
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        region = session.region_name or "us-east-1"
        asked = (core.get_scoped_config().get("s3") or {}).get("addressing_style", "")
        client = client_for(session, region=region, style=asked or "path")
    at_aws = (urlsplit(client.meta.endpoint_url).hostname or "").endswith(_AWS)
    if at_aws:
        region = region_of(client, bucket) or region
        client = client_for(session, region=region, style=asked or style_at_aws(bucket))
    return Access(client, credentials, at_aws)


def style_at_aws(bucket: str) -> str:
    """Where AWS wants the bucket's name: in the host's, unless a dot in it would miss the certificate."""
    return "path" if "." in bucket else "virtual"


def region_of(client: Any, bucket: str) -> str:
    """Ask in which region a bucket is, which a host tells even whom it denies all else. Raises StoreError."""
    from botocore.exceptions import ClientError

    with in_our_words(f"s3://{bucket}", client.meta.endpoint_url):
        try:
            return region_in(client.head_bucket(Bucket=bucket))
        except ClientError as error:
            if region := region_in(error.response):
                return region
            raise


def client_for(session: Any, *, region: str, style: str) -> Any:
    """A client of a boto3 session that signs by SigV4, for one region, and sends no checksum that is not asked for."""
    from botocore.config import Config

    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": style},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=_CONNECT_S,
    )
    return session.client("s3", region_name=region, config=config)
