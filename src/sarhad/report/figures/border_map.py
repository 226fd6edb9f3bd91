"""The map: the line by its detection before and after, chosen items, crossings, sections, terrain."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sarhad.report.content import Content
from sarhad.report.figures.canvas import Width, sheet
from sarhad.report.figures.ground import HALO, FloatArray, Frame, draw_ground, frame_of, line_points, shade
from sarhad.report.figures.labels import free_spot, name_points
from sarhad.report.language import Language
from sarhad.report.palette import DETECTION, INK, MARKERS, MUTED, OTHER_MARKER, PAPER, SERIES

LABEL_AWAY_KM = 15.0
ID_HALF_KM = 9.0
ONE_ROW = 6
TOWNS = 9
TOWNS_APART_KM = 45.0


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return two maps, one above the other: before and with the plan."""
    frame = frame_of(content)
    figure = sheet(width, 2 * (width.value * frame.ratio + 0.3) + 1.0)
    before, after = figure.subplots(2, 1)
    norm = Normalize(0.0, _ceiling(content))
    picture = shade(content.relief) if content.relief is not None else None
    before.set_title(language.say("Before: detection by the coverage that exists"))
    after.set_title(language.say("With the plan complete, and the measures it builds"))
    for axes, column in ((before, "detection_before"), (after, "detection_after")):
        draw_ground(axes, content, language, frame, picture)
        _draw_line(axes, content, frame, column, norm)
        ids = _draw_sections(axes, content, frame)
        _draw_crossings(axes, content, frame)
    _draw_names(before, content, language, frame, ids)
    _draw_items(after, content, language, frame)
    _draw_scale(figure, (before, after), norm, language)
    return figure


def _ceiling(content: Content) -> float:
    """Return the top of the colour scale: the next 10 % above every section."""
    top = content.sections[["detection_before", "detection_after"]].max().max()
    return float(min(1.0, max(0.1, np.ceil(top * 10) / 10)))


def _draw_line(axes: Axes, content: Content, frame: Frame, column: str, norm: Normalize) -> None:
    colours = mpl.colormaps[DETECTION]
    for row in content.sections.to_dict("records"):
        x, y = frame.place(*np.asarray(row["geometry"].coords)[:, :2].T)
        axes.plot(x, y, color=INK, linewidth=5.2, solid_capstyle="butt", zorder=2)
        axes.plot(x, y, color=colours(norm(row[column])), linewidth=3.8, solid_capstyle="butt", zorder=3)


def _draw_sections(axes: Axes, content: Content, frame: Frame) -> FloatArray:
    """Mark where each section ends, write its id beside its middle, away from the line; return where, (n, 2)."""
    written = []
    whole = np.column_stack(frame.place(*line_points(content).T))
    for row in content.sections.to_dict("records"):
        line = row["geometry"]
        (x,), (y,) = frame.place(*np.asarray(line.coords)[-1:, :2].T)
        axes.plot(x, y, marker="|", markersize=13, markeredgewidth=2.2, color=INK, zorder=4)
        ends = [line.interpolate(share, normalized=True).coords[0][:2] for share in (0.47, 0.5, 0.53)]
        xs, ys = frame.place(*np.asarray(ends).T)
        along = np.array([xs[2] - xs[0], ys[2] - ys[0]])
        across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)
        spots = [np.array([xs[1], ys[1]]) + side * LABEL_AWAY_KM * across for side in (1, -1)]
        free = [float(np.hypot(*(whole - spot).T).min()) + 1e-3 * float(spot[1]) for spot in spots]
        x_text, y_text = (float(v) for v in spots[int(np.argmax(free))])
        style: dict[str, Any] = {"fontsize": 11, "fontweight": "bold", "ha": "center", "va": "center"}
        axes.text(x_text, y_text, str(row["id"]), path_effects=HALO, zorder=7, **style)
        written.append((x_text, y_text))
    return np.asarray(written)


def _draw_names(axes: Axes, content: Content, language: Language, frame: Frame, ids: FloatArray) -> None:
    """Write the names of crossing points, then of settlements, where they hide neither the line nor each other."""
    taken = [
        np.column_stack(frame.place(*line_points(content).T)),
        *(ids + np.array((shift, 0.0)) for shift in (-ID_HALF_KM, 0.0, ID_HALF_KM)),
    ]
    crossings = [(str(row["name_en"]), INK, row) for row in content.crossings.to_dict("records")]
    settlements = [(language.name(row), MUTED, row) for row in _largest(content, frame)]
    for name, colour, row in crossings + settlements:
        (x,), (y,) = frame.place([row["lon"]], [row["lat"]])
        if colour == MUTED:
            axes.plot(x, y, marker="o", markersize=3, color=MUTED, zorder=5)
        spot = free_spot(frame, name, (float(x), float(y)), np.vstack(taken))
        taken.append(name_points(frame, name, (float(x), float(y)), spot))
        style: dict[str, Any] = {"ha": spot.ha, "va": spot.va, "fontsize": 8, "color": colour}
        text = axes.annotate(name, (x, y), xytext=spot.offset, textcoords="offset points", zorder=8, **style)
        text.set_path_effects(HALO)


def _largest(content: Content, frame: Frame) -> list[dict[Any, Any]]:
    """Return the largest settlements of the map, a town only where no larger one is near."""
    chosen: list[dict[Any, Any]] = []
    places = np.empty((0, 2))
    known = content.settlements[content.settlements["population"] > 0]
    for row in known.sort_values(["population", "name_en"], ascending=[False, True]).to_dict("records"):
        spot = np.column_stack(frame.place([row["lon"]], [row["lat"]]))
        (x, y), gaps = spot[0], np.hypot(*(places - spot).T)
        is_inside = frame.left < x < frame.right and frame.bottom < y < frame.top
        if is_inside and (gaps > TOWNS_APART_KM).all() and len(chosen) < TOWNS:
            chosen.append(row)
            places = np.vstack([places, spot])
    return chosen


def _draw_crossings(axes: Axes, content: Content, frame: Frame) -> None:
    x, y = frame.place(content.crossings["lon"], content.crossings["lat"])
    axes.plot(x, y, "s", markersize=6, color=PAPER, markeredgecolor=INK, markeredgewidth=1.4, zorder=8)


def _draw_items(axes: Axes, content: Content, language: Language, frame: Frame) -> None:
    """Draw one sign per item that has a place, by category, with its legend below."""
    placed = content.items[content.items["lon"].notna()]
    handles = []
    for k, category in enumerate(sorted(placed["category"].unique())):
        here = placed[placed["category"] == category]
        x, y = frame.place(here["lon"], here["lat"])
        style: dict[str, Any] = {
            "marker": MARKERS.get(category, OTHER_MARKER),
            "markersize": 6.5,
            "color": SERIES[k % len(SERIES)],
            "markeredgecolor": PAPER,
            "markeredgewidth": 0.7,
            "linestyle": "none",
        }
        axes.plot(x, y, zorder=9, **style)
        label = language.say(
            "{name}: {number}", name=language.category(category), number=language.number(len(here))
        )
        handles.append(Line2D([], [], label=label, **style))
    crossing: dict[str, Any] = {
        "marker": "s",
        "color": PAPER,
        "markeredgecolor": INK,
        "linestyle": "none",
        "markersize": 6,
    }
    handles.append(Line2D([], [], label=language.say("Crossing point"), **crossing))
    axes.legend(
        handles=handles[::-1] if language.is_rtl else handles,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=len(handles) if len(handles) <= ONE_ROW else -(-len(handles) // 2),
        handletextpad=0.2,
        columnspacing=1.2,
    )


def _draw_scale(figure: Figure, axes: tuple[Axes, Axes], norm: Normalize, language: Language) -> None:
    bar = figure.colorbar(
        ScalarMappable(norm, DETECTION),
        ax=axes,
        location="bottom",
        shrink=0.45,
        aspect=45,
        pad=0.01,
        format=lambda share, _: language.percent(share, 0),
    )
    bar.set_label(language.say("chance to detect a crossing that is forced to pass in the section"))
    bar.outline.set_visible(False)
