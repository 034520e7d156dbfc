"""Controls for what an engine lets one set: sliders where the model tells a range, fields where it does not."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets

from vgkit.engines.settings import Setting
from vgkit.widgets.prompt_lab.fields import Field, choice, line
from vgkit.widgets.prompt_lab.prompts import in_words


class SettingsView:
    """One field for each setting; ``params`` are those that differ from what the engine has anyway."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._settings: tuple[Setting, ...] = ()
        self.fields: dict[str, Field] = {}
        self.box = ipywidgets.Box()
        for name in ("vg-fields", "vg-settings"):
            self.box.add_class(name)

    def offer(self, settings: tuple[Setting, ...]) -> None:
        """Show the fields of another engine."""
        if settings == self._settings:
            return
        self._settings = settings
        self.fields = {setting.name: self._field(setting) for setting in settings}
        self.box.children = [field.box for field in self.fields.values()]

    @property
    def params(self) -> dict[str, int | float]:
        """The numbers that were set otherwise than the engine has them."""
        return {name: value for name, value in self._said().items() if not isinstance(value, str)}

    @property
    def complaints(self) -> dict[str, str]:
        """What is wrong with each that is no number, by ``params.<name>``."""
        known = {setting.name: setting for setting in self._settings}
        said = self._said().items()
        return {f"params.{name}": known[name].complaint(value) for name, value in said if isinstance(value, str)}

    def _said(self) -> dict[str, int | float | str]:
        found = {setting.name: number(setting, self.fields[setting.name].value) for setting in self._settings}
        return {
            setting.name: found[setting.name] for setting in self._settings if found[setting.name] != setting.default
        }

    def complain(self, complaints: Mapping[str, str]) -> None:
        """Show what is wrong with each, by ``params.<name>``."""
        for name, field in self.fields.items():
            field.complain(complaints.get(f"params.{name}", ""))

    def _field(self, setting: Setting) -> Field:
        name = "setting-" + setting.name.replace(".", "-").replace("_", "-")
        return Field(_control(setting), name, self._on_change, hint=f"{setting.range}; otherwise {setting.default:g}")


def label_of(name: str) -> str:
    """A setting's name as a person would write it: ``draft.init_weight`` is ``init weight, draft``."""
    step, _, bare = name.rpartition(".")
    return f"{in_words(bare)}, {step}" if step else in_words(bare)


def number(setting: Setting, said: int | float | str) -> int | float | str:
    """What was typed as the number it is; what is none stays text, for who judges it to complain about."""
    try:
        return int(said) if setting.whole else float(said)
    except ValueError:
        return said


def _control(setting: Setting) -> Any:
    label = label_of(setting.name)
    if setting.choices:
        return choice(label, [(f"{value:g}", value) for value in setting.choices], setting.default)
    if setting.most is None:
        return line(label, f"{setting.default:g}")
    ranged = {"description": label, "min": setting.least, "max": setting.most, "value": setting.default}
    if setting.whole:
        return ipywidgets.IntSlider(**{**ranged, "min": int(setting.least), "max": int(setting.most)})
    return ipywidgets.FloatSlider(**ranged, step=_step(setting.most - setting.least), readout_format=".2f")


def _step(span: float) -> float:
    """A round number that cuts the range into 200 steps or more."""
    return float(10.0 ** math.floor(math.log10(span / 200)))
