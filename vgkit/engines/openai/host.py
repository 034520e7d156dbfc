"""OpenAI's chat completions as a host, or any server that speaks them (OPENAI_BASE_URL).

A chat call is answered in one go and can't be looked up again, so a reply that is lost counts as charged."""

import functools
import json
import math
import os
import secrets
import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vgkit.engines.catalog import catalog
from vgkit.engines.hosted import Order, OutputGone, ReplyLost, Standing, UnknownCall
from vgkit.engines.openai.wire import WirePlan
from vgkit.engines.waiting import backoff_s, wait
from vgkit.errors import CreditExhausted, HostUnavailable, KeyRejected, OrderRejected
from vgkit.files import write_text
from vgkit.keys import key
from vgkit.ledger.redaction import redact_text

if TYPE_CHECKING:
    import openai

_KEY = "OPENAI_API_KEY"
_ADDRESS = "https://api.openai.com/v1"
_TRIES = 6
_LONGEST_PAUSE_S = 60.0
_CONNECT_S = 10.0
_LONGEST_DETAIL = 400
_NO_CREDIT = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
# What the client's own transport raises before a byte has left.
_UNSENT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "LocalProtocolError"}
_CUT_OFF = "the answer was cut off after {tokens} tokens; try again, or choose another model with VGKIT_GPT_MODEL"


class OpenAIHost:
    """Asks chat models, by OPENAI_API_KEY and, where it is set, OPENAI_BASE_URL; a ``Host``."""

    name = "openai"
    at_once = 4
    keeps_list = False

    def __init__(self) -> None:
        self._making = threading.Lock()

    @functools.cached_property
    def _client(self) -> "openai.OpenAI":
        import openai

        # Its own retries would send a call again whose reply was lost, and with it pay twice.
        return openai.OpenAI(api_key=_secret(), base_url=_address(), max_retries=0)

    def check_key(self) -> None:
        """Raise KeyMissing where there is none."""
        _secret()

    def create(self, order: Order, files: Mapping[str, str]) -> Standing:
        """Ask, and wait for the answer. Rate limits and refused connections are waited out: nothing was created."""
        import openai

        said = ""
        for attempt in range(1, _TRIES + 1):
            try:
                return self._asked(order)
            except openai.RateLimitError as error:
                if {error.code, error.type} & _NO_CREDIT:
                    raise _no_credit(error) from error
                said = _said(error)
                wait(_pause_s(error, attempt))
            except openai.APIStatusError as error:
                raise _refusal(error, order) from error
            except openai.APIConnectionError as error:
                said = type(error.__cause__ or error).__name__
                if said not in _UNSENT:
                    raise ReplyLost(f"the connection to OpenAI broke ({said})") from error
                wait(backoff_s(attempt))
        raise HostUnavailable(
            f"OpenAI ({redact_text(_address())}) did not take the call in {_TRIES} tries: {said}. Try again later with "
            "`vgkit resume`, or check OPENAI_BASE_URL; nothing was spent."
        )

    def attach(self, path: Path) -> str:
        """Chat plans go without files. Raises OrderRejected."""
        raise OrderRejected(f"openai: {path.name} can't be sent; a planner takes words alone.")

    def look(self, prediction: str) -> Standing:
        """A chat call is not kept by its host. Raises UnknownCall."""
        raise UnknownCall(prediction)

    def cancel(self, prediction: str) -> Standing:
        """A chat call is over once it is known. Raises UnknownCall."""
        raise UnknownCall(prediction)

    def find(
        self, order: Order, files: Mapping[str, str], *, since: datetime, known: Collection[str]
    ) -> Standing | None:
        """There is no list to look in."""
        return None

    def fetch(self, standing: Standing, out: Path) -> None:
        """Write the answer's text."""
        if not standing.output:
            raise OutputGone(f"OpenAI's answer {standing.prediction} is empty.")
        write_text(out, standing.output)

    def _asked(self, order: Order) -> Standing:
        import openai

        with self._making:
            client = self._client.with_options(timeout=openai.Timeout(order.deadline_s, connect=_CONNECT_S))
        raw: Any = client.chat.completions.with_raw_response
        asked = {"model": order.model, "messages": order.params["messages"]}
        if order.params["structured"] == "json_object":
            return _standing(raw.create(**asked, response_format={"type": "json_object"}).text)
        reply = raw.parse(**asked, response_format=WirePlan)
        standing = _standing(reply.text)
        return replace(standing, facts={**standing.facts, "fits_schema": _fits(reply)}) if standing.output else standing


def _secret() -> str:
    return key(_KEY, host="OpenAI", where="https://platform.openai.com/api-keys")


def _fits(reply: Any) -> bool:
    """Whether the client finds the answer to be of the schema; a server may ignore it, and the planner reads on."""
    from pydantic import ValidationError

    try:
        reply.parse()
    except ValidationError:
        return False
    return True


def _address() -> str:
    return os.environ.get("OPENAI_BASE_URL", "").strip() or _ADDRESS


def _standing(text: str) -> Standing:
    """Read a chat completion, whichever server wrote it. Raises ReplyLost for what is none."""
    try:
        body = json.loads(text)
        choice, usage = body["choices"][0], body.get("usage") or {}
        message = choice["message"]
        content, refusal = message.get("content"), message.get("refusal")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ReplyLost(f"OpenAI's reply is no chat completion ({redact_text(text[:80])!r})") from error
    reason = choice.get("finish_reason")
    facts = {"model": body.get("model"), "finish_reason": reason, **_tokens(usage)}
    prediction = str(body.get("id") or f"chat-{secrets.token_hex(8)}")
    if refusal:
        return _failed(prediction, f"the model refused: {refusal}", {**facts, "refused": True})
    if reason == "content_filter":
        return _failed(prediction, "the host's content filter stopped the answer", {**facts, "refused": True})
    if reason == "length":
        return _failed(prediction, _CUT_OFF.format(tokens=facts.get("completion_tokens", "some")), facts)
    return Standing(prediction, "succeeded", output=content if isinstance(content, str) else "", facts=facts)


def _tokens(usage: Mapping[str, Any]) -> dict[str, int]:
    """What was counted; nothing where the server counts nothing, as some of a person's own do."""
    if usage.get("prompt_tokens") is None:
        return {}
    prompt, completion = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    return {
        "prompt_tokens": usage["prompt_tokens"],
        "completion_tokens": usage.get("completion_tokens") or 0,
        "cached_tokens": prompt.get("cached_tokens") or 0,
        "reasoning_tokens": completion.get("reasoning_tokens") or 0,
    }


def _failed(prediction: str, error: str, facts: Mapping[str, Any]) -> Standing:
    return Standing(prediction, "failed", error=error, facts=facts)


def _refusal(error: "openai.APIStatusError", order: Order) -> Exception:
    """What an HTTP error means for the one who asked."""
    status, said = error.status_code, _said(error)
    if status == 404 or error.code == "model_not_found":
        return OrderRejected(f"OpenAI does not serve {order.model} for this key ({said}). {_other_models(order.model)}")
    if status in (401, 403):
        return KeyRejected(f"OpenAI does not accept the key in {_KEY} ({said}). Correct it, then `vgkit resume`.")
    if status == 402:
        return _no_credit(error)
    if status in (400, 413, 422):
        return OrderRejected(f"OpenAI does not accept the call to {order.model} ({said}). {_other_models(order.model)}")
    return ReplyLost(f"OpenAI answered {said}")


def _no_credit(error: "openai.APIStatusError") -> CreditExhausted:
    return CreditExhausted(
        f"OpenAI's account has no credit left ({_said(error)}). Add some at platform.openai.com/settings/organization/"
        "billing, then `vgkit resume`; or use --engine plan=sketch."
    )


def _other_models(model: str) -> str:
    """The next move where a model is of no use: those that stay."""
    known = (entry.models for entry in catalog().values() if entry.host == OpenAIHost.name)
    lasting = {name for models in known for name, each in models.items() if not each.shutdown and name != model}
    return f"Choose another with VGKIT_GPT_MODEL ({', '.join(sorted(lasting))}), or use --engine plan=sketch."


def _said(error: "openai.APIStatusError") -> str:
    """Status and message in one line, without anything that looks like a key."""
    told = error.body.get("message") if isinstance(error.body, dict) else None
    text = redact_text(" ".join(str(told or "").split())[:_LONGEST_DETAIL]).rstrip(".")
    return f"HTTP {error.status_code}: {text}" if text else f"HTTP {error.status_code}"


def _pause_s(error: "openai.RateLimitError", attempt: int) -> float:
    """How long the host asks to wait, within reason."""
    headers = error.response.headers
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit_s
        except ValueError:
            continue
        if math.isfinite(seconds) and seconds > 0:
            return min(seconds, _LONGEST_PAUSE_S)
    return backoff_s(attempt)
