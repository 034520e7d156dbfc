"""The plainest value that a JSON schema accepts: what a rehearsed planner answers to a schema it does not know."""

from collections.abc import Mapping
from typing import Any

_DEEPEST = 20


def instance_of(schema: Mapping[str, Any], *, root: Mapping[str, Any] | None = None, depth: int = 0) -> Any:
    """A value for a schema of the kind that structured output takes: objects, arrays, enums, references, unions."""
    whole = schema if root is None else root
    if depth > _DEEPEST:
        return None
    if "$ref" in schema:
        target: Any = whole
        for step in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        return instance_of(target, root=whole, depth=depth + 1)
    for union in ("anyOf", "oneOf", "allOf"):
        if schema.get(union):
            return instance_of(schema[union][0], root=whole, depth=depth + 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    return _plain(schema, whole, depth)


def _plain(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        fields = schema.get("properties", {})
        return {name: instance_of(inner, root=root, depth=depth + 1) for name, inner in fields.items()}
    if kind == "array":
        count = int(schema.get("minItems", 1))
        return [instance_of(schema.get("items", {}), root=root, depth=depth + 1) for _ in range(count)]
    if kind in ("integer", "number"):
        return schema.get("minimum", 0)
    return {"boolean": False, "null": None}.get(str(kind), "rehearsed")
