"""A figure in hand: shown by a notebook, saved as SVG or PNG, its axes free for changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sarhad.errors import SpecError
from sarhad.programme.written import write_whole
from sarhad.report.figures.canvas import Width, drawing, png, settle, svg
from sarhad.report.language import Language, language

WRITERS: dict[str, Callable[[Figure], bytes]] = {".svg": svg, ".png": png}


@dataclass(frozen=True, eq=False)
class Plot:
    """A figure of the report's drawing, on its own.

    Parameters
    ----------
    figure
        The matplotlib figure, laid out.
    language, width
        In which it is drawn, and how wide.
    """

    figure: Figure
    language: Language
    width: Width

    @property
    def axes(self) -> list[Axes]:
        """Return the axes of the figure."""
        return list(self.figure.axes)

    def _repr_svg_(self) -> str:
        """Return the figure as a notebook shows it."""
        return self._bytes(".svg").decode()

    def save(self, path: Path | str) -> Path:
        """Write the figure as the ending of the name says, ``.svg`` or ``.png``, and return where.

        Raises
        ------
        SpecError
            If the ending is another.
        StoreError
            If it cannot be written.
        """
        target = Path(path)
        if target.suffix.lower() not in WRITERS:
            raise SpecError(f"{target}: a figure is written as {' or '.join(WRITERS)}. Give such an ending.")
        data = self._bytes(target.suffix.lower())
        write_whole(target, lambda part: part.write_bytes(data))
        return target

    def _bytes(self, ending: str) -> bytes:
        with drawing(self.language, self.width):
            return WRITERS[ending](self.figure)


def plot(draw: Callable[[Language, Width], Figure], lang: str, *, is_narrow: bool = False) -> Plot:
    """Return what `draw` draws in a language, for a desk or for a phone."""
    tongue, width = language(lang), Width.NARROW if is_narrow else Width.WIDE
    with drawing(tongue, width):
        return Plot(settle(draw(tongue, width)), tongue, width)
