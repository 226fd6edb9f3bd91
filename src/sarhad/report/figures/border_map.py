"""The map: the line by its detection before and after, chosen items, crossings, sections, terrain."""

from __future__ import annotations

import textwrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sarhad.report.content import Content
from sarhad.report.figures.beside import beside
from sarhad.report.figures.canvas import LETTERS, Width, fit_height, sheet
from sarhad.report.figures.ground import (
    HALO,
    FloatArray,
    Frame,
    draw_ground,
    frame_of,
    furniture,
    halves,
    line_points,
    shade,
)
from sarhad.report.figures.names import draw_names
from sarhad.report.figures.place_map import legend, section_spots
from sarhad.report.language import Language
from sarhad.report.palette import DETECTION, INK, MARKERS, OTHER_MARKER, PAPER, SERIES, WATER

ONE_ROW = 6
SIGN_POINTS = {Width.WIDE: 5.2, Width.NARROW: 3.4}


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return two maps, one above the other: before and with the plan; on a phone the latter in two halves."""
    frame = frame_of(content)
    parts = halves(content, frame) if width.is_narrow else (frame,)
    heights = [one.ratio for one in (frame, *parts)]
    below = 2.0 if width.is_narrow else 1.4
    figure = sheet(width, sum(width.value * ratio + 0.3 for ratio in heights) + below)
    before, *after = figure.subplots(len(heights), 1, height_ratios=heights)
    norm = Normalize(0.0, _ceiling(content))
    picture = shade(content.relief) if content.relief is not None else None
    before.set_title(language.say("Before: detection by the coverage that exists"), wrap=True)
    titles = [language.say("With the plan complete, and the measures it builds")]
    if width.is_narrow:
        titles = [language.say("With the plan: western half"), language.say("With the plan: eastern half")]
    for axes, title in zip(after, titles, strict=True):
        axes.set_title(title)
    for axes, part, column in (
        (before, frame, "detection_before"),
        *((axes, half, "detection_after") for axes, half in zip(after, parts, strict=True)),
    ):
        draw_ground(axes, content, language, part, picture, LETTERS[width])
        _draw_line(axes, content, part, column, norm, width)
        ids = _draw_sections(axes, content, part, width)
        _draw_crossings(axes, content, part, width)
        if axes is before:
            draw_names(
                before, content, language, frame, np.vstack([ids, furniture(frame)]), width, LETTERS[width]
            )
    for axes, half in zip(after, parts, strict=True):
        _draw_items(axes, content, half, width)
    _draw_legend(after[-1], content, language, width)
    _draw_scale(figure, [before, *after], norm, language, width)
    fit_height(figure, [before, *after])
    return figure


def _ceiling(content: Content) -> float:
    """Return the top of the colour scale: the next 10 % above every section."""
    top = content.sections[["detection_before", "detection_after"]].max().max()
    return float(min(1.0, max(0.1, np.ceil(top * 10) / 10)))


def _draw_line(
    axes: Axes, content: Content, frame: Frame, column: str, norm: Normalize, width: Width
) -> None:
    colours, thin = mpl.colormaps[DETECTION], 1.8 if width.is_narrow else 0.0
    for row in content.sections.to_dict("records"):
        x, y = frame.place(*np.asarray(row["geometry"].coords)[:, :2].T)
        axes.plot(x, y, color=INK, linewidth=5.2 - thin, solid_capstyle="butt", zorder=2)
        axes.plot(
            x, y, color=colours(norm(row[column])), linewidth=3.8 - thin, solid_capstyle="butt", zorder=10
        )


def _draw_sections(axes: Axes, content: Content, frame: Frame, width: Width) -> FloatArray:
    """Mark where each section ends, write its id beside its middle, away from the line; return where, (n, 2)."""
    spots = section_spots(content, frame)
    for row, (x_text, y_text) in zip(content.sections.to_dict("records"), spots.tolist(), strict=True):
        (x,), (y,) = frame.place(*np.asarray(row["geometry"].coords)[-1:, :2].T)
        axes.plot(
            x,
            y,
            marker="|",
            markersize=8 if width.is_narrow else 13,
            markeredgewidth=1.8,
            color=INK,
            zorder=11,
        )
        style: dict[str, Any] = {
            "fontsize": 8.5 if width.is_narrow else 11,
            "fontweight": "bold",
            "ha": "center",
            "va": "center",
        }
        axes.text(x_text, y_text, str(row["id"]), path_effects=HALO, zorder=12, clip_on=True, **style)
    return spots


def _draw_crossings(axes: Axes, content: Content, frame: Frame, width: Width) -> None:
    x, y = frame.place(content.crossings["lon"], content.crossings["lat"])
    size = 3.6 if width.is_narrow else 6
    axes.plot(x, y, "s", markersize=size, color=PAPER, markeredgecolor=INK, markeredgewidth=1.2, zorder=11)


def _signs(content: Content) -> list[tuple[str, dict[str, Any]]]:
    """Return the categories of the plan's items that have a place, each with its sign."""
    placed = content.items[content.items["lon"].notna()]
    return [
        (
            str(category),
            {
                "marker": MARKERS.get(category, OTHER_MARKER),
                "color": SERIES[k % len(SERIES)],
                "markeredgecolor": PAPER,
                "markeredgewidth": 0.4,
                "linestyle": "none",
            },
        )
        for k, category in enumerate(sorted(placed["category"].unique()))
    ]


def _draw_items(axes: Axes, content: Content, frame: Frame, width: Width) -> None:
    """Draw one sign per item that has a place, by category, beside the line."""
    placed = content.items[content.items["lon"].notna()].sort_values(["chainage_from_km", "item_id"])
    if placed.empty:
        return
    line = np.column_stack(frame.place(*line_points(content).T))
    size = SIGN_POINTS[width]
    gap_km = 1.05 * size * (frame.right - frame.left) / (72.0 * width.value)
    spots = np.column_stack(frame.place(placed["lon"], placed["lat"]))
    places = beside(spots, line, gap_km, is_inside_left=content.identity.is_inside_left)
    for category, style in _signs(content):
        here = (placed["category"] == category).to_numpy()
        axes.plot(*places[here].T, zorder=9, markersize=size, **style)


def _draw_legend(axes: Axes, content: Content, language: Language, width: Width) -> None:
    """Say what the signs mean and how many items each stands for, those without a place too."""
    items = content.items
    counts = items[items["lon"].notna()]["category"].value_counts()
    handles = [
        Line2D(
            [],
            [],
            markersize=6,
            label=language.say(
                "{name}: {number}", name=language.category(category), number=language.number(counts[category])
            ),
            **style,
        )
        for category, style in _signs(content)
    ]
    crossing: dict[str, Any] = {"marker": "s", "color": PAPER, "markeredgecolor": INK, "linestyle": "none"}
    handles.append(Line2D([], [], label=language.say("Crossing point"), markersize=6, **crossing))
    water = language.say("River")
    handles.append(Line2D([], [], label=water, color=WATER, linewidth=1.1))
    columns = 2 if width.is_narrow else len(handles) if len(handles) <= ONE_ROW else -(-len(handles) // 2)
    elsewhere = int(items["lon"].isna().sum())
    title = language.say("Not on the map, for a whole section or programme: {number}", number=elsewhere)
    legend(axes, handles, language, width, columns, title if elsewhere else "")


def _draw_scale(figure: Figure, axes: list[Axes], norm: Normalize, language: Language, width: Width) -> None:
    bar = figure.colorbar(
        ScalarMappable(norm, DETECTION),
        ax=axes,
        location="bottom",
        shrink=0.9 if width.is_narrow else 0.45,
        aspect=30 if width.is_narrow else 45,
        pad=0.01,
        format=lambda share, _: language.percent(share, 0),
    )
    label = language.say("chance to detect a crossing that is forced to pass in the section")
    bar.set_label("\n".join(textwrap.wrap(label, 40)) if width.is_narrow else label)
    bar.outline.set_visible(False)
