"""Looks at everything a film needs before it is needed, so that what is missing costs a minute and not an evening.

A finding says what is so, and what to do; none of them costs anything."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from vgkit.doctor.accounts import account_findings
from vgkit.doctor.finding import Finding, State
from vgkit.doctor.machine import machine_findings
from vgkit.doctor.prices import catalog_findings
from vgkit.errors import EngineUnknown
from vgkit.profiles import profiles

__all__ = ["Finding", "State", "examine", "stopping"]


def examine(profile: str = "", *, today: date | None = None) -> list[Finding]:
    """Look at the machine, the hosts and the catalog; with ``profile``, only at what that profile needs.

    Raises EngineUnknown for a profile there is not.
    """
    if profile and profile not in profiles():
        raise EngineUnknown(f"--profile: there is no profile {profile!r}. Use one of {', '.join(profiles())}.")
    day = today or datetime.now(UTC).date()
    found = [*machine_findings(), *account_findings(profile), *catalog_findings(profile, day)]
    return found + [_runnable(name, found) for name in ([profile] if profile else profiles())]


def stopping(findings: Sequence[Finding], profile: str) -> list[Finding]:
    """List the findings that keep ``profile`` from running."""
    return [finding for finding in findings if profile in finding.stops]


def _runnable(name: str, found: Sequence[Finding]) -> Finding:
    """Whether a profile could make a film now."""
    profile = profiles()[name]
    missing = [finding.name for finding in stopping(found, name)]
    named = f"profile {name}"
    if missing:
        fact = f"Can't make a film now: {', '.join(missing)}."
        return Finding(named, "yellow" if _only_keys(found, name) else "red", fact, "See above for each.")
    most = f"at most ${profile.cap_usd:.2f} each" if profile.cap_usd else "nothing"
    return Finding(named, "green", f"Can make films now, for {most}.")


def _only_keys(found: Sequence[Finding], name: str) -> bool:
    return all(finding.state == "yellow" for finding in stopping(found, name))
