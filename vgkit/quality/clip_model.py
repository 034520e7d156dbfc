"""A CLIP model from a folder on disk, as it is published in ONNX: pictures and words become vectors of one space.

Nothing is ever downloaded: a model is some hundred megabytes, has a licence of its own, and whoever wants its number
chooses which. So its files' digest goes wherever its numbers go."""

import hashlib
import importlib.util
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from vgkit.errors import NotMeasured
from vgkit.files import sha256_of
from vgkit.media.picture import Plane
from vgkit.media.pixels import Frame

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Vector = NDArray[np.float64]

_VARIABLE = "VGKIT_CLIP"
_EXTRA = "pip install 'vgkit[learned]'"
_RUNTIME = ("onnxruntime", "tokenizers")
_FILES = ("vision_model.onnx", "text_model.onnx", "tokenizer.json", "preprocessor_config.json")
_CONTEXT_TOKENS = 77  # what CLIP was trained to read, its begin and end among them (Radford et al. 2021)
_CURE = f"Set {_VARIABLE} to CLIP as published in ONNX"
_LOADING = Lock()  # takes are scored in several threads, and a model takes hundreds of megabytes


@dataclass(frozen=True)
class ClipFiles:
    """The files of a model, and a digest of all that decides what comes out of it."""

    digest: str
    vision: Path
    text: Path
    tokenizer: Path
    preprocessor: Path


def clip_files() -> ClipFiles:
    """Find the model that VGKIT_CLIP names. Raises NotMeasured where there is none or it could not be run."""
    given = os.environ.get(_VARIABLE, "")
    if not given:
        raise NotMeasured(f"no model; set {_VARIABLE} to a folder of CLIP in ONNX")
    if missing := [name for name in _RUNTIME if importlib.util.find_spec(name) is None]:
        raise NotMeasured(f"it needs {' and '.join(missing)}, not installed here. Run {_EXTRA}")
    try:
        return _files_in(Path(given).expanduser())
    except (OSError, RuntimeError) as why:  # RuntimeError is for the home of somebody unknown
        raise NotMeasured(f"{_VARIABLE}={given} can't be read ({why}). {_CURE}") from why


def _files_in(folder: Path) -> ClipFiles:
    found = {name: path for name in _FILES if (path := _in(folder, name))}
    if lacking := [name for name in _FILES if name not in found]:
        raise NotMeasured(f"{folder} lacks {', '.join(lacking)}. {_CURE}")
    # A large net's weights lie beside it, in a file of their own.
    weights = [path for net in found.values() if (path := net.with_name(f"{net.name}_data")).is_file()]
    return ClipFiles(_digest(tuple(_state(path) for path in (*found.values(), *weights))), *found.values())


def _in(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / "onnx" / name, folder / name) if path.is_file()), None)


def _state(path: Path) -> tuple[Path, int, int]:
    status = path.stat()
    return path, status.st_size, status.st_mtime_ns


@lru_cache(maxsize=4)
def _digest(files: tuple[tuple[Path, int, int], ...]) -> str:
    """Digest the contents of files, anew only where one was changed."""
    return hashlib.sha256("".join(sha256_of(path) for path, *_ in files).encode()).hexdigest()


@dataclass(frozen=True)
class Look:
    """How a model wants its pictures: ``edge_px`` is the shorter side's length, ``crop`` (w, h) of what is kept of it,
    ``mean`` and ``std`` are of RGB from 0 to 1."""

    edge_px: int
    crop: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Read a preprocessor_config.json. Raises KeyError, TypeError or ValueError where it is no such thing."""
        size, crop = settings["size"], settings["crop_size"]
        edge_px = int(size if isinstance(size, int) else size["shortest_edge"])
        kept = (crop, crop) if isinstance(crop, int) else (int(crop["width"]), int(crop["height"]))
        mean, std = (tuple(float(each) for each in settings[f"image_{name}"]) for name in ("mean", "std"))
        if not 0 < min(kept) <= max(kept) <= edge_px or not len(mean) == len(std) == 3 or min(std) <= 0:
            raise ValueError("its size, crop_size, image_mean or image_std can't be right")
        return cls(edge_px, kept, mean, std)

    def seen(self, frame: Frame) -> Plane:
        """Return an RGB uint8 frame as the net takes it in: float32 (1, 3, h, w), its shorter side scaled by
        antialiased bicubic and the middle kept."""
        from PIL import Image

        (height, width), (wide, high) = frame.shape[:2], self.crop
        shorter = min(width, height)
        across, down = self.edge_px * width // shorter, self.edge_px * height // shorter
        left, top = (across - wide) // 2, (down - high) // 2
        # Only what is kept is scaled, where it would lie in the whole: a frame may be long and thin.
        box = (left * width / across, top * height / down, (left + wide) * width / across, (top + high) * height / down)
        small = Image.fromarray(frame).resize(self.crop, Image.Resampling.BICUBIC, box=box)
        levels: Plane = ((np.asarray(small) / 255 - self.mean) / self.std).astype(np.float32)
        return levels.transpose(2, 0, 1)[None]


class ClipModel:
    """A model at hand. Its vectors have a length of 1; what goes wrong in it is raised as NotMeasured."""

    def __init__(self, files: ClipFiles) -> None:
        from tokenizers import Tokenizer

        self._files = files
        with _told(files.preprocessor):
            self._look = Look.of(json.loads(files.preprocessor.read_text("utf-8")))
        with _told(files.vision):
            self._vision = _session(files.vision)
        with _told(files.text):
            self._text = _session(files.text)
        with _told(files.tokenizer):
            self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
            self._tokenizer.enable_truncation(_CONTEXT_TOKENS)
            self._tokenizer.no_padding()

    def of_picture(self, frame: Frame) -> Vector:
        """Return the vector of an RGB uint8 frame (h, w, 3)."""
        with _told(self._files.vision):
            return _vector(self._vision, "image_embeds", {"pixel_values": self._look.seen(frame)})

    def of_words(self, words: str) -> Vector:
        """Return the vector of a text, of which the model reads the first 77 tokens."""
        with _told(self._files.tokenizer):
            ids = np.array([self._tokenizer.encode(words).ids], np.int64)
        with _told(self._files.text):
            return _vector(self._text, "text_embeds", {"input_ids": ids, "attention_mask": np.ones_like(ids)})


def load(files: ClipFiles) -> ClipModel:
    """Return the model of these files, which is kept until another is asked for. Raises NotMeasured."""
    with _LOADING:
        return _loaded(files)


@lru_cache(maxsize=1)
def _loaded(files: ClipFiles) -> ClipModel:
    return ClipModel(files)


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Turn whatever goes wrong with a file of a model into NotMeasured, which names it."""
    try:
        yield
    except Exception as why:  # onnxruntime and tokenizers raise what is nothing more special
        raise NotMeasured(f"{file} failed: {_first_line(why)}. {_CURE}") from why


def _first_line(why: Exception) -> str:
    return f"{type(why).__name__}: {why}".splitlines()[0].rstrip(". ")


def _session(net: Path) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Takes are scored side by side already, and one thread adds up in the same order on every machine.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what fails is raised, too
    return onnxruntime.InferenceSession(str(net), options, providers=["CPUExecutionProvider"])


def _vector(net: "InferenceSession", name: str, inputs: Mapping[str, Any]) -> Vector:
    """Run a net on those of the inputs that it has; return its output of a name at a length of 1."""
    wanted = {each.name for each in net.get_inputs()}
    (found,) = net.run([name], {key: given for key, given in inputs.items() if key in wanted})
    if np.ndim(found) != 2 or len(found) != 1:
        raise ValueError(f"its {name} have the shape {np.shape(found)} and are not one vector")
    vector = np.asarray(found[0], np.float64)
    length = float(np.linalg.norm(vector))
    if not 0 < length < np.inf:
        raise ValueError(f"its {name} have a length of {length}")
    return vector / length
