"""Faults by name: what may go wrong at a host, how likely, and how often at most.

Each fault draws from a stream of its own, so that adding one to a rehearsal does not move the others."""

import random
import re
import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from vgkit.errors import ParameterError
from vgkit.rehearsal.lines import add_line, read_lines

Site = Literal["create", "look", "list", "cancel", "files", "models", "output", "plan"]
_ANYWHERE: tuple[Site, ...] = ("create", "look", "list", "cancel", "files", "plan")


@dataclass(frozen=True)
class Kind:
    """What a fault is. ``sites`` are the requests it may befall; without any it is part of a prediction's fate."""

    meaning: str
    sites: tuple[Site, ...] = ()


FAULTS: Mapping[str, Kind] = {
    "unauthorized": Kind("401: the key is not accepted", ("create", "plan")),
    "no_credit": Kind("402, or 429 insufficient_quota: the account has no credit", ("create", "plan")),
    "invalid": Kind("422, or 400: the parameters are not accepted", ("create", "plan")),
    "throttled": Kind("429 with the seconds to wait", ("create", "plan")),
    "low_credit": Kind("429: creating is reduced to 6 a minute with a burst of 1, for a minute", ("create",)),
    "error_500": Kind("500 with a problem body; nothing is created", _ANYWHERE),
    "error_502": Kind("502 with an HTML body; nothing is created", _ANYWHERE),
    "unavailable_503": Kind("503; nothing is created", _ANYWHERE),
    "reset": Kind("the connection is reset, or a download ends half way", (*_ANYWHERE, "output")),
    "reply_lost": Kind("it is created and charged, and the connection is reset before the reply", ("create", "plan")),
    "slow_poll": Kind("a reply comes 10 s late", ("look",)),
    "refusal": Kind("the planner refuses in words", ("plan",)),
    "invalid_json": Kind("the planner answers with broken JSON", ("plan",)),
    "failed": Kind("a prediction fails on the way, charged so far"),
    "nsfw": Kind("a picture is made, charged, and withheld as not safe"),
    "canceled": Kind("the host cancels a prediction that runs, charged so far"),
    "aborted": Kind("the host drops a prediction before it runs, free"),
    "expired": Kind("the result is gone at once"),
    "truncated": Kind("the result is cut short, and says that it is whole"),
    "wrong_type": Kind("the result is whole and called text/html"),
    "empty_list": Kind("it succeeds with an empty list"),
    "data_output": Kind("the result comes as a data: address"),
    "duplicate": Kind("the list tells of it twice"),
    "other_version": Kind("the reply names another version than was asked for"),
}


@dataclass(frozen=True)
class Odds:
    """How likely a fault is at each draw, how often it may happen in all (None: any number), and where."""

    probability: float
    times: int | None = None
    on: tuple[Site, ...] = ()


Faults = Mapping[str, Odds]


def profile_names() -> tuple[str, ...]:
    """Name the fault profiles that ship with vgkit."""
    return ("none", "mild", "harsh")


def load_faults(name_or_path: str | Path) -> Faults:
    """Read a profile by name, or a TOML file of one's own. Raises ParameterError that names the line."""
    if str(name_or_path) == "none":
        return {}
    if str(name_or_path) in profile_names():
        shipped = files("vgkit.rehearsal").joinpath(f"{name_or_path}.toml")
        return read_faults(shipped.read_text(encoding="utf-8"), name=f"{name_or_path}.toml")
    path = Path(name_or_path).expanduser()
    try:
        return read_faults(path.read_text(encoding="utf-8"), name=str(path))
    except OSError as error:
        names = ", ".join(profile_names())
        raise ParameterError(
            f"faults: {str(name_or_path)!r} can't be read ({error.strerror}). Use one of {names}, or a TOML file."
        ) from error
    except UnicodeDecodeError as error:
        raise ParameterError(f"{path}: is not text in UTF-8 (byte {error.start}). Save it as UTF-8.") from error


def read_faults(text: str, *, name: str) -> Faults:
    """Read faults from TOML: ``reset = 0.05``, or a table with ``probability``, ``times`` and ``on``."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParameterError(f"{name}: {error}. Write `fault = probability` a line, or a table.") from error
    return {fault: _odds(fault, value, f"{name} line {_line(text, fault)}") for fault, value in table.items()}


def _line(text: str, key: str) -> int:
    named = re.compile(rf"\s*\[?\s*[\"']?{re.escape(key)}\b")
    return next((number for number, line in enumerate(text.splitlines(), 1) if named.match(line)), 1)


def _odds(fault: str, value: Any, where: str) -> Odds:
    if fault not in FAULTS:
        raise ParameterError(f"{where}: there is no fault {fault!r}. The faults are {', '.join(FAULTS)}.")
    fields = value if isinstance(value, dict) else {"probability": value}
    unknown = sorted(set(fields) - {"probability", "times", "on"})
    if unknown:
        raise ParameterError(f"{where}: {fault}.{unknown[0]} is not a field. A fault has probability, times and on.")
    probability, times = fields.get("probability", 1.0), fields.get("times")
    if not _is_number(probability) or not 0 <= probability <= 1:
        raise ParameterError(f"{where}: {fault} has probability {probability!r}; it goes from 0 to 1.")
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 0):
        raise ParameterError(f"{where}: {fault} has times {times!r}; give a whole number, or leave it out.")
    return Odds(float(probability), times, _sites(fault, fields.get("on", []), where))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _sites(fault: str, on: Any, where: str) -> tuple[Site, ...]:
    known = FAULTS[fault].sites
    listed = [on] if isinstance(on, str) else on
    strange = [site for site in listed if site not in known] if isinstance(listed, list) else [on]
    if strange:
        choice = ", ".join(known) if known else "nothing: it befalls predictions"
        raise ParameterError(f"{where}: {fault} can't happen on {strange[0]!r}. It happens on {choice}.")
    return tuple(listed)


class Dice:
    """Draws faults. What has happened is kept in ``faults.jsonl``, so that a server started again keeps counting."""

    def __init__(self, faults: Faults, *, seed: int, folder: Path) -> None:
        self.faults = faults
        self.seed = seed
        self._record = folder / "faults.jsonl"
        self._lock = threading.Lock()
        self._drawn: dict[str, int] = {}
        self.happened: list[Mapping[str, Any]] = list(read_lines(self._record))
        for entry in self.happened:
            self._drawn[entry["fault"]] = max(entry["draw"] + 1, self._drawn.get(entry["fault"], 0))

    def strike(self, site: Site) -> str:
        """The fault that befalls this request, or nothing."""
        for fault in (name for name in FAULTS if name in self.faults and FAULTS[name].sites):
            if site in (self.faults[fault].on or FAULTS[fault].sites) and self._falls(fault, site, key=""):
                return fault
        return ""

    def fate(self, key: str, *, barred: frozenset[str] = frozenset()) -> str:
        """The fault that is part of a prediction's fate; ``key`` is what it is for, ``barred`` what can't befall it."""
        for fault in (name for name in FAULTS if name in self.faults and not FAULTS[name].sites):
            if fault not in barred and self._falls(fault, "", key=key):
                return fault
        return ""

    def _falls(self, fault: str, site: str, *, key: str) -> bool:
        odds = self.faults[fault]
        with self._lock:
            spent = sum(entry["fault"] == fault for entry in self.happened)
            if odds.times is not None and spent >= odds.times:
                return False
            draw = self._drawn.get(fault, 0)
            self._drawn[fault] = draw + 1
            if random.Random(f"{self.seed}/{fault}/{key or draw}").random() >= odds.probability:
                return False
            entry = {"fault": fault, "site": site, "draw": draw}
            self.happened.append(entry)
            add_line(self._record, entry)
            return True
