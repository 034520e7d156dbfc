"""One film's folder: where everything about it lies.

A phase finds its inputs here and leaves its outputs here, never in a notebook's variables, so that any process may go
on where another stopped."""

import dataclasses
import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vgkit import __version__
from vgkit.brief import Brief, brief_from
from vgkit.complaints import complain
from vgkit.errors import PhaseNotReady, RunError, RunNotFound, StoreError
from vgkit.files import free_bytes, refused, sha256_of, write_json
from vgkit.ledger import Events
from vgkit.ledger.rehearsals import LAB, world_of
from vgkit.places import runs_dir
from vgkit.profiles import Profile, profile_for
from vgkit.storyboard import ClipShape, Shot, Storyboard
from vgkit.template import Template

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MB_PER_SECOND = 6  # the lossless cut is the largest thing a run keeps; measured with room to spare


class Batch(BaseModel):
    """The films that a run belongs with: their name, the most they may cost together, and the clip that the shots and
    stills of all of them go by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    cap_usd: Decimal | None = Field(default=None, ge=0)
    common: ClipShape | None = None


@dataclass(frozen=True)
class Run:
    """A run's folder, its brief and its events. Make one with ``create``, take up one with ``open``."""

    whose: ClassVar[Literal["run", "lab"]] = "run"  # whose cap its calls are under

    folder: Path
    brief: Brief
    template: Template
    settings: dict[str, Any] = field(default_factory=dict)
    needs_approval: bool = False
    rehearsal: dict[str, Any] | None = None  # speed, faults and seed, where nothing of it is real
    batch: Batch | None = None
    owner: str = ""  # whose it is, where a page is shared by several; a random mark, no name
    by_hand: bool = False  # taken up without a name, as a notebook does: a phase then makes what must come before it

    @property
    def name(self) -> str:
        """The run's id everywhere: its folder's name."""
        return self.folder.name

    @property
    def world(self) -> str:
        """The rehearsal it belongs to, whose hosts films of one batch share; empty where it is real."""
        return "" if self.rehearsal is None else self.batch.name if self.batch else self.name

    @property
    def common_clip(self) -> ClipShape | None:
        """What its shots and stills go by, where other engines make the same film."""
        return self.batch.common if self.batch else None

    @cached_property
    def profile(self) -> Profile:
        """Engines and cap, the brief's own wishes included."""
        return profile_for(self.brief)

    @property
    def cap_usd(self) -> Decimal:
        """The most the run may cost."""
        return self.profile.cap_usd

    @cached_property
    def events(self) -> Events:
        """Where what happens is written down."""
        return Events(self.folder / "events.jsonl", run_id=self.name)

    def path(self, name: str) -> Path:
        """Where a file of the run lies, by its path within the run."""
        return self.folder / name

    def asset(self, kind: str) -> Path | None:
        """The run's own copy of an asset, or None where the brief gave none."""
        given = self.brief.assets.given().get(kind)
        return None if given is None else self.folder / given

    def take_path(self, shot: Shot, take: str) -> Path:
        """Where a take of a shot lies."""
        return self.folder / "chunks" / shot.id / f"{take}.mp4"

    def check_rehearsal(self) -> None:
        """Keep rehearsals and the real thing apart. Raises RunError where a run is in the other's world."""
        rehearsing = bool(os.environ.get("VGKIT_REHEARSAL"))
        if self.rehearsal is not None and not rehearsing:
            raise RunError(
                f"{self.name} is a rehearsal, and its hosts are not running. Go on with `vgkit resume {self.name}`."
            )
        if self.rehearsal is None and rehearsing:
            raise RunError(f"{self.name} is no rehearsal, and VGKIT_REHEARSAL is set. Unset it to spend real money.")

    @property
    def storyboard(self) -> Storyboard:
        """What phase 1 settled. Raises PhaseNotReady before that."""
        return Storyboard.model_validate_json(self.made("storyboard.json", phase="validate").read_text("utf-8"))

    def made(self, name: str, *, phase: str) -> Path:
        """A file that an earlier phase makes. Raises PhaseNotReady, naming the phase, while it is missing."""
        path = self.folder / name
        if not path.exists():
            raise PhaseNotReady(
                f"Run {self.name} has no {name} yet. Run phase {phase!r} first, or all with `vgkit resume`."
            )
        return path

    def artifact(self, phase: str, path: Path, **media: Any) -> str:
        """Put a file on record with its digest, which is returned."""
        digest = sha256_of(path)
        inside = path.relative_to(self.folder).as_posix()
        size = path.stat().st_size
        self.events.write("artifact", phase=phase, name=path.name, path=inside, sha256=digest, bytes=size, media=media)
        return digest

    @classmethod
    def open(cls, run_dir: str | Path = "") -> "Run":
        """Take up a run by its name or folder; with nothing, the latest one, or a new one from the sample brief.

        Raises RunNotFound, with the nearest names, where there is none.
        """
        if not str(run_dir):
            latest = latest_run()
            return dataclasses.replace(cls.open(latest) if latest else _sample_run(), by_hand=True)
        folder = find_run(str(run_dir))
        try:
            record = json.loads((folder / "run.json").read_text("utf-8"))
            template = Template.model_validate(record["template"])
            brief = brief_from(record["brief"])
            batch = Batch.model_validate(record["batch"]) if record.get("batch") else None
        except ValidationError as refusal:
            raise RunError(f"{folder / 'run.json'} is damaged: {complain(refusal)}. Start the run anew.") from refusal
        except (OSError, ValueError, KeyError) as error:
            raise RunError(f"{folder / 'run.json'} can't be read ({error}). Start the run anew.") from error
        settings, needs_approval = record.get("settings", {}), record.get("needs_approval", False)
        owner = str(record.get("owner", ""))
        return cls(folder, brief, template, settings, needs_approval, record.get("rehearsal"), batch, owner)

    def clips(self) -> list[Any]:
        """The cut as moviepy clips for edits of one's own: one a shot, steadied, graded and at 30 frames a second.

        ``display_in_notebook`` plays them; ``vgkit.media.editor.write_arguments`` says how to write them in the right
        colours. Raises PhaseNotReady before the chunks are made.
        """
        # Imported here, as it takes the libraries of pictures along.
        from vgkit.cut import shot_clips

        return shot_clips(self)

    def film_clip(self) -> Any:
        """The whole film as one moviepy clip, with its transitions and sound but without its words.

        Raises PhaseNotReady before phase 5 has made its sound.
        """
        from vgkit.cut import film_clip

        return film_clip(self)

    def save(self) -> None:
        """Write down what the run was asked for."""
        record = {
            "run": self.name,
            "vgkit": __version__,
            "created_at": _started(self.folder)[0] or datetime.now(UTC).isoformat(timespec="microseconds"),
            "brief": self.brief.model_dump(mode="json"),
            "template": self.template.model_dump(mode="json"),
            "settings": self.settings,
            "needs_approval": self.needs_approval,
            "rehearsal": self.rehearsal,
            "batch": self.batch.model_dump(mode="json") if self.batch else None,
            **({"owner": self.owner} if self.owner else {}),
        }
        write_json(self.folder / "run.json", record)


def _sample_run() -> Run:
    # Imported here: starting a run checks pictures and fonts, which whoever opens an existing run need not load.
    from vgkit.start import sample_run

    return sample_run()


def all_runs() -> list[Path]:
    """List the folders of all runs, the one that was started last at the end."""
    return sorted((path.parent for path in runs_dir().glob("*/run.json")), key=_started)


def rehearsed_in(world: str) -> list[Path]:
    """List the folders of the runs, or of the lab, that the hosts of one rehearsal serve; one that can't be read counts
    by its name."""
    lab = runs_dir() / world
    labs = [lab] if (lab / LAB).is_file() else []
    return [folder for folder in all_runs() if world in (folder.name, world_of(folder))] + labs


def latest_run() -> Path | None:
    """The run that was started last."""
    return next(reversed(all_runs()), None)


def _started(folder: Path) -> tuple[str, str]:
    try:
        return str(json.loads((folder / "run.json").read_text("utf-8"))["created_at"]), folder.name
    except (OSError, ValueError, KeyError):
        return "", folder.name


def find_run(name_or_folder: str) -> Path:
    """Find a run's folder by name or path. Raises RunNotFound."""
    for folder in (Path(name_or_folder).expanduser(), runs_dir() / name_or_folder):
        if (folder / "run.json").is_file():
            return folder.resolve()
    known = ", ".join(folder.name for folder in all_runs()[-3:]) or "none yet"
    raise RunNotFound(f"There is no run {name_or_folder!r}. The latest are: {known}. See them all with `vgkit list`.")


def new_folder(wish: str) -> Path:
    """Choose a folder for a new run that no other run has. Raises RunError for a name that is no plain name."""
    if not _NAME.fullmatch(wish):
        raise RunError(
            f"name: {wish!r} can't name a run. Use letters, digits, dots, dashes and underscores, at most 100."
        )
    folder = runs_dir() / wish
    number = 2
    while folder.exists():
        folder = runs_dir() / f"{wish}-{number}"
        number += 1
    return folder


def check_room(duration_s: float) -> None:
    """Refuse to start where the film would not fit. Raises StoreError with the figures."""
    runs = runs_dir()
    try:
        runs.mkdir(parents=True, exist_ok=True)
        probe = runs / f".writable.{os.getpid()}.tmp"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise refused(runs, error) from error
    check_space(duration_s)


def check_space(duration_s: float) -> None:
    """Refuse films that would not fit, without trying the disk. Raises StoreError with the figures."""
    runs = runs_dir()
    needed, free = int(duration_s * _MB_PER_SECOND * 1e6), free_bytes(runs)
    if free < needed:
        raise StoreError(
            f"{duration_s:g} s of film need about {needed / 1e6:,.0f} MB in {runs}; {free / 1e6:,.0f} MB are free. "
            "Make room (`vgkit clean`) or set VGKIT_RUNS to a larger disk."
        )
