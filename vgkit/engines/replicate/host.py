"""Makes calls on Replicate and knows them again.

A create is sent once, and again only where nothing can have come of it; all else may be asked as often as it takes."""

import math
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vgkit.engines.hosted import Attachment, Order, ReplyLost, Standing, UnknownCall
from vgkit.engines.replicate.downloads import Downloads
from vgkit.engines.replicate.gate import Gate
from vgkit.engines.replicate.listing import find_call
from vgkit.engines.replicate.outputs import address_in
from vgkit.engines.replicate.patience import Again, until_answered
from vgkit.engines.replicate.replies import Reply, refusal, throttle_of
from vgkit.engines.replicate.standings import is_prediction, standing_of
from vgkit.engines.replicate.uploads import Uploads
from vgkit.engines.replicate.wire import CutOff, NotSent, Wire
from vgkit.engines.waiting import now_s
from vgkit.errors import HostUnavailable

_SHORTEST_DEADLINE_S = 5  # the host accepts no less


class Replicate:
    """Replicate's predictions, by REPLICATE_API_TOKEN and, where it is set, REPLICATE_BASE_URL.

    ``timeout_s`` is how long a reply may take, in real seconds whatever a rehearsal's speed.
    """

    name = "replicate"
    at_once = 16
    keeps_list = True

    def __init__(self, *, timeout_s: float = 30.0) -> None:
        self._wire = Wire(timeout_s)
        self._gate = Gate()
        self._uploads = Uploads(self._wire)
        self._downloads = Downloads(self._wire)

    def check_key(self) -> None:
        """Raise KeyMissing where there is none."""
        _ = self._wire.token

    def create(self, order: Order, files: Mapping[str, str]) -> Standing:
        """Create the call. Raises OrderRejected, HostError (nothing was created) and ReplyLost (that is not certain).

        It waits as long as the host asks for when too many calls were made, up to the order's deadline.
        """
        until_s = now_s() + order.deadline_s
        given = sent_input(order, files)
        return until_answered(lambda: self._create(order, given, until_s), most_s=max(order.deadline_s, 180.0))

    def attach(self, path: Path) -> str:
        """Make a file known to the host. Raises OrderRejected beyond 100 MB."""
        return self._uploads.address(path)

    def look(self, prediction: str) -> Standing:
        """See how a call stands now. Raises UnknownCall."""
        reply = self._wire.read(lambda client: client.predictions.get(quote(prediction, safe="")), usable=is_prediction)
        return self._told(reply, prediction)

    def cancel(self, prediction: str) -> Standing:
        """Stop a call that may be running; one that is over stays as it is. Raises UnknownCall."""
        reply = self._wire.read(
            lambda client: client.predictions.cancel(quote(prediction, safe="")), usable=lambda told: True
        )
        # What is over already may be refused, and a reply may say nothing: how it stands counts.
        return self._told(reply, prediction) if is_prediction(reply.fields) else self.look(prediction)

    def find(
        self, order: Order, files: Mapping[str, str], *, since: datetime, known: Collection[str]
    ) -> Standing | None:
        """Look for a call whose reply was lost, by its model and input, in the account's list of predictions."""
        return find_call(self._wire, order, files, since=since, known=known)

    def fetch(self, standing: Standing, out: Path) -> None:
        """Bring the result to ``out``, whole or not at all. Raises OutputGone."""
        self._downloads.fetch(address_in(standing.output), out)

    def _create(self, order: Order, given: Mapping[str, Any], until_s: float) -> Standing:
        reply = self._post(order, given, until_s)
        if reply.status >= 500 or reply.status == 408:
            raise ReplyLost(f"replicate's reply was lost (HTTP {reply.status})")
        if not reply.good:
            raise refusal(reply, what=f"this call of {order.model} (version {order.version[:12]})")
        if not is_prediction(reply.fields):
            raise ReplyLost(f"replicate's reply can't be read (HTTP {reply.status})")
        self._gate.accepted(_number(reply.headers.get("ratelimit-remaining", "")))
        return standing_of(reply.fields)

    def _post(self, order: Order, given: Mapping[str, Any], until_s: float) -> Reply:
        """Send it when the gate lets it pass, again after each 429; the reply that is none."""
        deadline = {"Cancel-After": f"{max(math.ceil(order.deadline_s), _SHORTEST_DEADLINE_S)}s"}
        while self._gate.pass_by(until_s=until_s):
            try:
                reply = self._wire.ask(
                    lambda client: client.predictions.create(version=order.version, input=dict(given)), headers=deadline
                )
            except NotSent as error:
                raise Again(str(error)) from error
            except CutOff as error:
                raise ReplyLost(f"replicate's reply was lost ({error})") from error
            if reply.status != 429:
                return reply
            self._gate.close(throttle_of(reply))
        raise self._too_many(order)

    def _too_many(self, order: Order) -> HostUnavailable:
        rate = f" (it takes {self._gate.per_minute:.0f} a minute while credit is low)" if self._gate.per_minute else ""
        return HostUnavailable(
            f"replicate took no new call of {order.model} within {order.deadline_s:.0f} s{rate}. Add credit at "
            "replicate.com/account/billing, or try again later with `vgkit resume`; nothing was lost."
        )

    def _told(self, reply: Reply, prediction: str) -> Standing:
        if reply.status == 404:
            raise UnknownCall(f"replicate knows no prediction {prediction}")
        if not reply.good:
            raise refusal(reply, what=f"a question about prediction {prediction}")
        return standing_of(reply.fields)


def sent_input(order: Order, files: Mapping[str, str]) -> dict[str, Any]:
    """The input a call is created with: the order's parameters, with addresses in place of its files."""
    return {
        name: files[name] if isinstance(value, Attachment) else value
        for name, value in order.params.items()
        if value is not None
    }


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None
