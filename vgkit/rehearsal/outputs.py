"""What predictions give: made from their creation on, so that it lies ready when its time is up, and served from
another address than the API, as at the real one.

Results are made once for each input and kept by its digest."""

import base64
import logging
import mimetypes
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from vgkit.rehearsal.book import Book, Prediction
from vgkit.rehearsal.faults import Dice
from vgkit.rehearsal.jobs import job_for, suffix_of
from vgkit.rehearsal.listening import Reply, Request, problem

log = logging.getLogger(__name__)

_AT_ONCE = 2
_LONGEST_WAIT_S = 300.0
_KEPT_SHARE = 0.6  # of a truncated file
# Published schemas: these give a list of addresses, the others one.
_GIVE_LISTS = frozenset(
    {"stability-ai/sdxl", "anotherjesse/zeroscope-v2-xl", "lightricks/ltx-video", "zsxkib/animate-diff"}
)


class Outputs:
    """Makes and serves results. ``keep_s`` is how long one stays, in seconds of the world's time."""

    def __init__(self, book: Book, *, folder: Path, dice: Dice, keep_s: float) -> None:
        self.book = book
        self.folder = folder
        self.dice = dice
        self.keep_s = keep_s
        self.address = ""  # known once a server listens
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="rehearsal")
        self._lock = threading.Lock()
        self._breaches_file = folder / "breaches.txt"
        self._making: dict[str, Future[Path]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """Drop what is not begun, and wait for what is half made: hosts started again would write the same files."""
        self._pool.shutdown(cancel_futures=True)

    def begin(self, prediction: Prediction) -> None:
        """Start making the result, if there will be one."""
        if prediction.fate.ending == "succeeded" and prediction.fate.fault not in ("empty_list", "expired"):
            self._future(prediction)

    def made(self, prediction: Prediction) -> Path:
        """The result's file; waits until it is made."""
        return self._future(prediction).result(_LONGEST_WAIT_S)

    def told(self, prediction: Prediction, now: float) -> tuple[Any, bool]:
        """What ``output`` is at a moment, and whether it has been removed again."""
        stands = prediction.at(now)
        if stands.ended_s is None or stands.status != "succeeded":
            return None, False
        if self.removed(prediction, now):
            return None, True
        if prediction.fate.fault == "empty_list":
            return [], False
        if prediction.fate.fault == "data_output":
            path = self.made(prediction)
            return f"data:{_kind(path)};base64,{base64.b64encode(path.read_bytes()).decode()}", False
        address = f"{self.address}/pbxt/{prediction.id}/out{suffix_of(prediction)}"
        return [address] if prediction.model in _GIVE_LISTS else address, False

    def removed(self, prediction: Prediction, now: float) -> bool:
        """Whether the host has removed inputs, outputs and logs. What is still being painted is not removed before it
        could be had: that this machine is busy is no fault of a host."""
        ended_s = prediction.at(now).ended_s
        if ended_s is None:
            return False
        since = max(prediction.created + ended_s / prediction.speed, self._lay_ready_at(prediction, now))
        return (now - since) * prediction.speed > self.keep_s

    def answer(self, request: Request) -> Reply:
        """Serve a result to whoever knows its address. Whoever shows a key here has given it away."""
        if "authorization" in request.headers:
            self._note_breach(request)
        now, parts = time.time(), request.path.strip("/").split("/")
        known = self.book.find(parts[1]) if len(parts) == 3 and parts[0] == "pbxt" else None
        if known is None or known.at(now).status != "succeeded":
            return problem(404, "Not found")
        if self.removed(known, now) or known.fate.fault in ("expired", "empty_list"):
            return problem(404, "Not found")
        path = self.made(known)
        content = path.read_bytes()
        if known.fate.fault == "truncated":
            content = content[: int(len(content) * _KEPT_SHARE)]
        kind = "text/html" if known.fate.fault == "wrong_type" else _kind(path)
        headers = {"Content-Type": kind, "Cache-Control": "public,max-age=3600"}
        return Reply(200, content, headers, broken="short" if self.dice.strike("output") else "")

    def breaches(self) -> list[str]:
        """The requests that carried a key to this address, where none belongs."""
        return self._breaches_file.read_text(encoding="utf-8").splitlines() if self._breaches_file.exists() else []

    def _note_breach(self, request: Request) -> None:
        with self._lock, self._breaches_file.open("a", encoding="utf-8") as file:
            file.write(f"{request.method} {request.path}\n")

    def _lay_ready_at(self, prediction: Prediction, now: float) -> float:
        """When, on the wall clock, its file was made: now while it is being, 0 where it won't be."""
        making = self._making.get(prediction.digest)
        if making is not None and not making.done():
            return now
        try:
            return self._path(prediction).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def _path(self, prediction: Prediction) -> Path:
        return self.folder / f"{prediction.digest}{suffix_of(prediction)}"

    def _future(self, prediction: Prediction) -> "Future[Path]":
        with self._lock:
            known = self._making.get(prediction.digest)
            if known is None or (known.done() and (known.cancelled() or known.exception())):
                self._making[prediction.digest] = self._pool.submit(_kept, prediction, self._path(prediction))
            return self._making[prediction.digest]


def _kept(prediction: Prediction, path: Path) -> Path:
    # Imported here: it takes two seconds, and a server must be back at its address sooner.
    from vgkit.rehearsal.painting import make

    if not path.is_file():
        make(job_for(prediction), path)
    return path


def _kind(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"
