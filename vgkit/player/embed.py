"""The player in pages that stand alone: no server, no kernel, no network.

Films go into the page up to a budget and are linked from where it lies beyond that, since a page of a gigabyte is no
longer one that people open."""

import base64
import hashlib
import json
import os
from functools import cache
from pathlib import Path
from urllib.parse import quote

from vgkit.player.shown import Shown
from vgkit.player.spec import MODULE, STYLE, spec

INLINE_BYTES = 24_000_000

# The module's own default export, given a model that knows one specification and never changes.
_BEGIN = """
for (const el of document.querySelectorAll('.vgp-place')) {
  const spec = JSON.parse(el.querySelector('script').textContent);
  player.render({ model: { get: (name) => (name === 'spec' ? spec : undefined), on() {}, off() {} }, el });
}
"""
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data: file: 'self'; script-src '{script}'"
)


def html(*shown: Shown, beside: Path | str = ".", inline_bytes: int = INLINE_BYTES) -> str:
    """Return a fragment that plays one or two films in any page that lies in the folder ``beside``.

    Several fragments in a page go by ``place``, with one ``equipment``. Raises ParameterError for more than two films.
    """
    return place(*shown, beside=beside, room=inline_bytes)[0] + equipment()


def place(*shown: Shown, beside: Path | str = ".", room: int = INLINE_BYTES) -> tuple[str, int]:
    """Return where a player will stand in a page, and how many bytes of films are in that.

    Of films that fit into ``room`` bytes the first go into the page; others are linked. Raises ParameterError.
    """
    addresses, taken = [], 0
    for each in shown:
        address, size = _address(each, Path(beside), room - taken)
        addresses.append(address)
        taken += size
    # "<" is written so that no title ends the element it stands in.
    told = json.dumps(spec(shown, addresses), ensure_ascii=False).replace("<", "\\u003c")
    return f"<div class='vgp-place'><script type='application/json'>{told}</script></div>", taken


def equipment() -> str:
    """Return what brings every player in a page to life; it stands once in a page, anywhere."""
    return f"<style>{STYLE.read_text('utf-8')}</style><script type='module'>{_script()}</script>"


def policy() -> str:
    """Return the Content-Security-Policy of a page: this one script, and no address but in the page or beside it."""
    digest = base64.b64encode(hashlib.sha256(_script().encode()).digest()).decode()
    return _POLICY.format(script=f"sha256-{digest}")


@cache
def _script() -> str:
    return MODULE.read_text("utf-8") + _BEGIN


def _address(shown: Shown, beside: Path, room: int) -> tuple[str, int]:
    """Where a page finds a film, and how many bytes that takes in it."""
    if shown.state:
        return "", 0
    size = shown.path.stat().st_size
    if size > room:
        return quote(os.path.relpath(shown.path, beside).replace(os.sep, "/")), 0
    return f"data:{shown.type};base64,{base64.b64encode(shown.path.read_bytes()).decode()}", size
