"""What this machine must have to make a film. Nothing is taken on trust: letters are drawn, frames are encoded and a
kernel is started, for a package that is installed may still not work."""

import importlib.metadata
import platform
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from vgkit import __version__
from vgkit.doctor.finding import Finding, broken
from vgkit.errors import StoreError, VgkitError
from vgkit.files import free_bytes
from vgkit.places import rehearsal_dir, runs_dir

_FILM_S = 30
_FILMS_OF_EASE = 5  # with less room than this it is time to say so
_REINSTALL = "Run `make demo` in the checkout, or `pip install -e .` in your own environment."
_SAMPLES = ("Añ Ωб", "夜の猫", "שלום", "สวัสดี", "🚀")


def machine_findings() -> list[Finding]:
    """Look at Python, packages, disk, letters, encoder, notebooks and the record."""
    checks: dict[str, Callable[[], Finding]] = {
        "python": _python,
        "packages": _packages,
        "runs": _runs,
        "letters": _letters,
        "encoder": _encoder,
        "notebooks": _notebooks,
        "record": _record,
        "rehearsals": _rehearsals,
    }
    return [_outliving(name, check) for name, check in checks.items()]


def _outliving(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except VgkitError as error:
        return broken(name, str(error))
    except Exception as error:  # whatever a broken package raises is the finding, and the other checks go on
        return broken(name, f"{type(error).__name__}: {error}.", _REINSTALL)


def _python() -> Finding:
    return Finding("python", "green", f"vgkit {__version__} on Python {platform.python_version()} ({sys.executable}).")


def _packages() -> Finding:
    try:
        needs = importlib.metadata.requires("vgkit") or []
    except importlib.metadata.PackageNotFoundError:
        return Finding("packages", "yellow", "vgkit is not installed, so what it needs can't be told.", _REINSTALL)
    needed = [need for need in needs if "extra ==" not in need]
    wrong = unmet(needed)
    if wrong:
        return broken("packages", f"{len(wrong)} of {len(needed)} are not as needed: {'; '.join(wrong)}.", _REINSTALL)
    return Finding("packages", "green", f"All {len(needed)} are there in the versions needed.")


def unmet(needs: Sequence[str]) -> list[str]:
    """Name the requirements (``numpy<3,>=2.3``) that what is installed does not meet, with what was found."""
    wrong = []
    for need in needs:
        name = re.split(r"[^\w.-]", need)[0]
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        bounds = re.findall(r"(>=|==|<)\s*([\w.]+)", need)
        if not all(_meets(found, sign, bound) for sign, bound in bounds):
            wrong.append(f"{name} is {found}, needed {','.join(map(''.join, bounds))}")
    return wrong


def _meets(found: str, sign: str, bound: str) -> bool:
    have, want = _numbers(found), _numbers(bound)
    have, want = (part + (0,) * (max(len(have), len(want)) - len(part)) for part in (have, want))
    return {">=": have >= want, "==": have == want, "<": have < want}[sign]


def _numbers(version: str) -> tuple[int, ...]:
    whole = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, whole[0].split("."))) if whole else ()


def _runs() -> Finding:
    from vgkit.run import check_room

    check_room(_FILM_S)
    free = f"{free_bytes(runs_dir()) / 1e9:,.1f} GB are free"
    try:
        check_room(_FILM_S * _FILMS_OF_EASE)
    except StoreError:
        few = f"{runs_dir()} can be written, but {free}, room for fewer than {_FILMS_OF_EASE} films of {_FILM_S} s."
        return Finding("runs", "yellow", few, "Make room (`vgkit clean`) or set VGKIT_RUNS to a larger disk.")
    return Finding("runs", "green", f"{runs_dir()} can be written; {free}.")


def _letters() -> Finding:
    from vgkit.media.fonts import unsupported
    from vgkit.media.typeset import Hand, set_line

    missing = [text for text in _SAMPLES if unsupported(text) or set_line(text, size_px=24, hand=Hand()).width < 10]
    if missing:
        return broken("letters", f"The shipped fonts can't draw {', '.join(missing)}.", _REINSTALL)
    return Finding("letters", "green", f"{', '.join(_SAMPLES)} were drawn with the shipped fonts and emoji.")


def _encoder() -> Finding:
    import av
    import numpy as np

    from vgkit.media.conform import FilmSpec, conform
    from vgkit.media.encode import encode_film
    from vgkit.media.picture import flat
    from vgkit.media.probe import probe
    from vgkit.media.samples import RATE_HZ

    frames = [flat((160, 90), (16 * number,) * 3) for number in range(15)]
    sound = np.zeros((RATE_HZ // 2, 2), np.float32)
    with tempfile.TemporaryDirectory(prefix="vgkit-doctor-") as folder:
        film = Path(folder) / "film.mp4"
        encode_film(frames, audio=sound, out=film, size=(320, 180))
        conform(film, FilmSpec(width=320, height=180, fps=30, frames=len(frames)), deadline_s=60)
        made = probe(film)
    if (made.codec, made.audio_codec, made.frames) != ("h264", "aac", len(frames)):
        fact = f"{len(frames)} frames came out as {made.frames} of {made.codec}, sound as {made.audio_codec}."
        return broken("encoder", fact, _REINSTALL)
    fact = f"{len(frames)} frames were encoded as H.264 with AAC (PyAV {av.__version__}) and measured by ffmpeg."
    return Finding("encoder", "green", fact)


def _notebooks() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager

    from vgkit.kernels import Kernel
    from vgkit.phases.step import PHASES
    from vgkit.pipeline import notebook_of

    gone = [notebook_of(phase).name for phase in PHASES if not notebook_of(phase).is_file()]
    if gone:
        return broken("notebooks", f"{', '.join(gone)} are not in {notebook_of(PHASES[0]).parent}.", "Check them out.")
    kernel = Kernel()
    try:
        kernel.start()
    finally:
        kernel.close()
    if "python3" not in KernelSpecManager().find_kernel_specs():
        fact = "The six are there and their kernel starts, but JupyterLab knows no kernel python3 to open them with."
        return Finding("notebooks", "yellow", fact, "Run `python -m ipykernel install --user`.")
    return Finding("notebooks", "green", f"The {len(PHASES)} of the phases are there and their kernel starts.")


def _record() -> Finding:
    from vgkit.ledger import Ledger
    from vgkit.run import all_runs

    ledger = Ledger(runs_dir())
    if not ledger.path.exists() and not all_runs():
        return Finding("record", "green", "There are no runs yet.")
    ledger.sync()
    return Finding("record", "green", f"{len(ledger.runs())} runs on record, ${ledger.spent():,.2f} spent on them.")


def _rehearsals() -> Finding:
    """Tell what rehearsals have left behind whose run is gone."""
    from vgkit.run import rehearsed_in

    worlds = sorted(path for path in rehearsal_dir("").glob("*") if path.is_dir())
    left = [path for path in worlds if not rehearsed_in(path.name)]
    room_mb = sum(file.stat().st_size for path in left for file in path.rglob("*") if file.is_file()) / 1e6
    if not left:
        return Finding("rehearsals", "green", f"{len(worlds)} are kept beside their runs, none without one.")
    fact = f"{len(left)} of {len(worlds)} have no run any more and take {room_mb:,.0f} MB in {rehearsal_dir('')}."
    return Finding("rehearsals", "yellow", fact, f"Delete {', '.join(path.name for path in left[:3])} there.")
