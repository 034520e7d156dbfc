"""OpenAI made small: completions as the API tells them, and a host that speaks to a server on loopback."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from builders import plan
from wire import Call, Reply, Wire, serving

from vgkit.engines.hosted import Order
from vgkit.engines.openai.host import OpenAIHost

KEY = "sk-proj-0123456789abcdefTESTKEY"
MODEL = "gpt-6-luna"
USAGE = {
    "prompt_tokens": 2000,
    "completion_tokens": 3000,
    "total_tokens": 5000,
    "prompt_tokens_details": {"cached_tokens": 500},
    "completion_tokens_details": {"reasoning_tokens": 1800},
}


def order(**fields: Any) -> Order:
    usual: dict[str, Any] = {
        "model": MODEL,
        "version": MODEL,
        "params": {"messages": [{"role": "user", "content": "Plan a film."}], "structured": "json_schema"},
        "suffix": ".json",
        "estimate_usd": Decimal("0.0022"),
        "typical_s": 12.0,
    }
    return Order(**usual | fields)


def answer(**changes: Any) -> str:
    """A plan as a model writes it; ``changes`` replace fields."""
    return json.dumps(plan().model_dump(mode="json") | changes)


def completion(content: Any = "{}", *, reason: str = "stop", **fields: Any) -> Reply:
    """A completion as the API tells it."""
    message = {"role": "assistant", "content": content, "refusal": fields.pop("refusal", None)}
    usual: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": f"{MODEL}-2026-09-01",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
        "usage": USAGE,
    }
    return Reply(200, {name: value for name, value in (usual | fields).items() if value is not None})


def problem(status: int, message: str = "", *, headers: dict[str, str] | None = None, **fields: Any) -> Reply:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None} | fields
    return Reply(status, {"error": error}, headers or {})


def replies(*answers: Reply) -> Callable[[Call], Reply]:
    """Answer with one after the other, and with the last from then on."""
    left = list(answers)
    return lambda call: left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def openai_host(monkeypatch: pytest.MonkeyPatch, *answers: Reply) -> Iterator[tuple[OpenAIHost, Wire]]:
    """A host whose API is a server on loopback that gives ``answers``; its waits are a thousand times shorter."""
    with serving(replies(*answers)) as wire:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{wire.address}/v1")
        monkeypatch.setenv("VGKIT_SPEED", "1000")
        yield OpenAIHost(), wire
