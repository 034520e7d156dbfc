"""Draws every plot of vgkit in one hand: the films' own typeface, colours that colour-blind people tell apart, as SVG.

Plots are drawn without pyplot, which keeps figures and a backend for the whole process, and come out byte for byte the
same from the same numbers."""

import base64
import html
import io
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito (2008), "Color Universal Design": apart for the three common kinds of colour blindness. Their yellow is
# left out, which is too pale on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
INK, MUTED, GRID = "#1f2933", "#6b7280", "#e5e7eb"

_DPI = 96
_STYLE: dict[str, Any] = {
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": "#9ca3af",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.6,
    "figure.facecolor": "white",
    "svg.hashsalt": "vgkit",
    # Letters as outlines: a page that is opened elsewhere has neither the typeface nor a network.
    "svg.fonttype": "path",
}


def draw(paint: "Callable[[Figure], None]", *, width_px: int = 720, height_px: int = 320) -> bytes:
    """Return as SVG what ``paint`` draws on an empty figure of this size, in the house style."""
    from cycler import cycler
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    out = io.BytesIO()
    style: Any = {**_STYLE, "font.family": _typeface(), "axes.prop_cycle": cycler(color=PALETTE)}
    with rc_context(style):
        figure = Figure(figsize=(width_px / _DPI, height_px / _DPI), dpi=_DPI, layout="constrained")
        paint(figure)
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def image(svg: bytes, *, alt: str) -> str:
    """Return an HTML image that holds the plot; two in a page can't get at each other's ids."""
    source = base64.b64encode(svg).decode()
    return f"<img src='data:image/svg+xml;base64,{source}' alt='{html.escape(alt, quote=True)}'>"


def colours(names: Iterable[str]) -> dict[str, str]:
    """Give each name its colour, by its place; past the last one they begin again."""
    return {name: PALETTE[number % len(PALETTE)] for number, name in enumerate(names)}


@cache
def _typeface() -> list[str]:
    """Make the films' typeface known to matplotlib, which has its own as the next where a letter is missing."""
    import font_manrope
    from matplotlib import font_manager

    folder = Path(font_manrope.__file__).parent / "files"
    for weight in ("Regular", "Bold"):
        font_manager.fontManager.addfont(folder / f"Manrope-{weight}.ttf")
    return ["Manrope", "DejaVu Sans"]
