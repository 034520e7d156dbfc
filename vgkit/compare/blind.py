"""Votes of people who do not know which engine they look at: pairs in a shuffled order, sides by the toss of a coin.

A vote is an event of the run that it speaks for or against: ``take`` is ``against <other run>``, ``value`` is 1, 0 for
a tie, or -1, and ``note`` is who voted. Of several votes of a person on the same pair the last counts."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vgkit.compare.films import Film, FilmPair, synced_ledger
from vgkit.errors import ParameterError, RunNotFound
from vgkit.ledger import Events, Ledger
from vgkit.paired import Paired, compare_pairs
from vgkit.places import runs_dir

Choice = Literal["left", "right", "same"]
Of = Literal["films", "shots"]
WHAT: tuple[Of, ...] = ("films", "shots")
CHOICES: tuple[Choice, ...] = ("left", "right", "same")

_AGAINST = "against "
_VOTES = """
    SELECT run, subject, take, value, coalesce(note, '') AS voter
    FROM votes
    WHERE starts_with(take, 'against ') AND list_contains($runs::VARCHAR[], run)
    ORDER BY happened_at
"""


@dataclass(frozen=True)
class Ballot:
    """Two clips that ask for a vote; which engine is on which side is nobody's business until the end."""

    pair: FilmPair
    subject: str
    left: Path
    right: Path
    b_on_left: bool


class BlindVote:
    """A sitting: the ballots that a person has not voted on yet, one after the other."""

    def __init__(self, pairs: Sequence[FilmPair], *, voter: str, of: Of = "films", seed: int = 0) -> None:
        """Shuffle what there is to look at. Raises ParameterError without a name, RunNotFound without clips."""
        if not voter.strip():
            raise ParameterError("voter: a vote needs a name, or an alias, so that no one votes twice on a pair.")
        if of not in WHAT:
            raise ParameterError(f"{of!r} can't be voted on. Say {' or '.join(WHAT)}.")
        self.voter, self._pairs = voter.strip(), tuple(pairs)
        every = list(_ballots(self._pairs, of, random.Random(f"{seed} {self.voter}")))
        if not every:
            raise RunNotFound(f"None of the {len(pairs)} pairs has both {of} on this disk. Nothing can be shown.")
        voted = _read_votes(synced_ledger(), self._pairs)
        self.ballots = [ballot for ballot in every if (*_filed(ballot), self.voter) not in voted]
        self.count = len(self.ballots)

    @property
    def current(self) -> Ballot | None:
        """What to vote on now; None at the end."""
        return self.ballots[0] if self.ballots else None

    def vote(self, choice: Choice) -> None:
        """Put a vote on record. Raises ParameterError for another word, or when all votes are in."""
        if choice not in CHOICES:
            raise ParameterError(f"{choice!r} is no vote. Say {', '.join(CHOICES[:-1])} or {CHOICES[-1]}.")
        if not self.ballots:
            raise ParameterError("All votes are in. Look at the outcome.")
        ballot = self.ballots[0]
        run, subject, take = _filed(ballot)
        for_b = 0 if choice == "same" else 1 if (choice == "left") == ballot.b_on_left else -1
        value = for_b if run == ballot.pair.b.run else -for_b
        events = Events(runs_dir() / run / "events.jsonl", run_id=run)
        events.write("vote", subject=subject, take=take, value=value, note=self.voter)
        self.ballots.pop(0)

    def outcome(self) -> Paired:
        """Count everybody's votes for B against A. Raises ParameterError while names must stay hidden."""
        if self.ballots:
            raise ParameterError(
                f"{len(self.ballots)} of {self.count} pairs wait for a vote; names stay hidden till then."
            )
        return votes_of(synced_ledger(), self._pairs)


def votes_of(ledger: Ledger, pairs: Sequence[FilmPair], *, seed: int = 0) -> Paired:
    """Count the votes on record for B against A; ``more`` is how many prefer B, a tie as half."""
    filed = _read_votes(ledger, pairs)
    places = {_files(pair): number for number, pair in enumerate(pairs)}
    for_b, films = [], []
    for (run, _, take, _), value in filed.items():
        if (number := places.get((run, take))) is not None:
            for_b.append(float(value if run == pairs[number].b.run else -value))
            films.append(number)
    return compare_pairs([-value for value in for_b], for_b, films, seed=seed)


def _ballots(pairs: Sequence[FilmPair], of: Of, chance: random.Random) -> list[Ballot]:
    seen = [
        (pair, subject, of_a, of_b[subject])
        for pair in pairs
        for of_b in [_clips(pair.b, of)]
        for subject, of_a in _clips(pair.a, of).items()
        if subject in of_b
    ]
    # Each side has B as often as the other, so that a liking for one side does no harm.
    sides = [number % 2 == 0 for number in range(len(seen))]
    chance.shuffle(sides)
    chance.shuffle(seen)
    return [
        Ballot(pair, subject, *((b, a) if b_on_left else (a, b)), b_on_left=b_on_left)
        for (pair, subject, a, b), b_on_left in zip(seen, sides, strict=True)
    ]


def _clips(film: Film, of: Of) -> dict[str, Path]:
    """What can be shown of a film, by subject; what was cleaned away, or is a still, can't."""
    folder = runs_dir() / film.run
    if of == "films":
        found: Mapping[str, Path] = {"film": folder / film.film} if film.film else {}
    else:
        try:
            picks = json.loads((folder / "chunks" / "picks.json").read_text("utf-8"))
        except (OSError, ValueError):
            picks = {}
        found = {shot: folder / "chunks" / shot / f"{take}.mp4" for shot, take in picks.items() if take != "still"}
    return {subject: path for subject, path in found.items() if path.is_file()}


def _files(pair: FilmPair) -> tuple[str, str]:
    """Where votes on a pair are filed, whichever way round it is asked for: the run, and the take they name."""
    own, other = sorted((pair.a.run, pair.b.run))
    return own, f"{_AGAINST}{other}"


def _filed(ballot: Ballot) -> tuple[str, str, str]:
    """The run, subject and take of a vote on this ballot."""
    run, take = _files(ballot.pair)
    return run, ballot.subject, take


def _read_votes(ledger: Ledger, pairs: Sequence[FilmPair]) -> dict[tuple[str, str, str, str], int]:
    """The last vote of each person by run, subject, take and voter."""
    rows = ledger.query(_VOTES, {"runs": [_files(pair)[0] for pair in pairs]})
    return {(run, subject, take, voter): int(value) for run, subject, take, value, voter in rows.to_numpy().tolist()}
