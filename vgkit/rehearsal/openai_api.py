"""OpenAI's chat completions and models as clients meet them, answered by the rule that plans offline films.

An answer is charged when it is made, not when it arrives: a reply that is lost has cost its tokens."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vgkit.rehearsal.answers import answer_for
from vgkit.rehearsal.book import Book
from vgkit.rehearsal.fates import Leg, draw_fate
from vgkit.rehearsal.faults import Dice
from vgkit.rehearsal.limits import Limits
from vgkit.rehearsal.listening import Reply, Request, json_reply
from vgkit.rehearsal.refusals import THROTTLED_S, gateway
from vgkit.rehearsal.wares import chat_models, tokens_usd

_LEG = Leg(typical_s=12.0, boot_s=(0.3, 0.8))
_LETTERS_PER_TOKEN = 4
_REASONING = 900
_REFUSAL = "I'm sorry, but I can't help with that request."
_BROKEN = '{"title": "Rehearsed", "beats": [{"beat": "hook", "prompt": "a cup'
_CREATED = 1_780_000_000


@dataclass(frozen=True)
class OpenAIApi:
    """Answers requests of one account, whose key is ``key``."""

    book: Book
    dice: Dice
    limits: Limits
    key: str
    speed: float
    seed: int

    def answer(self, request: Request) -> Reply:
        """Answer one request."""
        if request.headers.get("authorization", "") != f"Bearer {self.key}":
            return _wrong_key()
        if (request.method, request.path) == ("GET", "/v1/models"):
            return json_reply({"object": "list", "data": [_model(name) for name in chat_models()]})
        if request.method == "GET" and request.path.startswith("/v1/models/"):
            name = request.path.rpartition("/")[2]
            return json_reply(_model(name)) if name in chat_models() else _no_such_model(name)
        if (request.method, request.path) == ("POST", "/v1/chat/completions"):
            return self._chat(request)
        return _refused(404, f"Invalid URL ({request.method} {request.path})", code="unknown_url")

    def _chat(self, request: Request) -> Reply:
        fault = self.dice.strike("plan")
        if fault == "throttled":
            self.limits.throttle(THROTTLED_S)
            return _throttled(THROTTLED_S)
        refused = _refusal(fault) or gateway(fault)
        if refused:
            return refused
        if self.limits.refusal():
            return _throttled(THROTTLED_S)
        try:
            asked = request.json()
            model, messages = str(asked["model"]), list(asked["messages"])
        except (ValueError, KeyError, TypeError):
            return _refused(400, "We could not parse the JSON body of your request: model and messages are required.")
        refused = _unfit(model, asked)
        return refused or self._completed(asked, model, messages, fault)

    def _completed(
        self, asked: Mapping[str, Any], model: str, messages: Sequence[Mapping[str, Any]], fault: str
    ) -> Reply:
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        fate = draw_fate(_LEG, key=f"{self.seed}/{digest}/{self.book.chats(digest)}", cold=True)
        text = {"refusal": _REFUSAL, "invalid_json": _BROKEN}.get(fault) or answer_for(asked)
        usage = _usage(messages, text)
        usd = tokens_usd(chat_models()[model], prompt=usage["prompt_tokens"], completion=usage["completion_tokens"])
        took_s = fate.boot_s + fate.predict_s
        chat = self.book.charge_chat(model=model, usd=usd, digest=digest, took_s=took_s)
        time.sleep(took_s / self.speed)
        reply = json_reply(_completion(chat, model, text, usage, refused=fault == "refusal"))
        return replace(reply, broken="reset") if fault == "reply_lost" else reply


def _completion(chat: str, model: str, text: str, usage: Mapping[str, Any], *, refused: bool) -> dict[str, Any]:
    message = {"role": "assistant", "content": None if refused else text, "refusal": text if refused else None}
    return {
        "id": chat,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": usage,
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _usage(messages: Sequence[Mapping[str, Any]], text: str) -> dict[str, Any]:
    prompt = sum(len(json.dumps(message, ensure_ascii=False)) for message in messages) // _LETTERS_PER_TOKEN
    completion = len(text) // _LETTERS_PER_TOKEN + _REASONING
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": _REASONING, "audio_tokens": 0},
    }


def _unfit(model: str, asked: Mapping[str, Any]) -> Reply | None:
    price = chat_models().get(model)
    if price is None:
        return _no_such_model(model)
    wanted = asked.get("response_format", {}).get("type", "text")
    if wanted == "json_schema" and price.structured != "json_schema":
        said = "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."
        return _refused(400, said, param="response_format")
    if wanted == "json_object" and "json" not in json.dumps(asked.get("messages")).lower():
        said = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        return _refused(400, said, param="messages")
    return None


def _refusal(fault: str) -> Reply | None:
    if fault == "unauthorized":
        return _wrong_key()
    if fault == "no_credit":
        said = "You exceeded your current quota, please check your plan and billing details."
        return _refused(429, said, kind="insufficient_quota", code="insufficient_quota")
    if fault == "invalid":
        return _refused(400, "Rehearsed: these parameters are not accepted.", param="messages")
    return None


def _wrong_key() -> Reply:
    return _refused(401, "Incorrect API key provided.", code="invalid_api_key")


def _no_such_model(name: str) -> Reply:
    said = f"The model `{name}` does not exist or you do not have access to it."
    return _refused(404, said, code="model_not_found")


def _throttled(seconds: float) -> Reply:
    said = f"Rate limit reached for requests. Please try again in {seconds:g}s."
    reply = _refused(429, said, kind="requests", code="rate_limit_exceeded")
    return replace(reply, headers={**reply.headers, "retry-after": f"{seconds:.0f}"})


def _refused(
    status: int, said: str, *, kind: str = "invalid_request_error", param: str | None = None, code: str | None = None
) -> Reply:
    return json_reply({"error": {"message": said, "type": kind, "param": param, "code": code}}, status)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "openai"}
