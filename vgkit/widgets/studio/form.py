"""The studio's form: a control for each thing a brief can say, and beside it what is wrong with that."""

import dataclasses
import functools
import html
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ipywidgets

from vgkit.profiles import Profile, profiles
from vgkit.start import SAMPLE_BRIEF, read_brief
from vgkit.studio.form import Draft
from vgkit.template_files import load_template, template_names
from vgkit.widgets.look import heading
from vgkit.widgets.parts import button, hide, markup, row, stack, text
from vgkit.widgets.upload import Upload

_ASPECTS = (("16:9 wide", "16:9"), ("9:16 tall", "9:16"), ("1:1 square", "1:1"))
_UPLOADS = (("picture", "Picture of the product", "PNG, JPEG or WebP"), ("logo", "Logo", "For the end card"))
_FURTHER = ("cap_usd", "usage", "logo", "seed", "name")
_HINTS = {
    "prompt": "Say first what is seen. Each further sentence may become a caption.",
    "duration_s": "6 to 60 seconds",
    "takes": "The best is picked.",
    "cap_usd": "US dollars; empty: the profile's own cap",
    "seed": "Another number draws another film.",
    "name": "Empty: named after the time and the product.",
}


class FormView:
    """The form as widgets. ``box`` is what is shown, ``draft`` what stands in it; ``on_change`` is called after each
    change by a person. A complaint is shown once its field was touched, or when ``insist`` was called."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._filling = False
        self._touched: set[str] = set()
        self.uploads = {
            name: Upload(on_change=functools.partial(self._changed, name), label=label, hint=hint)
            for name, label, hint in _UPLOADS
        }
        self.controls: dict[str, Any] = _controls()
        for name, control in self.controls.items():
            control.observe(functools.partial(self._changed, name), names="value")
        self.complaints = {
            name: markup(f"vg-complaint-{name.replace('_', '-')}") for name in (*self.controls, *self.uploads)
        }
        self.fields = {name: self._field(name) for name in self.complaints}
        self.sample = button("Fill in a sample", "vg-sample", self._fill_in_sample)
        self.more = button("", "vg-more", lambda: self._show_more(not self._shows_more))
        self._further = stack(*self._pick(*_FURTHER), name="vg-further")
        self._show_more(False)
        self.box = stack(*self._rows(), name="vg-card vg-form")
        self._follow_profile()

    @property
    def draft(self) -> Draft:
        """The form as it stands."""
        values = {name: control.value for name, control in self.controls.items()}
        values["usage"] = "commercial" if values["usage"] else "research"
        values["rehearse"] = bool(values["rehearse"]) and values["profile"] != "offline"
        return Draft(**values, picture=self.uploads["picture"].path, logo=self.uploads["logo"].path)

    @property
    def labels(self) -> dict[str, str]:
        """What each field is called on the page."""
        described = {name: control.description for name, control in self.controls.items()}
        return {**described, **{name: upload.label for name, upload in self.uploads.items()}}

    @property
    def untouched(self) -> bool:
        """Whether nobody has typed anything yet."""
        return not self._touched

    def kept(self) -> str:
        """What a browser is to keep of it, as JSON: all but the pictures, which stay on this machine."""
        return json.dumps({name: control.value for name, control in self.controls.items()})

    def fill(self, kept: str) -> None:
        """Put back what a browser kept; whatever is no value of a control is left out."""
        try:
            values = json.loads(kept)
        except ValueError:
            return
        if isinstance(values, dict):
            before = self.draft
            self._put(values)
            self._touched.update(name for name in self.controls if getattr(before, name) != getattr(self.draft, name))

    def keep_pictures(self, folder: Path) -> None:
        """Keep pictures in a folder of their owner's, and take up those that are there."""
        for name, upload in self.uploads.items():
            upload.keep_in(folder / name)

    def show(self, complaints: Mapping[str, str]) -> None:
        """Show each complaint at its field, and take away those that are no more."""
        for name, place in self.complaints.items():
            sentence = complaints.get(name, "") if name in self._touched else ""
            place.value = f"<div class='vg-complaint' role='alert'>{html.escape(sentence)}</div>" if sentence else ""
            (self.fields[name].add_class if sentence else self.fields[name].remove_class)("vg-wrong")
            if sentence and name in _FURTHER:
                self._show_more(True)

    def insist(self) -> None:
        """Take every field as touched, as someone who wants a film now wants to see all that is wrong."""
        self._touched.update(self.complaints)

    def _changed(self, name: str, _: object = None) -> None:
        if name == "profile":
            self._follow_profile()
        if not self._filling:
            self._touched.add(name)
            self._on_change()

    def _put(self, values: Mapping[str, Any]) -> None:
        self._filling = True
        try:
            for name, value in values.items():
                control = self.controls.get(name)
                if control is not None and type(value) is type(control.value) and _offers(control, value):
                    control.value = value
        finally:
            self._filling = False

    def _fill_in_sample(self) -> None:
        said = read_brief(SAMPLE_BRIEF)
        self._put({name: str(value).strip() for name, value in said.items() if name in dataclasses.asdict(Draft())})
        self._touched.add("prompt")
        self._on_change()

    def _follow_profile(self) -> None:
        hosted = self.controls["profile"].value != "offline"
        for name in ("rehearse", "cap_usd"):
            hide(self.fields[name], unless=hosted)

    def _show_more(self, more: bool) -> None:
        self._shows_more = more
        hide(self._further, unless=more)
        self.more.description = "Fewer choices" if more else "More choices"

    def _field(self, name: str) -> Any:
        control = self.controls.get(name) or self.uploads[name]
        control.add_class(f"vg-{name.replace('_', '-')}")
        hint = [text(_HINTS[name], "vg-hint")] if name in _HINTS else []
        return stack(control, *hint, self.complaints[name], name="vg-field")

    def _pick(self, *names: str) -> list[Any]:
        return [self.fields[name] for name in names]

    def _rows(self) -> list[Any]:
        return [
            row(markup("", heading("Your film")), self.sample, name="vg-head"),
            *self._pick("prompt", "template", "picture"),
            row(*self._pick("product", "brand"), name="vg-fields"),
            row(*self._pick("tagline", "call_to_action"), name="vg-fields"),
            row(*self._pick("duration_s", "aspect", "takes"), name="vg-fields"),
            *self._pick("profile", "rehearse", "approve_stills"),
            self.more,
            self._further,
        ]


def _controls() -> dict[str, Any]:
    templates = [(load_template(name).title, name) for name in template_names()]
    example = "A ceramic pour-over cone on a kitchen table, morning light. Brews in three minutes."
    return {
        "prompt": ipywidgets.Textarea(description="What is the film about?", placeholder=example, rows=4),
        "template": ipywidgets.Dropdown(description="Template", options=templates, value=Draft.template),
        "product": _line("Product", "Cone No. 2"),
        "brand": _line("Brand", "Halm"),
        "tagline": _line("Tagline", "Slow mornings"),
        "call_to_action": _line("Call to action", "halm.example"),
        "duration_s": _line("Length (s)", value=str(Draft.duration_s)),
        "aspect": ipywidgets.Dropdown(description="Aspect", options=_ASPECTS),
        "takes": ipywidgets.Dropdown(description="Takes", options=["1", "2", "3", "4"]),
        "profile": ipywidgets.RadioButtons(description="Made by", options=[*map(_in_words, profiles().values())]),
        "rehearse": _tick("Rehearse it: the same steps against hosts on this machine; nothing is sent or paid"),
        "approve_stills": _tick("Show me the stills first, before any clip is made"),
        "usage": _tick("For commercial use: engines whose licence forbids it are refused"),
        "seed": _line("Seed", value=str(Draft.seed)),
        "cap_usd": _line("The most it may cost"),
        "name": _line("Name of the run"),
    }


def _line(label: str, example: str = "", *, value: str = "") -> Any:
    return ipywidgets.Text(description=label, placeholder=example, value=value)


def _tick(label: str) -> Any:
    return ipywidgets.Checkbox(description=label, indent=False)


def _in_words(profile: Profile) -> tuple[str, str]:
    most = f"; at most ${profile.cap_usd:.2f}" if profile.cap_usd else ""
    return f"{profile.title}{most}", profile.name


def _offers(control: Any, value: object) -> bool:
    options = getattr(control, "options", None)
    return options is None or value in [each[1] if isinstance(each, tuple) else each for each in options]
