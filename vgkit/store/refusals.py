"""What a host of buckets says when it refuses, in our words: the fact and the next move."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vgkit.errors import StoreError

_SAFE = "The film is safe in the run's folder; go on with `vgkit resume`."
_DENIED = {"AccessDenied", "403", "AllAccessDisabled", "AccountProblem", "Forbidden"}
_BAD_KEY = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidClientTokenId", "UnrecognizedClientException"}
_ENDED = {"ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired", "RequestExpired"}
_ELSEWHERE = {"PermanentRedirect", "301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}


@contextmanager
def in_our_words(address: str, endpoint: str) -> Iterator[None]:
    """Turn what boto3 raises in the block into StoreError, about the file or bucket at ``address``."""
    from botocore import exceptions as theirs

    try:
        yield
    except theirs.ClientError as error:
        raise StoreError(f"{address}: {_refusal(error, endpoint)} {_SAFE}") from error
    except (theirs.NoCredentialsError, theirs.PartialCredentialsError) as error:
        raise StoreError(
            f"{address}: no AWS credentials were found. Put AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY into the "
            f"environment or a .env file, or name a profile in AWS_PROFILE. {_SAFE}"
        ) from error
    except (theirs.ConnectionError, theirs.HTTPClientError) as error:
        raise StoreError(
            f"{address}: {endpoint} does not answer ({type(error).__name__}). Check the network, and "
            f"AWS_ENDPOINT_URL_S3 where you set it. {_SAFE}"
        ) from error
    except theirs.BotoCoreError as error:
        raise StoreError(f"{address}: {str(error).rstrip('.')}. Check the AWS settings. {_SAFE}") from error


def code_of(error: Any) -> str:
    """The code of what a host refused; for a HEAD, which has no body, the HTTP status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def region_in(reply: Any) -> str:
    """The region of the bucket as a host's reply tells it, refusals included; empty where it does not."""
    return str(reply.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("x-amz-bucket-region", ""))


def _refusal(error: Any, endpoint: str) -> str:
    code = code_of(error)
    if code == "NoSuchBucket" or (code == "404" and error.operation_name == "HeadBucket"):
        return f"there is no such bucket at {endpoint}. Make it, or check its name and AWS_ENDPOINT_URL_S3."
    if code in _DENIED:
        return (
            f"access denied ({error.operation_name}). The key needs s3:GetObject and s3:PutObject there; for "
            "intermediates also s3:PutObjectTagging, and s3:GetObjectTagging and s3:DeleteObject to remove them."
        )
    if code in _BAD_KEY:
        return f"{endpoint} does not accept the key ({code}). Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
    if code in _ENDED:
        return f"the session of the AWS credentials has ended ({code}). Sign in again."
    if code in _ELSEWHERE:
        region = region_in(error.response) or error.response.get("Error", {}).get("Region", "")
        move = f"Set AWS_REGION={region}." if region else "Set AWS_REGION to the bucket's region."
        return f"the bucket is in another region than the one asked ({code}). {move}"
    if code == "RequestTimeTooSkewed":
        return "this machine's clock is off by more than 15 minutes. Set it right."
    said = error.response.get("Error", {}).get("Message", "") or "no reason was given"
    return f"{endpoint} refused ({error.operation_name}, {code}: {said.rstrip('.')})."
