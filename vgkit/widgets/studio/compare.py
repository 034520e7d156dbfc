"""Two films in step, frame by frame, as the page's history shows them."""

from typing import Any

from vgkit.player import shown_film
from vgkit.run import Run
from vgkit.widgets.player import player


def side_by_side(first: Run, second: Run) -> Any:
    """Show the films of two runs in one player. Each bears its title, with the run's name where both have one."""
    titles = [run.storyboard.title for run in (first, second)]
    names = [run.name for run in (first, second)]
    named = (
        titles if titles[0] != titles[1] else [f"{title}, {name}" for title, name in zip(titles, names, strict=True)]
    )
    return player(*(shown_film(run, title=title) for run, title in zip((first, second), named, strict=True)))
