"""What each mood means in music: scale, chords, rhythm, colour. Tables, so that a new mood is an entry, not code."""

import difflib
import re
from dataclasses import dataclass

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)


@dataclass(frozen=True, kw_only=True)
class Groove:
    """Drum patterns of one bar in sixteenths: ``X`` loud, ``x`` normal, ``-`` soft, ``.`` rest."""

    kick: tuple[str, ...]
    back: tuple[str, ...]
    back_sound: str
    hats: tuple[str, ...]
    hat_sound: str
    extra: tuple[str, ...] = ("................",)
    extra_sound: str = "open_hat"


@dataclass(frozen=True, kw_only=True)
class Idiom:
    """The music of one mood. Progressions and cadence are scale degrees from 0; rhythms are (beat, length) in a bar."""

    scale: tuple[int, ...]
    tonics: tuple[int, ...]
    progressions: tuple[tuple[int, ...], ...]
    cadence: tuple[int, int]
    colour: tuple[int, ...]
    groove: Groove
    keys: str
    lead: str
    arpeggios: tuple[tuple[int, ...], ...]
    steps_per_beat: int
    bass: tuple[tuple[tuple[float, float], ...], ...]
    motifs: tuple[tuple[tuple[float, float], ...], ...]
    swing: float = 0.0
    brightness: float = 0.6
    drums: float = 1.0
    room: float = 1.0
    ducking: float = 0.45


STRAIGHT_BASS = (((0, 0.9), (1, 0.4), (1.5, 0.4), (2, 0.9), (3, 0.4), (3.5, 0.4)), ((0, 1.4), (1.5, 1.4), (3, 0.9)))
LONG_BASS = (((0, 3.8),), ((0, 2.9), (3, 0.9)))
DRIVING_BASS = (
    tuple((step / 2, 0.42) for step in range(8)),
    ((0, 0.6), (0.75, 0.6), (1.5, 0.4), (2, 0.6), (2.75, 0.6), (3.5, 0.4)),
)

IDIOMS = {
    "uplifting": Idiom(
        scale=MAJOR,
        tonics=(48, 50, 52, 55, 57),
        progressions=((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 2, 3, 4)),
        cadence=(3, 4),
        colour=(8,),
        groove=Groove(
            kick=("x...x...x...x...", "x...x...x...x.-."),
            back=("....x.......x...", "....x.......x..-"),
            back_sound="clap",
            hats=("x-x-x-x-x-x-x-x-", "--x---x---x---x-"),
            hat_sound="hat",
            extra=("..x...x...x...x.",),
        ),
        keys="pluck",
        lead="piano",
        arpeggios=((0, 2, 3, 2, 4, 3, 2, 3), (0, 1, 2, 3, 4, 3, 2, 1), (0, 3, 2, 4, 3, 2, 4, 2)),
        steps_per_beat=2,
        bass=STRAIGHT_BASS,
        motifs=(
            ((0, 1.5), (1.5, 0.5), (2, 2)),
            ((0, 0.75), (0.75, 0.75), (1.5, 0.5), (2, 1), (3, 1)),
            ((0, 1), (1, 0.5), (1.5, 1), (2.5, 0.5), (3, 1)),
        ),
    ),
    "warm": Idiom(
        scale=MAJOR,
        tonics=(48, 50, 53, 55),
        progressions=((0, 3, 5, 3), (0, 5, 3, 4), (0, 2, 3, 3), (3, 0, 4, 5)),
        cadence=(3, 4),
        colour=(6,),
        groove=Groove(
            kick=("x.....x.x.......", "x.........x....."),
            back=("....x.......x...",),
            back_sound="rim",
            hats=("x-x-x-x-x-x-x-x-", "x.-.x.-.x.-.x.--"),
            hat_sound="shaker",
        ),
        keys="nylon",
        lead="piano",
        arpeggios=((0, 2, 3, 4, 3, 2, 3, 2), (0, 3, 2, 4, 0, 3, 2, 3), (0, 2, 4, 2, 3, 2, 4, 3)),
        steps_per_beat=2,
        bass=(((0, 1.9), (2, 1.4), (3.5, 0.5)), ((0, 2.8), (3, 0.9))),
        motifs=(((0, 2), (2, 1), (3, 1)), ((0, 1.5), (1.5, 0.5), (2, 2)), ((0.5, 0.5), (1, 1), (2, 2))),
        swing=0.08,
        brightness=0.35,
        drums=0.75,
        ducking=0.22,
    ),
    "calm": Idiom(
        scale=MAJOR,
        tonics=(48, 50, 53, 56),
        progressions=((0, 3, 0, 3), (0, 2, 3, 0), (3, 0, 5, 3), (0, 5, 3, 3)),
        cadence=(3, 4),
        colour=(6, 8),
        groove=Groove(
            kick=("x.........-.....", "x..............."),
            back=("........x.......",),
            back_sound="rim",
            hats=("--.---.---.---.-", "..-...-...-...-."),
            hat_sound="shaker",
        ),
        keys="piano",
        lead="bell",
        arpeggios=((0, 2, 3, 4, 5, 4, 3, 2), (0, 3, 4, 3, 5, 4, 3, 4)),
        steps_per_beat=2,
        bass=LONG_BASS,
        motifs=(((0, 3), (3, 1)), ((0, 2), (2, 2)), ((1, 1), (2, 2))),
        brightness=0.2,
        drums=0.55,
        room=1.5,
        ducking=0.1,
    ),
    "energetic": Idiom(
        scale=MINOR,
        tonics=(50, 52, 53, 57),
        progressions=((0, 5, 2, 6), (0, 6, 5, 6), (0, 2, 6, 5), (5, 6, 0, 0)),
        cadence=(5, 6),
        colour=(),
        groove=Groove(
            kick=("X...x...X...x.x.", "X...x...X..xx..."),
            back=("....X.......X...", "....X.......X..-"),
            back_sound="snare",
            hats=("x-x-x-x-x-x-x-x-", "x-xxx-x-x-xxx-x-"),
            hat_sound="hat",
            extra=("..x...x...x...x.",),
        ),
        keys="pluck",
        lead="lead",
        arpeggios=((0, 2, 3, 0, 2, 4, 3, 2, 0, 2, 3, 4, 3, 2, 4, 2), (0, 0, 3, 0, 2, 0, 4, 3, 0, 0, 3, 0, 2, 4, 3, 2)),
        steps_per_beat=4,
        bass=DRIVING_BASS,
        motifs=(
            ((0, 0.75), (0.75, 0.75), (1.5, 0.5), (2.5, 0.5), (3, 1)),
            ((0, 0.5), (0.5, 1), (1.5, 0.5), (2, 0.75), (2.75, 1.25)),
        ),
        brightness=0.85,
        drums=1.1,
        room=0.75,
        ducking=0.6,
    ),
    "elegant": Idiom(
        scale=MAJOR,
        tonics=(49, 51, 53, 56),
        progressions=((0, 5, 1, 4), (0, 3, 2, 5), (5, 1, 4, 0), (3, 2, 1, 4)),
        cadence=(1, 4),
        colour=(6,),
        groove=Groove(
            kick=("x.........x.....", "x......-..x....."),
            back=("....x.......x...",),
            back_sound="snap",
            hats=("..x-..x-..x-..x-", "x-x-x-x-x-x-x-x-"),
            hat_sound="hat",
        ),
        keys="piano",
        lead="strings",
        arpeggios=((0, 2, 4, 3, 5, 3, 4, 2), (0, 3, 2, 4, 3, 5, 4, 3)),
        steps_per_beat=2,
        bass=(((0, 1.4), (1.5, 1.4), (3, 0.9)), ((0, 2.4), (2.5, 1.4))),
        motifs=(((0, 1.5), (1.5, 0.5), (2, 1), (3, 1)), ((0, 3), (3, 1)), ((0, 2), (2, 1.5), (3.5, 0.5))),
        swing=0.14,
        brightness=0.4,
        drums=0.7,
        room=1.2,
        ducking=0.2,
    ),
    "epic": Idiom(
        scale=MINOR,
        tonics=(48, 50, 52, 45),
        progressions=((0, 5, 2, 6), (0, 3, 5, 6), (0, 6, 5, 6), (0, 5, 3, 4)),
        cadence=(5, 6),
        colour=(),
        groove=Groove(
            kick=("X.......X.......", "X.......X.....x."),
            back=("........X.......",),
            back_sound="snare",
            hats=("x--x--x-x--x--x-", "x-x-x-x-x-x-x-x-"),
            hat_sound="shaker",
            extra=("X..x..x.X..x..xx", "X..x..x.x.x.X.xx"),
            extra_sound="taiko",
        ),
        keys="spiccato",
        lead="strings",
        arpeggios=((0, 0, 2, 0, 3, 0, 2, 0), (0, 2, 3, 2, 0, 2, 3, 4), (0, 0, 3, 0, 2, 0, 3, 2)),
        steps_per_beat=2,
        bass=LONG_BASS,
        motifs=(((0, 2), (2, 1), (3, 1)), ((0, 3), (3, 1)), ((0, 1.5), (1.5, 0.5), (2, 2))),
        brightness=0.6,
        drums=1.0,
        room=1.4,
        ducking=0.25,
    ),
}

SYNONYMS = {
    "uplifting": "happy joyful joy bright optimistic inspiring inspirational cheerful hopeful fun playful sunny "
    "positive fresh feelgood motivational lively upbeat celebratory festive pop",
    "warm": "cozy cosy friendly homely intimate acoustic nostalgic romantic tender organic folk sincere emotional "
    "lifestyle natural heartfelt sentimental",
    "calm": "peaceful serene relaxing relaxed meditative gentle dreamy ambient soft quiet soothing slow tranquil "
    "spa airy mellow chill",
    "energetic": "dynamic driving bold sporty sport punchy fast urban modern tech electronic edgy intense exciting "
    "action dance club rock hype vibrant",
    "elegant": "luxury luxurious sophisticated minimal minimalist premium classy refined sleek stylish fashion jazz "
    "jazzy graceful chic lounge",
    "epic": "cinematic dramatic heroic grand orchestral powerful majestic trailer triumphant suspense dark "
    "mysterious monumental adventure",
}
MOOD_OF_WORD = {word: mood for mood, words in SYNONYMS.items() for word in (mood, *words.split())}


def nearest_mood(words: str) -> str:
    """Name the mood that ``words`` asks for: its name first, then a synonym, then a near spelling, or uplifting."""
    spoken = re.findall(r"[a-z]+", words.lower().replace("-", ""))
    for table in (IDIOMS, MOOD_OF_WORD):
        for word in spoken:
            if word in table:
                return MOOD_OF_WORD[word]
    for word in spoken:
        for close in difflib.get_close_matches(word, MOOD_OF_WORD, n=1, cutoff=0.8):
            return MOOD_OF_WORD[close]
    return "uplifting"
