"""A lab's folder: where trials lie, and whose money they are.

It stands among the runs and is on record as they are, so that its money counts in the project's cap; but it holds no
film, and so nothing that lists films shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Lab:
    """A folder ``lab-<name>`` under the runs. Several processes and threads may use one at once.

    ``cap_usd`` is the most that all trials of the lab may cost; ``rehearsal`` says how its hosts are rehearsed, None
    where money is real.
    """

    folder: Path
    cap_usd: Decimal
    rehearsal: Mapping[str, Any] | None = None

    @classmethod
    def open(
        cls,
        name: str = "",
        *,
        profile: str = "",
        cap_usd: Decimal | None = None,
        rehearse: bool = False,
        speed: float = 60.0,
        faults: str = "none",
    ) -> "Lab":
        """Open a lab by name, today's where none is given, and make it where there is none.

        A cap that is given stays the lab's; where none ever was, it is that of ``profile`` (offline, or dev where it is
        rehearsed). With ``rehearse`` hosted engines answer from hosts on this machine, which run ``speed`` times as fast
        as the world and fail by ``faults``; such a lab has a folder of its own, ``lab-<name>-rehearsed``.
        Raises ParameterError for a name or a cap that is none, EngineUnknown for a profile there is not.
        """
        raise NotImplementedError

    @property
    def name(self) -> str:
        """Its id everywhere: its folder's name."""
        return self.folder.name

    def spent_usd(self) -> Decimal:
        """What its trials have cost, failed ones included, and what those under way are expected to."""
        raise NotImplementedError


def lab_names() -> tuple[str, ...]:
    """Name the labs there are, the one that was opened first at the end."""
    raise NotImplementedError
