"""The way from a wish to a run's folder.

Everything a person can get wrong is checked here, before the folder exists: a mistake costs a message, nothing else."""

import contextlib
import dataclasses
import errno
import functools
import json
import logging
import os
import re
import secrets
import shutil
import stat
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from vgkit import __version__
from vgkit.brief import Brief, Role, Usage, brief_from
from vgkit.complaints import shown
from vgkit.engines.hosted import HostedEngine
from vgkit.engines.registry import engine_for, full_name
from vgkit.errors import AssetError, BriefError, VgkitError
from vgkit.files import copy_file, refused
from vgkit.places import templates_dir
from vgkit.profiles import profile_for
from vgkit.run import Batch, Run, check_room, new_folder
from vgkit.template import Template
from vgkit.template_files import load_template

log = logging.getLogger(__name__)

SAMPLE_BRIEF = templates_dir() / "briefs" / "aurora.toml"
_LARGEST_BRIEF_BYTES = 1_000_000
_LARGEST_ASSET_BYTES = 200_000_000

Value = TypeVar("Value")


def read_brief(path: Path) -> dict[str, Any]:
    """Read a brief's fields from a TOML or JSON file. Raises BriefError with the line where the file breaks."""
    try:
        if path.stat().st_size > _LARGEST_BRIEF_BYTES:
            raise BriefError(f"{path} has {path.stat().st_size:,} bytes; a brief has at most {_LARGEST_BRIEF_BYTES:,}.")
        text = path.read_text(encoding="utf-8")
        fields = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise BriefError(
            f"{path} is not text in UTF-8 (byte {error.start}). A brief is a TOML or JSON file."
        ) from error
    except OSError as error:
        raise BriefError(
            f"The brief {path} can't be read: {error.strerror}. Give the path of a TOML or JSON file."
        ) from error
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
        raise BriefError(f"{path} is not {kind}: {error}. Mend that line and try again.") from error
    if not isinstance(fields, dict):
        raise BriefError(f"{path} holds {type(fields).__name__}; a brief is a table of fields, at least prompt.")
    return fields


def sample_run() -> Run:
    """Start a run of the sample brief, offline."""
    return start_run(brief_from(read_brief(SAMPLE_BRIEF)), base=SAMPLE_BRIEF.parent)


def start_run(
    brief: Brief,
    *,
    base: Path | None = None,
    allowed: Sequence[Path] = (),
    name: str = "",
    settings: dict[str, Any] | None = None,
    needs_approval: bool = False,
    rehearsal: dict[str, Any] | None = None,
) -> Run:
    """Check the brief against everything it names and make its folder, with copies of its assets.

    See ``check_brief`` and ``make_run``. Whatever is raised, nothing is left behind.
    """
    checked = check_brief(brief, base=base, allowed=allowed, rehearsed=rehearsal is not None)
    return make_run(checked, name=name, settings=settings, needs_approval=needs_approval, rehearsal=rehearsal)


@dataclass(frozen=True)
class Checked:
    """A brief that can become a run: as the run will keep it, its template, and its assets by their place there."""

    brief: Brief
    template: Template
    copies: Mapping[Path, Path]


def check_brief(
    brief: Brief, *, base: Path | None = None, allowed: Sequence[Path] = (), rehearsed: bool = False
) -> Checked:
    """Check the brief against everything it names; ``rehearsed`` films need no keys.

    Relative asset paths are read from ``base``; assets must lie in it, in the working folder, or in one of ``allowed``.
    Raises BriefError, TemplateError, AssetError, EngineUnknown, LicenceForbids, KeyMissing or StoreError.
    """
    checked, refusals = look_over(brief, base=base, allowed=allowed, rehearsed=rehearsed)
    if checked is None:
        raise refusals[0]
    check_room(brief.duration_s)
    return checked


def look_over(
    brief: Brief, *, base: Path | None = None, allowed: Sequence[Path] = (), rehearsed: bool = False
) -> tuple[Checked | None, list[VgkitError]]:
    """Check a brief as ``check_brief`` does, but for the disk, and find all that is wrong instead of the first thing.

    There is no Checked where anything is; each error begins with the field it is about, where it is about one.
    """
    base = (base or Path.cwd()).resolve()
    refusals: list[VgkitError] = []
    template = _tried(refusals, lambda: load_template(template_ref(brief, base)))
    if profile := _tried(refusals, lambda: profile_for(brief)):
        for role, reference in profile.engines.items():
            _tried(refusals, functools.partial(_check_engine, role, reference, brief.usage, rehearsed=rehearsed))
    given = brief.assets.given()
    # Resolving takes as long as all the rest: a brief without assets does without.
    places = [folder.resolve() for folder in (base, Path.cwd(), *allowed, *extra_folders())] if given else []
    assets = {
        kind: _tried(refusals, functools.partial(_checked_asset, kind, path, base, places, brief.duration_s))
        for kind, path in given.items()
    }
    refusals += _letters_refused(brief, template)
    if refusals or template is None:
        return None, refusals
    return _as_kept(brief, template, {kind: path for kind, path in assets.items() if path}), []


def _as_kept(brief: Brief, template: Template, assets: Mapping[str, Path]) -> Checked:
    """The brief as its run will keep it: engines by their full names, assets by their place in the run's folder."""
    engines = {role: full_name(role, reference) for role, reference in brief.engines.items()}
    own = {kind: Path("inputs") / f"{kind}{path.suffix.lower()}" for kind, path in assets.items()}
    own_assets = brief.assets.model_copy(update=own)
    kept = brief.model_copy(update={"assets": own_assets, "template": template.name, "engines": engines})
    return Checked(kept, template, {own[kind]: path for kind, path in assets.items()})


def _tried(refusals: list[VgkitError], check: Callable[[], Value]) -> Value | None:
    try:
        return check()
    except VgkitError as refusal:
        refusals.append(refusal)
        return None


def _check_engine(role: Role, reference: str, usage: Usage, *, rehearsed: bool) -> None:
    engine = engine_for(role, reference, usage=usage)
    if not rehearsed and isinstance(engine, HostedEngine):
        engine.client.check_key()


def make_run(
    checked: Checked,
    *,
    name: str = "",
    settings: dict[str, Any] | None = None,
    needs_approval: bool = False,
    rehearsal: dict[str, Any] | None = None,
    batch: Batch | None = None,
    owner: str = "",
) -> Run:
    """Make the folder of a run, under a name that no other has; a ``rehearsal`` (speed, faults, seed) is one for good.

    Raises RunError for a name that is none, and StoreError.
    """
    wish = name or _default_name(checked.brief)
    asked_for = checked.brief, checked.template, dict(settings or {}), needs_approval, rehearsal, batch, owner
    while not _make_folder(run := Run(new_folder(wish), *asked_for), checked.copies):
        log.info("another run has taken the name %s", run.name)
    log.info("run %s started with vgkit %s", run.name, __version__)
    return run


def _make_folder(run: Run, copies: Mapping[Path, Path]) -> bool:
    """Fill a folder under a name no one looks at, then give it its own: a run is there whole or not at all.

    False where another process has taken the name meanwhile.
    """
    draft = run.folder.with_name(f".{run.folder.name}.{secrets.token_hex(8)}.tmp")
    try:
        (draft / "inputs").mkdir(parents=True)
        for inside, source in copies.items():
            copy_file(source, draft / inside)
        dataclasses.replace(run, folder=draft).save()
        draft.rename(run.folder)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise refused(run.folder, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return True


def template_ref(brief: Brief, base: Path) -> str:
    """A template's file is named relative to the brief; a bare name is one that ships with vgkit."""
    beside = base / brief.template
    with contextlib.suppress(OSError):  # too long for a file's name
        if "." in brief.template and beside.is_file():
            return str(beside)
    return brief.template


def _default_name(brief: Brief) -> str:
    words = re.findall(r"[a-z0-9]+", (brief.product or brief.prompt).lower())
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return "-".join([stamp, *words[:4]])[:60].rstrip("-")


def extra_folders() -> list[Path]:
    """The further folders that VGKIT_ASSETS lets assets come from."""
    return [Path(folder) for folder in os.environ.get("VGKIT_ASSETS", "").split(os.pathsep) if folder]


def _checked_asset(kind: str, given: Path, base: Path, allowed: Sequence[Path], duration_s: int) -> Path:
    try:
        path = _allowed_file(kind, base / given.expanduser(), allowed)
    except (OSError, RuntimeError, ValueError) as error:  # a name too long, the home of nobody, a NUL
        raise AssetError(f"assets.{kind}: {shown(str(given))} is no path ({error}). Check its spelling.") from error
    found = path.stat()
    if said := _unfit(kind, path, found.st_mtime_ns, found.st_size, duration_s):
        raise AssetError(f"assets.{kind}: {said}")
    return path


@functools.lru_cache(maxsize=4096)
def _unfit(kind: str, path: Path, _mtime_ns: int, _size: int, duration_s: int) -> str:
    """Read an asset as what it should be, and say why it is not; it is not read again until it changes."""
    try:
        _asset_checks(duration_s)[kind](path)
    except AssetError as error:
        return str(error)
    return ""


def _asset_checks(duration_s: int) -> dict[str, Callable[[Path], object]]:
    # Imported here: a brief without assets needs none of this.
    from vgkit.media.cutout import load_picture
    from vgkit.media.grade import read_cube
    from vgkit.media.master import check_music
    from vgkit.media.sound import read_heard

    music = functools.partial(check_music, duration_s=duration_s)
    return {"product": load_picture, "logo": load_picture, "music": music, "voice": read_heard, "lut": read_cube}


def _allowed_file(kind: str, path: Path, allowed: Sequence[Path]) -> Path:
    """Resolve links first, so that a link can't lead out of the allowed folders."""
    field = f"assets.{kind}"
    real = path.resolve()
    if not any(real.is_relative_to(folder) for folder in allowed):
        folders = ", ".join(dict.fromkeys(str(folder) for folder in allowed))
        raise AssetError(
            f"{field}: {path} lies outside the folders assets may come from ({folders}). "
            "Move it there, or add its folder to VGKIT_ASSETS."
        )
    try:
        found = real.stat()
    except OSError as error:
        raise AssetError(
            f"{field}: {path} can't be read ({error.strerror}). Check the path; it starts at the brief."
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise AssetError(f"{field}: {path} is not a file. Give the path of the file itself.")
    if found.st_size > _LARGEST_ASSET_BYTES:
        size, most = found.st_size / 1e6, _LARGEST_ASSET_BYTES / 1e6
        raise AssetError(f"{field}: {path} has {size:,.0f} MB; the most is {most:,.0f} MB. Save it smaller.")
    return real


def _letters_refused(brief: Brief, template: Template | None) -> list[VgkitError]:
    """Complain of words for the screen that our fonts can't draw."""
    from vgkit.media.fonts import unsupported

    refusals: list[VgkitError] = []
    shown = {"product": brief.product, "brand": brief.brand, "tagline": brief.tagline}
    for field, text in {**shown, "call_to_action": brief.call_to_action}.items():
        if missing := unsupported(text):
            letters = ", ".join(f"{letter!r} (U+{ord(letter[0]):04X})" for letter in missing[:5])
            said = f"{field}: {text!r} holds {letters}, which no shipped font can draw. Write it otherwise."
            refusals.append(BriefError(said))
    for number, beat in enumerate(template.beats if template else ()):
        if missing := unsupported("".join(beat.captions)):
            letters = ", ".join(missing[:5])
            said = f"template: beats[{number}].captions hold {letters}, which no shipped font can draw."
            refusals.append(BriefError(said))
    return refusals
