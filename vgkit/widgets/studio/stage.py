"""The run that is open: its phases and shots as they come, what may be done with it, and its film at the end."""

from collections.abc import Callable, Mapping

from vgkit.run import Run
from vgkit.studio.watching import ShotSight, Sight
from vgkit.widgets.look import Tone, note
from vgkit.widgets.parts import button, hide, markup, row, stack
from vgkit.widgets.studio.film import FilmView
from vgkit.widgets.studio.media import Media, thumbnail
from vgkit.widgets.studio.progress import head_html, phases_html, trouble_html
from vgkit.widgets.studio.tiles import Tile, Tiles

_CLIPS: Mapping[str, tuple[str, Tone]] = {
    "waiting": ("", ""),
    "asked": ("in the making", "busy"),
    "made": ("clip made", "good"),
    "cached": ("clip kept", "good"),
    "degraded": ("still instead", "warn"),
}
_CAN_GO_ON = ("waiting", "failed", "stopped", "interrupted")
_RATIOS = {"16:9": ("16/9", "128px"), "9:16": ("9/16", "112px"), "1:1": ("1/1", "112px")}


class StageView:
    """The open run as widgets, ``box``; ``show`` brings it up to date and sets only what has changed.

    ``on`` says what is called where a person wants ``stop``, ``go_on``, ``approve`` or ``close``.
    """

    def __init__(self, on: Mapping[str, Callable[[], None]], *, on_export: Callable[[str], None]) -> None:
        self.run: Run | None = None
        self._said = self._title = ""
        self._said_at_export = False
        self.head, self.phases, self.trouble = markup("vg-run-head"), markup("vg-run-phases"), markup("vg-trouble")
        self.approve = button("Make the film", "vg-approve", on["approve"], primary=True)
        self.decline = button("Stop here", "vg-decline", on["close"])
        self.go_on = button("Go on", "vg-go-on", on["go_on"], primary=True)
        self.stop = button("Stop", "vg-stop", on["stop"])
        self.close = button("Close", "vg-close", on["close"])
        self.stills = markup("vg-stills")
        self.shots = Tiles(label="Shots of the film")
        self.shots.add_class("vg-shots")
        self.film = FilmView(on_export)
        actions = row(self.approve, self.decline, self.go_on, self.stop, self.close, name="vg-run-actions")
        self.box = stack(
            *(self.head, self.trouble, self.film.box, self.stills, actions, self.phases, self.shots),
            name="vg-card vg-run",
        )
        self.open(None)

    def open(self, run: Run | None) -> None:
        """Turn to another run, or to none."""
        self.run, self._said, self._title = run, "", run.name if run else ""
        self.film.clear()
        self.shots.show([])
        for each in (self.head, self.phases, self.trouble, self.stills):
            each.value = ""
        if run is not None:
            self.shots.ratio, self.shots.least = _RATIOS[run.brief.aspect]
        hide(self.box, unless=run is not None)

    def busy(self, busy: bool, *, stopping: bool = False) -> None:
        """Take no further click while one is being seen to."""
        for each in (self.stop, self.go_on, self.approve, self.decline, self.film.export):
            each.disabled = busy
        self.stop.description = "Stopping …" if stopping else "Stop"
        if busy:
            self._said = ""

    def fail(self, sentence: str, *, at_export: bool = False) -> None:
        """Say why what was asked for was not done, until something else is asked for."""
        self._said, self._said_at_export = sentence, at_export

    def show(self, sight: Sight, media: Media) -> None:
        """Bring everything up to date."""
        if self.run is None:
            return
        self._title = sight.title or self._title
        self.head.value = head_html(sight, self._title)
        self._tell_trouble(sight)
        self._offer(sight)
        if sight.state == "gone":
            self.film.clear()
            self.phases.value = self.stills.value = ""
            self.shots.show([])
            return
        self.phases.value = phases_html(sight)
        beside = () if sight.state == "approval" else sight.shots  # the contact sheet shows them then
        self.shots.show([_tile(shot, media, sight.at_work) for shot in beside])
        self.stills.value = _stills(sight, media) if sight.state == "approval" else ""
        if sight.film and not sight.at_work:
            self.film.show(self.run, sight, media)
        elif sight.film is None:
            self.film.clear()

    def _tell_trouble(self, sight: Sight) -> None:
        """Say what went wrong on top, or beside the field that it concerns: where the film was to be exported to."""
        told = {sight.unexported: trouble_html(sight)}
        if self._said:
            told[self._said_at_export] = told.get(self._said_at_export, "") + note(self._said, "bad")
        self.film.trouble.value, self.trouble.value = told.get(True, ""), told.get(False, "")

    def _offer(self, sight: Sight) -> None:
        hide(self.stop, unless=sight.at_work)
        hide(self.go_on, unless=sight.state in _CAN_GO_ON)
        hide(self.approve, unless=sight.state == "approval")
        hide(self.decline, unless=sight.state == "approval")
        hide(self.close, unless=sight.state != "approval")


def _tile(shot: ShotSight, media: Media, working: bool) -> Tile:
    return Tile(
        key=shot.id,
        title=shot.beat.replace("_", " "),
        lines=(f"{shot.id}, {shot.seconds:g} s",),
        # What is under way or done tells something only while more is to come.
        chip=_CLIPS[shot.clip_state] if working or shot.clip_state == "degraded" else ("", ""),
        picture=thumbnail(shot.still),
        clip=media.address(shot.clip),
        instead="" if working else "not made yet",
    )


def _stills(sight: Sight, media: Media) -> str:
    return (
        "<h3>The stills</h3>"
        + media.picture(sight.sheet, "Contact sheet of the stills")
        + media.video(sight.animatic, "The stills as a moving preview, with their transitions")
    )
