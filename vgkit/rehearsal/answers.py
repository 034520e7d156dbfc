"""What a rehearsed planner answers: the plan that the offline rule would make of the brief it was sent."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from vgkit.brief import brief_from
from vgkit.engines.openai.messages import BRIEF_MARK, TEMPLATE_MARK
from vgkit.engines.openai.wire import WirePlan
from vgkit.engines.sketch.plan import plan_by_rule
from vgkit.rehearsal.instances import instance_of
from vgkit.template import Template
from vgkit.template_files import load_template, template_names


def answer_for(asked: Mapping[str, Any]) -> str:
    """The text of an answer to a chat request; the plainest that its schema accepts where it is not about a film."""
    if film := _film(asked["messages"]):
        brief, template = film
        plan = plan_by_rule(brief_from({"prompt": "a film", **brief}), template)
        wire = WirePlan.model_validate(plan.model_dump(mode="json"))
        return json.dumps(wire.model_dump(), ensure_ascii=False)
    wanted = asked.get("response_format", {})
    if wanted.get("type") == "json_schema":
        return json.dumps(instance_of(wanted["json_schema"]["schema"]), ensure_ascii=False)
    return "{}" if wanted.get("type") == "json_object" else "Rehearsed."


def _film(messages: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], Template] | None:
    """The brief in the messages, and the template: ours with those beats, or its nearest, cut to their names."""
    text = "\n".join(str(message.get("content")) for message in messages if message.get("role") == "user")
    brief, beats = _between(text, BRIEF_MARK), _between(text, TEMPLATE_MARK)
    if not (isinstance(brief, dict) and isinstance(beats, dict)):
        return None
    names = [beat["beat"] for beat in beats["beats"]]
    known = [load_template(name) for name in template_names()]
    alike = next((each for each in known if [beat.name for beat in each.beats] == names), None)
    return brief, alike or _renamed(known[0], names)


def _renamed(template: Template, names: Sequence[str]) -> Template:
    """A person's own template is not known here, only the names of its beats."""
    count = len(template.beats)
    beats = tuple(template.beats[n % count].model_copy(update={"name": name}) for n, name in enumerate(names))
    return template.model_copy(update={"beats": beats})


def _between(text: str, mark: tuple[str, str]) -> Any:
    _, found, rest = text.partition(mark[0])
    try:
        return json.loads(rest.partition(mark[1])[0]) if found else None
    except ValueError:
        return None
