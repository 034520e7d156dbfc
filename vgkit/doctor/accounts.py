"""What hosts and buckets must be told: keys, addresses, credentials. A key is tried with a request that costs nothing,
for one that is present may be revoked; its value is never repeated."""

import os
from dataclasses import dataclass

from vgkit.doctor.finding import Finding
from vgkit.keys import load_keys
from vgkit.ledger.redaction import redact_text
from vgkit.profiles import profiles

_PATIENCE_S = 5.0


@dataclass(frozen=True)
class Account:
    """Where a host's key is kept, where it is asked whether it accepts it, and where a person gets one."""

    host: str
    key_name: str
    base_name: str
    base: str
    path: str
    where: str

    @property
    def address(self) -> str:
        """The host's base address as it is set now."""
        return (os.environ.get(self.base_name) or self.base).rstrip("/")

    @property
    def users(self) -> tuple[str, ...]:
        """The profiles that have an engine there."""
        return tuple(
            name
            for name, profile in profiles().items()
            if any(engine.endswith(f"@{self.host}") for engine in profile.engines.values())
        )


ACCOUNTS = (
    Account(
        host="replicate",
        key_name="REPLICATE_API_TOKEN",
        base_name="REPLICATE_BASE_URL",
        base="https://api.replicate.com",
        path="/v1/account",
        where="replicate.com/account/api-tokens",
    ),
    Account(
        host="openai",
        key_name="OPENAI_API_KEY",
        base_name="OPENAI_BASE_URL",
        base="https://api.openai.com/v1",
        path="/models",
        where="platform.openai.com/api-keys",
    ),
)


def account_findings(profile: str = "") -> list[Finding]:
    """Look at the hosts that ``profile`` needs, or at all and at S3's credentials, and for a rehearsal's traces."""
    load_keys()
    asked = [account for account in ACCOUNTS if not profile or profile in account.users]
    found = [_key(account, wanted=bool(profile)) for account in asked]
    return [*found, *([] if profile else [_s3()]), *_unusual()]


def _key(account: Account, *, wanted: bool) -> Finding:
    key = os.environ.get(account.key_name, "").strip()
    if not key:
        fact = f"{account.key_name} is not set, so {account.address} was not asked."
        cure = f"Get a key at {account.where} and put {account.key_name}=… into a .env file beside the README."
        return Finding(account.host, "red" if wanted else "yellow", fact, cure, stops=account.users)
    return _tried(account, key)


def _tried(account: Account, key: str) -> Finding:
    import httpx

    asked = f"{account.address}{account.path}"
    try:
        reply = httpx.get(asked, headers={"Authorization": f"Bearer {key}"}, timeout=_PATIENCE_S)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        fact = redact_text(f"{asked} does not answer ({type(error).__name__}: {error}).").replace(key, "[key]")
        cure = f"Check the network and {account.base_name}, then try again."
        return Finding(account.host, "red", fact, cure, stops=account.users)
    if reply.status_code == 401:
        fact = f"{account.address} does not accept the key in {account.key_name} (HTTP 401)."
        cure = f"Get another at {account.where}; look for an older one in .env and in the environment."
        return Finding(account.host, "red", fact, cure, stops=account.users)
    if not reply.is_success:
        fact = f"{asked} answers HTTP {reply.status_code}, so whether it accepts the key can't be told."
        return Finding(account.host, "yellow", fact, f"Try again; if it lasts, check {account.base_name}.")
    return Finding(account.host, "green", f"{account.address} accepts the key in {account.key_name}.")


def _s3() -> Finding:
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    session = Session()
    try:
        # On a machine that is no server of Amazon's, asking for a server's role would only wait for nobody.
        session.get_component("credential_provider").remove("iam-role")
        credentials = session.get_credentials()
    except BotoCoreError as error:
        return Finding("s3", "red", f"AWS's settings can't be read: {error}.", "Mend ~/.aws or unset AWS_PROFILE.")
    if credentials is None:
        fact = "No AWS credentials were found in the environment or in ~/.aws; exports to s3:// need them."
        return Finding("s3", "yellow", fact, "Run `aws configure`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or "Amazon's own"
    passing = "; they end by themselves, and links with them" if credentials.token else ""
    return Finding("s3", "green", f"AWS credentials come from {credentials.method}{passing}. Endpoint: {endpoint}.")


def _unusual() -> list[Finding]:
    """Tell what a rehearsal may have left in the environment, where it would make a paid run hurry."""
    named = [name for name in ("VGKIT_REHEARSAL", "VGKIT_SPEED") if os.environ.get(name)]
    if not named:
        return []
    fact = f"{' and '.join(f'{name}={os.environ[name]}' for name in named)}: this environment is a rehearsal's."
    return [Finding("rehearsal", "yellow", fact, f"For films that cost, `unset {' '.join(named)}` first.")]
