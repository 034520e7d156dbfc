"""What a rehearsed planner answers: the plan that the offline rule makes of the brief it was sent.

To anything else it gives the plainest value that the asked schema accepts."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from vgkit.brief import brief_from
from vgkit.engines.openai.messages import BRIEF_MARK, TEMPLATE_MARK
from vgkit.engines.sketch.plan import plan_by_rule
from vgkit.rehearsal.instances import instance_of
from vgkit.storyboard import BeatPlan, Plan
from vgkit.template import Template
from vgkit.template_files import load_template, template_names

_VARIATION = re.compile(r"variation (\d+)")


def answer_for(asked: Mapping[str, Any]) -> str:
    """The text of an answer to a chat request."""
    told = "\n".join(_text(message) for message in asked["messages"] if message.get("role") == "user")
    brief, template = _between(told, BRIEF_MARK), _between(told, TEMPLATE_MARK)
    if isinstance(brief, dict) and isinstance(template, dict):
        variation = _VARIATION.search(told)
        return plan_for(brief, template, seed=int(variation[1]) if variation else 0).model_dump_json()
    wanted = asked.get("response_format", {})
    if wanted.get("type") == "json_schema":
        return json.dumps(instance_of(wanted["json_schema"]["schema"]), ensure_ascii=False)
    return "{}" if wanted.get("type") == "json_object" else "Rehearsed."


def plan_for(brief: Mapping[str, Any], template: Mapping[str, Any], *, seed: int) -> Plan:
    """A valid plan for a brief's fields and a template's beats, as a planner is told of them."""
    names = [str(beat["beat"]) for beat in template["beats"]]
    known = _template_with(names)
    plan = plan_by_rule(brief_from({"prompt": "A product.", **brief, "seed": seed}), known)
    # Of a template of a person's own only the names of its beats are sent, so ours lend it their words.
    words = {beat.beat: beat for beat in plan.beats}
    beats = tuple(
        words.get(name) or BeatPlan(beat=name, prompt=plan.beats[number % len(plan.beats)].prompt)
        for number, name in enumerate(names)
    )
    return plan.model_copy(update={"beats": beats})


def _template_with(names: Sequence[str]) -> Template:
    """The shipped template that shares most beats."""
    shipped = [load_template(name) for name in template_names()]
    return max(shipped, key=lambda template: len({beat.name for beat in template.beats} & set(names)))


def _between(text: str, marks: tuple[str, str]) -> Any:
    _, _, rest = text.partition(marks[0])
    try:
        return json.loads(rest.partition(marks[1])[0])
    except ValueError:
        return None


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return str(content or "")
