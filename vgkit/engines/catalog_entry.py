"""The nouns of the catalog: one entry is one hosted engine.

They refuse what could only fail at the host, where it would be found out later and may cost."""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from vgkit.brief import Aspect, Role

EntryRole = Role | Literal["upscale", "interpolate"]
Adapter = Literal["", "push_in", "text_only", "sketch_layout"]

# What an input may name instead of a literal; see docs/engines.md for what each stands for.
SLOTS: Mapping[str, str] = {
    **dict.fromkeys(("$prompt", "$negative"), "string"),
    **dict.fromkeys(("$seed", "$width", "$height", "$frames", "$fps", "$duration_s"), "integer"),
    **dict.fromkeys(("$keyframe", "$keyframe_clip", "$product", "$layout", "$previous"), "uri"),
    **dict.fromkeys(("$zoom_in", "$zoom_out", "$pan_left", "$pan_right"), "number"),
    **dict.fromkeys(("$tilt_up", "$tilt_down", "$roll_cw", "$roll_acw"), "number"),
}

Usd = Annotated[Decimal, Field(ge=0)]
Size = tuple[Annotated[int, Field(ge=64, le=4096)], Annotated[int, Field(ge=64, le=4096)]]


class _Noun(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(_Noun):
    """What a model accepts for one of its parameters, as its own schema says."""

    type: Literal["string", "integer", "number", "boolean", "uri"]
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str | int, ...] = ()

    def complaint(self, value: Any) -> str:
        """Say what is wrong with a value, as the rest of a sentence; empty where it is accepted."""
        if not _is_a(value, self.type):
            return f"is {value!r}; it must be {_ARTICLED[self.type]}"
        if self.choices and value not in self.choices:
            return f"is {value!r}; choose one of {', '.join(map(str, self.choices))}"
        if self.minimum is not None and value < self.minimum:
            return f"is {value!r}; the least is {self.minimum:g}"
        if self.maximum is not None and value > self.maximum:
            return f"is {value!r}; the most is {self.maximum:g}"
        return ""


class Pass(_Noun):
    """One call of a chain. ``input`` holds literals and slots (``$prompt``); seconds are those the host bills."""

    step: str = ""
    input: Mapping[str, Any]
    size: Mapping[Aspect, Size] = {}
    typical_s: float = Field(gt=0)
    per_output_s: float = Field(default=0.0, ge=0)


class Hardware(_Noun):
    """What a host charges for a second of a machine."""

    usd_per_second: Usd
    source: str = Field(min_length=1)
    date: date

    @property
    def price(self) -> "Price":
        """The same as an entry's price."""
        return Price(per="second", usd=self.usd_per_second, source=self.source, date=self.date)


class Price(_Noun):
    """What a call costs: per second of hardware, per output, or per tokens, by each of ``Entry.models``."""

    per: Literal["second", "output", "tokens"]
    usd: Usd = Decimal(0)
    source: str = Field(min_length=1)
    date: date


class ChatModel(_Noun):
    """A model that plans: US dollars per million tokens, how it gives structure, and when it will be shut down."""

    input_usd: Usd
    cached_usd: Usd
    output_usd: Usd
    structured: Literal["json_schema", "json_object"] = "json_schema"
    shutdown: date | None = None
    source: str = Field(min_length=1)
    date: date

    def cost_usd(self, *, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> Decimal:
        """What tokens cost, rounded up to a millionth of a dollar; ``cached_tokens`` are among the input's."""
        fresh = max(input_tokens - cached_tokens, 0)
        millionths = fresh * self.input_usd + cached_tokens * self.cached_usd + output_tokens * self.output_usd
        return Decimal(math.ceil(millionths)) / 1_000_000


class Setting(_Noun):
    """Another way to use an engine: only these of its steps, and the size that comes of it."""

    title: str
    steps: tuple[str, ...] = Field(min_length=1)
    size: Mapping[Aspect, Size] = {}


class Entry(_Noun):
    """One hosted engine. Sizes are (width, height) in pixels by the film's aspect, before any cropping."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    title: str = Field(min_length=1)
    role: EntryRole
    host: Literal["replicate", "openai"]
    model: str = Field(min_length=1)
    version: str = ""
    hardware: str = ""
    price: Price
    passes: tuple[Pass, ...] = Field(default=(), validation_alias=AliasChoices("passes", "pass"))
    parameters: Mapping[str, Parameter] = {}
    output: Literal["mp4", "gif", "png", "wav", "json"]
    size: Mapping[Aspect, Size] = {}
    frames: int | None = Field(default=None, ge=2, le=200)
    fps: int | None = Field(default=None, ge=1, le=60)
    conditioning: Literal["text", "image", "video"]
    adapter: Adapter = ""
    boot_s: tuple[float, float] = (0.0, 0.0)
    deadline_s: float = Field(default=900.0, ge=5)
    licence: str = Field(min_length=1)
    commercial_use: bool
    notes: str = ""
    models: Mapping[str, ChatModel] = {}
    settings: Mapping[str, Setting] = {}

    @property
    def reference(self) -> str:
        """The name with its host: ``zeroscope@replicate``."""
        return f"{self.name}@{self.host}"

    @property
    def chat(self) -> ChatModel:
        """Prices and abilities of the chat model that is chosen. Raises KeyError where the entry is no planner."""
        return self.models[self.model]

    @property
    def edition(self) -> str:
        """The model's version and a digest of all that decides what it is sent: what a fingerprint calls version."""
        sent = self.model_dump(mode="json", include={"passes", "size", "frames", "fps", "adapter", "output"})
        # A price or time estimate that is brought up to date makes no other film.
        for each in sent["passes"]:
            del each["typical_s"], each["per_output_s"]
        digest = hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()[:6]
        return f"{(self.version or self.model)[:12]}.{digest}"

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        for number, each in enumerate(self.passes):
            for name, value in each.input.items():
                if said := self._misfit(name, value):
                    raise ValueError(f"pass[{number}].input.{name} {said}")
        if self.role == "plan":
            if self.model not in self.models:
                raise ValueError(f"model is {self.model!r}, which has no price; add a table models.{self.model!r}")
        elif not self.passes:
            raise ValueError("pass is missing; add at least one [[name.pass]] with input and typical_s")
        if self.role == "video" and not (self.frames and self.fps):
            raise ValueError("frames and fps are missing; a video engine says what one clip has")
        if self.role in ("picture", "video") and len(self.size) < 3:
            raise ValueError("size must be given for 16:9, 9:16 and 1:1")
        return self

    @model_validator(mode="after")
    def _settings_name_steps(self) -> Self:
        steps = [each.step for each in self.passes]
        for name, setting in self.settings.items():
            if missing := [step for step in setting.steps if step not in steps]:
                raise ValueError(f"settings.{name}.steps names {missing[0]!r}; the steps are {', '.join(steps)}")
        return self

    def _misfit(self, name: str, value: Any) -> str:
        parameter = self.parameters.get(name)
        if parameter is None:
            return f"has no parameter to check it by; add parameters.{name} with its type"
        if isinstance(value, str) and value.startswith("$"):
            given = SLOTS.get(value)
            if given is None:
                return f"is {value!r}; the slots are {', '.join(SLOTS)}"
            fits = given == parameter.type or (given, parameter.type) == ("integer", "number")
            return "" if fits else f"is {value}, which is {_ARTICLED[given]}; it must be {_ARTICLED[parameter.type]}"
        return parameter.complaint(value)


_ARTICLED: Mapping[str, str] = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "uri": "a file",
}


def _is_a(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    kinds: Mapping[str, tuple[type, ...]] = {"integer": (int,), "number": (int, float), "boolean": ()}
    return isinstance(value, kinds.get(kind, (str,)))
