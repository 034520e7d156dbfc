"""``gpt``: a chat model finds the words and colours of a film.

It is bound to a schema, held to our own rules, and asked once to mend what is wrong."""

import dataclasses
import functools
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
from vgkit.engines.openai.messages import chat_messages, objects, places, repair_messages
from vgkit.engines.openai.wire import WirePlan, read_plan
from vgkit.errors import EngineFailed, EngineUnknown
from vgkit.files import write_text
from vgkit.storyboard import Plan
from vgkit.template import Template

log = logging.getLogger(__name__)

_WORDS = "1"  # raise with every change of what the model is told
_LETTERS_PER_TOKEN = 3.5
_ANSWER_TOKENS = 4000  # a plan of six beats has about 1,200; the rest is for thinking, which is charged as output
_MICRO_USD = Decimal("0.000001")
_MILLION = 1_000_000


class ChatPlanner:
    """Plans by a chat model; a ``HostedEngine``. The model is VGKIT_GPT_MODEL, else the catalog's."""

    def __init__(self, entry: Entry, client: Host) -> None:
        self.entry = entry
        self.client = client
        self.name = entry.name
        self.host = entry.host
        self.commercial_use = entry.commercial_use
        self.licence = entry.licence
        self.model = os.environ.get("VGKIT_GPT_MODEL") or entry.model
        self.price = _price(entry, self.model)

    @property
    def version(self) -> str:
        """The model, and the edition of what it is told."""
        return f"{self.model}.{_WORDS}"

    def next_order(self, request: Request, results: Sequence[Path]) -> Order | None:
        """The question; after an answer that can't be used, one more with what is wrong with it; then nothing."""
        asked = _plan_request(request)
        messages = self._messages(asked)
        if not results:
            return self._order(messages, step="")
        if len(results) > 1:
            return None
        answer = results[0].read_text(encoding="utf-8")
        found = _read(answer, asked.template)
        return None if isinstance(found, Plan) else self._order(repair_messages(messages, answer, found), step="repair")

    def finish(self, request: Request, results: Sequence[Path], out: Path) -> Mapping[str, Any]:
        """Write the plan (JSON). Raises EngineFailed, with what is wrong, for an answer that can't be used."""
        asked = _plan_request(request)
        found = _read(results[-1].read_text(encoding="utf-8"), asked.template)
        if not isinstance(found, Plan):
            raise EngineFailed(
                f"{self.name}@{self.host} ({self.model}) gave no plan that can be used, and could not mend it: "
                f"{'; '.join(found[:5])}. Try another model (VGKIT_GPT_MODEL) or --engine plan=sketch."
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

    def _messages(self, request: PlanRequest) -> list[dict[str, str]]:
        told = "" if self.price.structured == "json_schema" else json.dumps(_schema())
        variation = request.seed - request.brief.seed
        return chat_messages(request.brief, request.template, variation=variation, schema=told)

    def _order(self, messages: list[dict[str, str]], *, step: str) -> Order:
        if warning := shutdown_warning(self.model, datetime.now(UTC).date()):
            log.warning("%s", warning)
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


def _read(answer: str, template: Template) -> Plan | list[str]:
    return read_plan(answer, template, places=places(), objects=objects())


@functools.cache
def _schema() -> dict[str, Any]:
    return WirePlan.model_json_schema()


def _price(entry: Entry, model: str) -> ChatModel:
    """What a model costs. Raises EngineUnknown for one without a price, with those that have one."""
    if model not in entry.models:
        raise EngineUnknown(
            f"VGKIT_GPT_MODEL: {model!r} has no price in the catalog. Use one of {', '.join(entry.models)}, or add it "
            "to an entry of your own (VGKIT_ENGINES)."
        )
    return entry.models[model]


def _plan_request(request: Request) -> PlanRequest:
    assert isinstance(request, PlanRequest)
    return request
