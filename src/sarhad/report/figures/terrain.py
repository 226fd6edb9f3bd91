"""The terrain along the line: elevation in colours over shaded relief, crossing points, towns, rivers."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sarhad.report.content import Content, Relief
from sarhad.report.figures.canvas import LETTERS, Width, fit_height
from sarhad.report.figures.ground import FloatArray, Frame
from sarhad.report.figures.names import draw_names
from sarhad.report.figures.place_map import draw_maps, kept_clear, lay, legend, section_spots
from sarhad.report.language import Language
from sarhad.report.palette import INK, MUTED, PAPER, WATER

TINT = "YlOrBr"  # light (low) to dark (high): lightness tells it without colour
STRENGTH = 0.5
STEP_M = 500.0


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return the map of the terrain."""
    relief = content.relief
    assert relief is not None
    norm = _range(relief)

    def theme(axes: Axes, frame: Frame) -> None:
        tint = mpl.colormaps[TINT](0.85 * norm(relief.elevation_m.astype(float)))
        tint[..., 3] = np.where(
            np.isfinite(relief.elevation_m), STRENGTH * np.where(relief.in_corridor, 1.0, 0.6), 0
        )
        lay(axes, content, tint)
        x, y = frame.place(content.crossings["lon"], content.crossings["lat"])
        axes.plot(
            x, y, "s", markersize=4 if width.is_narrow else 7, color=PAPER, markeredgecolor=INK, zorder=11
        )
        draw_names(axes, content, language, frame, _taken(content, frame, width), width, LETTERS[width])

    figure, axes = draw_maps(
        content,
        language,
        width,
        [("", theme)],
        below=1.2 if width.is_narrow else 0.95,
        tables=("settlement", "crossing"),
    )
    edged: dict[str, Any] = {"color": PAPER, "markeredgecolor": INK, "linestyle": "none"}
    handles = [
        Line2D([], [], marker="s", **edged, label=language.say("Crossing point")),
        Line2D([], [], marker="o", markersize=4, color=MUTED, linestyle="none", label=language.say("Town")),
        Line2D([], [], color=WATER, linewidth=1.2, label=language.say("River")),
        Line2D([], [], marker="o", markersize=5, **edged, label=language.say("End of a section")),
    ]
    legend(axes[-1], handles, language, width, 2 if width.is_narrow else 4)
    bar = figure.colorbar(
        ScalarMappable(norm, _tint()), ax=axes, location="bottom", pad=0.01, aspect=45,
        shrink=0.9 if width.is_narrow else 0.5, format=lambda m, _: language.number(m),
    )  # fmt: skip
    bar.ax.tick_params(labelsize=LETTERS[width])
    bar.set_label(language.say("elevation, m"), fontsize=LETTERS[width])
    bar.outline.set_visible(False)
    fit_height(figure, axes)
    return figure


def _taken(content: Content, frame: Frame, width: Width) -> FloatArray:
    return np.vstack([section_spots(content, frame), kept_clear(frame, width)])


def _range(relief: Relief) -> Normalize:
    """Return the range of elevations in the corridor, to whole steps."""
    inside = relief.elevation_m[relief.in_corridor & np.isfinite(relief.elevation_m)]
    low, high = (float(inside.min()), float(inside.max())) if inside.size else (0.0, STEP_M)
    bottom = np.floor(low / STEP_M) * STEP_M
    return Normalize(bottom, max(np.ceil(high / STEP_M) * STEP_M, bottom + STEP_M), clip=True)


def _tint() -> mpl.colors.ListedColormap:
    """Return the colours as they look over the terrain."""
    colours = mpl.colormaps[TINT](0.85 * np.linspace(0.0, 1.0, 256))
    colours[:, :3] = 1.0 - STRENGTH * (1.0 - colours[:, :3])
    return mpl.colors.ListedColormap(colours)
