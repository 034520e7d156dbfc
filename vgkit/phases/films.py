"""The films of a run, as the refine phase makes them: the aspect that was asked for, others from the same cut, masters.

One pass over the cut makes a film and all its masters; another aspect is another pass, framed anew from the same clips,
so that nothing is generated twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from vgkit import cut
from vgkit.brief import FILM_FPS, FILM_SIZES, Aspect
from vgkit.errors import ParameterError
from vgkit.files import write_json
from vgkit.phases.step import Step
from vgkit.run import Run

if TYPE_CHECKING:
    from vgkit.media.edit import Segment
    from vgkit.media.steady import Steadied

QUALITIES = ("draft", "review", "delivery")
STEADYINGS = ("off", "auto", "full")
FRAMINGS = ("fill", "fit")
MASTERS = ("prores", "lossless", "hevc", "av1")
_PROGRESS_STEP = 30


@dataclass(frozen=True)
class Wishes:
    """What a person chose for the film; empty means as the profile or the template has it."""

    quality: str = "review"
    steady: str = ""
    framing: str = ""
    also: str = ""
    masters: str = ""
    grain: float = 0.0
    transition_sounds: bool = False

    def check(self) -> None:
        """Raise ParameterError, naming what there is, for a choice that is none."""
        _one_of("quality", self.quality, QUALITIES)
        _one_of("steady", self.steady, ("", *STEADYINGS))
        _one_of("framing", self.framing, ("", *FRAMINGS))
        for name, given, known in (("also", self.also, get_args(Aspect)), ("masters", self.masters, MASTERS)):
            for each in listed(given):
                _one_of(name, each, known)
        if not 0 <= self.grain <= 1:
            raise ParameterError(f"grain: {self.grain:g} is out of range; 0 is none, 1 the most.")


def listed(given: str) -> tuple[str, ...]:
    """Read names separated by commas, each once."""
    return tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ParameterError(f"{name}: there is no {value!r}. Use one of {', '.join(filter(None, known))}.")


def film_name(run: Run, aspect: str) -> str:
    """The file of the film in an aspect; the one that the brief asked for is ``film.mp4``."""
    return "film.mp4" if aspect == run.brief.aspect else f"film_{aspect.replace(':', 'x')}.mp4"


def aspects_of(run: Run, wishes: Wishes) -> tuple[Aspect, ...]:
    """The brief's aspect, then the others that were asked for."""
    return tuple(dict.fromkeys((run.brief.aspect, *listed(wishes.also))))  # type: ignore[arg-type]


def make_films(step: Step, wishes: Wishes) -> None:
    """Make every film from the cut and ``music.wav``, and check each; what was done to each shot goes on record.

    Raises FilmNotConformant, naming what is off, once all films are there to be looked at.
    """
    from vgkit.media.sound import read_sound

    run = step.run
    music = read_sound(run.path("music.wav"))
    segments = cut.on_the_beat(run, cut.segments_of(run), music)
    write_json(run.path("joins.json"), [segment.film_frames for segment in segments])
    step.make(run.path("joins.json"))
    aspects = aspects_of(run, wishes)
    for number, aspect in enumerate(aspects):
        pass_ = _Pass(step, wishes, aspect, segments, before=number, passes=len(aspects))
        pass_.make(music)
    for aspect in aspects:
        check_film(step, aspect, segments)


@dataclass(frozen=True)
class _Pass:
    """One pass over the cut: one aspect, and its masters where it is the brief's own."""

    step: Step
    wishes: Wishes
    aspect: Aspect
    segments: "list[Segment]"
    before: int
    passes: int

    @property
    def size(self) -> tuple[int, int]:
        return FILM_SIZES[self.aspect]

    def make(self, music: Any) -> None:
        from vgkit.media.edit import film_pictures
        from vgkit.media.encode import encode_film
        from vgkit.media.formats import FILMS, master_named

        run, wishes = self.step.run, self.wishes
        film = run.path(film_name(run, self.aspect))
        names = () if self.before else listed(wishes.masters)
        masters = {run.path(f"film_{name}{master_named(name).suffix}"): master_named(name) for name in names}
        steadiness: dict[int, Steadied] = {}
        encode_film(
            film_pictures(
                run.made("cut.mkv", phase="chunks"),
                self.segments,
                size=self.size,
                fps=Fraction(FILM_FPS),
                native_fps=cut.native_fps(run),
                treatment=cut.treatment_of(
                    run,
                    steadying=wishes.steady or run.profile.steady,
                    framing=wishes.framing or run.template.framing,
                ),
                on_shot=lambda number, steady: steadiness.update({number: _figures_only(steady)}),
            ),
            audio=music,
            out=film,
            form=FILMS[wishes.quality],
            masters=masters,
            size=self.size,
            fps=FILM_FPS,
            overlays=overlays_of(run, self.size),
            grain=wishes.grain,
            metadata=_metadata(run),
            on_frame=self._tell,
        )
        for path in (film, *masters):
            self.step.make(path, frames=run.storyboard.frames, width=self.size[0], height=self.size[1])
        if not self.before:
            _record_steadiness(self.step, steadiness)

    def _tell(self, done: int) -> None:
        frames = self.step.run.storyboard.frames
        if done % _PROGRESS_STEP == 0:
            label = f"frame {done}" if self.passes == 1 else f"{self.aspect}, frame {done}"
            self.step.progress(self.before * frames + done, self.passes * frames, label)


def _figures_only(steady: "Steadied") -> "Steadied":
    """Keep the figures and let go of the pictures."""
    from dataclasses import replace

    return replace(steady, pictures=[], motions=[])


def overlays_of(run: Run, size: tuple[int, int]) -> list[Any]:
    """Set the film's words for a size: captions, then the end card, inside its safe areas."""
    from vgkit.media.captions import CaptionStyle, caption_overlays, end_card_overlays

    storyboard = run.storyboard
    common: Mapping[str, Any] = {
        "fps": FILM_FPS,
        "size": size,
        "style": CaptionStyle(accent=storyboard.palette.accent),
    }
    overlays: list[Any] = []
    for caption in storyboard.captions:
        first, last = caption.first_frame, caption.end_frame
        overlays += caption_overlays(caption.text, kicker=caption.kicker, first=first, last=last, **common)
    card = storyboard.end_card
    return overlays + end_card_overlays(
        *(card.brand, card.tagline, card.call_to_action),
        logo=run.asset("logo"),
        first=card.first_frame,
        last=card.end_frame,
        **common,
    )


def _metadata(run: Run) -> dict[str, str]:
    engines = ", ".join(f"{role} {reference}" for role, reference in run.profile.engines.items())
    title = run.storyboard.title
    return {"title": title, "comment": f"Made by vgkit with {engines}; run {run.name}", "encoder": "vgkit"}


def _record_steadiness(step: Step, steadiness: "Mapping[int, Steadied]") -> None:
    """Put on record how steady and sharp each shot came, and how it is in the film."""
    run = step.run
    table = []
    for number, steady in sorted(steadiness.items()):
        shot = run.storyboard.shots[number].id
        before, after = _plain(steady.before), _plain(steady.after)
        table.append({"shot": shot, "steps": steady.steps, "before": before, "after": after})
        for stage, figures in (("generated", before), ("film", after)):
            for name, unit, direction in _MEASURES:
                _record(run, shot, name, figures[name], unit, direction, stage, steady.steps)
    write_json(run.path("steadiness.json"), table)
    step.make(run.path("steadiness.json"))


def _plain(figures: Any) -> dict[str, float | None]:
    """Name a clip's figures; one that could not be taken is null."""
    return {name: None if value != value else value for name, value in vars(figures).items()}


_MEASURES = (
    ("flicker", "levels", "lower"),
    ("warp_error", "levels", "lower"),
    ("sharpness", "Tenengrad", "higher"),
)


def _record(
    run: Run, shot: str, name: str, value: float | None, unit: str, direction: str, stage: str, steps: tuple[str, ...]
) -> None:
    run.events.write(
        "metric",
        phase="refine",
        subject=shot,
        name=name,
        value=value,
        unit=unit,
        direction=direction,
        implementation="vgkit.media.measures",
        version="1",
        scored={"stage": stage, "steps": list(steps)},
        **_reason(value),
    )


def _reason(value: float | None) -> dict[str, Any]:
    return {"reason": "no two neighbouring frames could be followed"} if value is None else {}


def check_film(step: Step, aspect: Aspect, segments: "list[Segment]") -> None:
    """Measure a film against its specification, put the figures on record, and refuse a film that is off."""
    from vgkit.media.conform import FilmSpec, conform

    run = step.run
    width, height = FILM_SIZES[aspect]
    spec = FilmSpec(
        width=width,
        height=height,
        fps=FILM_FPS,
        frames=run.storyboard.frames,
        planned_black=tuple(planned_black(segments)),
    )
    name = film_name(run, aspect)
    found = conform(run.path(name), spec)
    rows = [{"name": c.name, "wanted": str(c.wanted), "found": str(c.found), "passed": c.passed} for c in found.checks]
    path = run.path(name.replace("film", "conform").replace(".mp4", ".json"))
    write_json(path, rows)
    step.make(path)
    found.require()


def planned_black(segments: "list[Segment]") -> list[tuple[float, float]]:
    """Say, in seconds, where the film dips through a colour, which may be as dark as black."""
    borders = accumulate(segment.film_frames for segment in segments)
    spans = []
    for border, segment in zip(borders, segments, strict=True):
        if segment.transition == "dip":
            first = border - segment.transition_frames // 2
            spans.append((first / FILM_FPS, (first + segment.transition_frames) / FILM_FPS))
    return spans


def films(run: Run) -> tuple[Path, ...]:
    """The films in further aspects and the masters that are there."""
    return tuple(sorted(path for path in run.folder.glob("film_*") if path.suffix in (".mp4", ".mov", ".mkv")))
