"""One axis of a grid: what is varied, and its values as a person types them."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vgkit.engines.registry import full_name
from vgkit.engines.settings import ALIASES, Setting, setting_named
from vgkit.errors import EngineUnknown
from vgkit.lab.grids import Axis
from vgkit.lab.trial import ROLES, Kind, Trial
from vgkit.widgets.parts import hide, stack
from vgkit.widgets.prompt_lab.fields import Field, area, choice
from vgkit.widgets.prompt_lab.settings import label_of, number

NOTHING = ""
PROMPT = "prompt"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LONGEST_HEADING = 48


@dataclass(frozen=True)
class Chosen:
    """An axis with a heading for each of its values, or what is wrong with it; neither where nothing is varied."""

    axis: Axis | None = None
    headings: tuple[str, ...] = ()
    wrong: str = ""


class AxisFields:
    """What is varied along one side of a grid. ``fill`` gives the prompt that a pattern comes to, or raises ValueError
    with a complaint; ``patterns`` are those to begin with."""

    def __init__(
        self,
        label: str,
        name: str,
        first: str,
        on_change: Callable[[], None],
        *,
        fill: Callable[[str], str],
        patterns: Callable[[], Sequence[str]],
    ) -> None:
        self._first, self._on_change, self._fill, self._patterns = first, on_change, fill, patterns
        self._settings: tuple[Setting, ...] = ()
        self._kind: Kind = "keyframe"
        self._engine = ""
        self.name = Field(choice(label, [("", NOTHING)]), name, self._turn)
        self.values = Field(area("Values", rows=3), f"{name}-values", on_change)
        self.box = stack(self.name.box, self.values.box)

    def offer(self, trial: Trial, settings: tuple[Setting, ...], *, optional: bool) -> None:
        """Offer what this trial's engine lets one vary; what is chosen stays where it still can be."""
        is_new = not self._engine
        self._settings, self._kind, self._engine = settings, trial.kind, trial.engine
        found = [("nothing", NOTHING)] if optional else []
        found += [("seed", "seed"), ("prompt variants", PROMPT), ("engine", "engine")]
        found += [(label_of(name), name) for name in map(_common, settings)]
        known = [value for _, value in found]
        chosen = self._first if is_new else str(self.name.value)
        self.name.offer(found, chosen if chosen in known else known[0])
        self._follow()
        if is_new or chosen not in known:
            self._suggest()

    @property
    def chosen(self) -> Chosen:
        """The axis as it stands."""
        name, typed = str(self.name.value), self._typed()
        if name == NOTHING:
            return Chosen()
        if not typed:
            return Chosen(wrong="is empty; write a value or more")
        try:
            values = tuple(self._read(name, each) for each in typed)
        except ValueError as error:
            return Chosen(wrong=str(error))
        return Chosen(Axis(name, values), tuple(_heading(name, n, each) for n, each in enumerate(typed)))

    def _typed(self) -> list[str]:
        separator = r"\n" if self.name.value == PROMPT else r"[\n,]"
        return [each.strip() for each in re.split(separator, str(self.values.value)) if each.strip()]

    def _read(self, name: str, said: str) -> int | float | str:
        """A typed value as the lab takes it. Raises ValueError with a complaint."""
        if name == PROMPT:
            return self._fill(said)
        if name == "engine":
            try:
                return full_name(ROLES[self._kind], said)
            except EngineUnknown as unknown:
                raise ValueError(str(unknown)) from unknown
        if name == "seed":
            if not said.isdecimal():
                raise ValueError(f"has {said[:40]!r}; a seed is a whole number from 0")
            return int(said)
        setting = setting_named(self._settings, name)
        assert setting is not None
        value = number(setting, said)
        if setting.complaint(value):
            raise ValueError(f"has {said[:40]!r}; {label_of(name)} takes {setting.range}")
        return value

    def _follow(self) -> None:
        hide(self.values.box, unless=self.name.value != NOTHING)

    def _turn(self) -> None:
        self._follow()
        self._suggest()
        self._on_change()

    def _suggest(self) -> None:
        """Write values to begin with."""
        name = str(self.name.value)
        self.values.hint("One pattern of the beat a line." if name == PROMPT else "With commas, or one a line.")
        setting = setting_named(self._settings, name)
        if setting is not None:
            self.values.put(", ".join(f"{value:g}" for value in _around(setting)))
        else:
            engine = self._engine.partition("@")[0]
            first = {PROMPT: "\n".join(self._patterns()), "engine": engine, "seed": "1, 2, 3", NOTHING: ""}
            self.values.put(first[name])


def _common(setting: Setting) -> str:
    """The name that a setting shares with the same one of other engines, where it has such a name."""
    return next((name for name, alike in ALIASES.items() if setting.name in alike), setting.name)


def _around(setting: Setting) -> list[int | float]:
    """The engine's own value between a lower and a higher one, or all there is to choose."""
    if setting.choices:
        return list(setting.choices)
    most = math.inf if setting.most is None else setting.most
    three = [min(max(setting.default * factor, setting.least), most) for factor in (0.6, 1, 1.5)]
    return list(dict.fromkeys(round(value) if setting.whole else float(f"{value:.2g}") for value in three))


def _heading(name: str, place: int, said: str) -> str:
    if name == "engine":
        return said
    if name != PROMPT:
        return f"{label_of(name)} {said}"
    short = said if len(said) <= _LONGEST_HEADING else said[: _LONGEST_HEADING - 1].rsplit(" ", 1)[0] + "…"
    return f"{_LETTERS[place % len(_LETTERS)]}: {short}"
