"""Hours on foot around the line, in bands: how far each place is from where movers start and from where they go."""

from __future__ import annotations

from itertools import pairwise

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sarhad.report.content import Content
from sarhad.report.figures.canvas import Width, fit_height
from sarhad.report.figures.ground import KM, Frame
from sarhad.report.figures.names import name_countries
from sarhad.report.figures.place_map import draw_maps, lay, legend, section_spots
from sarhad.report.language import Language
from sarhad.report.palette import INK, PAPER

STEPS = (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128)  # hours
BANDS = 6
STRENGTH = 0.72
COLOURS = "viridis"


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return the map of bands of hours, light near and dark far."""
    place = content.landscape
    assert place is not None
    edges = _edges(place.hours)
    band = np.digitize(place.hours, edges)
    colours = [to_hex(c) for c in mpl.colormaps[COLOURS](np.linspace(0.97, 0.05, len(edges) + 1))]

    def theme(axes: Axes, frame: Frame) -> None:
        picture = np.array([to_rgba(colour, STRENGTH) for colour in colours])[band]
        picture[~np.isfinite(place.hours)] = 0.0
        lay(axes, content, picture)
        ends = place.nodes[place.nodes["is_end"]]
        axes.plot(
            ends["x_m"] / KM,
            ends["y_m"] / KM,
            "o",
            markersize=1.6 if width.is_narrow else 2.6,
            color=PAPER,
            markeredgecolor=INK,
            markeredgewidth=0.5,
            zorder=7,
        )
        name_countries(axes, content, language, frame, section_spots(content, frame), width)

    title = language.say(
        "{mover}: hours from the nearest start or destination",
        mover=language.name(place.movers.iloc[0].to_dict()),
    )
    figure, axes = draw_maps(
        content,
        language,
        width,
        [(title, theme)],
        below=0.95 if width.is_narrow else 0.4,
        tables=("settlement",),
    )
    legend(
        axes[-1],
        _handles(edges, colours, language),
        language,
        width,
        3 if width.is_narrow else len(edges) + 2,
    )
    fit_height(figure, axes)
    return figure


def _edges(hours: np.ndarray) -> tuple[float, ...]:
    """Return the hours that part the bands: those of `STEPS` that best spread the reached ground."""
    reached = hours[np.isfinite(hours)]
    if not reached.size:
        return (STEPS[0],)
    low, high = np.quantile(reached, [0.05, 0.97])
    kept = [step for step in STEPS if low < step < high]
    return tuple(kept[-(BANDS - 1) :]) or (STEPS[0],)


def _handles(edges: tuple[float, ...], colours: list[str], language: Language) -> list[Patch | Line2D]:
    figure, say = language.figure, language.say
    words = [
        say("up to {hours} h", hours=figure(edges[0])),
        *(say("{low} to {high} h", low=figure(a), high=figure(b)) for a, b in pairwise(edges)),
        say("over {hours} h", hours=figure(edges[-1])),
    ]
    dot = Line2D(
        [],
        [],
        marker="o",
        linestyle="none",
        markersize=4,
        color=PAPER,
        markeredgecolor=INK,
        markeredgewidth=0.6,
        label=say("start or destination"),
    )
    return [
        *(
            Patch(color=colour, alpha=STRENGTH, label=word)
            for colour, word in zip(colours, words, strict=True)
        ),
        dot,
    ]
