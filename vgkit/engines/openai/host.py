"""OpenAI's chat completions as a host, or any server that speaks them (OPENAI_BASE_URL).

A chat call is answered in one go and can't be looked up again, so a reply that is lost counts as charged."""

import functools
import logging
import secrets
import threading
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vgkit.engines.hosted import Order, OutputGone, ReplyLost, Standing, UnknownCall
from vgkit.engines.openai.wire import WirePlan
from vgkit.engines.waiting import backoff_s, wait
from vgkit.errors import CreditExhausted, HostUnavailable, KeyRejected, OrderRejected
from vgkit.files import write_text
from vgkit.keys import key

if TYPE_CHECKING:
    import openai

log = logging.getLogger(__name__)

_KEY = "OPENAI_API_KEY"
_TRIES = 6
_LONGEST_PAUSE_S = 60.0
_CUT_OFF = "the answer was cut off after {tokens} tokens; choose a model with more room"


class OpenAIHost:
    """Asks chat models; a ``Host``."""

    name = "openai"
    at_once = 4
    keeps_list = False

    def __init__(self) -> None:
        self._making = threading.Lock()

    @functools.cached_property
    def _client(self) -> "openai.OpenAI":
        import openai

        # Its own retries would send a call again whose reply was lost, and with it pay twice.
        return openai.OpenAI(api_key=key(_KEY, host="OpenAI", where="https://platform.openai.com"), max_retries=0)

    def create(self, order: Order, files: Mapping[str, str]) -> Standing:
        """Ask, and wait for the answer. Rate limits and refused connections are waited out: nothing was created."""
        import openai

        for attempt in range(1, _TRIES + 1):
            try:
                return self._asked(order)
            except openai.RateLimitError as error:
                if _code(error) == "insufficient_quota":
                    raise CreditExhausted(
                        "OpenAI says the account's quota is used up. Add credit at platform.openai.com, or use "
                        "--engine plan=sketch; `vgkit resume` goes on from here."
                    ) from error
                _pause(error, attempt)
            except openai.APIStatusError as error:
                raise _refusal(error, order) from error
            except openai.APIConnectionError as error:
                if not _never_left(error):
                    raise ReplyLost(f"the connection to OpenAI broke ({type(error.__cause__).__name__})") from error
                wait(backoff_s(attempt))
        raise HostUnavailable(
            f"OpenAI could not be asked in {_TRIES} tries, because of its rate limit or no connection. Try again later "
            "with `vgkit resume`; nothing was lost."
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
        from pydantic import ValidationError

        with self._making:
            client = self._client.with_options(timeout=order.deadline_s)
        chat: Any = client.chat.completions
        messages, told = order.params["messages"], {"model": order.model}
        if order.params["structured"] == "json_object":
            return _standing(chat.create(messages=messages, response_format={"type": "json_object"}, **told).to_dict())
        raw = chat.with_raw_response.parse(messages=messages, response_format=WirePlan, **told)
        try:
            raw.parse()
        except (openai.LengthFinishReasonError, openai.ContentFilterFinishReasonError, ValidationError) as error:
            # The body says all of it, and in the same words for each of them.
            log.info("the answer does not parse: %s", type(error).__name__)
        return _standing(raw.http_response.json())


def _standing(body: Mapping[str, Any]) -> Standing:
    """Read a chat completion's body, whichever server wrote it."""
    choice = (body.get("choices") or [{}])[0]
    message = choice.get("message") or {}
    usage = body.get("usage") or {}
    facts: dict[str, Any] = {"model": body.get("model"), "finish_reason": choice.get("finish_reason")}
    if usage.get("prompt_tokens") is not None:
        facts |= {
            "prompt_tokens": usage["prompt_tokens"],
            "completion_tokens": usage.get("completion_tokens") or 0,
            "cached_tokens": (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0,
            "reasoning_tokens": (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0,
        }
    prediction = str(body.get("id") or f"chat-{secrets.token_hex(8)}")
    if message.get("refusal"):
        return _failed(prediction, f"the model refused: {message['refusal']}", {**facts, "refused": True})
    if choice.get("finish_reason") == "content_filter":
        return _failed(prediction, "the host's content filter stopped the answer", {**facts, "refused": True})
    if choice.get("finish_reason") == "length":
        return _failed(prediction, _CUT_OFF.format(tokens=facts.get("completion_tokens", "some")), facts)
    return Standing(prediction, "succeeded", output=message.get("content") or "", facts=facts)


def _failed(prediction: str, error: str, facts: Mapping[str, Any]) -> Standing:
    return Standing(prediction, "failed", error=error, facts=facts)


def _refusal(error: "openai.APIStatusError", order: Order) -> Exception:
    """What an HTTP error means for the one who asked."""
    status = error.status_code
    if status in (401, 403):
        return KeyRejected(f"OpenAI does not accept the key in {_KEY} (HTTP {status}). Check it, then `vgkit resume`.")
    if status == 402:
        return CreditExhausted("OpenAI says there is no credit. Add some, then `vgkit resume`.")
    if status == 404:
        return OrderRejected(f"OpenAI has no model {order.model!r} for this key. Choose another with VGKIT_GPT_MODEL.")
    if status in (400, 413, 422):
        return OrderRejected(
            f"OpenAI does not accept the call to {order.model} (HTTP {status}): {_said(error)}. "
            "Choose another model with VGKIT_GPT_MODEL, or --engine plan=sketch."
        )
    return ReplyLost(f"OpenAI answered with HTTP {status}")


def _said(error: "openai.APIStatusError") -> str:
    body = error.body
    return str(body.get("message", "")) if isinstance(body, dict) else str(error.message)[:200]


def _code(error: "openai.APIStatusError") -> str:
    return str(error.code or error.type or "")


def _pause(error: "openai.RateLimitError", attempt: int) -> None:
    """Wait as long as the host asks, within reason."""
    stated = error.response.headers.get("retry-after-ms"), error.response.headers.get("retry-after")
    try:
        seconds = float(stated[0]) / 1000 if stated[0] else float(stated[1] or "")
    except ValueError:
        seconds = backoff_s(attempt)
    wait(min(max(seconds, 0.1), _LONGEST_PAUSE_S))


def _never_left(error: "openai.APIConnectionError") -> bool:
    """Whether it is certain that the host never saw the call: the connection itself was not made."""
    return type(error.__cause__).__name__ in ("ConnectError", "ConnectTimeout", "PoolTimeout")
