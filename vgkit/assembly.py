"""A film of a person's own clips, without a run: steadied, framed, graded, moved, joined, scored and measured.

Clips may be of any sizes, rates and shapes, as models give them; each is worked on at its own, and goes through what a
run's own film goes through."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path

from vgkit.brief import FILM_FPS, FILM_SIZES, Aspect
from vgkit.errors import ParameterError
from vgkit.media.conform import Conformance, FilmSpec, conform, of_no_run
from vgkit.media.edit import Segment, Treatment, dips_s, film_pictures
from vgkit.media.encode import encode_film
from vgkit.media.fit import fit_to_length
from vgkit.media.footage import Footage, read_footage
from vgkit.media.formats import FILM, Format
from vgkit.media.master import finish_for_aac
from vgkit.media.matching import matched
from vgkit.media.picture import Picture, from_rgb
from vgkit.media.pixels import Frame
from vgkit.media.samples import Sound
from vgkit.media.sound import read_sound
from vgkit.media.steady import Steadied
from vgkit.storyboard import ClipShape
from vgkit.template import Transition

Music = Callable[[float, Sequence[float]], Sound]

_FPS = Fraction(FILM_FPS)
_LEAST_FRAMES = 12  # of the film, so that a shot is seen at all
_SHARE_OF_SHOT = 3  # a transition takes no more than a third of either shot
_STILL = 17  # frames at 8 a second: two seconds
_SHORTEST_MUSIC_S = 4.0


@dataclass(frozen=True)
class Assembly:
    """How clips become a film; ``transition_frames`` is shortened where a shot is too short for it.

    ``fps`` is the clips' rate whatever their headers say; ``seconds`` the film's length, else what the clips fill.
    """

    aspect: Aspect = "16:9"
    fps: Fraction | None = None
    seconds: int | None = None
    transition: Transition = "dissolve"
    transition_frames: int = 12
    treatment: Treatment = field(default_factory=Treatment)
    title: str = "film"

    @property
    def size(self) -> tuple[int, int]:
        """The film's (width, height) in pixels."""
        return FILM_SIZES[self.aspect]


@dataclass(frozen=True)
class Assembled:
    """A finished film: what was measured on it, how long each shot is in frames, and how steady it came out."""

    conformance: Conformance
    shots: tuple[int, ...]
    steadiness: tuple[Steadied, ...]
    notes: tuple[str, ...]


def assemble(clips: Sequence[Path], out: Path, how: Assembly, *, music: Music, form: Format = FILM) -> Assembled:
    """Make a film of clips in their order. ``music`` gives the sound for a length and its cuts in seconds, (n, 2).

    Raises ParameterError where the clips can't fill the film, NotAClip for one that can't be read, and what
    ``encode_film`` raises; ``out`` is there, whole, only where nothing was raised.
    """
    _check(clips, out, form)
    footage = [_moving(read_footage(clip, fps=how.fps), how.size) for clip in clips]
    segments = matched(_shots(footage), laid_out(footage, how), fps=_FPS, native_fps=footage[0].fps)
    frames = sum(segment.film_frames for segment in segments)
    cuts_s = [border / FILM_FPS for border in accumulate(segment.film_frames for segment in segments[:-1])]
    found: dict[int, Steadied] = {}
    encode_film(
        film_pictures(
            _shots(footage),
            segments,
            size=how.size,
            fps=_FPS,
            native_fps=footage[0].fps,
            treatment=how.treatment,
            on_shot=lambda number, steady: found.update({number: replace(steady, pictures=[], motions=[])}),
        ),
        audio=lambda: music(frames / FILM_FPS, cuts_s),
        out=out,
        form=form,
        size=how.size,
        fps=_FPS,
        metadata={"title": how.title, "comment": f"Made by vgkit of {len(clips)} clips", "encoder": "vgkit"},
        expected_s=frames / FILM_FPS,
    )
    dips = dips_s(segments, fps=FILM_FPS)
    spec = FilmSpec(*how.size, fps=FILM_FPS, frames=frames, planned_black=dips, format=form)
    return Assembled(
        of_no_run(conform(out, spec)),
        tuple(segment.film_frames for segment in segments),
        tuple(steady for _, steady in sorted(found.items())),
        tuple(f"{each.path.name}: {note}" for each in footage for note in each.notes),
    )


def _check(clips: Sequence[Path], out: Path, form: Format) -> None:
    if not clips:
        raise ParameterError("There are no clips. Name at least one.")
    if out.suffix.lower() != form.suffix:
        raise ParameterError(f"{out.name}: the film's name must end in {form.suffix}.")


def _shots(footage: Sequence[Footage]) -> Iterator[list[Picture]]:
    return ([from_rgb(frame) for frame in clip.frames()] for clip in footage)


def composed(duration_s: float, cuts_s: Sequence[float]) -> Sound:
    """Compose music for a film of ``duration_s`` with cuts at ``cuts_s``, and master it."""
    from vgkit.engines.sketch.music import compose

    played_s = max(duration_s, _SHORTEST_MUSIC_S)
    piece = compose(mood="uplifting", tempo_bpm=100, duration_s=played_s, cuts_s=cuts_s, seed=0)
    return finish_for_aac(fit_to_length(piece.samples, duration_s=duration_s)).samples


def from_file(file: Path) -> Music:
    """Return what brings a person's music to a film's length and loudness."""
    return lambda duration_s, _: finish_for_aac(fit_to_length(read_sound(file), duration_s=duration_s)).samples


def laid_out(footage: Sequence[Footage], how: Assembly) -> list[Segment]:
    """Give each clip its place: as long as it lasts at its own speed, or its share of the film's seconds.

    Raises ParameterError for clips that are too short, with what they can fill.
    """
    natural = [_natural_frames(clip) for clip in footage]
    owned = natural if how.seconds is None else _shared_out(natural, how.seconds * FILM_FPS)
    short = [(clip, frames) for clip, frames in zip(footage, owned, strict=True) if frames < _LEAST_FRAMES]
    if short:
        clip, frames = short[0]
        raise ParameterError(
            f"{clip.path.name} would be seen for {frames} of the film's frames; at least {_LEAST_FRAMES} are needed. "
            f"It holds {clip.count} frames at {float(clip.fps):g} a second: say --fps 8 if that is its rate, leave it "
            "out, or make the film longer."
        )
    overlaps = [_transition_frames(how, *pair) for pair in pairwise(owned)] + [0]
    starts = [0, *accumulate(clip.count for clip in footage)]
    return [
        Segment(
            first=starts[number],
            frames=clip.count,
            film_frames=owned[number],
            transition=how.transition if overlaps[number] else "cut",
            transition_frames=overlaps[number],
            fps=clip.fps,
        )
        for number, clip in enumerate(footage)
    ]


def _natural_frames(clip: Footage) -> int:
    return int((clip.count - 1) * _FPS / clip.fps) + 1


def _moving(clip: Footage, film: tuple[int, int]) -> Footage:
    """The clip; a still is closed in on, slowly, so that nothing in the film stands frozen."""
    if clip.count > 1:
        return clip
    wide, high = clip.size
    scale = min(1.0, max(film[0] / wide, film[1] / high))
    width, height = (max(2, 2 * round(side * scale / 2)) for side in clip.size)
    shape = ClipShape(frames=_STILL, fps=8, width_px=width, height_px=height)
    notes = (*clip.notes, "closed in on for two seconds")
    steps = partial(_closing_in, clip, shape)
    return replace(clip, size=(width, height), fps=Fraction(8), count=_STILL, notes=notes, _steps=steps)


def _closing_in(still: Footage, shape: ClipShape) -> Iterator[Frame]:
    from vgkit.engines.adapters import closing_in

    return closing_in(next(still.frames()), shape)


def _shared_out(natural: Sequence[int], frames: int) -> list[int]:
    """Share a film's frames out in proportion, to the frame."""
    borders = [round(Fraction(frames * each, sum(natural))) for each in accumulate(natural)]
    return [end - first for first, end in pairwise([0, *borders])]


def _transition_frames(how: Assembly, leaving: int, entering: int) -> int:
    return 0 if how.transition == "cut" else min(how.transition_frames, leaving // _SHARE_OF_SHOT, entering // 3)
