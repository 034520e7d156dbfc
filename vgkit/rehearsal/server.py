"""Both hosts at once, on loopback, for as long as a block or a process lasts.

Ports, keys and predictions lie in a folder: a server that was killed is started again in the same folder, and its
clients notice no more than that it was away."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vgkit.files import write_json
from vgkit.rehearsal.book import Book, Charge
from vgkit.rehearsal.faults import Dice, Faults, load_faults
from vgkit.rehearsal.limits import Limits
from vgkit.rehearsal.listening import Listener
from vgkit.rehearsal.openai_api import OpenAIApi
from vgkit.rehearsal.outputs import Outputs
from vgkit.rehearsal.replicate_api import ReplicateApi
from vgkit.rehearsal.uploads import Uploads

KEEP_S = 3600.0  # facts: outputs are removed after an hour


@dataclass(frozen=True)
class Servers:
    """Two hosts that listen: where they are, what makes a client use them, and what they have seen."""

    folder: Path
    replicate_url: str
    openai_url: str
    environment: Mapping[str, str]
    book: Book
    dice: Dice
    outputs: Outputs

    def bill(self) -> list[Charge]:
        """What the hosts have charged so far: chats, and predictions that are over."""
        return self.book.bill()

    @property
    def breaches(self) -> list[str]:
        """Requests that carried a key to the address of outputs, which is none of its business."""
        return self.outputs.breaches()

    @property
    def happened(self) -> list[str]:
        """The faults that have befallen requests and predictions, in order."""
        return [str(entry["fault"]) for entry in self.dice.happened]


@dataclass(frozen=True)
class _Kept:
    """What a folder settles once: keys, and ports as far as they stay free."""

    replicate_key: str
    openai_key: str
    ports: Mapping[str, int]


@contextmanager
def rehearsing(
    folder: Path, *, speed: float = 60.0, faults: Faults | str | Path = "none", seed: int = 0, keep_s: float = KEEP_S
) -> Iterator[Servers]:
    """Serve from ``folder`` while the block runs.

    Seconds of the world pass ``speed`` times as fast; ``faults`` is a profile's name, a TOML file or a table;
    ``keep_s`` is how long outputs stay, in the world's seconds. Raises ParameterError for faults that can't be read.
    """
    odds = load_faults(faults) if isinstance(faults, str | Path) else faults
    folder.mkdir(parents=True, exist_ok=True)
    kept = _kept(folder)
    book, dice = Book(folder), Dice(odds, seed=seed, folder=folder)
    outputs = Outputs(book, folder=folder / "outputs", dice=dice, keep_s=keep_s)
    listeners = _listening(kept, book, dice, outputs, folder=folder, speed=speed, seed=seed)
    urls = {name: listener.address for name, listener in listeners.items()}
    outputs.address = urls["outputs"]
    _keep(folder, kept, {name: listener.port for name, listener in listeners.items()})
    environment = _environment(kept, urls, speed=speed)
    try:
        yield Servers(folder, urls["replicate"], f"{urls['openai']}/v1", environment, book, dice, outputs)
    finally:
        for listener in listeners.values():
            listener.close()
        outputs.close()


def _listening(
    kept: _Kept, book: Book, dice: Dice, outputs: Outputs, *, folder: Path, speed: float, seed: int
) -> dict[str, Listener]:
    replicate = ReplicateApi(
        book=book,
        uploads=Uploads(folder / "uploads", speed=speed),
        outputs=outputs,
        dice=dice,
        limits=Limits(speed=speed),
        token=kept.replicate_key,
        speed=speed,
        seed=seed,
    )
    openai = OpenAIApi(book=book, dice=dice, limits=Limits(speed=speed), key=kept.openai_key, speed=speed, seed=seed)
    answers = {"outputs": outputs.answer, "replicate": replicate.answer, "openai": openai.answer}
    return {name: Listener(answer, port=kept.ports.get(name, 0)) for name, answer in answers.items()}


def bill_of(folder: Path) -> list[Charge]:
    """What the hosts of a folder have charged so far, whether they run or not."""
    return Book(folder).bill()


def environment_in(folder: Path, *, speed: float) -> dict[str, str]:
    """What makes a client use the hosts that another process runs in a folder; empty while they only begin."""
    kept = _kept(folder)
    urls = {name: f"http://127.0.0.1:{port}" for name, port in kept.ports.items()}
    return _environment(kept, urls, speed=speed) if urls else {}


def _environment(kept: _Kept, urls: Mapping[str, str], *, speed: float) -> dict[str, str]:
    return {
        "REPLICATE_BASE_URL": urls["replicate"],
        "REPLICATE_API_TOKEN": kept.replicate_key,
        "OPENAI_BASE_URL": f"{urls['openai']}/v1",
        "OPENAI_API_KEY": kept.openai_key,
        "VGKIT_SPEED": f"{speed:g}",
        "VGKIT_REHEARSAL": urls["replicate"],
    }


def _kept(folder: Path) -> _Kept:
    path = folder / "server.json"
    if path.is_file():
        return _Kept(**json.loads(path.read_text(encoding="utf-8")))
    # Shaped like the real ones, so that whatever blots those out of the record blots these out too.
    return _Kept(f"r8_rehearsal{secrets.token_hex(13)}", f"sk-rehearsal-{secrets.token_hex(12)}0", {})


def _keep(folder: Path, kept: _Kept, ports: Mapping[str, int]) -> None:
    path = folder / "server.json"
    write_json(path, {"replicate_key": kept.replicate_key, "openai_key": kept.openai_key, "ports": ports})
    path.chmod(0o600)
