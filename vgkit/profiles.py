"""Which engine plays which role, and what a run may spend, by name.

Kept apart from briefs so that a house can change its engines in one place."""

import functools
import os
import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from vgkit.brief import Brief, Role
from vgkit.errors import EngineUnknown, ParameterError

ROLES: tuple[Role, ...] = get_args(Role)
_PROJECT = "project"


class Profile(BaseModel):
    """Engines by role as ``name@host``, the most one run may cost, how steady clips are made, which takes are picked.

    ``pick`` says how much each measure of a clip weighs where a shot has several takes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    cap_usd: Decimal = Field(ge=0)
    steady: Literal["off", "auto", "full"] = "auto"
    engines: Mapping[Role, str]
    pick: Mapping[str, Annotated[float, Field(gt=0, le=100)]] = Field(min_length=1)


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("vgkit").joinpath("profiles.toml").read_text(encoding="utf-8"))


def project_cap() -> Decimal:
    """The most that all runs together may cost, in USD: VGKIT_PROJECT_CAP, else what the profiles' file says.

    Raises ParameterError for a value that is no amount.
    """
    stated = os.environ.get("VGKIT_PROJECT_CAP") or _table()[_PROJECT]["cap_usd"]
    try:
        amount = Decimal(stated)
    except InvalidOperation:
        amount = Decimal(-1)
    if not (amount.is_finite() and amount >= 0):
        raise ParameterError(f"VGKIT_PROJECT_CAP: {stated!r} is no amount in US dollars. Say, for example, 275.00.")
    return amount


@functools.cache
def profiles() -> dict[str, Profile]:
    """Read the profiles that ship with vgkit."""
    return {
        name: Profile(
            name=name,
            title=fields["title"],
            cap_usd=Decimal(fields["cap_usd"]),
            steady=fields["steady"],
            engines={role: fields[role] for role in ROLES},
            pick=fields["pick"],
        )
        for name, fields in _table().items()
        if name != _PROJECT
    }


def profile_for(brief: Brief) -> Profile:
    """The brief's profile with the brief's own engines and cap over it. Raises EngineUnknown for a name we lack."""
    known = profiles()
    if brief.profile not in known:
        raise EngineUnknown(f"profile: there is no profile {brief.profile!r}. Use one of {', '.join(known)}.")
    profile = known[brief.profile]
    cap = profile.cap_usd if brief.caps.run_usd is None else brief.caps.run_usd
    return profile.model_copy(update={"engines": {**profile.engines, **brief.engines}, "cap_usd": cap})
