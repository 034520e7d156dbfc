"""Hosted models, one entry each: what a model is given, what it gives, what it costs and what its licence permits.

All that differs between models stands here, so that a new one is an entry and no code."""

import functools
import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vgkit.brief import Aspect, Role
from vgkit.complaints import complain
from vgkit.errors import EngineUnknown

Kind = Literal["string", "integer", "number", "boolean", "uri"]
Misfit = Literal["", "type", "choice", "least", "most"]

# What an input may name instead of a literal, and of which kind it is; docs/engines.md says what each stands for.
SLOTS: Mapping[str, Kind] = {
    **dict.fromkeys(("prompt", "negative", "aspect"), "string"),
    **dict.fromkeys(("seed", "width", "height", "frames", "fps", "duration_s"), "integer"),
    **dict.fromkeys(("keyframe", "keyframe_clip", "product", "layout", "previous"), "uri"),
    **dict.fromkeys(("zoom_in", "zoom_out", "pan_left", "pan_right"), "number"),
    **dict.fromkeys(("tilt_up", "tilt_down", "roll_cw", "roll_acw"), "number"),
}
_TYPES: Mapping[Kind, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "uri": (str,),
}
_STALE_AFTER_DAYS = 90


class _Noun(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(_Noun):
    """What a model accepts for one of its parameters."""

    type: Kind
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str | int, ...] = ()

    def misfit(self, value: Any) -> Misfit:
        """Which bound a value breaks; nothing where it fits."""
        if not isinstance(value, _TYPES[self.type]) or (isinstance(value, bool) and self.type != "boolean"):
            return "type"
        if self.choices and value not in self.choices:
            return "choice"
        if isinstance(value, int | float):
            if self.minimum is not None and value < self.minimum:
                return "least"
            if self.maximum is not None and value > self.maximum:
                return "most"
        return ""

    def complaint(self, value: Any) -> str:
        """What is wrong with a literal or a ``$slot``, as the end of a sentence; nothing where it fits."""
        if isinstance(value, str) and value.startswith("$"):
            kind = SLOTS.get(value[1:])
            if kind is None:
                return f"the slots are {', '.join('$' + slot for slot in SLOTS)}"
            return "" if kind == self.type or (kind, self.type) == ("integer", "number") else f"it takes {self.type}"
        match self.misfit(value):
            case "type":
                return f"it takes {self.type}"
            case "choice":
                return f"choose one of {', '.join(map(str, self.choices))}"
            case "least":
                return f"the least is {self.minimum:g}"
            case "most":
                return f"the most is {self.maximum:g}"
            case _:
                return ""


class Pass(_Noun):
    """One call of the chain that a request takes.

    An input is a literal or a ``$slot``; a slot without a value leaves its parameter out.
    ``typical_s`` is the time that is billed for one call, ``per_output_s`` what each second of output adds to it.
    """

    step: str = ""
    input: Mapping[str, Any]
    size: Mapping[Aspect, tuple[int, int]] = Field(default_factory=dict)
    typical_s: float = Field(gt=0)
    per_output_s: float = Field(default=0.0, ge=0)


class Price(_Noun):
    """What is charged, in USD: for a second of hardware, for an output, or for a million tokens."""

    per: Literal["second", "output", "tokens"]
    usd: Decimal = Field(ge=0)
    source: str = Field(min_length=1)
    date: date


class ChatModel(_Noun):
    """A model that writes plans: USD for a million tokens, how it is bound to a schema, and when it is switched off."""

    input_usd: Decimal = Field(ge=0)
    cached_usd: Decimal = Field(ge=0)
    output_usd: Decimal = Field(ge=0)
    structured: Literal["json_schema", "json_object"] = "json_schema"
    shutdown: date | None = None
    source: str = Field(min_length=1)
    date: date


class Entry(_Noun):
    """A model on a host, and how it plays its role."""

    name: str
    role: Role | Literal["upscale", "interpolate"]
    host: Literal["replicate", "openai"]
    title: str = Field(min_length=1)
    model: str = Field(min_length=1)
    version: str = Field(min_length=1)
    hardware: str = ""
    price: Price
    passes: tuple[Pass, ...] = ()
    parameters: Mapping[str, Parameter] = Field(default_factory=dict)
    output: Literal["mp4", "gif", "png", "wav", "json"]
    size: Mapping[Aspect, tuple[int, int]] = Field(default_factory=dict)
    frames: int | None = Field(default=None, ge=2, le=200)
    fps: int | None = Field(default=None, ge=1, le=60)
    conditioning: Literal["text", "image", "video"] = "text"
    adapter: Literal["", "push_in", "text_only", "sketch_layout"] = ""
    boot_s: tuple[float, float] = (0.0, 0.0)
    deadline_s: float = Field(default=900.0, gt=0)
    licence: str = Field(min_length=1)
    commercial_use: bool
    notes: str = ""
    models: Mapping[str, ChatModel] = Field(default_factory=dict)

    @property
    def reference(self) -> str:
        """The engine as a brief names it: ``name@host``."""
        return f"{self.name}@{self.host}"

    @property
    def digest(self) -> str:
        """Six hex digits of all that the entry sends: with another setting it is another engine to the record.

        What it is thought to take is no part of it: a better estimate makes no other film.
        """
        passes = [each.model_dump(mode="json", exclude={"typical_s", "per_output_s"}) for each in self.passes]
        sends = {"passes": passes, "output": self.output}
        shape = {"size": dict(self.size), "frames": self.frames, "fps": self.fps, "adapter": self.adapter}
        return hashlib.sha256(json.dumps(sends | shape, sort_keys=True).encode()).hexdigest()[:6]

    @model_validator(mode="after")
    def _inputs_fit_the_parameters(self) -> Self:
        for each in self.passes:
            for name, value in each.input.items():
                where = f"pass {each.step or 1}: input.{name}"
                if name not in self.parameters:
                    raise ValueError(f"{where} is not among the parameters; add parameters.{name} with its type")
                if wrong := self.parameters[name].complaint(value):
                    raise ValueError(f"{where} is {value!r}; {wrong}")
        return self

    @model_validator(mode="after")
    def _says_what_its_role_needs(self) -> Self:
        if self.role == "plan":
            if self.model not in self.models:
                raise ValueError(f"models lacks {self.model!r}, the model it uses; add its prices")
        elif not self.passes:
            raise ValueError("there is no pass; add [[pass]] with input and typical_s")
        if self.role in ("picture", "video") and (missing := sorted(set(get_args(Aspect)) - set(self.size))):
            raise ValueError(f"size lacks {', '.join(missing)}; say [width, height] for each")
        if self.role == "video" and not (self.frames and self.fps):
            raise ValueError("frames and fps are missing; say what one clip has")
        return self


def catalog() -> Mapping[str, Entry]:
    """All entries by ``name@host``: those that ship with vgkit, and those of the files that VGKIT_ENGINES names.

    A person's entry wins over ours of the same name. Raises EngineUnknown, with file, entry and field, for a bad one.
    """
    return _read(os.environ.get("VGKIT_ENGINES", ""))


@functools.lru_cache(maxsize=8)
def _read(own_files: str) -> Mapping[str, Entry]:
    shipped = tomllib.loads(files("vgkit.engines").joinpath("catalog.toml").read_text(encoding="utf-8"))
    found = _entries(shipped, shipped["hardware"], "vgkit/engines/catalog.toml")
    for name in filter(None, own_files.split(os.pathsep)):
        found |= _entries(_own(Path(name)), shipped["hardware"], name)
    return found


def _own(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EngineUnknown(f"VGKIT_ENGINES: {path} can't be read as TOML: {error}. Mend it, or unset it.") from error


def _entries(table: Mapping[str, Any], hardware: Mapping[str, Any], where: str) -> dict[str, Entry]:
    own_hardware = {**hardware, **table.get("hardware", {})}
    return {
        entry.reference: entry
        for name, fields in table.items()
        if name != "hardware"
        for entry in [_entry(name, fields, own_hardware, where)]
    }


def _entry(name: str, fields: Any, hardware: Mapping[str, Any], where: str) -> Entry:
    """Build one entry; its price is that of its hardware where it names none of its own."""
    try:
        stated = dict(fields)
        sku = stated.get("hardware", "")
        if "price" not in stated and sku in hardware:
            stated["price"] = {"per": "second", **hardware[sku]}
        stated["passes"] = tuple(stated.pop("pass", ()))
        return Entry.model_validate({"name": name, **stated})
    except ValidationError as refusal:
        raise EngineUnknown(f"{where}: the engine {name!r} can't be used:\n{complain(refusal)}") from refusal
    except (TypeError, ValueError) as error:
        raise EngineUnknown(f"{where}: {name!r} is no table of an engine's fields ({error}).") from error


def stale_prices(today: date, *, days: int = _STALE_AFTER_DAYS) -> dict[str, date]:
    """Engines whose price was read longer ago than ``days``, and when that was."""
    dates = {
        reference: max((entry.price.date, *(model.date for model in entry.models.values())))
        for reference, entry in catalog().items()
    }
    return {reference: read for reference, read in dates.items() if today - read > timedelta(days=days)}


def past_shutdown(today: date) -> dict[str, date]:
    """Models that their host has announced to be off by today, as ``engine:model``, and since when."""
    return {
        f"{reference}:{name}": model.shutdown
        for reference, entry in catalog().items()
        for name, model in entry.models.items()
        if model.shutdown and model.shutdown <= today
    }


def shutdown_warning(model: str, today: date) -> str:
    """What to say of a chat model that is, or soon will be, switched off; nothing where there is nothing to say."""
    found = next((entry.models[model] for entry in catalog().values() if model in entry.models), None)
    if found is None or found.shutdown is None:
        return ""
    lasting = [name for entry in catalog().values() for name, each in entry.models.items() if each.shutdown is None]
    when = "was announced to be switched off on" if found.shutdown <= today else "will be switched off on"
    return f"{model} {when} {found.shutdown}. Choose another with VGKIT_GPT_MODEL: {', '.join(lasting[:4])}."
