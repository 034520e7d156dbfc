"""One film of a batch: what it is made of, and whether the run that is there is still that film."""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vgkit.batch.wrong import Place, Wrong
from vgkit.brief import Brief
from vgkit.complaints import shown
from vgkit.files import sha256_of
from vgkit.ledger.reading import read_kinds
from vgkit.lock import RunLock
from vgkit.places import runs_dir
from vgkit.run import Batch, Run
from vgkit.start import Checked, make_run
from vgkit.storyboard import ClipShape
from vgkit.template import Template


@dataclass(frozen=True, kw_only=True, slots=True)
class Film:
    """One film of a batch: where it was asked for, the run it is or will be, and all that run is made of."""

    place: Place
    name: str
    checked: Checked
    batch: Batch
    settings: dict[str, Any]
    rehearsal: dict[str, Any] | None
    needs: Mapping[Literal["gpu"], int] = dataclasses.field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where its run is or will be."""
        return runs_dir() / self.name

    @property
    def made(self) -> bool:
        """Whether it has come to its end with a film."""
        ends = (
            read_kinds(self.folder / "events.jsonl", ("run_finished",)) if (self.folder / "film.mp4").exists() else ()
        )
        return bool(ends) and ends[-1]["state"] in ("success", "degraded")

    def run(self) -> Run:
        """Its run: a new one, or the one that is there, under the caps that hold now."""
        if not (self.folder / "run.json").exists():
            return make_run(
                self.checked, name=self.name, settings=self.settings, rehearsal=self.rehearsal, batch=self.batch
            )
        there = Run.open(self.folder)
        wanted = dataclasses.replace(there, brief=self.checked.brief, batch=self.batch)
        if wanted != there:
            with RunLock(self.folder):
                wanted.save()
        return wanted

    def differences(self, *, called: str) -> Iterator[str]:
        """Say how the run that is there, if one is, differs from the one that would be made now; caps may change.

        ``called`` is what it is a film of.
        """
        if self._asked_alike():
            yield from self._other_assets(self.folder)
            return
        if not (self.folder / "run.json").exists():
            return
        there = Run.open(self.folder)
        if not there.batch or there.batch.name != self.batch.name:
            yield f"a run of this name is there, and belongs to no film of this {called}"
            return
        before = _told(there.brief, there.template, there.settings, there.batch.common, there.rehearsal)
        now = _told(self.checked.brief, self.checked.template, self.settings, self.batch.common, self.rehearsal)
        for name in sorted({*before, *now}):
            if before.get(name) != now.get(name):
                yield f"{name} was {shown(before.get(name))} and is now {shown(now.get(name))}"
        yield from self._other_assets(there.folder)

    def _asked_alike(self) -> bool:
        """Whether the run that is there was asked for in the same words, by those alone: to make a run of each of
        thousands takes ten times as long, and most are as they were."""
        try:
            record = json.loads((self.folder / "run.json").read_bytes())
            there = record["brief"], record["template"], record["settings"], record["rehearsal"], record["batch"]
            del there[0]["caps"], there[4]["cap_usd"]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        brief = self.checked.brief.model_dump(mode="json", exclude={"caps"})
        template, batch = self.checked.template, self.batch.model_dump(mode="json", exclude={"cap_usd"})
        return there == (brief, template.model_dump(mode="json"), self.settings, self.rehearsal, batch)

    def _other_assets(self, folder: Path) -> Iterator[str]:
        for inside, source in self.checked.copies.items():
            if (folder / inside).exists() and sha256_of(folder / inside) != sha256_of(source):
                yield f"assets.{inside.stem} is another file than it was"


def _told(
    brief: Brief, template: Template, settings: Mapping[str, Any], common: ClipShape | None, rehearsal: Any
) -> dict[str, Any]:
    """All that decides a film, by field, so that two can be held against each other."""
    words = brief.model_dump(mode="json", exclude={"caps"})
    return {
        **{f"brief.{name}": value for name, value in words.items()},
        **{f"template.{name}": value for name, value in template.model_dump(mode="json").items()},
        **{f"settings.{name}": value for name, value in settings.items()},
        **{f"rehearsal.{name}": value for name, value in (rehearsal or {}).items()},
        "the clip that shots go by": str(common),
    }


def check_made(films: Iterable[Film], wrong: Wrong, *, called: str) -> None:
    """Complain of films that are there and would be made otherwise now; ``called`` is what they are films of."""
    for film in films:
        with wrong.at(film.name):
            for difference in film.differences(called=called):
                wrong.add(Place(name=film.name), f"{difference}. Take it back, or give the {called} another name")
