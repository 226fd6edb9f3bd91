"""Every figure of a report drawn once: as files beside the page, and inside it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from sarhad.report.content import Content
from sarhad.report.figures import FIGURES, figures_of
from sarhad.report.figures.canvas import Width, drawing, png, settle, svg
from sarhad.report.language import Language

RASTER = frozenset(
    {"map", "terrain", "network", "travel", "sight"}
)  # shown as PNG on the page: terrain is a picture


@dataclass(frozen=True)
class Picture:
    """One figure: files for others, and addresses that hold the whole picture for the page.

    Parameters
    ----------
    png, svg
        The wide figure.
    wide, narrow
        ``data:`` addresses for a desk and for a phone.
    width, height
        Size of the wide figure in pixels of the page.
    """

    png: bytes
    svg: bytes
    wide: str
    narrow: str
    width: int
    height: int


def pictures(content: Content, language: Language) -> Mapping[str, Picture]:
    """Return every figure that has something to show, by name."""
    return {name: _picture(name, content, language) for name in figures_of(content)}


def _picture(name: str, content: Content, language: Language) -> Picture:
    with drawing(language, Width.WIDE):
        wide = settle(FIGURES[name](content, language, Width.WIDE))
        raster, vector = png(wide), svg(wide)
    with drawing(language, Width.NARROW):
        small = settle(FIGURES[name](content, language, Width.NARROW))
        narrow = _address(png(small), "png") if name in RASTER else _address(svg(small), "svg+xml")
    shown = _address(raster, "png") if name in RASTER else _address(vector, "svg+xml")
    width, height = (round(float(inches) * wide.dpi) for inches in wide.get_size_inches())
    return Picture(raster, vector, shown, narrow, width, height)


def _address(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
