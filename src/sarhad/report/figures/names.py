"""The names on a map: crossing points, towns, rivers, countries, each where it hides least."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sarhad.report.content import Content
from sarhad.report.figures.beside import middle_of_side
from sarhad.report.figures.canvas import Width
from sarhad.report.figures.ground import HALO, LETTERS, FloatArray, Frame, line_points
from sarhad.report.figures.labels import SPOTS, free_spot, name_points, room
from sarhad.report.language import Language
from sarhad.report.palette import INK, MUTED, WATER
from sarhad.report.words import country

ID_HALF_KM = 9.0
TOWNS = 9
TOWNS_APART_KM = 45.0
RIVER_TRIES = 15
NARROW_LETTERS = 7.0  # points
CROWDED_KM = {Width.WIDE: 4.0, Width.NARROW: 9.0}  # a name with less room than this is left out


def draw_names(
    axes: Axes,
    content: Content,
    language: Language,
    frame: Frame,
    ids: FloatArray,
    width: Width,
    letters: float = LETTERS,
) -> None:
    """Write the names of crossing points and settlements, of rivers and of the countries, `ids` being taken.

    On a phone there is room for the countries and the largest towns only.
    """
    points = NARROW_LETTERS if width.is_narrow else letters
    size = points / LETTERS * Width.WIDE.value / width.value
    line = np.column_stack(frame.place(*line_points(content).T))
    taken = [line, *(ids + np.array((shift, 0.0)) for shift in (-ID_HALF_KM, 0.0, ID_HALF_KM))]
    crossings = [(str(row["name_en"]), INK, row) for row in content.crossings.to_dict("records")]
    settlements = [(language.name(row), MUTED, row) for row in _largest(content, frame)]
    for name, colour, row in settlements if width.is_narrow else crossings + settlements:
        x, y = (float(v[0]) for v in frame.place([row["lon"]], [row["lat"]]))
        spot = free_spot(frame, name, (x, y), np.vstack(taken), size)
        if room(frame, name, (x, y), spot, np.vstack(taken), size) < CROWDED_KM[width]:
            continue
        if colour == MUTED:
            axes.plot(x, y, marker="o", markersize=3, color=MUTED, zorder=5)
        taken.append(name_points(frame, name, (x, y), spot, size))
        text = axes.annotate(
            name, (x, y), xytext=spot.offset, textcoords="offset points", ha=spot.ha, va=spot.va
        )
        text.set(path_effects=HALO, color=colour, zorder=12, fontsize=points)
    if not width.is_narrow:
        _name_rivers(axes, content, frame, taken, size)
    name_countries(axes, content, language, frame, np.vstack(taken), width)


def _name_rivers(axes: Axes, content: Content, frame: Frame, taken: list[FloatArray], size: float) -> None:
    """Write each river's name once, beside the part of it where there is most room."""
    for row in content.rivers.to_dict("records"):
        name = str(row["name_en"])
        along = [row["geometry"].interpolate(k / RIVER_TRIES, normalized=True) for k in range(1, RIVER_TRIES)]
        places = np.column_stack(frame.place([p.x for p in along], [p.y for p in along]))
        known = np.vstack(taken)
        best = max(
            (
                (room(frame, name, at, spot, known, size), k, spot)
                for k, at in enumerate(places)
                for spot in SPOTS
            ),
            key=lambda one: one[0],
        )
        if best[0] < 0:
            continue
        (x, y), spot = places[best[1]], best[2]
        taken.append(name_points(frame, name, (x, y), spot, size))
        text = axes.annotate(
            name, (x, y), xytext=spot.offset, textcoords="offset points", ha=spot.ha, va=spot.va
        )
        text.set(color=WATER, fontstyle="italic", path_effects=HALO, zorder=12, fontsize=size * LETTERS)


def name_countries(
    axes: Axes, content: Content, language: Language, frame: Frame, taken: FloatArray, width: Width
) -> None:
    """Write the name of each country where its side of the line is widest."""
    line = np.column_stack(frame.place(*line_points(content).T))
    is_left = content.identity.is_inside_left
    for code, side in (
        (content.identity.inside_country, is_left),
        (content.identity.beyond_country, not is_left),
    ):
        name = country(language, code)
        if name:
            x, y = middle_of_side(line, frame, taken, is_left=side)
            text = axes.text(x, y, name if language.is_rtl else name.upper(), ha="center", va="center")
            text.set(fontsize=9 if width.is_narrow else 13, color=MUTED, path_effects=HALO, zorder=6)
            text.set_fontweight("bold")


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
