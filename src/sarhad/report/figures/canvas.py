"""The paper that every figure is drawn on: sizes, fonts, calm axes, and how it is saved."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image

from sarhad.report import fonts
from sarhad.report.language import Language
from sarhad.report.palette import INK, MUTED, PAPER, RULE

PIXELS_PER_INCH = 100
PNG_PIXELS_PER_INCH = 180
LAYOUT_PIXELS_PER_INCH = 720
COLOURS = 255
FITS = 2  # rounds of laying out until a height fits


class Width(Enum):
    """Width of a figure in inches: a page at a desk, or a phone held upright."""

    WIDE = 10.8
    NARROW = 3.7

    @property
    def is_narrow(self) -> bool:
        """Is it the phone."""
        return self is Width.NARROW


LETTERS = {
    Width.WIDE: 10.8,
    Width.NARROW: 8.0,
}  # points of the smallest letters; on a page of A4 seven are left of them


@contextmanager
def drawing(language: Language, width: Width) -> Iterator[None]:
    """Set fonts and axes for the figures drawn inside."""
    fonts.register()
    size = LETTERS[width] + 0.5
    settings: Any = {
        "text.parse_math": False,
        "font.family": fonts.families(language.code),
        "font.size": size,
        "axes.titlesize": size + 0.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "right" if language.is_rtl else "left",
        "axes.labelsize": size,
        "axes.unicode_minus": False,
        "axes.edgecolor": RULE,
        "axes.labelcolor": MUTED,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.axisbelow": True,
        "grid.color": RULE,
        "grid.linewidth": 0.7,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "xtick.labelsize": size - 0.5,
        "ytick.labelsize": size - 0.5,
        "ytick.major.size": 0,
        "ytick.alignment": "center",
        "text.color": INK,
        "figure.facecolor": PAPER,
        "legend.frameon": False,
        "legend.fontsize": size - 0.5,
        "svg.fonttype": "path",
        "svg.hashsalt": "sarhad",
    }
    with mpl.rc_context(settings):
        yield


def sheet(width: Width, height: float) -> Figure:
    """Return an empty figure of a width and a height in inches; its axes never overlap."""
    return Figure(figsize=(width.value, height), dpi=PIXELS_PER_INCH, layout="constrained")


def read_from(axes: Axes, language: Language, *, mirrored: bool = True) -> None:
    """Put the axis of categories on the side where reading begins, and let quantities grow away from it."""
    if language.is_rtl and mirrored:
        axes.invert_xaxis()
        axes.yaxis.tick_right()
        axes.yaxis.set_label_position("right")


def fit_height(figure: Figure, axes: Sequence[Axes]) -> None:
    """Make a figure as high as its maps need at its width, so that none is shrunk and none stands in empty paper."""
    for _ in range(FITS):
        _lay_out(figure)
        width, height = figure.get_size_inches()
        missing = 0.0
        for one in axes:
            box, (left, right), (bottom, top) = (
                one.get_position(original=True),
                one.get_xlim(),
                one.get_ylim(),
            )
            missing += width * box.width * abs((top - bottom) / (right - left)) - height * box.height
        figure.set_size_inches(width, height + missing)


def settle(figure: Figure) -> Figure:
    """Lay the figure out once and keep it so, whatever it is saved as.

    At a fine resolution: letters rounded to coarse pixels are narrower than they are drawn in the end, and a long
    name would reach beyond the edge.
    """
    _lay_out(figure)
    figure.set_layout_engine("none")
    return figure


def _lay_out(figure: Figure) -> None:
    engine, resolution = figure.get_layout_engine(), figure.dpi
    if engine is not None:
        figure.dpi = LAYOUT_PIXELS_PER_INCH
        engine.execute(figure)
        figure.dpi = resolution


def png(figure: Figure) -> bytes:
    """Return a settled figure as PNG of 255 colours (a third of the size), without dates or versions."""
    sink, resolution = io.BytesIO(), figure.dpi
    figure.dpi = PNG_PIXELS_PER_INCH
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    full = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    few = full.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.putpalette(_with_white(few.getpalette() or []))
    few.save(sink, format="PNG", compress_level=6)
    figure.dpi = resolution
    return sink.getvalue()


def _with_white(palette: list[int]) -> list[int]:
    """Return the palette with its lightest colour made the white of the page."""
    triples = np.asarray(palette).reshape(-1, 3)
    triples[int(triples.sum(axis=1).argmax())] = 255
    return [int(level) for level in triples.ravel()]


def svg(figure: Figure) -> bytes:
    """Return a settled figure as SVG, letters as outlines, without dates."""
    sink = io.StringIO()
    resolution = figure.dpi
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(sink, metadata={"Date": None, "Creator": None})
    figure.dpi = resolution
    return sink.getvalue().encode()
