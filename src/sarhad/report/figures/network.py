"""The network over the terrain: ways over open ground, roads, steps over the line, places, crossing points."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sarhad.report.content import Content
from sarhad.report.figures.canvas import Width, fit_height
from sarhad.report.figures.ground import KM, Frame
from sarhad.report.figures.names import name_countries
from sarhad.report.figures.place_map import draw_maps, legend, section_spots
from sarhad.report.language import Language
from sarhad.report.palette import INK, PAPER, SERIES

COLOURS = {"field": SERIES[0], "road": SERIES[7], "crossing": SERIES[5]}
THICK = {"field": 0.45, "road": 2.0, "crossing": 1.6}


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return the map of the network."""
    place = content.landscape
    assert place is not None
    thin = 0.6 if width.is_narrow else 1.0

    def theme(axes: Axes, frame: Frame) -> None:
        for order, (kind, lines) in enumerate(place.edges.items()):
            drawn = LineCollection(
                [line / KM for line in lines], colors=COLOURS[kind], linewidths=thin * THICK[kind]
            )
            drawn.set(
                zorder=3 + order if kind != "crossing" else 10,
                alpha=0.6 if kind == "field" else 1.0,
                rasterized=True,
            )
            axes.add_collection(drawn, autolim=False)
        is_end, is_point = place.nodes["is_end"], place.nodes["kind"] == "crossing"
        for here, style in zip((is_end, is_point), _signs(), strict=True):
            ends = place.nodes[here]
            axes.plot(
                ends["x_m"] / KM, ends["y_m"] / KM, **{**style, "markersize": thin * style["markersize"]}
            )
        name_countries(axes, content, language, frame, section_spots(content, frame), width)

    say, number = language.say, language.number
    title = say(
        "{edges} edges between {nodes} nodes", edges=number(place.n_edges), nodes=number(len(place.nodes))
    )
    figure, axes = draw_maps(
        content,
        language,
        width,
        [(title, theme)],
        below=0.95 if width.is_narrow else 0.4,
        tables=("road", "settlement", "crossing"),
        thick=0.3,
    )
    words = {"field": say("way over open ground"), "road": say("road"), "crossing": say("step over the line")}
    handles = [
        Line2D([], [], color=COLOURS[kind], linewidth=max(1.2, THICK[kind]), label=words[kind])
        for kind in COLOURS
        if place.edges.get(kind)
    ]
    names = (say("start or destination"), say("Crossing point"))
    handles += [Line2D([], [], **style, label=name) for style, name in zip(_signs(), names, strict=True)]
    legend(axes[-1], handles, language, width, 2 if width.is_narrow else len(handles))
    fit_height(figure, axes)
    return figure


def _signs() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return how starts and destinations, and crossing points are drawn."""
    edged = {"linestyle": "none", "color": PAPER, "markeredgecolor": INK}
    return (
        {**edged, "marker": "o", "markersize": 3.2, "markeredgewidth": 0.7, "zorder": 7},
        {**edged, "marker": "s", "markersize": 6.0, "markeredgewidth": 1.1, "zorder": 11},
    )
