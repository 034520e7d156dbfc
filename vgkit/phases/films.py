"""The films of a run, as the refine phase makes them: the aspect that was asked for, others from the same cut, masters.

One pass over the cut makes a film and all its masters; another aspect is another pass, framed anew from the same clips,
so that nothing is generated twice."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from vgkit import cut
from vgkit.brief import FILM_FPS, FILM_SIZES, Aspect
from vgkit.errors import ParameterError
from vgkit.files import write_json
from vgkit.phases.film_scores import Watched, record_film
from vgkit.phases.soundtrack import master_sound, put_on_record
from vgkit.phases.steadiness import figures_only, record_steadiness
from vgkit.phases.step import Step
from vgkit.run import Run

if TYPE_CHECKING:
    from vgkit.media.conform import Conformance
    from vgkit.media.edit import Segment
    from vgkit.media.formats import Format
    from vgkit.media.picture import Picture
    from vgkit.media.samples import Sound
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


def master_files(run: Run, wishes: Wishes) -> "dict[Path, Format]":
    """The masters that were asked for, by their files."""
    from vgkit.media.formats import master_named

    forms = [master_named(name) for name in listed(wishes.masters)]
    return {run.path(f"film_{form.name}{form.suffix}"): form for form in forms}


def make_films(step: Step, wishes: Wishes, sound: "Sound") -> None:
    """Make every film from the cut and the mixed sound, and check each; what was done to each shot goes on record.

    Raises FilmNotConformant, naming what is off, once all films are there to be looked at.
    """
    run = step.run
    segments = cut.matched(run, cut.on_the_beat(run, cut.segments_of(run), sound))
    write_json(run.path("joins.json"), [segment.film_frames for segment in segments])
    step.make(run.path("joins.json"))
    aspects = aspects_of(run, wishes)
    master = cache(lambda: master_sound(run, sound))
    own, excerpt = run.brief.aspect, run.path("excerpt.yuv") if wishes.quality == "delivery" else None
    watched = Watched(run.storyboard.frames, FILM_SIZES[own], excerpt=excerpt)
    for number, aspect in enumerate(aspects):
        film = _Pass(step, wishes, aspect, segments, before=number, passes=len(aspects))
        film.encode(film.pictures(), lambda: master().samples, watched if aspect == own else None)
    put_on_record(step, master())
    score = partial(record_film, run, segments=segments, watched=watched, sound=master().samples)
    for aspect in aspects:
        size, scored = FILM_SIZES[aspect], score if aspect == own else None
        check_film(step, run.path(film_name(run, aspect)), size, segments, score=scored)
    for path, form in master_files(run, wishes).items():
        check_film(step, path, FILM_SIZES[own], segments, form)


@dataclass(frozen=True)
class _Pass:
    """One pass over the cut: one aspect, and its masters where it is the brief's own."""

    step: Step
    wishes: Wishes
    aspect: Aspect
    segments: "list[Segment]"
    before: int
    passes: int
    steadiness: "dict[int, Steadied]" = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        return FILM_SIZES[self.aspect]

    def pictures(self) -> "Iterator[Picture]":
        """Begin with the pictures."""
        from vgkit.media.edit import film_pictures

        run, wishes = self.step.run, self.wishes
        return film_pictures(
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
            on_shot=lambda number, steady: self.steadiness.update({number: figures_only(steady)}),
        )

    def encode(self, pictures: "Iterator[Picture]", music: "Callable[[], Sound]", watch: Watched | None) -> None:
        """Make the film and its masters of them, and of the music that is mastered meanwhile."""
        from vgkit.media.encode import encode_film
        from vgkit.media.formats import FILMS

        run, wishes = self.step.run, self.wishes
        film = run.path(film_name(run, self.aspect))
        masters = {} if self.before else master_files(run, wishes)
        encode_film(
            pictures,
            audio=music,
            out=film,
            form=FILMS[wishes.quality],
            masters=masters,
            size=self.size,
            fps=FILM_FPS,
            overlays=overlays_of(run, self.size),
            grain=wishes.grain,
            metadata=_metadata(run),
            expected_s=run.storyboard.duration_s,
            on_frame=self._tell,
            watch=watch,
        )
        for path in (film, *masters):
            self.step.make(path, frames=run.storyboard.frames, width=self.size[0], height=self.size[1])
        if not self.before:
            record_steadiness(self.step, self.steadiness)

    def _tell(self, done: int) -> None:
        frames = self.step.run.storyboard.frames
        if done % _PROGRESS_STEP == 0:
            label = f"frame {done}" if self.passes == 1 else f"{self.aspect}, frame {done}"
            self.step.progress(self.before * frames + done, self.passes * frames, label)


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


def check_film(
    step: Step,
    film: Path,
    size: tuple[int, int],
    segments: "list[Segment]",
    form: "Format | None" = None,
    *,
    score: "Callable[[Conformance], None] | None" = None,
) -> None:
    """Measure a film against its specification, put the figures on record, and refuse a film that is off.

    ``score`` puts on record what else is measured, before a film is refused.
    """
    from vgkit.media.conform import FilmSpec, conform
    from vgkit.media.edit import dips_s
    from vgkit.media.formats import FILM

    run = step.run
    spec = FilmSpec(
        *size,
        fps=FILM_FPS,
        frames=run.storyboard.frames,
        planned_black=dips_s(segments, fps=FILM_FPS),
        format=form or FILM,
    )
    found = conform(film, spec, with_steps=score is not None)
    rows = [{"name": c.name, "wanted": str(c.wanted), "found": str(c.found), "passed": c.passed} for c in found.checks]
    path = run.path(film.stem.replace("film", "conform") + ".json")
    write_json(path, rows)
    step.make(path)
    if score:
        score(found)
    found.require()


def films(run: Run) -> tuple[Path, ...]:
    """The films in further aspects and the masters that are there."""
    return tuple(sorted(path for path in run.folder.glob("film_*") if path.suffix in (".mp4", ".mov", ".mkv")))
