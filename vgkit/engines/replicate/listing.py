"""Looks for a call whose reply was lost among the account's recent predictions.

The list comes newest first, so it is read until it is older than the call can be; when in doubt it is read further,
since a call that is overlooked is paid for twice."""

import email.utils
import logging
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from vgkit.engines.hosted import Order, Standing
from vgkit.engines.replicate.matching import same_input, same_model
from vgkit.engines.replicate.replies import Reply, refusal
from vgkit.engines.replicate.standings import is_prediction, moment, standing_of
from vgkit.engines.replicate.wire import Wire
from vgkit.errors import HostUnavailable

log = logging.getLogger(__name__)

# How far the clock of the machine that created a call may be ahead: one that is further off can't use S3 either.
_SLACK = timedelta(minutes=15)
_MOST_PAGES = 50
_DEAD = ("failed", "canceled", "aborted")


def find_call(
    wire: Wire, order: Order, files: Mapping[str, str], *, since: datetime, known: Collection[str]
) -> Standing | None:
    """Find the order's call among those created since a moment and not ``known``; rather one that may deliver.

    An hour after its end a host empties a call, and what was sent can't be held against it any more. Where none other
    is left it is taken to be the first of those: nobody else on record has it, and it was charged.
    """
    found, emptied = [], []
    for told, not_before in _recent(wire, since):
        if told["id"] in known or not same_model(order, told):
            continue
        whole = told if isinstance(told.get("input"), dict) and told["input"] else _look_closer(wire, told)
        given = whole.get("input")
        if isinstance(given, dict) and same_input(order, files, given):
            found.append(standing_of(whole))
        elif whole.get("data_removed") and (moment(whole.get("created_at")) or since) >= not_before:
            emptied.append(standing_of(whole))
    if emptied and not found:
        log.warning(
            "%d predictions of %s since then have no input any more; the call is taken to be the first of them",
            len(emptied),
            order.model,
        )
        return emptied[-1]
    return min(found, key=lambda standing: standing.state in _DEAD, default=None)


def _recent(wire: Wire, since: datetime) -> Iterator[tuple[Mapping[str, Any], datetime]]:
    """All predictions since a moment, each once, newest first, with that moment by the host's clock."""
    seen: set[str] = set()
    cursor = "/v1/predictions"
    earliest = since - _SLACK
    for _ in range(_MOST_PAGES):
        page = _page(wire, cursor)
        late = behind(page)
        earliest = min(earliest, since - _SLACK - late)
        for told in page.fields["results"]:
            if not isinstance(told, dict) or not is_prediction(told):
                continue
            created = moment(told.get("created_at"))
            if created and created < earliest:
                return
            if told["id"] not in seen:
                seen.add(told["id"])
                yield told, since - late
        cursor = _own(wire, page.fields.get("next"))
        if not cursor:
            return
    raise HostUnavailable(
        f"replicate lists more than {len(seen)} predictions since {since:%H:%M} UTC, and a call can't be found among "
        "them. Try again later with `vgkit resume`; nothing was lost."
    )


def _page(wire: Wire, cursor: str) -> Reply:
    reply = wire.read(
        lambda client: client.predictions.list(cursor), usable=lambda told: isinstance(told.get("results"), list)
    )
    if not reply.good:
        raise refusal(reply, what="list of predictions")
    return reply


def _look_closer(wire: Wire, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for a prediction that is listed without its input."""
    reply = wire.read(lambda client: client.predictions.get(quote(told["id"], safe="")), usable=is_prediction)
    return reply.fields if reply.good else told


def behind(page: Reply) -> timedelta:
    """How far the host's clock is behind ours, by the page's own date; never less than nothing."""
    try:
        told = email.utils.parsedate_to_datetime(page.headers.get("date", ""))
    except (TypeError, ValueError):
        return timedelta(0)
    return max(datetime.now(UTC) - told, timedelta(0)) if told.tzinfo else timedelta(0)


def _own(wire: Wire, address: Any) -> str:
    """The next page's address on the API's own host, or nothing: the key goes nowhere else, whatever a reply names."""
    if not isinstance(address, str) or not address:
        return ""
    if address.startswith(f"{wire.base}/"):
        return address
    parts = urlsplit(address)
    return urlunsplit(("", "", parts.path, parts.query, ""))
