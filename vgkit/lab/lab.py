"""A lab's folder: where trials lie, and whose money they are.

It stands among the runs and is on record as they are, so that its money counts in the project's cap; but it holds no
film, and so nothing that lists films shows it."""

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from vgkit import __version__
from vgkit.engines.spend import Door
from vgkit.errors import EngineUnknown, ParameterError, RunError
from vgkit.files import refused, write_json
from vgkit.ledger import Events
from vgkit.ledger.money import Spending, money_lock
from vgkit.ledger.reading import read_kinds
from vgkit.ledger.rehearsals import LAB
from vgkit.phases.asking import onlooker
from vgkit.places import runs_dir
from vgkit.profiles import profiles, project_cap

_PREFIX, _REHEARSED = "lab-", "-rehearsed"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_MOST_USD = Decimal(1000)


@dataclass(frozen=True)
class Lab:
    """A folder ``lab-<name>`` under the runs. Several processes and threads may use one at once.

    ``cap_usd`` is the most that all trials of the lab may cost; ``rehearsal`` says how its hosts are rehearsed, None
    where money is real.
    """

    whose: ClassVar[Literal["lab"]] = "lab"
    batch: ClassVar[None] = None

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

        A cap that is given stays the lab's; where none ever was, it is that of ``profile`` (offline, or dev where it
        is rehearsed). With ``rehearse`` hosted engines answer from hosts on this machine, which run ``speed`` times as
        fast as the world and fail by ``faults``; such a lab has a folder of its own, ``lab-<name>-rehearsed``, and
        stays as it was first rehearsed. Raises ParameterError for a name or a cap that is none, EngineUnknown for a
        profile there is not, RunError for a folder that can't be a lab's.
        """
        rehearse = rehearse or name.endswith(_REHEARSED)
        folder = runs_dir() / f"{_PREFIX}{_checked(name)}{_REHEARSED if rehearse else ''}"
        known = _record(folder)
        given = _amount(cap_usd) if cap_usd is not None else _amount(known["cap_usd"]) if known.get("cap_usd") else None
        rehearsal = known["rehearsal"] if known else _how_rehearsed(speed, faults) if rehearse else None
        cap = given if given is not None else _cap_of(profile or ("dev" if rehearse else "offline"))
        lab = cls(folder, cap, rehearsal)
        record = {"lab": lab.name, "cap_usd": None if given is None else str(given), "rehearsal": rehearsal}
        lab._put_on_record(record, known)
        return lab

    @property
    def name(self) -> str:
        """Its id everywhere: its folder's name."""
        return self.folder.name

    @property
    def world(self) -> str:
        """The rehearsal it is; empty where it is real."""
        return "" if self.rehearsal is None else self.name

    @cached_property
    def events(self) -> Events:
        """Where what happens is written down."""
        return Events(self.folder / "events.jsonl", run_id=self.name)

    def spent_usd(self) -> Decimal:
        """What its trials have cost, failed ones included, and what those under way are expected to."""
        with money_lock(runs_dir()):  # among threads, too
            self._spending.refresh()
            return self._spending.of_run(self.name)

    def check_rehearsal(self) -> None:
        """Keep rehearsals and the real thing apart. Raises RunError where the process is in the other's world."""
        rehearsing = bool(os.environ.get("VGKIT_REHEARSAL"))
        if (self.rehearsal is not None) != rehearsing:
            kind = "no rehearsal, and one goes on" if rehearsing else "a rehearsal, and its hosts are not running"
            raise RunError(f"{self.name} is {kind} here. Render again once nothing else is being rendered.")

    @cached_property
    def onlooker(self) -> Door:
        """A door to foresee through, which asks nobody; it remembers what it has read of all runs."""
        return onlooker(self, "lab")

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Be in the lab's world for one block, with its rehearsed hosts where it has any; threads may be so at once.

        Raises RunError while this process works in another world: keys and addresses are the whole process's.
        """
        with _WORLDS.entered(self):
            yield

    def close(self) -> None:
        """Stop the rehearsed hosts, if this process runs them; they would stop with it otherwise."""
        if self.world:
            from vgkit.rehearse import stop_hosts

            stop_hosts(self.world)

    @cached_property
    def _spending(self) -> Spending:
        return Spending(runs_dir(), rehearsal=self.rehearsal is not None)

    def _put_on_record(self, record: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        """Keep what the lab is, and tell the ledger where that is new. Raises StoreError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refused(self.folder, error) from error
        if any(known.get(name) != value for name, value in record.items()) or not known:
            created = known.get("created_at") or datetime.now(UTC).isoformat(timespec="microseconds")
            write_json(self.folder / LAB, {**record, "vgkit": __version__, "created_at": created})
        told = read_kinds(self.events.path, ("lab_started",))
        if not told or told[-1].usd("cap_usd") != self.cap_usd:
            self.events.write(
                "lab_started",
                cap_usd=self.cap_usd,
                project_cap_usd=project_cap(),
                version=__version__,
                rehearsal=self.rehearsal is not None,
            )


def lab_names() -> tuple[str, ...]:
    """Name the labs there are, the one that was made first at the front."""
    folders = [path.parent for path in runs_dir().glob(f"{_PREFIX}*/{LAB}")]
    return tuple(folder.name for folder in sorted(folders, key=lambda each: (_created(each), each.name)))


class _Worlds:
    """In which world this process works, and how many threads do: the real one, or one rehearsal's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work: list[Lab] = []
        self._leave = ExitStack()

    @contextmanager
    def entered(self, lab: Lab) -> Iterator[None]:
        with self._lock:
            if others := [each.name for each in self._at_work if each.world != lab.world]:
                raise RunError(
                    f"{others[0]} is being rendered here, in a world with other hosts. Render in {lab.name} once that "
                    "is done, or stop it."
                )
            if lab.rehearsal is not None and not self._at_work:
                # Imported here, as elsewhere in this module: it brings all that makes films.
                from vgkit.rehearse import led_to_hosts

                self._leave.enter_context(led_to_hosts(lab.world, lab.rehearsal))
            self._at_work.append(lab)
        try:
            yield
        finally:
            with self._lock:
                self._at_work.remove(lab)
                if not self._at_work:
                    self._leave.close()


_WORLDS = _Worlds()


def _checked(name: str) -> str:
    """A lab's name without what every lab's folder has in its own. Raises ParameterError."""
    bare = name.removeprefix(_PREFIX).removesuffix(_REHEARSED) or datetime.now(UTC).strftime("%Y%m%d")
    if not _NAME.fullmatch(bare):
        raise ParameterError(
            f"name: {name!r} can't name a lab. Use letters, digits, dots, dashes and underscores, at most 60."
        )
    return bare


def _how_rehearsed(speed: float, faults: str) -> Mapping[str, Any]:
    from vgkit.rehearse import how_rehearsed

    return how_rehearsed(speed=speed, faults=faults, seed=0)


def _amount(value: object) -> Decimal:
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        amount = Decimal(-1)
    if not (amount.is_finite() and 0 <= amount <= _MOST_USD):
        raise ParameterError(f"cap: {value!r} is no amount from 0 to {_MOST_USD} US dollars. Say, for example, 2.00.")
    return amount


def _cap_of(profile: str) -> Decimal:
    if profile not in profiles():
        raise EngineUnknown(f"profile: there is no profile {profile!r}. Use one of {', '.join(profiles())}.")
    return profiles()[profile].cap_usd


def _record(folder: Path) -> dict[str, Any]:
    """What a lab is; empty where there is none yet. Raises RunError for a folder that is something else."""
    if (folder / "run.json").exists():
        raise RunError(f"{folder.name} is a run's folder. Choose another name for the lab.")
    try:
        record = json.loads((folder / LAB).read_text("utf-8"))
        return {"lab": folder.name, **{name: record[name] for name in ("cap_usd", "rehearsal", "created_at")}}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{folder / LAB} can't be read ({error}). Choose another name for the lab.") from error


def _created(folder: Path) -> str:
    try:
        return str(_record(folder).get("created_at", ""))
    except RunError:
        return ""
