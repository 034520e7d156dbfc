"""The best and the worst films with poster and player. Small films go into the page itself, up to a budget; the others
are linked from where the page lies, since a page of a gigabyte is no longer one that people open."""

import base64
import html
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from vgkit.report.asking import SHOWN_FILMS
from vgkit.report.tables import Row, known, lasted, rows_of, usd

INLINE_FILM_BYTES = 3_000_000
INLINE_BYTES = 12_000_000
_POSTER_PX = 560


@dataclass(frozen=True)
class ShownFilm:
    """A film with what it scored; ``place`` counts from the best, 1."""

    run: str
    folder: Path
    film: str
    place: int
    films: int
    told: str
    degraded: bool

    @property
    def path(self) -> Path:
        """The film's file, which may be gone."""
        return self.folder / self.film

    def __str__(self) -> str:
        return f"{self.place}. of {self.films}: {self.run}: {'degraded · ' if self.degraded else ''}{self.told}"


def films(rows: pd.DataFrame, runs_dir: Path, measure: str) -> tuple[ShownFilm, ...]:
    """Read the films from their answer, the best first."""
    return tuple(_film(row, runs_dir, measure) for row in rows_of(rows))


def _film(row: Row, runs_dir: Path, measure: str) -> ShownFilm:
    scored = f"{measure.replace('_', ' ')} {row['value']:.4g} {row['unit']}"
    told = (scored, row["template"], row["video_engine"], usd(row["cost_usd"]), lasted(row["seconds"]))
    return ShownFilm(
        run=row["run"],
        folder=runs_dir / row["run"],
        film=row["film"],
        place=int(row["place"]),
        films=int(row["films"]),
        told=" · ".join(str(word) for word in told if known(word)),
        degraded=row["state"] == "degraded",
    )


def shelves(shown: tuple[ShownFilm, ...], *, beside: Path, inline_bytes: int) -> Iterator[tuple[str, str]]:
    """Yield a heading and the films under it as HTML; ``beside`` is the folder in which the page will lie."""
    room = inline_bytes
    best = [film for film in shown if film.place <= SHOWN_FILMS]
    worst = [film for film in shown if film.place > SHOWN_FILMS]
    for heading, row in (("Best", best), ("Worst", worst[::-1])):
        cards = []
        for film in row:
            source, taken = _source(film.path, beside, room)
            room -= taken
            cards.append(_card(film, source))
        if cards:
            yield heading, f"<div class='films'>{''.join(cards)}</div>"


def _source(film: Path, beside: Path, room: int) -> tuple[str, int]:
    """Where a player finds its film: in the page, beside it, or nowhere; and how many bytes that takes in the page."""
    if not film.is_file():
        return "", 0
    size = film.stat().st_size
    if size > min(room, INLINE_FILM_BYTES):
        return quote(os.path.relpath(film, beside).replace(os.sep, "/")), 0
    return f"data:video/mp4;base64,{base64.b64encode(film.read_bytes()).decode()}", size


def _card(film: ShownFilm, source: str) -> str:
    poster = poster_of(film.folder)
    if source:
        shown = f"<video controls preload='none' muted playsinline poster='{poster}' src='{source}'></video>"
    elif poster:
        shown = f"<img src='{poster}' alt='poster of {html.escape(film.run, quote=True)}'>"
    else:
        shown = "<div class='gone'>The film is no longer in its folder.</div>"
    red = "<b class='alert'>degraded</b> · " if film.degraded else ""
    return (
        f"<figure>{shown}<figcaption><b>{film.place}. of {film.films}: {html.escape(film.run)}</b><br>"
        f"{red}{html.escape(film.told)}</figcaption></figure>"
    )


def poster_of(folder: Path) -> str:
    """A run's poster as a small JPEG in a ``data:`` address; empty where there is none that can be read."""
    import cv2

    file = folder / "poster.jpg"
    picture = cv2.imread(str(file)) if file.is_file() else None
    if picture is None:
        return ""
    height, width = picture.shape[:2]
    scale = min(1.0, _POSTER_PX / max(height, width))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode()}"
