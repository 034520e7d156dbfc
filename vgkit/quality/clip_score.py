"""How well a clip shows what its prompt says, in the eyes of a CLIP model that a person has on disk.

An extra, as a model is large and slow: four frames of a clip are looked at, and without a model there is a reason
instead. Numbers of two models say nothing about each other, so the version names the model's files."""

from vgkit.errors import NotMeasured
from vgkit.quality.clip_model import ClipFiles, ClipModel, clip_files, load
from vgkit.quality.measure import Measure
from vgkit.quality.view import Subject, View
from vgkit.quality.watchers import Begin

_VERSION = "1"
_LOOKS = 4


def clip_score() -> Measure:
    """Return the measure as it stands with the model that VGKIT_CLIP names: 100 max(cos(frame, prompt), 0), the mean
    over four frames spread evenly.

    CLIPScore (Hessel et al. 2021) with 100 for its 2.5, as torchmetrics has it. The version is told apart by the first
    12 digits of the model's digest; where there is no model, every clip has the reason.
    """
    try:
        files = clip_files()
    except NotMeasured as why:
        return _measure(_VERSION, _refusing(str(why)))
    return _measure(f"{_VERSION}-{files.digest[:12]}", lambda subject: _Likeness(files, subject))


def _measure(version: str, begin: Begin) -> Measure:
    return Measure(
        name="clip_score",
        unit="100 x cosine",
        direction="higher",
        span=(0.0, 100.0),
        reads="the prompt and four frames, by a model of yours",
        implementation="vgkit.quality.clip_score",
        version=version,
        begin=begin,
    )


def _refusing(reason: str) -> Begin:
    def refuse(_: Subject) -> "_Likeness":
        raise NotMeasured(reason)

    return refuse


class _Likeness:
    def __init__(self, files: ClipFiles, subject: Subject) -> None:
        if not subject.prompt.strip():
            raise NotMeasured("no prompt was given")
        self._model: ClipModel = load(files)
        self._wanted = self._model.of_words(subject.prompt)
        self._at = {(2 * look + 1) * subject.count // (2 * _LOOKS) for look in range(_LOOKS)}
        self._found: list[float] = []

    def see(self, view: View) -> None:
        if view.number in self._at:
            shown = self._model.of_picture(view.frame)
            if shown.shape != self._wanted.shape:
                raise NotMeasured(
                    f"the model's pictures have {shown.size} numbers and its words {self._wanted.size}; its two nets "
                    "are not of one model. Get both of the same"
                )
            self._found.append(100 * max(0.0, float(shown @ self._wanted)))

    def value(self) -> float:
        if not self._found:
            raise NotMeasured("there are no frames")
        return sum(self._found) / len(self._found)
