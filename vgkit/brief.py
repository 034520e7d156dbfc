"""What a person asks for. One model serves a TOML or JSON file, command-line options, a dict and a widget's value,
so that every way in is checked by the same rules and complains in the same words."""

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from vgkit.complaints import complain, shown
from vgkit.errors import BriefError

Aspect = Literal["16:9", "9:16", "1:1"]
Role = Literal["plan", "picture", "video", "music"]
Usage = Literal["research", "commercial"]

FILM_FPS = 30
FILM_SIZES: dict[Aspect, tuple[int, int]] = {"16:9": (1920, 1080), "9:16": (1080, 1920), "1:1": (1080, 1080)}


def _plain(text: str) -> str:
    """Refuse control characters: they can't be drawn and are how text escapes from where it belongs."""
    for place, letter in enumerate(text):
        if unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") and letter not in "\n\t":
            raise ValueError(f"holds the character U+{ord(letter):04X} at position {place + 1}; remove it")
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError(f"is {shown(text)}; keep it on one line")
    return _plain(text)


Line = Annotated[str, AfterValidator(_one_line)]


class Assets(BaseModel):
    """A person's own files; relative paths are read from the brief's folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    product: Path | None = None
    logo: Path | None = None
    music: Path | None = None
    voice: Path | None = None
    lut: Path | None = None

    def given(self) -> dict[str, Path]:
        """Map each kind to its path, without those that were left out."""
        return {kind: path for kind, path in self if path is not None}


class Caps(BaseModel):
    """The most a run may spend, in US dollars; the profile's own cap applies where none is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_usd: Decimal | None = Field(default=None, ge=0, le=1000, max_digits=10, decimal_places=6)


class Brief(BaseModel):
    """A wish for one film, complete and within range."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    prompt: Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_plain)]
    template: Annotated[str, Field(min_length=1, max_length=300)] = "product_showcase"
    product: Line = Field(default="", max_length=60)
    brand: Line = Field(default="", max_length=40)
    tagline: Line = Field(default="", max_length=80)
    call_to_action: Line = Field(default="", max_length=40)
    assets: Assets = Assets()
    duration_s: int = Field(default=30, ge=6, le=60)
    aspect: Aspect = "16:9"
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    profile: Annotated[str, Field(min_length=1, max_length=40)] = "offline"
    engines: dict[Role, str] = Field(default_factory=dict)
    usage: Usage = "research"
    caps: Caps = Caps()

    @property
    def frames(self) -> int:
        """The film's length in frames at 30 per second."""
        return self.duration_s * FILM_FPS

    @property
    def size_px(self) -> tuple[int, int]:
        """The film's (width, height)."""
        return FILM_SIZES[self.aspect]


def brief_from(fields: Mapping[str, object]) -> Brief:
    """Build a brief from a mapping. Raises BriefError that names each field, its value and what is accepted."""
    try:
        return Brief.model_validate(dict(fields))
    except ValidationError as refusal:
        raise BriefError(f"The brief can't be used:\n{complain(refusal)}") from refusal
