"""One still or clip, rendered with the words as they stand: what to make, by which engine, how set, and what came."""

import itertools
import random
import threading
from collections.abc import Callable, Sequence

from vgkit.brief import FILM_FPS
from vgkit.errors import VgkitError
from vgkit.lab.lab import Lab
from vgkit.lab.trial import Kind, Rendered, Trial
from vgkit.lab.trials import complaints_of, foresee, render, settable, trials
from vgkit.lab.words import Words
from vgkit.widgets.look import heading
from vgkit.widgets.parts import button, markup, row, stack
from vgkit.widgets.prompt_lab.desk import Desk
from vgkit.widgets.prompt_lab.doer import Doer, Work
from vgkit.widgets.prompt_lab.fields import Field, choice, line
from vgkit.widgets.prompt_lab.prompts import in_words
from vgkit.widgets.prompt_lab.results import Results, made, told_of
from vgkit.widgets.prompt_lab.settings import SettingsView
from vgkit.widgets.prompt_lab.tiles import Tile
from vgkit.widgets.prompt_lab.work import Change, Newest, Stage

_MOST_SHOWN = 8
_MOST_SEED = 2**31 - 1
_ABOUT = {"sketch@local": "Draws by the brief and the seed; another pattern changes nothing in it."}
_NOUNS: dict[Kind, str] = {"keyframe": "still", "clip": "clip"}


class TrialPanel:
    """The fields and what came of them; ``on_spent`` is called when money may have been spent."""

    def __init__(
        self,
        stage: Stage,
        desk: Desk,
        *,
        on_spent: Callable[[], None],
        on_seen: Callable[[], None],
    ) -> None:
        self._stage, self._desk, self._on_spent = stage, desk, on_spent
        self._words: Words | None = None
        self._version, self._count = "", itertools.count(1)
        kinds = [("A still", "keyframe"), ("A short clip", "clip")]
        self.kind = Field(choice("Make", kinds), "kind", self._turn)
        self.which = Field(choice("Of", [("", "")]), "which", self.reprice)
        self.engine = Field(choice("Engine", desk.engines("keyframe")), "engine", self._turn_engine)
        self.seed = Field(line("Seed", example="the film's own"), "seed", self.reprice)
        self.another = button("Another seed", "vg-another-seed", self._roll)
        self.settings = SettingsView(self.reprice)
        self.doer = Doer(stage, "render", "Render still", self._prepare)
        self.results = Results("What was rendered, the latest first", "trial", on_seen=on_seen)
        self.prices, self._earlier = Newest(stage), Newest(stage)
        picks = row(
            self.kind.box,
            self.which.box,
            self.engine.box,
            self.seed.box,
            self.another,
            name="vg-fields vg-trial-fields",
        )
        card = stack(markup("", heading("Render one")), picks, self.settings.box, self.doer.box, name="vg-card")
        self.box = stack(card, self.results.box, name="vg-trial")

    @property
    def trial(self) -> Trial | None:
        """What to render; None while the words can't be used."""
        if self._words is None or self._words.storyboard is None:
            return None
        said = str(self.seed.value).strip()
        return Trial(
            self._words,
            self.kind.value,
            str(self.which.value),
            engine=str(self.engine.value),
            seed=int(said) if said.isdecimal() else None,
            params=self.settings.params,
            version=self._version,
        )

    def show(self, words: Words, version: str) -> None:
        """Take other words; ``version`` is the saved version that they are, if any."""
        self._words, self._version = words, version
        self._offer_which()
        self.reprice()

    def offer_engines(self) -> None:
        """Offer the engines as they are paid or rehearsed now."""
        kind: Kind = self.kind.value
        engines = self._desk.engines(kind)
        known = [reference for _, reference in engines]
        self.engine.offer(engines, self.engine.value if self.engine.value in known else known[0])
        self._offer_settings()

    def recall(self) -> None:
        """Show what was rendered in this lab before, where nothing is shown yet."""
        if not self.results.board.tiles:
            self._earlier.order(self._recalled)

    def reprice(self) -> None:
        """Put today's price on the button, or say beside the fields what is wrong."""
        trial = self.trial
        self.doer.verb(f"Render {_NOUNS[self.kind.value]}")
        self.prices.drop()
        if trial is None:
            self.doer.price("", refused="The words can't be used yet; see what is said beside them.")
            return
        found = self._complaints(trial)
        beside = {"which": self.which, "engine": self.engine, "seed": self.seed}
        for name, field in beside.items():
            field.complain(found.get(name, ""))
        self.settings.complain(found)
        if found:
            others = [said for name, said in found.items() if name not in beside and not name.startswith("params.")]
            self.doer.price("", refused=" ".join(others) or "Something above can't be used.")
        else:
            self.doer.pend()
            self.prices.order(lambda: self._priced(trial))

    def _complaints(self, trial: Trial) -> dict[str, str]:
        found = {**complaints_of(trial), **self.settings.complaints}
        said = str(self.seed.value).strip()
        if said and not said.isdecimal():
            found["seed"] = f"is {said[:40]!r}; write a whole number from 0 to {_MOST_SEED:,}, or nothing"
        return found

    def _priced(self, trial: Trial) -> Change:
        try:
            lab = self._desk.lab
            with self._desk.at_record:
                outlook = foresee(lab, trial)
        except VgkitError as refusal:
            said = str(refusal)
            return lambda: self.doer.price("", refused=said)
        return lambda: self.doer.price(str(outlook))

    def _recalled(self) -> Change:
        try:
            lab = self._desk.lab
            found = [(f"earlier-{n}", each) for n, each in enumerate(reversed(trials(lab)))][:_MOST_SHOWN]
            tiles = [made(id, each, lab, label=told_of(each)) for id, each in found]
        except VgkitError as refusal:
            said = str(refusal)
            return lambda: self.doer.price("", refused=said)
        return lambda: self._recall(found, tiles, lab)

    def _recall(self, found: Sequence[tuple[str, Rendered]], tiles: Sequence[Tile], lab: Lab) -> None:
        if not self.results.board.tiles:
            self.results.lay(tiles)
            for id, rendered in found:
                self.results.know(id, rendered, lab)

    def _turn(self) -> None:
        self.offer_engines()
        self._offer_which()
        self.reprice()

    def _turn_engine(self) -> None:
        self._offer_settings()
        self.reprice()

    def _offer_settings(self) -> None:
        engine = str(self.engine.value)
        self.settings.offer(settable(engine, self.kind.value))
        self.engine.hint(_ABOUT.get(engine, ""))

    def _roll(self) -> None:
        self.seed.control.value = str(random.randrange(_MOST_SEED))

    def _offer_which(self) -> None:
        if self._words is None or self._words.storyboard is None:
            return
        offered = places(self._words, self.kind.value)
        known = [which for _, which in offered]
        self.which.offer(offered, self.which.value if self.which.value in known else known[0])

    def _prepare(self) -> Work:
        trial, lab, count = self.trial, self._desk.lab, next(self._count)
        assert trial is not None
        tile = Tile(f"trial-{count}", f"{count}: {trial.which}", state="working")
        self._lay(tile)
        return lambda stopping: self._render(lab, trial, tile, count, stopping)

    def _render(self, lab: Lab, trial: Trial, tile: Tile, count: int, stopping: threading.Event) -> str:
        try:
            rendered = render(lab, trial, stopping=stopping)
        except BaseException:
            self._stage.show(lambda: self._lay(tile, gone=True))
            raise
        shown = made(tile.id, rendered, lab, label=f"{count}: {told_of(rendered)}")
        self._stage.show(lambda: self._came(shown, rendered, lab))
        return _told(rendered)

    def _came(self, tile: Tile, rendered: Rendered, lab: Lab) -> None:
        self.results.know(tile.id, rendered, lab)
        self.results.board.put(tile)
        self.reprice()
        self._on_spent()

    def _lay(self, tile: Tile, *, gone: bool = False) -> None:
        """Put a tile before the others, or take it out."""
        others = [each for each in self.results.board.tiles.values() if each.id != tile.id]
        self.results.lay((others if gone else [tile, *others])[:_MOST_SHOWN])


def places(words: Words, kind: Kind) -> list[tuple[str, str]]:
    """What can be rendered of the words: keyframes or shots, as a person would choose among them."""
    if kind == "keyframe":
        return [(f"{line.keyframe}: {line.time_s:g} s, {in_words(line.beat)}", line.keyframe) for line in words.lines]
    shots = words.storyboard.shots if words.storyboard else ()
    return [(f"{shot.id}: {shot.first_frame / FILM_FPS:.3g} s, {in_words(shot.beat)}", shot.id) for shot in shots]


def _told(rendered: Rendered) -> str:
    if rendered.cached:
        return "It was there already: free, from the cache."
    cost = f"${rendered.cost_usd:.4f}" if rendered.cost_usd else "nothing"
    rehearsed = " in play money: it was rehearsed" if rendered.rehearsal and rendered.cost_usd else ""
    return f"Rendered in {rendered.seconds:.1f} s. It cost {cost}{rehearsed}."
