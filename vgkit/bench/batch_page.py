"""Write the page that says how reliable batches are, as measured: what was asked for, what came, and every film.

The page is made, never edited."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from vgkit.bench.batches import FIFTY, Asked, FilmFigures, Reliability
from vgkit.bench.verdict import kept
from vgkit.files import write_text
from vgkit.paired import LEVEL, wilson
from vgkit.phases.report import Table
from vgkit.rehearsal.faults import FAULTS

FINISHED, UNDEGRADED = 0.98, 0.95  # asked for
_ASKED = ("what", "measured", "asked for", "kept")

_OPENING = """# Reliability

What comes of a batch whose hosts fail now and then, measured. This page is made by

```text
python -m vgkit.bench batches
```

from {count} films of [`templates/batches/fifty.toml`](../templates/batches/fifty.toml), {duration_s} seconds each, by
three templates and in three aspects. The profile is `dev` (a planner, SDXL, Zeroscope in two passes, MusicGen), the
quality draft. Anyone can make the same batch, for nothing and without keys:

```text
{command}
```

The hosts are rehearsed on this machine. The real clients speak to them over HTTP, they charge what the real ones do,
and how long each call takes they draw from what is known of the real ones. They fail by `--faults {faults}`; what was
recovered from is not taken out of the numbers. What they paint are drawings, so this page says nothing of quality.
"""

_MEASURED = """## What was asked for

Shares are of all films, each with Wilson's interval of {level:.0%}: {count} films can't prove more. The ledger books a
chat call whose reply was lost at its estimate, as its host can't be asked about it; by that much ledger and bill may
differ.
"""

_FIGURES = """## What a film takes

- *Of its hosts* is what no program could do without, at the hosts' own speed, failures and cold starts included: the
  plan, then the slowest keyframe, then the slowest chain of clips, as the hosts drew them.
- *Of this machine, alone* is one film of the batch made again by itself, with all that hosts deliver in the cache.
- *Of both* is what a film by real hosts takes, but for the pauses between tries.
- *In this batch* is by the clock here: hosts {speed:g} times as fast, {at_once} films at once on {cores} cores, which
  is what they waited for.

The batch took {wall}. By hosts at their own speed and one after the other, its films would take {sequence}.
"""

_FAULTS = """## What befell them

All of it was recovered from, unless a film below says otherwise.
"""

_FILMS = """## The films

*Mishaps* are calls that failed on the way. They are paid for as far as they ran.
"""


def verdicts(found: Reliability) -> Table:
    """Hold a batch against what is asked of it."""
    gap = abs(found.booked_usd - found.billed_usd)
    dearest = max(film.cost_usd for film in found.films)
    within = found.booked_usd <= found.batch_cap_usd and dearest <= found.run_cap_usd
    caps = f"${found.booked_usd:.2f} of ${found.batch_cap_usd:.2f}; a film ${dearest:.2f} of ${found.run_cap_usd:.2f}"
    books = f"${found.booked_usd:.6f}, ${found.guessed_usd:.6f} of it at estimates, and ${found.billed_usd:.6f}"
    rows = (
        _share_row("finished", found.finished, found, FINISHED),
        _share_row("finished and whole", found.undegraded, found, UNDEGRADED),
        ("spent of the caps", caps, "no more", kept(within)),
        ("by the ledger, by the hosts' bill", books, "the same but for estimates", kept(gap <= found.guessed_usd)),
        ("ordered a second time", f"{found.made_twice}", "none", kept(not found.made_twice)),
    )
    asked = found.asked
    heading = f"{asked.count} films of {asked.duration_s} s, rehearsed with {asked.faults} faults"
    return Table(heading, _ASKED, rows)


def figures(found: Reliability) -> Table:
    """Lay out seconds and dollars of a film: half of them, 95 of 100, and the mean."""
    rows = (
        _seconds_row("seconds of its hosts", found, lambda film: film.hosts_s),
        _seconds_row("seconds of this machine, alone", found, lambda _: found.own_s),
        _seconds_row("seconds of both", found, lambda film: film.hosts_s + found.own_s),
        _seconds_row("seconds in this batch", found, lambda film: film.wall_s),
        _row("dollars", found, lambda film: film.cost_usd, "{:.4f}"),
    )
    return Table("What a film takes", ("", "half of them up to", "95 of 100 up to", "mean"), rows)


def command(asked: Asked) -> str:
    """The command that makes the same films; those of another length or number are the bench's alone."""
    return (
        f"vgkit batch run templates/batches/{FIFTY.name} --rehearse --faults {asked.faults} "
        f"--speed {asked.speed:g} --at-once {asked.at_once}"
    )


def write_page(found: Reliability, page: Path) -> None:
    """Write the page."""
    asked = found.asked
    told = vars(asked) | {
        "command": command(asked),
        "level": LEVEL,
        "cores": os.cpu_count(),
        "wall": _long(found.wall_s),
        "sequence": _long(sum(film.hosts_s + found.own_s for film in found.films)),
    }
    parts = (
        _OPENING.format(**told),
        _MEASURED.format(**told),
        _markdown(verdicts(found)),
        _FIGURES.format(**told),
        _markdown(figures(found)),
        _FAULTS,
        _markdown(_faults(found)),
        _FILMS,
        _markdown(_films(found.films)),
    )
    write_text(page, "\n".join(parts))


def _share_row(name: str, count: int, found: Reliability, asked: float) -> tuple[str, ...]:
    share, interval = count / len(found.films), wilson(count / len(found.films), len(found.films))
    measured = f"{count} of {len(found.films)}, {share:.1%} ({interval.low:.1%} to {interval.high:.1%})"
    return name, measured, f">= {asked:.0%}", kept(share >= asked)


def _seconds_row(name: str, found: Reliability, value: Callable[[FilmFigures], float]) -> tuple[str, ...]:
    return _row(name, found, value, "{:.0f}")


def _row(name: str, found: Reliability, value: Callable[[FilmFigures], Any], written: str) -> tuple[str, ...]:
    values = [value(film) for film in found.films if film.there]
    told = (found.share(value, 0.5), found.share(value, 0.95), sum(values) / len(values))
    return name, *map(written.format, told)


def _faults(found: Reliability) -> Table:
    rows = tuple((f"`{name}`", FAULTS[name].meaning, f"{count}") for name, count in found.faults.items())
    return Table("", ("fault", "what it is", "times"), rows)


def _films(films: Iterable[FilmFigures]) -> Table:
    rows = tuple(
        (
            film.name,
            film.template,
            film.aspect,
            film.state + (f": {film.lacking}" if film.lacking else ""),
            f"{film.hosts_s:.0f}",
            f"{film.wall_s:.0f}",
            f"{film.cost_usd:.4f}",
            f"{film.mishaps}",
        )
        for film in films
    )
    head = ("film", "template", "aspect", "came out", "s of hosts", "s in this batch", "dollars", "mishaps")
    return Table("", head, rows)


def _long(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"


def _markdown(table: Table) -> str:
    head = f"| {' | '.join(table.columns)} |\n|{'---|' * len(table.columns)}\n"
    return head + "".join(f"| {' | '.join(row)} |\n" for row in table.rows)
