"""The models a rehearsal offers: the catalog's own entries, seen from the host's side of the counter.

One source for both sides keeps price and time estimates honest; what the real schema says is held against the catalog
by the catalog's own tests."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from vgkit.engines.catalog import ChatModel, Entry, Parameter, Pass, catalog
from vgkit.rehearsal.book import Tariff, rounded_up
from vgkit.rehearsal.fates import Leg

_MILLION = 1_000_000


def shelf() -> dict[str, Entry]:
    """What is offered, by version id. Entries that share a version are one model, with the calls of all of them."""
    offered: dict[str, Entry] = {}
    for entry in catalog().values():
        if entry.host == "replicate":
            known = offered.get(entry.version, entry)
            parameters = {**entry.parameters, **known.parameters}
            passes = (*known.passes, *(each for each in entry.passes if known is not entry))
            offered[entry.version] = known.model_copy(update={"parameters": parameters, "passes": passes})
    return offered


def model_of(name: str) -> Entry | None:
    """What is offered of a model, by ``owner/name``."""
    return next((entry for entry in shelf().values() if entry.model == name), None)


def chat_models() -> dict[str, ChatModel]:
    """The chat models on offer, by name."""
    return {name: each for entry in catalog().values() if entry.host == "openai" for name, each in entry.models.items()}


def pass_of(entry: Entry, sent: Mapping[str, Any]) -> Pass:
    """Which of a chain's calls this is: the one most of whose literals, and whose slots, are what was sent."""

    def likeness(each: Pass) -> tuple[int, int]:
        literals = {name: value for name, value in each.input.items() if not _is_slot(value)}
        same = sum(sent.get(name) == value for name, value in literals.items())
        return same - len(set(literals) - set(sent)), -len(set(each.input) ^ set(sent))

    return max(entry.passes, key=likeness)


def leg_of(entry: Entry, sent: Mapping[str, Any]) -> Leg:
    """What a call with this input is expected to take."""
    this = pass_of(entry, sent)
    lengths = [sent.get(name) for name, value in this.input.items() if value == "$duration_s"]
    asked_s = sum(float(length) for length in lengths if isinstance(length, int | float))
    return Leg(typical_s=this.typical_s + this.per_output_s * asked_s, boot_s=entry.boot_s)


def tariff_of(entry: Entry) -> Tariff:
    """What a call is charged at."""
    usd = Decimal(entry.price.usd)
    return Tariff(per_output_usd=usd) if entry.price.per == "output" else Tariff(per_s_usd=usd)


def tokens_usd(model: ChatModel, *, prompt: int, completion: int) -> Decimal:
    """What an answer is charged at."""
    # Reckoned apart from the planner's own sum: a bill that is copied from the books proves nothing about them.
    return rounded_up((prompt * model.input_usd + completion * model.output_usd) / _MILLION)


def complaints(entry: Entry, sent: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the host does not accept in an input, as (field, sentence)."""
    found = []
    for name, value in sent.items():
        parameter = entry.parameters.get(name)
        if parameter is None:
            found.append((name, f"Additional property {name} is not allowed"))
        elif said := _complaint(parameter, value):
            found.append((name, said))
    return found


def input_schema(entry: Entry) -> dict[str, Any]:
    """The entry's parameters as a version's OpenAPI document tells them."""
    fields = {name: _as_schema(parameter) for name, parameter in entry.parameters.items()}
    return {
        "openapi": "3.0.2",
        "info": {"title": "Cog", "version": "0.1.0"},
        "paths": {},
        "components": {"schemas": {"Input": {"type": "object", "title": "Input", "properties": fields}}},
    }


def _is_slot(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("$")


def _complaint(parameter: Parameter, value: Any) -> str:
    match parameter.misfit(value):
        case "type":
            return f"Invalid type. Expected: {parameter.type}, given: {_named(value)}"
        case "choice":
            return "Must be one of the following: " + ", ".join(f'"{choice}"' for choice in parameter.choices)
        case "least":
            return f"Must be greater than or equal to {parameter.minimum:g}"
        case "most":
            return f"Must be less than or equal to {parameter.maximum:g}"
        case _:
            strange = parameter.type == "uri" and not value.startswith(("http://", "https://", "data:"))
            return "Does not match format 'uri'" if strange else ""


def _named(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {str: "string", int: "integer", float: "number", type(None): "null"}.get(type(value), type(value).__name__)


def _as_schema(parameter: Parameter) -> dict[str, Any]:
    kind = {"type": "string", "format": "uri"} if parameter.type == "uri" else {"type": parameter.type}
    bounds = {"minimum": parameter.minimum, "maximum": parameter.maximum, "enum": list(parameter.choices) or None}
    return kind | {name: value for name, value in bounds.items() if value is not None}
