"""Turns a model's refusal into sentences a person can act on: the field, the value they gave, what is accepted.

pydantic's own text names types and documentation addresses; a person who wrote a brief needs neither."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

_LONGEST_VALUE = 60


def complaints(refusal: ValidationError) -> list[tuple[tuple[str | int, ...], str]]:
    """List (place, sentence) for each thing the model refused, in the order of the fields."""
    return [(tuple(error["loc"]), _sentence(error)) for error in refusal.errors(include_url=False)]


def complain(refusal: ValidationError) -> str:
    """Join all complaints to one text, a line each."""
    return "\n".join(f"{field_name(place)}: {sentence}" for place, sentence in complaints(refusal))


def field_name(place: Iterable[str | int]) -> str:
    """Write a place as a person would: ``beats[2].share``."""
    name = ""
    for step in place:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
    return name or "the whole"


def shown(value: object) -> str:
    """Quote a value for a message, cut where it is long, with its length told."""
    text = repr(value)
    if len(text) <= _LONGEST_VALUE:
        return text
    size = f"{len(value)} characters" if isinstance(value, str) else "cut"
    return f"{text[: _LONGEST_VALUE - 3]}… ({size})"


def _number(bound: object) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


def _sentence(error: Mapping[str, Any]) -> str:
    kind, context, value = error["type"], error.get("ctx", {}), shown(error.get("input"))
    expected = {
        "missing": "is missing; add it",
        "extra_forbidden": "is not a field here; remove it or check its spelling",
        "string_too_short": f"is {value}; write at least {context.get('min_length')} character(s)",
        "string_too_long": f"is {value}; keep it to {context.get('max_length')} characters",
        "greater_than_equal": f"is {value}; the least is {_number(context.get('ge'))}",
        "less_than_equal": f"is {value}; the most is {_number(context.get('le'))}",
        "greater_than": f"is {value}; it must be more than {context.get('gt')}",
        "less_than": f"is {value}; it must be less than {context.get('lt')}",
        "literal_error": f"is {value}; choose one of {context.get('expected')}",
        "too_short": f"has {context.get('actual_length')} entries; at least {context.get('min_length')} are needed",
        "too_long": f"has {context.get('actual_length')} entries; at most {context.get('max_length')} fit",
        "int_parsing": f"is {value}; write a whole number",
        "int_parsing_size": f"is {value}; write a smaller number",
        "int_from_float": f"is {value}; write a whole number",
        "decimal_parsing": f"is {value}; write an amount, such as 2.50",
        "decimal_max_digits": f"is {value}; write an amount with at most {context.get('max_digits')} digits",
        "decimal_max_places": f"is {value}; write at most {context.get('decimal_places')} digits after the point",
        "finite_number": f"is {value}; write an amount, such as 2.50",
        "value_error": str(context.get("error", error["msg"])),
    }
    return expected.get(kind, f"is {value}; {error['msg'][:1].lower()}{error['msg'][1:]}")
