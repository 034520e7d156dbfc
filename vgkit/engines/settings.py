"""What a person may turn on a hosted model: the numbers its catalog entry sends, within what the model accepts.

Turned, it is the same engine that sends something else, so its calls have other fingerprints; set to what the entry
says, they have the same, and nothing is paid twice."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vgkit.engines.catalog import Entry, Parameter, Pass
from vgkit.engines.model import CatalogEngine
from vgkit.errors import ParameterError

Value = int | float

# One word for what models call differently, so that a grid over engines can vary it too.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "guidance": ("guidance_scale", "guidance", "cfg"),
    # Diffusion takes its time a step, and the published times are of the entry's own number.
    "steps": ("num_inference_steps", "steps"),
}


@dataclass(frozen=True)
class Setting:
    """A number that may be set: its name (``draft.init_weight`` where the calls of a chain differ), what it is
    otherwise, and its range as far as the model tells one; never below 0."""

    name: str
    default: Value
    whole: bool  # whole numbers only
    least: float = 0.0
    most: float | None = None
    choices: tuple[Value, ...] = ()

    def complaint(self, value: object) -> str:
        """What is wrong with a value, as a sentence; nothing where it fits."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return f"{value!r} is no number. {self.name} takes {self.range}."
        if self.whole and value != int(value):
            return f"{value:g} is not whole. {self.name} takes {self.range}."
        if value < self.least or (self.most is not None and value > self.most):
            return f"{value:g} is out of range. {self.name} takes {self.range}."
        if self.choices and value not in self.choices:
            return f"{value:g} is not offered. {self.name} takes {self.range}."
        return ""

    @property
    def range(self) -> str:
        """What it takes, in words."""
        if self.choices:
            return f"one of {', '.join(map(str, self.choices))}"
        numbers = "whole numbers" if self.whole else "numbers"
        upwards = f"from {self.least:g}"
        return f"{numbers} {upwards} to {self.most:g}" if self.most is not None else f"{numbers} {upwards}"


def settings_of(engine: Any) -> tuple[Setting, ...]:
    """List what may be set on an engine; nothing on one that is not of the catalog."""
    if not isinstance(engine, CatalogEngine):
        return ()
    entry = engine.entry
    return tuple(
        _setting(entry.parameters[name], _named(entry, this, name), value)
        for name, this, value in _numbers(entry)
        if _named(entry, this, name) != name or this is _first_with(entry, name)
    )


def with_settings(engine: Any, values: Mapping[str, object]) -> Any:
    """The engine with other numbers; itself where none are given. Raises ParameterError for what can't be set so."""
    if not values:
        return engine
    known = settings_of(engine)
    turned: dict[str, object] = {}
    for name, value in values.items():
        setting = setting_named(known, name)
        if setting is None:
            has = ", ".join(each.name for each in known) or "none"
            raise ParameterError(f"{engine.name}@{engine.host} has no setting {name!r}. It has {has}.")
        if wrong := setting.complaint(value):
            raise ParameterError(wrong)
        turned[setting.name] = value
    assert isinstance(engine, CatalogEngine)
    return CatalogEngine(_turned(engine.entry, {each.name: each for each in known}, turned), engine.client)


def setting_named(known: Sequence[Setting], name: str) -> Setting | None:
    """Find a setting by its own name or by the common one: ``guidance``, ``steps``."""
    names = (name, *ALIASES.get(name, ()))
    return next((each for each in known if each.name in names), None)


def _numbers(entry: Entry) -> list[tuple[str, Pass, Value]]:
    """All numbers that the calls of an entry send, each with its call."""
    return [
        (name, this, value)
        for this in entry.passes
        for name, value in this.input.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]


def _named(entry: Entry, this: Pass, name: str) -> str:
    """A number's name, told with its call where several calls send different ones."""
    values = {value for known, _, value in _numbers(entry) if known == name}
    return name if len(values) == 1 else f"{this.step}.{name}"


def _first_with(entry: Entry, name: str) -> Pass:
    return next(this for known, this, _ in _numbers(entry) if known == name)


def _setting(parameter: Parameter, name: str, default: Value) -> Setting:
    return Setting(
        name=name,
        default=default,
        whole=parameter.type == "integer",
        least=max(parameter.minimum or 0.0, 0.0),
        most=parameter.maximum,
        choices=tuple(choice for choice in parameter.choices if not isinstance(choice, str)),
    )


def _turned(entry: Entry, known: Mapping[str, Setting], values: Mapping[str, Any]) -> Entry:
    """The entry with other numbers. More steps take longer; with fewer, how much is saved is not known."""
    passes, longest = [], 1.0
    for this in entry.passes:
        sent, longer = dict(this.input), 1.0
        for name in this.input:
            setting = known.get(_named(entry, this, name)) if name in entry.parameters else None
            if setting and setting.name in values:
                value = values[setting.name]
                # As the entry writes it where it is the same: 7 and 7.0 would be two fingerprints.
                sent[name] = setting.default if value == setting.default else (int if setting.whole else float)(value)
                if name in ALIASES["steps"]:
                    longer = max(1.0, value / setting.default)
        passes.append(this.model_copy(update={"input": sent, "typical_s": this.typical_s * longer}))
        longest = max(longest, longer)
    return entry.model_copy(update={"passes": tuple(passes), "deadline_s": entry.deadline_s * longest})
