"""Asks the ledger all that the report tells, of the runs that were asked for, as of one moment."""

import re
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

import pandas as pd

from vgkit.errors import ParameterError
from vgkit.ledger import Ledger

_NAMED = re.compile(r"^-- (\w+)\n(.*?);$", re.MULTILINE | re.DOTALL)
_SQL = dict(_NAMED.findall(files("vgkit.report").joinpath("questions.sql").read_text("utf-8")))
_CHOSEN = _SQL.pop("chosen")
QUESTIONS = tuple(_SQL)
SHOWN_FILMS = 3  # of the best, and of the worst


@dataclass(frozen=True)
class Choice:
    """Which runs a report is about. Days are UTC and count in; empty text and None choose all."""

    since: date | None = None
    until: date | None = None
    profile: str = ""
    template: str = ""
    rehearsals: bool = False

    @classmethod
    def of(
        cls, *, since: str = "", until: str = "", profile: str = "", template: str = "", rehearsals: bool
    ) -> "Choice":
        """Read what a person typed. Raises ParameterError for a day that is none."""
        return cls(day("since", since), day("until", until), profile, template, rehearsals)

    def __str__(self) -> str:
        said = [
            "rehearsals" if self.rehearsals else "real runs",
            f"since {self.since}" if self.since else "",
            f"until {self.until}" if self.until else "",
            f"profile {self.profile}" if self.profile else "",
            f"template {self.template}" if self.template else "",
        ]
        return ", ".join(filter(None, said))


def day(name: str, text: str) -> date | None:
    """Read a day such as 2026-11-27; empty text is none. Raises ParameterError."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ParameterError(f"{name}: {text!r} is no day. Write it as year-month-day, such as 2026-11-27.") from error


def question(name: str, choice: Choice, *, measure: str = "") -> tuple[str, dict[str, Any]]:
    """Return one question as SQL and its parameters; ``measure`` is by what films are ranked."""
    sql = _SQL[name]
    asked: dict[str, Any] = {}
    if re.search(r"\bchosen\b", sql):
        further = f", {sql.removeprefix('WITH ')}" if sql.startswith("WITH ") else f" {sql}"
        sql = f"WITH chosen AS ({_CHOSEN}){further}"
        asked = {
            "since": choice.since,
            "until": choice.until,
            "profile": choice.profile or None,
            "template": choice.template or None,
            "rehearsals": choice.rehearsals,
        }
    return sql, asked | ({"measure": measure, "count": SHOWN_FILMS} if name == "films" else {})


def answers(ledger: Ledger, choice: Choice, *, measure: str) -> dict[str, pd.DataFrame]:
    """Answer all questions of the report, each by its name."""
    return ledger.answers({name: question(name, choice, measure=measure) for name in QUESTIONS})
