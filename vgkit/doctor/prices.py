"""Whether the catalog still tells the truth: prices grow old, and hosts switch models off."""

import os
from collections.abc import Iterator
from datetime import date

from vgkit.doctor.finding import Finding, broken
from vgkit.engines.catalog import catalog, past_shutdown, shutdown_warning, stale_prices
from vgkit.errors import EngineUnknown
from vgkit.profiles import profiles

_STALE_AFTER_DAYS = 90


def catalog_findings(profile: str, today: date) -> list[Finding]:
    """Look at the prices and models of ``profile``, or of all engines in the catalog."""
    try:
        asked = set(profiles()[profile].engines.values()) if profile else set(catalog())
    except EngineUnknown as error:
        return [broken("engines", str(error))]
    return [_prices(asked, today), *_models(asked, today)]


def _prices(asked: set[str], today: date) -> Finding:
    stale = {name: read for name, read in stale_prices(today, days=_STALE_AFTER_DAYS).items() if name in asked}
    if stale:
        named = ", ".join(f"{name} ({read})" for name, read in sorted(stale.items()))
        cure = "Look them up and set price and date in the catalog, or in a file that VGKIT_ENGINES names."
        return Finding("prices", "yellow", f"Read more than {_STALE_AFTER_DAYS} days ago: {named}.", cure)
    return Finding("prices", "green", f"All were read in the {_STALE_AFTER_DAYS} days before {today}.")


def _models(asked: set[str], today: date) -> Iterator[Finding]:
    """What hosts switch off: a warning for one that is in use, a remark on those that could still be chosen."""
    over = past_shutdown(today)
    for reference in sorted(asked & set(catalog())):
        if models := catalog()[reference].models:
            chosen = os.environ.get("VGKIT_GPT_MODEL") or catalog()[reference].model
            gone = ", ".join(name for name in models if f"{reference}:{name}" in over and name != chosen)
            yield _in_use(reference, chosen, gone, today)


def _in_use(reference: str, chosen: str, gone: str, today: date) -> Finding:
    warning, _, cure = shutdown_warning(chosen, today).partition(". ")
    if not warning:
        remark = f" Past their day, and not in use: {gone}." if gone else ""
        return Finding("models", "green", f"{reference} uses {chosen}, whose end is not announced.{remark}")
    if f"{reference}:{chosen}" not in past_shutdown(today):
        return Finding("models", "yellow", f"{warning}.", cure)
    users = tuple(name for name, profile in profiles().items() if reference in profile.engines.values())
    return Finding("models", "red", f"{warning}.", cure, stops=users)
