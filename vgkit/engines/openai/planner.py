"""``gpt``: a chat model finds the words and colours of a film.

It is bound to a schema, held to our own rules, and asked once to mend what is wrong: models keep a form well, a length
or a list of names less so, and a second question costs next to nothing beside a film."""

import dataclasses
import functools
import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any

from vgkit.engines.base import PlanRequest, Request
from vgkit.engines.catalog import ChatModel, Entry, shutdown_warning
from vgkit.engines.hosted import Host, Order, Standing
from vgkit.engines.openai.messages import Message, chat_messages, repair_messages, system_message
from vgkit.engines.openai.wire import WirePlan, read_plan, too_long
from vgkit.errors import EngineFailed, EngineUnknown
from vgkit.files import write_text
from vgkit.storyboard import Plan

log = logging.getLogger(__name__)

_LETTERS_PER_TOKEN = 3.5
_ANSWER_TOKENS = 4000  # a plan of six beats has about 1,200; the rest is for thinking, which is charged as output
_SETTING = "VGKIT_GPT_MODEL"
_MICRO_USD = Decimal("0.000001")
_MILLION = 1_000_000
_TOLD = 5


class ChatPlanner:
    """Plans by a chat model; a ``HostedEngine``.

    The model is the entry's, or for ``gpt`` the one that VGKIT_GPT_MODEL names. Raises EngineUnknown for one without a
    price.
    """

    def __init__(self, entry: Entry, client: Host) -> None:
        self.entry = entry
        self.client = client
        self.name = entry.name
        self.host = entry.host
        self.commercial_use = entry.commercial_use
        self.licence = entry.licence
        chosen = os.environ.get(_SETTING, "").strip() if entry.name == "gpt" else ""
        self.model = chosen or entry.model
        self.price = _price(entry, self.model)

    @property
    def version(self) -> str:
        """The model, and six hex digits of the craft it is told and the form it answers in."""
        return f"{self.model}.{_digest()}"

    def next_order(self, request: Request, results: Sequence[Path]) -> Order | None:
        """The question; after an answer that can't be used, one more with what is wrong with it; then nothing."""
        asked = _plan_request(request)
        messages = self._messages(asked)
        if not results:
            self._warn()
            return self._order(messages, step="")
        answer = results[0].read_text(encoding="utf-8")
        if len(results) > 1 or not (wrong := _wrong(answer, asked)):
            return None
        return self._order(repair_messages(messages, answer, wrong), step="repair")

    def finish(self, request: Request, results: Sequence[Path], out: Path) -> Mapping[str, Any]:
        """Write the plan (JSON). Raises EngineFailed, with what is wrong, for answers that can't be used.

        A caption that is too long is worth a second question but no film: it is set smaller.
        """
        asked = _plan_request(request)
        wrong: list[str] = []
        for path in reversed(results):
            found = read_plan(path.read_text(encoding="utf-8"), asked.template)
            if isinstance(found, Plan):
                break
            wrong = wrong or found
        else:
            raise EngineFailed(
                f"{self.name}@{self.host} ({self.model}) gave no plan that can be used, and did not mend it when "
                f"asked: {'; '.join(wrong[:_TOLD])}. Try another model ({_SETTING}), or --engine plan=sketch."
            )
        write_text(out, found.model_dump_json(indent=2) + "\n")
        return {"model": self.model, "calls": len(results)}

    def cost_usd(self, order: Order, standing: Standing) -> Decimal:
        """By the tokens the host counted; a refusal and an answer that was cut off are charged like any other."""
        facts = standing.facts
        if "prompt_tokens" not in facts:
            return order.estimate_usd
        return self._usd(facts["prompt_tokens"], facts["completion_tokens"], cached=facts.get("cached_tokens", 0))

    def forecast(self, request: Request) -> Sequence[Order]:
        """One question; a repair is not expected."""
        return [self._order(self._messages(_plan_request(request)), step="")]

    def vary(self, request: Request, attempt: int) -> Request:
        """Another idea: models take no seed any more, so that it is asked for in words."""
        return dataclasses.replace(_plan_request(request), seed=_plan_request(request).seed + attempt)

    def _messages(self, request: PlanRequest) -> list[Message]:
        told = "" if self.price.structured == "json_schema" else _schema()
        return chat_messages(request.brief, request.template, variation=request.seed, schema=told)

    def _warn(self) -> None:
        if warning := shutdown_warning(self.model, datetime.now(UTC).date()):
            log.warning("%s", warning)

    def _order(self, messages: Sequence[Message], *, step: str) -> Order:
        letters = sum(len(message["content"]) for message in messages)
        return Order(
            model=self.model,
            version=self.version,
            params={"messages": messages, "structured": self.price.structured},
            suffix=".json",
            estimate_usd=self._usd(round(letters / _LETTERS_PER_TOKEN), _ANSWER_TOKENS),
            typical_s=self.entry.passes[0].typical_s,
            deadline_s=self.entry.deadline_s,
            step=step,
        )

    def _usd(self, prompt: int, completion: int, *, cached: int = 0) -> Decimal:
        price = self.price
        fresh = max(prompt - cached, 0)
        total = fresh * price.input_usd + cached * price.cached_usd + completion * price.output_usd
        return (total / _MILLION).quantize(_MICRO_USD, rounding=ROUND_UP)


def _wrong(answer: str, asked: PlanRequest) -> list[str]:
    """What to have mended in an answer; nothing where it is good."""
    found = read_plan(answer, asked.template)
    return too_long(found, asked.brief.size_px) if isinstance(found, Plan) else found


@functools.cache
def _schema() -> str:
    return json.dumps(WirePlan.model_json_schema())


@functools.cache
def _digest() -> str:
    return hashlib.sha256(f"{system_message()}\n{_schema()}".encode()).hexdigest()[:6]


def _price(entry: Entry, model: str) -> ChatModel:
    """What a model costs. Raises EngineUnknown for one without a price, with those that have one."""
    if model not in entry.models:
        raise EngineUnknown(
            f"{_SETTING}: {model!r} has no price in the catalog. Use one of {', '.join(entry.models)}, or add it "
            "to an entry of your own (VGKIT_ENGINES)."
        )
    return entry.models[model]


def _plan_request(request: Request) -> PlanRequest:
    assert isinstance(request, PlanRequest)
    return request
