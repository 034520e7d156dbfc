"""What a rehearsed planner answers: the plan that the offline rule would make of the brief it was sent."""

import json
from collections.abc import Mapping
from typing import Any

from vgkit.rehearsal.instances import instance_of


def answer_for(asked: Mapping[str, Any]) -> str:
    """The text of an answer to a chat request."""
    wanted = asked.get("response_format", {})
    if wanted.get("type") == "json_schema":
        return json.dumps(instance_of(wanted["json_schema"]["schema"]), ensure_ascii=False)
    return "{}" if wanted.get("type") == "json_object" else "Rehearsed."
